#include "domain/sensing/odata/value.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace chengshu::sensing::odata {
namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
/// Longer durations (about 10,000 years) would leave the calendar.
constexpr std::int64_t kPeriodMillisMax = 3'652'500 * kDay;
constexpr std::int64_t kPeriodMonthsMax = 120'000;

/// A number before its unit: "12", and for seconds "1.5".
struct Amount {
    std::int64_t whole = 0;
    std::int64_t thousandths = 0;
    bool fraction = false;
};

/// Takes an amount from the left; nullopt when there is none or it is too great.
std::optional<Amount> take_amount(std::string_view& text) {
    Amount amount;
    std::size_t i = 0;
    for (; i < text.size() && is_digit(text[i]); ++i) {
        if (i >= 15) {
            return std::nullopt;
        }
        amount.whole = amount.whole * 10 + (text[i] - '0');
    }
    if (i == 0) {
        return std::nullopt;
    }
    if (i < text.size() && text[i] == '.') {
        amount.fraction = true;
        std::int64_t scale = 100;
        const std::size_t first = ++i;
        for (; i < text.size() && is_digit(text[i]); ++i, scale /= 10) {
            amount.thousandths += scale * (text[i] - '0');
        }
        if (i == first) {
            return std::nullopt;
        }
    }
    text.remove_prefix(i);
    return amount;
}

/// Adds what the units of one half of a duration ("YMWD" or "HMS") say.
bool take_units(std::string_view& text, std::string_view units, Period& period) {
    std::size_t next = 0;
    bool any = false;
    while (!text.empty() && text.front() != 'T') {
        const auto amount = take_amount(text);
        if (!amount || text.empty()) {
            return false;
        }
        const std::size_t unit = units.find(text.front(), next);
        if (unit == std::string_view::npos || (amount->fraction && text.front() != 'S')) {
            return false;
        }
        const bool date = units.size() == 4;
        const std::int64_t whole = amount->whole;
        if (whole > kPeriodMillisMax / kSecond) {
            return false;
        }
        switch (text.front()) {
            case 'Y':
                period.months += whole * 12;
                break;
            case 'M':
                (date ? period.months : period.millis) += date ? whole : whole * kMinute;
                break;
            case 'W':
                period.millis += std::min(whole, kPeriodMillisMax / kDay) * 7 * kDay;
                break;
            case 'D':
                period.millis += std::min(whole, 2 * kPeriodMillisMax / kDay) * kDay;
                break;
            case 'H':
                period.millis += std::min(whole, 2 * kPeriodMillisMax / kHour) * kHour;
                break;
            default:
                period.millis += whole * kSecond + amount->thousandths;
        }
        text.remove_prefix(1);
        next = unit + 1;
        any = true;
    }
    return any;
}

std::optional<Instant> within_calendar(Instant instant) {
    const bool within = earliest_time() <= instant && instant <= latest_time();
    return within ? std::optional{instant} : std::nullopt;
}

/// "2026-01-01T00:00Z" → with seconds; other texts unchanged.
std::string with_seconds(std::string_view text) {
    constexpr std::size_t kMinutesEnd = std::string_view("2026-01-01T00:00").size();
    std::string full{text};
    if (text.size() > kMinutesEnd && text[kMinutesEnd - 3] == ':' && text[kMinutesEnd] != ':') {
        full.insert(kMinutesEnd, ":00");
    }
    return full;
}

std::optional<Instant> parse_instant(std::string_view text) {
    if (text.size() < 17 || text.size() > 64) {
        return std::nullopt;
    }
    const auto parsed = parse_rfc3339(with_seconds(text));
    return parsed ? within_calendar(*parsed) : std::nullopt;
}

std::string quoted(std::string_view text) {
    std::string result{"'"};
    for (const char c : text) {
        result += c;
        if (c == '\'') {
            result += '\'';
        }
    }
    return result + '\'';
}

std::string print_number(double number) {
    std::string text = fmt::format("{}", number);
    if (const auto exponent = text.find("e+"); exponent != std::string::npos) {
        text.erase(exponent + 1, 1);
    } else if (text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

struct Printer {
    std::string operator()(Null /*unused*/) const { return "null"; }

    std::string operator()(bool value) const { return value ? "true" : "false"; }

    std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }

    std::string operator()(double value) const { return print_number(value); }

    std::string operator()(const std::string& value) const { return quoted(value); }

    std::string operator()(Instant value) const { return format_utc(value); }

    std::string operator()(const TimeInterval& value) const {
        return format_utc(value.from) + '/' + format_utc(value.to);
    }

    std::string operator()(const Period& value) const {
        return "duration'" + format_period(value) + '\'';
    }

    std::string operator()(Date value) const { return format_date(value); }

    std::string operator()(TimeOfDay value) const {
        std::string text = fmt::format(
            "{:02}:{:02}:{:02}",
            value.millis / kHour,
            value.millis / kMinute % 60,
            value.millis / kSecond % 60
        );
        if (value.millis % kSecond != 0) {
            text += fmt::format(".{:03}", value.millis % kSecond);
        }
        return text;
    }

    std::string operator()(const GeometryPtr& value) const {
        return "geography'" + to_wkt(*value) + '\'';
    }

    std::string operator()(const Json& value) const { return boost::json::serialize(*value); }
};

}  // namespace

Instant earliest_time() {
    return std::chrono::sys_days{Date{std::chrono::year{1} / 1 / 1}};
}

Instant latest_time() {
    return std::chrono::sys_days{Date{std::chrono::year{10'000} / 1 / 1}} - Duration{1};
}

std::optional<Instant> shifted(Instant start, const Period& period, int sign) {
    using std::chrono::days;
    if (std::abs(period.months) > kPeriodMonthsMax || std::abs(period.millis) > kPeriodMillisMax) {
        return std::nullopt;
    }
    const auto day = std::chrono::floor<days>(start);
    Date date{day};
    date += std::chrono::months{static_cast<int>(sign * period.months)};
    if (!date.ok()) {
        date = date.year() / date.month() / std::chrono::last;
    }
    return within_calendar(
        std::chrono::sys_days{date} + (start - day) + Duration{sign * period.millis}
    );
}

Value from_json(const Json& json) {
    if (!json) {
        return Null{};
    }
    switch (json->kind()) {
        case boost::json::kind::null:
            return Null{};
        case boost::json::kind::bool_:
            return json->get_bool();
        case boost::json::kind::int64:
            return json->get_int64();
        case boost::json::kind::uint64:
            return static_cast<double>(json->get_uint64());
        case boost::json::kind::double_:
            return json->get_double();
        case boost::json::kind::string:
            return std::string{json->get_string()};
        default:
            return json;
    }
}

std::optional<Period> parse_period(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    if (!text.starts_with('P') || text.size() > 64) {
        return std::nullopt;
    }
    text.remove_prefix(1);
    Period period;
    bool any = false;
    if (!text.empty() && text.front() != 'T') {
        if (!take_units(text, "YMWD", period)) {
            return std::nullopt;
        }
        any = true;
    }
    if (text.starts_with('T')) {
        text.remove_prefix(1);
        any = take_units(text, "HMS", period);
    }
    if (!any || !text.empty() || period.months > kPeriodMonthsMax ||
        period.millis > kPeriodMillisMax) {
        return std::nullopt;
    }
    if (negative) {
        period = {-period.months, -period.millis};
    }
    return period;
}

std::string format_period(const Period& period) {
    const bool negative = period.months < 0 || period.millis < 0;
    const std::int64_t months = std::abs(period.months);
    const std::int64_t millis = std::abs(period.millis);
    std::string text = negative ? "-P" : "P";
    if (months != 0) {
        text += fmt::format("{}M", months);
    }
    if (millis / kDay != 0) {
        text += fmt::format("{}D", millis / kDay);
    }
    const std::int64_t rest = millis % kDay;
    if (rest != 0 || (months == 0 && millis == 0)) {
        text += fmt::format("T{}", rest / kSecond);
        if (rest % kSecond != 0) {
            text += fmt::format(".{:03}", rest % kSecond);
        }
        text += 'S';
    }
    return text;
}

std::optional<Value> parse_moment(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        const auto instant = parse_instant(text);
        return instant ? std::optional<Value>{*instant} : std::nullopt;
    }
    const std::string_view left = text.substr(0, slash);
    const std::string_view right = text.substr(slash + 1);
    auto from = parse_instant(left);
    auto to = parse_instant(right);
    if (!from && to) {
        if (const auto period = parse_period(left)) {
            from = shifted(*to, *period, -1);
        }
    } else if (from && !to) {
        if (const auto period = parse_period(right)) {
            to = shifted(*from, *period, 1);
        }
    }
    if (!from || !to || *to < *from) {
        return std::nullopt;
    }
    return TimeInterval{*from, *to};
}

std::string format_interval(const TimeInterval& interval) {
    return interval.from == interval.to ? format_utc(interval.from)
                                        : format_utc(interval.from) + '/' + format_utc(interval.to);
}

std::optional<TimeInterval> interval_of(const Value& value) {
    if (const auto* instant = std::get_if<Instant>(&value)) {
        return TimeInterval{*instant, *instant};
    }
    if (const auto* interval = std::get_if<TimeInterval>(&value)) {
        return *interval;
    }
    return std::nullopt;
}

std::string print(const Value& value) {
    return std::visit(Printer{}, value);
}

bool same(const Value& left, const Value& right) {
    if (left.index() != right.index()) {
        return false;
    }
    if (const auto* geometry = std::get_if<GeometryPtr>(&left)) {
        return **geometry == *std::get<GeometryPtr>(right);
    }
    if (const auto* json = std::get_if<Json>(&left)) {
        return **json == *std::get<Json>(right);
    }
    return left == right;
}

}  // namespace chengshu::sensing::odata
