#pragma once

#include "base/time.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::indicators {

inline constexpr int kCycleHoursMax = 31 * 24;
inline constexpr int kCycleDaysMax = 3660;
inline constexpr int kMonthBeginsMax = 28;

enum class PeriodKind : std::uint8_t {
    FiveMinutes,
    Hour,
    Day,
    Week,     ///< Monday to Sunday
    TenDays,  ///< 旬: begins on the 1st, 11th and 21st
    Month,
    Quarter,
    HalfYear,
    Year,
    Hours,  ///< so many hours up to and including one (rolling)
    Days,   ///< so many days up to and including one (rolling)
};

/// How long one value of an indicator stands for (周期), as a word of files and requests:
/// "five_minutes", "hour", "day", "week", "ten_days", "month", "quarter", "half_year", "year",
/// "24_hours", "30_days", and "month_from_19", which is an assessment month (考核月).
struct Cycle {
    PeriodKind kind = PeriodKind::Hour;
    int count = 0;  ///< of Hours and Days: how many; of Month: the day it begins with, 0 the first

    constexpr Cycle() = default;

    // A kind that needs no count is a cycle.
    constexpr Cycle(PeriodKind kind_, int count_ = 0) : kind(kind_), count(count_) {}  // NOLINT

    [[nodiscard]] bool whole_days() const;

    friend auto operator<=>(const Cycle&, const Cycle&) = default;
};

std::optional<Cycle> cycle_of(std::string_view name);
std::string period_name(const Cycle& cycle);

/// Whether periods of `whole` are made up of periods of `part`, which is shorter.
bool tiles(const Cycle& part, const Cycle& whole);

/// A stretch of local time that one value stands for.
struct Period {
    PeriodKind kind = PeriodKind::Hour;
    Instant from;
    Instant to;  ///< first instant that no longer belongs to it

    friend auto operator<=>(const Period&, const Period&) = default;
};

/// The period that an instant lies in; of Hours and Days the one whose last hour or day it is.
Period period_at(const Cycle& cycle, Instant at, const TimeZone& zone);
/// Those that begin in [from, to), ascending, at most `at_most`; of Hours and Days those whose last
/// hour or day does.
std::vector<Period> periods_between(
    const Cycle& cycle,
    Instant from,
    Instant to,
    const TimeZone& zone,
    std::size_t at_most
);
/// A run of whole local days, both included.
Period days_between(Date from, Date to, const TimeZone& zone);

/// The one directly before, of the same kind (环比).
Period previous_period(const Period& period, const TimeZone& zone);
/// The same one of the year before (同比): same local dates and hours, but of weeks the one 52
/// weeks earlier. What would begin on a 29 February that there is not begins on the 28th.
Period last_year(const Period& period, const TimeZone& zone);

/// The local days of a period of whole days, both included.
struct LocalDays {
    Date from;
    Date to;
};

LocalDays days_of(const Period& period, const TimeZone& zone);

}  // namespace chengshu::indicators
