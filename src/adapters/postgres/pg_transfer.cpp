// A whole store at once: shown to somebody else, or filled by somebody else.

#include "adapters/postgres/copy_in.hpp"
#include "adapters/postgres/pg_impl.hpp"
#include "adapters/postgres/transfer.hpp"
#include "adapters/sql/amounts.hpp"
#include "adapters/sql/transfer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace chengshu::postgres {
namespace {

constexpr const char* kTables =
    "cases, case_terms, reports, journal, cells, documents, idempotency";
/// The tables are emptied in the same transaction, so their rows need no later look at whether the
/// transaction was committed.
constexpr const char* kFreeze = "FREEZE, ";

template <class RowType>
Status
show_table(Connection& connection, const sql::Table<RowType>& table, const ports::PartSink& show) {
    ports::Changes part;
    auto& rows = part.*table.rows;
    return walk(connection, table.query, table.part, [&](const Rows& found) -> Status {
        rows.clear();
        for (int i = 0; i < found.size(); ++i) {
            CS_TRY(row, table.read(found[i]));
            rows.push_back(std::move(row));
        }
        return show(part);
    });
}

/// A tsvector as "COPY … (FORMAT binary)" takes it: distinct terms in order of their bytes, none
/// with positions.
std::string vector_of(const std::vector<std::string>& terms) {
    const std::set<std::string_view> sorted(terms.begin(), terms.end());
    const auto count = static_cast<std::uint32_t>(sorted.size());
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) {
        bytes += static_cast<char>(count >> shift);
    }
    for (const auto term : sorted) {
        bytes += term;
        bytes += std::string_view{"\0\0\0", 3};
    }
    return bytes;
}

/// Rows on their way into empty tables, within one transaction.
class Load {
public:
    explicit Load(Connection& connection) : connection_(connection) {}

    Status take(const ports::Changes& part) {
        CS_CHECK(take_cases(part.cases));
        CS_CHECK(take_terms(part.cases));
        CS_CHECK(take_reports(part.reports));
        CS_CHECK(take_journal(part.journal));
        CS_CHECK(take_cells(part.cells));
        CS_CHECK(take_documents(part.documents));
        return take_idempotency(part.idempotency);
    }

    [[nodiscard]] std::int64_t cases() const { return cases_; }

private:
    using Changed = std::vector<ports::Changes::CaseChange>;

    /// Opens a COPY, lets `add` write each row, and ends it. Nothing when there are no rows.
    template <class RowsOf, class Add>
    Status copy(std::string_view table, const RowsOf& rows, int columns, const Add& add) {
        if (rows.empty()) {
            return ok();
        }
        CopyIn to{connection_};
        CS_CHECK(to.begin(table, kFreeze));
        for (const auto& row : rows) {
            CS_CHECK(to.row(columns));
            add(to, row);
        }
        return to.finish();
    }

    static void add_column(CopyIn& to, const ports::CaseRow& row, int column) {
        const auto value = sql::column_of(row, column);
        const auto name = sql::kCaseColumnNames[column];
        if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            if (name == "is_open") {
                to.add_small(static_cast<std::int16_t>(*integer));
            } else if (name == "reported_day" || name == "filed_day" || name == "closed_day") {
                to.add_int(static_cast<std::int32_t>(*integer));
            } else {
                to.add(*integer);
            }
        } else if (const auto* real = std::get_if<double>(&value)) {
            to.add(*real);
        } else if (const auto* text = std::get_if<std::string_view>(&value)) {
            to.add(*text);
        } else {
            to.add_null();
        }
    }

    Status take_cases(const Changed& rows) {
        cases_ += std::ssize(rows);
        // Named: a column that came with a later schema is the table's last.
        static const auto kTable =
            fmt::format("cases ({})", fmt::join(sql::kCaseColumnNames, ", "));
        return copy(kTable, rows, sql::kCaseColumnCount, [](CopyIn& to, const auto& change) {
            for (int column = 0; column < sql::kCaseColumnCount; ++column) {
                add_column(to, change.row, column);
            }
        });
    }

    Status take_terms(const Changed& changes) {
        std::vector<const ports::CaseRow*> rows;
        for (const auto& change : changes) {
            if (change.row.terms && !change.row.terms->empty()) {
                rows.push_back(&change.row);
            }
        }
        return copy("case_terms", rows, 3, [](CopyIn& to, const auto* row) {
            to.add(row->id.value);
            to.add(row->reported_at);
            to.add_bytes(vector_of(*row->terms));
        });
    }

    Status take_reports(const std::vector<ports::ReportRow>& rows) {
        return copy("reports", rows, 8, [](CopyIn& to, const auto& row) {
            to.add(row.id.value);
            to.add_or_null(row.case_id.value);
            to.add(std::string_view{row.source});
            to.add(std::string_view{row.state});
            to.add_text_or_null(row.external_id);
            to.add(row.received_at);
            to.add(std::string_view{row.body});
            to.add(std::string_view{row.reporter});
        });
    }

    Status take_journal(const std::vector<ports::JournalRow>& rows) {
        CS_CHECK(sql::check_follows(rows, head_));
        return copy("journal", rows, 6, [](CopyIn& to, const auto& row) {
            to.add(row.seq.value);
            to.add(row.at);
            to.add_or_null(row.case_id.value);
            to.add(std::string_view{row.type});
            to.add(std::string_view{row.actor});
            to.add(std::string_view{row.body});
        });
    }

    Status take_cells(const std::vector<ports::CellRow>& rows) {
        return copy("cells", rows, 4, [](CopyIn& to, const auto& row) {
            to.add(std::string_view{row.key.kind});
            to.add(std::string_view{row.key.subject});
            to.add_int(row.key.day);
            to.add(std::string_view{sql::join_amounts(row.values)});
        });
    }

    Status take_documents(const std::vector<ports::DocumentRow>& rows) {
        return copy("documents", rows, 3, [](CopyIn& to, const auto& row) {
            to.add(std::string_view{row.kind});
            to.add(std::string_view{row.id});
            to.add(std::string_view{row.body});
        });
    }

    Status take_idempotency(const std::vector<ports::IdempotencyRow>& rows) {
        return copy("idempotency", rows, 4, [](CopyIn& to, const auto& row) {
            to.add(std::string_view{row.key});
            to.add(std::string_view{row.fingerprint});
            to.add(std::string_view{row.response});
            to.add(row.at);
        });
    }

    Connection& connection_;
    std::int64_t cases_ = 0;
    Seq head_;
};

Status
fill(Connection& connection, const std::function<Status(const ports::PartSink& take)>& give) {
    CS_CHECK(check_empty(connection, kTables));
    CS_CHECK(connection.run(fmt::format("TRUNCATE {}", kTables)));
    CS_TRY(indexes, drop_indexes(connection, kTables));
    Load load{connection};
    CS_CHECK(give([&](const ports::Changes& part) { return load.take(part); }));
    CS_CHECK(make_indexes(connection, indexes));
    return connection.run(
        fmt::format("UPDATE counters SET value = {} WHERE name = 'cases'", load.cases())
    );
}

}  // namespace

Status check_empty(Connection& connection, std::string_view tables) {
    std::string_view rest = tables;
    while (!rest.empty()) {
        const auto end = rest.find(", ");
        const auto table = rest.substr(0, end);
        rest = end == std::string_view::npos ? "" : rest.substr(end + 2);
        CS_TRY(
            found, connection.query(fmt::format("SELECT EXISTS (SELECT 1 FROM {})::int", table), {})
        );
        if (found[0].integer(0) != 0) {
            CS_TRY(name, connection.query("SELECT current_database()", {}));
            return sql::not_empty(fmt::format("table {} of database {}", table, name[0].text(0)));
        }
    }
    return ok();
}

Result<std::vector<std::string>> drop_indexes(Connection& connection, std::string_view tables) {
    std::vector<std::string> make_again;
    CS_TRY(
        found,
        connection.query(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i "
            "WHERE i.indrelid = ANY (string_to_array($1, ', ')::regclass[]) AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)",
            {std::string{tables}}
        )
    );
    for (int i = 0; i < found.size(); ++i) {
        CS_CHECK(connection.run("DROP INDEX " + found[i].text(0)));
        make_again.push_back(found[i].text(1));
    }
    return make_again;
}

Status make_indexes(Connection& connection, const std::vector<std::string>& indexes) {
    CS_CHECK(connection.run("SET LOCAL maintenance_work_mem = '256MB'"));
    for (const auto& index : indexes) {
        CS_CHECK(connection.run(index));
    }
    return ok();
}

Status walk(
    Connection& connection,
    const std::string& query,
    std::size_t rows,
    const std::function<Status(const Rows&)>& visit
) {
    CS_CHECK(connection.run("DECLARE part NO SCROLL CURSOR FOR " + query));
    const auto fetch = fmt::format("FETCH {} FROM part", rows);
    for (;;) {
        CS_TRY(found, connection.query(fetch, {}));
        if (found.size() == 0) {
            return connection.run("CLOSE part");
        }
        CS_CHECK(visit(found));
    }
}

Result<std::unique_ptr<Connection>> open_picture(Dialer& dialer) {
    CS_TRY(connection, dialer.open());
    CS_CHECK(connection->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    return connection;
}

Status PgStore::dump(const ports::PartSink& show) {
    CS_TRY(connection, open_picture(impl_->dialer));
    return sql::each_table([&](const auto& table) { return show_table(*connection, table, show); });
}

Status PgStore::load(const std::function<Status(const ports::PartSink& take)>& give) {
    CS_TRY(writer, impl_->ready_writer());
    impl_->head.reset();
    CS_CHECK(in_transaction(*writer, [&](Connection& connection) { return fill(connection, give); })
    );
    // Without it the first plans would be made for empty tables.
    return writer->run("ANALYZE");
}

}  // namespace chengshu::postgres
