// Rules on how long readings are kept, over the memory stores.

#include "services/sensing/retention.hpp"

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "services/sensing/terminals.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace chengshu::services {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

class MovedClock final : public ports::Clock {
public:
    Instant now() override { return at; }

    Instant at = *parse_rfc3339("2025-09-22T01:30:00Z");
};

std::vector<city::CityFile> city_files() {
    testing::TestCityOptions options;
    options.files = {
        {"cities/testcity/observed.csv",
         "code,name_zh,name_en,definition\n"
         "PM2.5,颗粒物,Particles,https://example.org/pm25\n"
         "wd,风向,Wind direction,https://example.org/wd\n"},
        {"cities/testcity/sensors.csv",
         "code,name_zh,name_en,encoding,metadata\nanalyser,分析仪,Analyser,text/plain,none\n"},
        {"cities/testcity/things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "A1,air_station,东站,East,116.35,40.05,SAN,active,true\n"
         "A2,air_station,西站,West,116.15,40.05,SAN,active,true\n"},
        {"cities/testcity/streams.csv",
         "thing,property,sensor,interval_s\n"
         "A1,PM2.5,analyser,3600\nA1,wd,analyser,3600\nA2,PM2.5,analyser,3600\n"},
        {"cities/testcity/retention.yaml", R"(retention:
  - code: dust
    name: {zh: 尘, en: Dust}
    property: PM2.5
    raw: 10 d
    hours: 20 d
    source: test
)"},
    };
    return testing::test_city_files(options);
}

class RetentionTest : public ::testing::Test {
protected:
    RetentionTest() {
        auto parsed = parse_definitions("testcity", city_files());
        EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
        current.emplace(parsed.definitions);
        engine.emplace(store, clock, *current);
        entities.emplace(*current, door, PublicSight::Marked);
        EXPECT_TRUE(entities->load(store));
        EXPECT_TRUE(add_terminals(*engine, *entities, *parsed.definitions->city));
        begin_anew();
    }

    /// What a restart does: a pass that was under way is forgotten.
    void begin_anew() { retention.emplace(*current, *entities, rows, clock); }

    std::int64_t stream(const std::string& thing, const std::string& name = "PM2.5") {
        const auto& registry = entities->registry();
        return stream_of(registry, registry.thing_by_code(thing), name);
    }

    void read(std::int64_t of, double hours_ago, double value) {
        sensing::Observation row;
        row.id = ++last_id;
        row.stream = of;
        row.phenomenon_from = to_millis(clock.at) - static_cast<std::int64_t>(hours_ago * kHour);
        row.phenomenon_to = row.phenomenon_from;
        row.received_at = to_millis(clock.at);
        row.number = value;
        ports::ObservationBatch batch;
        batch.rows = {row};
        EXPECT_TRUE(rows.append({&batch, 1}));
    }

    ports::RetentionResult pass() {
        ports::RetentionResult sum;
        EXPECT_TRUE(retention->begin());
        while (true) {
            const auto done = retention->step();
            EXPECT_TRUE(done);
            if (!done || !*done) {
                return sum;
            }
            sum.rows_removed += (*done)->rows_removed;
            sum.hours_written += (*done)->hours_written;
            sum.hours_removed += (*done)->hours_removed;
        }
    }

    std::vector<sensing::HourlyValue> hours(std::int64_t of) {
        return *rows.hours(of, 0, to_millis(clock.at), 10'000);
    }

    std::int64_t count(std::int64_t of) {
        ports::ObservationQuery query;
        query.streams = {of};
        return *rows.count(query);
    }

    MovedClock clock;
    memory::MemoryStore store;
    memory::MemoryObservations rows{"/nonexistent"};
    DirectObservations door{rows, clock};
    std::optional<CurrentDefinitions> current;
    std::optional<Engine> engine;
    std::optional<SensingEntities> entities;
    std::optional<Retention> retention;
    std::int64_t last_id = 0;
};

TEST_F(RetentionTest, OldReadingsBecomeHoursAndHoursGoToo) {
    const auto dust = stream("A1");
    const auto wind = stream("A1", "wd");
    for (const auto of : {dust, wind}) {
        read(of, 30 * 24, 1);
        read(of, 15 * 24, 10);
        read(of, 15 * 24 - 0.25, 20);  // the same hour
        read(of, 5 * 24, 3);
    }
    const auto forecast = *retention->forecast(*current->get());
    ASSERT_EQ(forecast.size(), 1U);
    EXPECT_EQ(forecast[0].streams, 2);
    EXPECT_EQ(forecast[0].rows, 3);
    EXPECT_EQ(count(dust), 4);  // a forecast changes nothing

    EXPECT_EQ(pass(), (ports::RetentionResult{3, 2, 1}));
    EXPECT_EQ(count(dust), 1);
    EXPECT_EQ(count(wind), 4);  // no rule is for it
    const auto left = hours(dust);
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].count, 2);
    EXPECT_EQ(left[0].sum, 30);
    EXPECT_EQ(left[0].min, 10);
    EXPECT_EQ(left[0].max, 20);
    EXPECT_EQ((*rows.summary(dust))->latest.number, 3);

    EXPECT_EQ(pass(), ports::RetentionResult{});
    EXPECT_EQ(retention->forecast(*current->get())->at(0).rows, 0);
}

TEST_F(RetentionTest, ALateReadingJoinsItsHour) {
    const auto dust = stream("A1");
    read(dust, 15 * 24, 10);
    read(dust, 1, 3);
    EXPECT_EQ(pass().rows_removed, 1);
    read(dust, 15 * 24 - 0.25, 30);
    EXPECT_EQ(pass().rows_removed, 1);
    ASSERT_EQ(hours(dust).size(), 1U);
    EXPECT_EQ(hours(dust)[0].count, 2);
    EXPECT_EQ(hours(dust)[0].max, 30);
}

TEST_F(RetentionTest, TheNewestReadingOfASilentStreamStays) {
    const auto dust = stream("A1");
    const auto other = stream("A2");
    read(dust, 17 * 24, 1);
    read(dust, 15 * 24, 2);
    read(other, 12 * 24, 5);
    EXPECT_EQ(pass(), (ports::RetentionResult{1, 1, 0}));
    EXPECT_EQ(count(dust), 1);
    EXPECT_EQ((*rows.summary(dust))->latest.number, 2);
    EXPECT_EQ(count(other), 1);
    clock.at += std::chrono::hours{24 * 365};
    EXPECT_EQ(pass().rows_removed, 0);
    EXPECT_EQ(count(dust), 1);
}

TEST_F(RetentionTest, APassThatWasCutShortIsGoneOnWith) {
    const auto dust = stream("A1");
    for (int day = 40; day > 0; --day) {
        for (int reading = 0; reading < 3; ++reading) {
            read(dust, day * 24 - reading * 0.1, reading);
        }
    }
    ASSERT_TRUE(retention->begin());
    ASSERT_TRUE(*retention->step());
    begin_anew();
    pass();
    std::int64_t in_hours = 0;
    for (const auto& hour : hours(dust)) {
        in_hours += hour.count;
        EXPECT_EQ(hour.count, 3);
    }
    EXPECT_EQ(in_hours, 3 * 10);  // of the eleventh to the twentieth day
    EXPECT_EQ(count(dust), 3 * 10);
}

TEST_F(RetentionTest, PartsAreBounded) {
    const auto dust = stream("A1");
    for (int hour = 480; hour > 0; --hour) {
        read(dust, hour, 1);
        read(dust, hour - 0.5, 1);
    }
    constexpr std::int64_t kRows = 100;
    retention.emplace(*current, *entities, rows, clock, kRows);
    ASSERT_TRUE(retention->begin());
    std::int64_t removed = 0;
    while (true) {
        const auto done = retention->step();
        ASSERT_TRUE(done);
        if (!*done) {
            break;
        }
        removed += (*done)->rows_removed;
        EXPECT_LE((*done)->rows_removed, kRows + 2);
        EXPECT_EQ((*done)->hours_removed, 0);
    }
    EXPECT_EQ(removed, 479);
    EXPECT_EQ(count(dust) + removed, 960);
    std::int64_t in_hours = 0;
    for (const auto& hour : hours(dust)) {
        in_hours += hour.count;
    }
    EXPECT_EQ(in_hours, removed);
}

}  // namespace
}  // namespace chengshu::services
