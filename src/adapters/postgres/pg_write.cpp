#include "adapters/postgres/pg_impl.hpp"
#include "adapters/sql/amounts.hpp"

#include <fmt/format.h>

#include <deque>
#include <set>
#include <unordered_map>

namespace chengshu::postgres {
namespace {

using enum ElementType;

constexpr int kBodyColumn = sql::kCaseColumnCount - 1;
constexpr int kReportedAtColumn = 14;

ElementType case_column_type(int column) {
    static const std::set<std::string_view> kTexts{
        "state",
        "workflow",
        "category",
        "path",
        "area_1",
        "area_2",
        "department",
        "queue",
        "holder",
        "source",
        "collector",
        "body",
    };
    const auto name = sql::kCaseColumnNames[column];
    return name == "lon" || name == "lat" ? Real : kTexts.contains(name) ? Text : Integer;
}

/// All columns of a case, and for updates the expected version behind them.
std::vector<ElementType> case_types(bool with_expected) {
    std::vector<ElementType> types;
    for (int column = 0; column < sql::kCaseColumnCount; ++column) {
        types.push_back(case_column_type(column));
    }
    if (with_expected) {
        types.push_back(Integer);
    }
    return types;
}

const std::string& insert_cases_sql() {
    static const std::string kSql = [] {
        std::string names;
        for (int column = 0; column < sql::kCaseColumnCount; ++column) {
            names += fmt::format("{}{}", column == 0 ? "" : ", ", sql::kCaseColumnNames[column]);
        }
        return fmt::format(
            "INSERT INTO cases ({0}) SELECT * FROM {1} AS u({0})", names, unnest(case_types(false))
        );
    }();
    return kSql;
}

/// Fails unless every row finds its case in the expected version.
const std::string& update_cases_sql() {
    static const std::string kSql = [] {
        std::string names;
        std::string set;
        for (int column = 0; column < sql::kCaseColumnCount; ++column) {
            const auto name = sql::kCaseColumnNames[column];
            names += fmt::format("{}, ", name);
            if (column > 0 && column != kReportedAtColumn) {
                set += fmt::format("{0}{1} = u.{1}", set.empty() ? "" : ", ", name);
            }
        }
        return fmt::format(
            "WITH u AS (SELECT * FROM {} AS u({}expected)), changed AS (UPDATE cases AS c SET {} "
            "FROM u WHERE c.id = u.id AND c.version = u.expected "
            "AND c.reported_at = u.reported_at RETURNING 1) "
            "SELECT expect_changed((SELECT count(*) FROM changed), (SELECT count(*) FROM u))",
            unnest(case_types(true)),
            names,
            set
        );
    }();
    return kSql;
}

void add_case(Columns& to, const ports::CaseRow& row) {
    for (int column = 0; column < sql::kCaseColumnCount; ++column) {
        to[static_cast<std::size_t>(column)].add(sql::column_of(row, column));
    }
}

/// Everything that one commit sends. A deque: addresses stay while it grows.
class Commit {
public:
    Commit(Connection& connection, const ports::Changes& changes)
        : changes_(changes), pipeline_(connection) {}

    Status run() {
        CS_CHECK(add_cases());
        CS_CHECK(add_terms());
        CS_CHECK(add_reports());
        CS_CHECK(add_journal());
        CS_CHECK(add_cells());
        CS_CHECK(add_documents());
        CS_CHECK(add_idempotency());
        return pipeline_.commit();
    }

private:
    Columns& columns(std::vector<ElementType> types) {
        return columns_.emplace_back(std::move(types));
    }

    /// One statement cannot change a row twice, so the n-th change of a case goes into round n.
    Status add_cases() {
        std::unordered_map<CaseId, std::size_t> changes_of;
        std::vector<std::vector<const ports::Changes::CaseChange*>> rounds;
        std::int64_t inserted = 0;
        for (const auto& change : changes_.cases) {
            const auto round = changes_of[change.row.id]++;
            rounds.resize(std::max(rounds.size(), round + 1));
            rounds[round].push_back(&change);
            inserted += change.insert ? 1 : 0;
        }
        for (const auto& round : rounds) {
            Columns* inserts = nullptr;
            Columns* updates = nullptr;
            for (const auto* change : round) {
                auto*& to = change->insert ? inserts : updates;
                to = to == nullptr ? &columns(case_types(!change->insert)) : to;
                add_case(*to, change->row);
                if (!change->insert) {
                    (*to)[kBodyColumn + 1].add(change->expected_version);
                }
            }
            if (inserts != nullptr) {
                CS_CHECK(pipeline_.add(insert_cases_sql(), *inserts));
            }
            if (updates != nullptr) {
                CS_CHECK(pipeline_.add(update_cases_sql(), *updates));
            }
        }
        if (inserted > 0) {
            auto& count = columns({Integer});
            count[0].add(inserted);
            CS_CHECK(pipeline_.add(
                "UPDATE counters SET value = value + ($1::bigint[])[1] WHERE name = 'cases'", count
            ));
        }
        return ok();
    }

    Status add_terms() {
        std::map<CaseId, const ports::CaseRow*> last;
        for (const auto& change : changes_.cases) {
            if (change.row.terms) {
                last[change.row.id] = &change.row;
            }
        }
        Columns* set = nullptr;
        Columns* erased = nullptr;
        for (const auto& [id, row] : last) {
            if (row->terms->empty()) {
                erased = erased == nullptr ? &columns({Integer}) : erased;
                (*erased)[0].add(id.value);
                continue;
            }
            set = set == nullptr ? &columns({Integer, Integer, Text}) : set;
            (*set)[0].add(id.value);
            (*set)[1].add(row->reported_at);
            const auto joined = fmt::format("{}", fmt::join(*row->terms, " "));
            (*set)[2].add(std::string_view{joined});
        }
        if (erased != nullptr) {
            CS_CHECK(pipeline_.add("DELETE FROM case_terms WHERE id = ANY ($1::bigint[])", *erased)
            );
        }
        return set == nullptr ? ok()
                              : pipeline_.add(
                                    "INSERT INTO case_terms SELECT u.id, u.reported_at, "
                                    "array_to_tsvector(string_to_array(u.terms, ' ')) FROM " +
                                        unnest({Integer, Integer, Text}) +
                                        " AS u(id, reported_at, terms) ON CONFLICT (id) "
                                        "DO UPDATE SET terms = excluded.terms",
                                    *set
                                );
    }

    Status add_reports() {
        if (changes_.reports.empty()) {
            return ok();
        }
        const std::vector<ElementType> types{
            Integer, Integer, Text, Text, Text, Integer, Text, Text
        };
        auto& to = columns(types);
        for (const auto& row : changes_.reports) {
            to[0].add(row.id.value);
            to[1].add_or_null(row.case_id.value);
            to[2].add(std::string_view{row.source});
            to[3].add(std::string_view{row.state});
            to[4].add_text_or_null(row.external_id);
            to[5].add(row.received_at);
            to[6].add(std::string_view{row.body});
            to[7].add(std::string_view{row.reporter});
        }
        return pipeline_.add("INSERT INTO reports SELECT * FROM " + unnest(types), to);
    }

    Status add_journal() {
        if (changes_.journal.empty()) {
            return ok();
        }
        const std::vector<ElementType> types{Integer, Integer, Integer, Text, Text, Text};
        auto& to = columns(types);
        for (const auto& row : changes_.journal) {
            to[0].add(row.seq.value);
            to[1].add(row.at);
            to[2].add_or_null(row.case_id.value);
            to[3].add(std::string_view{row.type});
            to[4].add(std::string_view{row.actor});
            to[5].add(std::string_view{row.body});
        }
        return pipeline_.add("INSERT INTO journal SELECT * FROM " + unnest(types), to);
    }

    Status add_cells() {
        // As with documents, the last word of a commit counts.
        std::map<ports::CellKey, const ports::CellRow*> last;
        for (const auto& row : changes_.cells) {
            last[row.key] = &row;
        }
        if (last.empty()) {
            return ok();
        }
        const std::vector<ElementType> types{Text, Text, Integer, Text};
        auto& to = columns(types);
        for (const auto& [key, row] : last) {
            to[0].add(std::string_view{key.kind});
            to[1].add(std::string_view{key.subject});
            to[2].add(std::int64_t{key.day});
            const auto amounts = sql::join_amounts(row->values);
            to[3].add(std::string_view{amounts});
        }
        return pipeline_.add(
            "INSERT INTO cells SELECT * FROM " + unnest(types) +
                " ON CONFLICT (kind, subject, day) DO UPDATE SET amounts = excluded.amounts",
            to
        );
    }

    Status add_documents() {
        std::map<std::pair<std::string_view, std::string_view>, const ports::DocumentRow*> last;
        for (const auto& row : changes_.documents) {
            last[{row.kind, row.id}] = &row;
        }
        Columns* set = nullptr;
        Columns* erased = nullptr;
        for (const auto& [key, row] : last) {
            const bool erase = row->body.empty();
            auto*& to = erase ? erased : set;
            if (to == nullptr) {
                to = erase ? &columns({Text, Text}) : &columns({Text, Text, Text});
            }
            (*to)[0].add(key.first);
            (*to)[1].add(key.second);
            if (!erase) {
                (*to)[2].add(std::string_view{row->body});
            }
        }
        if (erased != nullptr) {
            CS_CHECK(pipeline_.add(
                "DELETE FROM documents AS d USING " + unnest({Text, Text}) +
                    " AS u(kind, id) WHERE d.kind = u.kind AND d.id = u.id",
                *erased
            ));
        }
        return set == nullptr
                   ? ok()
                   : pipeline_.add(
                         "INSERT INTO documents SELECT * FROM " + unnest({Text, Text, Text}) +
                             " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                         *set
                     );
    }

    Status add_idempotency() {
        if (changes_.idempotency.empty()) {
            return ok();
        }
        const std::vector<ElementType> types{Text, Text, Text, Integer};
        auto& to = columns(types);
        for (const auto& row : changes_.idempotency) {
            to[0].add(std::string_view{row.key});
            to[1].add(std::string_view{row.fingerprint});
            to[2].add(std::string_view{row.response});
            to[3].add(row.at);
        }
        return pipeline_.add("INSERT INTO idempotency SELECT * FROM " + unnest(types), to);
    }

    const ports::Changes& changes_;
    Pipeline pipeline_;
    std::deque<Columns> columns_;
};

Status check_continuity(std::span<const ports::JournalRow> rows, Seq head) {
    auto expected = head.value;
    for (const auto& row : rows) {
        if (row.seq.value != ++expected) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("journal entry {} does not follow {}", row.seq.value, expected - 1)
            );
        }
    }
    return ok();
}

}  // namespace

Status Pipeline::add(const std::string& sql, Columns& columns) {
    CS_TRY(statement, connection_.prepare(sql, columns.types()));
    steps_.push_back({std::move(statement), &columns});
    return ok();
}

Status Pipeline::commit() {
    CS_TRY(begin, connection_.prepare("BEGIN", {}));
    CS_TRY(end, connection_.prepare("COMMIT", {}));
    PGconn* const handle = connection_.handle();
    Columns none{{}};
    bool sent = PQenterPipelineMode(handle) == 1 && none.send(handle, begin);
    for (const auto& step : steps_) {
        sent = sent && step.columns->send(handle, step.statement);
    }
    if (!sent) {
        // COMMIT was not sent, so the server rolls back when it sees the connection end.
        return leave(pg_failure(handle, nullptr, "the commit was not sent"));
    }
    if (!none.send(handle, end) || PQpipelineSync(handle) != 1) {
        return leave(fail(ErrorCode::OutcomeUnknown, "the connection broke while COMMIT was sent"));
    }
    return leave(read_results());
}

/// An error with a code is the server's word that nothing was committed; one without is libpq's,
/// about a connection that broke before the answer came.
Status Pipeline::read_results() {
    PGconn* const handle = connection_.handle();
    Status outcome = ok();
    const auto commit_step = steps_.size() + 1;
    for (std::size_t step = 0; step <= commit_step; ++step) {
        ResultHandle result{PQgetResult(handle)};
        if (result == nullptr) {
            return fail(
                ErrorCode::OutcomeUnknown, "the connection broke before the commit's answer"
            );
        }
        const auto status = PQresultStatus(result.get());
        if (status == PGRES_FATAL_ERROR && outcome.has_value()) {
            const char* code = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
            const std::string_view state = code == nullptr ? "" : code;
            const bool cut_off = state.starts_with("57") || state.starts_with("08");
            outcome = pg_failure(handle, result.get(), "the commit was refused");
            if (state.empty() || (step == commit_step && cut_off)) {
                return fail(ErrorCode::OutcomeUnknown, outcome.error().context);
            }
        }
        // Each statement's results end with a null.
        while (result != nullptr) {
            result.reset(PQgetResult(handle));
        }
    }
    const ResultHandle sync{PQgetResult(handle)};
    return outcome;
}

Status Pipeline::leave(Status outcome) {
    PGconn* const handle = connection_.handle();
    const bool left = PQexitPipelineMode(handle) == 1;
    if (left && PQtransactionStatus(handle) != PQTRANS_IDLE) {
        const auto rolled_back = connection_.run("ROLLBACK");
        static_cast<void>(rolled_back);  // A broken connection rolls back by itself.
    }
    return outcome;
}

Status PgStore::sync() {
    return ok();
}

Status PgStore::commit(const ports::Changes& changes) {
    const std::lock_guard lock{impl_->writing};
    CS_TRY(writer, impl_->ready_writer());
    if (changes.empty()) {
        return ok();
    }
    if (!changes.journal.empty()) {
        if (!impl_->head) {
            CS_TRY(last, writer->query_prepared("SELECT max(seq) FROM journal", {}));
            impl_->head = Seq{last[0].integer(0)};
        }
        CS_CHECK(check_continuity(changes.journal, *impl_->head));
    }
    Commit commit{*writer, changes};
    auto done = commit.run();
    if (!done) {
        impl_->head.reset();
        if (done.error().code == ErrorCode::OutcomeUnknown || !writer->idle()) {
            // Nothing more can be learnt from this connection; the next use opens another one.
            impl_->writer.reset();
        }
        return done;
    }
    if (!changes.journal.empty()) {
        impl_->head = changes.journal.back().seq;
    }
    return ok();
}

Result<int> PgStore::prune_idempotency(std::int64_t before, int limit) {
    const std::lock_guard lock{impl_->writing};
    CS_TRY(writer, impl_->ready_writer());
    CS_TRY(
        removed,
        writer->query_prepared(
            "DELETE FROM idempotency WHERE key = ANY (ARRAY("
            "SELECT key FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2))",
            {before, std::int64_t{limit}}
        )
    );
    return removed.affected();
}

}  // namespace chengshu::postgres
