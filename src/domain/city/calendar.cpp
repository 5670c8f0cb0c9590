#include "domain/city/calendar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace chengshu::city {
namespace {

using std::chrono::days;
using std::chrono::local_days;

/// A working period of one day as instants; empty when a DST jump swallows it.
struct Slot {
    Instant begin;
    Instant end;
};

/// How many days a search for working time may walk: enough for the longest limit the city check
/// accepts, and an end for a calendar that has no working days at all.
constexpr int kDaysMax = 366 * 60;

constexpr std::array<std::pair<std::string_view, TimeUnit>, 5> kUnits{{
    {"urgent_hour", TimeUnit::UrgentHour},
    {"urgent_day", TimeUnit::UrgentDay},
    {"work_hour", TimeUnit::WorkHour},
    {"work_day", TimeUnit::WorkDay},
    {"natural_day", TimeUnit::NaturalDay},
}};

bool is_work_unit(TimeUnit unit) {
    return unit == TimeUnit::WorkHour || unit == TimeUnit::WorkDay;
}

Duration rounded(double millis) {
    return Duration{std::llround(millis)};
}

constexpr double kHourMs = 3'600'000.0;

local_days local_day(const TimeZone& zone, Instant instant) {
    return std::chrono::floor<days>(zone.to_local(instant));
}

Slot slot_of(const TimeZone& zone, local_days day, const WorkingPeriod& period) {
    return {
        zone.to_instant(LocalTime{day + period.begin}),
        zone.to_instant(LocalTime{day + period.end}),
    };
}

}  // namespace

std::string_view to_string(TimeUnit unit) {
    for (const auto& [name, value] : kUnits) {
        if (value == unit) {
            return name;
        }
    }
    CS_ASSERT(false);
    return {};
}

Result<TimeUnit> parse_time_unit(std::string_view text) {
    for (const auto& [name, value] : kUnits) {
        if (name == text) {
            return value;
        }
    }
    return fail(
        ErrorCode::InvalidInput,
        "unknown time unit '" + std::string{text} +
            "'; use urgent_hour, urgent_day, work_hour, work_day or natural_day"
    );
}

Calendar::Calendar(
    TimeZone zone,
    std::vector<WorkingPeriod> periods,
    std::set<unsigned> working_weekdays,
    std::set<Date> holidays,
    std::set<Date> workdays
)
    : zone_(std::move(zone)),
      periods_(std::move(periods)),
      working_weekdays_(std::move(working_weekdays)),
      holidays_(std::move(holidays)),
      workdays_(std::move(workdays)) {
    CS_ASSERT(!periods_.empty());
    for (std::size_t i = 0; i < periods_.size(); ++i) {
        CS_ASSERT(periods_[i].begin < periods_[i].end);
        CS_ASSERT(i == 0 || periods_[i - 1].end <= periods_[i].begin);
    }
}

bool Calendar::is_working_day(Date date) const {
    if (holidays_.contains(date)) {
        return false;
    }
    if (workdays_.contains(date)) {
        return true;
    }
    return working_weekdays_.contains(std::chrono::weekday{local_days{date}}.c_encoding());
}

Instant Calendar::add_work(Instant start, Duration work) const {
    Duration left = work;
    local_days day = local_day(zone_, start);
    for (int walked = 0; walked < kDaysMax; ++walked, day += days{1}) {
        if (!is_working_day(Date{day})) {
            continue;
        }
        for (const WorkingPeriod& period : periods_) {
            const Slot slot = slot_of(zone_, day, period);
            const Instant from = std::max(start, slot.begin);
            if (from >= slot.end) {
                continue;  // Also a start exactly at the end: it moves on.
            }
            if (left <= slot.end - from) {
                return from + left;
            }
            left -= slot.end - from;
        }
    }
    return zone_.to_instant(LocalTime{day}) + left;
}

Instant Calendar::subtract_work(Instant end, Duration work) const {
    Duration left = work;
    local_days day = local_day(zone_, end);
    for (int walked = 0; walked < kDaysMax; ++walked, day -= days{1}) {
        if (!is_working_day(Date{day})) {
            continue;
        }
        for (auto period = periods_.rbegin(); period != periods_.rend(); ++period) {
            const Slot slot = slot_of(zone_, day, *period);
            const Instant to = std::min(end, slot.end);
            if (to <= slot.begin) {
                continue;
            }
            if (left <= to - slot.begin) {
                return to - left;
            }
            left -= to - slot.begin;
        }
    }
    return zone_.to_instant(LocalTime{day}) - left;
}

Instant Calendar::add(Instant start, TimeLimit limit) const {
    switch (limit.unit) {
        case TimeUnit::UrgentHour:
            return start + rounded(limit.value * kHourMs);
        case TimeUnit::UrgentDay:
            return start + rounded(limit.value * 24.0 * kHourMs);
        case TimeUnit::WorkHour:
            return add_work(start, rounded(limit.value * kHourMs));
        case TimeUnit::WorkDay: {
            std::chrono::minutes day_length{0};
            for (const WorkingPeriod& period : periods_) {
                day_length += period.end - period.begin;
            }
            const double day_ms = static_cast<double>(Duration{day_length}.count());
            return add_work(start, rounded(limit.value * day_ms));
        }
        case TimeUnit::NaturalDay:
            return zone_.to_instant(zone_.to_local(start) + rounded(limit.value * 24.0 * kHourMs));
    }
    CS_ASSERT(false);
    return start;
}

Duration Calendar::working_time(Instant from, Instant to) const {
    Duration total{0};
    if (to <= from) {
        return total;
    }
    const local_days last = local_day(zone_, to);
    for (local_days day = local_day(zone_, from); day <= last; day += days{1}) {
        if (!is_working_day(Date{day})) {
            continue;
        }
        for (const WorkingPeriod& period : periods_) {
            const Slot slot = slot_of(zone_, day, period);
            const Instant begin = std::max(from, slot.begin);
            const Instant end = std::min(to, slot.end);
            if (begin < end) {
                total += end - begin;
            }
        }
    }
    return total;
}

Duration Calendar::remaining(Instant now, Instant due, TimeUnit unit) const {
    if (!is_work_unit(unit)) {
        return due - now;
    }
    return due >= now ? working_time(now, due) : -working_time(due, now);
}

Instant Calendar::resume(Instant now, Duration left, TimeUnit unit) const {
    if (!is_work_unit(unit)) {
        return now + left;
    }
    if (left == Duration{0}) {
        return now;
    }
    return left > Duration{0} ? add_work(now, left) : subtract_work(now, -left);
}

}  // namespace chengshu::city
