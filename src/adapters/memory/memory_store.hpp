#pragma once

#include "ports/store.hpp"

#include <memory>
#include <string>

namespace chengshu::memory {

/// The store as ordered maps, for tests and the simulator: the same answers as the SQL stores,
/// nothing on a disk: `sync` has nothing to do. Thread-safe. Searches walk in time order; they are
/// not meant for millions of cases.
class MemoryStore : public ports::Store {
public:
    MemoryStore();
    ~MemoryStore() override;

    /// An independent copy of everything committed: what a crash at this moment would leave.
    [[nodiscard]] std::unique_ptr<MemoryStore> clone() const;

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
    /// RuleViolation: there is nothing on a disk to copy.
    Status backup(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    ) override;
    Status set_bulk(bool on) override;
    Status dump(const ports::PartSink& show) override;
    Status load(const std::function<Status(const ports::PartSink& take)>& give) override;

private:
    struct Tables;

    std::unique_ptr<Tables> tables_;
};

}  // namespace chengshu::memory
