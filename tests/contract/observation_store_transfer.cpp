// A whole store of observations shown to and filled by somebody else, on every store.

#include "adapters/memory/memory_observations.hpp"
#include "contract/observation_store_contract.hpp"
#include "services/copy.hpp"

#include <thread>

namespace chengshu::contract {
namespace {

using ports::AppendOutcome;
using ports::ObservationBatch;
using ports::ObservationPart;
using ports::ObservationSink;
using sensing::Observation;

constexpr std::int64_t kDays = 24 * 3600;

/// Rows of many months, a device with a wrong clock, other results, keys, hourly values of streams
/// with and without rows, and erased rows at the end.
void fill(ports::ObservationStore& store) {
    std::vector<ObservationBatch> batches;
    std::int64_t id = 0;
    for (int i = 0; i < 5000; ++i) {
        if (i % 100 == 0) {
            batches.push_back(
                {"gate:" + std::to_string(i), "print'", "{\"a\":\"答\"}", kDay + i, {}}
            );
        }
        auto row = reading(id += 1 + i % 3, 1 + i % 11, (i % 400) * kDays, 0.1 * i);
        row.received_at = row.phenomenon_from + 7;
        if (i % 13 == 0) {
            row.number.reset();
            row.result = R"({"说":"it's"})";
            row.result_time = row.phenomenon_from - 60'000;
            row.extra = R"({"resultQuality":"x"})";
        }
        if (i == 4321) {
            row.phenomenon_from = row.phenomenon_to = 0;
        }
        batches.back().rows.push_back(row);
    }
    ASSERT_TRUE(store.append(batches));
    ports::RetentionStep step;
    step.streams = {3, 4};
    step.raw_before = kDay + 30 * kDays * 1000;
    ASSERT_TRUE(store.retain(step));
    step.streams = {5};
    step.raw_before = kDay + 500 * kDays * 1000;
    ASSERT_TRUE(store.retain(step));
    ASSERT_EQ(store.erase(std::vector{id, id - 1, id - 2, id - 3}).value(), 2);
}

Status transfer(ports::ObservationStore& from, ports::ObservationStore& to) {
    return to.load([&](const ObservationSink& take) { return from.dump(take); });
}

services::ObservationDigest digest(ports::ObservationStore& store) {
    auto found = services::digest_of(store, nullptr);
    EXPECT_TRUE(found) << found.error().context;
    return found ? *found : services::ObservationDigest{};
}

TEST_P(ObservationContract, AWholeStoreGoesInAndComesOut) {
    memory::MemoryObservations source("unused");
    fill(source);
    const auto whole = digest(source);
    EXPECT_GT(whole.hours.rows, 100);
    EXPECT_EQ(whole.keys.rows, 50);
    EXPECT_GT(whole.last_id, source.query({.descending = true, .limit = 1})->front().id);
    const auto filled = transfer(source, store());
    ASSERT_TRUE(filled) << filled.error().context;
    EXPECT_TRUE(digest(store()) == whole);
    expect_summaries_right();
    if (place().durable()) {
        reopen();
        EXPECT_TRUE(digest(store()) == whole);
        expect_summaries_right();
    }
    std::vector<Observation> rows;
    ASSERT_TRUE(store().each({}, [&](const Observation& row) {
        rows.push_back(row);
        return true;
    }));
    std::size_t at = 0;
    ASSERT_TRUE(source.each({}, [&](const Observation& row) {
        EXPECT_EQ(row, rows.at(at++));
        return true;
    }));
    EXPECT_EQ(
        store().hours(5, 0, 9'000'000'000'000, 10'000).value(),
        source.hours(5, 0, 9'000'000'000'000, 10'000).value()
    );
    memory::MemoryObservations back("unused");
    ASSERT_TRUE(transfer(store(), back));
    EXPECT_TRUE(digest(back) == whole);
}

TEST_P(ObservationContract, AFilledStoreGoesOn) {
    memory::MemoryObservations source("unused");
    fill(source);
    ASSERT_TRUE(transfer(source, store()));
    const auto last = store().stats()->last_id;
    EXPECT_EQ(last, source.stats()->last_id);
    ObservationBatch batch{"gate:100", "print'", "new", kDay, {}};
    batch.rows = {reading(last + 1, 1, 0, 1)};
    auto done = store().append({&batch, 1});
    ASSERT_TRUE(done) << done.error().context;
    EXPECT_EQ(done->front(), (ports::AppendResult{AppendOutcome::Repeated, "{\"a\":\"答\"}"}));
    batch.key = "gate:new";
    batch.rows = {reading(last, 1, 0, 1)};
    EXPECT_EQ(store().append({&batch, 1}).error().code, ErrorCode::Conflict) << "the id was used";
    batch.rows = {reading(last + 1, 77, 0, 1)};
    ASSERT_TRUE(store().append({&batch, 1}));
    EXPECT_EQ(store().summary(77).value()->count, 1);
    if (place().durable()) {
        ASSERT_TRUE(place().maintain(store()));
        reopen();
    }
    expect_summaries_right();
}

TEST_P(ObservationContract, OnlyAnEmptyStoreIsFilled) {
    append({reading(1, 1, 0, 1)});
    ASSERT_EQ(store().erase(std::vector<std::int64_t>{1}).value(), 1);
    const auto done = store().load([](const ObservationSink&) { return ok(); });
    ASSERT_FALSE(done) << "an id has been used";
    EXPECT_EQ(done.error().code, ErrorCode::Conflict);
}

TEST_P(ObservationContract, WhatIsBrokenOffLeavesNothing) {
    memory::MemoryObservations source("unused");
    fill(source);
    const auto broken = store().load([&](const ObservationSink& take) {
        return source.dump([&](const ObservationPart& part) -> Status {
            CS_CHECK(take(part));
            return fail(ErrorCode::RuleViolation, "broken off");
        });
    });
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::RuleViolation);
    const auto descending = store().load([](const ObservationSink& take) -> Status {
        ObservationPart part;
        part.rows = {reading(2, 1, 0, 1), reading(1, 1, 0, 1)};
        return take(part);
    });
    ASSERT_FALSE(descending);
    EXPECT_EQ(descending.error().code, ErrorCode::Conflict);
    EXPECT_EQ(store().count({}).value(), 0);
    EXPECT_EQ(store().stats()->last_id, 0);
    ASSERT_TRUE(transfer(source, store()));
    EXPECT_TRUE(digest(store()) == digest(source));
    expect_summaries_right();
}

TEST_P(ObservationContract, ShowsOneMomentWhileRowsArrive) {
    if (!place().durable()) {
        GTEST_SKIP() << "the plainest store shows under its lock";
    }
    fill(store());
    const auto before = digest(store());
    auto next = before.last_id;
    std::int64_t rows = 0;
    std::int64_t keys = 0;
    ASSERT_TRUE(store().dump([&](const ObservationPart& part) {
        // Another thread, as in a server: who is shown must not call the store.
        std::thread([&] {
            ObservationBatch batch{"late:" + std::to_string(next), "f", "a", kDay, {}};
            batch.rows = {reading(++next, 1, 0, 1)};
            EXPECT_TRUE(store().append({&batch, 1}));
        }).join();
        rows += static_cast<std::int64_t>(part.rows.size());
        keys += static_cast<std::int64_t>(part.keys.size());
        EXPECT_LE(part.last_id, before.last_id);
        return ok();
    }));
    EXPECT_GT(next, before.last_id + 2);
    EXPECT_EQ(rows, before.rows.rows);
    EXPECT_EQ(keys, before.keys.rows);
    EXPECT_EQ(digest(store()).rows.rows, before.rows.rows + next - before.last_id);
}

}  // namespace
}  // namespace chengshu::contract
