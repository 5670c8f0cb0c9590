#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::access {

inline constexpr char32_t kMalformed = 0xFFFD;

/// One character of a text. `folded` is what patterns compare: full-width forms, the many dashes
/// and blanks become ASCII.
struct Character {
    std::size_t offset = 0;
    std::size_t length = 1;
    char32_t folded = kMalformed;
    bool malformed = false;
};

std::vector<Character> characters_of(std::string_view text);

inline bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}

inline bool is_letter(char32_t c) {
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

/// ASCII of folded characters [begin, end) that are digits or X.
std::string digits_of(const std::vector<Character>& text, std::size_t begin, std::size_t end);

}  // namespace chengshu::access
