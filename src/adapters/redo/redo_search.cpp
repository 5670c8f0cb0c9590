#include "adapters/redo/redo_store.hpp"
#include "adapters/sql/case_match.hpp"
#include "adapters/sql/case_search.hpp"

#include <algorithm>
#include <set>

namespace chengshu::redo {

Result<std::vector<ports::CaseRow>> RedoStore::search(const ports::CaseQuery& query) {
    CS_CHECK(sql::check_query(query));
    const auto terms = sql::query_terms(query);
    const auto pending = [](const Layers& all, CaseId id) {
        return std::any_of(all.begin(), all.end(), [&](const auto* layer) {
            return layer->find_case(id) != nullptr;
        });
    };
    /// Pending cases that match but whose terms are below.
    std::vector<ports::CaseRow> unsure;
    const auto below = [&]() -> Result<std::vector<ports::CaseRow>> {
        // More pages while what is pending hides some of them.
        std::vector<ports::CaseRow> rows;
        std::size_t hidden = 0;
        for (auto page = query;;) {
            CS_TRY(found, below_->search(page));
            const bool last = std::ssize(found) < page.limit;
            {
                const std::shared_lock lock{mutex_};
                const auto all = layers();
                hidden += static_cast<std::size_t>(std::count_if(
                    found.begin(),
                    found.end(),
                    [&](const auto& row) { return pending(all, row.id); }
                ));
            }
            if (!found.empty()) {
                page.after_reported_at = found.back().reported_at;
                page.after_id = found.back().id;
            }
            std::move(found.begin(), found.end(), std::back_inserter(rows));
            if (last || std::ssize(rows) >= query.limit + static_cast<std::ptrdiff_t>(hidden)) {
                return rows;
            }
        }
    };
    const auto merge = [&](std::vector<ports::CaseRow> rows, const Layers& all) {
        unsure.clear();
        if (all.empty()) {
            return rows;
        }
        std::erase_if(rows, [&](const auto& row) { return pending(all, row.id); });
        for (const auto* const* layer = all.begin(); layer != all.end(); ++layer) {
            int taken = 0;
            for (const auto& [order, at] : (*layer)->by_time()) {
                const auto& row = (*layer)->changes().cases[at].row;
                if (taken >= query.limit) {
                    break;
                }
                if (!sql::matches(row, query) ||
                    std::any_of(all.begin(), layer, [&](const auto* newer) {
                        return newer->find_case(row.id) != nullptr;
                    })) {
                    continue;
                }
                const std::vector<std::string>* has = nullptr;
                for (const auto* const* at_terms = layer; at_terms != all.end(); ++at_terms) {
                    const auto* change = (*at_terms)->find_case(row.id);
                    if (has == nullptr && change != nullptr && change->row.terms) {
                        has = &*change->row.terms;
                    }
                }
                if (terms.empty() || (has != nullptr && sql::has_terms(*has, terms))) {
                    rows.push_back(PendingChanges::given(row));
                    ++taken;
                } else if (has == nullptr) {
                    unsure.push_back(PendingChanges::given(row));
                }
            }
        }
        return rows;
    };
    auto found = merged(below, [&](auto rows, const Layers& all) {
        return Result<std::vector<ports::CaseRow>>{merge(std::move(rows), all)};
    });
    if (!found) {
        return found;
    }
    auto rows = std::move(found).value();
    if (!unsure.empty()) {
        std::vector<CaseId> ids;
        for (const auto& row : unsure) {
            ids.push_back(row.id);
        }
        CS_TRY(matching, below_->with_terms(ids, terms));
        const std::set<CaseId> sure(matching.begin(), matching.end());
        for (auto& row : unsure) {
            if (sure.contains(row.id)) {
                rows.push_back(std::move(row));
            }
        }
    }
    return sql::merge_pages(std::move(rows), query.limit);
}

}  // namespace chengshu::redo
