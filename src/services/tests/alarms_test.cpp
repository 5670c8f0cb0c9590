// Terminals of a city folder, the replay of their readings, and alarms that open cases, over the
// memory stores.

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "domain/sensing/quality.hpp"
#include "services/replay/readings.hpp"
#include "services/sensing/rules.hpp"
#include "services/sensing/terminals.hpp"
#include "services/verify.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>

namespace chengshu::services {
namespace {

constexpr std::int64_t kMinute = 60'000;

class FixedClock final : public ports::Clock {
public:
    Instant now() override { return at; }

    Instant at = *parse_rfc3339("2025-09-22T01:00:00Z");
};

std::vector<city::CityFile> city_files() {
    testing::TestCityOptions options;
    options.evaluation = true;
    options.files = {
        {"cities/testcity/observed.csv",
         "code,name_zh,name_en,definition,unit,ucum,min,max\n"
         "PM2.5,颗粒物,Particles,https://example.org/pm25,µg/m³,ug/m3,0,1500\n"
         "wd,风向,Wind direction,https://example.org/wd,,,,\n"},
        {"cities/testcity/sensors.csv",
         "code,name_zh,name_en,encoding,metadata\nanalyser,分析仪,Analyser,text/plain,none\n"},
        {"cities/testcity/things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "A1,air_station,东站,East,116.35,40.05,SAN,active,true\n"
         "A2,air_station,西站,West,116.15,40.05,SAN,active,true\n"},
        {"cities/testcity/streams.csv",
         "thing,property,sensor,interval_s\n"
         "A1,PM2.5,analyser,3600\nA1,wd,analyser,3600\n"
         "A2,PM2.5,analyser,3600\nA2,wd,analyser,3600\n"},
        {"cities/testcity/alarms.yaml", R"(alarms:
  - code: dust
    name: {zh: 尘, en: Dust}
    property: PM2.5
    thing_type: air_station
    when: above
    limit: 100
    lasts: 10 min
    gap: 2 h
    clear: {limit: 80}
    ignore: [above_range]
    categories: [TEST/matter/0101]
    text: {zh: "{thing}超{limit}", en: "{thing} at {value} {unit} since {since}"}
)"},
    };
    return testing::test_city_files(options);
}

DefinitionsPtr definitions() {
    auto parsed = parse_definitions("testcity", city_files());
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

class Alarms : public ::testing::Test {
protected:
    Alarms() : current(definitions()) { start(); }

    /// What a restart does: everything in memory is gone.
    void start() {
        rules.reset();
        entities.reset();
        engine.emplace(store, clock, current);
        entities.emplace(current, door, PublicSight::Marked);
        ASSERT_TRUE(entities->load(store));
        const auto added = add_terminals(*engine, *entities, *current.get()->city);
        ASSERT_TRUE(added) << added.error().context;
        rules.emplace(current, *entities);
        ASSERT_TRUE(rules->load(store));
    }

    std::int64_t stream(const std::string& thing, const std::string& name = "PM2.5") {
        const auto& registry = entities->registry();
        return stream_of(registry, registry.thing_by_code(thing), name);
    }

    void
    read(const std::string& thing, std::int64_t minute, double value, std::uint32_t quality = 0) {
        sensing::Observation row;
        row.id = ++last_id;
        row.stream = stream(thing);
        row.phenomenon_from = to_millis(clock.at) + minute * kMinute;
        row.phenomenon_to = row.phenomenon_from;
        row.received_at = row.phenomenon_from;
        row.number = value;
        row.quality = quality;
        ports::ObservationBatch batch;
        batch.rows = {row};
        ASSERT_TRUE(observations.append({&batch, 1}));
    }

    /// Looks at everything that has come.
    AlarmsOutcome look() {
        AlarmsOutcome sum;
        bool more = true;
        while (more) {
            auto page = rules->next(rules->cursor());
            EXPECT_TRUE(page);
            more = page->more;
            if (!page->due) {
                rules->skip(*page);
                continue;
            }
            std::vector<Job> jobs;
            jobs.push_back(rules->job(std::move(*page), [&](Result<AlarmsOutcome> outcome) {
                ASSERT_TRUE(outcome) << outcome.error().context;
                sum.raised += outcome->raised;
                sum.held += outcome->held;
                sum.refused += outcome->refused;
                sum.cleared += outcome->cleared;
                sum.cases.insert(sum.cases.end(), outcome->cases.begin(), outcome->cases.end());
                sum.problems.insert(
                    sum.problems.end(), outcome->problems.begin(), outcome->problems.end()
                );
            }));
            engine->run(std::move(jobs));
        }
        return sum;
    }

    cases::Case case_of(CaseId id) {
        std::optional<cases::Case> found;
        std::vector<Job> jobs(1);
        jobs[0].work = [&](UnitOfWork& work) -> Result<std::string> {
            CS_TRY(value, work.get_case(id));
            found = value;
            return std::string("{}");
        };
        jobs[0].done = [](const Result<std::string>&) {};
        engine->run(std::move(jobs));
        return found.value_or(cases::Case{});
    }

    memory::MemoryStore store;
    FixedClock clock;
    CurrentDefinitions current;
    memory::MemoryObservations observations{::testing::TempDir()};
    DirectObservations door{observations, clock};
    std::optional<Engine> engine;
    std::optional<SensingEntities> entities;
    std::optional<AlarmRules> rules;
    std::int64_t last_id = 0;
};

TEST_F(Alarms, TerminalsOfTheFolderBecomeThingsOnce) {
    using sensing::EntityType;
    const auto& registry = entities->registry();
    EXPECT_EQ(registry.count(EntityType::Thing), 2U);
    EXPECT_EQ(registry.count(EntityType::Datastream), 4U);
    EXPECT_EQ(registry.count(EntityType::Sensor), 1U);
    EXPECT_EQ(registry.count(EntityType::ObservedProperty), 2U);
    EXPECT_EQ(registry.count(EntityType::FeatureOfInterest), 2U);
    const auto thing = registry.find({EntityType::Thing, registry.thing_by_code("A1")});
    ASSERT_TRUE(thing);
    EXPECT_EQ(thing->tag(sensing::Tag::Department), "SAN");
    EXPECT_EQ(thing->tag(sensing::Tag::Area), "110102001");
    EXPECT_EQ(thing->tag(sensing::Tag::Public), "true");
    const auto entity = registry.find({EntityType::Datastream, stream("A1")});
    const auto place = place_of(registry, *entity);
    EXPECT_EQ(place.quantity, "PM2.5");
    EXPECT_EQ(place.interval_s, 3600);
    start();
    EXPECT_EQ(entities->registry().count(EntityType::Thing), 2U);
    EXPECT_EQ(entities->registry().count(EntityType::Datastream), 4U);
    EXPECT_EQ(entities->registry().count(EntityType::FeatureOfInterest), 2U);
}

TEST_F(Alarms, AValueAboveItsLimitForTenMinutesOpensACase) {
    for (std::int64_t minute = 0; minute <= 9; ++minute) {
        read("A1", minute, 101);
    }
    EXPECT_EQ(look().raised, 0);
    read("A1", 10, 150.5);
    const auto outcome = look();
    ASSERT_EQ(outcome.cases.size(), 1U);
    const auto value = case_of(outcome.cases[0]);
    EXPECT_EQ(value.source, "iot");
    EXPECT_EQ(value.category, "TEST/matter/0101");
    EXPECT_EQ(
        value.description, "东站 East超100 / 东站 East at 150.5 µg/m³ since 2025-09-22 09:00"
    );
    ASSERT_TRUE(value.point);
    EXPECT_EQ(value.point->lon, 116.35);
    EXPECT_EQ(value.path.back(), "110102001");
    EXPECT_FALSE(value.generated);
    EXPECT_NE(value.state, "reported");  // the standard is automatic: it has been filed and sent on
    read("A1", 11, 160);
    EXPECT_EQ(look().raised, 0);
}

TEST_F(Alarms, AThingHasOneOpenCaseOfARule) {
    read("A1", 0, 150);
    read("A1", 10, 150);
    read("A2", 0, 150);
    read("A2", 10, 150);
    EXPECT_EQ(look().raised, 2);
    read("A1", 20, 10);
    read("A1", 30, 150);
    read("A1", 40, 150);
    const auto outcome = look();
    EXPECT_EQ(outcome.cleared, 1);
    EXPECT_EQ(outcome.raised, 0);
    EXPECT_EQ(outcome.held, 1);
}

TEST_F(Alarms, AreWhereTheyWereAfterARestart) {
    read("A1", 0, 150);
    read("A1", 5, 150);
    EXPECT_EQ(look().raised, 0);
    start();
    read("A1", 10, 150);
    EXPECT_EQ(look().raised, 1);
    start();
    read("A1", 20, 150);
    const auto again = look();
    EXPECT_EQ(again.raised + again.held, 0);
    start();
    read("A1", 30, 70);
    EXPECT_EQ(look().cleared, 1);
}

TEST_F(Alarms, GoOnWhenTheObservationsAreGone) {
    read("A1", 0, 50);
    read("A1", 60, 50);
    look();
    EXPECT_EQ(rules->cursor(), 2);
    memory::MemoryObservations empty{::testing::TempDir()};
    DirectObservations other{empty, clock};
    SensingEntities again(current, other, PublicSight::Marked);
    ASSERT_TRUE(again.load(store));
    AlarmRules rules_again(current, again);
    ASSERT_TRUE(rules_again.load(store));
    EXPECT_EQ(rules_again.cursor(), 0);
}

TEST_F(Alarms, ACommitThatFailsIsDoneAgain) {
    read("A1", 0, 150);
    read("A1", 10, 150);
    auto page = rules->next(rules->cursor());
    ASSERT_TRUE(page);
    std::vector<Job> jobs;
    jobs.push_back(rules->job(*page, [](const Result<AlarmsOutcome>& outcome) {
        EXPECT_FALSE(outcome);
    }));
    auto work = jobs[0].work;
    jobs[0].work = [work](UnitOfWork& unit) -> Result<std::string> {
        CS_CHECK(work(unit));
        return fail(ErrorCode::StorageUnavailable, "the disk is full");
    };
    engine->run(std::move(jobs));
    EXPECT_EQ(rules->cursor(), 0);
    EXPECT_EQ(look().raised, 1);
    EXPECT_EQ(look().raised, 0);
}

TEST_F(Alarms, LateAndRepeatedReadingsChangeNothing) {
    read("A1", 0, 150);
    read("A1", 8, 150);
    look();
    read("A1", 4, 10);  // late
    read("A1", 8, 10);  // the same time again
    EXPECT_EQ(look().raised, 0);
    start();
    read("A1", 5, 10);  // late, after a restart
    look();
    read("A1", 10, 150);
    EXPECT_EQ(look().raised, 1);
}

TEST_F(Alarms, AQuietAlarmKnowsAfterARestartHowFarItHasLooked) {
    read("A1", 0, 50);
    read("A1", 60, 50);
    look();
    start();
    read("A1", 20, 150);  // late: minute 60 was fine already
    read("A1", 70, 50);
    look();
    read("A1", 71, 150);
    read("A1", 81, 150);
    EXPECT_EQ(look().raised, 1);
}

TEST_F(Alarms, FlaggedReadingsArePassedOver) {
    const auto flag = static_cast<std::uint32_t>(sensing::QualityFlag::AboveRange);
    read("A1", 0, 9000, flag);
    read("A1", 10, 9000, flag);
    EXPECT_EQ(look().raised, 0);
}

TEST_F(Alarms, ReadingsOfUnwatchedStreamsCostNothing) {
    sensing::Observation row;
    row.id = ++last_id;
    row.stream = stream("A1", "wd");
    row.result = "\"NNW\"";
    ports::ObservationBatch batch;
    batch.rows = {row};
    ASSERT_TRUE(observations.append({&batch, 1}));
    const auto page = rules->next(rules->cursor());
    ASSERT_TRUE(page);
    EXPECT_FALSE(page->due);
    EXPECT_EQ(page->upto, 1);
}

class Readings : public Alarms {
protected:
    static constexpr std::string_view kPlan =
        "data: data/x.csv\ntime_format: \"%Y-%m-%d %H:%M\"\ntime: time\nthing: station\n";

    Result<replay::ReadingsReport> replay(std::string_view table) {
        RuleWatch watch(current, *entities);
        CS_CHECK(watch.load(store));
        return replay::replay_readings(
            *engine,
            *current.get(),
            *entities,
            *rules,
            watch,
            {"cities/testcity/readings.yaml", std::string(kPlan)},
            table,
            5,
            [](std::int64_t, std::int64_t) {}
        );
    }
};

constexpr std::string_view kTable =
    "station,time,PM2.5,wd\n"
    "A1,2015-11-01 00:00,90,N\n"
    "A1,2015-11-01 01:00,,\n"
    "A1,2015-11-01 02:00,150,\n"
    "A1,2015-11-01 03:00,150,NE\n"
    "A1,2015-11-01 04:00,2000,NE\n"
    "A1,2015-11-01 05:00,20,NE\n"
    "A2,2015-11-01 00:00,,N\n"
    "A2,2015-11-01 01:00,5,N\n";

TEST_F(Readings, AreStoredWithTheirGapsAndCompared) {
    const auto report = replay(kTable);
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_TRUE(report->agrees());
    ASSERT_EQ(report->terminals.size(), 2U);
    EXPECT_EQ(report->terminals[0].rows, 6);
    EXPECT_EQ(report->terminals[0].readings, 9);
    EXPECT_EQ(report->terminals[0].missing, 3);
    EXPECT_EQ(report->terminals[0].gaps, 2);
    EXPECT_EQ(report->terminals[0].flagged_gaps, 2);
    EXPECT_EQ(report->terminals[1].missing, 1);
    EXPECT_EQ(report->terminals[1].gaps, 0);
    EXPECT_EQ(report->added, 12);
    EXPECT_EQ(report->flags.at("above_range"), 1);
    EXPECT_EQ(report->alarms.raised, 1);
    const auto value = case_of(report->alarms.cases.at(0));
    EXPECT_TRUE(value.generated);
    EXPECT_EQ(format_utc(value.reported_at), "2015-10-31T19:00:00Z");  // 03:00 in the city
    const auto latest = observations.summary(stream("A1"));
    ASSERT_TRUE(latest && *latest);
    EXPECT_EQ((*latest)->latest.number, 20);
    EXPECT_NE((*latest)->latest.feature, 0);
}

TEST_F(Readings, MayBeReplayedAgain) {
    ASSERT_TRUE(replay(kTable));
    start();
    const auto again = replay(kTable);
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_TRUE(again->agrees());
    EXPECT_EQ(again->added, 0);
    EXPECT_EQ(again->known, 12);
    EXPECT_EQ(again->alarms.raised + again->alarms.held, 0);
}

TEST_F(Readings, MistakesNameTheirLine) {
    const auto wrong = [&](std::string_view table) {
        const auto report = replay(table);
        return report ? std::string() : report.error().context;
    };
    EXPECT_NE(
        wrong("station,time,PM2.5\nA9,2015-11-01 00:00,1\n").find("line 2: there is no thing A9"),
        std::string::npos
    );
    EXPECT_NE(
        wrong("station,time,PM2.5\nA1,yesterday,1\n").find("line 2: 'yesterday'"), std::string::npos
    );
    EXPECT_NE(
        wrong("station,time,PM2.5\nA1,2015-11-01 00:00,NA\n").find("line 2: 'NA' is not a number"),
        std::string::npos
    );
    EXPECT_NE(wrong("station,time,PM9\n").find("column 'PM9' is no quantity"), std::string::npos);
    EXPECT_NE(wrong("station,time\n").find("needed"), std::string::npos);
    EXPECT_NE(
        wrong("station,time,PM2.5\nA1,2015-11-01 00:00\n").find("2 fields, not 3"),
        std::string::npos
    );
}

}  // namespace
}  // namespace chengshu::services
