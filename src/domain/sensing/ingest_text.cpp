#include "domain/sensing/ingest_text.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "domain/sensing/ingest.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace chengshu::sensing {
namespace {

constexpr std::int64_t kFirst = -62'135'596'800'000;  // 0001-01-01
constexpr std::int64_t kEnd = 253'402'300'800'000;    // 10000-01-01

constexpr bool in_range(std::int64_t millis) {
    return millis >= kFirst && millis < kEnd;
}

/// Two digits, or a number so negative that no sum with it is in range.
constexpr int two(const char* at) {
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -100'000;
}

constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

/// Days since 1970-01-01 of a date whose parts are in range.
std::int64_t days_of(int year, int month, int day) {
    const std::chrono::year_month_day date{
        std::chrono::year{year},
        std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(day)}
    };
    return std::chrono::sys_days{date}.time_since_epoch().count();
}

constexpr int days_in(int year, int month) {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : kDays[month - 1];
}

/// Whether a number is out of range for being too close to zero, and not for being too large;
/// from_chars does not tell.
bool is_small(std::string_view number) {
    const auto mark = number.find_first_of("eE");
    std::int64_t exponent = 0;
    if (mark != std::string_view::npos) {
        auto digits = number.substr(mark + 1);
        const bool negative = digits.front() == '-';
        digits.remove_prefix(is_digit(digits.front()) ? 0 : 1);
        const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (got.ec != std::errc{}) {
            exponent = std::numeric_limits<std::int32_t>::max();
        }
        exponent = negative ? -exponent : exponent;
    }
    // The first digit that is not 0 has the value digit * 10^power.
    const auto mantissa = number.substr(0, mark);
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    const auto first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
    const auto power = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    return exponent + power < 0;
}

/// Minutes east of Greenwich: "Z", "+08:00".
std::optional<int> offset_of(std::string_view text) {
    if (text == "Z" || text == "z") {
        return 0;
    }
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return std::nullopt;
    }
    const int hour = two(&text[1]);
    const int minute = two(&text[4]);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) {
        return std::nullopt;
    }
    return (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
}

}  // namespace

std::size_t json_number_length(std::string_view text) {
    std::size_t at = 0;
    const auto digit = [&] { return at < text.size() && is_digit(text[at]); };
    if (at < text.size() && text[at] == '-') {
        ++at;
    }
    if (!digit()) {
        return 0;
    }
    if (text[at] == '0') {
        ++at;
    } else {
        while (digit()) {
            ++at;
        }
    }
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (!digit()) {
            return 0;
        }
        while (digit()) {
            ++at;
        }
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
            ++at;
        }
        if (!digit()) {
            return 0;
        }
        while (digit()) {
            ++at;
        }
    }
    return at;
}

bool is_text(std::string_view text) {
    const char* at = text.data();
    std::size_t left = text.size();
    while (left >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        if ((word & 0x8080808080808080U) != 0) {
            return is_utf8({at, left});
        }
        at += 8;
        left -= 8;
    }
    return is_utf8({at, left});
}

std::string_view shown(std::string_view text) {
    constexpr std::size_t kCharacters = 40;
    return is_text(text) ? utf8_prefix(text, kCharacters) : "(not UTF-8)";
}

std::optional<TimeUnit> parse_time_unit(std::string_view text) {
    if (text == "ns") {
        return TimeUnit::Nanoseconds;
    }
    if (text == "us") {
        return TimeUnit::Microseconds;
    }
    if (text == "ms") {
        return TimeUnit::Milliseconds;
    }
    if (text == "s") {
        return TimeUnit::Seconds;
    }
    return std::nullopt;
}

std::optional<double> parse_json_number(std::string_view text) {
    if (text.empty() || json_number_length(text) != text.size()) {
        return std::nullopt;
    }
    double value = 0;
    const auto got = std::from_chars(text.data(), text.data() + text.size(), value);
    if (got.ec == std::errc::result_out_of_range) {
        return is_small(text) ? std::optional(text[0] == '-' ? -0.0 : 0.0) : std::nullopt;
    }
    return got.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> millis_of(std::int64_t value, TimeUnit unit) {
    std::int64_t millis = value;
    switch (unit) {
        case TimeUnit::Nanoseconds:
            millis = floor_divide(value, 1'000'000);
            break;
        case TimeUnit::Microseconds:
            millis = floor_divide(value, 1'000);
            break;
        case TimeUnit::Milliseconds:
            break;
        case TimeUnit::Seconds:
            if (value < kFirst / 1000 || value >= kEnd / 1000) {
                return std::nullopt;
            }
            millis = value * 1000;
            break;
    }
    return in_range(millis) ? std::optional(millis) : std::nullopt;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    constexpr std::size_t kSeconds = 19;  // "2026-01-01T08:00:00"
    if (text.size() <= kSeconds || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':' || (text[10] != 'T' && text[10] != 't')) {
        return std::nullopt;
    }
    const int year = two(&text[0]) * 100 + two(&text[2]);
    const int month = two(&text[5]);
    const int day = two(&text[8]);
    const int hour = two(&text[11]);
    const int minute = two(&text[14]);
    const int second = two(&text[17]);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return std::nullopt;
    }
    auto rest = text.substr(kSeconds);
    std::int64_t millis = 0;
    if (rest.front() == '.') {
        rest.remove_prefix(1);
        int scale = 100;
        std::size_t digits = 0;
        for (; digits < rest.size() && is_digit(rest[digits]); ++digits, scale /= 10) {
            millis += (rest[digits] - '0') * scale;
        }
        if (digits == 0) {
            return std::nullopt;
        }
        rest.remove_prefix(digits);
    }
    const auto offset = offset_of(rest);
    if (!offset) {
        return std::nullopt;
    }
    millis += ((days_of(year, month, day) * 24 + hour) * 60 + minute - *offset) * 60'000 +
              std::int64_t{second} * 1000;
    return in_range(millis) ? std::optional(millis) : std::nullopt;
}

}  // namespace chengshu::sensing
