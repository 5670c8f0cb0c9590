#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace chengshu {
namespace {

constexpr char32_t kMalformed = 0xFFFFFFFF;

struct Decoded {
    char32_t character;
    std::size_t length;  ///< bytes, at least 1
};

/// The first character of a text that is not empty; kMalformed with length 1 when its bytes are
/// wrong.
Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return {first, 1};
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) {
        return {kMalformed, 1};
    }
    char32_t value = first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) {
            return {kMalformed, 1};
        }
        value = (value << 6) | (byte(i) & 0x3FU);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (overlong || surrogate || value > 0x10FFFF) {
        return {kMalformed, 1};
    }
    return {value, length};
}

enum class Kind : std::uint8_t { Separator, Word, Ideograph };

bool within(char32_t c, char32_t first, char32_t last) {
    return c >= first && c <= last;
}

bool is_ascii_alphanumeric(char32_t c) {
    return within(c, U'0', U'9') || within(c, U'A', U'Z') || within(c, U'a', U'z');
}

Kind kind_of(char32_t c) {
    if (c < 0x80) {
        return is_ascii_alphanumeric(c) ? Kind::Word : Kind::Separator;
    }
    if (c == 0x3007 ||                  // 〇
        within(c, 0x3040, 0x30FA) ||    // Hiragana, Katakana
        within(c, 0x3100, 0x312F) ||    // Bopomofo
        within(c, 0x3400, 0x4DBF) ||    // Han extension A
        within(c, 0x4E00, 0x9FFF) ||    // Han
        within(c, 0xAC00, 0xD7A3) ||    // Hangul
        within(c, 0xF900, 0xFAFF) ||    // Han compatibility
        within(c, 0x20000, 0x3FFFF)) {  // Han extensions B and later
        return Kind::Ideograph;
    }
    if (c == kMalformed || within(c, 0x80, 0xBF) || c == 0xD7 ||
        c == 0xF7 ||                  // controls, Latin-1 signs
        within(c, 0x2000, 0x2BFF) ||  // general punctuation, arrows, mathematics, symbols
        within(c, 0x3000, 0x303F) ||  // CJK punctuation
        c == 0x30FB ||                // ・
        within(c, 0xFE10, 0xFE6F) ||  // vertical and small forms, variation selectors
        within(c, 0xFF00, 0xFFEF) ||  // full-width signs; its letters and digits were folded before
        within(c, 0x1F000, 0x1FAFF)) {  // emoji
        return Kind::Separator;
    }
    return Kind::Word;
}

/// Full-width ASCII (U+FF01..FF5E) to ASCII, then ASCII capitals to small letters.
char32_t fold(char32_t c) {
    if (within(c, 0xFF01, 0xFF5E)) {
        c -= 0xFF01 - 0x21;
    }
    return within(c, U'A', U'Z') ? c + 32 : c;
}

class TermBuilder {
public:
    void add(Kind kind, char32_t c, std::string_view bytes) {
        if (kind != kind_) {
            finish();
            kind_ = kind;
        }
        if (kind == Kind::Word) {
            if (c < 0x80) {
                current_ += static_cast<char>(c);
            } else {
                current_ += bytes;
            }
        } else if (kind == Kind::Ideograph) {
            if (!current_.empty()) {
                terms_.push_back(current_ + std::string(bytes));
                paired_ = true;
            }
            current_ = bytes;
        }
    }

    std::vector<std::string> result() && {
        finish();
        return std::move(terms_);
    }

private:
    void finish() {
        if (!current_.empty() && !paired_) {
            terms_.push_back(current_);
        }
        current_.clear();
        paired_ = false;
    }

    std::vector<std::string> terms_;
    std::string current_;  ///< the word so far, or the last ideograph
    bool paired_ = false;  ///< the last ideograph is part of a pair already
    Kind kind_ = Kind::Separator;
};

constexpr std::size_t kWordBytesMax = 64;  // keeps the cost of hostile input small

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto [character, length] = decode(text);
        if (character == kMalformed) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::size_t utf8_length(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        text.remove_prefix(decode(text).length);
    }
    return count;
}

std::string_view utf8_prefix(std::string_view text, std::size_t characters) {
    std::string_view rest = text;
    for (; characters > 0 && !rest.empty(); --characters) {
        rest.remove_prefix(decode(rest).length);
    }
    return text.substr(0, text.size() - rest.size());
}

std::vector<std::string> bigrams(std::string_view text) {
    TermBuilder terms;
    while (!text.empty()) {
        const Decoded next = decode(text);
        const char32_t folded = fold(next.character);
        terms.add(kind_of(folded), folded, text.substr(0, next.length));
        text.remove_prefix(next.length);
    }
    return std::move(terms).result();
}

bool contains(std::span<const std::string> list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto end = std::min(list.find(' '), list.size());
        if (list.substr(0, end) == word) {
            return true;
        }
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> previous(right.size() + 1);
    std::vector<std::size_t> current(right.size() + 1);
    std::iota(previous.begin(), previous.end(), 0U);
    for (std::size_t i = 0; i < left.size(); ++i) {
        current[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t change = previous[j] + (lower(left[i]) == lower(right[j]) ? 0U : 1U);
            current[j + 1] = std::min({change, previous[j + 1] + 1, current[j] + 1});
        }
        std::swap(previous, current);
    }
    return previous.back();
}

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
    std::string best;
    if (word.size() > kWordBytesMax) {
        return best;
    }
    std::size_t best_distance = word.size() / 3 + 2;
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::vector<std::string>
nearest_names(std::string_view word, std::span<const std::string> candidates, std::size_t at_most) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const auto& candidate : candidates) {
        ranked.emplace_back(edit_distance(word.substr(0, kWordBytesMax), candidate), candidate);
    }
    std::sort(ranked.begin(), ranked.end());
    ranked.resize(std::min(ranked.size(), at_most));
    std::vector<std::string> out;
    for (auto& [distance, name] : ranked) {
        out.push_back(std::move(name));
    }
    return out;
}

}  // namespace chengshu
