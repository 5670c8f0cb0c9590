#pragma once

#include "adapters/sql/case_columns.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sql {

enum class Dialect { Sqlite, Postgres };

/// Upper limits of one query; beyond them search() answers InvalidInput.
inline constexpr std::size_t kSearchTermsMax = 64;
inline constexpr std::size_t kSearchCellRangesMax = 2000;
inline constexpr std::size_t kSearchScopesMax = 200;
inline constexpr std::size_t kSearchCategoriesMax = 2000;
inline constexpr int kSearchLimitMax = 10'000;

/// One scope condition: (kind, value), see CaseQuery::scope_any.
using Scope = std::pair<std::string, std::string>;

/// Which index leads. SQLite is told with INDEXED BY, so that a plan never depends on statistics;
/// PostgreSQL's planner chooses for itself.
enum class Plan {
    Time,
    Area1,
    Area2,
    Department,
    OpenDepartment,
    OpenQueue,
    Open,
    State,
    Category,
    Collector,
    Holder,
    Parent,
    Near,
    Filed,
    Closed,
    Text,
};

/// Conditions as SQL (starting with " AND ", for a table aliased c) and their values $1, $2, … in
/// order.
struct Conditions {
    std::string sql;
    std::vector<Value> values;

    /// Appends the value and gives its placeholder.
    std::string bind(Value value);
    void add(std::string_view condition);
};

/// Reported times that can satisfy the query: [from, to) in ms UTC. Local days are widened to all
/// zones.
struct TimeBounds {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

TimeBounds time_bounds(const ports::CaseQuery& query);

/// InvalidInput for unknown scopes and for what exceeds the limits above.
Status check_query(const ports::CaseQuery& query);

/// The distinct terms of the query's text.
std::vector<std::string> query_terms(const ports::CaseQuery& query);

/// Closed ranges of cells, sorted and without overlaps, so that a join with them gives no case
/// twice.
using CellRanges = std::vector<std::pair<std::int64_t, std::int64_t>>;
CellRanges cell_ranges(const ports::CaseQuery& query);

/// Every condition of the query but the text and the cells, restricted to `scopes` (empty: no
/// restriction).
void add_conditions(
    Conditions& to,
    const ports::CaseQuery& query,
    std::span<const Scope> scopes,
    Dialect dialect
);

/// The index by which a query with this single scope (or none) reads least.
Plan choose_plan(const ports::CaseQuery& query, const std::optional<Scope>& scope);

/// The name of a plan's index, in SQLite's schema.
std::string_view index_of(Plan plan);

/// True when the scopes are few enough to ask for each by its own index and to merge the answers.
bool scopes_apart(const ports::CaseQuery& query);

/// Merges answers that are each in the order of search(): sorted, without repetitions, at most
/// `limit`.
std::vector<ports::CaseRow> merge_pages(std::vector<ports::CaseRow> rows, int limit);

/// The order of search(): newest report first.
bool newer(const ports::CaseRow& a, const ports::CaseRow& b);

}  // namespace chengshu::sql
