#include "adapters/postgres/pg_observations_impl.hpp"

#include <fmt/format.h>

namespace chengshu::postgres {
namespace {

using ports::ObservationQuery;
using sensing::Observation;

constexpr int kFetch = 5000;
constexpr int kSummaryColumns = 7;

constexpr const char* kSummaries =
    "SELECT s.stream, s.row_count, s.first_phenomenon, s.last_phenomenon, s.first_result_time, "
    "s.last_result_time, s.greatest_id, {} FROM observation_summaries s JOIN observations o "
    "ON o.stream = s.stream AND o.phenomenon_from = s.latest_from AND o.id = s.latest_id {}";

std::optional<std::int64_t> optional_integer(const Row& row, int column) {
    return row.is_null(column) ? std::optional<std::int64_t>{} : row.integer(column);
}

sensing::StreamSummary read_summary(const Row& row) {
    sensing::StreamSummary summary;
    summary.stream = row.integer(0);
    summary.count = row.integer(1);
    summary.first_phenomenon = row.integer(2);
    summary.last_phenomenon = row.integer(3);
    summary.first_result_time = optional_integer(row, 4);
    summary.last_result_time = optional_integer(row, 5);
    summary.last_id = row.integer(6);
    summary.latest = read_observation(row, kSummaryColumns);
    return summary;
}

std::vector<Observation> read_all(const Rows& rows) {
    std::vector<Observation> read;
    read.reserve(static_cast<std::size_t>(rows.size()));
    for (int row = 0; row < rows.size(); ++row) {
        read.push_back(read_observation(rows[row]));
    }
    return read;
}

std::string select(const ObservationQuery& query) {
    return fmt::format(
        "SELECT {} FROM observations o{}{}",
        kObservationColumns,
        sql::where_of(query, observation_dialect(), true),
        sql::order_of(query)
    );
}

/// Walks a cursor until `visit` has seen enough.
template <class Visit>
Status walk(Connection& connection, const std::string& sql, const Visit& visit) {
    CS_CHECK(connection.run("BEGIN; DECLARE walk NO SCROLL CURSOR FOR " + sql));
    Status outcome = ok();
    for (bool more = true; more;) {
        auto rows = connection.query(fmt::format("FETCH {} FROM walk", kFetch), {});
        if (!rows) {
            outcome = Failure{rows.error()};
            break;
        }
        more = rows->size() == kFetch;
        for (int row = 0; row < rows->size(); ++row) {
            if (!visit((*rows)[row])) {
                more = false;
                break;
            }
        }
    }
    const auto closed = connection.run("ROLLBACK");
    static_cast<void>(closed);  // Nothing was changed.
    return outcome;
}

}  // namespace

Result<std::optional<Observation>> PgObservations::find(std::int64_t id) {
    return impl_->readers.with([&](Connection& reader) -> Result<std::optional<Observation>> {
        CS_TRY(
            rows,
            reader.query_prepared(
                fmt::format("SELECT {} FROM observations o WHERE id = $1", kObservationColumns),
                {id}
            )
        );
        return rows.size() == 0 ? std::optional<Observation>{} : read_observation(rows[0]);
    });
}

Result<std::vector<Observation>> PgObservations::query(const ObservationQuery& query) {
    CS_CHECK(sql::check(query));
    const auto sql = fmt::format("{} LIMIT {} OFFSET {}", select(query), query.limit, query.offset);
    return impl_->readers.with([&](Connection& reader) -> Result<std::vector<Observation>> {
        CS_TRY(rows, reader.query(sql, {}));
        return read_all(rows);
    });
}

Status PgObservations::each(
    const ObservationQuery& query,
    const std::function<bool(const Observation&)>& visit
) {
    CS_CHECK(sql::check(query));
    bool begun = false;
    return impl_->readers.with([&](Connection& reader) -> Status {
        if (begun) {
            return fail(ErrorCode::StorageUnavailable, "the connection broke while rows were read");
        }
        return walk(reader, select(query), [&](const Row& row) {
            begun = true;
            return visit(read_observation(row));
        });
    });
}

Result<std::int64_t> PgObservations::count(const ObservationQuery& query) {
    CS_CHECK(sql::check(query));
    auto sql =
        "SELECT count(*) FROM observations" + sql::where_of(query, observation_dialect(), false);
    if (sql::only_streams(query)) {
        sql = "SELECT coalesce(sum(row_count), 0) FROM observation_summaries";
        sql += query.streams.empty() ? ""
                                     : fmt::format(" WHERE stream IN ({})", id_list(query.streams));
    }
    return impl_->readers.with([&](Connection& reader) -> Result<std::int64_t> {
        CS_TRY(rows, reader.query(sql, {}));
        return rows[0].integer(0);
    });
}

Result<std::vector<Observation>>
PgObservations::latest(std::span<const std::int64_t> streams, int n) {
    CS_CHECK(sql::check_latest(streams, n));
    if (streams.empty()) {
        return std::vector<Observation>{};
    }
    const auto sql = fmt::format(
        "SELECT {} FROM unnest(ARRAY[{}]::bigint[]) WITH ORDINALITY AS q(stream, place) "
        "CROSS JOIN LATERAL (SELECT * FROM observations WHERE stream = q.stream "
        "ORDER BY phenomenon_from DESC, id DESC LIMIT {}) AS o "
        "ORDER BY q.place, o.phenomenon_from DESC, o.id DESC",
        kObservationColumns,
        id_list(streams),
        n
    );
    return impl_->readers.with([&](Connection& reader) -> Result<std::vector<Observation>> {
        CS_TRY(rows, reader.query(sql, {}));
        return read_all(rows);
    });
}

Result<std::optional<sensing::StreamSummary>> PgObservations::summary(std::int64_t stream) {
    const auto sql =
        fmt::format(fmt::runtime(kSummaries), kObservationColumns, "WHERE s.stream = $1");
    return impl_->readers.with(
        [&](Connection& reader) -> Result<std::optional<sensing::StreamSummary>> {
            CS_TRY(rows, reader.query_prepared(sql, {stream}));
            return rows.size() == 0 ? std::optional<sensing::StreamSummary>{}
                                    : read_summary(rows[0]);
        }
    );
}

Status PgObservations::each_summary(const std::function<void(const sensing::StreamSummary&)>& visit
) {
    const auto sql =
        fmt::format(fmt::runtime(kSummaries), kObservationColumns, "ORDER BY s.stream");
    bool begun = false;
    return impl_->readers.with([&](Connection& reader) -> Status {
        if (begun) {
            return fail(ErrorCode::StorageUnavailable, "the connection broke while rows were read");
        }
        return walk(reader, sql, [&](const Row& row) {
            begun = true;
            visit(read_summary(row));
            return true;
        });
    });
}

Result<std::vector<sensing::HourlyValue>>
PgObservations::hours(std::int64_t stream, std::int64_t from, std::int64_t to, int limit) {
    return impl_->readers.with(
        [&](Connection& reader) -> Result<std::vector<sensing::HourlyValue>> {
            CS_TRY(
                rows,
                reader.query_prepared(
                    "SELECT hour, count, others, sum, coalesce(min, 0), coalesce(max, 0) "
                    "FROM observation_hours WHERE stream = $1 AND hour >= $2 AND hour < $3 "
                    "ORDER BY hour LIMIT $4",
                    {stream, from, to, std::int64_t{std::max(limit, 0)}}
                )
            );
            std::vector<sensing::HourlyValue> found;
            for (int i = 0; i < rows.size(); ++i) {
                const auto row = rows[i];
                found.push_back(
                    {stream,
                     row.integer(0),
                     row.integer(1),
                     row.integer(2),
                     row.real(3),
                     row.real(4),
                     row.real(5)}
                );
            }
            return found;
        }
    );
}

Result<std::string> PgObservations::export_rows(
    const ObservationQuery& query,
    ports::ExportFormat format,
    std::string_view name
) {
    CS_CHECK(sql::check(query));
    return sql::export_csv(*this, query, format, impl_->options.export_folder, name);
}

Result<ports::ObservationStats> PgObservations::stats() {
    return impl_->readers.with([](Connection& reader) -> Result<ports::ObservationStats> {
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT (SELECT coalesce(sum(row_count), 0) FROM observation_summaries),"
                " (SELECT count(*) FROM observation_summaries),"
                " (SELECT last_id FROM observation_marks),"
                " (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
                " WHERE inhparent = 'observations'::regclass)",
                {}
            )
        );
        return ports::ObservationStats{
            .rows = rows[0].integer(0),
            .streams = rows[0].integer(1),
            .last_id = rows[0].integer(2),
            .bytes = rows[0].integer(3),
        };
    });
}

}  // namespace chengshu::postgres
