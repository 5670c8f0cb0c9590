#include "domain/indicators/period.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace chengshu::indicators {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::years;

constexpr std::array<std::pair<std::string_view, PeriodKind>, 9> kNames{{
    {"five_minutes", PeriodKind::FiveMinutes},
    {"hour", PeriodKind::Hour},
    {"day", PeriodKind::Day},
    {"week", PeriodKind::Week},
    {"ten_days", PeriodKind::TenDays},
    {"month", PeriodKind::Month},
    {"quarter", PeriodKind::Quarter},
    {"half_year", PeriodKind::HalfYear},
    {"year", PeriodKind::Year},
}};

constexpr std::string_view kMonthFrom = "month_from_";
constexpr std::string_view kHours = "_hours";
constexpr std::string_view kDays = "_days";

std::optional<int> number(std::string_view text, int low, int high) {
    int out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0' ||
        out < low || out > high) {
        return std::nullopt;
    }
    return out;
}

bool shorter_than_day(PeriodKind kind) {
    return kind == PeriodKind::FiveMinutes || kind == PeriodKind::Hour;
}

/// Counted in UTC within the local hour, so that the hour that occurs twice in autumn is two.
Instant begin_in_hour(PeriodKind kind, Instant at, const TimeZone& zone) {
    using FiveMinutes = std::chrono::duration<std::int64_t, std::ratio<300>>;
    const auto local = zone.to_local(at);
    return kind == PeriodKind::FiveMinutes ? at - (local - floor<FiveMinutes>(local))
                                           : at - (local - floor<hours>(local));
}

unsigned begin_month(PeriodKind kind, unsigned month) {
    switch (kind) {
        case PeriodKind::Quarter:
            return (month - 1) / 3 * 3 + 1;
        case PeriodKind::HalfYear:
            return (month - 1) / 6 * 6 + 1;
        case PeriodKind::Year:
            return 1;
        default:
            return month;
    }
}

/// First day of the period of days that a day lies in.
Date begin_of(const Cycle& cycle, Date date) {
    const auto day = static_cast<unsigned>(date.day());
    switch (cycle.kind) {
        case PeriodKind::Week: {
            const std::chrono::weekday weekday{sys_days{date}};
            return sys_days{date} - (weekday - std::chrono::Monday);
        }
        case PeriodKind::TenDays:
            return date.year() / date.month() / (day > 20 ? 21 : day > 10 ? 11 : 1);
        case PeriodKind::Month: {
            const auto first = static_cast<unsigned>(std::max(cycle.count, 1));
            const auto of = date.year() / date.month();
            return day >= first ? of / std::chrono::day{first}
                                : (of - months{1}) / std::chrono::day{first};
        }
        case PeriodKind::Quarter:
        case PeriodKind::HalfYear:
        case PeriodKind::Year:
            return date.year() /
                   std::chrono::month{begin_month(cycle.kind, static_cast<unsigned>(date.month()))
                   } /
                   1;
        case PeriodKind::Days:
            return sys_days{date} - days{std::max(cycle.count, 1) - 1};
        default:
            return date;
    }
}

/// First day after the period that begins on a day.
Date end_of(const Cycle& cycle, Date begin) {
    const auto month = begin.year() / begin.month();
    switch (cycle.kind) {
        case PeriodKind::Week:
            return sys_days{begin} + days{7};
        case PeriodKind::TenDays:
            return static_cast<unsigned>(begin.day()) == 21 ? (month + months{1}) / 1
                                                            : Date{sys_days{begin} + days{10}};
        case PeriodKind::Month:
            return (month + months{1}) / begin.day();
        case PeriodKind::Quarter:
            return (month + months{3}) / begin.day();
        case PeriodKind::HalfYear:
            return (month + months{6}) / begin.day();
        case PeriodKind::Year:
            return (month + years{1}) / begin.day();
        case PeriodKind::Days:
            return sys_days{begin} + days{std::max(cycle.count, 1)};
        default:
            return sys_days{begin} + days{1};
    }
}

Instant midnight(Date date, const TimeZone& zone) {
    return zone.to_instant(local_days{date});
}

Period of_days(PeriodKind kind, Date from, Date end, const TimeZone& zone) {
    return {kind, midnight(from, zone), midnight(end, zone)};
}

}  // namespace

bool Cycle::whole_days() const {
    return !shorter_than_day(kind) && kind != PeriodKind::Hours;
}

std::optional<Cycle> cycle_of(std::string_view name) {
    for (const auto& [known, kind] : kNames) {
        if (known == name) {
            return Cycle{kind};
        }
    }
    const auto counted = [&](PeriodKind kind, std::string_view digits, int low, int high) {
        const auto count = digits.empty() ? std::nullopt : number(digits, low, high);
        return count ? std::optional(Cycle{kind, *count}) : std::nullopt;
    };
    if (name.starts_with(kMonthFrom)) {
        return counted(PeriodKind::Month, name.substr(kMonthFrom.size()), 2, kMonthBeginsMax);
    }
    if (name.ends_with(kHours)) {
        name.remove_suffix(kHours.size());
        return counted(PeriodKind::Hours, name, 2, kCycleHoursMax);
    }
    if (name.ends_with(kDays)) {
        name.remove_suffix(kDays.size());
        return counted(PeriodKind::Days, name, 2, kCycleDaysMax);
    }
    return std::nullopt;
}

std::string period_name(const Cycle& cycle) {
    switch (cycle.kind) {
        case PeriodKind::Hours:
            return fmt::format("{}{}", cycle.count, kHours);
        case PeriodKind::Days:
            return fmt::format("{}{}", cycle.count, kDays);
        case PeriodKind::Month:
            if (cycle.count > 1) {
                return fmt::format("{}{}", kMonthFrom, cycle.count);
            }
            break;
        default:
            break;
    }
    return std::string(kNames[static_cast<std::size_t>(cycle.kind)].first);
}

bool tiles(const Cycle& part, const Cycle& whole) {
    const bool calendar = whole.kind == PeriodKind::Quarter || whole.kind == PeriodKind::HalfYear ||
                          whole.kind == PeriodKind::Year;
    switch (part.kind) {
        case PeriodKind::FiveMinutes:
            return whole.kind != PeriodKind::FiveMinutes;
        case PeriodKind::Hour:
            return !shorter_than_day(whole.kind);
        case PeriodKind::Day:
            return whole.whole_days() && whole.kind != PeriodKind::Day;
        case PeriodKind::TenDays:
            return calendar || (whole.kind == PeriodKind::Month && whole.count <= 1);
        case PeriodKind::Month:
            return calendar && part.count <= 1;
        case PeriodKind::Quarter:
        case PeriodKind::HalfYear:
            return calendar && whole.kind > part.kind;
        default:
            return false;
    }
}

Period period_at(const Cycle& cycle, Instant at, const TimeZone& zone) {
    switch (cycle.kind) {
        case PeriodKind::FiveMinutes: {
            const auto from = begin_in_hour(cycle.kind, at, zone);
            return {cycle.kind, from, from + minutes{5}};
        }
        case PeriodKind::Hour: {
            const auto from = begin_in_hour(cycle.kind, at, zone);
            return {cycle.kind, from, from + hours{1}};
        }
        case PeriodKind::Hours: {
            const auto to = begin_in_hour(PeriodKind::Hour, at, zone) + hours{1};
            return {cycle.kind, to - hours{std::max(cycle.count, 1)}, to};
        }
        default: {
            const auto begin = begin_of(cycle, zone.local_date(at));
            return of_days(cycle.kind, begin, end_of(cycle, begin), zone);
        }
    }
}

std::vector<Period> periods_between(
    const Cycle& cycle,
    Instant from,
    Instant to,
    const TimeZone& zone,
    std::size_t at_most
) {
    // Rolling ones follow each other by their last hour or day.
    const auto step = cycle.kind == PeriodKind::Hours  ? Cycle{PeriodKind::Hour}
                      : cycle.kind == PeriodKind::Days ? Cycle{PeriodKind::Day}
                                                       : cycle;
    std::vector<Period> out;
    auto next = period_at(step, from, zone);
    if (next.from < from) {
        next = period_at(step, next.to, zone);
    }
    while (next.from < to && out.size() < at_most) {
        out.push_back(step == cycle ? next : period_at(cycle, next.from, zone));
        next = period_at(step, next.to, zone);
    }
    return out;
}

Period days_between(Date from, Date to, const TimeZone& zone) {
    return of_days(PeriodKind::Days, from, sys_days{to} + days{1}, zone);
}

LocalDays days_of(const Period& period, const TimeZone& zone) {
    return {zone.local_date(period.from), zone.local_date(period.to - Duration{1})};
}

Period previous_period(const Period& period, const TimeZone& zone) {
    const auto length = period.to - period.from;
    switch (period.kind) {
        case PeriodKind::FiveMinutes:
        case PeriodKind::Hour:
        case PeriodKind::Hours:
            return {period.kind, period.from - length, period.from};
        case PeriodKind::Days: {
            const auto [first, last] = days_of(period, zone);
            const auto count = sys_days{last} - sys_days{first} + days{1};
            return of_days(period.kind, sys_days{first} - count, first, zone);
        }
        default: {
            const auto first = zone.local_date(period.from);
            const Cycle cycle{
                period.kind,
                period.kind == PeriodKind::Month
                    ? static_cast<int>(static_cast<unsigned>(first.day()))
                    : 0
            };
            return period_at(cycle, period.from - Duration{1}, zone);
        }
    }
}

Period last_year(const Period& period, const TimeZone& zone) {
    // Of 29 February: the 28th, or for an end the day after it.
    const auto before = [](Date date, bool end) {
        const Date same = date - years{1};
        const auto month = same.year() / same.month();
        return same.ok() ? same : end ? (month + months{1}) / 1 : month / 28;
    };
    const auto first = zone.local_date(period.from);
    if (period.kind == PeriodKind::Week) {
        const Date begin = sys_days{first} - days{52 * 7};
        return of_days(period.kind, begin, sys_days{begin} + days{7}, zone);
    }
    if (shorter_than_day(period.kind) || period.kind == PeriodKind::Hours) {
        const auto local = zone.to_local(period.from);
        const auto begin = before(first, false);
        const auto from = zone.to_instant(local_days{begin} + (local - floor<days>(local)));
        return {period.kind, from, from + (period.to - period.from)};
    }
    // The end is the first day that no longer belongs to it.
    return of_days(
        period.kind, before(first, false), before(zone.local_date(period.to), true), zone
    );
}

}  // namespace chengshu::indicators
