#include "services/sensing/ingest.hpp"

#include "adapters/memory/memory_observations.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace chengshu::services {
namespace {

class TestClock final : public ports::Clock {
public:
    Instant now() override { return from_millis(millis); }

    std::int64_t millis = 1'767'225'600'000;
};

/// Fails on demand; counts appends.
class Store final : public memory::MemoryObservations {
public:
    using MemoryObservations::MemoryObservations;

    Result<std::vector<ports::AppendResult>> append(std::span<const ports::ObservationBatch> batches
    ) override {
        ++appends;
        if (failing) {
            return fail(*failing, "as the test asks");
        }
        for (const auto& batch : batches) {
            if (batch.key == poison) {
                return fail(ErrorCode::InvalidInput, "poison");
            }
        }
        return memory::MemoryObservations::append(batches);
    }

    Status update(const sensing::Observation& row) override {
        return updates_fail ? fail(ErrorCode::StorageUnavailable, "as the test asks")
                            : memory::MemoryObservations::update(row);
    }

    int appends = 0;
    bool updates_fail = false;
    std::optional<ErrorCode> failing;
    std::string poison = "poison";
};

ObservationRows rows(std::int64_t stream, std::initializer_list<double> numbers) {
    ObservationRows out;
    std::int64_t time = 1'767'225'600'000;
    for (const auto number : numbers) {
        sensing::Observation row;
        row.stream = stream;
        row.phenomenon_from = row.phenomenon_to = time += 1'000;
        row.received_at = time;
        row.number = number;
        out.rows.push_back(std::move(row));
    }
    return out;
}

ObservationRows keyed(ObservationRows rows, std::string key, std::string fingerprint) {
    rows.key = std::move(key);
    rows.fingerprint = std::move(fingerprint);
    return rows;
}

class IngestTest : public testing::Test {
protected:
    using Slot = std::shared_ptr<std::optional<Result<Receipt>>>;

    Slot take(ObservationRows rows, std::string note = "") {
        auto slot = std::make_shared<std::optional<Result<Receipt>>>();
        ingest_.take(std::move(rows), std::move(note), [slot](Result<Receipt> receipt) {
            EXPECT_FALSE(slot->has_value());
            *slot = std::move(receipt);
        });
        return slot;
    }

    std::int64_t stored() { return store_.stats()->rows; }

    static IngestLimits limits() {
        IngestLimits out;
        out.waiting_rows = 10;
        out.commit_rows = 6;
        out.client_percent = 50;
        return out;
    }

    support::TempFolder folder_;
    Store store_{folder_.path().string()};
    TestClock clock_;
    Ingest ingest_{store_, clock_, limits(), [this](std::int64_t) { return rule_; }};
    std::shared_ptr<sensing::QualityRule> rule_;
};

TEST_F(IngestTest, WhatWaitsIsOneCommitAndIsAnsweredAfterIt) {
    const auto a = take(rows(1, {1, 2}));
    const auto b = take(rows(2, {3}));
    EXPECT_FALSE(a->has_value());
    EXPECT_EQ(ingest_.counters().waiting_rows, 3U);
    EXPECT_TRUE(ingest_.work_once());
    ASSERT_TRUE(*a && **a);
    EXPECT_EQ((**a)->first, 1);
    EXPECT_EQ((**a)->count, 2);
    EXPECT_EQ((**b)->first, 3);
    EXPECT_EQ(store_.appends, 1);
    EXPECT_EQ(stored(), 3);
    EXPECT_FALSE(ingest_.work_once());
    EXPECT_EQ(ingest_.counters().waiting_rows, 0U);
    EXPECT_EQ(ingest_.counters().waiting_bytes, 0U);
}

TEST_F(IngestTest, OneClientFillsHisShareOfTheQueueOnly) {
    const auto of = [](std::string client, ObservationRows rows) {
        rows.client = std::move(client);
        return rows;
    };
    const auto code = [](const Slot& slot) { return slot->value().error().code; };
    EXPECT_FALSE(take(of("a", rows(1, {1, 2, 3})))->has_value());
    EXPECT_FALSE(take(of("a", rows(1, {4, 5})))->has_value());
    EXPECT_EQ(code(take(of("a", rows(1, {6})))), ErrorCode::TooManyRequests);
    // Others go on, until all is full.
    EXPECT_FALSE(take(of("b", rows(2, {1, 2, 3, 4})))->has_value());
    EXPECT_FALSE(take(rows(3, {1}))->has_value());
    EXPECT_EQ(code(take(of("c", rows(4, {1})))), ErrorCode::Overloaded);
    EXPECT_EQ(code(take(rows(4, {1}))), ErrorCode::Overloaded);
    EXPECT_EQ(ingest_.counters().throttled, 1U);
    EXPECT_EQ(ingest_.counters().refused, 2U);
    while (ingest_.work_once()) {
    }
    EXPECT_EQ(stored(), 10);
    EXPECT_GT(ingest_.counters().bytes, 10 * sizeof(double));
    // A request that is larger than the share is taken when nothing else of the client waits.
    EXPECT_FALSE(take(of("a", rows(1, {1, 2, 3, 4, 5, 6, 7})))->has_value());
    EXPECT_EQ(code(take(of("a", rows(1, {8})))), ErrorCode::TooManyRequests);
    ingest_.work_once();
    EXPECT_FALSE(take(of("a", rows(1, {8})))->has_value());
}

TEST_F(IngestTest, ChangesAreTold) {
    take(rows(1, {1}));
    ingest_.work_once();
    std::vector<sensing::Update> told;
    ingest_.listen_changes([&](const sensing::Update& update) { told.push_back(update); });
    auto row = *store_.find(1).value();
    row.number = 2;
    EXPECT_TRUE(ingest_.update(row));
    row.id = 9;
    EXPECT_FALSE(ingest_.update(row));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(std::get<sensing::Observation>(told[0].now).number, 2);
    EXPECT_EQ(std::get<sensing::Observation>(*told[0].before).number, 1);
}

TEST_F(IngestTest, IdsGoOnAfterWhatIsStored) {
    take(rows(1, {1, 2}));
    ingest_.work_once();
    Ingest second(store_, clock_, {}, nullptr);
    std::vector<std::int64_t> ids;
    second.submit(rows(1, {3, 4}), [&](Result<std::vector<std::int64_t>> got) { ids = *got; });
    second.work_once();
    EXPECT_EQ(ids, (std::vector<std::int64_t>{3, 4}));
}

TEST_F(IngestTest, ACommitHasABound) {
    take(rows(1, {1, 2, 3, 4}));
    take(rows(1, {5, 6, 7}));
    ingest_.work_once();
    EXPECT_EQ(stored(), 4);
    ingest_.work_once();
    EXPECT_EQ(stored(), 7);
}

TEST_F(IngestTest, AFullQueueRefusesAtOnceAndTakesMoreLater) {
    take(rows(1, {1, 2, 3, 4, 5, 6, 7, 8}));
    const auto refused = take(rows(1, {1, 2, 3}));
    ASSERT_TRUE(refused->has_value());
    EXPECT_EQ((*refused)->error().code, ErrorCode::Overloaded);
    const auto taken = take(rows(1, {1, 2}));
    ingest_.work_once();
    ingest_.work_once();
    EXPECT_TRUE((*taken)->has_value());
    EXPECT_EQ(ingest_.counters().refused, 1U);
}

TEST_F(IngestTest, ARequestLargerThanTheQueueGoesAlone) {
    const auto large = take(rows(1, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    ingest_.work_once();
    EXPECT_TRUE((*large)->has_value());
    EXPECT_EQ(stored(), 12);
}

TEST_F(IngestTest, AKeyIsStoredOnceAndGivesBackItsNote) {
    const auto first = take(keyed(rows(1, {1, 2}), "k", "f"), "two of three");
    const auto same_commit = take(keyed(rows(1, {1, 2}), "k", "f"), "other");
    ingest_.work_once();
    const auto later = take(keyed(rows(1, {1, 2}), "k", "f"), "other");
    const auto other = take(keyed(rows(1, {9}), "k", "g"));
    ingest_.work_once();
    EXPECT_EQ(stored(), 2);
    EXPECT_FALSE((**first)->repeated);
    for (const auto& slot : {same_commit, later}) {
        ASSERT_TRUE(slot->has_value() && slot->value());
        EXPECT_TRUE((**slot)->repeated);
        EXPECT_EQ((**slot)->first, (**first)->first);
        EXPECT_EQ((**slot)->count, 2);
        EXPECT_EQ((**slot)->note, "two of three");
    }
    EXPECT_EQ((*other)->error().code, ErrorCode::IdempotencyMismatch);
    EXPECT_EQ(ingest_.counters().repeated, 2U);
}

TEST_F(IngestTest, RowsThatAreNotStoredDoNotJudgeThoseBesideThem) {
    std::vector<std::uint32_t> seen;
    ingest_.listen([&](std::span<const sensing::Observation> stored) {
        for (const auto& row : stored) {
            seen.push_back(row.quality);
        }
    });
    take(keyed(rows(1, {1}), "k", "f"));
    ingest_.work_once();
    const auto mismatch = take(keyed(rows(1, {1, 2, 3}), "k", "g"));
    const auto repeated = take(keyed(rows(1, {1}), "k", "f"));
    take(rows(1, {1, 2}));  // up to 2 s; what is refused went up to 3 s
    store_.updates_fail = true;
    ingest_.work_once();
    EXPECT_EQ((*mismatch)->error().code, ErrorCode::IdempotencyMismatch);
    EXPECT_TRUE((**repeated)->repeated);
    const auto duplicate = static_cast<std::uint32_t>(sensing::QualityFlag::Duplicate);
    EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, duplicate, 0}));
}

TEST_F(IngestTest, KeysAreForgottenAfterTheirTime) {
    take(keyed(rows(1, {1}), "k", "f"));
    ingest_.work_once();
    clock_.millis += kObservationKeysKept.count() + 60'000;
    take(rows(1, {2}));
    ingest_.work_once();
    take(keyed(rows(1, {1}), "k", "other"));
    ingest_.work_once();
    EXPECT_EQ(stored(), 3);
}

TEST_F(IngestTest, ARequestThatTheStoreRefusesDoesNotTakeOthersWithIt) {
    const auto a = take(rows(1, {1}));
    const auto bad = take(keyed(rows(1, {2}), "poison", ""));
    const auto b = take(rows(1, {3}));
    ingest_.work_once();
    EXPECT_TRUE((*a)->has_value());
    EXPECT_TRUE((*b)->has_value());
    EXPECT_EQ((*bad)->error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(stored(), 2);
}

TEST_F(IngestTest, ARowThatNoStoreTakesIsRefusedBeforeItWaits) {
    auto bad = rows(1, {1});
    bad.rows[0].phenomenon_to = bad.rows[0].phenomenon_from - 1;
    const auto slot = take(std::move(bad));
    ASSERT_TRUE(slot->has_value());
    EXPECT_EQ((*slot)->error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(ingest_.work_once());
}

TEST_F(IngestTest, AfterAnUnknownOutcomeIdsAreReadAgain) {
    take(rows(1, {1}));
    ingest_.work_once();
    store_.failing = ErrorCode::OutcomeUnknown;
    const auto lost = take(rows(1, {2, 3}));
    ingest_.work_once();
    EXPECT_EQ((*lost)->error().code, ErrorCode::OutcomeUnknown);
    store_.failing.reset();
    const auto next = take(rows(1, {4}));
    ingest_.work_once();
    EXPECT_EQ((**next)->first, 2);
}

TEST_F(IngestTest, RowsOfADeletedStreamAreRefused) {
    const auto doomed = take(rows(7, {1}));
    const auto good = take(rows(8, {1}));
    ASSERT_TRUE(ingest_.erase_streams(std::vector<std::int64_t>{7}));
    ingest_.work_once();
    EXPECT_EQ((*doomed)->error().code, ErrorCode::NotFound);
    EXPECT_TRUE((*good)->has_value());
    EXPECT_EQ(stored(), 1);
}

TEST_F(IngestTest, ReadingsAreJudgedAndStored) {
    rule_ = std::make_shared<sensing::QualityRule>();
    rule_->max = 100;
    std::vector<std::uint32_t> seen;
    ingest_.listen([&](std::span<const sensing::Observation> stored) {
        for (const auto& row : stored) {
            seen.push_back(row.quality);
        }
    });
    take(rows(1, {1, 500, 2}));
    ingest_.work_once();
    auto late = rows(1, {3});
    late.rows[0].phenomenon_from = late.rows[0].phenomenon_to -= 600'000;
    take(std::move(late));
    ingest_.work_once();
    const auto above = static_cast<std::uint32_t>(sensing::QualityFlag::AboveRange);
    const auto order = static_cast<std::uint32_t>(sensing::QualityFlag::OutOfOrder);
    EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, above, 0, order}));
    EXPECT_EQ((*store_.find(2))->quality, above);
    EXPECT_EQ(ingest_.counters().flagged, 2U);
}

TEST_F(IngestTest, AChangedRuleCountsSoon) {
    take(rows(1, {500}));
    ingest_.work_once();
    rule_ = std::make_shared<sensing::QualityRule>();
    rule_->max = 100;
    clock_.millis += 20'000;
    take(rows(1, {500, 500}));
    ingest_.work_once();
    EXPECT_NE(
        (*store_.find(3))->quality & static_cast<std::uint32_t>(sensing::QualityFlag::AboveRange),
        0U
    );
}

TEST_F(IngestTest, ClosingAnswersWhatWaitsAndRefusesTheRest) {
    const auto waiting = take(rows(1, {1}));
    std::thread worker([this] { ingest_.work(); });
    ingest_.close();
    worker.join();
    EXPECT_TRUE((*waiting)->has_value());
    const auto refused = take(rows(1, {1}));
    EXPECT_EQ((*refused)->error().code, ErrorCode::Overloaded);
}

TEST_F(IngestTest, ManyThreadsGetDisjointIds) {
    Ingest wide(store_, clock_, {}, nullptr);
    std::thread worker([&] { wide.work(); });
    constexpr int kThreads = 4;
    constexpr int kEach = 200;
    std::mutex mutex;
    std::set<std::int64_t> ids;
    std::vector<std::thread> senders;
    for (int t = 0; t < kThreads; ++t) {
        senders.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                wide.take(rows(t + 1, {1, 2}), {}, [&](Result<Receipt> got) {
                    const std::lock_guard lock(mutex);
                    EXPECT_TRUE(got && ids.insert(got->first).second);
                });
            }
        });
    }
    for (auto& sender : senders) {
        sender.join();
    }
    wide.close();
    worker.join();
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(kThreads * kEach));
    EXPECT_EQ(stored(), kThreads * kEach * 2);
}

}  // namespace
}  // namespace chengshu::services
