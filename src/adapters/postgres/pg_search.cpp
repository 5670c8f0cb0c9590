#include "adapters/postgres/pg_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace chengshu::postgres {
namespace {

/// Beyond this number planning each alternative costs more than it saves.
constexpr std::size_t kRangesSpelledOut = 200;

struct Statement {
    std::string sql;
    std::vector<sql::Value> values;
};

/// "'路灯' & 'lamp'": lexemes as they are, nothing in them is an operator.
std::string tsquery(std::span<const std::string> terms) {
    std::string query;
    for (const auto& term : terms) {
        query += query.empty() ? "'" : " & '";
        for (const char c : term) {
            if (c == '\'' || c == '\\') {
                query += c;
            }
            query += c;
        }
        query += '\'';
    }
    return query;
}

/// Few ranges as alternatives, of which the planner knows what each will find; many as a join.
void add_cells(sql::Conditions& where, std::string& from, const ports::CaseQuery& query) {
    if (query.cells.empty()) {
        return;
    }
    const auto ranges = sql::cell_ranges(query);
    if (ranges.size() <= kRangesSpelledOut) {
        std::string any = "false";
        for (const auto& [first, last] : ranges) {
            const auto low = where.bind(sql::Value{first});
            any += fmt::format(" OR c.cell BETWEEN {} AND {}", low, where.bind(sql::Value{last}));
        }
        where.add("(" + any + ")");
        return;
    }
    std::string firsts;
    std::string lasts;
    for (const auto& [first, last] : ranges) {
        firsts += fmt::format("{}{}", firsts.empty() ? "{" : ",", first);
        lasts += fmt::format("{}{}", lasts.empty() ? "{" : ",", last);
    }
    const auto low = where.bind(sql::Value{firsts + "}"});
    from += fmt::format(
        " JOIN unnest({}::text::bigint[], {}::text::bigint[]) AS r(low, high) "
        "ON c.cell BETWEEN r.low AND r.high",
        low,
        where.bind(sql::Value{lasts + "}"})
    );
}

Statement text_statement(
    const ports::CaseQuery& query,
    std::span<const sql::Scope> scopes,
    std::span<const std::string> terms
) {
    sql::Conditions where;
    std::string from = "case_terms AS t JOIN cases AS c ON c.id = t.id";
    where.add(fmt::format("t.terms @@ {}::tsquery", where.bind(sql::Value{tsquery(terms)})));
    const auto bounds = sql::time_bounds(query);
    if (bounds.from != std::numeric_limits<std::int64_t>::min()) {
        where.add("t.reported_at >= " + where.bind(sql::Value{bounds.from}));
    }
    if (bounds.to != std::numeric_limits<std::int64_t>::max()) {
        where.add("t.reported_at < " + where.bind(sql::Value{bounds.to}));
    }
    add_cells(where, from, query);
    sql::add_conditions(where, query, scopes, sql::Dialect::Postgres);
    const auto limit = where.bind(sql::Value{std::int64_t{query.limit}});
    return {
        fmt::format(
            "SELECT {} FROM {} WHERE true{} ORDER BY t.reported_at DESC, t.id DESC LIMIT {}",
            sql::kCaseColumns,
            from,
            where.sql,
            limit
        ),
        std::move(where.values)
    };
}

/// Places and days of filing are found first and sorted then: the planner takes matches for evenly
/// spread over time, and would walk from the newest case to a day long ago.
Statement list_statement(const ports::CaseQuery& query, std::span<const sql::Scope> scopes) {
    const auto single = scopes.size() == 1 ? std::optional{scopes.front()} : std::nullopt;
    const auto plan = sql::choose_plan(query, single);
    sql::Conditions where;
    std::string from = "cases AS c";
    add_cells(where, from, query);
    sql::add_conditions(where, query, scopes, sql::Dialect::Postgres);
    const auto limit = where.bind(sql::Value{std::int64_t{query.limit}});
    const auto* const text =
        plan == sql::Plan::Near || plan == sql::Plan::Filed || plan == sql::Plan::Closed
            ? "WITH found AS MATERIALIZED (SELECT c.id, c.reported_at FROM {1} WHERE true{2}) "
              "SELECT {0} FROM (SELECT id FROM found ORDER BY reported_at DESC, id DESC LIMIT {3}) "
              "AS f "
              "JOIN cases AS c ON c.id = f.id ORDER BY c.reported_at DESC, c.id DESC"
            : "SELECT {0} FROM {1} WHERE true{2} ORDER BY c.reported_at DESC, c.id DESC LIMIT {3}";
    return {
        fmt::format(fmt::runtime(text), sql::kCaseColumns, from, where.sql, limit),
        std::move(where.values)
    };
}

Statement search_statement(const ports::CaseQuery& query, std::span<const sql::Scope> scopes) {
    const auto terms = sql::query_terms(query);
    return terms.empty() ? list_statement(query, scopes) : text_statement(query, scopes, terms);
}

std::vector<ports::CaseRow> read_case_rows(const Rows& rows) {
    std::vector<ports::CaseRow> cases;
    cases.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
        cases.push_back(sql::read_case(rows[i]));
    }
    return cases;
}

}  // namespace

Result<std::vector<ports::CaseRow>> PgStore::Impl::search_part(
    Connection& connection,
    const ports::CaseQuery& query,
    std::span<const sql::Scope> scopes
) {
    const auto statement = search_statement(query, scopes);
    CS_TRY(rows, connection.query(statement.sql, statement.values));
    return read_case_rows(rows);
}

Result<std::vector<ports::CaseRow>> PgStore::search(const ports::CaseQuery& query) {
    CS_CHECK(sql::check_query(query));
    using Cases = std::vector<ports::CaseRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Cases> {
        if (!sql::scopes_apart(query) || !sql::query_terms(query).empty()) {
            return Impl::search_part(reader, query, query.scope_any);
        }
        Cases cases;
        for (const auto& scope : query.scope_any) {
            CS_TRY(part, Impl::search_part(reader, query, std::span{&scope, 1}));
            cases.insert(
                cases.end(),
                std::make_move_iterator(part.begin()),
                std::make_move_iterator(part.end())
            );
        }
        return sql::merge_pages(std::move(cases), query.limit);
    });
}

}  // namespace chengshu::postgres
