#pragma once

#include "ports/observation_store.hpp"

#include <memory>
#include <string>

namespace chengshu::duckdb {

struct Options {
    /// Threads that DuckDB uses for all queries together, callers included. With a second one small
    /// transactions cost twice as much: their caller spins while that one works.
    int threads = 1;
    std::string memory_limit = "1GB";  ///< of DuckDB; sorts beyond it spill beside the database
    int readers = 4;                   ///< queries at a time; further ones wait
    std::string export_folder;         ///< where export_rows() writes; empty: "exports" beside it
    /// The log is folded into the database when it has grown to this; every change waits for that.
    std::string checkpoint_at = "16MB";
    /// Summaries are written down after so many rows; a start reads the rows after that again.
    std::int64_t summaries_after = 5'000'000;
    /// Rows are sorted by stream and time in runs of about this many, by a thread of the store's
    /// own; 0 = only when settle() is called.
    std::int64_t settle_after = 10'000'000;
    /// A run is moved in pieces of about so many rows: meanwhile the log grows.
    std::int64_t move_at_once = 1'500'000;
    /// load() commits and sorts after so many rows: what a transaction remembers grows with them.
    std::int64_t load_run = 10'000'000;
};

/// Observations in a DuckDB file. New rows lie in the order of their ids; runs of older ones are
/// sorted by stream and time, so that a stream's day is read from a few places. Extensions are
/// neither loaded nor installed, and no other file is reached than the database's own and exports.
class DuckObservations final : public ports::ObservationStore {
public:
    /// Makes the file when it does not exist. StorageUnavailable with the reason: in use by another
    /// process, not a database, of a newer version.
    static Result<std::unique_ptr<DuckObservations>> open(const std::string& path, Options options);

    ~DuckObservations() override;

    Result<std::vector<ports::AppendResult>> append(std::span<const ports::ObservationBatch> batches
    ) override;
    Result<int> prune_keys(std::int64_t before, int limit) override;
    Result<std::optional<sensing::Observation>> find(std::int64_t id) override;
    Result<std::vector<sensing::Observation>> query(const ports::ObservationQuery& query) override;
    Status each(
        const ports::ObservationQuery& query,
        const std::function<bool(const sensing::Observation&)>& visit
    ) override;
    Result<std::int64_t> count(const ports::ObservationQuery& query) override;
    Result<std::vector<sensing::Observation>> latest(std::span<const std::int64_t> streams, int n)
        override;
    Result<std::optional<sensing::StreamSummary>> summary(std::int64_t stream) override;
    Status each_summary(const std::function<void(const sensing::StreamSummary&)>& visit) override;
    Status update(const sensing::Observation& row) override;
    Result<std::int64_t> erase(std::span<const std::int64_t> ids) override;
    Result<std::int64_t> erase_streams(std::span<const std::int64_t> streams) override;
    Result<ports::RetentionResult> retain(const ports::RetentionStep& step) override;
    Result<std::vector<sensing::HourlyValue>>
    hours(std::int64_t stream, std::int64_t from, std::int64_t to, int limit) override;
    Result<std::string> export_rows(
        const ports::ObservationQuery& query,
        ports::ExportFormat format,
        std::string_view name
    ) override;
    Result<ports::ObservationStats> stats() override;
    Status dump(const ports::ObservationSink& show) override;
    Status load(const std::function<Status(const ports::ObservationSink& take)>& give) override;

    /// Sorts what has not been sorted, now, while appends and queries go on; gives the rows moved.
    Result<std::int64_t> settle();
    /// Writes the summaries down and folds the log into the database.
    Status checkpoint();

private:
    struct Impl;

    explicit DuckObservations(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::duckdb
