#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu {

/// Well-formed UTF-8: no overlong forms, surrogates or values over U+10FFFF.
bool is_utf8(std::string_view text);

/// Number of characters (code points). `text` must be UTF-8.
std::size_t utf8_length(std::string_view text);

/// The first `characters` code points of a UTF-8 text, never cutting inside one.
std::string_view utf8_prefix(std::string_view text, std::size_t characters);

/// Search terms of a text, in order, with repetitions: words of letters and digits in ASCII lower
/// case (full-width forms become ASCII); each pair of adjacent Chinese, Japanese or Korean
/// characters; such a character itself when it stands alone. Punctuation, symbols and malformed
/// bytes separate.
std::vector<std::string> bigrams(std::string_view text);

/// Of ASCII, whatever the locale.
inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Whether a list has the text.
bool contains(std::span<const std::string> list, std::string_view text);

/// Whether a word is in a list separated by single spaces.
bool has_word(std::string_view list, std::string_view word);

/// How many bytes must be added, removed or changed to make one of the other, ASCII case aside.
/// Costs the product of their lengths: limit what comes from outside.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate nearest to a word by edit distance when near enough to be a slip, else empty.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);
/// The candidates in the order of their edit distance to the word, at most so many. Only the first
/// 64 bytes of the word count.
std::vector<std::string>
nearest_names(std::string_view word, std::span<const std::string> candidates, std::size_t at_most);

}  // namespace chengshu
