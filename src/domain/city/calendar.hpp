#pragma once

#include "base/time.hpp"

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// How a limit counts time (domain: 处置时限). The first two and the last run through nights and
/// holidays; the work units count only inside working periods of working days.
enum class TimeUnit {
    UrgentHour,  ///< 紧急工作时: continuous hours
    UrgentDay,   ///< 紧急工作日: continuous days of 24 hours
    WorkHour,    ///< 工作时
    WorkDay,     ///< 工作日: one working day's length of working time (8 h by default)
    NaturalDay,  ///< 自然日: calendar days at the same local clock time
};

/// "urgent_hour", "urgent_day", "work_hour", "work_day", "natural_day".
std::string_view to_string(TimeUnit unit);
Result<TimeUnit> parse_time_unit(std::string_view text);

/// A limit as people write it: 2 urgent hours, 0.5 work hours, 15 work days. 0 means due at once;
/// no limit at all is a negative value.
struct TimeLimit {
    double value = -1;
    TimeUnit unit = TimeUnit::UrgentHour;

    [[nodiscard]] bool bounded() const { return value >= 0; }

    friend bool operator==(const TimeLimit&, const TimeLimit&) = default;
};

/// Local clock times of a working day, e.g. 08:00–12:00. Ends are exclusive for starting work and
/// inclusive for finishing it: a deadline may land exactly on `end`.
struct WorkingPeriod {
    std::chrono::minutes begin{};
    std::chrono::minutes end{};

    friend bool operator==(const WorkingPeriod&, const WorkingPeriod&) = default;
};

/// The working calendar of a city: zone, periods, weekdays, holidays and make-up days. Immutable.
class Calendar {
public:
    /// `periods` ascending, not overlapping, not empty. `working_weekdays` holds c_encoding values
    /// (0 = Sunday). A date in both `holidays` and `workdays` is a mistake the city check reports.
    Calendar(
        TimeZone zone,
        std::vector<WorkingPeriod> periods,
        std::set<unsigned> working_weekdays,
        std::set<Date> holidays,
        std::set<Date> workdays
    );

    [[nodiscard]] const TimeZone& zone() const { return zone_; }

    [[nodiscard]] bool is_working_day(Date date) const;
    /// `start` plus `limit` (value >= 0). Work units: the start is first aligned forward to a
    /// working instant; a deadline that lands on the end of a period stays there; a start at the
    /// end of a period moves on.
    [[nodiscard]] Instant add(Instant start, TimeLimit limit) const;
    /// Working time between two instants (0 when `to` <= `from`); for reports of used working time.
    [[nodiscard]] Duration working_time(Instant from, Instant to) const;
    /// What is left of a clock at `now` in the clock's own terms: working time for work units,
    /// plain time otherwise. Negative when `due` has passed. `resume` is its inverse: the due
    /// instant of a clock with `left` remaining that runs again from `now`.
    [[nodiscard]] Duration remaining(Instant now, Instant due, TimeUnit unit) const;
    [[nodiscard]] Instant resume(Instant now, Duration left, TimeUnit unit) const;

private:
    [[nodiscard]] Instant add_work(Instant start, Duration work) const;
    [[nodiscard]] Instant subtract_work(Instant end, Duration work) const;

    TimeZone zone_;
    std::vector<WorkingPeriod> periods_;
    std::set<unsigned> working_weekdays_;
    std::set<Date> holidays_;
    std::set<Date> workdays_;
};

}  // namespace chengshu::city
