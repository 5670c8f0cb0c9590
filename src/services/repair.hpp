#pragma once

#include "base/result.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"

#include <cstdint>
#include <functional>

namespace chengshu::services {

/// What was rewritten.
struct Repaired {
    std::int64_t cases = 0;  ///< masks of measures stored with cases
    std::int64_t cells = 0;  ///< statistics cells
};

struct RepairOptions {
    std::size_t batch = 1000;  ///< rows that one commit rewrites at most
    /// Called between commits with the stage ("cases", "cells"), what is done and the total.
    std::function<void(const char* stage, std::int64_t done, std::int64_t total)> progress;
};

/// Counts every case anew by the measures in force and rewrites what differs, in commits of their
/// own with an entry "statistics.recounted" each. Stopped at any point and run again, it goes on
/// with what still differs. Documents, other columns and deadlines are left as they are: what is
/// wrong there is damage and no question of counting. Conflict when somebody else writes meanwhile:
/// nothing wrong has been committed then.
Result<Repaired>
repair_statistics(Engine& engine, const Definitions& definitions, const RepairOptions& options);

}  // namespace chengshu::services
