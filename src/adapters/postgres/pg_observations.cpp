#include "adapters/postgres/pg_observations.hpp"

#include "adapters/postgres/pg_observations_impl.hpp"
#include "base/time.hpp"

#include <fmt/format.h>

#include <map>

namespace chengshu::postgres {
namespace {

using enum ElementType;
using ports::ObservationBatch;
using sensing::Observation;

/// "CSHO": the advisory lock of who writes observations.
constexpr std::int64_t kObservationsGuard = 0x4353484F;
/// Months farther away than this from a row's arrival share the default partition: a device with a
/// wrong clock makes no tables.
constexpr int kMonthsBack = 30 * 12;
constexpr int kMonthsAhead = 2;

/// Years * 12 + month (0 … 11), UTC.
int month_of(std::int64_t time) {
    const Date date{std::chrono::floor<std::chrono::days>(from_millis(time))};
    return static_cast<int>(date.year()) * 12 + static_cast<int>(unsigned{date.month()}) - 1;
}

std::int64_t start_of(int month) {
    const auto day = std::chrono::year{month / 12} /
                     std::chrono::month{static_cast<unsigned>(month % 12) + 1} / 1;
    return to_millis(std::chrono::sys_days{day});
}

void add_optional(ArrayParameter& to, const std::optional<std::int64_t>& value) {
    if (value) {
        to.add(*value);
    } else {
        to.add_null();
    }
}

void add_row(Columns& to, const Observation& row) {
    to[0].add(row.id);
    to[1].add(row.stream);
    to[2].add(row.phenomenon_from);
    to[3].add(row.phenomenon_to - row.phenomenon_from);
    add_optional(to[4], row.result_time);
    to[5].add(row.received_at);
    if (row.number) {
        to[6].add(*row.number);
    } else {
        to[6].add_null();
    }
    to[7].add_text_or_null(row.result);
    to[8].add(row.feature);
    to[9].add(std::int64_t{row.quality});
    to[10].add_text_or_null(row.extra);
}

void add_summary(Columns& to, const sensing::StreamSummary& summary) {
    to[0].add(summary.stream);
    to[1].add(summary.count);
    to[2].add(summary.first_phenomenon);
    to[3].add(summary.last_phenomenon);
    add_optional(to[4], summary.first_result_time);
    add_optional(to[5], summary.last_result_time);
    to[6].add(summary.last_id);
    to[7].add(summary.latest.phenomenon_from);
    to[8].add(summary.latest.id);
}

constexpr const char* kMergeSummaries =
    " ON CONFLICT (stream) DO UPDATE SET row_count = s.row_count + excluded.row_count,"
    " first_phenomenon = LEAST(s.first_phenomenon, excluded.first_phenomenon),"
    " last_phenomenon = GREATEST(s.last_phenomenon, excluded.last_phenomenon),"
    " first_result_time = LEAST(s.first_result_time, excluded.first_result_time),"
    " last_result_time = GREATEST(s.last_result_time, excluded.last_result_time),"
    " greatest_id = GREATEST(s.greatest_id, excluded.greatest_id),"
    " (latest_from, latest_id) = (SELECT f, i FROM (VALUES (s.latest_from, s.latest_id),"
    " (excluded.latest_from, excluded.latest_id)) AS v(f, i) ORDER BY f DESC, i DESC LIMIT 1)";

Result<sql::KnownKeys>
stored_keys(Connection& connection, std::span<const ObservationBatch> batches) {
    std::vector<std::string> literals;
    for (const auto& batch : batches) {
        if (batch.key.find('\0') != std::string::npos) {
            return fail(ErrorCode::InvalidInput, "a batch's key holds a NUL", "key");
        }
        if (!batch.key.empty()) {
            literals.push_back(text_literal(batch.key));
        }
    }
    sql::KnownKeys known;
    if (literals.empty()) {
        return known;
    }
    CS_TRY(
        rows,
        connection.query(
            fmt::format(
                "SELECT key, fingerprint, answer FROM observation_keys WHERE key IN ({})",
                fmt::join(literals, ", ")
            ),
            {}
        )
    );
    for (int row = 0; row < rows.size(); ++row) {
        known[rows[row].text(0)] = {rows[row].text(1), rows[row].text(2)};
    }
    return known;
}

}  // namespace

Observation read_observation(const Row& row, int first_column) {
    const auto column = [&](int offset) { return first_column + offset; };
    Observation read;
    read.id = row.integer(column(0));
    read.stream = row.integer(column(1));
    read.phenomenon_from = row.integer(column(2));
    read.phenomenon_to = read.phenomenon_from + row.integer(column(3));
    if (!row.is_null(column(4))) {
        read.result_time = row.integer(column(4));
    }
    read.received_at = row.integer(column(5));
    if (!row.is_null(column(6))) {
        read.number = row.real(column(6));
    }
    read.result = row.text(column(7));
    read.feature = row.integer(column(8));
    read.quality = static_cast<std::uint32_t>(row.integer(column(9)));
    read.extra = row.text(column(10));
    return read;
}

std::string text_literal(std::string_view text) {
    std::string literal = "'";
    for (const char c : text) {
        literal += c;
        if (c == '\'') {
            literal += c;
        }
    }
    return literal + "'";
}

std::string id_list(std::span<const std::int64_t> ids) {
    return fmt::format("{}", fmt::join(ids, ", "));
}

const sql::ObservationDialect& observation_dialect() {
    static const sql::ObservationDialect kDialect{
        "(phenomenon_from + lasting)",
        [](double value) { return fmt::format("'{}'::float8", value); },
        text_literal
    };
    return kDialect;
}

PgObservations::PgObservations(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PgObservations::~PgObservations() = default;

Result<std::unique_ptr<PgObservations>>
PgObservations::open(const std::string& conninfo, ObservationOptions options) {
    auto impl = std::make_unique<Impl>(conninfo, std::move(options));
    CS_CHECK(impl->ready_writer());
    return std::unique_ptr<PgObservations>{new PgObservations{std::move(impl)}};
}

Result<Connection*> PgObservations::Impl::ready_writer() {
    if (writer == nullptr || !writer->idle()) {
        writer.reset();
        CS_TRY(connection, dialer.open());
        CS_CHECK(connection->run("SET lock_timeout = '3s'"));
        if (!connection->run(fmt::format("SELECT pg_advisory_lock({})", kObservationsGuard))) {
            return fail(
                ErrorCode::StorageUnavailable,
                "another chengshu server writes observations to this database; stop it first"
            );
        }
        CS_CHECK(connection->run("SET lock_timeout = 0"));
        CS_CHECK(load(*connection));
        writer = std::move(connection);
    }
    return writer.get();
}

Status PgObservations::Impl::load(Connection& connection) {
    CS_TRY(
        exists, connection.query("SELECT (to_regclass('observation_marks') IS NOT NULL)::int", {})
    );
    if (exists[0].integer(0) == 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            "the database has no tables of observations; run `chengshu init` on it"
        );
    }
    CS_TRY(commit_mode, connection.query("SHOW synchronous_commit", {}));
    if (commit_mode[0].text(0) == "off") {
        CS_CHECK(connection.run("SET synchronous_commit = on"));
    }
    CS_TRY(mark, connection.query("SELECT last_id FROM observation_marks", {}));
    last_id = mark[0].integer(0);
    CS_TRY(
        names,
        connection.query(
            "SELECT substring(c.relname from '[0-9]{6}$')::bigint FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'observations'::regclass AND c.relname ~ '_[0-9]{6}$'",
            {}
        )
    );
    partitions.clear();
    for (int row = 0; row < names.size(); ++row) {
        const auto name = static_cast<int>(names[row].integer(0));
        partitions.insert(name / 100 * 12 + name % 100 - 1);
    }
    return ok();
}

std::set<int> PgObservations::Impl::missing_partitions(std::span<const Observation> rows) const {
    std::set<int> missing;
    for (const auto& row : rows) {
        const auto arrived = month_of(row.received_at);
        const auto month = month_of(row.phenomenon_from);
        if (month < arrived - kMonthsBack || month > arrived + kMonthsAhead) {
            continue;
        }
        // The next month's is there before the month begins.
        for (const auto needed : {month, month == arrived ? month + 1 : month}) {
            if (!partitions.contains(needed)) {
                missing.insert(needed);
            }
        }
    }
    return missing;
}

/// Rows of the month that the default partition holds already move with it.
Status PgObservations::Impl::make_partitions(Connection& connection, const std::set<int>& missing) {
    for (const auto month : missing) {
        CS_CHECK(connection.run(fmt::format(
            "CREATE TEMP TABLE moved AS SELECT * FROM observations_other"
            " WHERE phenomenon_from >= {0} AND phenomenon_from < {1};"
            "DELETE FROM observations_other"
            " WHERE phenomenon_from >= {0} AND phenomenon_from < {1};"
            "CREATE TABLE observations_{2:04}{3:02} PARTITION OF observations"
            " FOR VALUES FROM ({0}) TO ({1});"
            "INSERT INTO observations SELECT * FROM moved;"
            "DROP TABLE moved",
            start_of(month),
            start_of(month + 1),
            month / 12,
            month % 12 + 1
        )));
    }
    return ok();
}

Status PgObservations::Impl::store(
    Connection& connection,
    std::span<const ObservationBatch* const> batches
) {
    const std::vector<ElementType> row_types{
        Integer, Integer, Integer, Integer, Integer, Integer, Real, Text, Integer, Integer, Text
    };
    const std::vector<ElementType> key_types{Text, Text, Text, Integer};
    Columns rows{row_types};
    Columns keys{key_types};
    const std::vector<ElementType> summary_types(9, Integer);
    Columns sums{summary_types};
    Columns mark{{Integer}};
    std::map<std::int64_t, sensing::StreamSummary> summaries;
    auto last = last_id;
    for (const auto* batch : batches) {
        if (!batch->key.empty()) {
            keys[0].add(std::string_view{batch->key});
            keys[1].add(std::string_view{batch->fingerprint});
            keys[2].add(std::string_view{batch->answer});
            keys[3].add(batch->at);
        }
        for (const auto& row : batch->rows) {
            add_row(rows, row);
            sensing::add(summaries[row.stream], row);
            last = row.id;
        }
    }
    for (const auto& [stream, summary] : summaries) {
        add_summary(sums, summary);
    }
    mark[0].add(last);
    Pipeline pipeline{connection};
    CS_CHECK(pipeline.add("INSERT INTO observations SELECT * FROM " + unnest(row_types), rows));
    CS_CHECK(pipeline.add("INSERT INTO observation_keys SELECT * FROM " + unnest(key_types), keys));
    CS_CHECK(pipeline.add(
        "INSERT INTO observation_summaries AS s SELECT * FROM " + unnest(summary_types) +
            kMergeSummaries,
        sums
    ));
    CS_CHECK(pipeline.add("UPDATE observation_marks SET last_id = ($1::bigint[])[1]", mark));
    CS_CHECK(pipeline.commit());
    last_id = last;
    return ok();
}

Result<std::vector<ports::AppendResult>> PgObservations::append(
    std::span<const ObservationBatch> batches
) {
    const std::lock_guard lock{impl_->writing};
    CS_TRY(connection, impl_->ready_writer());
    CS_CHECK(sql::check(batches, impl_->last_id));
    CS_TRY(known, stored_keys(*connection, batches));
    std::vector<const ObservationBatch*> to_store;
    auto results = sql::sort_out(batches, known, to_store);
    if (to_store.empty()) {
        return results;
    }
    std::set<int> missing;
    for (const auto* batch : to_store) {
        missing.merge(impl_->missing_partitions(batch->rows));
    }
    if (!missing.empty()) {
        CS_CHECK(postgres::in_transaction(*connection, [&](Connection& within) {
            return Impl::make_partitions(within, missing);
        }));
        impl_->partitions.merge(missing);
    }
    if (auto stored = impl_->store(*connection, to_store); !stored) {
        if (stored.error().code == ErrorCode::OutcomeUnknown) {
            // What is stored must be read again.
            impl_->writer.reset();
        }
        return Failure{std::move(stored).error()};
    }
    return results;
}

Result<int> PgObservations::prune_keys(std::int64_t before, int limit) {
    const std::lock_guard lock{impl_->writing};
    CS_TRY(connection, impl_->ready_writer());
    CS_TRY(
        pruned,
        connection->query(
            "DELETE FROM observation_keys WHERE key IN (SELECT key FROM observation_keys "
            "WHERE seen < $1 ORDER BY seen, key LIMIT $2)",
            {before, std::int64_t{std::max(limit, 0)}}
        )
    );
    return pruned.affected();
}

}  // namespace chengshu::postgres
