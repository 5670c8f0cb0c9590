#include "adapters/sql/amounts.hpp"
#include "adapters/sqlite/sqlite_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace chengshu::sqlite {
namespace {

constexpr std::int64_t kReportedAtMax = std::int64_t{1} << 42;  // the year 2109
constexpr int kBodyColumn = sql::kCaseColumnCount - 1;
constexpr int kReportedAtColumn = 14;

void bind_column(Execution& to, int position, const sql::ColumnValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        to.bind(position, *integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        to.bind(position, *real);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
        to.bind(position, *text);
    } else {
        to.bind_null(position);
    }
}

/// "INSERT INTO cases (id, …, body, text_row) VALUES ($1, …)".
const std::string& insert_case_sql() {
    static const std::string kSql = [] {
        std::string names;
        std::string values;
        for (int column = 0; column < sql::kCaseColumnCount; ++column) {
            names += fmt::format("{}, ", sql::kCaseColumnNames[column]);
            values += fmt::format("${}, ", column + 1);
        }
        return fmt::format(
            "INSERT INTO cases ({}text_row) VALUES ({}${})",
            names,
            values,
            sql::kCaseColumnCount + 1
        );
    }();
    return kSql;
}

/// The stored columns without the document, which an update replaces anyway.
const std::string& stored_case_sql() {
    static const std::string kSql = [] {
        std::string columns{sql::kCaseColumns};
        columns.replace(columns.rfind("c.body"), 6, "''");
        return fmt::format("SELECT {}, c.text_row FROM cases AS c WHERE c.id = $1", columns);
    }();
    return kSql;
}

std::string join_terms(const std::vector<std::string>& terms) {
    std::string joined;
    for (const auto& term : terms) {
        joined += term;
        joined += ' ';
    }
    return joined;
}

/// By key: what goes into the same page of an index is put there together, however many there are.
template <class Row, class Key>
std::vector<const Row*> in_order(std::span<const Row> rows, Key Row::* key) {
    std::vector<const Row*> out;
    out.reserve(rows.size());
    for (const auto& row : rows) {
        out.push_back(&row);
    }
    std::sort(out.begin(), out.end(), [key](const Row* left, const Row* right) {
        return left->*key < right->*key;
    });
    return out;
}

}  // namespace

Status SqliteStore::commit(const ports::Changes& changes) {
    return impl_->commit(changes, 0);
}

Status SqliteStore::commit_up_to(const ports::Changes& changes, std::int64_t number) {
    return impl_->commit(changes, number);
}

Status SqliteStore::Impl::commit(const ports::Changes& changes, std::int64_t number) {
    if (writer == nullptr) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    if (lost) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{}: a sync has failed; the store must be opened anew", path)
        );
    }
    if (changes.empty() && number == 0) {
        return ok();
    }
    const std::lock_guard lock{writing};
    CS_CHECK(writer->run("BEGIN IMMEDIATE"));
    if (auto written = write_numbered(changes, number); !written) {
        roll_back();
        return written;
    }
    if (auto committed = writer->run("COMMIT"); !committed) {
        const int code = sqlite3_errcode(writer->handle()) & 0xff;
        roll_back();
        if (code == SQLITE_IOERR) {
            // Some or all of it may be in the WAL: only the next start will tell.
            return fail(ErrorCode::OutcomeUnknown, committed.error().context);
        }
        return fail(ErrorCode::StorageUnavailable, committed.error().context);
    }
    if (!changes.journal.empty()) {
        head = changes.journal.back().seq;
        committed_head = head->value;
    }
    ++commits;
    return ok();
}

bool SqliteStore::can_index(std::int64_t reported_at) {
    return reported_at >= 0 && reported_at < kReportedAtMax;
}

Status SqliteStore::sync() {
    return impl_->writer == nullptr ? ok() : impl_->sync();
}

void SqliteStore::Impl::roll_back() {
    head.reset();
    if (sqlite3_get_autocommit(writer->handle()) == 0) {
        const auto done = writer->run("ROLLBACK");
        static_cast<void>(done);  // It fails only when SQLite has rolled back by itself.
    }
}

Status SqliteStore::Impl::write_numbered(const ports::Changes& changes, std::int64_t number) {
    CS_CHECK(write(changes));
    if (number == 0) {
        return ok();
    }
    CS_TRY(remember, writer->prepare("UPDATE counters SET value = $1 WHERE name = 'redo'"));
    return remember.bind(1, number).run();
}

Status SqliteStore::Impl::write(const ports::Changes& changes) {
    std::int64_t inserted = 0;
    for (const auto& change : changes.cases) {
        CS_CHECK(write_case(change));
        inserted += change.insert ? 1 : 0;
    }
    if (inserted > 0) {
        CS_TRY(
            count, writer->prepare("UPDATE counters SET value = value + $1 WHERE name = 'cases'")
        );
        CS_CHECK(count.bind(1, inserted).run());
    }
    CS_CHECK(write_reports(changes.reports));
    CS_CHECK(write_journal(changes.journal));
    CS_CHECK(write_cells(changes.cells));
    CS_CHECK(write_documents(changes.documents));
    return write_idempotency(changes.idempotency);
}

Status SqliteStore::Impl::write_case(const ports::Changes::CaseChange& change) {
    return change.insert ? insert_case(change.row)
                         : update_case(change.row, change.expected_version);
}

Status SqliteStore::Impl::insert_case(const ports::CaseRow& row) {
    CS_TRY(text_row, write_terms(row));
    CS_TRY(insert, writer->prepare(insert_case_sql()));
    for (int column = 0; column < sql::kCaseColumnCount; ++column) {
        bind_column(insert, column + 1, sql::column_of(row, column));
    }
    insert.bind_or_null(sql::kCaseColumnCount + 1, text_row.value_or(0));
    return insert.run();
}

/// Sets only columns that differ: SQLite rewrites the entries of every index whose column is set,
/// changed or not.
Status SqliteStore::Impl::update_case(const ports::CaseRow& row, std::int64_t expected_version) {
    ports::CaseRow stored;
    std::int64_t text_row = 0;
    {
        CS_TRY(select, writer->prepare(stored_case_sql()));
        select.bind(1, row.id.value);
        CS_TRY(found, select.step());
        if (!found) {
            return fail(ErrorCode::Conflict, fmt::format("case {} does not exist", row.id.value));
        }
        stored = sql::read_case(select);
        text_row = select.integer(sql::kCaseColumnCount);
    }
    if (stored.version != expected_version) {
        return fail(
            ErrorCode::Conflict,
            fmt::format(
                "case {} has version {}, not {}", row.id.value, stored.version, expected_version
            )
        );
    }
    if (stored.reported_at != row.reported_at) {
        return fail(
            ErrorCode::Conflict,
            fmt::format("case {}: the time of the first report never changes", row.id.value)
        );
    }
    std::string set;
    std::vector<sql::ColumnValue> values;
    const auto add = [&](std::string_view name, const sql::ColumnValue& value) {
        values.push_back(value);
        set += fmt::format("{}{} = ${}", set.empty() ? "" : ", ", name, values.size());
    };
    for (int column = 1; column < kBodyColumn; ++column) {
        const auto value = sql::column_of(row, column);
        if (column != kReportedAtColumn && value != sql::column_of(stored, column)) {
            add(sql::kCaseColumnNames[column], value);
        }
    }
    add("body", std::string_view{row.body});
    if (row.terms) {
        if (text_row != 0) {
            // The rowid stays taken: its old terms are still in the index.
            CS_TRY(forget, writer->prepare("UPDATE case_text SET case_id = 0 WHERE text_row = $1"));
            CS_CHECK(forget.bind(1, text_row).run());
        }
        CS_TRY(renewed, write_terms(row));
        add("text_row", renewed ? sql::ColumnValue{*renewed} : sql::ColumnValue{});
    }
    CS_TRY(
        update,
        writer->prepare(fmt::format("UPDATE cases SET {} WHERE id = ${}", set, values.size() + 1))
    );
    for (std::size_t i = 0; i < values.size(); ++i) {
        bind_column(update, static_cast<int>(i) + 1, values[i]);
    }
    update.bind(static_cast<int>(values.size()) + 1, row.id.value);
    return update.run();
}

Result<std::optional<std::int64_t>> SqliteStore::Impl::write_terms(const ports::CaseRow& row) {
    if (!row.terms || row.terms->empty()) {
        return std::optional<std::int64_t>{};
    }
    if (!can_index(row.reported_at)) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("case {}: the time of the report is outside 1970–2109", row.id.value)
        );
    }
    const std::int64_t first = row.reported_at << kTextSerialBits;
    const std::int64_t last = first + (std::int64_t{1} << kTextSerialBits) - 1;
    std::int64_t text_row = first;
    {
        CS_TRY(
            taken,
            writer->prepare("SELECT max(text_row) FROM case_text WHERE text_row BETWEEN $1 AND $2")
        );
        taken.bind(1, first).bind(2, last);
        CS_TRY(found, taken.step());
        CS_ASSERT(found);
        if (!taken.is_null(0)) {
            text_row = taken.integer(0) + 1;
        }
    }
    if (text_row > last) {
        return fail(
            ErrorCode::StorageUnavailable, "more than two million cases in one millisecond"
        );
    }
    const auto joined = join_terms(*row.terms);
    CS_TRY(index, writer->prepare("INSERT INTO case_fts(rowid, terms) VALUES ($1, $2)"));
    CS_CHECK(index.bind(1, text_row).bind(2, std::string_view{joined}).run());
    CS_TRY(map, writer->prepare("INSERT INTO case_text(text_row, case_id) VALUES ($1, $2)"));
    CS_CHECK(map.bind(1, text_row).bind(2, row.id.value).run());
    return std::optional{text_row};
}

Status SqliteStore::Impl::write_reports(std::span<const ports::ReportRow> rows) {
    CS_TRY(insert, writer->prepare("INSERT INTO reports VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
    for (const auto& row : rows) {
        insert.bind(1, row.id.value)
            .bind_or_null(2, row.case_id.value)
            .bind(3, std::string_view{row.source});
        insert.bind(4, std::string_view{row.state}).bind_text_or_null(5, row.external_id);
        insert.bind(6, row.received_at).bind(7, std::string_view{row.body});
        CS_CHECK(insert.bind(8, std::string_view{row.reporter}).run());
    }
    return ok();
}

Status SqliteStore::Impl::write_journal(std::span<const ports::JournalRow> rows) {
    if (rows.empty()) {
        return ok();
    }
    if (!head) {
        CS_TRY(last, writer->integer("SELECT max(seq) FROM journal"));
        head = Seq{last};
    }
    std::int64_t expected = head->value;
    CS_TRY(insert, writer->prepare("INSERT INTO journal VALUES ($1, $2, $3, $4, $5, $6)"));
    for (const auto& row : rows) {
        if (row.seq.value != ++expected) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("journal entry {} does not follow {}", row.seq.value, expected - 1)
            );
        }
        insert.bind(1, row.seq.value).bind(2, row.at).bind_or_null(3, row.case_id.value);
        insert.bind(4, std::string_view{row.type}).bind(5, std::string_view{row.actor});
        CS_CHECK(insert.bind(6, std::string_view{row.body}).run());
    }
    return ok();
}

Status SqliteStore::Impl::write_cells(std::span<const ports::CellRow> rows) {
    CS_TRY(
        upsert,
        writer->prepare("INSERT INTO cells VALUES ($1, $2, $3, $4) "
                        "ON CONFLICT (kind, subject, day) DO UPDATE SET amounts = excluded.amounts")
    );
    for (const auto* at : in_order(rows, &ports::CellRow::key)) {
        const auto& row = *at;
        const auto amounts = sql::join_amounts(row.values);
        upsert.bind(1, std::string_view{row.key.kind}).bind(2, std::string_view{row.key.subject});
        CS_CHECK(upsert.bind(3, std::int64_t{row.key.day}).bind(4, std::string_view{amounts}).run()
        );
    }
    return ok();
}

Status SqliteStore::Impl::write_documents(std::span<const ports::DocumentRow> rows) {
    for (const auto& row : rows) {
        const bool erase = row.body.empty();
        CS_TRY(
            statement,
            writer->prepare(
                erase ? "DELETE FROM documents WHERE kind = $1 AND id = $2"
                      : "INSERT INTO documents VALUES ($1, $2, $3) "
                        "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
            )
        );
        statement.bind(1, std::string_view{row.kind}).bind(2, std::string_view{row.id});
        if (!erase) {
            statement.bind(3, std::string_view{row.body});
        }
        CS_CHECK(statement.run());
    }
    return ok();
}

Status SqliteStore::Impl::write_idempotency(std::span<const ports::IdempotencyRow> rows) {
    CS_TRY(insert, writer->prepare("INSERT INTO idempotency VALUES ($1, $2, $3, $4)"));
    for (const auto* at : in_order(rows, &ports::IdempotencyRow::key)) {
        const auto& row = *at;
        insert.bind(1, std::string_view{row.key}).bind(2, std::string_view{row.fingerprint});
        CS_CHECK(insert.bind(3, std::string_view{row.response}).bind(4, row.at).run());
    }
    return ok();
}

Result<int> SqliteStore::prune_idempotency(std::int64_t before, int limit) {
    if (impl_->writer == nullptr) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    const std::lock_guard lock{impl_->writing};
    CS_TRY(
        remove,
        impl_->writer->prepare("DELETE FROM idempotency WHERE rowid IN "
                               "(SELECT rowid FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2)")
    );
    CS_CHECK(remove.bind(1, before).bind(2, std::int64_t{limit}).run());
    return static_cast<int>(impl_->writer->changes());
}

}  // namespace chengshu::sqlite
