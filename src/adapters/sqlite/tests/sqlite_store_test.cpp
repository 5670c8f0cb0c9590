// What only the SQLite store has: its file, its plans, its backup. The rest is in tests/contract.

#include "adapters/sqlite/sqlite_store.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

namespace chengshu::sqlite {
namespace {

using ports::CaseQuery;

constexpr std::int64_t kStart = 1'795'132'800'000;

class SqliteStoreTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return folder_.file("store.db").string(); }

    [[nodiscard]] std::unique_ptr<SqliteStore> open() const {
        auto store = SqliteStore::open(path(), {});
        EXPECT_TRUE(store) << store.error().context;
        return store ? std::move(store).value() : nullptr;
    }

    [[nodiscard]] std::string refusal(Options options = {}) const {
        const auto store = SqliteStore::open(path(), options);
        EXPECT_FALSE(store);
        if (store) {
            return {};
        }
        EXPECT_EQ(store.error().code, ErrorCode::StorageUnavailable);
        return store.error().context;
    }

    void run(const char* sql) const {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(path().c_str(), &handle), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }

    support::TempFolder folder_;
};

ports::Changes many_cases(std::int64_t first, std::int64_t count) {
    ports::Changes changes;
    for (auto serial = first; serial < first + count; ++serial) {
        ports::CaseRow row;
        row.id = CaseId{serial};
        row.version = 1;
        row.state = "handling";
        row.body = std::string(500, 'x');
        row.area_1 = "110108";
        row.reported_at = kStart + serial * 1000;
        row.reported_day = 20'261'120;
        row.terms = std::vector<std::string>{"路灯", "n" + std::to_string(serial)};
        changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
    }
    return changes;
}

TEST_F(SqliteStoreTest, MissingFileIsNotMadeUnasked) {
    EXPECT_NE(refusal({.create = false}).find("chengshu init"), std::string::npos);
    EXPECT_NE(refusal({.read_only = true}).find("chengshu init"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(path()));
    const auto nowhere = SqliteStore::open((folder_.path() / "no" / "store.db").string(), {});
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::StorageUnavailable);
}

TEST_F(SqliteStoreTest, RefusesWhatIsNotADatabase) {
    std::ofstream{path()} << std::string(20'000, 'x');
    EXPECT_NE(refusal().find("not a database"), std::string::npos);
}

TEST_F(SqliteStoreTest, RefusesDatabasesOfOtherPrograms) {
    run("CREATE TABLE cases (id INTEGER)");
    EXPECT_NE(refusal().find("another program"), std::string::npos);
    EXPECT_NE(refusal({.read_only = true}).find("another program"), std::string::npos);
}

TEST_F(SqliteStoreTest, RefusesANewerSchema) {
    open().reset();
    run("INSERT INTO schema_version VALUES (99)");
    EXPECT_NE(refusal().find("newer version"), std::string::npos);
}

TEST_F(SqliteStoreTest, BringsAnEarlierSchemaForwardWithItsRows) {
    ASSERT_TRUE(open()->commit(many_cases(1, 3)));
    run("DROP INDEX cases_closed; ALTER TABLE cases DROP COLUMN closed_day;"
        "DELETE FROM schema_version WHERE version > 1");
    EXPECT_FALSE(SqliteStore::open(path(), {.read_only = true})) << "it would have to write";
    const auto store = open();
    EXPECT_EQ(store->stats().value().cases, 3);
    auto row = *store->find_case(CaseId{2}).value();
    EXPECT_EQ(row.closed_day, 0);
    row.closed_day = 20'261'121;
    ports::Changes changes;
    changes.cases.push_back({.row = row, .insert = false, .expected_version = row.version});
    ASSERT_TRUE(store->commit(std::move(changes)));
    const auto found = store->search({.closed_day_from = 20'261'121});
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().id, CaseId{2});
}

TEST_F(SqliteStoreTest, BringsEarlierAlertsIntoTheOrderOfTime) {
    open().reset();
    run("DELETE FROM schema_version WHERE version > 2;"
        "INSERT INTO documents VALUES"
        " ('alert', 'a', '{\"raised\":\"1970-01-01T00:01:00.000Z\"}'),"
        " ('response', 'r', '{\"created\":\"1970-01-01T00:00:09Z\",\"tasks\":"
        "{\"pump\":{\"resources\":[\"truck\"]},\"block\":{}}}'), ('round', 'last', '1')");
    const auto store = open();
    EXPECT_EQ(store->document("alert_newest", "9999999939.a").value()->body, "a");
    EXPECT_EQ(store->document("response_newest", "9999999990.r").value()->body, "r");
    EXPECT_EQ(store->document("resource_held", "truck").value()->body, "r");
    EXPECT_EQ(store->documents("alert_newest", "", 10).value().size(), 1U);
    EXPECT_EQ(store->documents("resource_held", "", 10).value().size(), 1U);
}

TEST_F(SqliteStoreTest, RefusesATruncatedFile) {
    {
        const auto store = open();
        ASSERT_TRUE(store->commit(many_cases(1, 200)));
    }
    const auto size = std::filesystem::file_size(path());
    std::filesystem::resize_file(path(), size / 2);
    EXPECT_NE(refusal().find("damaged"), std::string::npos);
    std::filesystem::resize_file(path(), 50);
    const auto tiny = refusal();
    EXPECT_NE(tiny.find("damaged"), std::string::npos) << tiny;
}

TEST_F(SqliteStoreTest, OneServerPerFile) {
    auto store = open();
    EXPECT_NE(refusal().find("in use by another chengshu server"), std::string::npos);
    // A look at it is allowed, changes are not.
    ASSERT_TRUE(store->commit(many_cases(1, 3)));
    const auto reader = SqliteStore::open(path(), {.read_only = true});
    ASSERT_TRUE(reader) << reader.error().context;
    EXPECT_EQ((*reader)->stats().value().cases, 3);
    const auto refused = (*reader)->commit(many_cases(10, 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::StorageUnavailable);
    EXPECT_FALSE((*reader)->set_bulk(true));
    store.reset();
    EXPECT_TRUE(SqliteStore::open(path(), {}));
}

std::atomic<bool> disk_fails = false;

int sync_or_fail(int file) {
    if (disk_fails) {
        errno = EIO;
        return -1;
    }
    return ::fdatasync(file);
}

TEST_F(SqliteStoreTest, AfterAFailedSyncNothingIsCommittedAnyMore) {
    const auto entry = [](std::int64_t seq) {
        ports::Changes changes;
        changes.journal.push_back({.seq = Seq{seq}, .at = kStart, .type = "note", .body = "{}"});
        return changes;
    };
    disk_fails = false;
    auto opened = SqliteStore::open(path(), {.sync_file = sync_or_fail});
    ASSERT_TRUE(opened);
    auto store = std::move(opened).value();
    ASSERT_TRUE(store->commit(entry(1)));
    ASSERT_TRUE(store->sync());
    ASSERT_TRUE(store->commit(entry(2)));
    disk_fails = true;
    const auto failed = store->sync();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::OutcomeUnknown);
    EXPECT_NE(failed.error().context.find("Input/output error"), std::string::npos)
        << failed.error().context;
    EXPECT_EQ(store->journal(Seq{}, 10).value().size(), 1U);
    // The next sync of the kernel would succeed, and what it has dropped would be missing.
    disk_fails = false;
    EXPECT_EQ(store->sync().error().code, ErrorCode::OutcomeUnknown);
    EXPECT_EQ(store->commit(entry(3)).error().code, ErrorCode::StorageUnavailable);
    store.reset();
    const auto again = open();
    EXPECT_EQ(again->journal(Seq{}, 10).value().size(), 2U)
        << "what was left is synced at the start";
    EXPECT_TRUE(again->commit(entry(3)));
}

TEST_F(SqliteStoreTest, WhatIsCommittedMovesToTheFileAndTheWalStaysSmall) {
    const auto store = open();
    constexpr int kCommits = 500;
    constexpr std::uintmax_t kBody = 1024 * 1024;
    constexpr std::uintmax_t kWalMax = 392 << 20;  // twice 192 MiB, and what a commit adds
    for (int i = 0; i < kCommits; ++i) {
        ports::Changes changes;
        changes.documents.push_back(
            {.kind = "large", .id = std::to_string(i), .body = std::string(kBody, 'x')}
        );
        ASSERT_TRUE(store->commit(changes));
        ASSERT_LT(std::filesystem::file_size(path() + "-wal"), kWalMax) << "after commit " << i;
    }
    EXPECT_GT(std::filesystem::file_size(path()), kCommits * kBody / 2);
    EXPECT_EQ(store->document("large", "399").value()->body.size(), kBody);
}

TEST_F(SqliteStoreTest, SaysThatItCannotSyncAtTheStart) {
    open().reset();
    disk_fails = true;
    const auto store = SqliteStore::open(path(), {.sync_file = sync_or_fail});
    disk_fails = false;
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().context.find("sync"), std::string::npos) << store.error().context;
}

TEST_F(SqliteStoreTest, BacksUpWhileInUse) {
    const auto store = open();
    ASSERT_TRUE(store->commit(many_cases(1, 3000)));
    const auto copy = folder_.file("copy.db").string();
    std::atomic<bool> done = false;
    std::thread writer{[&] {
        for (std::int64_t next = 10'000; !done; next += 10) {
            EXPECT_TRUE(store->commit(many_cases(next, 10)));
        }
    }};
    std::int64_t last = -1;
    std::int64_t total = 0;
    const auto saved = store->backup(copy, [&](std::int64_t at, std::int64_t of) {
        EXPECT_GE(at, last);
        last = at;
        total = of;
    });
    done = true;
    writer.join();
    ASSERT_TRUE(saved) << saved.error().context;
    EXPECT_EQ(last, total);
    EXPECT_GT(total, 0);

    const auto restored = SqliteStore::open(copy, {});
    ASSERT_TRUE(restored) << restored.error().context;
    std::int64_t walked = 0;
    ASSERT_TRUE((*restored)->each_case(CaseId{}, [&](const ports::CaseRow&) {
        return ++walked > 0;
    }));
    EXPECT_GE(walked, 3000);
    EXPECT_EQ((*restored)->stats().value().cases, walked) << "one moment, not a mixture";
    EXPECT_EQ((*restored)->search({.text = "n7"}).value().size(), 1U);

    const auto again = store->backup(copy, nullptr);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(store->backup((folder_.path() / "no" / "copy.db").string(), nullptr));
}

TEST_F(SqliteStoreTest, EveryCommonListComesOutOfAnIndexInOrder) {
    const auto store = open();
    const std::vector<std::pair<std::string, CaseQuery>> lists{
        {"cases_time", {}},
        {"cases_time", {.reported_from = kStart}},
        {"cases_time", {.reported_day_from = 20'261'120, .reported_day_to = 20'261'120}},
        {"cases_time", {.area = "deep", .area_level = 4}},
        {"cases_time", {.source = "public"}},
        {"cases_area_1", {.area = "110108", .area_level = 1}},
        {"cases_area_1", {.scope_any = {{"area_1", "110108"}}}},
        {"cases_area_2", {.area = "110108011", .area_level = 2}},
        {"cases_department", {.department = "lighting"}},
        {"cases_department", {.scope_any = {{"department", "lighting"}}}},
        {"cases_open_department", {.open = true, .department = "lighting"}},
        {"cases_open_department", {.open = true, .department = "lighting", .queue = "handler"}},
        {"cases_open_queue", {.open = true, .queue = "dispatcher"}},
        {"cases_open", {.open = true}},
        {"cases_state", {.state = "checking", .open = true}},
        {"cases_state", {.state = "void"}},
        {"cases_category", {.category = "set/matter/0101"}},
        {"cases_collector", {.collector = "zhang"}},
        {"cases_holder", {.holder = "li"}},
        {"cases_parent", {.parent = CaseId{1}}},
    };
    for (auto [index, query] : lists) {
        for (const bool next_page : {false, true}) {
            query.after_reported_at = next_page ? kStart : 0;
            query.after_id = CaseId{next_page ? 7 : 0};
            const auto plan = store->explain(query);
            ASSERT_TRUE(plan) << index << ": " << plan.error().context;
            ASSERT_EQ(plan->size(), 1U)
                << index << ": no sorting, no second table: " << plan->back();
            EXPECT_NE((plan->front() + " ").find("INDEX " + index + " "), std::string::npos)
                << index << ": " << plan->front();
            // A walk through all is right only where the newest of all are asked for.
            const bool all = index == "cases_time" || index == "cases_open";
            EXPECT_TRUE(all || plan->front().starts_with("SEARCH")) << plan->front();
        }
    }
}

TEST_F(SqliteStoreTest, PlacesAndDaysAreFoundFirstAndSortedThen) {
    const auto store = open();
    const std::vector<std::pair<std::string, CaseQuery>> lists{
        {"cases_cell", {.cells = {{1, 5}}}},
        {"cases_filed", {.filed_day_from = 20'261'120, .filed_day_to = 20'261'120}},
        {"cases_filed",
         {.area = "110108",
          .area_level = 1,
          .filed_day_from = 20'261'118,
          .filed_day_to = 20'261'120}},
        {"cases_closed", {.closed_day_from = 20'261'120, .closed_day_to = 20'261'120}},
    };
    for (const auto& [index, query] : lists) {
        const auto explained = store->explain(query);
        ASSERT_TRUE(explained) << index << ": " << explained.error().context;
        const auto& plan = *explained;
        bool found = false;
        for (const auto& line : plan) {
            found = found || line.find("SEARCH c USING INDEX " + index) == 0 ||
                    line.find("SEARCH c USING COVERING INDEX " + index) == 0;
            EXPECT_EQ(line.find("SCAN c"), std::string::npos) << index << ": " << line;
        }
        EXPECT_TRUE(found) << index;
    }
}

TEST_F(SqliteStoreTest, TextStreamsNewestFirst) {
    const auto store = open();
    for (const auto& query :
         {CaseQuery{.text = "路灯"},
          CaseQuery{.text = "路灯", .after_reported_at = kStart, .after_id = CaseId{7}}}) {
        const auto plan = store->explain(query).value();
        ASSERT_EQ(plan.size(), 3U);
        EXPECT_NE(plan[0].find("VIRTUAL TABLE"), std::string::npos);
        EXPECT_EQ(plan[1], "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)");
        EXPECT_EQ(plan[2], "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)");
    }
}

TEST_F(SqliteStoreTest, KeepsAnswersWithManyDifferentQueries) {
    const auto store = open();
    ASSERT_TRUE(store->commit(many_cases(1, 50)));
    // More shapes than prepared statements are kept.
    for (int shape = 0; shape < 600; ++shape) {
        CaseQuery query;
        for (int i = 0; i <= shape; ++i) {
            query.cells.emplace_back(i, i);
        }
        ASSERT_TRUE(store->search(query).value().empty());
    }
    EXPECT_EQ(store->search({}).value().size(), 50U);
}

}  // namespace
}  // namespace chengshu::sqlite
