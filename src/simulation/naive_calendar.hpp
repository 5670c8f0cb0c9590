#pragma once

#include "base/time.hpp"
#include "domain/city/calendar.hpp"

#include <bitset>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace chengshu::simulation {

/// What a working calendar is made of; the simulated city's files are written from the same rows.
struct CalendarRows {
    std::string zone;
    std::vector<city::WorkingPeriod> periods;
    std::set<unsigned> weekdays;  ///< 0 = Sunday
    std::set<std::string> holidays;
    std::set<std::string> workdays;
};

/// The five time units counted the slow way, minute by minute: the other opinion on deadlines.
/// Shares nothing with city::Calendar but the zone's offsets. Whole minutes decide what is working
/// time; limits are whole milliseconds.
class NaiveCalendar {
public:
    explicit NaiveCalendar(CalendarRows rows);

    [[nodiscard]] Instant add(Instant start, city::TimeLimit limit) const;
    /// What is left until `due` in the unit's own time; negative once it has passed.
    [[nodiscard]] Duration remaining(Instant now, Instant due, city::TimeUnit unit) const;
    /// Where a clock with `left` >= 0 remaining is due when it runs from `now`.
    [[nodiscard]] Instant resume(Instant now, Duration left, city::TimeUnit unit) const;

    [[nodiscard]] const TimeZone& zone() const { return zone_; }

private:
    [[nodiscard]] bool works(std::int64_t minute) const;
    [[nodiscard]] Instant walk(Instant start, Duration work) const;
    [[nodiscard]] Duration worked(Instant from, Instant to) const;

    CalendarRows rows_;
    TimeZone zone_;
    /// UTC day → its working minutes; filled when first asked for.
    mutable std::map<std::int64_t, std::bitset<1440>> days_;
};

}  // namespace chengshu::simulation
