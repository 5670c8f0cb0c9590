#include "adapters/redo/pending_changes.hpp"

#include <algorithm>

namespace chengshu::redo {
namespace {

template <class Positions>
const std::vector<std::size_t>* positions_of(const Positions& all, CaseId id) {
    const auto found = all.find(id);
    return found == all.end() ? nullptr : &found->second;
}

template <class Index, class Key, class Rows>
auto row_of(const Index& index, const Key& key, const Rows& rows) -> decltype(rows.data()) {
    const auto found = index.find(key);
    return found == index.end() ? nullptr : &rows[found->second];
}

/// Puts the row in the place of the one with its key, or at the end.
template <class Index, class Key, class Row>
void put(Index& index, Key key, std::vector<Row>& rows, const Row& row) {
    const auto [place, fresh] = index.try_emplace(std::move(key), rows.size());
    if (fresh) {
        rows.push_back(row);
    } else {
        rows[place->second] = row;
    }
}

}  // namespace

void PendingChanges::add_case(const ports::Changes::CaseChange& change) {
    const auto& row = change.row;
    const auto [place, fresh] = cases_.try_emplace(row.id, changes_.cases.size());
    if (fresh) {
        by_time_.emplace(std::pair{row.reported_at, row.id}, changes_.cases.size());
        changes_.cases.push_back(change);
        inserted_cases_ += change.insert ? 1 : 0;
        return;
    }
    auto& stored = changes_.cases[place->second].row;
    auto terms = row.terms ? row.terms : std::move(stored.terms);
    stored = row;
    stored.terms = std::move(terms);
}

void PendingChanges::add(const ports::Changes& changes, std::int64_t number) {
    for (const auto& change : changes.cases) {
        add_case(change);
    }
    for (const auto& row : changes.reports) {
        if (row.case_id) {
            reports_of_[row.case_id].push_back(changes_.reports.size());
        }
        if (!row.external_id.empty()) {
            external_ids_.emplace(row.source, row.external_id);
        }
        reports_.emplace(row.id, changes_.reports.size());
        changes_.reports.push_back(row);
    }
    for (const auto& row : changes.journal) {
        if (row.case_id) {
            journal_of_[row.case_id].push_back(changes_.journal.size());
        }
        changes_.journal.push_back(row);
    }
    for (const auto& row : changes.cells) {
        put(cells_, row.key, changes_.cells, row);
    }
    for (const auto& row : changes.documents) {
        put(documents_, std::pair{row.kind, row.id}, changes_.documents, row);
    }
    for (const auto& row : changes.idempotency) {
        put(keys_, row.key, changes_.idempotency, row);
        oldest_key_ = std::min(oldest_key_.value_or(row.at), row.at);
    }
    last_number_ = number;
}

ports::CaseRow PendingChanges::given(const ports::CaseRow& row) {
    auto copy = row;
    copy.terms.reset();
    return copy;
}

const ports::Changes::CaseChange* PendingChanges::find_case(CaseId id) const {
    return row_of(cases_, id, changes_.cases);
}

const ports::ReportRow* PendingChanges::find_report(ReportId id) const {
    return row_of(reports_, id, changes_.reports);
}

bool PendingChanges::has_external_id(const std::string& source, const std::string& id) const {
    return external_ids_.contains({source, id});
}

const ports::CellRow* PendingChanges::find_cell(const ports::CellKey& key) const {
    return row_of(cells_, key, changes_.cells);
}

const ports::DocumentRow*
PendingChanges::find_document(const std::string& kind, const std::string& id) const {
    return row_of(documents_, std::pair{kind, id}, changes_.documents);
}

const ports::IdempotencyRow* PendingChanges::find_key(const std::string& key) const {
    return row_of(keys_, key, changes_.idempotency);
}

const std::vector<std::size_t>* PendingChanges::reports_of(CaseId id) const {
    return positions_of(reports_of_, id);
}

const std::vector<std::size_t>* PendingChanges::journal_of(CaseId id) const {
    return positions_of(journal_of_, id);
}

}  // namespace chengshu::redo
