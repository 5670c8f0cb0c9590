#include "adapters/sql/case_match.hpp"

#include "adapters/sql/case_search.hpp"

#include <algorithm>

namespace chengshu::sql {
namespace {

using ports::CaseQuery;
using ports::CaseRow;

bool in_ranges(
    const std::optional<std::int64_t>& cell,
    std::span<const std::pair<std::int64_t, std::int64_t>> ranges
) {
    return cell && std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
               return range.first <= *cell && *cell <= range.second;
           });
}

bool in_area(const CaseRow& row, const std::string& area, int level) {
    switch (level) {
        case 0:
            return true;
        case 1:
            return row.area_1 == area;
        case 2:
            return row.area_2 == area;
        default:
            return row.path.find("/" + area + "/") != std::string::npos;
    }
}

bool in_category(const CaseRow& row, const std::string& category) {
    if (category.ends_with('*')) {
        return row.category.starts_with(std::string_view{category}.substr(0, category.size() - 1));
    }
    return category.empty() || row.category == category;
}

bool in_categories(const CaseRow& row, const std::vector<std::string>& categories) {
    return categories.empty() ||
           std::find(categories.begin(), categories.end(), row.category) != categories.end();
}

bool in_scope(const CaseRow& row, const std::pair<std::string, std::string>& scope) {
    const auto& [kind, value] = scope;
    return kind == "area_1"       ? row.area_1 == value
           : kind == "area_2"     ? row.area_2 == value
           : kind == "path"       ? in_area(row, value, 3)
           : kind == "department" ? row.department == value
                                  : row.collector == value;
}

bool equal_or_any(const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
}

bool in_days(int day, int from, int to) {
    return (from == 0 || day >= from) && (to == 0 || day <= to);
}

bool in_times(const CaseRow& row, const CaseQuery& query) {
    if ((query.reported_from != 0 && row.reported_at < query.reported_from) ||
        (query.reported_to != 0 && row.reported_at >= query.reported_to) ||
        !in_days(row.reported_day, query.reported_day_from, query.reported_day_to)) {
        return false;
    }
    const auto marked = [](int day, int from, int to) {
        return (from == 0 && to == 0) || (day != 0 && in_days(day, from, to));
    };
    return marked(row.filed_day, query.filed_day_from, query.filed_day_to) &&
           marked(row.closed_day, query.closed_day_from, query.closed_day_to);
}

}  // namespace

bool matches(const CaseRow& row, const CaseQuery& query) {
    if (query.after_reported_at != 0 || query.after_id) {
        CaseRow after;
        after.reported_at = query.after_reported_at;
        after.id = query.after_id;
        if (!newer(after, row)) {
            return false;
        }
    }
    return (query.area.empty() || in_area(row, query.area, query.area_level)) &&
           in_category(row, query.category) && in_categories(row, query.categories) &&
           in_times(row, query) && equal_or_any(query.state, row.state) &&
           (!query.open || *query.open == row.open) &&
           equal_or_any(query.department, row.department) && equal_or_any(query.queue, row.queue) &&
           equal_or_any(query.holder, row.holder) && equal_or_any(query.source, row.source) &&
           equal_or_any(query.collector, row.collector) &&
           (row.facts & query.facts_mask) == query.facts_mask &&
           (query.cells.empty() || in_ranges(row.cell, query.cells)) &&
           (!query.parent || row.parent == query.parent) &&
           (query.scope_any.empty() ||
            std::any_of(query.scope_any.begin(), query.scope_any.end(), [&](const auto& scope) {
                return in_scope(row, scope);
            }));
}

bool has_terms(std::span<const std::string> has, std::span<const std::string> wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& term) {
        return std::find(has.begin(), has.end(), term) != has.end();
    });
}

}  // namespace chengshu::sql
