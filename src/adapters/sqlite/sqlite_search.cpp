#include "adapters/sqlite/sqlite_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace chengshu::sqlite {
namespace {

struct Statement {
    std::string sql;
    std::vector<sql::Value> values;
};

std::string limit_of(sql::Conditions& where, int limit) {
    return where.bind(sql::Value{std::int64_t{limit}});
}

/// Cell ranges as one JSON value, so that the statement is the same for any number of them.
constexpr std::string_view kCellInRange =
    "c.cell BETWEEN json_extract(r.value, '$[0]') AND json_extract(r.value, '$[1]')";

sql::Value json_ranges(const ports::CaseQuery& query) {
    std::string json = "[";
    for (const auto& [first, last] : sql::cell_ranges(query)) {
        json += fmt::format("{}[{},{}]", json.size() == 1 ? "" : ",", first, last);
    }
    return sql::Value{json + "]"};
}

void add_all_conditions(
    sql::Conditions& where,
    const ports::CaseQuery& query,
    std::span<const sql::Scope> scopes
) {
    sql::add_conditions(where, query, scopes, sql::Dialect::Sqlite);
    if (!query.cells.empty()) {
        where.add(fmt::format(
            "EXISTS (SELECT 1 FROM json_each({}) AS r WHERE {})",
            where.bind(json_ranges(query)),
            kCellInRange
        ));
    }
}

/// A list for which an index gives the rows but not their order: ids are sorted first, by what the
/// index has, and only the page's rows are read whole.
Statement sorted_statement(
    const ports::CaseQuery& query,
    std::span<const sql::Scope> scopes,
    sql::Plan plan
) {
    sql::Conditions where;
    std::string from = fmt::format("cases AS c INDEXED BY {}", sql::index_of(plan));
    if (plan == sql::Plan::Near) {
        from =
            fmt::format("json_each({}) AS r CROSS JOIN {}", where.bind(json_ranges(query)), from);
        where.add(kCellInRange);
        sql::add_conditions(where, query, scopes, sql::Dialect::Sqlite);
    } else {
        add_all_conditions(where, query, scopes);
    }
    const auto limit = limit_of(where, query.limit);
    return {
        fmt::format(
            "SELECT {} FROM cases AS c WHERE c.id IN (SELECT c.id FROM {} WHERE true{} "
            "ORDER BY c.reported_at DESC, c.id DESC LIMIT {}) "
            "ORDER BY c.reported_at DESC, c.id DESC",
            sql::kCaseColumns,
            from,
            where.sql,
            limit
        ),
        std::move(where.values)
    };
}

/// A list in the order of one index.
Statement ordered_statement(const ports::CaseQuery& query, std::span<const sql::Scope> scopes) {
    const auto single = scopes.size() == 1 ? std::optional{scopes.front()} : std::nullopt;
    const auto plan = sql::choose_plan(query, single);
    if (plan == sql::Plan::Near || plan == sql::Plan::Filed || plan == sql::Plan::Closed) {
        return sorted_statement(query, scopes, plan);
    }
    sql::Conditions where;
    add_all_conditions(where, query, scopes);
    const auto limit = limit_of(where, query.limit);
    return {
        fmt::format(
            "SELECT {} FROM cases AS c INDEXED BY {} WHERE true{} "
            "ORDER BY c.reported_at DESC, c.id DESC LIMIT {}",
            sql::kCaseColumns,
            sql::index_of(plan),
            where.sql,
            limit
        ),
        std::move(where.values)
    };
}

/// A query of the text index: all these terms.
std::string match_of(std::span<const std::string> terms) {
    std::string match;
    for (const auto& term : terms) {
        match += fmt::format("{}\"{}\"", match.empty() ? "" : " AND ", term);
    }
    return match;
}

/// Matches stream newest first by the text index's rowid; the reader stops when it has enough.
Statement text_statement(
    const ports::CaseQuery& query,
    std::span<const sql::Scope> scopes,
    std::span<const std::string> terms
) {
    sql::Conditions where;
    const auto match_parameter = where.bind(sql::Value{match_of(terms)});
    const auto bounds = sql::time_bounds(query);
    if (bounds.to < std::numeric_limits<std::int64_t>::max() >> kTextSerialBits) {
        where.add("f.rowid < " + where.bind(sql::Value{bounds.to << kTextSerialBits}));
    }
    if (bounds.from > 0) {
        where.add("f.rowid >= " + where.bind(sql::Value{bounds.from << kTextSerialBits}));
    }
    add_all_conditions(where, query, scopes);
    // CROSS JOIN keeps this order of the tables.
    return {
        fmt::format(
            "SELECT {} FROM case_fts AS f CROSS JOIN case_text AS t CROSS JOIN cases AS c "
            "WHERE f.case_fts MATCH {} AND t.text_row = f.rowid AND c.id = t.case_id{} "
            "ORDER BY f.rowid DESC",
            sql::kCaseColumns,
            match_parameter,
            where.sql
        ),
        std::move(where.values)
    };
}

void bind_all(Execution& statement, const std::vector<sql::Value>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        statement.bind(static_cast<int>(i) + 1, values[i]);
    }
}

Result<std::vector<ports::CaseRow>> read_all(Execution& statement) {
    std::vector<ports::CaseRow> rows;
    for (;;) {
        CS_TRY(more, statement.step());
        if (!more) {
            return rows;
        }
        rows.push_back(sql::read_case(statement));
    }
}

/// Rows of one millisecond come in the order of their indexing: whole milliseconds are read and
/// then sorted.
Result<std::vector<ports::CaseRow>> read_text_page(Execution& statement, int limit) {
    std::vector<ports::CaseRow> rows;
    for (;;) {
        CS_TRY(more, statement.step());
        if (!more) {
            break;
        }
        if (rows.size() >= static_cast<std::size_t>(limit) &&
            statement.integer(14) != rows.back().reported_at) {
            break;
        }
        rows.push_back(sql::read_case(statement));
    }
    return sql::merge_pages(std::move(rows), limit);
}

Result<Statement> statement_of(const ports::CaseQuery& query, std::span<const sql::Scope> scopes) {
    const auto terms = sql::query_terms(query);
    return terms.empty() ? ordered_statement(query, scopes) : text_statement(query, scopes, terms);
}

}  // namespace

Result<std::vector<ports::CaseRow>> SqliteStore::Impl::search_part(
    Connection& connection,
    const ports::CaseQuery& query,
    std::span<const sql::Scope> scopes
) {
    CS_TRY(text, statement_of(query, scopes));
    CS_TRY(statement, connection.prepare(text.sql));
    bind_all(statement, text.values);
    return sql::query_terms(query).empty() ? read_all(statement)
                                           : read_text_page(statement, query.limit);
}

Result<std::vector<ports::CaseRow>> SqliteStore::search(const ports::CaseQuery& query) {
    CS_CHECK(sql::check_query(query));
    const auto reader = impl_->readers.take();
    if (!sql::scopes_apart(query) || !sql::query_terms(query).empty()) {
        return impl_->search_part(*reader, query, query.scope_any);
    }
    std::vector<ports::CaseRow> rows;
    for (const auto& scope : query.scope_any) {
        CS_TRY(part, impl_->search_part(*reader, query, std::span{&scope, 1}));
        rows.insert(
            rows.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end())
        );
    }
    return sql::merge_pages(std::move(rows), query.limit);
}

Result<std::vector<CaseId>>
SqliteStore::with_terms(std::span<const CaseId> ids, std::span<const std::string> terms) {
    const auto reader = impl_->readers.take();
    const auto match = match_of(terms);
    std::vector<CaseId> found;
    for (const auto id : ids) {
        CS_TRY(
            select,
            reader->prepare("SELECT 1 FROM cases AS c CROSS JOIN case_fts AS f "
                            "WHERE c.id = $1 AND f.rowid = c.text_row AND f.case_fts MATCH $2")
        );
        select.bind(1, id.value).bind(2, std::string_view{match});
        CS_TRY(matches, select.step());
        if (matches) {
            found.push_back(id);
        }
    }
    return found;
}

Result<std::vector<std::string>> SqliteStore::explain(const ports::CaseQuery& query) {
    CS_CHECK(sql::check_query(query));
    const auto reader = impl_->readers.take();
    CS_TRY(text, statement_of(query, query.scope_any));
    CS_TRY(statement, reader->prepare("EXPLAIN QUERY PLAN " + text.sql));
    bind_all(statement, text.values);
    std::vector<std::string> lines;
    for (;;) {
        CS_TRY(more, statement.step());
        if (!more) {
            return lines;
        }
        lines.push_back(statement.text(3));
    }
}

}  // namespace chengshu::sqlite
