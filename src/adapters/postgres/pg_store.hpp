#pragma once

#include "ports/store.hpp"

#include <memory>
#include <string>

namespace chengshu::postgres {

struct Options {
    /// Connections for reads; further readers wait for one of them.
    int readers = 4;
    /// For a look at a database that a server may be using: no guard, no migration; commits are
    /// refused.
    bool read_only = false;
};

/// The store in a PostgreSQL database. One connection writes and holds an advisory lock, so that a
/// second server on the same database is refused. A commit is durable by itself: `sync` has nothing
/// to do. Lost connections are opened again at the next
/// use, after a growing pause; calls in between fail at once with StorageUnavailable.
class PgStore final : public ports::Store {
public:
    /// `conninfo` as libpq takes it: "host=… dbname=…" or "postgresql://…". StorageUnavailable with
    /// the reason and the way out: unreachable, of a newer version, not initialised, or in use by
    /// another server.
    static Result<std::unique_ptr<PgStore>> open(const std::string& conninfo, Options options);

    ~PgStore() override;

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
    /// Runs pg_dump (custom format, for pg_restore) of the newest version that is installed. `to`
    /// must not exist; it appears only when it is complete. RuleViolation when there is no pg_dump.
    Status backup(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    ) override;
    Status set_bulk(bool on) override;
    Status dump(const ports::PartSink& show) override;
    Status load(const std::function<Status(const ports::PartSink& take)>& give) override;

    /// What PostgreSQL plans to do for a search: lines of EXPLAIN, for tests and operators.
    Result<std::vector<std::string>> explain(const ports::CaseQuery& query);

private:
    struct Impl;

    explicit PgStore(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::postgres
