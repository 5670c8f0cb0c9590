#pragma once

#include "ports/observation_store.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace chengshu::memory {

/// Observations in memory, gone with the object: for tests, simulation, and as the plainest reading
/// of the port. Every query looks at every row.
class MemoryObservations : public ports::ObservationStore {
public:
    /// Exports go to `export_folder`, which is made when needed.
    explicit MemoryObservations(std::string export_folder);

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
    struct Key {
        std::string fingerprint;
        std::string answer;
        std::int64_t at = 0;
    };

    /// All rows of the query behind its cursor, in its order.
    std::vector<sensing::Observation> matching(const ports::ObservationQuery& query) const;
    void recount();

    const std::string export_folder_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, sensing::Observation> rows_;
    std::map<std::string, Key> keys_;
    std::map<std::int64_t, sensing::StreamSummary> summaries_;
    std::map<std::pair<std::int64_t, std::int64_t>, sensing::HourlyValue> hours_;
    std::int64_t last_id_ = 0;
};

}  // namespace chengshu::memory
