#include "adapters/duckdb/duck_observations.hpp"

#include "adapters/duckdb/connection.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace chengshu::duckdb {
namespace {

sensing::Observation reading(std::int64_t id) {
    sensing::Observation row;
    row.id = id;
    row.stream = id % 17 + 1;
    row.phenomenon_from = row.phenomenon_to = row.received_at = 1'795'132'800'000 + id * 7 % 1000;
    row.number = static_cast<double>(id);
    return row;
}

Status append(DuckObservations& store, std::int64_t& last, int rows) {
    ports::ObservationBatch batch;
    for (int i = 0; i < rows; ++i) {
        batch.rows.push_back(reading(++last));
    }
    CS_CHECK(store.append({&batch, 1}));
    return ok();
}

/// Every id from 1 to `last` is there once, and the summaries say what the rows say.
void expect_whole(DuckObservations& store, std::int64_t last) {
    std::set<std::int64_t> ids;
    std::map<std::int64_t, sensing::StreamSummary> expected;
    std::int64_t rows = 0;
    ASSERT_TRUE(store.each({}, [&](const sensing::Observation& row) {
        ids.insert(row.id);
        sensing::add(expected[row.stream], row);
        ++rows;
        return true;
    }));
    EXPECT_EQ(rows, last);
    EXPECT_EQ(static_cast<std::int64_t>(ids.size()), last);
    std::map<std::int64_t, sensing::StreamSummary> told;
    ASSERT_TRUE(store.each_summary([&](const auto& summary) { told[summary.stream] = summary; }));
    EXPECT_EQ(told, expected);
}

TEST(DuckObservations, SortsWhileAppendsAndQueriesGoOn) {
    const support::TempFolder folder;
    const auto path = folder.file("o.duckdb").string();
    Options options;
    options.settle_after = 0;
    options.move_at_once = 700;
    options.checkpoint_at = "256KB";
    auto store = DuckObservations::open(path, options).value();
    std::atomic<std::int64_t> stored = 0;
    std::atomic<bool> appending = true;
    std::int64_t last = 0;
    std::thread writer{[&] {
        for (int batch = 0; batch < 60; ++batch) {
            const auto appended = append(*store, last, 500);
            EXPECT_TRUE(appended) << appended.error().context;
            stored = last;
        }
        appending = false;
    }};
    std::int64_t moved = 0;
    int rounds = 0;
    while (appending) {
        const auto settled = store->settle();
        EXPECT_TRUE(settled) << settled.error().context;
        moved += settled ? *settled : 0;
        ++rounds;
        const std::int64_t before = stored;
        std::int64_t rows = 0;
        EXPECT_TRUE(store->each({}, [&](const auto&) {
            ++rows;
            return true;
        }));
        EXPECT_EQ(rows % 500, 0) << "a batch is seen whole";
        EXPECT_GE(rows, before);
    }
    writer.join();
    EXPECT_GT(rounds, 1);
    EXPECT_GT(moved, 0);
    expect_whole(*store, last);
    store.reset();
    store = DuckObservations::open(path, options).value();
    expect_whole(*store, last);
}

TEST(DuckObservations, SortsByItselfAndClosesInBetween) {
    const support::TempFolder folder;
    const auto path = folder.file("o.duckdb").string();
    Options options;
    options.settle_after = 300;
    std::int64_t last = 0;
    for (int round = 0; round < 5; ++round) {
        auto store = DuckObservations::open(path, options).value();
        for (int batch = 0; batch < 6; ++batch) {
            const auto appended = append(*store, last, 200);
            ASSERT_TRUE(appended) << appended.error().context;
        }
        expect_whole(*store, last);
    }
}

/// Appends and sorts in small pieces until it is killed; writes how far it has come.
[[noreturn]] void
append_and_sort(const std::string& path, const Options& options, int acknowledge) {
    auto store = DuckObservations::open(path, options).value();
    std::int64_t last = store->stats().value().last_id;
    std::thread sorter{[&] {
        while (store->settle()) {
        }
    }};
    while (append(*store, last, 500)) {
        if (::write(acknowledge, &last, sizeof last) != sizeof last) {
            break;
        }
    }
    std::_Exit(1);
}

TEST(DuckObservations, AMoveThatIsCutOffBetweenItsPiecesLeavesEveryRowOnce) {
    const support::TempFolder folder;
    const auto path = folder.file("o.duckdb").string();
    Options options;
    options.settle_after = 0;
    options.move_at_once = 300;
    options.checkpoint_at = "256KB";
    for (int round = 0; round < 12; ++round) {
        std::array<int, 2> pipe{};
        ASSERT_EQ(::pipe(pipe.data()), 0);
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            append_and_sort(path, options, pipe[1]);
        }
        ::close(pipe[1]);
        std::int64_t acknowledged = 0;
        for (int batch = 0; batch < 10 + 3 * round; ++batch) {
            ASSERT_EQ(
                ::read(pipe[0], &acknowledged, sizeof acknowledged), ssize_t{sizeof acknowledged}
            );
        }
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        ::close(pipe[0]);
        auto store = DuckObservations::open(path, options).value();
        const auto last = store->stats().value().last_id;
        EXPECT_GE(last, acknowledged);
        expect_whole(*store, last);
        // Nothing is hidden: a row that is written again is there.
        auto row = store->find(1).value().value();
        row.number = round;
        ASSERT_TRUE(store->update(row));
        EXPECT_EQ(store->find(1).value().value().number, round);
        expect_whole(*store, last);
    }
}

TEST(DuckObservations, ALoadThatIsCutOffBetweenItsRunsLeavesNothing) {
    namespace fs = std::filesystem;
    const support::TempFolder folder;
    const auto path = folder.file("o.duckdb").string();
    const auto left = folder.file("left.duckdb").string();
    Options options;
    options.load_run = 1000;
    const auto give = [&](const ports::ObservationSink& take) -> Status {
        ports::ObservationPart part;
        for (std::int64_t id = 1; id <= 5000; ++id) {
            part.rows.push_back(reading(id));
            if (id % 200 == 0) {
                part.keys.push_back({"k" + std::to_string(id), "f", "a", id, {}});
                CS_CHECK(take(part));
                part = {};
            }
            if (id == 3500) {
                // What the disk has at this moment, as after kill -9.
                fs::copy_file(path, left, fs::copy_options::overwrite_existing);
                if (fs::exists(path + ".wal")) {
                    fs::copy_file(
                        path + ".wal", left + ".wal", fs::copy_options::overwrite_existing
                    );
                }
            }
        }
        return ok();
    };
    {
        auto store = DuckObservations::open(path, options).value();
        const auto done = store->load(give);
        ASSERT_TRUE(done) << done.error().context;
        expect_whole(*store, 5000);
    }
    auto again = DuckObservations::open(path, options).value();
    expect_whole(*again, 5000);
    {
        auto cut = DuckObservations::open(left, options).value();
        EXPECT_EQ(cut->stats()->rows, 0);
        EXPECT_EQ(cut->stats()->last_id, 0);
        EXPECT_TRUE(cut->query({})->empty());
        const auto done =
            cut->load([&](const ports::ObservationSink& take) { return again->dump(take); });
        ASSERT_TRUE(done) << done.error().context;
        expect_whole(*cut, 5000);
    }
    expect_whole(*DuckObservations::open(left, options).value(), 5000);
}

TEST(DuckObservations, SaysWhyAFileCannotBeOpened) {
    const support::TempFolder folder;
    const auto path = folder.file("broken.duckdb").string();
    std::ofstream{path} << std::string(100'000, 'x');
    const auto broken = DuckObservations::open(path, {});
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::StorageUnavailable);
    EXPECT_NE(broken.error().context.find("broken.duckdb"), std::string::npos);
    Options options;
    options.memory_limit = "much";
    EXPECT_FALSE(DuckObservations::open(folder.file("o.duckdb").string(), options));
}

}  // namespace
}  // namespace chengshu::duckdb
