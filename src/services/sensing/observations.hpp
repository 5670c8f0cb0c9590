#pragma once

#include "base/result.hpp"
#include "domain/sensing/observation.hpp"
#include "ports/clock.hpp"
#include "ports/observation_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chengshu::services {

/// How long a request with the same key is recognised.
inline constexpr std::chrono::milliseconds kObservationKeysKept = std::chrono::hours{24};

/// What one request brings; rows have no ids yet.
struct ObservationRows {
    std::string key;  ///< caller-scoped idempotency key; empty: none
    std::string fingerprint;
    std::vector<sensing::Observation> rows;
    std::chrono::milliseconds key_kept = kObservationKeysKept;  ///< not less than that
    /// The account that sends them, for its share of the queue; empty: not counted.
    std::string client = {};

    /// What keys are pruned by.
    [[nodiscard]] std::int64_t key_at(std::int64_t now) const {
        return now + (key_kept - kObservationKeysKept).count();
    }
};

/// The door for observations: numbers them, has them stored, and answers when they are durable.
/// Reads go to the store. Thread-safe.
class Observations {
public:
    /// Ids in the order of the rows. May be called on another thread, once.
    using Done = std::function<void(Result<std::vector<std::int64_t>>)>;

    virtual ~Observations() = default;

    /// All rows or none. Overloaded at once when the door's queue is full; IdempotencyMismatch when
    /// the key has been used for other rows.
    virtual void submit(ObservationRows rows, Done done) = 0;
    /// NotFound when there is no such row.
    virtual Status update(const sensing::Observation& row) = 0;
    virtual Status erase(std::span<const std::int64_t> ids) = 0;
    virtual Status erase_streams(std::span<const std::int64_t> streams) = 0;

    [[nodiscard]] virtual ports::ObservationStore& store() = 0;

    /// Erases what was observed of a feature, page by page.
    Status erase_feature(std::int64_t feature);
    /// Costs nothing; none for a stream without rows.
    Result<std::optional<sensing::StreamSummary>> summary(std::int64_t stream);
};

/// Stores each request by itself, on the caller's thread.
class DirectObservations final : public Observations {
public:
    DirectObservations(ports::ObservationStore& store, ports::Clock& clock)
        : store_(store), clock_(clock) {}

    void submit(ObservationRows rows, Done done) override;
    Status update(const sensing::Observation& row) override;
    Status erase(std::span<const std::int64_t> ids) override;
    Status erase_streams(std::span<const std::int64_t> streams) override;

    [[nodiscard]] ports::ObservationStore& store() override { return store_; }

private:
    Result<std::vector<std::int64_t>> append(ObservationRows rows);

    ports::ObservationStore& store_;
    ports::Clock& clock_;
    std::mutex mutex_;
    std::int64_t last_id_ = -1;  ///< not read yet
};

}  // namespace chengshu::services
