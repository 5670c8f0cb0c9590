#pragma once

// A city with gauges, its rules and plans, over stores that fail when a test says so.

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "services/response/foreign.hpp"
#include "services/response/responses.hpp"
#include "services/response/watch.hpp"
#include "services/sensing/terminals.hpp"
#include "services/sensing/watched_observations.hpp"
#include "services/verify.hpp"
#include "support/test_city.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>

namespace chengshu::services {

using namespace std::chrono_literals;
using response::Level;

class FixedClock final : public ports::Clock {
public:
    Instant now() override { return at; }

    Instant at = *parse_rfc3339("2025-09-22T00:30:00Z");  // Monday, 08:30 in the city
};

/// A store whose commits fail when the test says so, before or after they were made.
class ShakyStore final : public memory::MemoryStore {
public:
    enum class Fault { None, Refused, Lost };

    Fault fault = Fault::None;
    int commits = 0;

    Status commit(const ports::Changes& changes) override {
        ++commits;
        const auto now = std::exchange(fault, Fault::None);
        if (now == Fault::Refused) {
            return fail(ErrorCode::StorageUnavailable, "refused");
        }
        CS_CHECK(memory::MemoryStore::commit(changes));
        if (now == Fault::Lost) {
            return fail(ErrorCode::OutcomeUnknown, "nobody knows");
        }
        return ok();
    }
};

inline constexpr auto kRules = R"(rules:
  - code: water
    name: {zh: 积水, en: Water}
    source: test
    every: hour
    wait_minutes: 0
    at: {things: gauge}
    values: {depth: depth_hour}
    levels: {blue: depth > 15, orange: depth > 27, red: depth > 40}
    clear: depth < 10
    case: {categories: [TEST/matter/0101], from: orange}
    escalate: [{minutes: 30, to: leader}]
    text: {zh: "{place}{level}{values}", en: "{level} at {place}: {values}"}
  - code: merged
    name: {zh: 合并, en: Merged}
    source: test
    every: hour
    wait_minutes: 0
    at: {things: gauge}
    values: {depth: depth_hour}
    levels: {yellow: depth > 15}
    merge: district
    text: {zh: m, en: m}
)";

inline constexpr auto kPlans = R"(plans:
  - code: flood
    name: {zh: 防汛, en: Flood}
    source: test
    rules: [water]
    grades:
      - {grade: IV, alert: blue, automatic: true, confirmed_by: [shift_leader]}
      - {grade: II, alert: orange, automatic: true, confirmed_by: [leader]}
      - {grade: I, alert: red, confirmed_by: [leader]}
    reports: {first: 30}
    resources:
      - {code: p1, type: pump, name: {zh: 泵, en: Pump}, point: [116.35, 40.05]}
      - {code: p2, type: pump, name: {zh: 泵, en: Pump}, point: [116.15, 40.05]}
    tasks:
      - code: watch
        name: {zh: 看, en: Watch}
        from: IV
        department: ROAD
        categories: [TEST/matter/0104]
        text: {zh: 看, en: Watch}
      - code: pump
        name: {zh: 抽, en: Pump}
        from: II
        department: LAMP
        categories: [TEST/matter/0102]
        text: {zh: 抽, en: Pump}
        send: {type: pump, count: 1}
)";

inline std::vector<city::CityFile> city_files(int gauges, const std::string& rules = kRules) {
    std::string things = "code,type,name_zh,name_en,lon,lat,department,state,public\n";
    std::string streams = "thing,property,sensor,interval_s\n";
    for (int i = 1; i <= gauges; ++i) {
        things += fmt::format(
            "G{0},gauge,尺{0},Gauge {0},{1},40.05,ROAD,active,true\n",
            i,
            i % 2 == 1 ? 116.35 : 116.15
        );
        streams += fmt::format("G{},depth,gauge,3600\n", i);
    }
    testing::TestCityOptions options;
    options.evaluation = true;
    options.files = {
        {"cities/testcity/observed.csv",
         "code,name_zh,name_en,definition,unit,ucum,min,max\n"
         "depth,水深,Depth,https://example.org/depth,cm,cm,0,500\n"},
        {"cities/testcity/sensors.csv",
         "code,name_zh,name_en,encoding,metadata\ngauge,水尺,Gauge,text/plain,none\n"},
        {"cities/testcity/things.csv", things},
        {"cities/testcity/streams.csv", streams},
        {"cities/testcity/indicators.yaml",
         "indicators:\n  - {code: depth_hour, name: {zh: 深, en: Depth}, period: hour, areas: max, "
         "source: test, observed: {property: depth, thing_type: gauge}}\n"},
        {"cities/testcity/rules.yaml", rules},
        {"cities/testcity/plans.yaml", kPlans},
    };
    return testing::test_city_files(options);
}

inline DefinitionsPtr definitions(int gauges, const std::string& rules = kRules) {
    auto parsed = parse_definitions("testcity", city_files(gauges, rules));
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

inline access::Principal person(const std::string& kind, const std::string& area = "") {
    access::Principal out;
    out.kind = access::PrincipalKind::Person;
    out.account = kind;
    out.posts = {{kind, kind, "SAN", area}};
    return out;
}

class Responding {
public:
    explicit Responding(int gauges = 3) : Responding(definitions(gauges)) {}

    explicit Responding(DefinitionsPtr first) : current(std::move(first)) {
        start();
        // The rules come to be before anything is read.
        look();
    }

    /// What a restart does: everything in memory is gone.
    void start() {
        watch.reset();
        live.reset();
        entities.reset();
        engine.emplace(store, clock, current);
        entities.emplace(current, door, PublicSight::Marked);
        EXPECT_TRUE(entities->load(store));
        const auto added = add_terminals(*engine, *entities, *current.get()->city);
        EXPECT_TRUE(added) << added.error().context;
        live.emplace(store, current, &*entities, LiveLimits{.waits = false});
        EXPECT_TRUE(live->start(&watched));
        engine->on_commit([this](const ports::Changes& changes, Seq head) {
            live->committed(changes, head);
        });
        engine->on_doubt([this](Seq told) { live->commit_doubtful(told); });
        watch.emplace(current, *entities, &*live);
        EXPECT_TRUE(watch->load(store));
    }

    void read(int gauge, double value) { read(fmt::format("G{}", gauge), "depth", value); }

    void read(const std::string& thing, const std::string& property, double value) {
        const auto& registry = entities->registry();
        sensing::Observation row;
        row.id = ++last_id;
        row.stream = stream_of(registry, registry.thing_by_code(thing), property);
        row.phenomenon_from = to_millis(clock.at);
        row.phenomenon_to = row.phenomenon_from;
        row.received_at = row.phenomenon_from;
        row.number = value;
        ports::ObservationBatch batch;
        batch.rows = {row};
        ASSERT_TRUE(watched.append({&batch, 1}));
    }

    /// One page, whether its commit is made or not; false when there was nothing.
    bool step() {
        auto page = watch->next(clock.at);
        EXPECT_TRUE(page) << page.error().context;
        if (!page || !page->due()) {
            return false;
        }
        std::vector<Job> jobs;
        jobs.push_back(watch->job(std::move(*page), [this](Result<AlertsOutcome> outcome) {
            if (outcome) {
                problems.insert(problems.end(), outcome->problems.begin(), outcome->problems.end());
            }
        }));
        engine->run(std::move(jobs));
        ++pages;
        return true;
    }

    void look() {
        while (step()) {
        }
        tend();
    }

    void tend() {
        ResponseTending tending(store);
        auto jobs = tending.round(clock.at, false, [](Status) {});
        ASSERT_TRUE(jobs);
        engine->run(std::move(*jobs));
    }

    /// An hour with these depths at gauges 1, 2, …; negative: none.
    void hour(const std::vector<double>& depths) {
        for (std::size_t i = 0; i < depths.size(); ++i) {
            if (depths[i] >= 0) {
                read(static_cast<int>(i) + 1, depths[i]);
            }
        }
        clock.at += 1h;
    }

    template <class Work>
    Status run(Work what) {
        Status out = ok();
        Job job;
        job.work = [&](UnitOfWork& work) -> Result<std::string> {
            CS_CHECK(what(work));
            return std::string("{}");
        };
        job.done = [&](Result<std::string> reply) {
            out = reply ? ok() : Status(Failure{std::move(reply).error()});
        };
        std::vector<Job> jobs;
        jobs.push_back(std::move(job));
        engine->run(std::move(jobs));
        return out;
    }

    std::vector<response::Alert> alerts(const char* kind = kAlert, const std::string& rule = "") {
        auto found = alerts_after(store, kind, "", 20'000);
        EXPECT_TRUE(found);
        std::erase_if(*found, [&](const auto& alert) {
            return !rule.empty() && alert.rule != rule;
        });
        return std::move(*found);
    }

    std::vector<response::Response> responses(const char* kind = kResponse) {
        auto found = responses_after(store, kind, "", 100);
        EXPECT_TRUE(found);
        return std::move(*found);
    }

    std::int64_t cases() { return store.stats()->cases; }

    std::string verified() {
        const auto out = verify(store, *current.get(), {});
        return out && out->different == 0 ? "" : out ? out->differences.front().what : "failed";
    }

    ShakyStore store;
    memory::MemoryObservations observations{::testing::TempDir()};
    FixedClock clock;
    CurrentDefinitions current;
    WatchedObservations watched{observations};
    DirectObservations door{watched, clock};
    std::optional<Engine> engine;
    std::optional<SensingEntities> entities;
    std::optional<LiveIndicators> live;
    std::optional<RuleWatch> watch;
    std::int64_t last_id = 0;
    int pages = 0;
    std::vector<std::string> problems;
};

}  // namespace chengshu::services
