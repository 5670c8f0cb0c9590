#pragma once

#include "ports/observation_store.hpp"

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

/// Is told what has become durable in the observation store: once, in the order of the changes,
/// before anybody outside hears of it. Must be quick and must not call the store.
class ReadingsFollower {
public:
    virtual ~ReadingsFollower() = default;
    /// Rows of one batch, ids above all before.
    virtual void appended(std::span<const sensing::Observation> rows) = 0;
    virtual void changed(const sensing::Observation& before, const sensing::Observation& now) = 0;
    virtual void erased(std::span<const sensing::Observation> rows) = 0;
    virtual void streams_erased(std::span<const std::int64_t> streams) = 0;
    virtual void thinned(const ports::RetentionStep& step) = 0;
    /// Anything may have changed.
    virtual void doubtful() = 0;
};

/// A store of observations that somebody follows. Whoever changes it, changes it through this.
class WatchedObservations final : public ports::ObservationStore {
public:
    /// `inner` outlives this object.
    explicit WatchedObservations(ports::ObservationStore& inner) : inner_(inner) {}

    /// Null: nobody. The follower outlives the changes.
    void follow(ReadingsFollower* follower);

    /// Waits until the change that is being made, if any, has been told.
    void settle() { const std::lock_guard lock(mutex_); }

    Result<std::vector<ports::AppendResult>> append(std::span<const ports::ObservationBatch> batches
    ) override;
    Status update(const sensing::Observation& row) override;
    Result<std::int64_t> erase(std::span<const std::int64_t> ids) override;
    Result<std::int64_t> erase_streams(std::span<const std::int64_t> streams) override;
    Result<ports::RetentionResult> retain(const ports::RetentionStep& step) override;
    Status load(const std::function<Status(const ports::ObservationSink& take)>& give) override;

    Result<int> prune_keys(std::int64_t before, int limit) override {
        return inner_.prune_keys(before, limit);
    }

    Result<std::optional<sensing::Observation>> find(std::int64_t id) override {
        return inner_.find(id);
    }

    Result<std::vector<sensing::Observation>> query(const ports::ObservationQuery& query) override {
        return inner_.query(query);
    }

    Status each(
        const ports::ObservationQuery& query,
        const std::function<bool(const sensing::Observation&)>& visit
    ) override {
        return inner_.each(query, visit);
    }

    Result<std::int64_t> count(const ports::ObservationQuery& query) override {
        return inner_.count(query);
    }

    Result<std::vector<sensing::Observation>> latest(std::span<const std::int64_t> streams, int n)
        override {
        return inner_.latest(streams, n);
    }

    Result<std::optional<sensing::StreamSummary>> summary(std::int64_t stream) override {
        return inner_.summary(stream);
    }

    Status each_summary(const std::function<void(const sensing::StreamSummary&)>& visit) override {
        return inner_.each_summary(visit);
    }

    Result<std::vector<sensing::HourlyValue>>
    hours(std::int64_t stream, std::int64_t from, std::int64_t to, int limit) override {
        return inner_.hours(stream, from, to, limit);
    }

    Result<std::string> export_rows(
        const ports::ObservationQuery& query,
        ports::ExportFormat format,
        std::string_view name
    ) override {
        return inner_.export_rows(query, format, name);
    }

    Result<ports::ObservationStats> stats() override { return inner_.stats(); }

    Status dump(const ports::ObservationSink& show) override { return inner_.dump(show); }

private:
    /// What a failed change leaves behind.
    void failed(const Error& error);

    ports::ObservationStore& inner_;
    std::mutex mutex_;  ///< held over a change and what is told of it
    ReadingsFollower* follower_ = nullptr;
};

}  // namespace chengshu::services
