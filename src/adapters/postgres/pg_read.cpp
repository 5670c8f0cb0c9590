#include "adapters/postgres/pg_impl.hpp"
#include "adapters/sql/amounts.hpp"

#include <fmt/format.h>

#include <bit>

namespace chengshu::postgres {
namespace {

constexpr const char* kReportColumns =
    "SELECT id, case_id, source, state, external_id, received_at, body, reporter FROM reports";
constexpr const char* kJournalColumns = "SELECT seq, at, case_id, type, actor, body FROM journal";
constexpr int kWalkChunk = 500;

ports::ReportRow read_report(const Row& row) {
    return {
        .id = ReportId{row.integer(0)},
        .case_id = CaseId{row.integer(1)},
        .source = row.text(2),
        .state = row.text(3),
        .external_id = row.text(4),
        .received_at = row.integer(5),
        .body = row.text(6),
        .reporter = row.text(7),
    };
}

std::vector<ports::JournalRow> read_journal(const Rows& rows) {
    std::vector<ports::JournalRow> entries;
    for (int i = 0; i < rows.size(); ++i) {
        const auto row = rows[i];
        entries.push_back({
            .seq = Seq{row.integer(0)},
            .at = row.integer(1),
            .case_id = CaseId{row.integer(2)},
            .type = row.text(3),
            .actor = row.text(4),
            .body = row.text(5),
        });
    }
    return entries;
}

std::vector<ports::CaseRow> read_cases(const Rows& rows) {
    std::vector<ports::CaseRow> cases;
    for (int i = 0; i < rows.size(); ++i) {
        cases.push_back(sql::read_case(rows[i]));
    }
    return cases;
}

/// A text[] literal: every element quoted.
std::string array_literal(std::span<const std::string> texts) {
    std::string literal = "{";
    for (const auto& text : texts) {
        literal += literal.size() == 1 ? "\"" : ",\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                literal += '\\';
            }
            literal += c;
        }
        literal += '"';
    }
    return literal + "}";
}

std::string case_ids(std::span<const CaseId> ids) {
    std::string literal = "{";
    for (const auto id : ids) {
        literal += fmt::format("{}{}", literal.size() == 1 ? "" : ",", id.value);
    }
    return literal + "}";
}

}  // namespace

Result<std::optional<ports::CaseRow>> PgStore::find_case(CaseId id) {
    static const std::string kSql =
        fmt::format("SELECT {} FROM cases AS c WHERE c.id = $1", sql::kCaseColumns);
    using Found = std::optional<ports::CaseRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Found> {
        CS_TRY(rows, reader.query_prepared(kSql, {id.value}));
        return rows.size() == 0 ? Found{} : Found{sql::read_case(rows[0])};
    });
}

Result<std::vector<ports::CaseRow>> PgStore::find_cases(std::span<const CaseId> ids) {
    using Cases = std::vector<ports::CaseRow>;
    if (ids.empty()) {
        return Cases{};
    }
    static const std::string kSql = fmt::format(
        "SELECT {} FROM cases AS c WHERE c.id = ANY ($1::text::bigint[])", sql::kCaseColumns
    );
    return impl_->readers.with([&](Connection& reader) -> Result<Cases> {
        CS_TRY(rows, reader.query_prepared(kSql, {case_ids(ids)}));
        return read_cases(rows);
    });
}

Result<CaseId> PgStore::last_case_number(CaseId low, CaseId high) {
    return impl_->readers.with([&](Connection& reader) -> Result<CaseId> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT max(id) FROM cases WHERE id BETWEEN $1 AND $2", {low.value, high.value}
            )
        );
        return CaseId{rows[0].integer(0)};
    });
}

Result<std::vector<CaseId>> PgStore::due_timers(std::int64_t now, int limit) {
    using Ids = std::vector<CaseId>;
    return impl_->readers.with([&](Connection& reader) -> Result<Ids> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT id FROM cases WHERE next_timer <= $1 ORDER BY next_timer, id LIMIT $2",
                {now, std::int64_t{limit}}
            )
        );
        Ids ids;
        for (int i = 0; i < rows.size(); ++i) {
            ids.push_back(CaseId{rows[i].integer(0)});
        }
        return ids;
    });
}

Result<std::optional<std::int64_t>> PgStore::next_timer() {
    using Found = std::optional<std::int64_t>;
    return impl_->readers.with([](Connection& reader) -> Result<Found> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT next_timer FROM cases WHERE next_timer IS NOT NULL "
                "ORDER BY next_timer LIMIT 1",
                {}
            )
        );
        return rows.size() == 0 ? Found{} : Found{rows[0].integer(0)};
    });
}

Status PgStore::each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit) {
    static const std::string kSql = fmt::format(
        "SELECT {} FROM cases AS c WHERE c.id > $1 ORDER BY c.id LIMIT $2", sql::kCaseColumns
    );
    using Cases = std::vector<ports::CaseRow>;
    for (;;) {
        CS_TRY(cases, impl_->readers.with([&](Connection& reader) -> Result<Cases> {
            CS_TRY(rows, reader.query_prepared(kSql, {after.value, std::int64_t{kWalkChunk}}));
            return read_cases(rows);
        }));
        for (const auto& row : cases) {
            if (!visit(row)) {
                return ok();
            }
        }
        if (cases.size() < static_cast<std::size_t>(kWalkChunk)) {
            return ok();
        }
        after = cases.back().id;
    }
}

Result<std::optional<ports::ReportRow>> PgStore::find_report(ReportId id) {
    using Found = std::optional<ports::ReportRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Found> {
        CS_TRY(
            rows, reader.query_prepared(fmt::format("{} WHERE id = $1", kReportColumns), {id.value})
        );
        return rows.size() == 0 ? Found{} : Found{read_report(rows[0])};
    });
}

Result<std::vector<ports::ReportRow>> PgStore::find_reports(const ports::ReportQuery& query) {
    sql::Conditions where;
    const auto number = [&](std::string_view condition, std::int64_t value) {
        if (value != 0) {
            where.add(fmt::format("{} {}", condition, where.bind(sql::Value{value})));
        }
    };
    const auto text = [&](std::string_view column, const std::string& value) {
        if (!value.empty()) {
            where.add(fmt::format("{} = {}", column, where.bind(sql::Value{value})));
        }
    };
    number("case_id =", query.case_id.value);
    text("source", query.source);
    text("external_id", query.external_id);
    number("received_at >=", query.received_from);
    number("received_at <", query.received_to);
    number("id <", query.after.value);
    const auto limit = where.bind(sql::Value{std::int64_t{query.limit}});
    const auto sql =
        fmt::format("{} WHERE true{} ORDER BY id DESC LIMIT {}", kReportColumns, where.sql, limit);
    using Reports = std::vector<ports::ReportRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Reports> {
        CS_TRY(rows, reader.query(sql, where.values));
        Reports reports;
        for (int i = 0; i < rows.size(); ++i) {
            reports.push_back(read_report(rows[i]));
        }
        return reports;
    });
}

Result<ReportId> PgStore::last_report() {
    return impl_->readers.with([](Connection& reader) -> Result<ReportId> {
        CS_TRY(rows, reader.query_prepared("SELECT max(id) FROM reports", {}));
        return ReportId{rows[0].integer(0)};
    });
}

Result<std::vector<ports::JournalRow>> PgStore::journal(Seq after, int limit) {
    using Entries = std::vector<ports::JournalRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Entries> {
        CS_TRY(
            rows,
            reader.query_prepared(
                fmt::format("{} WHERE seq > $1 ORDER BY seq LIMIT $2", kJournalColumns),
                {after.value, std::int64_t{limit}}
            )
        );
        return read_journal(rows);
    });
}

Result<std::vector<ports::JournalRow>> PgStore::journal_of(CaseId id) {
    using Entries = std::vector<ports::JournalRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Entries> {
        CS_TRY(
            rows,
            reader.query_prepared(
                fmt::format("{} WHERE case_id = $1 ORDER BY seq", kJournalColumns), {id.value}
            )
        );
        return read_journal(rows);
    });
}

Result<Seq> PgStore::head() {
    return impl_->readers.with([](Connection& reader) -> Result<Seq> {
        CS_TRY(rows, reader.query_prepared("SELECT max(seq) FROM journal", {}));
        return Seq{rows[0].integer(0)};
    });
}

Result<Seq> PgStore::durable_head() {
    return head();
}

Result<std::vector<ports::CellRow>> PgStore::cells(const ports::CellQuery& query) {
    std::string sql =
        "SELECT subject, day, amounts FROM cells WHERE kind = $1 AND day BETWEEN $2 AND $3";
    std::vector<sql::Value> values{
        query.kind, std::int64_t{query.day_from}, std::int64_t{query.day_to}
    };
    if (!query.subjects.empty()) {
        sql += " AND subject = ANY ($4::text::text[])";
        values.emplace_back(array_literal(query.subjects));
    }
    sql += " ORDER BY subject, day";
    using Cells = std::vector<ports::CellRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Cells> {
        CS_TRY(rows, reader.query(sql, values));
        Cells cells;
        for (int i = 0; i < rows.size(); ++i) {
            const auto row = rows[i];
            CS_TRY(amounts, sql::split_amounts(row.text(2)));
            const auto day = static_cast<int>(row.integer(1));
            cells.push_back({{query.kind, row.text(0), day}, std::move(amounts)});
        }
        return cells;
    });
}

Result<std::optional<ports::CellRow>> PgStore::cell(const ports::CellKey& key) {
    using Found = std::optional<ports::CellRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Found> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT amounts FROM cells WHERE kind = $1 AND subject = $2 AND day = $3",
                {key.kind, key.subject, std::int64_t{key.day}}
            )
        );
        if (rows.size() == 0) {
            return Found{};
        }
        CS_TRY(amounts, sql::split_amounts(rows[0].text(0)));
        return Found{ports::CellRow{key, std::move(amounts)}};
    });
}

Result<std::optional<ports::DocumentRow>>
PgStore::document(std::string_view kind, std::string_view id) {
    using Found = std::optional<ports::DocumentRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Found> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT body FROM documents WHERE kind = $1 AND id = $2",
                {std::string{kind}, std::string{id}}
            )
        );
        if (rows.size() == 0) {
            return Found{};
        }
        return Found{ports::DocumentRow{std::string{kind}, std::string{id}, rows[0].text(0)}};
    });
}

Result<std::vector<ports::DocumentRow>>
PgStore::documents(std::string_view kind, std::string_view after, int limit) {
    using Documents = std::vector<ports::DocumentRow>;
    return impl_->readers.with([&](Connection& reader) -> Result<Documents> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT id, body FROM documents WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3",
                {std::string{kind}, std::string{after}, std::int64_t{limit}}
            )
        );
        Documents documents;
        for (int i = 0; i < rows.size(); ++i) {
            documents.push_back({std::string{kind}, rows[i].text(0), rows[i].text(1)});
        }
        return documents;
    });
}

Result<std::vector<ports::IdempotencyRow>> PgStore::idempotency(std::span<const std::string> keys) {
    using Found = std::vector<ports::IdempotencyRow>;
    // A statement for each power of two: the rest of its places repeats the last key.
    constexpr std::size_t kKeysPerStatement = 256;
    return impl_->readers.with([&](Connection& reader) -> Result<Found> {
        Found found;
        while (!keys.empty()) {
            const auto taken = std::min(keys.size(), kKeysPerStatement);
            std::vector<sql::Value> values(keys.begin(), keys.begin() + std::ptrdiff_t(taken));
            values.resize(std::bit_ceil(taken), values.back());
            std::string places = "$1";
            for (std::size_t i = 2; i <= values.size(); ++i) {
                places += fmt::format(",${}", i);
            }
            CS_TRY(
                rows,
                reader.query_prepared(
                    "SELECT key, fingerprint, response, at FROM idempotency WHERE key IN (" +
                        places + ")",
                    values
                )
            );
            for (int i = 0; i < rows.size(); ++i) {
                found.push_back(
                    {rows[i].text(0), rows[i].text(1), rows[i].text(2), rows[i].integer(3)}
                );
            }
            keys = keys.subspan(taken);
        }
        return found;
    });
}

}  // namespace chengshu::postgres
