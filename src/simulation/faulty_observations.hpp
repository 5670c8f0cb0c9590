#pragma once

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "simulation/fakes.hpp"
#include "simulation/faulty_store.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chengshu::simulation {

/// What goes wrong with a store of readings' world, by the seed.
class Misfortune {
public:
    Misfortune(SeededRandom& random, VirtualClock& clock) : random_(random), clock_(clock) {}

    void set_rates(FaultRates rates) { rates_ = rates; }

    /// While quiet, nothing goes wrong and nothing is drawn: who only looks changes nothing.
    void set_quiet(bool quiet) { quiet_ = quiet; }

    [[nodiscard]] std::int64_t faults() const { return faults_; }

    /// May take its time, end the process or fail.
    Status before_read();

    /// The change happens, or does not, or nobody knows, or the process ends before or after it.
    template <class Change>
    auto change(Change change) -> decltype(change()) {
        CS_CHECK(before_read());
        if (happens(rates_.commit_fails)) {
            return fail(ErrorCode::StorageUnavailable, "simulated: the disk is full");
        }
        if (happens(rates_.commit_unknown)) {
            if (random_.chance(1, 2)) {
                CS_CHECK(change());
            }
            return fail(ErrorCode::OutcomeUnknown, "simulated: the connection broke");
        }
        auto done = change();
        if (happens(rates_.crash * 4)) {
            throw Crash{};
        }
        return done;
    }

private:
    bool happens(std::uint64_t of_ten_thousand);

    SeededRandom& random_;
    VirtualClock& clock_;
    FaultRates rates_;
    std::int64_t faults_ = 0;
    bool quiet_ = false;
};

/// Observations that survive the process, behind a door that fails.
class FaultyObservations final : public memory::MemoryObservations {
public:
    explicit FaultyObservations(Misfortune& fate)
        : MemoryObservations("/nonexistent"), fate_(fate) {}

    Result<std::vector<ports::AppendResult>> append(std::span<const ports::ObservationBatch> batches
    ) override;
    Result<int> prune_keys(std::int64_t before, int limit) override;
    Status each(
        const ports::ObservationQuery& query,
        const std::function<bool(const sensing::Observation&)>& visit
    ) override;
    Result<std::vector<sensing::Observation>> query(const ports::ObservationQuery& query) override;
    Result<std::optional<sensing::StreamSummary>> summary(std::int64_t stream) override;
    Result<ports::ObservationStats> stats() override;

private:
    Misfortune& fate_;
};

/// The system of record beside them, with the same fate.
class FaultyLedger final : public memory::MemoryStore {
public:
    explicit FaultyLedger(Misfortune& fate) : fate_(fate) {}

    Status commit(const ports::Changes& changes) override;
    Result<std::optional<ports::DocumentRow>> document(std::string_view kind, std::string_view id)
        override;
    Result<std::vector<ports::DocumentRow>>
    documents(std::string_view kind, std::string_view after, int limit) override;

private:
    Misfortune& fate_;
};

}  // namespace chengshu::simulation
