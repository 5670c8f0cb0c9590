#include "domain/city/calendar.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::city {
namespace {

using namespace std::chrono_literals;

TimeZone zone(const char* name) {
    Result<TimeZone> found = TimeZone::find(name);
    CS_ASSERT(found.has_value());
    return found.value();
}

std::set<Date> dates(std::initializer_list<const char*> texts) {
    std::set<Date> result;
    for (const char* text : texts) {
        result.insert(parse_date(text).value());
    }
    return result;
}

/// The State Council's calendar of autumn 2025 and the common periods.
Calendar autumn() {
    return Calendar{
        zone("Asia/Shanghai"),
        {{8h, 12h}, {14h, 18h}},
        {1, 2, 3, 4, 5},
        dates(
            {"2025-10-01",
             "2025-10-02",
             "2025-10-03",
             "2025-10-04",
             "2025-10-05",
             "2025-10-06",
             "2025-10-07",
             "2025-10-08"}
        ),
        dates({"2025-09-28", "2025-10-11"}),
    };
}

Instant beijing(const std::string& text) {
    return parse_rfc3339(text + ":00+08:00").value();
}

struct Vector {
    const char* start;
    double value;
    TimeUnit unit;
    const char* due;
};

std::ostream& operator<<(std::ostream& out, const Vector& vector) {
    return out << vector.start << " + " << vector.value << ' ' << to_string(vector.unit);
}

class DeadlineVectors : public testing::TestWithParam<Vector> {};

TEST_P(DeadlineVectors, Holds) {
    const Vector& vector = GetParam();
    EXPECT_EQ(
        format_utc(autumn().add(beijing(vector.start), {vector.value, vector.unit})),
        format_utc(beijing(vector.due))
    );
}

INSTANTIATE_TEST_SUITE_P(
    Domain,
    DeadlineVectors,
    testing::Values(
        Vector{"2025-09-26T16:30", 4, TimeUnit::WorkHour, "2025-09-28T10:30"},
        Vector{"2025-09-27T10:00", 2, TimeUnit::WorkHour, "2025-09-28T10:00"},
        Vector{"2025-09-30T17:00", 2, TimeUnit::WorkHour, "2025-10-09T09:00"},
        Vector{"2025-09-30T17:00", 2, TimeUnit::UrgentHour, "2025-09-30T19:00"},
        Vector{"2025-09-30T09:00", 1, TimeUnit::WorkDay, "2025-10-09T09:00"},
        Vector{"2025-09-30T15:00", 3, TimeUnit::WorkDay, "2025-10-11T15:00"},
        Vector{"2025-10-03T09:00", 1, TimeUnit::WorkDay, "2025-10-09T18:00"},
        Vector{"2025-09-26T12:30", 1, TimeUnit::WorkHour, "2025-09-26T15:00"},
        Vector{"2025-10-10T18:00", 1, TimeUnit::WorkHour, "2025-10-11T09:00"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Edges,
    DeadlineVectors,
    testing::Values(
        // A deadline may land on the end of a period, at noon or in the evening.
        Vector{"2025-09-29T08:00", 4, TimeUnit::WorkHour, "2025-09-29T12:00"},
        Vector{"2025-09-29T08:00", 8, TimeUnit::WorkHour, "2025-09-29T18:00"},
        // A start at noon moves on to the afternoon, one before work to the morning.
        Vector{"2025-09-29T12:00", 1, TimeUnit::WorkHour, "2025-09-29T15:00"},
        Vector{"2025-09-29T05:00", 0.5, TimeUnit::WorkHour, "2025-09-29T08:30"},
        // Nothing to do is due at the first working instant.
        Vector{"2025-10-03T09:00", 0, TimeUnit::WorkHour, "2025-10-09T08:00"},
        Vector{"2025-09-30T17:00", 2, TimeUnit::UrgentDay, "2025-10-02T17:00"},
        Vector{"2025-09-30T17:00", 7, TimeUnit::NaturalDay, "2025-10-07T17:00"},
        Vector{"2025-09-29T09:00", 0.5, TimeUnit::WorkDay, "2025-09-29T15:00"}
    )
);

TEST(Calendar, WorkingDays) {
    const Calendar calendar = autumn();
    EXPECT_TRUE(calendar.is_working_day(parse_date("2025-09-26").value()));
    EXPECT_FALSE(calendar.is_working_day(parse_date("2025-09-27").value()));
    EXPECT_TRUE(calendar.is_working_day(parse_date("2025-09-28").value()));
    EXPECT_FALSE(calendar.is_working_day(parse_date("2025-10-01").value()));
}

TEST(Calendar, NaturalDaysKeepTheLocalClockOverSummerTime) {
    const Calendar calendar{zone("America/New_York"), {{9h, 17h}}, {1, 2, 3, 4, 5}, {}, {}};
    // Clocks went forward on 2016-03-13: 24 hours of urgent time end an hour later on the wall.
    const Instant start = parse_rfc3339("2016-03-12T10:00:00-05:00").value();
    EXPECT_EQ(
        calendar.add(start, {1, TimeUnit::NaturalDay}),
        parse_rfc3339("2016-03-13T10:00:00-04:00").value()
    );
    EXPECT_EQ(
        calendar.add(start, {1, TimeUnit::UrgentDay}),
        parse_rfc3339("2016-03-13T11:00:00-04:00").value()
    );
}

TEST(Calendar, WorkingTime) {
    const Calendar calendar = autumn();
    const auto worked = [&](const char* from, const char* to) {
        return calendar.working_time(beijing(from), beijing(to));
    };
    EXPECT_EQ(worked("2025-09-29T08:00", "2025-09-29T18:00"), 8h);
    EXPECT_EQ(worked("2025-09-29T11:00", "2025-09-29T15:00"), 2h);
    EXPECT_EQ(worked("2025-09-30T17:00", "2025-10-09T09:00"), 2h);
    EXPECT_EQ(worked("2025-10-01T00:00", "2025-10-08T23:59"), 0h);
    EXPECT_EQ(worked("2025-09-29T18:00", "2025-09-29T08:00"), 0h);
}

TEST(Calendar, PausedClocksResumeWithWhatWasLeft) {
    const Calendar calendar = autumn();
    const Instant due = beijing("2025-10-09T09:00");
    const Instant paused = beijing("2025-09-30T17:30");
    const Duration left = calendar.remaining(paused, due, TimeUnit::WorkHour);
    EXPECT_EQ(left, 90min);
    EXPECT_EQ(
        calendar.resume(beijing("2025-10-10T17:00"), left, TimeUnit::WorkHour),
        beijing("2025-10-11T08:30")
    );
    EXPECT_EQ(calendar.remaining(paused, due, TimeUnit::UrgentHour), due - paused);
}

TEST(Calendar, AnOverdueClockStaysOverdueByTheSame) {
    const Calendar calendar = autumn();
    const Instant due = beijing("2025-09-29T10:00");
    const Instant now = beijing("2025-09-30T09:00");
    const Duration left = calendar.remaining(now, due, TimeUnit::WorkDay);
    EXPECT_EQ(left, -7h);
    EXPECT_EQ(calendar.resume(now, left, TimeUnit::WorkDay), due);
    EXPECT_EQ(calendar.remaining(now, now, TimeUnit::WorkDay), 0h);
    EXPECT_EQ(calendar.resume(now, 0h, TimeUnit::WorkDay), now);
}

TEST(Calendar, ResumeUndoesRemainingForAnyDeadline) {
    const Calendar calendar = autumn();
    SeededRandom random{3};
    const Instant base = beijing("2025-09-20T00:00");
    for (int i = 0; i < 500; ++i) {
        const Instant start = base + Duration{random.between(0, 30LL * 86'400'000)};
        const auto minutes = static_cast<int>(random.between(1, 2400));
        const double hours = minutes / 60.0;
        const Instant due = calendar.add(start, {hours, TimeUnit::WorkHour});
        EXPECT_EQ(
            calendar.remaining(start, due, TimeUnit::WorkHour), std::chrono::minutes{minutes}
        );
        const Instant now = base + Duration{random.between(0, 30LL * 86'400'000)};
        const Duration left = calendar.remaining(now, due, TimeUnit::WorkHour);
        if (left > 0h) {
            EXPECT_EQ(calendar.resume(now, left, TimeUnit::WorkHour), due);
        }
    }
}

TEST(Calendar, WithoutWorkingDaysTheSearchEnds) {
    const Calendar calendar{zone("UTC"), {{8h, 9h}}, {}, {}, {}};
    EXPECT_GT(calendar.add(from_millis(0), {1, TimeUnit::WorkHour}), from_millis(0));
    EXPECT_LT(calendar.resume(from_millis(0), -1h, TimeUnit::WorkHour), from_millis(0));
}

TEST(TimeUnits, NamesRoundTrip) {
    for (const char* name : {"urgent_hour", "urgent_day", "work_hour", "work_day", "natural_day"}) {
        const Result<TimeUnit> unit = parse_time_unit(name);
        ASSERT_TRUE(unit.has_value());
        EXPECT_EQ(to_string(unit.value()), name);
    }
    EXPECT_EQ(parse_time_unit("day").error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace chengshu::city
