#include "domain/sensing/odata/lexer.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chengshu::sensing::odata {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '@' || c == ':' ||
           c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<TimeOfDay> parse_time_of_day(std::string_view text) {
    // The date only lends its shape.
    const auto moment = parse_moment(fmt::format("2000-01-01T{}Z", text));
    if (!moment || text.size() > 12) {
        return std::nullopt;
    }
    const auto* instant = std::get_if<Instant>(&*moment);
    if (instant == nullptr) {
        return std::nullopt;
    }
    return TimeOfDay{to_millis(*instant) % 86'400'000};
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.size() > 64) {
        return {};
    }
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string_view nearest;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest.empty() ? std::string{} : fmt::format(", did you mean '{}'?", nearest);
}

std::size_t Lexer::next() {
    while (offset_ < text_.size() && is_space(text_[offset_])) {
        ++offset_;
    }
    return offset_;
}

bool Lexer::at_end() {
    return next() == text_.size();
}

char Lexer::peek(std::size_t ahead) const {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
}

bool Lexer::accept(char wanted) {
    next();
    if (peek() != wanted || offset_ == text_.size()) {
        return false;
    }
    ++offset_;
    return true;
}

Status Lexer::expect(char wanted, std::string_view what) {
    if (!accept(wanted)) {
        return expected(what);
    }
    return ok();
}

std::string_view Lexer::peek_word() const {
    std::size_t end = offset_;
    while (end < text_.size() && is_word(text_[end])) {
        ++end;
    }
    return text_.substr(offset_, end - offset_);
}

std::string_view Lexer::word() {
    const std::string_view found = peek_word();
    offset_ += found.size();
    return found;
}

std::string_view Lexer::identifier() {
    std::size_t end = offset_;
    while (end < text_.size() && (is_letter(text_[end]) || text_[end] == '_' ||
                                  (end > offset_ && is_digit(text_[end])))) {
        ++end;
    }
    const std::string_view found = text_.substr(offset_, end - offset_);
    offset_ = end;
    return found;
}

bool Lexer::accept_word(std::string_view wanted) {
    next();
    const std::string_view found = peek_word();
    if (found.size() != wanted.size() || lower_case(found) != wanted) {
        return false;
    }
    offset_ += found.size();
    return true;
}

Result<std::string> Lexer::quoted() {
    const std::size_t begin = offset_;
    std::string result;
    for (std::size_t i = begin + 1; i < text_.size(); ++i) {
        if (text_[i] != '\'') {
            result += text_[i];
        } else if (i + 1 < text_.size() && text_[i + 1] == '\'') {
            result += '\'';
            ++i;
        } else {
            offset_ = i + 1;
            return result;
        }
    }
    return wrong(begin, "this text has no closing '; a ' within it is written twice");
}

std::string_view Lexer::run(std::size_t from) const {
    std::size_t end = from;
    while (end < text_.size() &&
           (is_digit(text_[end]) || is_letter(text_[end]) || text_[end] == '.' ||
            text_[end] == ':' || text_[end] == '-' || text_[end] == '+')) {
        ++end;
    }
    return text_.substr(from, end - from);
}

/// A '+' that was not percent-encoded arrives as a space: "2026-01-01T00:00:00 08:00". Bytes that
/// then belong to the time that ends at `end`, else 0.
std::size_t Lexer::zone_after_space(std::string_view text, std::size_t end) const {
    constexpr std::size_t kZone = std::string_view(" 08:00").size();
    const std::string_view rest = text_.substr(end);
    const bool zoned = text.ends_with('Z') || text.ends_with('z') ||
                       (text.size() > 16 && text.find_first_of("+-", 11) != std::string_view::npos);
    if (zoned || rest.size() < kZone || rest[0] != ' ' || !is_digit(rest[1]) ||
        !is_digit(rest[2]) || rest[3] != ':' || !is_digit(rest[4]) || !is_digit(rest[5]) ||
        (rest.size() > kZone && is_word(rest[kZone]))) {
        return 0;
    }
    return kZone;
}

Result<Value> Lexer::interval(std::size_t begin, std::string left) {
    ++offset_;  // the slash
    std::string right{run(offset_)};
    offset_ += right.size();
    if (right.find('T') != std::string::npos && !right.starts_with('P')) {
        const std::size_t more = zone_after_space(right, offset_);
        if (more > 0) {
            right += '+';
            right += text_.substr(offset_ + 1, more - 1);
            offset_ += more;
        }
    }
    auto moment = parse_moment(left + '/' + right);
    if (!moment) {
        return wrong(
            begin,
            "expected an interval such as 2026-01-01T00:00:00Z/2026-01-02T00:00:00Z or "
            "2026-01-01T00:00:00Z/P1D, its end not before its begin"
        );
    }
    return std::move(*moment);
}

Result<Value> Lexer::plain_number(std::size_t begin, std::string_view text) {
    const char* const last = text.data() + text.size();
    if (text.find_first_of(".eE") == std::string_view::npos) {
        std::int64_t whole = 0;
        const auto [end, error] = std::from_chars(text.data(), last, whole);
        if (error == std::errc{} && end == last) {
            return Value{whole};
        }
    }
    double number = 0;
    const bool shaped = text.find_first_not_of("0123456789.eE-+") == std::string_view::npos &&
                        !text.ends_with('.') && text.find(".e") == std::string_view::npos &&
                        text.find(".E") == std::string_view::npos;
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (!shaped || error == std::errc::invalid_argument || end != last) {
        return wrong(
            begin, fmt::format("'{}' is neither a number nor a time", utf8_prefix(text, 40))
        );
    }
    if (error != std::errc{} || !std::isfinite(number)) {
        return wrong(begin, fmt::format("the number '{}' is out of range", utf8_prefix(text, 40)));
    }
    return Value{number};
}

Result<Value> Lexer::number_or_time() {
    const std::size_t begin = offset_;
    const std::string_view found = run(begin);
    offset_ += found.size();
    const std::string_view unsigned_part = found.substr(found.starts_with('-') ? 1 : 0);
    if (unsigned_part.starts_with('P')) {
        const auto period = parse_period(found);
        if (!period) {
            return wrong(begin, "expected a duration such as P1D or PT1H30M");
        }
        if (peek() == '/') {
            return interval(begin, std::string{found});
        }
        return Value{*period};
    }
    const bool dated = found.size() >= 10 && found[4] == '-' && found[7] == '-';
    if (dated && found.size() == 10) {
        auto date = parse_date(found);
        if (!date) {
            return wrong(begin, fmt::format("there is no date {}", found));
        }
        return Value{*date};
    }
    if (dated) {
        std::string time{found};
        if (const std::size_t more = zone_after_space(found, offset_); more > 0) {
            time += '+';
            time += text_.substr(offset_ + 1, more - 1);
            offset_ += more;
        }
        if (peek() == '/') {
            return interval(begin, std::move(time));
        }
        auto moment = parse_moment(time);
        if (!moment) {
            return wrong(
                begin,
                fmt::format(
                    "expected a time such as 2026-01-01T00:00:00Z, found '{}'",
                    utf8_prefix(time, 40)
                )
            );
        }
        return std::move(*moment);
    }
    if (found.find(':') != std::string_view::npos) {
        const auto time = parse_time_of_day(found);
        if (!time) {
            return wrong(begin, "expected a time of day such as 08:30:00");
        }
        return Value{*time};
    }
    return plain_number(begin, found);
}

Failure Lexer::expected(std::string_view what) {
    next();
    return expected_here(what);
}

Failure Lexer::expected_here(std::string_view what) const {
    if (offset_ == text_.size()) {
        return wrong(offset_, fmt::format("expected {}, found the end", what));
    }
    if (is_space(text_[offset_])) {
        return wrong(offset_, fmt::format("expected {}, found a space", what));
    }
    const std::string_view found = peek_word();
    const std::string_view shown =
        utf8_prefix(found.empty() ? text_.substr(offset_) : found, found.empty() ? 1 : 40);
    return wrong(offset_, fmt::format("expected {}, found '{}'", what, shown));
}

Failure Lexer::wrong(std::size_t offset, std::string_view message) const {
    const std::size_t character = utf8_length(text_.substr(0, offset)) + 1;
    return fail(
        ErrorCode::InvalidInput,
        fmt::format("{}, at character {}: {}", field_, character, message),
        std::string{field_}
    );
}

}  // namespace chengshu::sensing::odata
