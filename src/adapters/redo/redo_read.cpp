#include "adapters/redo/redo_store.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace chengshu::redo {
namespace {

/// A walk through all cases reads so many at a time.
constexpr std::size_t kWalkChunk = 500;
/// How many timers are read first; more when most of them belong to pending cases.
constexpr int kTimersFirst = 32;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

void RedoStore::Layers::add(const PendingChanges* layer) {
    if (layer != nullptr && !layer->empty()) {
        all_[count_++] = layer;
    }
}

bool RedoStore::overtaken() const {
    if (!log_ && !overtaken_ && !active_->empty()) {
        const auto moved = below_->committed_up_to();
        overtaken_ = moved && *moved >= active_->last_number();
    }
    return overtaken_;
}

RedoStore::Layers RedoStore::layers() const {
    Layers out;
    if (overtaken_) {
        return out;
    }
    out.add(active_.get());
    out.add(frozen_.get());
    return out;
}

Result<std::optional<ports::CaseRow>> RedoStore::find_case(CaseId id) {
    std::optional<ports::CaseRow> out;
    if (seen(
            [&](const PendingChanges& layer) { return layer.find_case(id); },
            [&](const auto& change) { out = PendingChanges::given(change.row); }
        )) {
        return out;
    }
    return below_->find_case(id);
}

Result<std::vector<ports::CaseRow>> RedoStore::find_cases(std::span<const CaseId> ids) {
    std::vector<ports::CaseRow> rows;
    std::vector<CaseId> rest;
    static_cast<void>(overtaken());
    {
        const std::shared_lock lock{mutex_};
        const auto all = layers();
        for (const auto id : ids) {
            const ports::Changes::CaseChange* found = nullptr;
            for (const auto* layer : all) {
                found = found == nullptr ? layer->find_case(id) : found;
            }
            if (found != nullptr) {
                rows.push_back(PendingChanges::given(found->row));
            } else {
                rest.push_back(id);
            }
        }
    }
    if (!rest.empty()) {
        CS_TRY(stored, below_->find_cases(rest));
        std::move(stored.begin(), stored.end(), std::back_inserter(rows));
    }
    return rows;
}

Result<CaseId> RedoStore::last_case_number(CaseId low, CaseId high) {
    return merged(
        [&] { return below_->last_case_number(low, high); },
        [&](CaseId last, const Layers& all) -> Result<CaseId> {
            for (const auto* layer : all) {
                const auto& ids = layer->by_id();
                const auto above = ids.upper_bound(high);
                if (above != ids.begin() && std::prev(above)->first >= low) {
                    last = std::max(last, std::prev(above)->first);
                }
            }
            return last;
        }
    );
}

Result<std::vector<std::pair<std::int64_t, CaseId>>> RedoStore::timers(int limit) {
    using Timers = std::vector<std::pair<std::int64_t, CaseId>>;
    bool whole = false;
    for (int asked = std::max(limit, kTimersFirst);; asked *= 4) {
        auto found = merged(
            [&] { return below_->first_timers(asked); },
            [&](Timers stored, const Layers& all) -> Result<Timers> {
                whole = std::ssize(stored) < asked;
                // What is stored is known up to here; pending timers beyond it wait for more.
                const auto known = whole ? std::pair{kEnd, CaseId{kEnd}} : stored.back();
                std::map<CaseId, std::optional<std::int64_t>> pending;
                for (const auto* layer : all) {
                    for (const auto& [id, at] : layer->by_id()) {
                        pending.emplace(id, layer->changes().cases[at].row.next_timer);
                    }
                }
                std::erase_if(stored, [&](const auto& one) {
                    return pending.contains(one.second);
                });
                for (const auto& [id, at] : pending) {
                    if (at && std::pair{*at, id} <= known) {
                        stored.emplace_back(*at, id);
                    }
                }
                std::sort(stored.begin(), stored.end());
                return stored;
            }
        );
        if (!found || whole || std::ssize(*found) >= limit) {
            if (found && std::ssize(*found) > limit) {
                found->resize(static_cast<std::size_t>(limit));
            }
            return found;
        }
    }
}

Result<std::vector<CaseId>> RedoStore::due_timers(std::int64_t now, int limit) {
    CS_TRY(first, timers(limit));
    std::vector<CaseId> ids;
    for (const auto& [at, id] : first) {
        if (at <= now) {
            ids.push_back(id);
        }
    }
    return ids;
}

Result<std::optional<std::int64_t>> RedoStore::next_timer() {
    CS_TRY(first, timers(1));
    return first.empty() ? std::nullopt : std::optional{first.front().first};
}

Status RedoStore::each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit) {
    for (bool last = false; !last;) {
        CS_TRY(
            rows,
            merged(
                [&]() -> Result<std::vector<ports::CaseRow>> {
                    std::vector<ports::CaseRow> page;
                    CS_CHECK(below_->each_case(after, [&](const ports::CaseRow& row) {
                        page.push_back(row);
                        return page.size() < kWalkChunk;
                    }));
                    return page;
                },
                [&](std::vector<ports::CaseRow> page,
                    const Layers& all) -> Result<std::map<CaseId, ports::CaseRow>> {
                    last = page.size() < kWalkChunk;
                    std::map<CaseId, ports::CaseRow> out;
                    for (const auto* layer : all) {
                        const auto& ids = layer->by_id();
                        for (auto at = ids.upper_bound(after);
                             at != ids.end() && (last || at->first <= page.back().id);
                             ++at) {
                            out.try_emplace(
                                at->first,
                                PendingChanges::given(layer->changes().cases[at->second].row)
                            );
                        }
                    }
                    for (auto& row : page) {
                        const auto id = row.id;
                        out.try_emplace(id, std::move(row));
                    }
                    return out;
                }
            )
        );
        // Visitors may read the store themselves, so none is called under a lock.
        for (const auto& [id, row] : rows) {
            if (!visit(row)) {
                return ok();
            }
            after = id;
        }
    }
    return ok();
}

Result<std::optional<ports::ReportRow>> RedoStore::find_report(ReportId id) {
    std::optional<ports::ReportRow> out;
    if (seen(
            [&](const PendingChanges& layer) { return layer.find_report(id); },
            [&](const auto& row) { out = row; }
        )) {
        return out;
    }
    return below_->find_report(id);
}

Result<std::vector<ports::ReportRow>> RedoStore::find_reports(const ports::ReportQuery& query) {
    const auto matches = [&](const ports::ReportRow& row) {
        const auto is = [](const std::string& wanted, const std::string& value) {
            return wanted.empty() || wanted == value;
        };
        return (!query.case_id || row.case_id == query.case_id) && is(query.source, row.source) &&
               is(query.external_id, row.external_id) &&
               (query.received_from == 0 || row.received_at >= query.received_from) &&
               (query.received_to == 0 || row.received_at < query.received_to) &&
               (!query.after || row.id < query.after);
    };
    const auto add = [&](std::vector<ports::ReportRow>& rows, const PendingChanges& layer) {
        const auto& all = layer.changes().reports;
        if (query.case_id) {
            if (const auto* at = layer.reports_of(query.case_id); at != nullptr) {
                for (const auto position : *at) {
                    if (matches(all[position])) {
                        rows.push_back(all[position]);
                    }
                }
            }
            return;
        }
        const bool by_external_id = !query.source.empty() && !query.external_id.empty();
        if (by_external_id && !layer.has_external_id(query.source, query.external_id)) {
            return;
        }
        int taken = 0;
        const auto& ids = layer.reports();
        for (auto at = ids.rbegin(); at != ids.rend() && taken < query.limit; ++at) {
            if (matches(all[at->second])) {
                rows.push_back(all[at->second]);
                ++taken;
            }
        }
    };
    return merged(
        [&] { return below_->find_reports(query); },
        [&](std::vector<ports::ReportRow> rows,
            const Layers& all) -> Result<std::vector<ports::ReportRow>> {
            if (all.empty()) {
                return rows;
            }
            for (const auto* layer : all) {
                add(rows, *layer);
            }
            std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
                return a.id > b.id;
            });
            rows.erase(
                std::unique(
                    rows.begin(),
                    rows.end(),
                    [](const auto& a, const auto& b) { return a.id == b.id; }
                ),
                rows.end()
            );
            if (std::ssize(rows) > query.limit) {
                rows.resize(static_cast<std::size_t>(std::max(query.limit, 0)));
            }
            return rows;
        }
    );
}

Result<ReportId> RedoStore::last_report() {
    return merged(
        [&] { return below_->last_report(); },
        [](ReportId last, const Layers& all) -> Result<ReportId> {
            for (const auto* layer : all) {
                if (!layer->reports().empty()) {
                    last = std::max(last, layer->reports().rbegin()->first);
                }
            }
            return last;
        }
    );
}

Result<std::vector<ports::JournalRow>> RedoStore::journal(Seq after, int limit) {
    const auto end = log_ ? durable_head_.load() : kEnd;
    // Layers hold the entries that follow those below, each without gaps.
    const auto append = [&](std::vector<ports::JournalRow>& rows, const Layers& all) {
        std::array<const PendingChanges*, 3> oldest_first{};
        std::copy(all.begin(), all.end(), oldest_first.begin());
        std::reverse(
            oldest_first.begin(), oldest_first.begin() + std::distance(all.begin(), all.end())
        );
        for (const auto* layer : oldest_first) {
            if (layer == nullptr || layer->changes().journal.empty()) {
                continue;
            }
            const auto& journal = layer->changes().journal;
            const auto next = (rows.empty() ? after.value : rows.back().seq.value) + 1;
            for (auto at = std::max<std::int64_t>(next - journal.front().seq.value, 0);
                 at < std::ssize(journal) && std::ssize(rows) < limit;
                 ++at) {
                const auto& row = journal[static_cast<std::size_t>(at)];
                if (row.seq.value > end) {
                    return;
                }
                rows.push_back(row);
            }
        }
    };
    if (after.value >= end) {
        return std::vector<ports::JournalRow>{};
    }
    static_cast<void>(overtaken());
    {
        // Whoever follows the journal reads its end.
        const std::shared_lock lock{mutex_};
        const auto all = layers();
        std::int64_t first = kEnd;
        for (const auto* layer : all) {
            const auto& journal = layer->changes().journal;
            first = journal.empty() ? first : std::min(first, journal.front().seq.value);
        }
        if (first <= after.value + 1) {
            std::vector<ports::JournalRow> rows;
            append(rows, all);
            return rows;
        }
    }
    return merged(
        [&] { return below_->journal_until(after, Seq{end}, limit); },
        [&](std::vector<ports::JournalRow> rows,
            const Layers& all) -> Result<std::vector<ports::JournalRow>> {
            append(rows, all);
            return rows;
        }
    );
}

Result<std::vector<ports::JournalRow>> RedoStore::journal_of(CaseId id) {
    return merged(
        [&] { return below_->journal_of(id); },
        [&](std::vector<ports::JournalRow> rows,
            const Layers& all) -> Result<std::vector<ports::JournalRow>> {
            std::map<Seq, const ports::JournalRow*> pending;
            const auto last = rows.empty() ? Seq{} : rows.back().seq;
            for (const auto* layer : all) {
                const auto* positions = layer->journal_of(id);
                for (std::size_t i = 0; positions != nullptr && i < positions->size(); ++i) {
                    const auto& row = layer->changes().journal[(*positions)[i]];
                    if (row.seq > last) {
                        pending.emplace(row.seq, &row);
                    }
                }
            }
            for (const auto& [seq, row] : pending) {
                rows.push_back(*row);
            }
            return rows;
        }
    );
}

Result<Seq> RedoStore::head() {
    if (log_) {
        return Seq{committed_head_};
    }
    CS_TRY(below, below_->head());
    return Seq{std::max(below.value, committed_head_.load())};
}

Result<Seq> RedoStore::durable_head() {
    if (log_) {
        return Seq{durable_head_};
    }
    return head();
}

Result<std::vector<ports::CellRow>> RedoStore::cells(const ports::CellQuery& query) {
    const auto add = [&](std::map<ports::CellKey, std::vector<std::int64_t>>& to,
                         const PendingChanges& layer,
                         const std::string& subject) {
        const auto& index = layer.cells();
        const bool any = subject.empty();
        for (auto at = index.lower_bound({query.kind, subject, any ? 0 : query.day_from});
             at != index.end() && at->first.kind == query.kind &&
             (any || at->first.subject == subject);
             ++at) {
            if (at->first.day >= query.day_from && at->first.day <= query.day_to) {
                to.try_emplace(at->first, layer.changes().cells[at->second].values);
            }
        }
    };
    return merged(
        [&] { return below_->cells(query); },
        [&](std::vector<ports::CellRow> rows,
            const Layers& all) -> Result<std::vector<ports::CellRow>> {
            std::map<ports::CellKey, std::vector<std::int64_t>> pending;
            for (const auto* layer : all) {
                if (query.subjects.empty()) {
                    add(pending, *layer, {});
                }
                for (const auto& subject : query.subjects) {
                    add(pending, *layer, subject);
                }
            }
            for (auto& row : rows) {
                if (const auto newer = pending.find(row.key); newer != pending.end()) {
                    row.values = std::move(newer->second);
                    pending.erase(newer);
                }
            }
            for (auto& [key, values] : pending) {
                rows.push_back({key, std::move(values)});
            }
            std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
                return a.key < b.key;
            });
            return rows;
        }
    );
}

Result<std::optional<ports::CellRow>> RedoStore::cell(const ports::CellKey& key) {
    std::optional<ports::CellRow> out;
    if (seen(
            [&](const PendingChanges& layer) { return layer.find_cell(key); },
            [&](const auto& row) { out = row; }
        )) {
        return out;
    }
    return below_->cell(key);
}

Result<std::optional<ports::DocumentRow>>
RedoStore::document(std::string_view kind, std::string_view id) {
    std::optional<ports::DocumentRow> out;
    const std::string kind_text{kind};
    const std::string id_text{id};
    if (seen(
            [&](const PendingChanges& layer) { return layer.find_document(kind_text, id_text); },
            [&](const auto& row) {
                if (!row.body.empty()) {
                    out = row;
                }
            }
        )) {
        return out;
    }
    return below_->document(kind, id);
}

Result<std::vector<ports::DocumentRow>>
RedoStore::documents(std::string_view kind, std::string_view after, int limit) {
    std::vector<ports::DocumentRow> out;
    std::string from{after};
    for (bool last = false; !last && std::ssize(out) < limit;) {
        CS_TRY(
            page,
            merged(
                [&] { return below_->documents(kind, from, limit); },
                [&](std::vector<ports::DocumentRow> rows,
                    const Layers& all) -> Result<std::map<std::string, ports::DocumentRow>> {
                    last = std::ssize(rows) < limit;
                    const auto until = last ? std::string{} : rows.back().id;
                    std::map<std::string, ports::DocumentRow> merged_rows;
                    for (const auto* layer : all) {
                        const auto& index = layer->documents();
                        for (auto at = index.upper_bound({std::string{kind}, from});
                             at != index.end() && at->first.first == kind &&
                             (last || at->first.second <= until);
                             ++at) {
                            merged_rows.try_emplace(
                                at->first.second, layer->changes().documents[at->second]
                            );
                        }
                    }
                    for (auto& row : rows) {
                        auto id = row.id;
                        merged_rows.try_emplace(std::move(id), std::move(row));
                    }
                    from = until;
                    return merged_rows;
                }
            )
        );
        for (auto& [id, row] : page) {
            if (!row.body.empty() && std::ssize(out) < limit) {
                out.push_back(std::move(row));
            }
        }
    }
    return out;
}

Result<std::vector<ports::IdempotencyRow>> RedoStore::idempotency(std::span<const std::string> keys
) {
    std::vector<ports::IdempotencyRow> rows;
    std::vector<std::string> rest;
    static_cast<void>(overtaken());
    {
        const std::shared_lock lock{mutex_};
        const auto all = layers();
        for (const auto& key : keys) {
            const ports::IdempotencyRow* found = nullptr;
            for (const auto* layer : all) {
                found = found == nullptr ? layer->find_key(key) : found;
            }
            if (found != nullptr) {
                rows.push_back(*found);
            } else {
                rest.push_back(key);
            }
        }
    }
    if (!rest.empty()) {
        CS_TRY(stored, below_->idempotency(rest));
        std::move(stored.begin(), stored.end(), std::back_inserter(rows));
    }
    return rows;
}

}  // namespace chengshu::redo
