#pragma once

#include "adapters/duckdb/connection.hpp"
#include "adapters/duckdb/duck_observations.hpp"
#include "adapters/sql/observation_query.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace chengshu::duckdb {

/// Where rows lie: in the order of their ids, and in runs sorted by stream and time.
inline constexpr std::array kTables{"fresh", "settled"};
/// All rows.
inline constexpr const char* kView =
    "CREATE OR REPLACE VIEW observations AS SELECT * FROM fresh UNION ALL SELECT * FROM settled";
/// Up to which id and stream rows have been moved so far, while they are.
inline constexpr const char* kMoving =
    "CREATE TABLE IF NOT EXISTS moving (upto BIGINT, stream BIGINT)";
/// Columns of a row, in the order of read_row(). "lasting" is phenomenon_to - phenomenon_from.
inline constexpr const char* kColumns =
    "id, stream, phenomenon_from, lasting, result_time, received_at, number, result, feature, "
    "quality, extra";

sensing::Observation read_row(const Chunk& chunk, idx_t row, idx_t first_column = 0);
const std::vector<ColumnType>& row_types();
void set_row(Appender& to, const sensing::Observation& row, idx_t first_column = 0);
const sql::ObservationDialect& dialect();
/// "stream IN (…)"; the streams are not empty.
std::string stream_in(std::span<const std::int64_t> streams);

/// Closes the database with the object.
class Database {
public:
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    ~Database() { duckdb_close(&handle); }

    duckdb_database handle = nullptr;
};

struct DuckObservations::Impl {
    using Summaries = std::unordered_map<std::int64_t, sensing::StreamSummary>;

    std::string path;
    Options options;
    Database database;
    ConnectionPool readers;

    /// Order of locks: reshaping, writing, summaries_mutex.
    std::mutex reshaping;  ///< rows are moved, changed or erased
    std::mutex writing;    ///< the writer's connection and what follows
    std::unique_ptr<Connection> writer;
    std::unique_ptr<Connection> mover;  ///< of settle(); under `reshaping`
    bool hides = false;  ///< a move may have been cut off; under `reshaping`, see finish_moving()
    std::int64_t unsaved = 0;  ///< rows appended since the summaries were written down
    bool broken = false;       ///< a COMMIT failed: what is stored is not known any more

    mutable std::shared_mutex summaries_mutex;
    Summaries summaries;
    std::int64_t last_id = 0;    ///< written under `writing` too
    std::int64_t row_count = 0;  ///< of all summaries

    std::atomic<std::int64_t> fresh_rows = 0;
    std::mutex settler_mutex;
    std::condition_variable settler_wakes;
    bool closing = false;
    std::thread settler;

    // duck_observations.cpp
    Status prepare();
    /// Forgets everything; also what a load that was cut off has left.
    Status clear();
    void add_up();  ///< row_count anew
    Status load_summaries();
    Status writable() const;
    /// Commits; a failure makes the store refuse further changes.
    Status commit(Transaction& transaction);
    void settle_when_due();

    // duck_change.cpp
    Status write_batches(std::span<const ports::ObservationBatch* const> batches);
    void take_in(std::span<const ports::ObservationBatch* const> batches);
    Status write_summaries(const Summaries& all, std::int64_t upto);
    /// Writes all summaries down.
    Status save_summaries();
    /// Within the writer's transaction: the same, with `all` for what is in memory.
    Status replace_summaries(const Summaries& all);
    /// The summaries of these streams, read from their rows within the writer's transaction.
    Result<Summaries> recount(std::span<const std::int64_t> streams);
    /// Commits a change of stored rows together with the new summaries of its streams.
    Status commit_change(Transaction& transaction, std::span<const std::int64_t> streams);
    Result<std::int64_t> settle();
    /// Under `reshaping`: sorts the rows with ids up to this, piece by piece.
    Result<std::int64_t> move_rows(std::int64_t upto);
    Result<std::vector<std::int64_t>> cuts(std::int64_t upto);
    Status
    move_pieces(std::int64_t upto, std::span<const std::int64_t> last_streams, std::int64_t& moved);
    Result<std::int64_t> copy_sorted(const std::string& where);
    Result<std::int64_t> show_all(const std::string& moved);
    Status finish_moving();
    /// Under `reshaping` and `writing`: whether stored rows may be changed.
    Status reshapable();

    // duck_transfer.cpp
    /// Writes everything, run by run, and what is known of it.
    Status fill(
        Summaries& counted,
        std::int64_t& last,
        const std::function<Status(const ports::ObservationSink& take)>& give
    );
    Status write_part(const ports::ObservationPart& part);
    /// Ends a run: commits it and sorts it.
    Status end_run(std::unique_ptr<Transaction>& transaction, std::int64_t upto);

    // duck_read.cpp
    /// Shows rows in the query's order. `most` rows are wanted (0 = all).
    Status scan(
        Connection& connection,
        const ports::ObservationQuery& query,
        std::int64_t most,
        const std::function<bool(const sensing::Observation&)>& visit
    ) const;
    /// The n latest rows of each stream, newest first.
    Result<std::unordered_map<std::int64_t, std::vector<sensing::Observation>>>
    latest(Connection& connection, std::span<const std::int64_t> streams, int n) const;
    /// Bounds of what the order looks at, from the summaries; none when no row can match.
    std::optional<std::pair<std::int64_t, std::int64_t>>
    bounds(const ports::ObservationQuery& query, std::int64_t& rows) const;
};

}  // namespace chengshu::duckdb
