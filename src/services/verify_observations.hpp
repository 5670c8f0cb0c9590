#pragma once

#include "ports/observation_store.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace chengshu::services {

struct ObservationVerification {
    std::int64_t rows = 0;
    std::int64_t streams = 0;
    /// Streams whose summary is not what their rows say.
    std::vector<std::int64_t> different;
};

/// Reads every observation and compares what the store says of each stream. Nobody else may change
/// the store meanwhile.
Result<ObservationVerification> verify_observations(
    ports::ObservationStore& store,
    const std::function<void(const char* stage, std::int64_t done, std::int64_t total)>& progress
);

}  // namespace chengshu::services
