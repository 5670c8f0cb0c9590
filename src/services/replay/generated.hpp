#pragma once

#include "services/replay/runner.hpp"

#include <map>
#include <string>
#include <vector>

namespace chengshu::services::replay {

/// What `chengshu replay` may change of a generated plan.
struct GeneratedOptions {
    std::optional<std::int64_t> reports;  ///< default: the plan's
    int days = 1;  ///< the reports are spread evenly over so many days, the plan's date the last
    bool distinct = false;  ///< no repeated reports, none joins another: totals come out exactly
};

struct GeneratedReport {
    Outcome outcome;
    std::int64_t reports = 0;
    std::int64_t planned_closed = 0;
    std::map<std::string, std::int64_t> by_source;
};

/// Makes up reports and their lives as a city's plan (cities/<code>/day.yaml) says, the same for
/// the same seed, every one marked as generated. Sources and the closed share are met exactly, not
/// by chance.
Result<GeneratedReport> replay_generated(
    Engine& engine,
    const Definitions& definitions,
    const city::CityFile& plan,
    const GeneratedOptions& options,
    std::size_t batch,
    const std::function<void(std::int64_t, std::int64_t)>& progress
);

}  // namespace chengshu::services::replay
