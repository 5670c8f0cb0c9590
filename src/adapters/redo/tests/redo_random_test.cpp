// The same random commits to the redo store and to the store in memory, which must give the same
// answers whatever has been moved by then.

#include "adapters/memory/memory_store.hpp"
#include "adapters/redo/redo_store.hpp"
#include "adapters/redo/tests/samples.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>

namespace chengshu::redo {
namespace {

constexpr int kRounds = 60;
constexpr int kCommitsARound = 6;

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::int64_t below(std::int64_t end) {
        return std::uniform_int_distribution<std::int64_t>{0, end - 1}(engine_);
    }

private:
    std::mt19937_64 engine_;
};

class RedoRandomTest : public testing::Test {
protected:
    void SetUp() override {
        const char* given = std::getenv("CHENGSHU_TEST_SEED");
        seed_ = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
        random_.emplace(seed_);
        open();
    }

    void open() {
        redo_.reset();
        Options options;
        // Commits wait for room when much is pending and the store below is held by this test.
        stalls_ = random_->below(2) == 0;
        options.move_bytes = std::int64_t{1} << (stalls_ ? 30 : random_->below(14));
        options.move_after = std::chrono::milliseconds{random_->below(20)};
        auto store = RedoStore::open(folder_.file("store.db").string(), options);
        ASSERT_TRUE(store) << store.error().context;
        redo_ = std::move(store).value();
    }

    ports::Changes random_changes();
    void expect_same_answers();

    template <class Ask>
    void expect_same(const char* what, Ask&& ask) {
        EXPECT_EQ(ask(*redo_).value(), ask(memory_).value()) << what << ", seed " << seed_;
    }

    std::uint64_t seed_ = 0;
    std::optional<Random> random_;
    support::TempFolder folder_;
    memory::MemoryStore memory_;
    std::unique_ptr<RedoStore> redo_;
    std::vector<ports::CaseRow> cases_;
    std::int64_t reports_ = 0;
    std::int64_t seq_ = 0;
    bool stalls_ = false;
};

ports::Changes RedoRandomTest::random_changes() {
    auto& random = *random_;
    ports::Changes changes;
    if (cases_.empty() || random.below(2) == 0) {
        auto row = sample_case(static_cast<std::int64_t>(cases_.size()) + 1);
        row.reported_at = kStart + random.below(8) * 1000;
        row.area_1 = random.below(2) == 0 ? "110108" : "110105";
        cases_.push_back(row);
        changes.cases.push_back({row, true, 0});
    } else {
        auto& row = cases_[static_cast<std::size_t>(random.below(std::ssize(cases_)))];
        const auto before = row.version++;
        row.terms.reset();
        if (random.below(3) == 0) {
            row.terms = std::vector<std::string>{"路灯", "v" + std::to_string(random.below(3))};
        }
        row.state = random.below(2) == 0 ? "handling" : "closed";
        row.open = row.state != "closed";
        row.next_timer.reset();
        if (random.below(2) == 0) {
            row.next_timer = kStart + random.below(50);
        }
        changes.cases.push_back({row, false, before});
    }
    const auto id = changes.cases.front().row.id;
    for (auto more = random.below(3); more > 0; --more) {
        changes.journal.push_back(sample_entry(++seq_, id));
    }
    if (random.below(2) == 0) {
        const auto number = ++reports_;
        changes.reports.push_back(
            {ReportId{number},
             id,
             random.below(2) == 0 ? "public" : "iot",
             "case",
             "x" + std::to_string(number),
             kStart + number,
             "{}",
             "{}"}
        );
        changes.idempotency.push_back({"k" + std::to_string(number), "f", "{}", kStart + number});
    }
    changes.cells.push_back(
        {{random.below(2) == 0 ? "area" : "source",
          "s" + std::to_string(random.below(4)),
          20'261'120 + static_cast<int>(random.below(3))},
         {random.below(100) + 1}}
    );
    changes.documents.push_back(
        {random.below(2) == 0 ? "account" : "token",
         "d" + std::to_string(random.below(30)),
         random.below(3) == 0 ? "" : std::to_string(random.below(1000))}
    );
    return changes;
}

void RedoRandomTest::expect_same_answers() {
    auto& random = *random_;
    using ports::Store;
    const std::vector<ports::CaseQuery> queries{
        {.limit = 5},
        {.limit = 1000},
        {.area = "110108", .area_level = 1, .limit = 7},
        {.state = "handling", .limit = 3},
        {.open = true, .limit = 4},
        {.text = "路灯", .limit = 6},
        {.text = "路灯 v1", .limit = 6},
        {.text = "n3"},
        {.state = "closed", .after_reported_at = kStart + 4000, .after_id = CaseId{9}, .limit = 5},
    };
    for (const auto& query : queries) {
        expect_same("search", [&](Store& store) { return store.search(query); });
    }
    const CaseId id{random.below(std::ssize(cases_)) + 1};
    expect_same("case", [&](Store& store) { return store.find_case(id); });
    expect_same("journal of", [&](Store& store) { return store.journal_of(id); });
    expect_same("reports of", [&](Store& store) { return store.find_reports({.case_id = id}); });
    expect_same("reports", [&](Store& store) {
        return store.find_reports({.source = "public", .limit = 6});
    });
    expect_same("report by external id", [&](Store& store) {
        return store.find_reports({.source = "iot", .external_id = "x3"});
    });
    expect_same("last report", [&](Store& store) { return store.last_report(); });
    const CaseId high{random.below(9) + 3};
    expect_same("number", [&](Store& store) { return store.last_case_number(CaseId{3}, high); });
    const Seq after{random.below(seq_ + 1)};
    expect_same("journal", [&](Store& store) { return store.journal(after, 7); });
    expect_same("head", [&](Store& store) { return store.head(); });
    expect_same("due", [&](Store& store) { return store.due_timers(kStart + 25, 6); });
    expect_same("next timer", [&](Store& store) { return store.next_timer(); });
    for (const auto* kind : {"area", "source"}) {
        expect_same("cells", [&](Store& store) {
            return store.cells({.kind = kind, .day_from = 20'261'121});
        });
        expect_same("cells of", [&](Store& store) {
            return store.cells({.kind = kind, .subjects = {"s1", "s3"}});
        });
    }
    const auto from = "d" + std::to_string(random.below(30));
    for (const auto& first : {std::string{}, from}) {
        expect_same("documents", [&](Store& store) {
            return store.documents("account", first, 4);
        });
    }
    expect_same("document", [&](Store& store) { return store.document("token", from); });
    const std::vector<std::string> keys{"k" + std::to_string(random.below(40))};
    expect_same("keys", [&](Store& store) { return store.idempotency(keys); });
    expect_same("count", [](Store& store) -> Result<std::int64_t> {
        CS_TRY(stats, store.stats());
        return stats.cases * 1'000'000 + stats.reports * 1000 + stats.head.value % 1000;
    });
    std::vector<ports::CaseRow> walked;
    ASSERT_TRUE(redo_->each_case(CaseId{2}, [&](const ports::CaseRow& row) {
        walked.push_back(row);
        return true;
    }));
    std::vector<ports::CaseRow> expected;
    ASSERT_TRUE(memory_.each_case(CaseId{2}, [&](const ports::CaseRow& row) {
        expected.push_back(row);
        return true;
    }));
    EXPECT_EQ(walked, expected) << "walk, seed " << seed_;
}

TEST_F(RedoRandomTest, AnswersAsTheStoreInMemory) {
    std::printf("CHENGSHU_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
        // Now and then another process holds the store below for a while: parts pile up.
        sqlite3* other = nullptr;
        if (stalls_ && random_->below(2) == 0) {
            ASSERT_EQ(sqlite3_open(folder_.file("store.db").c_str(), &other), SQLITE_OK);
            ASSERT_EQ(sqlite3_busy_timeout(other, 10'000), SQLITE_OK);
            ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        }
        for (int i = 0; i < kCommitsARound; ++i) {
            if (other != nullptr && i == kCommitsARound / 2) {
                expect_same_answers();
                sqlite3_close(other);
                other = nullptr;
            }
            const auto changes = random_changes();
            ASSERT_TRUE(redo_->commit(changes)) << "seed " << seed_;
            ASSERT_TRUE(redo_->sync());
            ASSERT_TRUE(memory_.commit(changes));
        }
        expect_same_answers();
        if (random_->below(8) == 0) {
            open();
            expect_same_answers();
        }
    }
}

}  // namespace
}  // namespace chengshu::redo
