#pragma once

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "domain/sensing/quality.hpp"
#include "services/case_row.hpp"
#include "services/live_indicators.hpp"
#include "services/maintenance.hpp"
#include "services/reports.hpp"
#include "services/sensing/terminals.hpp"
#include "services/statistics.hpp"
#include "services/submissions.hpp"
#include "services/transitions.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace chengshu::services {

using indicators::Cycle;
using indicators::PeriodKind;
using indicators::Place;

constexpr std::int64_t kMinute = 60'000;

class FixedClock final : public ports::Clock {
public:
    Instant now() override { return at; }

    Instant at = *parse_rfc3339("2025-09-22T01:00:00Z");  // Monday, 09:00 in the city
};

/// The city's own indicators; `worst` is what versions differ in.
inline std::string indicators_file(std::string_view worst) {
    return fmt::format(
        R"(indicators:
- {{code: dust, name: {{zh: 尘, en: Dust}}, period: hour, areas: mean, source: t,
   observed: {{property: PM2.5, thing_type: air_station, ignore: [above_range]}}}}
- {{code: quick, name: {{zh: 快, en: Quick}}, period: five_minutes, areas: max, source: t,
   observed: {{property: PM2.5, thing_type: air_station, ignore: [above_range]}}}}
- {{code: gas, name: {{zh: 气, en: Gas}}, period: hour, areas: max, source: t,
   observed: {{property: NO2, thing_type: air_station}}}}
- {{code: dust_8h, name: {{zh: 尘八, en: Dust of 8 hours}}, period: hour, areas: max,
   source: t, window: {{of: dust, hours: 8, as: mean, at_least: 2}}}}
- {{code: dust_day, name: {{zh: 尘日, en: Dust of a day}}, period: day, areas: mean, source: t,
   roll: {{of: dust, as: mean, at_least: 1}}}}
- {{code: dust_month, name: {{zh: 尘月, en: Dust of a month}}, period: month, source: t,
   roll: {{of: dust_day, as: max}}}}
- {{code: main, name: {{zh: 首, en: Main}}, period: hour, source: t,
   which: {{of: {{dust: dust, gas: gas}}}}}}
- {{code: open, name: {{zh: 未结, en: Open}}, period: [day, week, month, year, days],
   source: t, formula: reported - void - reported_closed}}
- {{code: worst, name: {{zh: 最差, en: Worst}}, period: [day, month], areas: {}, source: t,
   formula: reported}}
- {{code: closing, name: {{zh: 结案率, en: Closing rate}}, period: [day, month],
   areas: {{as: mean, weights: filed}}, source: t, formula: closed / filed * 100}}
- {{code: mood, name: {{zh: 满意, en: Mood}}, period: month, areas: {{as: mean, level: street}},
   source: t, entered: {{by: [evaluator], approved_by: [leader]}}}}
- {{code: mood_year, name: {{zh: 年满意, en: Mood of a year}}, period: year, source: t,
   roll: {{of: mood, as: sum}}}}
- {{code: felt, name: {{zh: 感受, en: Felt}}, period: month, source: t,
   formula: 'known_sum(mood, open)'}}
- {{code: people, name: {{zh: 人口, en: People}}, period: days, areas: {{as: sum, level: district}},
   source: t, table: {{of: census, column: people, as: sum}}}}
- {{code: each, name: {{zh: 人均, en: Each}}, period: days, source: t, formula: open / people}}
- {{code: peak, name: {{zh: 峰, en: Peak}}, period: month, source: t,
   roll: {{of: reported, as: max}}}}
- {{code: both, name: {{zh: 合, en: Both}}, period: day, source: t, formula: 'known_sum(open,
   dust_day)'}}
)",
        worst
    );
}

constexpr std::string_view kTables =
    "tables:\n- {code: census, name: {en: Census}, source: t, updated: 2025-09-01,\n"
    "  file: table-census.csv, columns: [{code: area, name: {en: A}, type: area},\n"
    "  {code: people, name: {en: P}, type: number}]}\n";

/// Other rows for each version; in the middle of it all the east grows.
inline std::string census(std::string_view worst) {
    return fmt::format(
        "area,people,valid_from,valid_to\n110101,{0},,\n110102,{1},2025-01-01,2025-09-10\n"
        "110102,{0}00,2025-09-10,\n",
        1'000 + worst.front(),
        2'000 + worst.back()
    );
}

inline DefinitionsPtr definitions(std::string_view worst = "max") {
    testing::TestCityOptions options;
    options.evaluation = true;
    options.files = {
        {"cities/testcity/observed.csv",
         "code,name_zh,name_en,definition,unit,ucum,min,max\n"
         "PM2.5,颗粒物,Particles,https://example.org/pm25,µg/m³,ug/m3,0,1500\n"
         "NO2,二氧化氮,Nitrogen dioxide,https://example.org/no2,µg/m³,ug/m3,0,1500\n"},
        {"cities/testcity/sensors.csv",
         "code,name_zh,name_en,encoding,metadata\nanalyser,分析仪,Analyser,text/plain,none\n"},
        {"cities/testcity/things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "A1,air_station,东站,East,116.35,40.05,SAN,active,true\n"
         "A2,air_station,西站,West,116.15,40.05,SAN,active,true\n"
         "A3,air_station,西二站,West 2,116.16,40.06,SAN,active,true\n"},
        {"cities/testcity/streams.csv",
         "thing,property,sensor,interval_s\n"
         "A1,PM2.5,analyser,3600\nA1,NO2,analyser,3600\n"
         "A2,PM2.5,analyser,3600\nA2,NO2,analyser,3600\nA3,PM2.5,analyser,3600\n"},
        {"cities/testcity/indicators.yaml", indicators_file(worst)},
        {"cities/testcity/tables.yaml", std::string(kTables)},
        {"cities/testcity/table-census.csv", census(worst)},
    };
    auto parsed = parse_definitions("testcity", testing::test_city_files(options));
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

/// What a city stores: `place` keeps the files of both.
struct LiveStores {
    std::shared_ptr<void> place;
    std::unique_ptr<ports::Store> store;
    std::unique_ptr<ports::ObservationStore> rows;
};

inline LiveStores stores_in_memory() {
    return {
        nullptr,
        std::make_unique<memory::MemoryStore>(),
        std::make_unique<memory::MemoryObservations>(::testing::TempDir())
    };
}

/// Live values, beside calculations from the stored rows.
class Live : public ::testing::Test {
protected:
    explicit Live(LiveStores given = stores_in_memory()) : stores(std::move(given)) { start(); }

    /// What a restart does: everything in memory is gone.
    void start(LiveLimits limits = {}) {
        live.reset();
        entities.reset();
        engine.emplace(store, clock, current);
        entities.emplace(current, door, PublicSight::Everything);
        ASSERT_TRUE(entities->load(store));
        ASSERT_TRUE(add_terminals(*engine, *entities, *current.get()->city));
        limits.waits = false;
        live = std::make_unique<LiveIndicators>(store, current, &*entities, limits);
        ASSERT_TRUE(live->start(&watched));
        engine->on_commit([this](const ports::Changes& changes, Seq head) {
            live->committed(changes, head);
        });
    }

    access::Principal holder(const std::string& code) const {
        const auto* found = current.get()->city->post(code);
        EXPECT_NE(found, nullptr) << code;
        access::Principal who;
        who.account = code;
        who.kind = access::PrincipalKind::Person;
        who.posts.push_back({found->code, found->kind, found->department, found->area});
        return who;
    }

    Result<std::string> run(std::function<Result<std::string>(UnitOfWork&)> work) {
        Result<std::string> out = fail(ErrorCode::Internal, "no reply");
        std::vector<Job> jobs;
        jobs.push_back({std::move(work), [&](auto got) { out = std::move(got); }, {}, {}});
        engine->run(std::move(jobs));
        return out;
    }

    std::function<Result<std::string>(UnitOfWork&)>
    report(const char* category, city::Point point, CaseId* id = nullptr) {
        intake::Report one;
        one.source = "hotline";
        one.category = category;
        one.description = fmt::format("路边有垃圾 {}", ++reports);
        one.point = {point.lon + 0.0005 * reports, point.lat};
        return [this, one, id](UnitOfWork& work) -> Result<std::string> {
            CS_TRY(filed, file_report(work, holder("acceptor"), one));
            if (id != nullptr) {
                *id = filed.value->id;
            }
            return std::string("{}");
        };
    }

    void act_as(
        const std::string& post,
        CaseId id,
        const std::string& action,
        const std::string& category = {}
    ) {
        static_cast<void>(run([&](UnitOfWork& work) -> Result<std::string> {
            ActionRequest request;
            request.id = id;
            request.action = action;
            request.inputs.reason = "试";
            request.inputs.category = category;
            CS_CHECK(act(work, holder(post), request));
            return std::string("{}");
        }));
    }

    std::function<Result<std::string>(UnitOfWork&)>
    enter(const std::string& area, Instant at, double value, bool approved = true) {
        return [=, this](UnitOfWork& work) -> Result<std::string> {
            const auto day = work.city().calendar().zone().local_date(at);
            CS_TRY(
                entered, enter_figure(work, holder("evaluator"), {"mood", area, day, value, ""})
            );
            if (approved) {
                CS_CHECK(approve_figure(work, holder("leader"), entered.key.id(), entered.entered));
            }
            return std::string("{}");
        };
    }

    std::int64_t stream(const std::string& thing, const std::string& name = "PM2.5") {
        const auto& registry = entities->registry();
        return stream_of(registry, registry.thing_by_code(thing), name);
    }

    Place thing(const std::string& code) { return {entities->registry().thing_by_code(code)}; }

    sensing::Observation
    reading(std::int64_t of, Instant at, double value, std::uint32_t quality = 0) {
        sensing::Observation row;
        row.id = ++last_id;
        row.stream = of;
        row.phenomenon_from = to_millis(at);
        row.phenomenon_to = row.phenomenon_from;
        row.received_at = row.phenomenon_from;
        row.number = value;
        row.quality = quality;
        return row;
    }

    void append(std::vector<sensing::Observation> more) {
        ports::ObservationBatch batch;
        batch.rows = std::move(more);
        ASSERT_TRUE(watched.append({&batch, 1}));
    }

    LiveQuestion question(const std::string& code, Place place, Instant at, Cycle cycle) {
        const auto& zone = current.get()->city->calendar().zone();
        return {code, std::move(place), indicators::period_at(cycle, at, zone)};
    }

    /// By a fresh calculation from the stores.
    indicators::Value stored(const LiveQuestion& question) {
        const auto definitions = current.get();
        access::Principal who;
        who.kind = access::PrincipalKind::System;
        StoredFacts facts(
            store,
            &*entities,
            who,
            *definitions,
            question.period.from - looks_back(definitions->indicators, question.code),
            question.period.to
        );
        indicators::Calculation calculation(
            definitions->indicators, definitions->city->calendar().zone(), facts
        );
        auto out = calculation.value(question.code, question.place, question.period);
        EXPECT_TRUE(facts.status()) << facts.status().error().context;
        return out;
    }

    std::optional<double> value(const std::string& code, Place place, Instant at, Cycle cycle) {
        const auto one = question(code, std::move(place), at, cycle);
        const auto out = live->answer({&one, 1});
        EXPECT_TRUE(out) << out.error().context;
        return out ? out->items.front().value.number : std::nullopt;
    }

    /// Of every dimension, in every area that has counts by it.
    std::vector<Place> members() const {
        std::vector<Place> out;
        for (const auto& dimension : current.get()->evaluation.dimensions) {
            for (const auto& area : current.get()->city->areas()) {
                for (const auto& member : dimension.members) {
                    if (dimension.areas.contains(area.code)) {
                        out.push_back(
                            indicators::member_place({area.code, dimension.code, member.code})
                        );
                    }
                }
            }
        }
        return out;
    }

    /// What the members have makes up what their area has.
    void expect_members_make_up_areas(Instant at) {
        std::map<std::pair<std::string, std::string>, double> sums;
        for (const auto& place : members()) {
            const auto of = indicators::area_member(place);
            sums[{of->dimension, of->area}] +=
                value("reported", place, at, PeriodKind::Year).value_or(0);
        }
        EXPECT_EQ(sums.size(), 3U + 7U) << "two levels by source, three by class";
        for (const auto& [key, sum] : sums) {
            EXPECT_EQ(value("reported", {0, key.second}, at, PeriodKind::Year), sum)
                << key.first << " in " << key.second;
        }
    }

    /// `measure` of a member opens into exactly the cases that it counts.
    void expect_to_open(const LiveQuestion& question) {
        const auto definitions = current.get();
        const auto [from, to] =
            indicators::days_of(question.period, definitions->city->calendar().zone());
        auto counted = cases_of(
            *definitions,
            question.place.kind,
            question.place.code,
            question.code,
            date_key(from),
            date_key(to)
        );
        ASSERT_TRUE(counted) << counted.error().context;
        counted->query.limit = 1'000;
        const auto found = store.search(counted->query);
        ASSERT_TRUE(found) << found.error().context;
        const auto bit =
            static_cast<std::size_t>(definitions->evaluation.measure(question.code)->bit);
        std::int64_t sum = 0;
        for (const auto& row : *found) {
            const auto value = from_row(row);
            ASSERT_TRUE(value);
            sum += evaluation::facts_of(*value, definitions->evaluation).values[bit];
        }
        EXPECT_EQ(live->answer({&question, 1})->items.front().value.number, sum)
            << question.place.code;
    }

    std::vector<LiveQuestion> questions(Instant at) {
        static const std::vector<Cycle> kDays{
            PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Year
        };
        std::vector<Place> places{thing("A1"), thing("A2"), thing("A3")};
        for (const auto& area : current.get()->city->areas()) {
            places.push_back({0, area.code});
        }
        std::vector<LiveQuestion> out;
        for (const auto& place : places) {
            for (const char* code : {"dust", "gas", "dust_8h", "main"}) {
                out.push_back(question(code, place, at, PeriodKind::Hour));
            }
            out.push_back(question("quick", place, at, PeriodKind::FiveMinutes));
            out.push_back(question("dust_day", place, at, PeriodKind::Day));
            out.push_back(question("both", place, at, PeriodKind::Day));
            out.push_back(question("dust_month", place, at, PeriodKind::Month));
            out.push_back(question("mood", place, at, PeriodKind::Month));
            out.push_back(question("felt", place, at, PeriodKind::Month));
            out.push_back(question("mood_year", place, at, PeriodKind::Year));
            for (const auto& cycle : kDays) {
                out.push_back(question("open", place, at, cycle));
                out.push_back(question("worst", place, at, cycle));
                out.push_back(question("closing", place, at, cycle));
                out.push_back(question("people", place, at, cycle));
                out.push_back(question("each", place, at, cycle));
                out.push_back(question("overdue_open", place, at, cycle));
                out.push_back(question("closings", place, at, cycle));
            }
        }
        for (const auto& place : members()) {
            out.push_back(question("reported", place, at, PeriodKind::Day));
            out.push_back(question("overdue_open", place, at, PeriodKind::Year));
            out.push_back(question("open", place, at, PeriodKind::Month));
            out.push_back(question("peak", place, at, PeriodKind::Month));
        }
        out.push_back(question("reported", {0, "SAN", "department"}, at, PeriodKind::Month));
        out.push_back(question("closed", {0, "hotline", "source"}, at, PeriodKind::Day));
        return out;
    }

    void expect_equal(std::span<const LiveQuestion> asked) {
        const auto answers = live->answer(asked);
        ASSERT_TRUE(answers) << answers.error().context;
        ASSERT_EQ(answers->items.size(), asked.size());
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto& got = answers->items[i].value;
            const auto wanted = stored(asked[i]);
            ASSERT_EQ(got.number, wanted.number)
                << asked[i].code << " at " << asked[i].place.code << asked[i].place.thing << " of "
                << format_utc(asked[i].period.from) << " to " << format_utc(asked[i].period.to);
            ASSERT_EQ(got.names, wanted.names) << asked[i].code;
        }
    }

    static std::vector<LiveQuestion>
    some(const std::vector<LiveQuestion>& all, std::size_t count, SeededRandom& random) {
        std::vector<LiveQuestion> out;
        for (std::size_t i = 0; i < count; ++i) {
            out.push_back(all[random.below(all.size())]);
        }
        return out;
    }

    /// So many random changes, each followed by a comparison of some values with calculations from
    /// the rows, and of some numbers with the cases they open into.
    void live_through(SeededRandom& random, int steps) {
        constexpr const char* kCategories[] = {
            testing::category::kRubbish,
            testing::category::kGraffiti,
            testing::category::kSpill,
            testing::category::kLamp,
        };
        constexpr city::Point kPoints[] = {testing::kEast1, testing::kWest1};
        const char* const words[] = {"max", "min", "sum", "mean"};
        std::vector<CaseId> cases;
        TimerBackoff backoff;
        const auto some_time = [&] {
            return clock.at - std::chrono::minutes{random.between(0, 60 * 24 * 40)};
        };
        const auto some_stream = [&] {
            static const std::vector<std::pair<std::string, std::string>> kStreams{
                {"A1", "PM2.5"}, {"A1", "NO2"}, {"A2", "PM2.5"}, {"A2", "NO2"}, {"A3", "PM2.5"}
            };
            const auto& [thing, name] = kStreams[random.below(kStreams.size())];
            return stream(thing, name);
        };
        for (int step = 0; step < steps; ++step) {
            SCOPED_TRACE(fmt::format("step {}", step));
            switch (random.below(16)) {
                case 0:
                case 1:
                case 2: {
                    CaseId id;
                    ASSERT_TRUE(
                        run(report(kCategories[random.below(4)], kPoints[random.below(2)], &id))
                    );
                    cases.push_back(id);
                    break;
                }
                case 3:
                    if (!cases.empty()) {
                        act_as("shift_leader", cases[random.below(cases.size())], "force_close");
                    }
                    break;
                case 4:
                    if (!cases.empty() && random.chance(1, 2)) {
                        const auto one = cases[random.below(cases.size())];
                        act_as("acceptor", one, "correct", kCategories[random.below(4)]);
                    } else if (!cases.empty()) {
                        act_as("shift_leader", cases[random.below(cases.size())], "reopen");
                    }
                    break;
                case 5: {
                    clock.at += std::chrono::hours{random.between(1, 40)};
                    std::vector<Job> jobs;
                    jobs.push_back(maintenance_job(backoff, 100, [](auto) {}));
                    engine->run(std::move(jobs));
                    break;
                }
                case 6:
                case 7:
                case 8: {
                    std::vector<sensing::Observation> batch;
                    for (auto left = random.between(1, 20); left > 0; --left) {
                        const auto value = static_cast<double>(random.between(-500, 20'000)) / 7;
                        const auto flags =
                            random.chance(1, 6)
                                ? static_cast<std::uint32_t>(sensing::QualityFlag::AboveRange)
                                : 0U;
                        batch.push_back(reading(some_stream(), some_time(), value, flags));
                    }
                    append(std::move(batch));
                    break;
                }
                case 9: {
                    const auto found =
                        watched.find(random.between(1, std::max<std::int64_t>(1, last_id)));
                    if (found && *found) {
                        auto row = **found;
                        row.number = static_cast<double>(random.between(0, 900)) / 3;
                        row.phenomenon_from = to_millis(some_time());
                        row.phenomenon_to = row.phenomenon_from;
                        ASSERT_TRUE(watched.update(row));
                    }
                    break;
                }
                case 10: {
                    const auto id = random.between(1, std::max<std::int64_t>(1, last_id));
                    ASSERT_TRUE(watched.erase({&id, 1}));
                    break;
                }
                case 11: {
                    ports::RetentionStep thin;
                    thin.raw_before = to_millis(some_time());
                    if (random.chance(1, 3)) {
                        thin.streams = {some_stream()};
                    }
                    if (random.chance(1, 3)) {
                        thin.hours_before = to_millis(some_time() - std::chrono::days{5});
                    }
                    ASSERT_TRUE(watched.retain(thin));
                    break;
                }
                case 12:
                    if (random.chance(1, 3)) {
                        const auto gone = some_stream();
                        ASSERT_TRUE(watched.erase_streams({&gone, 1}));
                    } else {
                        start();
                    }
                    break;
                case 13:
                case 14: {
                    static constexpr const char* kStreets[] = {
                        "110101001", "110101002", "110102001", "110102002"
                    };
                    const auto value = static_cast<double>(random.between(-500, 20'000)) / 7;
                    ASSERT_TRUE(run(
                        enter(kStreets[random.below(4)], some_time(), value, random.chance(3, 4))
                    ));
                    break;
                }
                default:
                    current.set(definitions(words[random.below(4)]));
                    break;
            }
            const auto asked = questions(random.chance(1, 2) ? clock.at : some_time());
            ASSERT_TRUE(live->answer(asked));
            expect_equal(some(asked, 12, random));
            for (const auto& one : some(asked, 30, random)) {
                if (one.place.kind.starts_with("area/") && one.code != "open" &&
                    one.code != "peak") {
                    expect_to_open(one);
                }
            }
            if (HasFatalFailure()) {
                return;
            }
        }
        expect_equal(questions(clock.at));
        expect_members_make_up_areas(clock.at);
    }

    LiveStores stores;
    ports::Store& store = *stores.store;
    FixedClock clock;
    CurrentDefinitions current{definitions()};
    WatchedObservations watched{*stores.rows};
    DirectObservations door{watched, clock};
    std::optional<Engine> engine;
    std::optional<SensingEntities> entities;
    std::unique_ptr<LiveIndicators> live;
    std::int64_t last_id = 0;
    int reports = 0;
};

}  // namespace chengshu::services
