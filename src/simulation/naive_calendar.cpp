#include "simulation/naive_calendar.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace chengshu::simulation {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kMinutesPerDay = 1440;
constexpr double kHour = 3'600'000.0;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

bool is_work(city::TimeUnit unit) {
    return unit == city::TimeUnit::WorkHour || unit == city::TimeUnit::WorkDay;
}

Duration millis(double value) {
    return Duration{std::llround(value)};
}

}  // namespace

NaiveCalendar::NaiveCalendar(CalendarRows rows)
    : rows_(std::move(rows)), zone_(TimeZone::find(rows_.zone).value()) {}

bool NaiveCalendar::works(std::int64_t minute) const {
    const auto day = floor_div(minute, kMinutesPerDay);
    auto found = days_.find(day);
    if (found == days_.end()) {
        std::bitset<1440> bits;
        for (std::int64_t i = 0; i < kMinutesPerDay; ++i) {
            const auto local = zone_.to_local(from_millis((day * kMinutesPerDay + i) * kMinute));
            const auto date = std::chrono::floor<std::chrono::days>(local);
            const auto name = format_date(Date{date});
            const auto weekday = std::chrono::weekday{date}.c_encoding();
            const bool working =
                rows_.workdays.contains(name) ||
                (rows_.weekdays.contains(weekday) && !rows_.holidays.contains(name));
            const auto since = std::chrono::floor<std::chrono::minutes>(local - date);
            const bool inside =
                std::any_of(rows_.periods.begin(), rows_.periods.end(), [&](const auto& period) {
                    return period.begin <= since && since < period.end;
                });
            bits[static_cast<std::size_t>(i)] = working && inside;
        }
        found = days_.emplace(day, bits).first;
    }
    return found->second[static_cast<std::size_t>(minute - day * kMinutesPerDay)];
}

Instant NaiveCalendar::walk(Instant start, Duration work) const {
    auto at = to_millis(start);
    auto left = work.count();
    while (left > 0) {
        const auto minute = floor_div(at, kMinute);
        const auto next = (minute + 1) * kMinute;
        const auto step = works(minute) ? std::min(left, next - at) : 0;
        left -= step;
        at = left == 0 ? at + step : next;
    }
    return from_millis(at);
}

Duration NaiveCalendar::worked(Instant from, Instant to) const {
    std::int64_t sum = 0;
    for (auto at = to_millis(from); at < to_millis(to);) {
        const auto minute = floor_div(at, kMinute);
        const auto next = std::min((minute + 1) * kMinute, to_millis(to));
        sum += works(minute) ? next - at : 0;
        at = next;
    }
    return Duration{sum};
}

Instant NaiveCalendar::add(Instant start, city::TimeLimit limit) const {
    using city::TimeUnit;
    switch (limit.unit) {
        case TimeUnit::UrgentHour:
            return start + millis(limit.value * kHour);
        case TimeUnit::UrgentDay:
            return start + millis(limit.value * 24 * kHour);
        case TimeUnit::WorkHour:
            return walk(start, millis(limit.value * kHour));
        case TimeUnit::WorkDay: {
            std::int64_t day = 0;
            for (const auto& period : rows_.periods) {
                day += (period.end - period.begin).count() * kMinute;
            }
            return walk(start, millis(limit.value * static_cast<double>(day)));
        }
        case TimeUnit::NaturalDay:
            break;
    }
    // The first instant whose clock on the wall shows the target or, where a jump skips it, later.
    const auto target = zone_.to_local(start) + millis(limit.value * 24 * kHour);
    constexpr std::int64_t kSlack = 180;  // minutes; no zone moves its clocks by more
    auto at = start + millis(limit.value * 24 * kHour) - Duration{kSlack * kMinute};
    while (zone_.to_local(at) < target) {
        const auto missing = target - zone_.to_local(at);
        at += std::min<Duration>(missing, Duration{kMinute});
    }
    // A jump happens on a whole minute; the last step may have gone past it.
    const auto jump = from_millis(floor_div(to_millis(at), kMinute) * kMinute);
    return zone_.to_local(jump) >= target ? jump : at;
}

Duration NaiveCalendar::remaining(Instant now, Instant due, city::TimeUnit unit) const {
    if (!is_work(unit)) {
        return due - now;
    }
    return due >= now ? worked(now, due) : -worked(due, now);
}

Instant NaiveCalendar::resume(Instant now, Duration left, city::TimeUnit unit) const {
    return is_work(unit) ? walk(now, left) : now + left;
}

}  // namespace chengshu::simulation
