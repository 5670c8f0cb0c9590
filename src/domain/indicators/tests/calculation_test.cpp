#include "domain/indicators/calculation.hpp"

#include "base/random.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::indicators {
namespace {

using namespace std::chrono_literals;

TimeZone zone() {
    return *TimeZone::find("Asia/Shanghai");
}

class Readings final : public Facts {
public:
    std::map<std::tuple<std::int64_t, std::string, Instant>, double> values;
    std::vector<std::int64_t> stations{1, 2};

    std::optional<double> observed(std::int64_t thing, const Observed& what, const Period& hour)
        override {
        const auto found = values.find({thing, what.property, hour.from});
        return found == values.end() ? std::nullopt : std::optional(found->second);
    }

    const std::vector<std::int64_t>& things(std::string_view, std::string_view type) override {
        static const std::vector<std::int64_t> kNone;
        return type == "air_station" ? stations : kNone;
    }

    const std::vector<std::string>& areas(std::string_view, std::string_view, const Period&)
        override {
        static const std::vector<std::string> kNone;
        return kNone;
    }

    std::int64_t counted(const Place&, int, const Period&) override { return 0; }

    /// The same in every hour of a local day.
    void
    day(std::int64_t thing, const std::string& property, Date date, double value, int hours = 24) {
        const auto midnight = zone().to_instant(std::chrono::local_days{date});
        for (int hour = 0; hour < hours; ++hour) {
            values[{thing, property, midnight + std::chrono::hours{hour}}] = value;
        }
    }
};

const Catalogue& air() {
    static const Catalogue kAir = [] {
        chengshu::testing::TestCityOptions options;
        options.files.push_back(
            {"cities/testcity/observed.csv",
             chengshu::testing::source_file("scenarios/air-quality/observed.csv")}
        );
        const auto city = chengshu::testing::test_city(options);
        const city::DefinitionFile file{
            "scenarios/air-quality/indicators.yaml",
            chengshu::testing::source_file("scenarios/air-quality/indicators.yaml")
        };
        auto parsed = parse_indicators({&file, 1}, *city, [](std::string_view) { return 1U; });
        EXPECT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
        return std::move(parsed.catalogue);
    }();
    return kAir;
}

constexpr Date kOld{2015y / 12 / 1};
constexpr Date kNew{2026y / 4 / 1};

struct Asked {
    Readings readings;
    std::optional<Date> rules;

    Value value(std::string_view code, Date date, Place place = {1, {}}) {
        const auto time_zone = zone();
        Calculation calculation(air(), time_zone, readings, rules);
        const auto* any = air().find(code, date);
        const auto at = time_zone.to_instant(std::chrono::local_days{date});
        const auto period = period_at(any->period, at, time_zone);
        return calculation.value(*calculation.rule(code, period), place, period);
    }

    std::optional<double> number(std::string_view code, Date date, Place place = {1, {}}) {
        return value(code, date, std::move(place)).number;
    }
};

/// The vectors of the two standards: 2012, 2026.
TEST(AirQuality, IndicesFollowTheStandardOfTheDay) {
    struct Vector {
        std::string property;
        std::string index;
        double concentration;
        double old_index;
        double new_index;
    };

    for (const auto& vector : std::vector<Vector>{
             {"PM2.5", "iaqi_pm25", 50, 69, 80},
             {"PM2.5", "iaqi_pm25", 60, 82, 100},
             {"PM2.5", "iaqi_pm25", 75, 100, 114},
             {"PM2.5", "iaqi_pm25", 116, 152, 152},
             {"PM2.5", "iaqi_pm25", 151, 201, 201},
             {"PM2.5", "iaqi_pm25", 260, 310, 310},
             {"PM2.5", "iaqi_pm25", 900, 500, 500},
             {"PM10", "iaqi_pm10", 120, 85, 100},
             {"PM10", "iaqi_pm10", 150, 100, 112},
             {"SO2", "iaqi_so2", 51, 51, 51},
             {"NO2", "iaqi_no2", 81, 101, 101},
             {"CO", "iaqi_co", 4100, 101, 101},
             {"O3", "iaqi_o3_8h_max", 161, 101, 101},
             {"O3", "iaqi_o3_8h_max", 266, 201, 201},
         }) {
        Asked asked;
        asked.readings.day(1, vector.property, kOld, vector.concentration);
        asked.readings.day(1, vector.property, kNew, vector.concentration);
        EXPECT_EQ(asked.number(vector.index, kOld), vector.old_index) << vector.index;
        EXPECT_EQ(asked.number(vector.index, kNew), vector.new_index) << vector.index;
        asked.rules = kNew;
        EXPECT_EQ(asked.number(vector.index, kOld), vector.new_index) << "what if";
    }
}

void all_six(Readings& readings, Date date, double pm25, double pm10) {
    readings.day(1, "PM2.5", date, pm25);
    readings.day(1, "PM10", date, pm10);
    readings.day(1, "SO2", date, 10);
    readings.day(1, "NO2", date, 20);
    readings.day(1, "CO", date, 500);
    readings.day(1, "O3", date, 30);
}

TEST(AirQuality, TheLargestIndexIsTheDaysAndNamesThePrimaryPollutants) {
    Asked asked;
    all_six(asked.readings, kOld, 75, 60);
    EXPECT_EQ(asked.number("aqi", kOld), 100);
    EXPECT_EQ(asked.value("primary_pollutants", kOld).names, std::vector<std::string>{"PM2.5"});

    all_six(asked.readings, kOld, 75, 150);
    EXPECT_EQ(
        asked.value("primary_pollutants", kOld).names, (std::vector<std::string>{"PM10", "PM2.5"})
    ) << "ties give two";

    all_six(asked.readings, kOld, 35, 50);
    EXPECT_EQ(asked.number("aqi", kOld), 50);
    EXPECT_TRUE(asked.value("primary_pollutants", kOld).names.empty()) << "none up to 50";
}

TEST(AirQuality, AnInvalidDayHasNoIndexUnlessTheRestIsAbove100) {
    Asked asked;
    all_six(asked.readings, kOld, 75, 60);
    asked.readings.values.clear();
    all_six(asked.readings, kOld, 75, 60);
    for (auto it = asked.readings.values.begin(); it != asked.readings.values.end();) {
        it = std::get<1>(it->first) == "SO2" ? asked.readings.values.erase(it) : std::next(it);
    }
    EXPECT_EQ(asked.number("aqi", kOld), std::nullopt);
    EXPECT_TRUE(asked.value("primary_pollutants", kOld).names.empty());
    EXPECT_EQ(asked.number("good_day", kOld), std::nullopt);
    asked.readings.day(1, "PM2.5", kOld, 116);
    EXPECT_EQ(asked.number("aqi", kOld), 152);
}

TEST(AirQuality, ADayNeedsTwentyHours) {
    Asked asked;
    asked.readings.day(1, "PM2.5", kOld, 40, 19);
    EXPECT_EQ(asked.number("pm25_day", kOld), std::nullopt);
    asked.readings.day(1, "PM2.5", kOld, 40, 20);
    EXPECT_EQ(asked.number("pm25_day", kOld), 40);
}

TEST(AirQuality, OzoneIsTheLargestEightHourMeanOfTheDay) {
    Asked asked;
    const auto midnight = zone().to_instant(std::chrono::local_days{kOld});
    asked.readings.day(1, "O3", kOld, 10);
    for (int hour = 10; hour < 18; ++hour) {
        asked.readings.values[{1, "O3", midnight + std::chrono::hours{hour}}] = 100 + hour;
    }
    EXPECT_EQ(asked.number("o3_8h_max", kOld), 113.5);
    EXPECT_EQ(asked.number("o3_1h_max", kOld), 117);
}

TEST(AirQuality, AnAreaTakesTheMeanOfItsStationsThenTheIndex) {
    Asked asked;
    asked.readings.day(1, "PM2.5", kOld, 40);
    asked.readings.day(2, "PM2.5", kOld, 60);
    EXPECT_EQ(asked.number("pm25_day", kOld, {0, "110000"}), 50);
    EXPECT_EQ(asked.number("iaqi_pm25", kOld, {0, "110000"}), 69);
    asked.readings.stations = {};
    EXPECT_EQ(asked.number("pm25_day", kOld, {0, "110000"}), std::nullopt);
}

TEST(AirQuality, MonthsCountTheirDays) {
    Asked asked;
    for (unsigned day = 1; day <= 31; ++day) {
        all_six(asked.readings, 2015y / 12 / std::chrono::day{day}, day <= 10 ? 200 : 40, 60);
    }
    EXPECT_EQ(asked.number("good_days", kOld), 21);
    EXPECT_EQ(asked.number("valid_days", kOld), 31);
    EXPECT_NEAR(*asked.number("good_day_rate", kOld), 67.74, 0.01);
    EXPECT_NEAR(*asked.number("pm25_month", kOld), (200.0 * 10 + 40 * 21) / 31, 1e-9);
}

/// Every value can be made again from what it says it is made of.
TEST(Calculation, InputsMakeTheValue) {
    Asked asked;
    asked.readings.day(1, "PM2.5", kOld, 40);
    asked.readings.day(2, "PM2.5", kOld, 60);
    const auto time_zone = zone();
    Calculation calculation(air(), time_zone, asked.readings);
    const auto day =
        period_at(PeriodKind::Day, time_zone.to_instant(std::chrono::local_days{kOld}), time_zone);
    const auto* indicator = calculation.rule("pm25_day", day);
    const auto stations = calculation.inputs(*indicator, {0, "110000"}, day);
    ASSERT_EQ(stations.size(), 2U);
    EXPECT_EQ(stations[0].place.thing, 1);
    const auto hours = calculation.inputs(*indicator, {2, {}}, day);
    ASSERT_EQ(hours.size(), 24U);
    EXPECT_EQ(hours[0].indicator->code, "pm25_hour");
    EXPECT_EQ(hours[0].period.from, day.from);
    EXPECT_EQ(hours[23].period.to, day.to);
    EXPECT_TRUE(calculation.inputs(*hours[0].indicator, {2, {}}, hours[0].period).empty());
}

TEST(Periods, FollowTheCalendarAlsoWhereClocksChange) {
    const auto berlin = *TimeZone::find("Europe/Berlin");
    const auto at = *parse_rfc3339("2026-10-25T12:00:00Z");
    const auto day = period_at(PeriodKind::Day, at, berlin);
    EXPECT_EQ(day.to - day.from, std::chrono::hours{25});
    EXPECT_EQ(periods_between(PeriodKind::Hour, day.from, day.to, berlin, 100).size(), 25U);
    const auto kolkata = *TimeZone::find("Asia/Kolkata");
    EXPECT_EQ(format_utc(period_at(PeriodKind::Hour, at, kolkata).from), "2026-10-25T11:30:00Z");
    const auto month = period_at(PeriodKind::Month, at, zone());
    EXPECT_EQ(format_utc(month.from), "2026-09-30T16:00:00Z");
    EXPECT_EQ(format_utc(month.to), "2026-10-31T16:00:00Z");
    const auto year = period_at(PeriodKind::Year, at, zone());
    EXPECT_EQ(periods_between(PeriodKind::Month, year.from, year.to, zone(), 100).size(), 12U);
    EXPECT_EQ(periods_between(PeriodKind::Day, month.from, month.to, zone(), 5).size(), 5U);
}

std::string shown(const Period& period) {
    const auto last = zone().local_date(period.to - Duration{1});
    return format_date(zone().local_date(period.from)) + " " + format_date(last);
}

TEST(ComparedWith, TheSameDaysOfAPeriodThatIsNotOver) {
    struct Case {
        std::string_view cycle;
        std::string_view now;  ///< in UTC: the city is eight hours ahead
        std::string_view previous;
        std::string_view last_year;
    };

    const Case cases[] = {
        {"month", "2025-09-16T02:00:00Z", "2025-08-01 2025-08-16", "2024-09-01 2024-09-16"},
        {"month", "2025-09-15T16:00:00Z", "2025-08-01 2025-08-16", "2024-09-01 2024-09-16"},
        {"month", "2025-09-30T15:59:59Z", "2025-08-01 2025-08-31", "2024-09-01 2024-09-30"},
        {"month", "2025-03-30T02:00:00Z", "2025-02-01 2025-02-28", "2024-03-01 2024-03-30"},
        {"month_from_19", "2025-09-20T02:00:00Z", "2025-08-19 2025-08-20", "2024-09-19 2024-09-20"},
        {"year", "2025-03-01T02:00:00Z", "2024-01-01 2024-02-29", "2024-01-01 2024-03-01"},
        {"year", "2024-02-29T02:00:00Z", "2023-01-01 2023-03-01", "2023-01-01 2023-02-28"},
        {"week", "2025-09-17T02:00:00Z", "2025-09-08 2025-09-10", "2024-09-16 2024-09-18"},
        {"day", "2025-09-16T02:00:00Z", "2025-09-15 2025-09-15", "2024-09-16 2024-09-16"},
        {"30_days", "2025-09-16T02:00:00Z", "2025-07-19 2025-08-17", "2024-08-18 2024-09-16"},
    };
    Indicator by_day;
    by_day.any_days = true;
    for (const auto& one : cases) {
        const auto now = *parse_rfc3339(one.now);
        const auto period = period_at(*cycle_of(one.cycle), now, zone());
        EXPECT_EQ(
            shown(compared_with(by_day, Against::Previous, period, now, zone())), one.previous
        ) << one.cycle
          << " " << one.now;
        EXPECT_EQ(
            shown(compared_with(by_day, Against::LastYear, period, now, zone())), one.last_year
        ) << one.cycle
          << " " << one.now;
    }
}

TEST(ComparedWith, WholePeriodsWhenItIsOverOrNotKeptByDay) {
    Indicator by_day;
    by_day.any_days = true;
    const Indicator other;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        SeededRandom random(seed);
        static constexpr std::string_view kCycles[] = {
            "day", "week", "ten_days", "month", "quarter", "half_year", "year", "month_from_19"
        };
        const auto at = from_millis(1'700'000'000'000 + random.between(0, 100'000'000'000));
        const auto period = period_at(*cycle_of(kCycles[random.below(8)]), at, zone());
        for (const auto against : {Against::Previous, Against::LastYear}) {
            const auto whole = against == Against::Previous ? previous_period(period, zone())
                                                            : last_year(period, zone());
            EXPECT_EQ(compared_with(by_day, against, period, period.to, zone()), whole);
            EXPECT_EQ(compared_with(by_day, against, period, period.from - 1ms, zone()), whole);
            EXPECT_EQ(compared_with(other, against, period, at, zone()), whole);
            const auto part = compared_with(by_day, against, period, at, zone());
            EXPECT_EQ(part.kind, whole.kind);
            EXPECT_EQ(part.from, whole.from);
            EXPECT_LE(part.to, whole.to);
            EXPECT_GT(part.to, part.from);
            // As many days as there are of this one, but for a 29 February.
            const auto days = [](const Period& of) { return (of.to - of.from) / 24h; };
            const auto passed = (at - period.from) / 24h + 1;
            if (part.to < whole.to) {
                EXPECT_LE(std::abs(days(part) - passed), against == Against::Previous ? 0 : 1);
            }
        }
    }
}

}  // namespace
}  // namespace chengshu::indicators
