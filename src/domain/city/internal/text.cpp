#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <numeric>

namespace chengshu::city {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

bool is_continuation(std::string_view text, std::size_t index) {
    return index < text.size() && (byte_at(text, index) & 0xC0U) == 0x80U;
}

/// Length of the well-formed sequence at `index`, 0 when there is none (Unicode table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t index) {
    const unsigned lead = byte_at(text, index);
    if (lead < 0x80U) {
        return lead == 0 ? 0 : 1;
    }
    if (lead < 0xC2U || lead > 0xF4U || !is_continuation(text, index + 1)) {
        return 0;
    }
    if (lead < 0xE0U) {
        return 2;
    }
    const unsigned second = byte_at(text, index + 1);
    if (!is_continuation(text, index + 2)) {
        return 0;
    }
    if (lead < 0xF0U) {
        const bool overlong = lead == 0xE0U && second < 0xA0U;
        const bool surrogate = lead == 0xEDU && second > 0x9FU;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = lead == 0xF0U && second < 0x90U;
    const bool too_big = lead == 0xF4U && second > 0x8FU;
    return overlong || too_big || !is_continuation(text, index + 3) ? 0 : 4;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::size_t> first_bad_byte(std::string_view text) {
    std::size_t index = 0;
    while (index < text.size()) {
        const std::size_t length = sequence_length(text, index);
        if (length == 0) {
            return index;
        }
        index += length;
    }
    return std::nullopt;
}

int count_characters(std::string_view text) {
    return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

TextPosition position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const std::size_t newline = before.rfind('\n');
    const std::string_view line =
        newline == std::string_view::npos ? before : before.substr(newline + 1);
    return {
        1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
        1 + count_characters(line),
    };
}

Suggestion::Suggestion(std::string_view text)
    : text_(text.substr(0, 64)),
      // A slip changes little: one letter of a short word, up to three of a long one.
      best_distance_(std::min<std::size_t>(4, 1 + (text_.size() + 2) / 3)) {}

void Suggestion::consider(std::string_view candidate) {
    const std::size_t longer = std::max(candidate.size(), text_.size());
    const std::size_t shorter = std::min(candidate.size(), text_.size());
    if (candidate.empty() || longer - shorter >= best_distance_) {
        return;
    }
    before_previous_.resize(candidate.size() + 1);
    previous_.resize(candidate.size() + 1);
    current_.resize(candidate.size() + 1);
    std::iota(previous_.begin(), previous_.end(), std::size_t{0});
    for (std::size_t row = 1; row <= text_.size(); ++row) {
        current_[0] = row;
        std::size_t least = row;
        for (std::size_t column = 1; column <= candidate.size(); ++column) {
            const bool same = lower(text_[row - 1]) == lower(candidate[column - 1]);
            current_[column] = std::min(
                {previous_[column] + 1,
                 current_[column - 1] + 1,
                 previous_[column - 1] + (same ? 0U : 1U)}
            );
            if (row > 1 && column > 1 && lower(text_[row - 1]) == lower(candidate[column - 2]) &&
                lower(text_[row - 2]) == lower(candidate[column - 1])) {
                current_[column] = std::min(current_[column], before_previous_[column - 2] + 1);
            }
            least = std::min(least, current_[column]);
        }
        // One row further on, a swap may still gain one.
        if (least > best_distance_) {
            return;
        }
        std::swap(before_previous_, previous_);
        std::swap(previous_, current_);
    }
    if (previous_[candidate.size()] < best_distance_) {
        best_distance_ = previous_[candidate.size()];
        best_ = candidate;
    }
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view shortened(std::string_view text) {
    constexpr std::size_t kBytesMax = 80;
    if (text.size() <= kBytesMax) {
        return text;
    }
    std::size_t end = kBytesMax;
    while (end > 0 && is_continuation(text, end)) {
        --end;
    }
    return text.substr(0, end);
}

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace chengshu::city
