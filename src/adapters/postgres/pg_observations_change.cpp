#include "adapters/postgres/pg_observations_impl.hpp"

#include <fmt/format.h>

namespace chengshu::postgres {
namespace {

using sensing::Observation;

std::string of_streams(const ports::RetentionStep& step) {
    if (!step.streams.empty()) {
        return fmt::format(" AND stream IN ({})", id_list(step.streams));
    }
    return step.except.empty() ? "" : fmt::format(" AND stream NOT IN ({})", id_list(step.except));
}

sql::Value text_or_null(const std::string& text) {
    return text.empty() ? sql::Value{} : sql::Value{text};
}

std::vector<sql::Value> values_of(const Observation& row) {
    return {
        row.id,
        row.stream,
        row.phenomenon_from,
        row.phenomenon_to - row.phenomenon_from,
        row.result_time ? sql::Value{*row.result_time} : sql::Value{},
        row.received_at,
        row.number ? sql::Value{*row.number} : sql::Value{},
        text_or_null(row.result),
        row.feature,
        std::int64_t{row.quality},
        text_or_null(row.extra),
    };
}

/// Adds what the rows were to their hours, hours that exist already included.
constexpr const char* kDownSample =
    "INSERT INTO observation_hours AS h SELECT stream, hour, count(number), "
    "count(*) - count(number), coalesce(sum(number), 0), min(number), max(number) FROM "
    "(SELECT stream, number, phenomenon_from - ((phenomenon_from % 3600000) + 3600000) % 3600000 "
    "AS hour FROM observations WHERE {}) AS o GROUP BY stream, hour "
    "ON CONFLICT (stream, hour) DO UPDATE SET count = h.count + excluded.count, "
    "others = h.others + excluded.others, sum = h.sum + excluded.sum, "
    "min = LEAST(h.min, excluded.min), max = GREATEST(h.max, excluded.max)";

/// Erases rows; gives how many, and their streams in the temporary table `touched`.
Result<std::int64_t> erase_rows(Connection& connection, const std::string& where) {
    CS_CHECK(connection.run(
        "CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT DISTINCT stream FROM observations "
        "WHERE " +
        where
    ));
    CS_TRY(erased, connection.query("DELETE FROM observations WHERE " + where, {}));
    return erased.affected();
}

}  // namespace

Status PgObservations::Impl::recount(Connection& connection, const std::string& streams) {
    CS_CHECK(connection.run(
        fmt::format("DELETE FROM observation_summaries WHERE stream IN ({})", streams)
    ));
    return connection.run(fmt::format(
        "INSERT INTO observation_summaries SELECT g.*, l.phenomenon_from, l.id FROM "
        "(SELECT stream, count(*), min(phenomenon_from), max(phenomenon_from + lasting), "
        "min(result_time), max(result_time), max(id) FROM observations WHERE stream IN ({}) "
        "GROUP BY stream) AS g CROSS JOIN LATERAL (SELECT phenomenon_from, id FROM observations o "
        "WHERE o.stream = g.stream ORDER BY phenomenon_from DESC, id DESC LIMIT 1) AS l",
        streams
    ));
}

Status PgObservations::update(const Observation& row) {
    CS_CHECK(sensing::check(row));
    const std::lock_guard lock{impl_->writing};
    return impl_->in_transaction([&](Connection& connection) -> Status {
        CS_TRY(old, connection.query("SELECT stream FROM observations WHERE id = $1", {row.id}));
        if (old.size() == 0) {
            return fail(ErrorCode::NotFound, fmt::format("there is no observation {}", row.id));
        }
        const std::vector<std::int64_t> streams{old[0].integer(0), row.stream};
        CS_CHECK(connection.query(
            "UPDATE observations SET stream = $2, phenomenon_from = $3, lasting = $4, "
            "result_time = $5::bigint, received_at = $6, number = $7::float8, result = $8, "
            "feature = $9, quality = $10, extra = $11 WHERE id = $1",
            values_of(row)
        ));
        return Impl::recount(connection, id_list(streams));
    });
}

Result<std::int64_t> PgObservations::erase(std::span<const std::int64_t> ids) {
    CS_CHECK(sql::check_count(ids.size(), "ids"));
    if (ids.empty()) {
        return 0;
    }
    const std::lock_guard lock{impl_->writing};
    return impl_->in_transaction([&](Connection& connection) -> Result<std::int64_t> {
        CS_TRY(erased, erase_rows(connection, fmt::format("id IN ({})", id_list(ids))));
        CS_CHECK(Impl::recount(connection, "SELECT stream FROM touched"));
        return erased;
    });
}

Result<std::int64_t> PgObservations::erase_streams(std::span<const std::int64_t> streams) {
    CS_CHECK(sql::check_count(streams.size(), "streams"));
    if (streams.empty()) {
        return 0;
    }
    const std::lock_guard lock{impl_->writing};
    return impl_->in_transaction([&](Connection& connection) -> Result<std::int64_t> {
        const auto where = fmt::format("stream IN ({})", id_list(streams));
        CS_TRY(erased, connection.query("DELETE FROM observations WHERE " + where, {}));
        CS_CHECK(connection.run("DELETE FROM observation_hours WHERE " + where));
        CS_CHECK(connection.run("DELETE FROM observation_summaries WHERE " + where));
        return erased.affected();
    });
}

Result<ports::RetentionResult> PgObservations::retain(const ports::RetentionStep& step) {
    CS_CHECK(sql::check_count(step.streams.size() + step.except.size(), "streams"));
    const std::lock_guard lock{impl_->writing};
    return impl_->in_transaction([&](Connection& connection) -> Result<ports::RetentionResult> {
        ports::RetentionResult result;
        if (step.raw_before) {
            const auto where = fmt::format(
                "phenomenon_from < {}{}", sql::hour_of(*step.raw_before), of_streams(step)
            );
            if (step.keep_hours) {
                CS_TRY(
                    written, connection.query(fmt::format(fmt::runtime(kDownSample), where), {})
                );
                result.hours_written = written.affected();
            }
            CS_TRY(removed, erase_rows(connection, where));
            result.rows_removed = removed;
            CS_CHECK(Impl::recount(connection, "SELECT stream FROM touched"));
        }
        if (step.hours_before) {
            const auto where =
                fmt::format("hour < {}{}", sql::hour_of(*step.hours_before), of_streams(step));
            CS_TRY(hours, connection.query("DELETE FROM observation_hours WHERE " + where, {}));
            result.hours_removed = hours.affected();
        }
        return result;
    });
}

}  // namespace chengshu::postgres
