#pragma once

#include "domain/indicators/expression.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace chengshu::indicators {

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

inline bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Recursive descent, bounded by the limits of expression.hpp. One use.
class ExpressionParser {
public:
    ExpressionParser(std::string_view text, const Names& names, ExpressionMistake& mistake)
        : text_(text), names_(names), mistake_(mistake) {}

    enum class Type : std::uint8_t { Number, Condition };

    /// What the whole text is to be.
    std::optional<Expression> parse(Type whole);

private:
    using Node = Expression::Node;
    using Operation = Expression::Operation;

    struct Part {
        int node = 0;
        Type type = Type::Number;
        std::size_t begin = 0;  ///< where it stands in the text
    };

    using Parsed = std::optional<Part>;

    Parsed either();
    Parsed both();
    Parsed negation();
    Parsed join(Operation operation, const Part& left, const Part& right);
    bool take_word(std::string_view word);
    std::nullopt_t too_deep();
    Parsed comparison();
    Parsed sum();
    Parsed product();
    Parsed sign();
    Parsed primary();
    Parsed number();
    Parsed word();
    Parsed named(std::string_view name, std::size_t begin);
    Parsed call(std::string_view name, std::size_t begin);
    Parsed call_one(Operation operation, std::size_t begin);
    Parsed call_round(std::size_t begin);
    Parsed call_interpolate(std::size_t begin);
    Parsed call_known(bool mean, std::size_t begin);
    Parsed call_if(std::size_t begin);
    Parsed fold(Operation operation, std::size_t begin);

    Parsed add(Node node, Type type, std::size_t begin);
    Parsed binary(Operation operation, const Part& left, const Part& right);
    bool need(const Part& part, Type type);
    bool need_symbol(char symbol);

    void skip_blanks();

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    std::nullopt_t wrong(std::size_t offset, std::size_t length, Label message, Label hint = {});
    std::nullopt_t unexpected();

    std::string_view text_;
    const Names& names_;
    ExpressionMistake& mistake_;
    Expression out_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

/// "min", "max" …: they cannot be names of measures or terms.

}  // namespace chengshu::indicators
