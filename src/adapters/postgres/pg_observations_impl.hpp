#pragma once

#include "adapters/postgres/pg_impl.hpp"
#include "adapters/postgres/pg_observations.hpp"
#include "adapters/sql/observation_query.hpp"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace chengshu::postgres {

/// Columns of a row, in the order of read_observation().
inline constexpr const char* kObservationColumns =
    "o.id, o.stream, o.phenomenon_from, o.lasting, o.result_time, o.received_at, o.number, "
    "o.result, o.feature, o.quality, o.extra";
inline constexpr int kObservationColumnCount = 11;

sensing::Observation read_observation(const Row& row, int first_column = 0);
const sql::ObservationDialect& observation_dialect();
std::string text_literal(std::string_view text);
/// "1, 2, 3"; not for an empty list.
std::string id_list(std::span<const std::int64_t> ids);

struct PgObservations::Impl {
    Impl(const std::string& conninfo, ObservationOptions options_in)
        : options(std::move(options_in)), dialer(conninfo), readers(dialer, options.readers) {}

    const ObservationOptions options;
    Dialer dialer;
    ReaderPool readers;

    std::mutex writing;
    std::unique_ptr<Connection> writer;
    std::int64_t last_id = 0;  ///< as stored; known while there is a writer
    std::set<int> partitions;  ///< months that have one, as years * 12 + month

    /// The writer with the guard in its hand, connected again when it was lost.
    Result<Connection*> ready_writer();
    Status load(Connection& connection);
    /// Months without a partition that the rows need, and the one after the current month.
    std::set<int> missing_partitions(std::span<const sensing::Observation> rows) const;
    /// Within a transaction.
    static Status make_partitions(Connection& connection, const std::set<int>& missing);
    Status store(Connection& connection, std::span<const ports::ObservationBatch* const> batches);

    /// Runs `change` between BEGIN and COMMIT.
    template <class Change>
    auto in_transaction(const Change& change) -> decltype(change(std::declval<Connection&>()));
    /// Within a transaction: the summaries of the streams that the SQL expression names.
    static Status recount(Connection& connection, const std::string& streams);

    // pg_observations_transfer.cpp
    Status fill(
        Connection& connection,
        const std::function<Status(const ports::ObservationSink& take)>& give
    );
};

template <class Change>
auto PgObservations::Impl::in_transaction(const Change& change)
    -> decltype(change(std::declval<Connection&>())) {
    CS_TRY(connection, ready_writer());
    return postgres::in_transaction(*connection, change);
}

}  // namespace chengshu::postgres
