#pragma once

#include "base/label.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::evaluation {

inline constexpr std::size_t kExpressionBytesMax = 1000;
inline constexpr std::size_t kExpressionNodesMax = 256;
inline constexpr int kExpressionDepthMax = 32;  ///< nested parentheses, functions and signs

/// What a name in an expression stands for: a measure (index = its bit) or an earlier term of the
/// same formula.
struct Name {
    enum class Kind : std::uint8_t { Measure, Term };

    Kind kind = Kind::Measure;
    int index = 0;
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

/// A formula over counts, compiled once:
///
///   numbers, names, + - * /, parentheses, < <= == != >= >,
///   min(a, b, …), max(a, b, …), ceil(a), floor(a), if(condition, a, b)
///
/// Numbers and conditions are different types. A division by zero has no value, and what is built
/// on it has none either, except that `if` looks only at the branch it takes. Results that are not
/// finite have no value.
class Expression {
public:
    /// An empty expression: it has no value.
    Expression() = default;

    /// The expression, or nothing and the mistake.
    static std::optional<Expression>
    parse(std::string_view text, const Names& names, ExpressionMistake& mistake);

    /// `measures` by bit (missing ones are 0), `terms` by index (missing ones have no value).
    [[nodiscard]] std::optional<double> evaluate(
        std::span<const std::int64_t> measures,
        std::span<const std::optional<double>> terms = {}
    ) const;

    [[nodiscard]] const std::string& text() const { return text_; }

    /// Bits of the measures it mentions, ascending.
    [[nodiscard]] std::vector<int> measures() const;

private:
    friend class ExpressionParser;

    enum class Operation : std::uint8_t {
        Number,
        Measure,
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
        If,
        Less,
        LessEqual,
        Equal,
        NotEqual,
        GreaterEqual,
        Greater,
    };

    struct Node {
        Operation operation = Operation::Number;
        double number = 0;
        int index = 0;                ///< of the measure or term
        std::array<int, 3> inputs{};  ///< indexes of nodes
    };

    struct Values {
        std::span<const std::int64_t> measures;
        std::span<const std::optional<double>> terms;
    };

    [[nodiscard]] std::optional<double> value_of(int node, const Values& values) const;

    std::string text_;
    std::vector<Node> nodes_;
    int root_ = 0;
};

/// The candidate nearest to a word by edit distance when near enough to be a slip, else empty.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);
/// The candidates in the order of their edit distance to the word, at most so many. Only the first
/// 64 bytes of the word count.
std::vector<std::string> nearest_names(
    std::string_view word,
    std::span<const std::string> candidates,
    std::size_t at_most
);

}  // namespace chengshu::evaluation
