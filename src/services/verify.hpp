#pragma once

#include "base/result.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"

#include <functional>
#include <string>
#include <vector>

namespace chengshu::services {

struct Difference {
    std::string
        what;  ///< "case 1101… column state", "cell area/110108/20261120 bit 3", "journal" …
    std::string stored;
    std::string recomputed;
};

struct Verification {
    std::int64_t entries = 0;
    std::int64_t cases = 0;
    std::int64_t cells = 0;
    /// Cases begun under an earlier revision of the city: their deadlines follow that revision's
    /// limits and calendar and are not recomputed.
    std::int64_t older_than_revision = 0;
    /// Cases and cells that count by other measures than today's: what repair_statistics()
    /// rewrites.
    std::int64_t stale_cases = 0;
    std::int64_t stale_cells = 0;
    std::int64_t different = 0;           ///< all differences, these included
    std::vector<Difference> differences;  ///< the first 100 of them
};

/// Recomputes everything derived from the journal and compares: sequence without gaps, each case
/// document as the fold of its entries, each column, the deadlines from their limits and the
/// calendar, each statistics cell.
Result<Verification> verify(
    ports::Store& store,
    const Definitions& definitions,
    const std::function<void(const char* stage, std::int64_t done, std::int64_t total)>& progress
);

}  // namespace chengshu::services
