#include "domain/access/internal/characters.hpp"
#include "domain/access/masking.hpp"

#include <algorithm>
#include <array>

namespace chengshu::access {
namespace {

enum class Kind { Id, Mobile, Landline, American };

/// A form of a number. 'd' digit, 'm' digit 3–9, 'x' digit or X, '-' at most one separator, '='
/// exactly one, '(' and ')' at most one parenthesis; anything else stands for itself.
struct Pattern {
    Kind kind;
    std::string_view form;
};

/// The longer form of two with the same beginning comes first.
constexpr std::array<Pattern, 12> kPatterns{{
    {Kind::Id, "dddddd-dddddddd-dddx"},
    {Kind::Mobile, "+86-1md-dddd-dddd"},
    {Kind::Mobile, "(+86)-1md-dddd-dddd"},
    {Kind::Mobile, "0086-1md-dddd-dddd"},
    {Kind::Mobile, "86-1md-dddd-dddd"},
    {Kind::Mobile, "01md-dddd-dddd"},
    {Kind::Mobile, "1md-dddd-dddd"},
    {Kind::Landline, "(0dd)-dddd-dddd"},
    {Kind::Landline, "(0ddd)-dddd-dddd"},
    {Kind::Landline, "(0ddd)-ddd-dddd"},
    {Kind::American, "(ddd)-ddd=dddd"},
    {Kind::American, "ddd=ddd=dddd"},
}};

bool is_separator(char32_t c) {
    return c == U' ' || c == U'-' || c == U'.' || c == U'/';
}

using Text = std::vector<Character>;

/// Characters that the form takes at `at`; 0 when it does not fit there.
std::size_t matched(const Text& text, std::size_t at, std::string_view form) {
    const auto begin = at;
    for (const char sign : form) {
        const char32_t c = at < text.size() ? text[at].folded : U'\0';
        const bool optional = sign == '-' || sign == '(' || sign == ')';
        bool fits = c == static_cast<unsigned char>(sign);
        if (sign == 'd') {
            fits = is_digit(c);
        } else if (sign == 'm') {
            fits = c >= U'3' && c <= U'9';
        } else if (sign == 'x') {
            fits = is_digit(c) || c == U'X' || c == U'x';
        } else if (sign == '-' || sign == '=') {
            fits = is_separator(c);
        }
        if (fits) {
            ++at;
        } else if (!optional) {
            return 0;
        }
    }
    const bool runs_on = at < text.size() && is_digit(text[at].folded);
    return runs_on ? 0 : at - begin;
}

int number_at(const std::string& digits, std::size_t begin, std::size_t count) {
    int out = 0;
    for (std::size_t i = begin; i < begin + count; ++i) {
        out = out * 10 + (digits[i] - '0');
    }
    return out;
}

/// A citizen id holds a date of birth; the check digit is not asked for, since mistyped ids are
/// personal too.
bool has_birthday(const std::string& id) {
    const int year = number_at(id, 6, 4);
    const int month = number_at(id, 10, 2);
    const int day = number_at(id, 12, 2);
    return year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

std::string masked_number(Kind kind, const std::string& digits) {
    const auto last = digits.substr(digits.size() - 4);
    switch (kind) {
        case Kind::Id:
            return digits.substr(0, 6) + "********" + last;
        case Kind::Mobile:
            return digits.substr(digits.size() - 11, 3) + "****" + last;
        case Kind::American:
            return "***-***-" + last;
        case Kind::Landline:
            break;
    }
    // Area codes of 010 and 02x have three digits, all others four.
    const std::size_t area = digits[1] == '1' || digits[1] == '2' ? 3 : 4;
    return digits.substr(0, area) + "-" + std::string(digits.size() - area - 4, '*') + last;
}

struct Hit {
    std::size_t length = 0;  ///< characters; 0 = none
    std::string masked;
};

Hit number_hit(const Text& text, std::size_t at) {
    const char32_t first = text[at].folded;
    const bool begins = is_digit(first) || first == U'+' || first == U'(';
    const bool runs_on = at > 0 && is_digit(text[at - 1].folded);
    if (!begins || runs_on) {
        return {};
    }
    for (const auto& pattern : kPatterns) {
        const auto length = matched(text, at, pattern.form);
        if (length == 0) {
            continue;
        }
        const auto digits = digits_of(text, at, at + length);
        if (pattern.kind == Kind::Id && !has_birthday(digits)) {
            continue;
        }
        return {length, masked_number(pattern.kind, digits)};
    }
    return {};
}

bool is_mail_character(char32_t c) {
    return is_digit(c) || is_letter(c) || c == U'.' || c == U'_' || c == U'-' || c == U'+' ||
           c == U'%';
}

/// An address whose local part begins here. The local part is bounded, so that a long run of
/// letters costs no more than its length times the bound.
Hit mail_hit(const Text& text, std::size_t at) {
    constexpr std::size_t kLocalMax = 64;
    if (!is_mail_character(text[at].folded) || (at > 0 && is_mail_character(text[at - 1].folded))) {
        return {};
    }
    auto sign = at;
    while (sign < text.size() && sign - at <= kLocalMax && is_mail_character(text[sign].folded)) {
        ++sign;
    }
    if (sign >= text.size() || text[sign].folded != U'@') {
        return {};
    }
    auto end = sign + 1;
    bool dotted = false;
    while (end < text.size() && end - sign <= 255 && is_mail_character(text[end].folded)) {
        dotted = dotted || text[end].folded == U'.';
        ++end;
    }
    if (!dotted) {
        return {};
    }
    std::string domain;
    for (auto i = sign; i < end; ++i) {
        domain += static_cast<char>(text[i].folded);
    }
    return {end - at, std::string(1, static_cast<char>(text[at].folded)) + "***" + domain};
}

char32_t folded(char32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E) {
        return c - 0xFF01 + 0x21;
    }
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x2500) {
        return U'-';
    }
    if (c == 0x3000 || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == U'\t') {
        return U' ';
    }
    return c;
}

/// Length of the well-formed character at `at` and its value, or length 0.
std::pair<std::size_t, char32_t> decoded(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const auto first = byte(0);
    if (first < 0x80) {
        return {1, first};
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() - at < length) {
        return {0, kMalformed};
    }
    char32_t value = first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return {0, kMalformed};
        }
        value = (value << 6) | (byte(i) & 0x3FU);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    return overlong || surrogate || value > 0x10FFFF ? std::pair{std::size_t{0}, kMalformed}
                                                     : std::pair{length, value};
}

}  // namespace

std::vector<Character> characters_of(std::string_view text) {
    std::vector<Character> out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto [length, value] = decoded(text, at);
        const bool malformed = length == 0;
        out.push_back(
            {at, malformed ? 1 : length, malformed ? kMalformed : folded(value), malformed}
        );
        at += out.back().length;
    }
    return out;
}

std::string digits_of(const std::vector<Character>& text, std::size_t begin, std::size_t end) {
    std::string out;
    for (auto i = begin; i < std::min(end, text.size()); ++i) {
        const auto c = text[i].folded;
        if (is_digit(c)) {
            out += static_cast<char>(c);
        } else if (c == U'x' || c == U'X') {
            out += 'X';
        }
    }
    return out;
}

std::string mask_text(std::string_view text) {
    const auto all = characters_of(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < all.size();) {
        auto hit = number_hit(all, at);
        if (hit.length == 0) {
            hit = mail_hit(all, at);
        }
        if (hit.length != 0) {
            out += hit.masked;
            at += hit.length;
            continue;
        }
        const auto& character = all[at];
        if (character.malformed) {
            out += "\xEF\xBF\xBD";
        } else {
            out += text.substr(character.offset, character.length);
        }
        ++at;
    }
    return out;
}

}  // namespace chengshu::access
