// What the redo log adds to the SQLite store: crashes, a store below that stalls, copies beside a
// server. What every store does is in tests/contract.

#include "adapters/redo/redo_store.hpp"

#include "adapters/redo/tests/samples.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <unistd.h>

namespace chengshu::redo {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNever = std::int64_t{1} << 40;

Options options_of(std::int64_t move_bytes) {
    Options options;
    options.move_bytes = move_bytes;
    options.move_after = std::chrono::hours{1};
    return options;
}

std::unique_ptr<RedoStore> open_at(const fs::path& path, const Options& options) {
    auto store = RedoStore::open(path.string(), options);
    EXPECT_TRUE(store) << store.error().context;
    return store ? std::move(store).value() : nullptr;
}

class RedoStoreTest : public testing::Test {
protected:
    [[nodiscard]] fs::path path() const { return folder_.file("store.db"); }

    /// What the disk would hold if the process ended now.
    [[nodiscard]] fs::path crashed_copy() {
        const auto to = folder_.path() / ("crash" + std::to_string(++crashes_));
        fs::create_directory(to);
        for (const auto& file : fs::directory_iterator(folder_.path())) {
            const auto name = file.path().filename().string();
            // The log last: what is moved meanwhile is in both.
            if (name.starts_with("store.db") && !name.ends_with("-shm") &&
                !name.ends_with("-lock")) {
                fs::copy_file(file.path(), to / name);
            }
        }
        return to / "store.db";
    }

    support::TempFolder folder_;
    int crashes_ = 0;
};

/// Keeps the store below from committing: its thread waits for this lock.
class Stall {
public:
    explicit Stall(const fs::path& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
        EXPECT_EQ(sqlite3_busy_timeout(handle_, 10'000), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(handle_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    }

    Stall(const Stall&) = delete;
    Stall& operator=(const Stall&) = delete;

    ~Stall() {
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
        sqlite3_close(handle_);
    }

private:
    sqlite3* handle_ = nullptr;
};

TEST_F(RedoStoreTest, WhatWasCommittedIsThereAfterACrash) {
    const auto store = open_at(path(), options_of(kNever));
    auto first = insert_of(sample_case(1));
    first.journal.push_back(sample_entry(1, CaseId{1}));
    ASSERT_TRUE(store->commit(first));
    ASSERT_TRUE(store->commit(update_of(sample_case(1, 2))));
    ASSERT_TRUE(store->sync());
    const auto crashed = crashed_copy();
    {
        const auto below = sqlite::SqliteStore::open(crashed.string(), {}).value();
        EXPECT_EQ(below->stats().value().cases, 0) << "it is in the log only";
    }
    for (int start = 0; start < 2; ++start) {
        const auto again = open_at(crashed, options_of(kNever));
        EXPECT_EQ(again->find_case(CaseId{1}).value()->version, 2);
        EXPECT_EQ(again->search({.text = "n1"}).value().size(), 1U);
        EXPECT_EQ(again->head().value(), Seq{1});
        EXPECT_EQ(again->journal(Seq{}, 10).value().size(), 1U);
        EXPECT_EQ(again->stats().value().cases, 1 + start);
        const auto serial = 10 + start;
        ASSERT_TRUE(again->commit(insert_of(sample_case(serial))));
    }
    const auto last = open_at(crashed, options_of(kNever));
    EXPECT_EQ(last->stats().value().cases, 3);
}

TEST_F(RedoStoreTest, ACrashAtAnyMomentLosesNothing) {
    // Parts are moved all the time while copies are taken of the files as they are.
    const auto store = open_at(path(), options_of(1));
    for (std::int64_t serial = 1; serial <= 40; ++serial) {
        auto changes = insert_of(sample_case(serial));
        changes.journal.push_back(sample_entry(serial, CaseId{serial}));
        ASSERT_TRUE(store->commit(changes));
        if (serial % 4 == 0) {
            // The files are copied one after the other, which a crash does not do: nothing moves.
            const Stall stall{path()};
            const auto again = open_at(crashed_copy(), options_of(kNever));
            EXPECT_EQ(again->stats().value().cases, serial);
            EXPECT_EQ(again->journal(Seq{}, 100).value().size(), static_cast<std::size_t>(serial));
        }
    }
}

TEST_F(RedoStoreTest, AnOrderlyEndLeavesAllInTheStoreBelow) {
    open_at(path(), options_of(kNever))->commit(insert_of(sample_case(1))).value();
    const auto below = sqlite::SqliteStore::open(path().string(), {}).value();
    EXPECT_EQ(below->stats().value().cases, 1);
    EXPECT_EQ(below->committed_up_to().value(), 1);
}

TEST_F(RedoStoreTest, ReadsSeeWhatIsPendingWhileTheStoreBelowStalls) {
    const auto store = open_at(path(), options_of(1));
    ASSERT_TRUE(store->commit(insert_of(sample_case(1))));
    ASSERT_TRUE(store->set_bulk(false));  // returns when all is below
    {
        const Stall stall{path()};
        ASSERT_TRUE(store->commit(update_of(sample_case(1, 2))));  // is being moved
        ASSERT_TRUE(store->commit(insert_of(sample_case(2))));     // waits behind it
        EXPECT_EQ(store->find_case(CaseId{1}).value()->version, 2);
        EXPECT_EQ(store->search({.state = "handling"}).value().size(), 1U);
        EXPECT_EQ(store->search({.state = "filed"}).value().size(), 1U);
        EXPECT_EQ(store->search({.text = "n1"}).value().size(), 1U) << "its terms are below";
        EXPECT_EQ(store->search({.text = "路灯"}).value().size(), 2U);
        EXPECT_EQ(store->due_timers(kStart + 200'000, 10).value().size(), 2U);
        EXPECT_EQ(store->next_timer().value(), sample_case(2).next_timer);
    }
    ASSERT_TRUE(store->set_bulk(false));
    EXPECT_EQ(store->find_case(CaseId{1}).value()->version, 2);
    EXPECT_EQ(store->search({.text = "n1"}).value().size(), 1U);
}

TEST_F(RedoStoreTest, ARefusalIsToldAtOnceAndLeavesTheLogWhole) {
    const auto store = open_at(path(), options_of(kNever));
    ASSERT_TRUE(store->commit(insert_of(sample_case(1))));
    EXPECT_EQ(store->commit(insert_of(sample_case(1))).error().code, ErrorCode::Conflict);
    auto late = sample_case(2);
    late.reported_at = std::int64_t{1} << 50;
    EXPECT_EQ(store->commit(insert_of(late)).error().code, ErrorCode::InvalidInput);
    ASSERT_TRUE(store->commit(insert_of(sample_case(3))));
    EXPECT_EQ(open_at(crashed_copy(), options_of(kNever))->stats().value().cases, 2);
}

TEST_F(RedoStoreTest, ALookBesideTheServerSeesWhatIsInTheLog) {
    const auto store = open_at(path(), options_of(kNever));
    auto changes = insert_of(sample_case(1));
    changes.journal.push_back(sample_entry(1));
    ASSERT_TRUE(store->commit(changes));
    Options look = options_of(kNever);
    look.store.read_only = true;
    const auto reader = open_at(path(), look);
    EXPECT_EQ(reader->stats().value().cases, 1);
    EXPECT_EQ(reader->journal(Seq{}, 10).value().size(), 1U);
    int walked = 0;
    ASSERT_TRUE(reader->each_case(CaseId{}, [&](const auto&) { return ++walked > 0; }));
    EXPECT_EQ(walked, 1);
    EXPECT_FALSE(reader->commit(insert_of(sample_case(2))));
    EXPECT_FALSE(reader->set_bulk(true));
    const auto dumped = reader->dump([](const auto&) { return ok(); });
    ASSERT_FALSE(dumped);
    EXPECT_NE(dumped.error().context.find("stop the server"), std::string::npos);
    // A copy made by the look has it, too.
    const auto copy = folder_.file("copy.db");
    const auto saved = reader->backup(copy.string(), nullptr);
    ASSERT_TRUE(saved) << saved.error().context;
    EXPECT_EQ(sqlite::SqliteStore::open(copy.string(), {}).value()->stats().value().cases, 1);
    EXPECT_FALSE(reader->backup(copy.string(), nullptr)) << "never overwritten";
    // What the server moves later is newer than what the look has in memory.
    ASSERT_TRUE(store->commit(update_of(sample_case(1, 2))));
    ASSERT_TRUE(store->commit(insert_of(sample_case(2))));
    ASSERT_TRUE(store->set_bulk(false));
    EXPECT_EQ(reader->find_case(CaseId{1}).value()->version, 2);
    EXPECT_EQ(reader->search({.state = "filed"}).value().size(), 1U);
    EXPECT_EQ(reader->stats().value().cases, 2);
}

TEST_F(RedoStoreTest, ABackupHoldsWhatWasCommittedBeforeIt) {
    const auto store = open_at(path(), options_of(kNever));
    ASSERT_TRUE(store->commit(insert_of(sample_case(1))));
    const auto copy = folder_.file("copy.db");
    ASSERT_TRUE(store->backup(copy.string(), nullptr));
    const auto restored = open_at(copy, options_of(kNever));
    EXPECT_EQ(restored->stats().value().cases, 1);
    ASSERT_TRUE(restored->commit(insert_of(sample_case(2))));
}

TEST_F(RedoStoreTest, RefusesALogOfAnotherStore) {
    const auto old = folder_.file("old.db");
    {
        const auto store = open_at(path(), options_of(kNever));
        ASSERT_TRUE(store->backup(old.string(), nullptr));
        ASSERT_TRUE(store->commit(insert_of(sample_case(1))));
        ASSERT_TRUE(store->set_bulk(false));  // commit 1 is below
        ASSERT_TRUE(store->commit(insert_of(sample_case(2))));
        const auto crashed = crashed_copy();
        fs::remove(crashed.string() + "-wal");
        fs::copy_file(old, crashed, fs::copy_options::overwrite_existing);
        fs::remove(crashed.string() + "-redo1");  // the part with commit 1
        const auto refused = RedoStore::open(crashed.string(), {});
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().context.find("not of this store"), std::string::npos)
            << refused.error().context;
    }
}

std::atomic<bool> disk_fails = false;

int sync_or_fail(int file) {
    if (disk_fails) {
        errno = EIO;
        return -1;
    }
    return ::fdatasync(file);
}

TEST_F(RedoStoreTest, AfterAFailedSyncNothingIsCommittedAnyMore) {
    disk_fails = false;
    auto options = options_of(kNever);
    options.store.sync_file = sync_or_fail;
    auto store = open_at(path(), options);
    ports::Changes changes;
    changes.journal.push_back(sample_entry(1));
    ASSERT_TRUE(store->commit(changes));
    ASSERT_TRUE(store->sync());
    changes.journal.front().seq = Seq{2};
    ASSERT_TRUE(store->commit(changes));
    disk_fails = true;
    const auto failed = store->sync();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::OutcomeUnknown);
    EXPECT_EQ(store->journal(Seq{}, 10).value().size(), 1U) << "only what is durable is told";
    disk_fails = false;
    EXPECT_EQ(store->sync().error().code, ErrorCode::OutcomeUnknown);
    changes.journal.front().seq = Seq{3};
    EXPECT_EQ(store->commit(changes).error().code, ErrorCode::StorageUnavailable);
    store.reset();
    EXPECT_EQ(open_at(path(), options)->journal(Seq{}, 10).value().size(), 2U);
}

TEST_F(RedoStoreTest, BulkCommitsAreMovedAtOnceAndAreNotInTheLog) {
    {
        const auto store = open_at(path(), options_of(kNever));
        ASSERT_TRUE(store->commit(insert_of(sample_case(1))));
        ASSERT_TRUE(store->set_bulk(true));
        auto changes = insert_of(sample_case(2));
        changes.journal.push_back(sample_entry(1));
        ASSERT_TRUE(store->commit(changes));
        ASSERT_TRUE(store->sync());
        EXPECT_EQ(store->journal(Seq{}, 10).value().size(), 1U);
        EXPECT_EQ(store->stats().value().cases, 2);
        EXPECT_EQ(store->commit(insert_of(sample_case(2))).error().code, ErrorCode::Conflict);
        ASSERT_TRUE(store->commit(insert_of(sample_case(4))));
        ASSERT_TRUE(store->commit(update_of(sample_case(2, 2))));
        ASSERT_TRUE(store->set_bulk(false));
        EXPECT_TRUE(
            read_log(path().string()).value().entries.empty() ||
            read_log(path().string()).value().entries.back().number == 1
        );
        ASSERT_TRUE(store->commit(insert_of(sample_case(3))));
        EXPECT_EQ(open_at(crashed_copy(), options_of(kNever))->stats().value().cases, 4);
    }
    EXPECT_EQ(open_at(path(), options_of(kNever))->stats().value().cases, 4);
}

}  // namespace
}  // namespace chengshu::redo
