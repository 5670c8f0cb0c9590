#pragma once

#include "ports/observation_store.hpp"

#include <memory>
#include <string>

namespace chengshu::postgres {

struct ObservationOptions {
    int readers = 4;            ///< connections for queries; further ones wait
    std::string export_folder;  ///< where export_rows() writes
};

/// Observations in PostgreSQL, partitioned by the month of their phenomenon time. One connection
/// writes and holds an advisory lock, so that ids have one source. Exports CSV only.
class PgObservations final : public ports::ObservationStore {
public:
    /// The database must have been opened by PgStore before, which makes the tables.
    /// StorageUnavailable when it was not, cannot be reached or another server writes to it.
    static Result<std::unique_ptr<PgObservations>>
    open(const std::string& conninfo, ObservationOptions options);

    ~PgObservations() override;

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

private:
    struct Impl;

    explicit PgObservations(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::postgres
