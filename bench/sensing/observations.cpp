// The observation store in DuckDB, in a folder of its own that is removed at the end: durable
// appends by batch size with raw DuckDB appends as the limit, then queries on many rows.

#include "adapters/duckdb/connection.hpp"
#include "adapters/duckdb/duck_observations.hpp"
#include "base/random.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

namespace chengshu {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using sensing::Observation;

constexpr std::int64_t kStart = 1'795'132'800'000;  // 2026-11-20
constexpr std::int64_t kInterval = 300'000;         // each stream reads every five minutes

double millis_since(Steady::time_point start) {
    return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

[[noreturn]] void give_up(const Error& error) {
    fmt::print(stderr, "{}\n", error.context);
    std::exit(1);
}

template <class T>
T got(Result<T> result) {
    if (!result) {
        give_up(result.error());
    }
    return std::move(result).value();
}

/// Readings as a city's sensors give them: all streams in turn, times a little out of order.
class Readings {
public:
    explicit Readings(std::int64_t streams) : streams_(streams) {}

    Observation next() {
        Observation row;
        row.id = ++id_;
        row.stream = id_ % streams_ + 1;
        row.phenomenon_from = kStart + id_ / streams_ * kInterval + random_.between(0, 20'000);
        row.phenomenon_to = row.phenomenon_from;
        row.result_time = row.phenomenon_from + random_.between(0, 5);
        row.received_at = row.phenomenon_from + random_.between(1000, 4000);
        row.number = static_cast<double>(random_.between(0, 4000)) / 100;
        row.feature = row.stream;
        return row;
    }

    std::vector<Observation> next(std::int64_t rows) {
        std::vector<Observation> list;
        list.reserve(static_cast<std::size_t>(rows));
        for (std::int64_t i = 0; i < rows; ++i) {
            list.push_back(next());
        }
        return list;
    }

    [[nodiscard]] std::int64_t newest() const { return kStart + id_ / streams_ * kInterval; }

private:
    std::int64_t streams_;
    std::int64_t id_ = 0;
    SeededRandom random_{20'261'121};
};

/// Times `append` of batches of this size; preparing them does not count.
struct Pace {
    std::int64_t rows = 0;
    double rows_per_second = 0;
    double mean = 0;
    double worst = 0;
};

Pace pace(
    Readings& readings,
    std::int64_t size,
    int batches,
    const std::function<void(std::vector<Observation>)>& append
) {
    double total = 0;
    Pace result;
    for (int i = 0; i < batches; ++i) {
        auto rows = readings.next(size);
        const auto start = Steady::now();
        append(std::move(rows));
        const auto took = millis_since(start);
        total += took;
        result.worst = std::max(result.worst, took);
    }
    result.rows = size * batches;
    result.mean = total / batches;
    result.rows_per_second = static_cast<double>(size) * 1000 / result.mean;
    return result;
}

void print(const char* who, std::int64_t size, const Pace& pace, bool json = false) {
    if (json) {
        fmt::print(
            R"({{"what":"appends, no HTTP","store":"{}","rows_per_request":{},"connections":1,)"
            R"("readings":{},"per_second":{:.0f},"p50_ms":{:.2f},"max_ms":{:.2f}}})"
            "\n",
            who,
            size,
            pace.rows,
            pace.rows_per_second,
            pace.mean,
            pace.worst
        );
        return;
    }
    fmt::print(
        "{:6} batches of {:6}: {:10.0f} rows/s, mean {:7.2f} ms, worst {:7.2f} ms\n",
        who,
        size,
        pace.rows_per_second,
        pace.mean,
        pace.worst
    );
    std::fflush(stdout);
}

int batches_for(std::int64_t size) {
    return size >= 100'000 ? 20 : size >= 10'000 ? 60 : 200;
}

struct Appends {
    std::vector<std::int64_t> sizes{100, 1000, 10'000, 100'000};
    bool json = false;
};

/// The same values into one table without keys, checks and summaries.
void measure_raw(
    const fs::path& folder,
    std::int64_t streams,
    const duckdb::Options& options,
    const Appends& appends
) {
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    duckdb_set_config(config, "threads", std::to_string(options.threads).c_str());
    duckdb_set_config(config, "checkpoint_threshold", options.checkpoint_at.c_str());
    duckdb_database database = nullptr;
    duckdb_open_ext((folder / "raw.duckdb").c_str(), &database, config, nullptr);
    duckdb_destroy_config(&config);
    auto connection = got(duckdb::Connection::open(database));
    got(connection->run(
        "CREATE TABLE raw (id BIGINT, stream BIGINT, f BIGINT, r BIGINT, v BIGINT, feature BIGINT,"
        " number DOUBLE)"
    ));
    using enum duckdb::ColumnType;
    Readings readings{streams};
    for (const auto size : appends.sizes) {
        const auto append = [&](const std::vector<Observation>& rows) {
            auto transaction = got(duckdb::Transaction::begin(*connection));
            auto to = got(duckdb::Appender::open(
                *connection, "raw", {Integer, Integer, Integer, Integer, Integer, Integer, Real}
            ));
            for (const auto& row : rows) {
                to->set(0, row.id);
                to->set(1, row.stream);
                to->set(2, row.phenomenon_from);
                to->set(3, *row.result_time);
                to->set(4, row.received_at);
                to->set(5, row.feature);
                to->set(6, *row.number);
                got(to->next_row());
            }
            got(to->finish());
            got(transaction->commit());
        };
        const auto done = pace(readings, size, batches_for(size), append);
        print(appends.json ? "raw DuckDB" : "raw", size, done, appends.json);
    }
    connection.reset();
    duckdb_close(&database);
}

void append_to(duckdb::DuckObservations& store, std::vector<Observation> rows) {
    ports::ObservationBatch batch;
    batch.key = fmt::format("bench:{}", rows.front().id);
    batch.rows = std::move(rows);
    got(store.append({&batch, 1}));
}

void measure_ours(
    const fs::path& folder,
    std::int64_t streams,
    const duckdb::Options& options,
    const Appends& appends
) {
    auto store = got(duckdb::DuckObservations::open((folder / "ours.duckdb").string(), options));
    Readings readings{streams};
    for (const auto size : appends.sizes) {
        const auto done = pace(readings, size, batches_for(size), [&](auto rows) {
            append_to(*store, std::move(rows));
        });
        print(appends.json ? "our store in DuckDB" : "ours", size, done, appends.json);
    }
}

/// The middle of five runs, and the first.
void time_query(const char* what, const std::function<std::int64_t()>& query) {
    std::vector<double> runs;
    std::int64_t rows = 0;
    for (int i = 0; i < 5; ++i) {
        const auto start = Steady::now();
        rows = query();
        runs.push_back(millis_since(start));
    }
    const auto first = runs.front();
    std::sort(runs.begin(), runs.end());
    fmt::print("    {:34} {:9.2f} ms (first {:9.2f})  {} rows\n", what, runs[2], first, rows);
    std::fflush(stdout);
}

void measure_queries(ports::ObservationStore& store, std::int64_t streams, std::int64_t newest) {
    SeededRandom random{7};
    const auto stream = [&] { return random.between(1, streams); };
    const auto size = [](const auto& rows) { return static_cast<std::int64_t>(rows.size()); };
    using sensing::ObservationOrder;
    time_query("count all", [&] { return got(store.count({})); });
    time_query("count of a stream", [&] {
        ports::ObservationQuery query;
        query.streams = {stream()};
        return got(store.count(query));
    });
    time_query("latest of 1000 streams", [&] {
        std::vector<std::int64_t> some;
        for (int i = 0; i < 1000; ++i) {
            some.push_back(stream());
        }
        return size(got(store.latest(some, 1)));
    });
    time_query("latest 10 of a stream", [&] {
        return size(got(store.latest(std::vector{stream()}, 10)));
    });
    time_query("a stream's day", [&] {
        ports::ObservationQuery query;
        query.streams = {stream()};
        query.order = ObservationOrder::PhenomenonTime;
        query.phenomenon_from.to = newest - 3'600'000;
        query.phenomenon_from.from = *query.phenomenon_from.to - 86'400'000;
        query.limit = 10'000;
        return size(got(store.query(query)));
    });
    time_query("find by id", [&] {
        return got(store.find(random.between(1, got(store.stats()).last_id))) ? 1 : 0;
    });
    time_query("newest 100 of all, by id", [&] {
        ports::ObservationQuery query;
        query.descending = true;
        return size(got(store.query(query)));
    });
    time_query("newest 100 of all, by time", [&] {
        ports::ObservationQuery query;
        query.order = ObservationOrder::PhenomenonTime;
        query.descending = true;
        return size(got(store.query(query)));
    });
    time_query("count above a number, all", [&] {
        ports::ObservationQuery query;
        query.number.from = 39;
        return got(store.count(query));
    });
}

void measure_many(
    const fs::path& folder,
    std::int64_t streams,
    std::int64_t rows,
    const duckdb::Options& options
) {
    const auto path = (folder / "many.duckdb").string();
    auto store = got(duckdb::DuckObservations::open(path, options));
    Readings readings{streams};
    const auto filled = pace(
        readings,
        100'000,
        static_cast<int>(std::max<std::int64_t>(rows / 100'000, 1)),
        [&](auto list) { append_to(*store, std::move(list)); }
    );
    print("fill", 100'000, filled);
    got(store->checkpoint());
    const auto told = [&] {
        const auto stats = got(store->stats());
        fmt::print(
            "  {} rows of {} streams, {:.1f} bytes a row\n",
            stats.rows,
            stats.streams,
            static_cast<double>(stats.bytes) / static_cast<double>(stats.rows)
        );
    };
    told();
    measure_queries(*store, streams, readings.newest());
    const auto start = Steady::now();
    const auto moved = got(store->settle());
    fmt::print("  {} rows sorted in {:.0f} ms\n", moved, millis_since(start));
    got(store->checkpoint());
    told();
    measure_queries(*store, streams, readings.newest());
    const auto closing = Steady::now();
    store.reset();
    const auto opening = Steady::now();
    store = got(duckdb::DuckObservations::open(path, options));
    fmt::print(
        "  closed in {:.0f} ms, opened in {:.0f} ms\n",
        std::chrono::duration<double, std::milli>(opening - closing).count(),
        millis_since(opening)
    );
}

}  // namespace
}  // namespace chengshu

int main(int argc, char** argv) {
    using namespace chengshu;
    CLI::App app{"Measures the observation store in DuckDB"};
    std::string folder = "build/observations-bench";
    std::int64_t rows = 10'000'000;
    std::int64_t streams = 300'000;
    duckdb::Options options;
    app.add_option("--folder", folder, "made, used and removed");
    app.add_option("--rows", rows, "for the queries")->check(CLI::PositiveNumber);
    app.add_option("--streams", streams)->check(CLI::PositiveNumber);
    app.add_option("--checkpoint-at", options.checkpoint_at);
    app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
    app.add_option("--settle-after", options.settle_after);
    Appends appends;
    app.add_option("--sizes", appends.sizes, "rows of an append");
    app.add_flag("--appends-only", appends.json, "no queries; prints JSON lines");
    CLI11_PARSE(app, argc, argv);
    if (fs::exists(folder)) {
        fmt::print(stderr, "{} exists already\n", folder);
        return 1;
    }
    fs::create_directories(folder);
    measure_raw(folder, streams, options, appends);
    measure_ours(folder, streams, options, appends);
    if (!appends.json) {
        measure_many(folder, streams, rows, options);
    }
    fs::remove_all(folder);
    return 0;
}
