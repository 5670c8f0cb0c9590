#include "adapters/sql/amounts.hpp"
#include "adapters/sqlite/sqlite_impl.hpp"
#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::sqlite {
namespace {

constexpr const char* kReportColumns =
    "SELECT id, case_id, source, state, external_id, received_at, body, reporter FROM reports";
constexpr const char* kJournalColumns = "SELECT seq, at, case_id, type, actor, body FROM journal";
/// A walk through all cases starts a new read this often, so that the WAL can be reused meanwhile.
constexpr int kWalkChunk = 500;

ports::ReportRow read_report(const Execution& row) {
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

Result<std::vector<ports::JournalRow>> read_journal(Execution& statement) {
    std::vector<ports::JournalRow> rows;
    for (;;) {
        CS_TRY(more, statement.step());
        if (!more) {
            return rows;
        }
        rows.push_back({
            .seq = Seq{statement.integer(0)},
            .at = statement.integer(1),
            .case_id = CaseId{statement.integer(2)},
            .type = statement.text(3),
            .actor = statement.text(4),
            .body = statement.text(5),
        });
    }
}

Result<std::vector<ports::CellRow>>
read_cells(Execution& statement, std::vector<ports::CellRow> rows, std::string_view kind) {
    for (;;) {
        CS_TRY(more, statement.step());
        if (!more) {
            return rows;
        }
        CS_TRY(values, sql::split_amounts(statement.text(2)));
        rows.push_back({
            .key =
                {.kind = std::string{kind},
                 .subject = statement.text(0),
                 .day = static_cast<int>(statement.integer(1))},
            .values = std::move(values),
        });
    }
}

}  // namespace

Result<std::optional<ports::CaseRow>> SqliteStore::find_case(CaseId id) {
    const CaseId ids[] = {id};
    CS_TRY(rows, find_cases(ids));
    return rows.empty() ? std::nullopt : std::optional{std::move(rows.front())};
}

Result<std::vector<ports::CaseRow>> SqliteStore::find_cases(std::span<const CaseId> ids) {
    std::vector<ports::CaseRow> rows;
    const auto reader = impl_->readers.take();
    static const std::string kSql =
        fmt::format("SELECT {} FROM cases AS c WHERE c.id = $1", sql::kCaseColumns);
    for (const auto id : ids) {
        CS_TRY(select, reader->prepare(kSql));
        select.bind(1, id.value);
        CS_TRY(found, select.step());
        if (found) {
            rows.push_back(sql::read_case(select));
        }
    }
    return rows;
}

Result<CaseId> SqliteStore::last_case_number(CaseId low, CaseId high) {
    const auto reader = impl_->readers.take();
    CS_TRY(select, reader->prepare("SELECT max(id) FROM cases WHERE id BETWEEN $1 AND $2"));
    select.bind(1, low.value).bind(2, high.value);
    CS_TRY(found, select.step());
    CS_ASSERT(found);
    return CaseId{select.integer(0)};
}

Result<std::vector<CaseId>> SqliteStore::due_timers(std::int64_t now, int limit) {
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare("SELECT id FROM cases INDEXED BY cases_timer WHERE next_timer <= $1 "
                        "ORDER BY next_timer, id LIMIT $2")
    );
    select.bind(1, now).bind(2, std::int64_t{limit});
    std::vector<CaseId> ids;
    for (;;) {
        CS_TRY(more, select.step());
        if (!more) {
            return ids;
        }
        ids.push_back(CaseId{select.integer(0)});
    }
}

Result<std::optional<std::int64_t>> SqliteStore::next_timer() {
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare(
            "SELECT next_timer FROM cases INDEXED BY cases_timer WHERE next_timer IS NOT NULL "
            "ORDER BY next_timer LIMIT 1"
        )
    );
    CS_TRY(found, select.step());
    return found ? std::optional{select.integer(0)} : std::nullopt;
}

Result<std::vector<std::pair<std::int64_t, CaseId>>> SqliteStore::first_timers(int limit) {
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare(
            "SELECT next_timer, id FROM cases INDEXED BY cases_timer WHERE next_timer IS NOT NULL "
            "ORDER BY next_timer, id LIMIT $1"
        )
    );
    select.bind(1, std::int64_t{limit});
    std::vector<std::pair<std::int64_t, CaseId>> timers;
    for (;;) {
        CS_TRY(more, select.step());
        if (!more) {
            return timers;
        }
        timers.emplace_back(select.integer(0), CaseId{select.integer(1)});
    }
}

Result<std::int64_t> SqliteStore::committed_up_to() {
    const auto reader = impl_->readers.take();
    return reader->integer("SELECT value FROM counters WHERE name = 'redo'");
}

Result<std::optional<SqliteStore::StoredVersion>> SqliteStore::stored_version(CaseId id) {
    const auto reader = impl_->readers.take();
    CS_TRY(select, reader->prepare("SELECT version, reported_at FROM cases WHERE id = $1"));
    select.bind(1, id.value);
    CS_TRY(found, select.step());
    return found ? std::optional{StoredVersion{select.integer(0), select.integer(1)}}
                 : std::nullopt;
}

Status
SqliteStore::each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit) {
    static const std::string kSql = fmt::format(
        "SELECT {} FROM cases AS c WHERE c.id > $1 ORDER BY c.id LIMIT $2", sql::kCaseColumns
    );
    for (;;) {
        std::vector<ports::CaseRow> rows;
        {
            const auto reader = impl_->readers.take();
            CS_TRY(select, reader->prepare(kSql));
            select.bind(1, after.value).bind(2, std::int64_t{kWalkChunk});
            for (;;) {
                CS_TRY(more, select.step());
                if (!more) {
                    break;
                }
                rows.push_back(sql::read_case(select));
            }
        }
        // Visitors may read the store themselves, so none is called with a connection in hand.
        for (const auto& row : rows) {
            if (!visit(row)) {
                return ok();
            }
        }
        if (rows.size() < static_cast<std::size_t>(kWalkChunk)) {
            return ok();
        }
        after = rows.back().id;
    }
}

Result<std::optional<ports::ReportRow>> SqliteStore::find_report(ReportId id) {
    const auto reader = impl_->readers.take();
    CS_TRY(select, reader->prepare(fmt::format("{} WHERE id = $1", kReportColumns)));
    select.bind(1, id.value);
    CS_TRY(found, select.step());
    return found ? std::optional{read_report(select)} : std::nullopt;
}

Result<std::vector<ports::ReportRow>> SqliteStore::find_reports(const ports::ReportQuery& query) {
    sql::Conditions where;
    const auto number = [&](std::string_view condition, std::int64_t value) {
        if (value != 0) {
            where.add(fmt::format("{} {}", condition, where.bind(sql::Value{value})));
        }
    };
    number("case_id =", query.case_id.value);
    if (!query.source.empty()) {
        where.add("source = " + where.bind(sql::Value{query.source}));
    }
    if (!query.external_id.empty()) {
        where.add("external_id = " + where.bind(sql::Value{query.external_id}));
    }
    number("received_at >=", query.received_from);
    number("received_at <", query.received_to);
    number("id <", query.after.value);
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare(fmt::format(
            "{} WHERE true{} ORDER BY id DESC LIMIT {}",
            kReportColumns,
            where.sql,
            where.bind(sql::Value{std::int64_t{query.limit}})
        ))
    );
    for (std::size_t i = 0; i < where.values.size(); ++i) {
        select.bind(static_cast<int>(i) + 1, where.values[i]);
    }
    std::vector<ports::ReportRow> rows;
    for (;;) {
        CS_TRY(more, select.step());
        if (!more) {
            return rows;
        }
        rows.push_back(read_report(select));
    }
}

Result<ReportId> SqliteStore::last_report() {
    const auto reader = impl_->readers.take();
    CS_TRY(last, reader->integer("SELECT max(id) FROM reports"));
    return ReportId{last};
}

Result<std::vector<ports::JournalRow>> SqliteStore::journal(Seq after, int limit) {
    return journal_until(after, Seq{impl_->durable_head.load()}, limit);
}

Result<std::vector<ports::JournalRow>> SqliteStore::journal_until(Seq after, Seq last, int limit) {
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare(
            fmt::format("{} WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3", kJournalColumns)
        )
    );
    select.bind(1, after.value).bind(2, last.value).bind(3, std::int64_t{limit});
    return read_journal(select);
}

Result<std::vector<ports::JournalRow>> SqliteStore::journal_of(CaseId id) {
    const auto reader = impl_->readers.take();
    CS_TRY(
        select, reader->prepare(fmt::format("{} WHERE case_id = $1 ORDER BY seq", kJournalColumns))
    );
    select.bind(1, id.value);
    return read_journal(select);
}

Result<Seq> SqliteStore::head() {
    const auto reader = impl_->readers.take();
    CS_TRY(last, reader->integer("SELECT max(seq) FROM journal"));
    return Seq{last};
}

Result<Seq> SqliteStore::durable_head() {
    CS_TRY(last, head());
    return Seq{std::min(last.value, impl_->durable_head.load())};
}

Result<std::vector<ports::CellRow>> SqliteStore::cells(const ports::CellQuery& query) {
    const auto reader = impl_->readers.take();
    std::vector<ports::CellRow> rows;
    const std::string_view kind{query.kind};
    if (query.subjects.empty()) {
        CS_TRY(
            select,
            reader->prepare(
                "SELECT subject, day, amounts FROM cells WHERE kind = $1 AND day BETWEEN $2 AND $3"
            )
        );
        select.bind(1, kind)
            .bind(2, std::int64_t{query.day_from})
            .bind(3, std::int64_t{query.day_to});
        CS_TRY(all, read_cells(select, {}, kind));
        rows = std::move(all);
    }
    auto subjects = query.subjects;
    std::sort(subjects.begin(), subjects.end());
    subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
    for (const auto& subject : subjects) {
        CS_TRY(
            select,
            reader->prepare("SELECT subject, day, amounts FROM cells "
                            "WHERE kind = $1 AND subject = $2 AND day BETWEEN $3 AND $4")
        );
        select.bind(1, kind).bind(2, std::string_view{subject});
        select.bind(3, std::int64_t{query.day_from}).bind(4, std::int64_t{query.day_to});
        CS_TRY(grown, read_cells(select, std::move(rows), kind));
        rows = std::move(grown);
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    return rows;
}

Result<std::optional<ports::CellRow>> SqliteStore::cell(const ports::CellKey& key) {
    CS_TRY(
        rows,
        cells({.kind = key.kind, .subjects = {key.subject}, .day_from = key.day, .day_to = key.day})
    );
    return rows.empty() ? std::nullopt : std::optional{std::move(rows.front())};
}

Result<std::optional<ports::DocumentRow>>
SqliteStore::document(std::string_view kind, std::string_view id) {
    const auto reader = impl_->readers.take();
    CS_TRY(select, reader->prepare("SELECT body FROM documents WHERE kind = $1 AND id = $2"));
    select.bind(1, kind).bind(2, id);
    CS_TRY(found, select.step());
    if (!found) {
        return std::optional<ports::DocumentRow>{};
    }
    return std::optional{
        ports::DocumentRow{.kind = std::string{kind}, .id = std::string{id}, .body = select.text(0)}
    };
}

Result<std::vector<ports::DocumentRow>>
SqliteStore::documents(std::string_view kind, std::string_view after, int limit) {
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare(
            "SELECT id, body FROM documents WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3"
        )
    );
    select.bind(1, kind).bind(2, after).bind(3, std::int64_t{limit});
    std::vector<ports::DocumentRow> rows;
    for (;;) {
        CS_TRY(more, select.step());
        if (!more) {
            return rows;
        }
        rows.push_back({.kind = std::string{kind}, .id = select.text(0), .body = select.text(1)});
    }
}

Result<std::vector<ports::IdempotencyRow>> SqliteStore::idempotency(
    std::span<const std::string> keys
) {
    // One statement for all: each one locks and unlocks the file.
    JsonWriter out;
    out.begin_array();
    for (const auto& key : keys) {
        out.text(key);
    }
    out.end_array();
    const auto reader = impl_->readers.take();
    CS_TRY(
        select,
        reader->prepare("SELECT key, fingerprint, response, at FROM idempotency "
                        "WHERE key IN (SELECT value FROM json_each($1))")
    );
    const auto list = out.take();
    select.bind(1, std::string_view{list});
    std::vector<ports::IdempotencyRow> rows;
    for (;;) {
        CS_TRY(found, select.step());
        if (!found) {
            return rows;
        }
        rows.push_back({select.text(0), select.text(1), select.text(2), select.integer(3)});
    }
}

}  // namespace chengshu::sqlite
