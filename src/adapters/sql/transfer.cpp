#include "adapters/sql/transfer.hpp"

#include "adapters/sql/amounts.hpp"

#include <fmt/format.h>

namespace chengshu::sql {

Status check_follows(std::span<const ports::JournalRow> rows, Seq& head) {
    for (const auto& row : rows) {
        if (row.seq.value != head.value + 1) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("journal entry {} does not follow {}", row.seq.value, head.value)
            );
        }
        head = row.seq;
    }
    return ok();
}

Failure not_empty(std::string_view place) {
    return fail(
        ErrorCode::Conflict, fmt::format("{} is not empty; it can only be filled when it is", place)
    );
}

const Table<ports::Changes::CaseChange>& case_table() {
    static const Table<ports::Changes::CaseChange> kTable{
        fmt::format("SELECT {} FROM cases AS c ORDER BY c.id", kCaseColumns),
        [](const ColumnReader& row) -> Result<ports::Changes::CaseChange> {
            return ports::Changes::CaseChange{read_case(row), true, 0};
        },
        &ports::Changes::cases
    };
    return kTable;
}

const Table<ports::ReportRow>& report_table() {
    static const Table<ports::ReportRow> kTable{
        "SELECT id, case_id, source, state, external_id, received_at, body, reporter FROM reports "
        "ORDER BY id",
        [](const ColumnReader& row) -> Result<ports::ReportRow> {
            return ports::ReportRow{
                ReportId{row.integer(0)},
                CaseId{row.integer(1)},
                row.text(2),
                row.text(3),
                row.text(4),
                row.integer(5),
                row.text(6),
                row.text(7)
            };
        },
        &ports::Changes::reports
    };
    return kTable;
}

const Table<ports::JournalRow>& journal_table() {
    static const Table<ports::JournalRow> kTable{
        "SELECT seq, at, case_id, type, actor, body FROM journal ORDER BY seq",
        [](const ColumnReader& row) -> Result<ports::JournalRow> {
            return ports::JournalRow{
                Seq{row.integer(0)},
                row.integer(1),
                CaseId{row.integer(2)},
                row.text(3),
                row.text(4),
                row.text(5)
            };
        },
        &ports::Changes::journal
    };
    return kTable;
}

const Table<ports::CellRow>& cell_table() {
    static const Table<ports::CellRow> kTable{
        "SELECT kind, subject, day, amounts FROM cells ORDER BY kind, subject, day",
        [](const ColumnReader& row) -> Result<ports::CellRow> {
            CS_TRY(values, split_amounts(row.text(3)));
            return ports::CellRow{
                {row.text(0), row.text(1), static_cast<int>(row.integer(2))}, std::move(values)
            };
        },
        &ports::Changes::cells
    };
    return kTable;
}

const Table<ports::DocumentRow>& document_table() {
    static const Table<ports::DocumentRow> kTable{
        "SELECT kind, id, body FROM documents ORDER BY kind, id",
        [](const ColumnReader& row) -> Result<ports::DocumentRow> {
            return ports::DocumentRow{row.text(0), row.text(1), row.text(2)};
        },
        &ports::Changes::documents,
        kPartDocuments
    };
    return kTable;
}

const Table<ports::IdempotencyRow>& idempotency_table() {
    static const Table<ports::IdempotencyRow> kTable{
        "SELECT key, fingerprint, response, at FROM idempotency ORDER BY key",
        [](const ColumnReader& row) -> Result<ports::IdempotencyRow> {
            return ports::IdempotencyRow{row.text(0), row.text(1), row.text(2), row.integer(3)};
        },
        &ports::Changes::idempotency
    };
    return kTable;
}

}  // namespace chengshu::sql
