#include "adapters/sql/case_search.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <set>

namespace chengshu::sql {
namespace {

constexpr std::int64_t kHour = 3'600'000;
/// Up to this many days of filing or closing the index on them reads less than a walk through
/// reported times.
constexpr int kMarkedDaysMax = 7;
constexpr std::size_t kScopesApartMax = 16;

std::int64_t utc_midnight(int day_key) {
    using namespace std::chrono;
    const year_month_day date{
        year{day_key / 10000},
        month{static_cast<unsigned>(day_key / 100 % 100)},
        day{static_cast<unsigned>(day_key % 100)}
    };
    return sys_time<milliseconds>{sys_days{date}}.time_since_epoch().count();
}

/// Local midnight, in any zone, of the day: zones run from UTC-12 to UTC+14.
std::int64_t earliest_start(int day_key) {
    return utc_midnight(day_key) - 14 * kHour;
}

std::int64_t latest_end(int day_key) {
    return utc_midnight(day_key) + 36 * kHour;
}

std::string contains(Dialect dialect, std::string_view column, const std::string& parameter) {
    return fmt::format(
        "{}({}, {}) > 0", dialect == Dialect::Sqlite ? "instr" : "strpos", column, parameter
    );
}

std::string scope_condition(Conditions& to, const Scope& scope, Dialect dialect) {
    if (scope.first == "path") {
        return contains(dialect, "c.path", to.bind(Value{"/" + scope.second + "/"}));
    }
    return fmt::format("c.{} = {}", scope.first, to.bind(Value{scope.second}));
}

void add_equal(Conditions& to, std::string_view column, const std::string& value) {
    if (!value.empty()) {
        to.add(fmt::format("c.{} = {}", column, to.bind(Value{value})));
    }
}

void add_day_range(Conditions& to, std::string_view column, int from, int day_to) {
    if (from != 0) {
        to.add(fmt::format("c.{} >= {}", column, to.bind(Value{std::int64_t{from}})));
    }
    if (day_to != 0) {
        to.add(fmt::format("c.{} <= {}", column, to.bind(Value{std::int64_t{day_to}})));
    }
}

bool few_days(int from, int to) {
    return from != 0 && to != 0 &&
           utc_midnight(to) - utc_midnight(from) < kMarkedDaysMax * 24 * kHour;
}

void add_area(Conditions& to, const ports::CaseQuery& query, Dialect dialect) {
    if (query.area.empty() || query.area_level == 0) {
        return;
    }
    if (query.area_level <= 2) {
        add_equal(to, query.area_level == 1 ? "area_1" : "area_2", query.area);
    } else {
        to.add(contains(dialect, "c.path", to.bind(Value{"/" + query.area + "/"})));
    }
}

void add_category(Conditions& to, const std::string& category) {
    if (!category.ends_with('*')) {
        add_equal(to, "category", category);
    } else if (category.size() > 1) {
        const auto prefix = category.substr(0, category.size() - 1);
        const auto length = static_cast<std::int64_t>(utf8_length(prefix));
        const auto length_parameter = to.bind(Value{length});
        to.add(fmt::format(
            "substr(c.category, 1, CAST({} AS integer)) = {}",
            length_parameter,
            to.bind(Value{prefix})
        ));
    }
}

void add_categories(Conditions& to, const std::vector<std::string>& categories) {
    std::string any;
    for (const auto& category : categories) {
        any += any.empty() ? "c.category IN (" : ", ";
        any += to.bind(Value{category});
    }
    if (!any.empty()) {
        to.add(any + ")");
    }
}

/// Valid calendar keys only: the bounds are computed from them.
bool is_day(int key) {
    using namespace std::chrono;
    return key == 0 || (key > 0 && key <= 9999'12'31 &&
                        year_month_day{
                            year{key / 10000},
                            month{static_cast<unsigned>(key / 100 % 100)},
                            day{static_cast<unsigned>(key % 100)}
                        }.ok());
}

}  // namespace

std::string Conditions::bind(Value value) {
    values.push_back(std::move(value));
    return fmt::format("${}", values.size());
}

void Conditions::add(std::string_view condition) {
    sql += " AND ";
    sql += condition;
}

TimeBounds time_bounds(const ports::CaseQuery& query) {
    TimeBounds bounds{
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()
    };
    const auto not_before = [&](std::int64_t at) { bounds.from = std::max(bounds.from, at); };
    const auto before = [&](std::int64_t at) { bounds.to = std::min(bounds.to, at); };
    if (query.reported_from != 0) {
        not_before(query.reported_from);
    }
    if (query.reported_to != 0) {
        before(query.reported_to);
    }
    if (query.reported_day_from != 0) {
        not_before(earliest_start(query.reported_day_from));
    }
    if (query.reported_day_to != 0) {
        before(latest_end(query.reported_day_to));
    }
    if (query.after_reported_at != 0 || query.after_id) {
        before(query.after_reported_at + 1);
    }
    return bounds;
}

Status check_query(const ports::CaseQuery& query) {
    static constexpr std::array<std::string_view, 5> kKinds{
        "area_1", "area_2", "path", "department", "collector"
    };
    for (const auto& scope : query.scope_any) {
        if (std::find(kKinds.begin(), kKinds.end(), scope.first) == kKinds.end()) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("unknown scope kind '{}'", scope.first)
            );
        }
    }
    if (query.scope_any.size() > kSearchScopesMax || query.cells.size() > kSearchCellRangesMax ||
        query.categories.size() > kSearchCategoriesMax) {
        return fail(ErrorCode::InvalidInput, "the search covers too many places or scopes at once");
    }
    if (query.limit < 1 || query.limit > kSearchLimitMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("limit is {}; it must be from 1 to {}", query.limit, kSearchLimitMax),
            "limit"
        );
    }
    for (const int day :
         {query.reported_day_from,
          query.reported_day_to,
          query.filed_day_from,
          query.filed_day_to,
          query.closed_day_from,
          query.closed_day_to}) {
        if (!is_day(day)) {
            return fail(ErrorCode::InvalidInput, fmt::format("{} is not a day YYYYMMDD", day));
        }
    }
    if (query_terms(query).size() > kSearchTermsMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("the search text has more than {} words", kSearchTermsMax),
            "q"
        );
    }
    return ok();
}

std::vector<std::string> query_terms(const ports::CaseQuery& query) {
    const auto terms = bigrams(query.text);
    const std::set<std::string> distinct(terms.begin(), terms.end());
    return {distinct.begin(), distinct.end()};
}

CellRanges cell_ranges(const ports::CaseQuery& query) {
    auto given = query.cells;
    std::sort(given.begin(), given.end());
    CellRanges ranges;
    for (const auto& [first, last] : given) {
        if (last < first) {
            continue;
        }
        if (ranges.empty() || first > ranges.back().second) {
            ranges.emplace_back(first, last);
        } else {
            ranges.back().second = std::max(ranges.back().second, last);
        }
    }
    return ranges;
}

void add_conditions(
    Conditions& to,
    const ports::CaseQuery& query,
    std::span<const Scope> scopes,
    Dialect dialect
) {
    const auto bounds = time_bounds(query);
    if (bounds.from != std::numeric_limits<std::int64_t>::min()) {
        to.add("c.reported_at >= " + to.bind(Value{bounds.from}));
    }
    if (bounds.to != std::numeric_limits<std::int64_t>::max()) {
        to.add("c.reported_at < " + to.bind(Value{bounds.to}));
    }
    if (query.after_reported_at != 0 || query.after_id) {
        const auto at = to.bind(Value{query.after_reported_at});
        to.add(fmt::format(
            "(c.reported_at < {} OR c.id < {})", at, to.bind(Value{query.after_id.value})
        ));
    }
    add_area(to, query, dialect);
    add_equal(to, "state", query.state);
    if (query.open) {
        to.add(*query.open ? "c.is_open = 1" : "c.is_open = 0");
    }
    add_category(to, query.category);
    add_categories(to, query.categories);
    add_equal(to, "department", query.department);
    add_equal(to, "queue", query.queue);
    add_equal(to, "holder", query.holder);
    add_equal(to, "source", query.source);
    add_equal(to, "collector", query.collector);
    if (query.facts_mask != 0) {
        const auto mask = to.bind(Value{query.facts_mask});
        to.add(fmt::format("(c.facts & {0}) = {0}", mask));
    }
    add_day_range(to, "reported_day", query.reported_day_from, query.reported_day_to);
    if (query.filed_day_from != 0 || query.filed_day_to != 0) {
        add_day_range(to, "filed_day", std::max(query.filed_day_from, 1), query.filed_day_to);
    }
    if (query.closed_day_from != 0 || query.closed_day_to != 0) {
        add_day_range(to, "closed_day", std::max(query.closed_day_from, 1), query.closed_day_to);
    }
    if (query.parent) {
        to.add("c.parent = " + to.bind(Value{query.parent.value}));
    }
    if (!scopes.empty()) {
        std::string any;
        for (const auto& scope : scopes) {
            any += any.empty() ? "(" : " OR ";
            any += scope_condition(to, scope, dialect);
        }
        to.add(any + ")");
    }
}

Plan choose_plan(const ports::CaseQuery& query, const std::optional<Scope>& scope) {
    const auto scoped = [&](std::string_view kind) { return scope && scope->first == kind; };
    const bool open = query.open.value_or(false);
    const bool department = !query.department.empty() || scoped("department");
    if (query.parent) {
        return Plan::Parent;
    }
    if (!query.cells.empty()) {
        return Plan::Near;
    }
    if (!query.holder.empty()) {
        return Plan::Holder;
    }
    if (!query.collector.empty() || scoped("collector")) {
        return Plan::Collector;
    }
    if (few_days(query.filed_day_from, query.filed_day_to)) {
        return Plan::Filed;
    }
    if (few_days(query.closed_day_from, query.closed_day_to)) {
        return Plan::Closed;
    }
    if (open && department) {
        return Plan::OpenDepartment;
    }
    if ((query.area_level == 2 && !query.area.empty()) || scoped("area_2")) {
        return Plan::Area2;
    }
    if (open && !query.queue.empty()) {
        return Plan::OpenQueue;
    }
    if (department) {
        return Plan::Department;
    }
    // A state in which most cases end is no help beside another condition; `open == false` tells.
    if (!query.state.empty() && query.open.value_or(true)) {
        return Plan::State;
    }
    if (open) {
        return Plan::Open;
    }
    if ((query.area_level == 1 && !query.area.empty()) || scoped("area_1")) {
        return Plan::Area1;
    }
    if (!query.category.empty() && !query.category.ends_with('*')) {
        return Plan::Category;
    }
    return query.state.empty() ? Plan::Time : Plan::State;
}

std::string_view index_of(Plan plan) {
    switch (plan) {
        case Plan::Time:
            return "cases_time";
        case Plan::Area1:
            return "cases_area_1";
        case Plan::Area2:
            return "cases_area_2";
        case Plan::Department:
            return "cases_department";
        case Plan::OpenDepartment:
            return "cases_open_department";
        case Plan::OpenQueue:
            return "cases_open_queue";
        case Plan::Open:
            return "cases_open";
        case Plan::State:
            return "cases_state";
        case Plan::Category:
            return "cases_category";
        case Plan::Collector:
            return "cases_collector";
        case Plan::Holder:
            return "cases_holder";
        case Plan::Parent:
            return "cases_parent";
        case Plan::Near:
            return "cases_cell";
        case Plan::Filed:
            return "cases_filed";
        case Plan::Closed:
            return "cases_closed";
        case Plan::Text:
            return "case_text";
    }
    CS_ASSERT(false);
    return {};
}

bool scopes_apart(const ports::CaseQuery& query) {
    return query.scope_any.size() > 1 && query.scope_any.size() <= kScopesApartMax;
}

bool newer(const ports::CaseRow& a, const ports::CaseRow& b) {
    return a.reported_at != b.reported_at ? a.reported_at > b.reported_at : a.id > b.id;
}

std::vector<ports::CaseRow> merge_pages(std::vector<ports::CaseRow> rows, int limit) {
    std::sort(rows.begin(), rows.end(), newer);
    const auto same = [](const auto& a, const auto& b) { return a.id == b.id; };
    rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
    if (rows.size() > static_cast<std::size_t>(limit)) {
        rows.resize(static_cast<std::size_t>(limit));
    }
    return rows;
}

}  // namespace chengshu::sql
