#pragma once

#include "ports/store.hpp"

#include <memory>
#include <string>
#include <unistd.h>

namespace chengshu::sqlite {

struct Options {
    /// Connections for reads; further readers wait for one of them.
    int readers = 4;
    /// Make the file when it does not exist; otherwise that is an error.
    bool create = true;
    /// For a look at a file that a server may be using: no guard, no migration; commits are
    /// refused.
    bool read_only = false;
    /// What makes a file durable, as ::fdatasync; another one only in tests.
    int (*sync_file)(int file) = ::fdatasync;
    int writer_cache_kib = 24 * 1024;
    int reader_cache_kib = 4 * 1024;
};

/// The store in one SQLite file. Commits go to its WAL without waiting for the disk; `sync` waits,
/// on whatever thread calls it (docs/adr/0009). Beside it live "<path>-wal", "<path>-shm"
/// (SQLite's) and "<path>-lock", which is held while a server uses the file.
class SqliteStore final : public ports::Store {
public:
    /// StorageUnavailable with the reason and the way out: missing, not a database, damaged, of
    /// another program, of a newer version, or in use by another server.
    static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, Options options);

    ~SqliteStore() override;

    Status commit(const ports::Changes& changes) override;
    Status sync() override;

    Result<std::optional<ports::CaseRow>> find_case(CaseId id) override;
    Result<std::vector<ports::CaseRow>> find_cases(std::span<const CaseId> ids) override;
    Result<std::vector<ports::CaseRow>> search(const ports::CaseQuery& query) override;
    Result<CaseId> last_case_number(CaseId low, CaseId high) override;
    Result<std::vector<CaseId>> due_timers(std::int64_t now, int limit) override;
    Result<std::optional<std::int64_t>> next_timer() override;
    Status each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit)
        override;

    Result<std::optional<ports::ReportRow>> find_report(ReportId id) override;
    Result<std::vector<ports::ReportRow>> find_reports(const ports::ReportQuery& query) override;
    Result<ReportId> last_report() override;

    Result<std::vector<ports::JournalRow>> journal(Seq after, int limit) override;
    Result<std::vector<ports::JournalRow>> journal_of(CaseId id) override;
    Result<Seq> head() override;
    Result<Seq> durable_head() override;

    Result<std::vector<ports::CellRow>> cells(const ports::CellQuery& query) override;
    Result<std::optional<ports::CellRow>> cell(const ports::CellKey& key) override;

    Result<std::optional<ports::DocumentRow>> document(std::string_view kind, std::string_view id)
        override;
    Result<std::vector<ports::DocumentRow>>
    documents(std::string_view kind, std::string_view after, int limit) override;

    Result<std::vector<ports::IdempotencyRow>> idempotency(std::span<const std::string> keys
    ) override;
    Result<int> prune_idempotency(std::int64_t before, int limit) override;

    Result<ports::StoreStats> stats() override;
    /// `to` must not exist; it appears only when it is complete. Writers are not held up.
    Status backup(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    ) override;
    Status set_bulk(bool on) override;
    Status dump(const ports::PartSink& show) override;
    Status load(const std::function<Status(const ports::PartSink& take)>& give) override;

    // For a redo log above this store (adapters/redo).

    /// As `commit`; and remembers that it holds all commits of the log up to this one.
    Status commit_up_to(const ports::Changes& changes, std::int64_t number);
    /// As `journal`, of all that is committed up to `last`.
    Result<std::vector<ports::JournalRow>> journal_until(Seq after, Seq last, int limit);
    /// The number given last, 0: none yet.
    Result<std::int64_t> committed_up_to();

    /// Whether cases of this time, ms UTC, can have terms.
    static bool can_index(std::int64_t reported_at);

    struct StoredVersion {
        std::int64_t version = 0;
        std::int64_t reported_at = 0;
    };

    Result<std::optional<StoredVersion>> stored_version(CaseId id);
    /// Those of the cases whose stored text has all these terms.
    Result<std::vector<CaseId>>
    with_terms(std::span<const CaseId> ids, std::span<const std::string> terms);
    /// The earliest timers, (ms UTC, case).
    Result<std::vector<std::pair<std::int64_t, CaseId>>> first_timers(int limit);

    /// What SQLite plans to do for a search: lines of EXPLAIN QUERY PLAN, for tests and operators.
    Result<std::vector<std::string>> explain(const ports::CaseQuery& query);

private:
    struct Impl;

    explicit SqliteStore(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::sqlite
