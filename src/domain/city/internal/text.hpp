#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chengshu::city {

/// Hash for maps of strings that are asked with string_view.
struct StringHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

/// Offset of the first byte that is not part of well-formed UTF-8, or that is NUL.
std::optional<std::size_t> first_bad_byte(std::string_view text);

/// 1-based line and column (in characters, not bytes) of a byte offset.
struct TextPosition {
    int line = 1;
    int column = 1;
};

TextPosition position_of(std::string_view text, std::size_t offset);
/// Characters of UTF-8 text.
int count_characters(std::string_view text);

/// The candidate nearest to `text` by edit distance (two neighbours swapped count
/// once, ASCII case not at all), when near enough to be a slip.
class Suggestion {
public:
    explicit Suggestion(std::string_view text);

    void consider(std::string_view candidate);

    /// Empty when nothing is near.
    [[nodiscard]] const std::string& best() const { return best_; }

private:
    std::string text_;
    std::string best_;
    std::size_t best_distance_;
    std::vector<std::size_t> before_previous_;
    std::vector<std::size_t> previous_;
    std::vector<std::size_t> current_;
};

/// Without blanks (space, tab) at both ends.
std::string_view trimmed(std::string_view text);
/// At most 80 bytes, cut between characters; for quoting data in messages.
std::string_view shortened(std::string_view text);
bool all_digits(std::string_view text);

}  // namespace chengshu::city
