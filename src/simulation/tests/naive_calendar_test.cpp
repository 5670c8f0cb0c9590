#include "simulation/naive_calendar.hpp"

#include <gtest/gtest.h>

namespace chengshu::simulation {
namespace {

using city::TimeUnit;
using std::chrono::minutes;

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

NaiveCalendar beijing() {
    return NaiveCalendar(
        {"Asia/Shanghai",
         {{minutes{480}, minutes{720}}, {minutes{840}, minutes{1080}}},
         {1, 2, 3, 4, 5},
         {"2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08"},
         {"2025-09-28", "2025-10-11"}}
    );
}

NaiveCalendar new_york() {
    return NaiveCalendar(
        {"America/New_York", {{minutes{0}, minutes{360}}}, {0, 1, 2, 3, 4, 5, 6}, {}, {}}
    );
}

TEST(NaiveCalendar, CountsWorkOnlyInsidePeriods) {
    const auto calendar = beijing();
    EXPECT_EQ(
        calendar.add(at("2025-09-30T17:30:00+08:00"), {1, TimeUnit::WorkHour}),
        at("2025-10-09T08:30:00+08:00")
    );
    EXPECT_EQ(
        calendar.add(at("2025-09-29T10:00:00+08:00"), {1, TimeUnit::WorkDay}),
        at("2025-09-30T10:00:00+08:00")
    );
    EXPECT_EQ(
        calendar.add(at("2025-09-29T08:00:00+08:00"), {8, TimeUnit::WorkHour}),
        at("2025-09-29T18:00:00+08:00")
    );
}

TEST(NaiveCalendar, WorksOnMakeUpDays) {
    EXPECT_EQ(
        beijing().add(at("2025-09-28T09:00:00+08:00"), {2, TimeUnit::WorkHour}),
        at("2025-09-28T11:00:00+08:00")
    );
}

TEST(NaiveCalendar, KeepsTheClockOnTheWallOverAChange) {
    EXPECT_EQ(
        new_york().add(at("2025-11-01T12:00:00-04:00"), {1, TimeUnit::NaturalDay}),
        at("2025-11-02T12:00:00-05:00")
    );
    EXPECT_EQ(
        new_york().add(at("2025-11-01T12:00:00-04:00"), {1, TimeUnit::UrgentDay}),
        at("2025-11-02T11:00:00-05:00")
    );
    EXPECT_EQ(
        new_york().add(at("2026-03-07T02:30:00-05:00"), {1, TimeUnit::NaturalDay}),
        at("2026-03-08T03:00:00-04:00")
    );
    EXPECT_EQ(
        new_york().add(at("2026-03-06T02:40:37.600-05:00"), {2, TimeUnit::NaturalDay}),
        at("2026-03-08T03:00:00-04:00")
    );
}

TEST(NaiveCalendar, CountsTheHourThatComesTwice) {
    EXPECT_EQ(
        new_york().add(at("2025-11-02T00:00:00-04:00"), {7, TimeUnit::WorkHour}),
        at("2025-11-02T06:00:00-05:00")
    );
}

TEST(NaiveCalendar, RemainingAndResumeAreInverse) {
    const auto calendar = beijing();
    const auto due = at("2025-10-09T10:00:00+08:00");
    const auto now = at("2025-09-30T16:00:00+08:00");
    const auto left = calendar.remaining(now, due, TimeUnit::WorkHour);
    EXPECT_EQ(left, std::chrono::hours{4});
    EXPECT_EQ(calendar.resume(now, left, TimeUnit::WorkHour), due);
    EXPECT_EQ(calendar.remaining(due, now, TimeUnit::WorkHour), -std::chrono::hours{4});
}

}  // namespace
}  // namespace chengshu::simulation
