#include "domain/indicators/period.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace chengshu::indicators {
namespace {

using namespace std::chrono_literals;

TimeZone zone_of(std::string_view name = "Asia/Shanghai") {
    return *TimeZone::find(name);
}

Instant at(std::string_view text) {
    return parse_rfc3339(text).value();
}

/// "2026-09-19..2026-10-18": the local days of the period that a local noon lies in.
std::string days(std::string_view cycle, Date date) {
    const auto time_zone = zone_of();
    const auto noon = time_zone.to_instant(std::chrono::local_days{date} + 12h);
    const auto [from, to] = days_of(period_at(*cycle_of(cycle), noon, time_zone), time_zone);
    return format_date(from) + ".." + format_date(to);
}

TEST(Cycle, NamesAreReadAndWritten) {
    for (const auto* name :
         {"five_minutes",
          "hour",
          "day",
          "week",
          "ten_days",
          "month",
          "quarter",
          "half_year",
          "year",
          "24_hours",
          "30_days",
          "3660_days",
          "month_from_19"}) {
        const auto cycle = cycle_of(name);
        ASSERT_TRUE(cycle) << name;
        EXPECT_EQ(period_name(*cycle), name);
    }
    for (const auto* name :
         {"",
          "days",
          "hours",
          "_days",
          "0_days",
          "1_days",
          "01_days",
          "3661_days",
          "-3_days",
          "745_hours",
          "month_from_1",
          "month_from_29",
          "month_from_",
          "99999999999_days",
          "2.5_days",
          "fortnight"}) {
        EXPECT_FALSE(cycle_of(name)) << name;
    }
}

TEST(Period, CalendarPeriods) {
    EXPECT_EQ(days("day", 2026y / 10 / 18), "2026-10-18..2026-10-18");
    EXPECT_EQ(days("week", 2026y / 10 / 18), "2026-10-12..2026-10-18") << "a Sunday ends it";
    EXPECT_EQ(days("week", 2026y / 10 / 19), "2026-10-19..2026-10-25") << "a Monday begins it";
    EXPECT_EQ(days("ten_days", 2026y / 10 / 10), "2026-10-01..2026-10-10");
    EXPECT_EQ(days("ten_days", 2026y / 10 / 11), "2026-10-11..2026-10-20");
    EXPECT_EQ(days("ten_days", 2026y / 10 / 31), "2026-10-21..2026-10-31");
    EXPECT_EQ(days("ten_days", 2028y / 2 / 29), "2028-02-21..2028-02-29");
    EXPECT_EQ(days("month", 2028y / 2 / 29), "2028-02-01..2028-02-29");
    EXPECT_EQ(days("month_from_19", 2026y / 10 / 18), "2026-09-19..2026-10-18");
    EXPECT_EQ(days("month_from_19", 2026y / 10 / 19), "2026-10-19..2026-11-18");
    EXPECT_EQ(days("month_from_19", 2026y / 1 / 2), "2025-12-19..2026-01-18");
    EXPECT_EQ(days("quarter", 2026y / 6 / 30), "2026-04-01..2026-06-30");
    EXPECT_EQ(days("half_year", 2026y / 7 / 1), "2026-07-01..2026-12-31");
    EXPECT_EQ(days("year", 2026y / 7 / 1), "2026-01-01..2026-12-31");
    EXPECT_EQ(days("30_days", 2026y / 3 / 1), "2026-01-31..2026-03-01");
}

TEST(Period, HoursAndMinutes) {
    const auto time_zone = zone_of();
    const auto five = period_at(PeriodKind::FiveMinutes, at("2026-10-18T08:34:59Z"), time_zone);
    EXPECT_EQ(five.from, at("2026-10-18T08:30:00Z"));
    EXPECT_EQ(five.to, at("2026-10-18T08:35:00Z"));
    const auto day = period_at({PeriodKind::Hours, 24}, at("2026-10-18T08:34:59Z"), time_zone);
    EXPECT_EQ(day.from, at("2026-10-17T09:00:00Z"));
    EXPECT_EQ(day.to, at("2026-10-18T09:00:00Z"));
    // Local hours that do not begin with hours of UTC.
    const auto nepal = zone_of("Asia/Kathmandu");
    EXPECT_EQ(
        period_at(PeriodKind::Hour, at("2026-10-18T08:34:59Z"), nepal).from,
        at("2026-10-18T08:15:00Z")
    );
}

TEST(Period, RollingOnesFollowEachOtherByTheirLastDay) {
    const auto time_zone = zone_of();
    const auto list = periods_between(
        {PeriodKind::Days, 7},
        time_zone.to_instant(std::chrono::local_days{2026y / 10 / 1}),
        time_zone.to_instant(std::chrono::local_days{2026y / 10 / 4}),
        time_zone,
        100
    );
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list[0].to, time_zone.to_instant(std::chrono::local_days{2026y / 10 / 2}));
    EXPECT_EQ(list[0].from, time_zone.to_instant(std::chrono::local_days{2026y / 9 / 25}));
    EXPECT_EQ(list[2].to, time_zone.to_instant(std::chrono::local_days{2026y / 10 / 4}));
}

TEST(Period, TheOneBeforeAndTheOneOfLastYear) {
    const auto time_zone = zone_of();

    struct Vector {
        std::string_view cycle;
        Date date;
        std::string_view previous;
        std::string_view last_year;
    };

    for (const auto& vector : std::vector<Vector>{
             {"day", 2026y / 3 / 1, "2026-02-28..2026-02-28", "2025-03-01..2025-03-01"},
             {"day", 2028y / 2 / 29, "2028-02-28..2028-02-28", "2027-02-28..2027-02-28"},
             {"day", 2028y / 2 / 28, "2028-02-27..2028-02-27", "2027-02-28..2027-02-28"},
             {"week", 2026y / 10 / 18, "2026-10-05..2026-10-11", "2025-10-13..2025-10-19"},
             {"ten_days", 2026y / 3 / 1, "2026-02-21..2026-02-28", "2025-03-01..2025-03-10"},
             {"ten_days", 2028y / 2 / 29, "2028-02-11..2028-02-20", "2027-02-21..2027-02-28"},
             {"month", 2026y / 3 / 31, "2026-02-01..2026-02-28", "2025-03-01..2025-03-31"},
             {"month_from_19", 2026y / 1 / 2, "2025-11-19..2025-12-18", "2024-12-19..2025-01-18"},
             {"quarter", 2026y / 2 / 1, "2025-10-01..2025-12-31", "2025-01-01..2025-03-31"},
             {"half_year", 2026y / 2 / 1, "2025-07-01..2025-12-31", "2025-01-01..2025-06-30"},
             {"year", 2026y / 2 / 1, "2025-01-01..2025-12-31", "2025-01-01..2025-12-31"},
             {"30_days", 2026y / 3 / 1, "2026-01-01..2026-01-30", "2025-01-31..2025-03-01"},
         }) {
        const auto noon = time_zone.to_instant(std::chrono::local_days{vector.date} + 12h);
        const auto period = period_at(*cycle_of(vector.cycle), noon, time_zone);
        const auto show = [&](const Period& shown) {
            const auto [from, to] = days_of(shown, time_zone);
            return format_date(from) + ".." + format_date(to);
        };
        EXPECT_EQ(show(previous_period(period, time_zone)), vector.previous) << vector.cycle;
        EXPECT_EQ(show(last_year(period, time_zone)), vector.last_year) << vector.cycle;
    }
    const auto hour = period_at(PeriodKind::Hour, at("2028-02-29T08:34:59Z"), time_zone);
    EXPECT_EQ(previous_period(hour, time_zone).from, at("2028-02-29T07:00:00Z"));
    EXPECT_EQ(last_year(hour, time_zone).from, at("2027-02-28T08:00:00Z"));
}

/// Whatever the zone and the cycle: an instant lies in its period, periods touch, and the one
/// before ends where this one begins.
TEST(PeriodProperty, PeriodsFollowEachOther) {
    const char* const zones[] = {"Asia/Shanghai", "America/New_York", "Asia/Kathmandu"};
    const char* const cycles[] = {
        "five_minutes",
        "hour",
        "day",
        "week",
        "ten_days",
        "month",
        "quarter",
        "half_year",
        "year",
        "month_from_19",
        "30_days",
        "24_hours"
    };
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SeededRandom random(seed);
        const auto time_zone = zone_of(zones[random.below(3)]);
        const auto cycle = *cycle_of(cycles[random.below(12)]);
        const auto instant =
            at("2024-01-01T00:00:00Z") + Duration{random.between(0, 4LL * 366 * 86'400'000)};
        const auto period = period_at(cycle, instant, time_zone);
        SCOPED_TRACE(
            "seed " + std::to_string(seed) + ' ' + period_name(cycle) + ' ' + time_zone.name()
        );
        ASSERT_LE(period.from, instant);
        ASSERT_LT(instant, period.to);
        ASSERT_EQ(period_at(cycle, period.to - Duration{1}, time_zone), period);
        const auto before = previous_period(period, time_zone);
        if (cycle.kind != PeriodKind::FiveMinutes && cycle.kind != PeriodKind::Hour) {
            ASSERT_EQ(before.to, period.from);
        }
        ASSERT_LT(before.from, before.to);
        const auto year_ago = last_year(period, time_zone);
        ASSERT_LT(year_ago.from, year_ago.to);
        ASSERT_LT(year_ago.from, period.from);
        const auto list = periods_between(cycle, period.from, period.to, time_zone, 1000);
        ASSERT_FALSE(list.empty());
        ASSERT_LE(list.size(), 30U);
    }
}

TEST(Period, WhatFillsWhat) {
    const auto fills = [](std::string_view part, std::string_view whole) {
        return tiles(*cycle_of(part), *cycle_of(whole));
    };
    EXPECT_TRUE(fills("five_minutes", "hour"));
    EXPECT_TRUE(fills("hour", "24_hours"));
    EXPECT_TRUE(fills("hour", "day"));
    EXPECT_TRUE(fills("day", "month_from_19"));
    EXPECT_TRUE(fills("ten_days", "month"));
    EXPECT_TRUE(fills("month", "quarter"));
    EXPECT_TRUE(fills("quarter", "half_year"));
    EXPECT_FALSE(fills("day", "day"));
    EXPECT_FALSE(fills("day", "24_hours"));
    EXPECT_FALSE(fills("week", "month"));
    EXPECT_FALSE(fills("ten_days", "month_from_19"));
    EXPECT_FALSE(fills("month_from_19", "quarter"));
    EXPECT_FALSE(fills("month", "30_days"));
    EXPECT_FALSE(fills("year", "quarter"));
}

}  // namespace
}  // namespace chengshu::indicators
