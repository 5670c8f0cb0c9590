// Commits and reads of the stores, durable, with rows shaped like real ones: a case document of 1.5
// kB, forty search terms, journal entries, statistics cells, a report and an idempotency key.
//
//   build/release/bench/store_bench --benchmark_filter='Commit'
//   CHENGSHU_BENCH_CASES=2040552 build/release/bench/store_bench --benchmark_filter='Search'

#include "adapters/postgres/pg_store.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "support/postgres.hpp"
#include "support/temp_folder.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace chengshu {
namespace {

constexpr std::int64_t kStart = 1'735'689'600'000;
constexpr int kBatch = 100;

enum class Kind { Sqlite, Postgres };

/// A store with `cases` closed or open cases, made once per process and kind.
class Bench {
public:
    explicit Bench(Kind kind) {
        if (kind == Kind::Sqlite) {
            store_ = sqlite::SqliteStore::open(folder_.file("store.db").string(), {}).value();
        } else {
            server_ = support::PrivatePostgres::start({.fsync = true}).value();
            store_ = postgres::PgStore::open(server_->create_database().value(), {}).value();
        }
        const char* given = std::getenv("CHENGSHU_BENCH_CASES");
        fill(given == nullptr ? 20'000 : std::atoll(given));
    }

    ports::Store& store() { return *store_; }

    /// The changes of one batch of commands: new cases, or a step in the life of recent ones.
    ports::Changes inserts() {
        ports::Changes changes;
        for (int i = 0; i < kBatch; ++i) {
            const auto row = make_case(++cases_);
            changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
            changes.reports.push_back(
                {.id = ReportId{cases_},
                 .case_id = row.id,
                 .source = row.source,
                 .state = "case",
                 .external_id = {},
                 .received_at = row.reported_at,
                 .body = std::string(300, 'r'),
                 .reporter = "{}"}
            );
            add_entries(changes, row, 3);
            changes.idempotency.push_back(
                {fmt::format("client:{:016x}", random_.next()),
                 std::string(64, 'f'),
                 std::string(400, 'j'),
                 cases_}
            );
        }
        add_cells(changes);
        return changes;
    }

    ports::Changes updates(int version) {
        static const char* const kStates[] = {"dispatching", "handling", "checking", "closed"};
        ports::Changes changes;
        for (int i = 0; i < kBatch; ++i) {
            auto row = make_case(cases_ - kBatch + 1 + i);
            row.version = version;
            row.state = kStates[version % 4];
            row.open = version % 4 != 3;
            row.queue = row.state;
            row.next_timer =
                row.open ? std::optional{row.reported_at + version * 1000} : std::nullopt;
            row.facts = version;
            row.updated_at += version;
            row.terms.reset();
            changes.cases.push_back({.row = row, .insert = false, .expected_version = version - 1});
            add_entries(changes, row, 1);
        }
        add_cells(changes);
        return changes;
    }

    void fill(std::int64_t cases) {
        if (!store_->set_bulk(true)) {
            std::abort();
        }
        for (std::int64_t done = 0; done < cases; done += kBatch * 10) {
            ports::Changes changes;
            for (int i = 0; i < kBatch * 10; ++i) {
                auto row = make_case(++cases_);
                row.open = random_.chance(9, 100);
                row.state = row.open ? "handling" : "closed";
                changes.cases.push_back(
                    {.row = std::move(row), .insert = true, .expected_version = 0}
                );
            }
            if (!store_->commit(changes)) {
                std::abort();
            }
        }
        if (!store_->set_bulk(false)) {
            std::abort();
        }
        std::fprintf(
            stderr,
            "%lld cases, %lld MB\n",
            static_cast<long long>(cases_),
            static_cast<long long>(store_->stats().value().bytes >> 20)
        );
    }

private:
    ports::CaseRow make_case(std::int64_t number) {
        SeededRandom of_case{static_cast<std::uint64_t>(number)};
        ports::CaseRow row;
        const auto area = of_case.between(0, 348);
        // Serial numbers restart every day in each of sixteen districts.
        const auto day = number / 5600;
        row.id = CaseId{
            (110'101 + area % 16) * 10'000'000'000'000 + (20'250'101 + day) * 100'000 +
            number % 5600
        };
        row.version = 1;
        row.state = "filing";
        row.workflow = "standard";
        row.category = fmt::format("GBT30428.2-2013/matter/{:04}", of_case.between(0, 249));
        row.area_1 = fmt::format("{}", 110'101 + area % 16);
        row.area_2 = fmt::format("{}{:03}", row.area_1, area);
        row.path = fmt::format("/110000/{}/{}/{}01/", row.area_1, row.area_2, row.area_2);
        row.department = fmt::format("department-{}", of_case.between(0, 60));
        row.queue = "dispatcher";
        row.source = of_case.chance(1, 3) ? "public" : "collector";
        row.collector =
            row.source == "collector" ? fmt::format("collector-{}", of_case.between(0, 500)) : "";
        row.reported_at = kStart + number * 15'000;
        row.updated_at = row.reported_at;
        row.reported_day = 20'250'101 + static_cast<int>(day);
        row.filed_day = row.reported_day;
        row.next_timer = row.reported_at + 3'600'000;
        row.lon = 116.3;
        row.lat = 39.9;
        row.cell = of_case.between(0, 200'000);
        std::string text;
        for (int i = 0; i < 40; ++i) {
            const char bytes[] = {
                static_cast<char>(0xe5),
                static_cast<char>(0x80 + of_case.below(12)),
                static_cast<char>(0x80 + of_case.below(64)),
                '\0'
            };
            text += bytes;
        }
        row.terms = bigrams(text);
        row.terms->emplace_back("common");
        row.body = std::string(1500, 'b');
        return row;
    }

    void add_entries(ports::Changes& to, const ports::CaseRow& row, int count) {
        for (int i = 0; i < count; ++i) {
            to.journal.push_back(
                {.seq = Seq{++seq_},
                 .at = row.updated_at,
                 .case_id = row.id,
                 .type = "file",
                 .actor = "system",
                 .body = std::string(250, 'e')}
            );
        }
    }

    /// Cases of a batch share their areas, departments and sources: about one cell per case is
    /// left.
    void add_cells(ports::Changes& to) {
        for (int i = 0; i < kBatch; ++i) {
            to.cells.push_back(
                {{"area", fmt::format("{}", 110'101 + i), 20'261'120}, {seq_, 2, 3, 4, 5, 6, 7, 8}}
            );
        }
    }

    support::TempFolder folder_;
    std::unique_ptr<support::PrivatePostgres> server_;
    std::unique_ptr<ports::Store> store_;
    SeededRandom random_{20'261'120};
    std::int64_t cases_ = 0;
    std::int64_t seq_ = 0;
};

Bench& bench_of(Kind kind) {
    // A store is made when its first measurement is asked for.
    static std::unique_ptr<Bench> benches[2];
    auto& bench = benches[kind == Kind::Sqlite ? 0 : 1];
    if (bench == nullptr) {
        bench = std::make_unique<Bench>(kind);
    }
    return *bench;
}

std::size_t rows_of(const ports::Changes& changes) {
    return changes.cases.size() + changes.reports.size() + changes.journal.size() +
           changes.cells.size() + changes.idempotency.size();
}

/// A batch of 100 new cases, then three batches that move them on: rows and case changes per
/// second.
void commit_lifecycles(benchmark::State& state, Kind kind) {
    auto& bench = bench_of(kind);
    std::size_t rows = 0;
    std::size_t commits = 0;
    for (auto _ : state) {
        for (int version = 1; version <= 4; ++version) {
            state.PauseTiming();
            const auto changes = version == 1 ? bench.inserts() : bench.updates(version);
            state.ResumeTiming();
            if (const auto done = bench.store().commit(changes); !done) {
                state.SkipWithError(done.error().context.c_str());
                return;
            }
            rows += rows_of(changes);
            ++commits;
        }
    }
    state.counters["rows/s"] =
        benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsRate);
    state.counters["commands/s"] =
        benchmark::Counter(static_cast<double>(commits * kBatch), benchmark::Counter::kIsRate);
}

struct NamedQuery {
    const char* name;
    ports::CaseQuery query;
};

std::vector<NamedQuery> queries() {
    std::vector<NamedQuery> all(13);
    auto set = [&, next = std::size_t{0}](const char* name) mutable -> ports::CaseQuery& {
        all[next].name = name;
        return all[next++].query;
    };
    set("newest");
    auto& area_1 = set("area_1");
    area_1.area = "110101";
    area_1.area_level = 1;
    auto& area_2 = set("area_2");
    area_2.area = "110101016";
    area_2.area_level = 2;
    set("department").department = "department-7";
    auto& open = set("open department");
    open.open = true;
    open.department = "department-7";
    set("state").state = "handling";
    set("open").open = true;
    set("category").category = "GBT30428.2-2013/matter/0103";
    set("common word").text = "common";
    auto& both = set("common word, open, department");
    both = open;
    both.text = "common";
    set("near").cells = {{1000, 1003}, {2000, 2003}, {3000, 3003}};
    auto& filed = set("filed day");
    filed.filed_day_from = filed.filed_day_to = 20'250'102;
    auto& scoped = set("scopes");
    scoped.scope_any = {
        {"department", "department-7"}, {"collector", "collector-3"}, {"area_2", "110101016"}
    };
    return all;
}

void search(benchmark::State& state, Kind kind, const ports::CaseQuery& query) {
    auto& bench = bench_of(kind);
    std::size_t rows = 0;
    for (auto _ : state) {
        const auto found = bench.store().search(query);
        if (!found) {
            state.SkipWithError(found.error().context.c_str());
            return;
        }
        rows = found->size();
    }
    state.counters["rows"] = static_cast<double>(rows);
}

void register_all(const std::string& name, Kind kind) {
    benchmark::RegisterBenchmark((name + "/Commit").c_str(), commit_lifecycles, kind)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime()
        ->MinTime(5);
    for (const auto& item : queries()) {
        benchmark::RegisterBenchmark(
            (name + "/Search/" + item.name).c_str(), search, kind, item.query
        )
            ->Unit(benchmark::kMicrosecond)
            ->UseRealTime();
    }
}

const bool kRegistered = [] {
    register_all("sqlite", Kind::Sqlite);
    register_all("postgres", Kind::Postgres);
    return true;
}();

}  // namespace
}  // namespace chengshu
