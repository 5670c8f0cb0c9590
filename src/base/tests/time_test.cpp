#include "base/time.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace chengshu {
namespace {

using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::sys_days;

TimeZone zone(std::string_view name) {
    return TimeZone::find(name).value();
}

LocalTime local(Date date, Duration time) {
    return LocalTime{local_days{date}} + time;
}

Instant utc(std::string_view text) {
    return parse_rfc3339(text).value();
}

TEST(TimeZone, FindsOnlyNamesOfTheSystem) {
    EXPECT_EQ(zone("Asia/Shanghai").name(), "Asia/Shanghai");
    for (const std::string_view name : {"", "Asia/Nowhere", "../../etc/passwd", "/etc/localtime"}) {
        const auto found = TimeZone::find(name);
        ASSERT_FALSE(found) << name;
        EXPECT_EQ(found.error().code, ErrorCode::UnknownCode);
    }
}

TEST(TimeZone, ShanghaiIsEightHoursAhead) {
    const TimeZone shanghai = zone("Asia/Shanghai");
    const Instant instant = utc("2026-11-20T16:30:00.007Z");
    EXPECT_EQ(shanghai.to_local(instant), local(2026y / 11 / 21, 30min + 7ms));
    EXPECT_EQ(shanghai.to_instant(local(2026y / 11 / 21, 30min + 7ms)), instant);
    EXPECT_EQ(shanghai.local_date(instant), 2026y / 11 / 21);
    EXPECT_EQ(shanghai.local_date(instant - 31min), 2026y / 11 / 20);
}

TEST(TimeZone, ShanghaiHadSummerTimeIn1988) {
    EXPECT_EQ(
        zone("Asia/Shanghai").to_local(utc("1988-07-01T00:00:00Z")), local(1988y / 7 / 1, 9h)
    );
}

TEST(TimeZone, SkippedLocalTimeIsTheInstantAfterTheJump) {
    // 2026-03-08 02:00 → 03:00 in New York.
    const TimeZone new_york = zone("America/New_York");
    const Instant jump = utc("2026-03-08T07:00:00Z");
    EXPECT_EQ(new_york.to_instant(local(2026y / 3 / 8, 2h)), jump);
    EXPECT_EQ(new_york.to_instant(local(2026y / 3 / 8, 2h + 30min)), jump);
    EXPECT_EQ(new_york.to_instant(local(2026y / 3 / 8, 3h)), jump);
    EXPECT_EQ(new_york.to_instant(local(2026y / 3 / 8, 2h - 1ms)), jump - 1ms);
}

TEST(TimeZone, RepeatedLocalTimeIsTheFirstOfBoth) {
    // 2026-10-25 03:00 → 02:00 in Berlin.
    const TimeZone berlin = zone("Europe/Berlin");
    const Instant first = utc("2026-10-25T00:30:00Z");
    EXPECT_EQ(berlin.to_instant(local(2026y / 10 / 25, 2h + 30min)), first);
    EXPECT_EQ(berlin.to_local(first), berlin.to_local(first + 1h));
}

TEST(TimeZone, HalfHourJump) {
    const TimeZone lord_howe = zone("Australia/Lord_Howe");
    EXPECT_EQ(lord_howe.to_local(utc("2026-01-01T00:00:00Z")), local(2026y / 1 / 1, 11h));
    EXPECT_EQ(lord_howe.to_local(utc("2026-07-01T00:00:00Z")), local(2026y / 7 / 1, 10h + 30min));
}

TEST(TimeZone, WholeDaySkipped) {
    // Samoa crossed the date line: 30 December 2011 did not happen.
    const TimeZone apia = zone("Pacific/Apia");
    const Instant jump = utc("2011-12-30T10:00:00Z");
    EXPECT_EQ(apia.to_instant(local(2011y / 12 / 30, 12h)), jump);
    EXPECT_EQ(apia.local_date(jump), 2011y / 12 / 31);
    EXPECT_EQ(apia.local_date(jump - 1ms), 2011y / 12 / 29);
}

TEST(TimeZone, EveryHourOfAYearComesBack) {
    for (const std::string_view name :
         {"Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kathmandu"}) {
        const TimeZone here = zone(name);
        Instant previous{};
        for (Instant t = utc("2026-01-01T00:00:00Z"); t < utc("2027-01-01T00:00:00Z"); t += 1h) {
            const Instant back = here.to_instant(here.to_local(t));
            // Only the second pass through a repeated hour maps elsewhere: to the first pass.
            EXPECT_TRUE(back == t || back == t - 1h) << name << ' ' << format_utc(t);
            EXPECT_GE(back, previous);
            previous = back;
        }
    }
}

TEST(FormatUtc, LeavesOutZeroMilliseconds) {
    EXPECT_EQ(format_utc(from_millis(0)), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_utc(from_millis(1)), "1970-01-01T00:00:00.001Z");
    EXPECT_EQ(format_utc(from_millis(-1)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(format_utc(Instant{sys_days{2026y / 11 / 20}} + 8h + 30min), "2026-11-20T08:30:00Z");
}

TEST(ParseRfc3339, AcceptsOffsetsAndFractions) {
    const Instant expected = Instant{sys_days{2026y / 11 / 20}} + 8h + 30min;
    EXPECT_EQ(utc("2026-11-20T08:30:00Z"), expected);
    EXPECT_EQ(utc("2026-11-20t08:30:00z"), expected);
    EXPECT_EQ(utc("2026-11-20T16:30:00+08:00"), expected);
    EXPECT_EQ(utc("2026-11-19T23:00:00-09:30"), expected);
    EXPECT_EQ(utc("2026-11-20T08:30:00-00:00"), expected);
    EXPECT_EQ(utc("2026-11-20T08:30:00.5Z"), expected + 500ms);
    EXPECT_EQ(utc("2026-11-20T08:30:00.25Z"), expected + 250ms);
    EXPECT_EQ(utc("2026-11-20T08:30:00.007Z"), expected + 7ms);
    EXPECT_EQ(utc("2026-11-20T08:30:00.0079999999999999999999Z"), expected + 7ms);
    EXPECT_EQ(utc("2024-02-29T00:00:00Z"), Instant{sys_days{2024y / 2 / 29}});
}

TEST(ParseRfc3339, RefusesEverythingElse) {
    for (const std::string_view text : {
             "",
             "2026-11-20",
             "2026-11-20T08:30Z",
             "2026-11-20T08:30:00",
             "2026-11-20 08:30:00Z",
             "2026-11-20T08:30:00.Z",
             "2026-11-20T08:30:00,5Z",
             "2026-11-20T08:30:00+0800",
             "2026-11-20T08:30:00+24:00",
             "2026-11-20T08:30:00+08:60",
             "2026-11-20T24:00:00Z",
             "2026-11-20T08:60:00Z",
             "2026-11-20T08:30:60Z",
             "2026-02-29T00:00:00Z",
             "2026-13-01T00:00:00Z",
             "2026-00-10T00:00:00Z",
             "26-11-20T08:30:00Z",
             "+026-11-20T08:30:00Z",
             " 2026-11-20T08:30:00Z",
             "2026-11-20T08:30:00Z ",
             "2026-11-20T08:30:00ZZ",
             "2026-11-20T08:30:00.1.2Z",
             "2026-11-20T-8:30:00Z",
         }) {
        const auto parsed = parse_rfc3339(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::InvalidInput);
    }
}

TEST(ParseRfc3339, IsTheInverseOfFormat) {
    for (const std::int64_t millis : std::to_array<std::int64_t>(
             {0,
              1,
              -1,
              999,
              1'000,
              951'782'400'000,
              1'795'163'400'123,
              253'402'300'799'999,
              -62'135'596'800'000}
         )) {
        EXPECT_EQ(to_millis(utc(format_utc(from_millis(millis)))), millis);
    }
}

TEST(Dates, RoundTrip) {
    EXPECT_EQ(format_date(2026y / 1 / 2), "2026-01-02");
    EXPECT_EQ(parse_date("2024-02-29").value(), 2024y / 2 / 29);
    EXPECT_EQ(date_key(2026y / 11 / 20), 20261120);
    EXPECT_EQ(date_from_key(20261120).value(), 2026y / 11 / 20);
}

TEST(Dates, RefuseWhatIsNotADay) {
    for (const std::string_view text :
         {"", "2026-2-1", "2026-02-30", "2026-02-29", "20260201", "2026-02-01T", "二〇二六"}) {
        EXPECT_FALSE(parse_date(text)) << text;
    }
    for (const int key : {-20261120, 0, 20260229, 20261301, 20260100, 100000101}) {
        EXPECT_FALSE(date_from_key(key)) << key;
    }
}

}  // namespace
}  // namespace chengshu
