#pragma once

#include "ports/store.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chengshu::redo {

/// Commits that the store below does not have yet, put together to one: of a case, a cell or a
/// document that was changed several times only the last state is left. With the indexes by which
/// it is read meanwhile. Not thread-safe.
class PendingChanges {
public:
    explicit PendingChanges(std::int64_t part) : part_(part) {}

    /// The changes fit what is stored and pending; the caller has seen to it. `number` is the
    /// commit's.
    void add(const ports::Changes& changes, std::int64_t number);

    [[nodiscard]] std::int64_t part() const { return part_; }

    /// Number of the last commit in it, 0 when empty.
    [[nodiscard]] std::int64_t last_number() const { return last_number_; }

    [[nodiscard]] bool empty() const { return last_number_ == 0; }

    /// All of it, as one commit to the store below.
    [[nodiscard]] const ports::Changes& changes() const { return changes_; }

    [[nodiscard]] std::int64_t inserted_cases() const { return inserted_cases_; }

    /// A row as a store gives it: without its terms.
    static ports::CaseRow given(const ports::CaseRow& row);

    /// Null when there is nothing about it here. Pointers hold until the next `add`.
    [[nodiscard]] const ports::Changes::CaseChange* find_case(CaseId id) const;
    [[nodiscard]] const ports::ReportRow* find_report(ReportId id) const;
    [[nodiscard]] bool has_external_id(const std::string& source, const std::string& id) const;
    [[nodiscard]] const ports::CellRow* find_cell(const ports::CellKey& key) const;
    /// With an empty body when it has been deleted.
    [[nodiscard]] const ports::DocumentRow*
    find_document(const std::string& kind, const std::string& id) const;
    [[nodiscard]] const ports::IdempotencyRow* find_key(const std::string& key) const;

    /// (reported_at, id) → position among the cases.
    using CaseOrder = std::map<std::pair<std::int64_t, CaseId>, std::size_t, std::greater<>>;

    /// Newest report first.
    [[nodiscard]] const CaseOrder& by_time() const { return by_time_; }

    /// By number.
    [[nodiscard]] const std::map<CaseId, std::size_t>& by_id() const { return cases_; }

    [[nodiscard]] const std::map<ports::CellKey, std::size_t>& cells() const { return cells_; }

    /// (kind, id) → position among the documents; deleted ones have no body.
    using Documents = std::map<std::pair<std::string, std::string>, std::size_t>;

    [[nodiscard]] const Documents& documents() const { return documents_; }

    /// By number.
    [[nodiscard]] const std::map<ReportId, std::size_t>& reports() const { return reports_; }

    /// Positions among the reports, ascending.
    [[nodiscard]] const std::vector<std::size_t>* reports_of(CaseId id) const;
    /// Positions among the journal's entries, ascending.
    [[nodiscard]] const std::vector<std::size_t>* journal_of(CaseId id) const;

    /// When the first idempotency key in it was used, ms UTC; none without keys.
    [[nodiscard]] std::optional<std::int64_t> oldest_key() const { return oldest_key_; }

private:
    void add_case(const ports::Changes::CaseChange& change);

    std::int64_t part_;
    std::int64_t last_number_ = 0;
    std::int64_t inserted_cases_ = 0;
    std::optional<std::int64_t> oldest_key_;
    ports::Changes changes_;
    std::map<CaseId, std::size_t> cases_;
    CaseOrder by_time_;
    std::map<ReportId, std::size_t> reports_;
    std::unordered_map<CaseId, std::vector<std::size_t>> reports_of_;
    std::set<std::pair<std::string, std::string>> external_ids_;
    std::unordered_map<CaseId, std::vector<std::size_t>> journal_of_;
    std::map<ports::CellKey, std::size_t> cells_;
    Documents documents_;
    std::unordered_map<std::string, std::size_t> keys_;
};

}  // namespace chengshu::redo
