// Entities and the readings that come with them are in two stores, and are one change all the same:
// with a server that stops, and stores that fail, at every point.

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/entity_work.hpp"
#include "services/sensing/ingest.hpp"
#include "support/temp_folder.hpp"
#include "support/test_city.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <optional>

namespace chengshu::services {
namespace {

using sensing::EntityKey;
using sensing::EntityType;

struct Crash {};

enum class Mishap { CrashBefore, CrashAfter, Refused, UnknownLost, UnknownKept };

constexpr Mishap kMishaps[] = {
    Mishap::CrashBefore,
    Mishap::CrashAfter,
    Mishap::Refused,
    Mishap::UnknownLost,
    Mishap::UnknownKept,
};

/// What both stores do is counted together; the change of one number goes wrong.
struct Fate {
    int changes = 0;
    int at = std::numeric_limits<int>::max();
    Mishap mishap = Mishap::CrashBefore;

    template <class Change>
    auto operator()(Change change) -> decltype(change()) {
        if (++changes != at) {
            return change();
        }
        if (mishap == Mishap::CrashBefore) {
            throw Crash{};
        }
        if (mishap == Mishap::Refused) {
            return fail(ErrorCode::StorageUnavailable, "the disk is full");
        }
        if (mishap != Mishap::UnknownLost) {
            const auto done = change();
            EXPECT_TRUE(done);
        }
        if (mishap == Mishap::CrashAfter) {
            throw Crash{};
        }
        return fail(ErrorCode::OutcomeUnknown, "the connection broke");
    }
};

class Entities final : public memory::MemoryStore {
public:
    explicit Entities(Fate& fate) : fate_(fate) {}

    Status commit(const ports::Changes& changes) override {
        return fate_([&] { return MemoryStore::commit(changes); });
    }

private:
    Fate& fate_;
};

class Rows final : public memory::MemoryObservations {
public:
    Rows(std::string folder, Fate& fate) : MemoryObservations(std::move(folder)), fate_(fate) {}

    Result<std::vector<ports::AppendResult>> append(std::span<const ports::ObservationBatch> batches
    ) override {
        return fate_([&] { return MemoryObservations::append(batches); });
    }

    Result<std::int64_t> erase(std::span<const std::int64_t> ids) override {
        return fate_([&] { return MemoryObservations::erase(ids); });
    }

    Result<std::int64_t> erase_streams(std::span<const std::int64_t> streams) override {
        return fate_([&] { return MemoryObservations::erase_streams(streams); });
    }

private:
    Fate& fate_;
};

class TestClock final : public ports::Clock {
public:
    Instant now() override { return at += std::chrono::milliseconds{1}; }

    Instant at = *parse_rfc3339("2025-09-22T01:00:00Z");
};

DefinitionsPtr definitions() {
    auto parsed = parse_definitions("testcity", testing::test_city_files());
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

access::Principal operator_() {
    access::Principal who;
    who.kind = access::PrincipalKind::System;
    who.account = "operator";
    return who;
}

/// A thing with one stream and `readings` readings in it.
boost::json::object station(int readings) {
    std::string rows;
    for (int i = 0; i < readings; ++i) {
        rows += fmt::format(
            R"({}{{"phenomenonTime":"2025-09-22T00:0{}:00Z","result":{}}})", i == 0 ? "" : ",", i, i
        );
    }
    return boost::json::parse(fmt::format(
                                  R"({{"name":"t","description":"d","Locations":[{{"name":"l",
        "description":"d","encodingType":"application/geo+json",
        "location":{{"type":"Point","coordinates":[116.35,40.05]}}}}],
        "Datastreams":[{{"name":"s","description":"d","observationType":
        "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement":{{"name":"u","symbol":"u","definition":"ucum:1"}},
        "Sensor":{{"name":"s","description":"d","encodingType":"text/plain","metadata":"m"}},
        "ObservedProperty":{{"name":"p","definition":"https://example.org/p","description":"d"}},
        "Observations":[{}]}}]}})",
                                  rows
                              ))
        .get_object();
}

class DeepInsert : public ::testing::Test {
protected:
    /// A server's memory.
    struct Process final : Submitter {
        explicit Process(DeepInsert& test)
            : engine(test.entities, test.clock, test.current),
              ingest(test.rows, test.clock, {}, nullptr),
              things(test.current, ingest, PublicSight::Nothing) {}

        bool submit(Job job) override {
            jobs.push_back(std::move(job));
            return true;
        }

        Engine engine;
        Ingest ingest;
        SensingEntities things;
        std::deque<Job> jobs;
    };

    void SetUp() override { start(); }

    void start() {
        process.emplace(*this);
        ASSERT_TRUE(process->things.load(entities));
        ASSERT_TRUE(process->things.resume(entities));
    }

    /// Until nobody has anything to do.
    void run() {
        bool more = true;
        while (more) {
            more = false;
            while (!process->jobs.empty()) {
                std::vector<Job> one;
                one.push_back(std::move(process->jobs.front()));
                process->jobs.pop_front();
                process->engine.run(std::move(one));
                more = true;
            }
            more = process->ingest.work_once() || more;
        }
    }

    /// As the second hand of a server does.
    void tend() {
        for (int second = 0; second < 3; ++second) {
            process->things.tend(*process);
            run();
        }
    }

    /// Whether it was answered with success; a crash is no answer.
    bool send(const std::string& key, std::function<Result<EntityKey>(EntityWork&)> work) {
        bool acknowledged = false;
        process->things.submit(
            *process,
            {operator_(), std::move(work), key, key.empty() ? "" : "f"},
            [&](const Result<SensingOutcome>& done) { acknowledged = done.has_value(); }
        );
        try {
            run();
            // The next second: it must not change anything, and may be the last.
            tend();
        } catch (const Crash&) {
            start_again();
        }
        return acknowledged;
    }

    void start_again() {
        fate.at = std::numeric_limits<int>::max();
        start();
        run();
    }

    bool insert(const std::string& key) {
        return send(key, [](EntityWork& work) {
            return work.create(EntityType::Thing, station(5), std::nullopt);
        });
    }

    std::int64_t stored() { return rows.stats()->rows; }

    std::size_t left() { return entities.documents("sensing.rest", "", 100)->size(); }

    std::size_t things() { return process->things.registry().count(EntityType::Thing); }

    support::TempFolder folder;
    Fate fate;
    Entities entities{fate};
    Rows rows{folder.path().string(), fate};
    TestClock clock;
    CurrentDefinitions current{definitions()};
    std::optional<Process> process;
};

TEST_F(DeepInsert, LeavesNothingBehind) {
    EXPECT_TRUE(insert(""));
    EXPECT_EQ(things(), 1U);
    EXPECT_EQ(stored(), 5);
    EXPECT_EQ(left(), 0U);
    EXPECT_EQ(fate.changes, 3);  // entities, readings, tidying up
    process->things.tend(*process);
    EXPECT_TRUE(process->jobs.empty());
}

TEST_F(DeepInsert, IsOneChangeWhereverItIsCutOff) {
    for (const auto mishap : kMishaps) {
        for (int at = 1; at <= 3; ++at) {
            for (const std::string key : {"", "k"}) {
                SCOPED_TRACE(fmt::format("mishap {} at {} key '{}'", int(mishap), at, key));
                const auto things_before = static_cast<std::int64_t>(things());
                const auto rows_before = stored();
                const auto full_key =
                    key.empty() ? "" : fmt::format("{}{}{}", key, int(mishap), at);
                fate.changes = 0;
                fate.at = at;
                fate.mishap = mishap;
                const bool acknowledged = insert(full_key);
                fate.at = std::numeric_limits<int>::max();
                tend();
                const auto made = static_cast<std::int64_t>(things()) - things_before;
                EXPECT_GE(made, acknowledged ? 1 : 0);
                EXPECT_EQ(stored() - rows_before, 5 * made);
                EXPECT_EQ(left(), 0U);
                if (!key.empty()) {
                    EXPECT_TRUE(insert(full_key));
                    EXPECT_EQ(static_cast<std::int64_t>(things()) - things_before, 1);
                    EXPECT_EQ(stored() - rows_before, 5);
                    EXPECT_EQ(left(), 0U);
                }
                start_again();
                EXPECT_EQ(left(), 0U);
            }
        }
    }
    std::int64_t counted = 0;
    ASSERT_TRUE(rows.each_summary([&](const sensing::StreamSummary& summary) {
        EXPECT_EQ(summary.count, 5);
        ++counted;
    }));
    EXPECT_EQ(counted, static_cast<std::int64_t>(things()));
}

TEST_F(DeepInsert, IsFinishedWhileTheServerGoesOn) {
    fate.at = 2;
    fate.mishap = Mishap::Refused;
    std::optional<ErrorCode> code;
    process->things.submit(
        *process,
        {operator_(),
         [](EntityWork& work) { return work.create(EntityType::Thing, station(5), std::nullopt); },
         "",
         ""},
        [&](const Result<SensingOutcome>& done) {
            code = done ? std::optional<ErrorCode>() : done.error().code;
        }
    );
    run();
    EXPECT_EQ(code, ErrorCode::OutcomeUnknown);
    EXPECT_EQ(stored(), 0);
    EXPECT_EQ(left(), 1U);
    tend();
    EXPECT_EQ(stored(), 5);
    EXPECT_EQ(left(), 0U);
}

TEST_F(DeepInsert, ARetryLongAfterwardsAddsNothing) {
    EXPECT_TRUE(insert("k"));
    for (int day = 0; day < 6; ++day) {
        clock.at += std::chrono::hours{24};
        EXPECT_TRUE(insert(""));  // keys are pruned after commits
        EXPECT_TRUE(insert("k"));
    }
    EXPECT_EQ(things(), 7U);
    EXPECT_EQ(stored(), 35);
}

TEST_F(DeepInsert, WhatWasDeletedMeanwhileStaysDeleted) {
    fate.at = 2;
    fate.mishap = Mishap::Refused;
    process->things.submit(
        *process,
        {operator_(),
         [](EntityWork& work) { return work.create(EntityType::Thing, station(5), std::nullopt); },
         "",
         ""},
        [](const Result<SensingOutcome>&) {}
    );
    run();
    EXPECT_TRUE(send("", [](EntityWork& work) -> Result<EntityKey> {
        CS_CHECK(work.remove({EntityType::Datastream, 1}));
        return EntityKey{EntityType::Datastream, 1};
    }));
    tend();
    EXPECT_EQ(stored(), 0);
    EXPECT_EQ(left(), 0U);
}

TEST_F(DeepInsert, ADeletionTakesTheReadingsWithItWhereverItIsCutOff) {
    for (const auto type : {EntityType::Thing, EntityType::FeatureOfInterest}) {
        for (const auto mishap : kMishaps) {
            for (int at = 1; at <= 3; ++at) {
                SCOPED_TRACE(fmt::format("mishap {} at {}", int(mishap), at));
                fate.changes = 0;
                ASSERT_TRUE(insert(""));
                const auto before = stored();
                const auto id = process->things.registry().last_id(type);
                fate.changes = 0;
                fate.at = at;
                fate.mishap = mishap;
                const bool acknowledged = send("", [&](EntityWork& work) -> Result<EntityKey> {
                    CS_CHECK(work.remove({type, id}));
                    return EntityKey{type, id};
                });
                fate.at = std::numeric_limits<int>::max();
                tend();
                const bool gone = !process->things.registry().find({type, id});
                EXPECT_TRUE(gone || !acknowledged);
                EXPECT_EQ(stored(), gone ? before - 5 : before);
                EXPECT_EQ(left(), 0U);
            }
        }
    }
}

}  // namespace
}  // namespace chengshu::services
