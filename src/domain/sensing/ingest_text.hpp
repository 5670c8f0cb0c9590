#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chengshu::sensing {

/// The lines of a text, without their ends (LF or CR LF), numbered from 1.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    bool next() {
        if (rest_.empty()) {
            return false;
        }
        ++number_;
        const auto end = rest_.find('\n');
        line_ = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        if (!line_.empty() && line_.back() == '\r') {
            line_.remove_suffix(1);
        }
        return true;
    }

    [[nodiscard]] std::string_view line() const { return line_; }

    [[nodiscard]] std::int64_t number() const { return number_; }

private:
    std::string_view rest_;
    std::string_view line_;
    std::int64_t number_ = 0;
};

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// How many characters from `begin` on are a JSON number; 0 when it is none.
std::size_t json_number_length(std::string_view text);
/// Whether the text is UTF-8; quick when it is ASCII.
bool is_text(std::string_view text);
/// A piece of what was sent, short and printable, for messages.
std::string_view shown(std::string_view text);

}  // namespace chengshu::sensing
