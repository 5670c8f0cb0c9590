#pragma once

#include "adapters/sql/case_columns.hpp"
#include "ports/store.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace chengshu::sql {

/// How many rows a part of a dump holds; documents are the only rows that may be large.
inline constexpr std::size_t kPartRows = 2000;
inline constexpr std::size_t kPartDocuments = 50;

/// A table as dump() shows it: its query, how a row is read, and where a part holds the rows.
template <class Row>
struct Table {
    std::string query;
    Result<Row> (*read)(const ColumnReader& row);
    std::vector<Row> ports::Changes::* rows;
    std::size_t part = kPartRows;
};

/// Calls `walk` with every table of the store, until it fails.
template <class Walk>
Status each_table(const Walk& walk);

/// Conflict unless the entries follow `head` without gaps; moves it.
Status check_follows(std::span<const ports::JournalRow> rows, Seq& head);

Failure not_empty(std::string_view place);

const Table<ports::Changes::CaseChange>& case_table();
const Table<ports::ReportRow>& report_table();
const Table<ports::JournalRow>& journal_table();
const Table<ports::CellRow>& cell_table();
const Table<ports::DocumentRow>& document_table();
const Table<ports::IdempotencyRow>& idempotency_table();

template <class Walk>
Status each_table(const Walk& walk) {
    CS_CHECK(walk(case_table()));
    CS_CHECK(walk(report_table()));
    CS_CHECK(walk(journal_table()));
    CS_CHECK(walk(cell_table()));
    CS_CHECK(walk(document_table()));
    return walk(idempotency_table());
}

}  // namespace chengshu::sql
