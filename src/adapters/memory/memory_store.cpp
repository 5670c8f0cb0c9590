#include "adapters/memory/memory_store.hpp"

#include "adapters/sql/case_match.hpp"
#include "adapters/sql/case_search.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <shared_mutex>

namespace chengshu::memory {
namespace {

using ports::CaseQuery;
using ports::CaseRow;

bool equal_or_any(const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
}

/// What a store gives back: a row without its terms.
CaseRow given(const CaseRow& row) {
    auto copy = row;
    copy.terms.reset();
    return copy;
}

}  // namespace

struct MemoryStore::Tables {
    mutable std::shared_mutex mutex;
    std::map<CaseId, CaseRow> cases;  ///< terms always set, perhaps empty
    std::set<std::pair<std::int64_t, CaseId>> by_time;
    std::set<std::pair<std::int64_t, CaseId>> timers;
    std::map<ReportId, ports::ReportRow> reports;
    std::set<std::pair<std::string, std::string>> external_ids;
    std::vector<ports::JournalRow> journal;  ///< seq n at n - 1
    std::map<CaseId, std::vector<Seq>> journal_of;
    std::map<ports::CellKey, std::vector<std::int64_t>> cells;
    std::map<std::pair<std::string, std::string>, std::string, std::less<>> documents;
    std::map<std::string, ports::IdempotencyRow, std::less<>> idempotency;

    [[nodiscard]] Status check(const ports::Changes& changes) const;
    [[nodiscard]] Status check_cases(const ports::Changes& changes) const;
    [[nodiscard]] Status check_reports(const ports::Changes& changes) const;
    void put_case(const CaseRow& row);
    void unindex(const CaseRow& row);
};

Status MemoryStore::Tables::check_cases(const ports::Changes& changes) const {
    // What this very commit has done to a case counts: a case may be changed twice in a batch.
    std::map<CaseId, std::pair<std::int64_t, std::int64_t>> pending;
    for (const auto& change : changes.cases) {
        const auto& row = change.row;
        const auto stored = cases.find(row.id);
        const auto changed = pending.find(row.id);
        const bool exists = stored != cases.end() || changed != pending.end();
        if (change.insert == exists) {
            return fail(
                ErrorCode::Conflict, exists ? "the case exists" : "the case does not exist"
            );
        }
        if (exists) {
            const auto [version, reported_at] =
                changed != pending.end()
                    ? changed->second
                    : std::pair{stored->second.version, stored->second.reported_at};
            if (version != change.expected_version || reported_at != row.reported_at) {
                return fail(ErrorCode::Conflict, "the case has another version or time of report");
            }
        }
        pending[row.id] = {row.version, row.reported_at};
    }
    return ok();
}

Status MemoryStore::Tables::check_reports(const ports::Changes& changes) const {
    std::set<ReportId> ids;
    std::set<std::pair<std::string, std::string>> external;
    for (const auto& row : changes.reports) {
        const std::pair key{row.source, row.external_id};
        const bool taken = !row.external_id.empty() &&
                           (external_ids.contains(key) || !external.insert(key).second);
        if (taken || reports.contains(row.id) || !ids.insert(row.id).second) {
            return fail(ErrorCode::Conflict, "the report exists");
        }
    }
    return ok();
}

Status MemoryStore::Tables::check(const ports::Changes& changes) const {
    CS_CHECK(check_cases(changes));
    CS_CHECK(check_reports(changes));
    auto last = static_cast<std::int64_t>(journal.size());
    for (const auto& row : changes.journal) {
        if (row.seq.value != ++last) {
            return fail(ErrorCode::Conflict, "the journal entry does not follow the last one");
        }
    }
    std::set<std::string_view> keys;
    for (const auto& row : changes.idempotency) {
        if (idempotency.contains(row.key) || !keys.insert(row.key).second) {
            return fail(ErrorCode::Conflict, "the idempotency key exists");
        }
    }
    return ok();
}

void MemoryStore::Tables::unindex(const CaseRow& row) {
    by_time.erase({row.reported_at, row.id});
    if (row.next_timer) {
        timers.erase({*row.next_timer, row.id});
    }
}

void MemoryStore::Tables::put_case(const CaseRow& row) {
    auto& stored = cases[row.id];
    auto terms = row.terms ? row.terms : stored.terms;
    unindex(stored);
    stored = row;
    stored.terms = terms.value_or(std::vector<std::string>{});
    by_time.insert({row.reported_at, row.id});
    if (row.next_timer) {
        timers.insert({*row.next_timer, row.id});
    }
}

MemoryStore::MemoryStore() : tables_(std::make_unique<Tables>()) {}

MemoryStore::~MemoryStore() = default;

std::unique_ptr<MemoryStore> MemoryStore::clone() const {
    auto copy = std::make_unique<MemoryStore>();
    const std::shared_lock lock{tables_->mutex};
    auto& to = *copy->tables_;
    const auto& from = *tables_;
    to.cases = from.cases;
    to.by_time = from.by_time;
    to.timers = from.timers;
    to.reports = from.reports;
    to.external_ids = from.external_ids;
    to.journal = from.journal;
    to.journal_of = from.journal_of;
    to.cells = from.cells;
    to.documents = from.documents;
    to.idempotency = from.idempotency;
    return copy;
}

Status MemoryStore::commit(const ports::Changes& changes) {
    auto& tables = *tables_;
    const std::unique_lock lock{tables.mutex};
    CS_CHECK(tables.check(changes));
    for (const auto& change : changes.cases) {
        tables.put_case(change.row);
    }
    for (const auto& row : changes.reports) {
        tables.reports[row.id] = row;
        if (!row.external_id.empty()) {
            tables.external_ids.insert({row.source, row.external_id});
        }
    }
    for (const auto& row : changes.journal) {
        tables.journal.push_back(row);
        if (row.case_id) {
            tables.journal_of[row.case_id].push_back(row.seq);
        }
    }
    for (const auto& row : changes.cells) {
        tables.cells[row.key] = row.values;
    }
    for (const auto& row : changes.documents) {
        if (row.body.empty()) {
            tables.documents.erase({row.kind, row.id});
        } else {
            tables.documents[{row.kind, row.id}] = row.body;
        }
    }
    for (const auto& row : changes.idempotency) {
        tables.idempotency[row.key] = row;
    }
    return ok();
}

Status MemoryStore::sync() {
    return ok();
}

Result<std::optional<CaseRow>> MemoryStore::find_case(CaseId id) {
    const std::shared_lock lock{tables_->mutex};
    const auto found = tables_->cases.find(id);
    return found == tables_->cases.end() ? std::nullopt : std::optional{given(found->second)};
}

Result<std::vector<CaseRow>> MemoryStore::find_cases(std::span<const CaseId> ids) {
    const std::shared_lock lock{tables_->mutex};
    std::vector<CaseRow> rows;
    for (const auto id : ids) {
        if (const auto found = tables_->cases.find(id); found != tables_->cases.end()) {
            rows.push_back(given(found->second));
        }
    }
    return rows;
}

Result<std::vector<CaseRow>> MemoryStore::search(const CaseQuery& query) {
    CS_CHECK(sql::check_query(query));
    const auto terms = sql::query_terms(query);
    const std::shared_lock lock{tables_->mutex};
    std::vector<CaseRow> rows;
    const auto& order = tables_->by_time;
    for (auto at = order.rbegin(); at != order.rend() && std::ssize(rows) < query.limit; ++at) {
        const auto& row = tables_->cases.at(at->second);
        if (sql::matches(row, query) && sql::has_terms(*row.terms, terms)) {
            rows.push_back(given(row));
        }
    }
    return rows;
}

Result<CaseId> MemoryStore::last_case_number(CaseId low, CaseId high) {
    const std::shared_lock lock{tables_->mutex};
    const auto above = tables_->cases.upper_bound(high);
    if (above == tables_->cases.begin() || std::prev(above)->first < low) {
        return CaseId{};
    }
    return std::prev(above)->first;
}

Result<std::vector<CaseId>> MemoryStore::due_timers(std::int64_t now, int limit) {
    const std::shared_lock lock{tables_->mutex};
    std::vector<CaseId> ids;
    for (const auto& [at, id] : tables_->timers) {
        if (at > now || std::ssize(ids) >= limit) {
            break;
        }
        ids.push_back(id);
    }
    return ids;
}

Result<std::optional<std::int64_t>> MemoryStore::next_timer() {
    const std::shared_lock lock{tables_->mutex};
    const auto& timers = tables_->timers;
    return timers.empty() ? std::nullopt : std::optional{timers.begin()->first};
}

Status MemoryStore::each_case(CaseId after, const std::function<bool(const CaseRow&)>& visit) {
    for (;;) {
        CaseRow row;
        {
            const std::shared_lock lock{tables_->mutex};
            const auto next = tables_->cases.upper_bound(after);
            if (next == tables_->cases.end()) {
                return ok();
            }
            row = given(next->second);
        }
        after = row.id;
        if (!visit(row)) {
            return ok();
        }
    }
}

Result<std::optional<ports::ReportRow>> MemoryStore::find_report(ReportId id) {
    const std::shared_lock lock{tables_->mutex};
    const auto found = tables_->reports.find(id);
    return found == tables_->reports.end() ? std::nullopt : std::optional{found->second};
}

Result<std::vector<ports::ReportRow>> MemoryStore::find_reports(const ports::ReportQuery& query) {
    const std::shared_lock lock{tables_->mutex};
    std::vector<ports::ReportRow> rows;
    const auto& reports = tables_->reports;
    for (auto at = reports.rbegin(); at != reports.rend() && std::ssize(rows) < query.limit; ++at) {
        const auto& row = at->second;
        if ((!query.case_id || row.case_id == query.case_id) &&
            equal_or_any(query.source, row.source) &&
            equal_or_any(query.external_id, row.external_id) &&
            (query.received_from == 0 || row.received_at >= query.received_from) &&
            (query.received_to == 0 || row.received_at < query.received_to) &&
            (!query.after || row.id < query.after)) {
            rows.push_back(row);
        }
    }
    return rows;
}

Result<ReportId> MemoryStore::last_report() {
    const std::shared_lock lock{tables_->mutex};
    return tables_->reports.empty() ? ReportId{} : tables_->reports.rbegin()->first;
}

Result<std::vector<ports::JournalRow>> MemoryStore::journal(Seq after, int limit) {
    const std::shared_lock lock{tables_->mutex};
    const auto& all = tables_->journal;
    std::vector<ports::JournalRow> rows;
    for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(after.value, 0));
         i < all.size() && std::ssize(rows) < limit;
         ++i) {
        rows.push_back(all[i]);
    }
    return rows;
}

Result<std::vector<ports::JournalRow>> MemoryStore::journal_of(CaseId id) {
    const std::shared_lock lock{tables_->mutex};
    std::vector<ports::JournalRow> rows;
    if (const auto found = tables_->journal_of.find(id); found != tables_->journal_of.end()) {
        for (const auto seq : found->second) {
            rows.push_back(tables_->journal[static_cast<std::size_t>(seq.value - 1)]);
        }
    }
    return rows;
}

Result<Seq> MemoryStore::head() {
    const std::shared_lock lock{tables_->mutex};
    return Seq{static_cast<std::int64_t>(tables_->journal.size())};
}

Result<Seq> MemoryStore::durable_head() {
    return head();
}

Result<std::vector<ports::CellRow>> MemoryStore::cells(const ports::CellQuery& query) {
    const std::shared_lock lock{tables_->mutex};
    const std::set<std::string> wanted(query.subjects.begin(), query.subjects.end());
    std::vector<ports::CellRow> rows;
    auto at = tables_->cells.lower_bound({query.kind, "", 0});
    for (; at != tables_->cells.end() && at->first.kind == query.kind; ++at) {
        const auto& key = at->first;
        if ((wanted.empty() || wanted.contains(key.subject)) && key.day >= query.day_from &&
            key.day <= query.day_to) {
            rows.push_back({key, at->second});
        }
    }
    return rows;
}

Result<std::optional<ports::CellRow>> MemoryStore::cell(const ports::CellKey& key) {
    const std::shared_lock lock{tables_->mutex};
    const auto found = tables_->cells.find(key);
    return found == tables_->cells.end() ? std::nullopt
                                         : std::optional{ports::CellRow{key, found->second}};
}

Result<std::optional<ports::DocumentRow>>
MemoryStore::document(std::string_view kind, std::string_view id) {
    const std::shared_lock lock{tables_->mutex};
    const auto found = tables_->documents.find(std::pair{std::string{kind}, std::string{id}});
    if (found == tables_->documents.end()) {
        return std::optional<ports::DocumentRow>{};
    }
    return std::optional{ports::DocumentRow{std::string{kind}, std::string{id}, found->second}};
}

Result<std::vector<ports::DocumentRow>>
MemoryStore::documents(std::string_view kind, std::string_view after, int limit) {
    const std::shared_lock lock{tables_->mutex};
    std::vector<ports::DocumentRow> rows;
    auto at = tables_->documents.upper_bound(std::pair{std::string{kind}, std::string{after}});
    if (after.empty()) {
        at = tables_->documents.lower_bound(std::pair{std::string{kind}, std::string{}});
    }
    for (; at != tables_->documents.end() && at->first.first == kind && std::ssize(rows) < limit;
         ++at) {
        rows.push_back({at->first.first, at->first.second, at->second});
    }
    return rows;
}

Result<std::vector<ports::IdempotencyRow>> MemoryStore::idempotency(
    std::span<const std::string> keys
) {
    const std::shared_lock lock{tables_->mutex};
    std::vector<ports::IdempotencyRow> rows;
    for (const auto& key : keys) {
        if (const auto found = tables_->idempotency.find(key);
            found != tables_->idempotency.end()) {
            rows.push_back(found->second);
        }
    }
    return rows;
}

Result<int> MemoryStore::prune_idempotency(std::int64_t before, int limit) {
    const std::unique_lock lock{tables_->mutex};
    std::vector<std::pair<std::int64_t, std::string>> old;
    for (const auto& [key, row] : tables_->idempotency) {
        if (row.at < before) {
            old.emplace_back(row.at, key);
        }
    }
    std::sort(old.begin(), old.end());
    old.resize(std::min(old.size(), static_cast<std::size_t>(std::max(limit, 0))));
    for (const auto& [at, key] : old) {
        tables_->idempotency.erase(key);
    }
    return static_cast<int>(old.size());
}

Result<ports::StoreStats> MemoryStore::stats() {
    const std::shared_lock lock{tables_->mutex};
    ports::StoreStats stats;
    stats.cases = std::ssize(tables_->cases);
    stats.reports = std::ssize(tables_->reports);
    stats.head = Seq{std::ssize(tables_->journal)};
    return stats;
}

Status MemoryStore::backup(
    const std::string& /*to*/,
    const std::function<void(std::int64_t, std::int64_t)>& /*progress*/
) {
    return fail(ErrorCode::RuleViolation, "the memory store has no backup; use clone()");
}

Status MemoryStore::set_bulk(bool /*on*/) {
    return ok();
}

Status MemoryStore::dump(const ports::PartSink& show) {
    const std::shared_lock lock{tables_->mutex};
    ports::Changes all;
    for (const auto& [id, row] : tables_->cases) {
        all.cases.push_back({given(row), true, 0});
    }
    for (const auto& [id, row] : tables_->reports) {
        all.reports.push_back(row);
    }
    all.journal = tables_->journal;
    for (const auto& [key, values] : tables_->cells) {
        all.cells.push_back({key, values});
    }
    for (const auto& [key, body] : tables_->documents) {
        all.documents.push_back({key.first, key.second, body});
    }
    for (const auto& [key, row] : tables_->idempotency) {
        all.idempotency.push_back(row);
    }
    return all.empty() ? ok() : show(all);
}

Status MemoryStore::load(const std::function<Status(const ports::PartSink& take)>& give) {
    {
        const std::shared_lock lock{tables_->mutex};
        if (!tables_->cases.empty() || !tables_->reports.empty() || !tables_->journal.empty() ||
            !tables_->cells.empty() || !tables_->documents.empty() ||
            !tables_->idempotency.empty()) {
            return fail(ErrorCode::Conflict, "the store is not empty");
        }
    }
    auto done = give([this](const ports::Changes& part) { return commit(part); });
    if (!done) {
        tables_ = std::make_unique<Tables>();
    }
    return done;
}

}  // namespace chengshu::memory
