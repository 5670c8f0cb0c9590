#include "base/time.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <cstdint>
#include <exception>
#include <optional>

namespace chengshu {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Decimal, with leading zeros; written by hand because every view of a case has a dozen times.
char* write_digits(char* to, std::int64_t value, int digits) {
    std::int64_t unit = 1;
    for (int i = 1; i < digits; ++i) {
        unit *= 10;
    }
    for (; unit > 0; unit /= 10) {
        *to++ = static_cast<char>('0' + value / unit % 10);
    }
    return to;
}

char* write_date(char* to, Date date) {
    constexpr int kLongestCommonYear = 9999;
    const int year = static_cast<int>(date.year());
    if (year < 0 || year > kLongestCommonYear) {
        to = fmt::format_to(to, "{:04}", year);
    } else {
        to = write_digits(to, year, 4);
    }
    *to++ = '-';
    to = write_digits(to, static_cast<unsigned>(date.month()), 2);
    *to++ = '-';
    return write_digits(to, static_cast<unsigned>(date.day()), 2);
}

const date::time_zone& zone_of(const void* zone) {
    return *static_cast<const date::time_zone*>(zone);
}

/// Reads fixed-width fields from the left; after a mistake every further read fails too.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int digits(std::size_t width) {
        if (rest_.size() < width) {
            failed_ = true;
            return 0;
        }
        int value = 0;
        for (const char c : rest_.substr(0, width)) {
            if (c < '0' || c > '9') {
                failed_ = true;
                return 0;
            }
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(width);
        return value;
    }

    /// True, and one step on, when the next character is one of `allowed`.
    bool accept(std::string_view allowed) {
        if (failed_ || rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view allowed) { failed_ = !accept(allowed) || failed_; }

    [[nodiscard]] bool next_is_digit() const {
        return !failed_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }

    [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool failed_ = false;
};

Date make_date(int year, int month, int day) {
    return Date{
        std::chrono::year{year},
        std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(day)}
    };
}

Date scan_date(Scanner& in) {
    const int year = in.digits(4);
    in.expect("-");
    const int month = in.digits(2);
    in.expect("-");
    return make_date(year, month, in.digits(2));
}

/// Any number of digits, of which milliseconds count and the rest is cut off.
milliseconds scan_fraction(Scanner& in) {
    if (!in.accept(".")) {
        return {};
    }
    int millis = in.digits(1) * 100;
    for (int scale = 10; in.next_is_digit(); scale /= 10) {
        millis += in.digits(1) * scale;
    }
    return milliseconds{millis};
}

/// East of Greenwich; nullopt when malformed.
std::optional<minutes> scan_offset(Scanner& in) {
    if (in.accept("Zz")) {
        return minutes{0};
    }
    const bool west = in.accept("-");
    if (!west) {
        in.expect("+");
    }
    const int hour = in.digits(2);
    in.expect(":");
    const int minute = in.digits(2);
    if (hour > 23 || minute > 59) {
        return std::nullopt;
    }
    const minutes offset = hours{hour} + minutes{minute};
    return west ? -offset : offset;
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
    try {
        const date::time_zone* zone = date::locate_zone(std::string(name));
        return TimeZone{std::string(name), zone};
    } catch (const std::exception&) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format(
                "The time zone '{}' is not in the system's tzdata; use an IANA name such as "
                "'Asia/Shanghai'.",
                name
            )
        );
    }
}

LocalTime TimeZone::to_local(Instant instant) const {
    return LocalTime{zone_of(zone_).to_local(instant).time_since_epoch()};
}

Instant TimeZone::to_instant(LocalTime local) const {
    const date::local_time<milliseconds> same{local.time_since_epoch()};
    return zone_of(zone_).to_sys(same, date::choose::earliest);
}

Date TimeZone::local_date(Instant instant) const {
    return Date{floor<days>(to_local(instant))};
}

std::string format_utc(Instant instant) {
    char text[kUtcBytes];
    return {text, write_utc(text, instant)};
}

char* write_utc(char* to, Instant instant) {
    const auto day = floor<days>(instant);
    const std::chrono::hh_mm_ss<milliseconds> time{instant - day};
    to = write_date(to, Date{day});
    const auto add = [&](char before, std::int64_t value, int digits) {
        *to++ = before;
        to = write_digits(to, value, digits);
    };
    add('T', time.hours().count(), 2);
    add(':', time.minutes().count(), 2);
    add(':', time.seconds().count(), 2);
    if (time.subseconds().count() != 0) {
        add('.', time.subseconds().count(), 3);
    }
    *to++ = 'Z';
    return to;
}

Result<Instant> parse_rfc3339(std::string_view text) {
    Scanner in(text);
    const Date date = scan_date(in);
    in.expect("Tt");
    const int hour = in.digits(2);
    in.expect(":");
    const int minute = in.digits(2);
    in.expect(":");
    const int second = in.digits(2);
    const milliseconds fraction = scan_fraction(in);
    const std::optional<minutes> offset = scan_offset(in);
    if (!in.done() || !offset || !date.ok() || hour > 23 || minute > 59 || second > 59) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "'{}' is not a time such as 2026-11-20T08:30:00Z or "
                "2026-11-20T16:30:00.250+08:00.",
                text.substr(0, 40)
            )
        );
    }
    return Instant{std::chrono::sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} +
           fraction - *offset;
}

std::string format_date(Date date) {
    char text[kUtcBytes];
    return {text, write_date(text, date)};
}

Result<Date> parse_date(std::string_view text) {
    Scanner in(text);
    const Date date = scan_date(in);
    if (!in.done() || !date.ok()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("'{}' is not a date such as 2026-11-20.", text.substr(0, 40))
        );
    }
    return date;
}

int date_key(Date date) {
    return static_cast<int>(date.year()) * 10'000 +
           static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
           static_cast<int>(static_cast<unsigned>(date.day()));
}

Result<Date> date_from_key(int key) {
    const Date date = make_date(key / 10'000, key / 100 % 100, key % 100);
    if (key < 0 || key > 9999'12'31 || !date.ok()) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} is not a day such as 20261120.", key));
    }
    return date;
}

}  // namespace chengshu
