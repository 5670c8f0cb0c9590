#pragma once

#include "base/result.hpp"
#include "domain/sensing/odata/value.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensing::odata {

/// ASCII letters in lower case, everything else as it is.
std::string lower_case(std::string_view text);

/// ", did you mean 'x'?" for the candidate nearest to a word when it is near, else empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// Reads the text of one option from the left and words its mistakes.
class Lexer {
public:
    /// `field` is the option's name. `text` must be UTF-8 and outlive the lexer.
    Lexer(std::string_view text, std::string_view field) : text_(text), field_(field) {}

    [[nodiscard]] std::size_t offset() const { return offset_; }

    /// Passes over white space and says where the next thing begins.
    std::size_t next();
    bool at_end();
    /// The next character without passing over white space; NUL at the end.
    [[nodiscard]] char peek(std::size_t ahead = 0) const;
    /// Takes the character, after white space.
    bool accept(char wanted);
    Status expect(char wanted, std::string_view what);

    /// Letters, digits, "_.@:-" and everything beyond ASCII, from here; may be empty.
    [[nodiscard]] std::string_view peek_word() const;
    std::string_view word();
    /// Letters, digits and '_', beginning with no digit; may be empty.
    std::string_view identifier();
    /// Takes the word, in either case, after white space, when it stands alone.
    bool accept_word(std::string_view wanted);

    void skip(std::size_t bytes) { offset_ += bytes; }

    /// From its quote on: 'it''s'.
    Result<std::string> quoted();
    /// A number, time, date, time of day or interval that begins here with a digit, or with a minus
    /// and a digit; or a duration or interval that begins with P.
    Result<Value> number_or_time();

    /// "at character 12: expected `what`, found 'x'", for here.
    [[nodiscard]] Failure expected(std::string_view what);
    /// The same where white space may not precede it, as within paths.
    [[nodiscard]] Failure expected_here(std::string_view what) const;
    /// "at character 12: `message`".
    [[nodiscard]] Failure wrong(std::size_t offset, std::string_view message) const;

private:
    [[nodiscard]] std::string_view run(std::size_t from) const;
    [[nodiscard]] std::size_t zone_after_space(std::string_view text, std::size_t end) const;
    Result<Value> interval(std::size_t begin, std::string left);
    Result<Value> plain_number(std::size_t begin, std::string_view text);

    std::string_view text_;
    std::string_view field_;
    std::size_t offset_ = 0;
};

}  // namespace chengshu::sensing::odata
