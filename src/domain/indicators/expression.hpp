#pragma once

#include "base/label.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::indicators {

inline constexpr std::size_t kExpressionBytesMax = 1000;
inline constexpr std::size_t kExpressionNodesMax = 256;
inline constexpr int kExpressionDepthMax = 32;  ///< nested parentheses, functions and signs

/// A line through given points, for `interpolate`: the breakpoints of an index, a scoring curve.
struct Curve {
    struct Point {
        double x = 0;
        double y = 0;
    };

    std::string code;
    std::vector<Point> points;  ///< at least two, x ascending
    bool extends = false;       ///< beyond its ends the nearest end's y holds; else there is none

    /// None outside the points, unless it extends.
    [[nodiscard]] std::optional<double> at(double x) const;
};

/// What a name in an expression stands for: a term (whose value `evaluate` is given at its index),
/// or a curve, which only `interpolate` takes.
struct Name {
    enum class Kind : std::uint8_t { Term, Curve };

    Kind kind = Kind::Term;
    int index = 0;
    std::shared_ptr<const indicators::Curve> curve{};
};

using Names = std::map<std::string, Name, std::less<>>;

/// Where and why an expression is not understood.
struct ExpressionMistake {
    std::size_t offset = 0;  ///< byte at which the mistake begins
    std::size_t length = 1;  ///< bytes it covers
    Label message;
    Label hint;
};

/// The text with carets under the mistake on a second line; for terminals.
std::string point_at(std::string_view text, const ExpressionMistake& mistake);

/// A formula, compiled once:
///
///   numbers, names, + - * /, parentheses
///   < <= == != >= >, and, or, not, known(a)
///   min(a, b, …), max(a, b, …), abs(a), ceil(a), floor(a), round(a), round(a, digits)
///   if(condition, a), if(condition, a, b), interpolate(curve, a)
///   known_min(a, b, …), known_max, known_sum, known_mean, known_count
///
/// Numbers and conditions are different types. A division by zero has no value, and what is built
/// on it has none either, except that `if` looks only at the branch it takes (`if` without a second
/// branch has no value otherwise), `and` and `or` are settled by one side alone when it decides,
/// and what begins with `known` passes over what has no value. Results that are not finite have no
/// value. `round` takes halves to the even digit (GB/T 8170). For `ceil`, `floor` and `round` a
/// number within 1e-9 of itself to an integer or a half is that integer or half: 150.00000000000003
/// comes of adding, not of measuring.
class Expression {
public:
    /// An empty expression: it has no value.
    Expression() = default;

    /// The expression, or nothing and the mistake.
    static std::optional<Expression>
    parse(std::string_view text, const Names& names, ExpressionMistake& mistake);
    /// The same for a condition: its value is 1, 0 or none when that cannot be said.
    static std::optional<Expression>
    parse_condition(std::string_view text, const Names& names, ExpressionMistake& mistake);

    /// Terms by index; missing ones have no value.
    [[nodiscard]] std::optional<double> evaluate(std::span<const std::optional<double>> terms
    ) const;

    [[nodiscard]] const std::string& text() const { return text_; }

    /// Indexes of the terms it mentions, ascending.
    [[nodiscard]] std::vector<int> terms() const;
    /// Numbers the terms it mentions from 0 on, in their order; gives their old indexes.
    std::vector<int> compact_terms();

private:
    friend class ExpressionParser;

    enum class Operation : std::uint8_t {
        Number,
        Term,
        Negate,
        Add,
        Subtract,
        Multiply,
        Divide,
        Minimum,
        Maximum,
        Ceil,
        Floor,
        Round,
        Absolute,
        Interpolate,
        If,
        And,
        Or,
        Not,
        Known,
        KnownMinimum,
        KnownMaximum,
        KnownSum,
        KnownCount,
        Less,
        LessEqual,
        Equal,
        NotEqual,
        GreaterEqual,
        Greater,
    };

    struct Node {
        Operation operation = Operation::Number;
        double number = 0;            ///< its value; of a rounding, the power of ten
        int index = 0;                ///< of the term or curve
        std::array<int, 3> inputs{};  ///< indexes of nodes; -1: none
    };

    [[nodiscard]] std::optional<double>
    value_of(const Node& node, std::span<const std::optional<double>> values) const;
    [[nodiscard]] std::optional<double> of_one(const Node& node, double value) const;
    static std::optional<double> of_two(Operation operation, double a, double b);
    static std::optional<double> of_known(
        Operation operation,
        const std::optional<double>& first,
        const std::optional<double>& second
    );

    std::string text_;
    std::vector<Node> nodes_;
    std::vector<std::shared_ptr<const Curve>> curves_;
    int root_ = 0;
};

/// Whether the language has a function or a keyword of that name: nothing else may be called so.
bool is_reserved(std::string_view name);

}  // namespace chengshu::indicators
