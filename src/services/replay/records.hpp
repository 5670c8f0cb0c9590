#pragma once

#include "services/replay/runner.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services::replay {

/// One comparison between what the loop produced and what the data says.
struct Agreement {
    Label what;
    std::int64_t agree = 0;
    std::int64_t of = 0;
};

struct RecordsReport {
    Outcome outcome;
    std::int64_t rows = 0;
    std::int64_t cases = 0;
    std::int64_t located = 0;
    std::int64_t closed = 0;
    std::int64_t overdue = 0;
    std::map<std::string, std::int64_t> by_department;
    std::map<std::string, std::int64_t> by_state;
    std::map<std::string, std::int64_t> by_source;
    std::vector<Agreement> agreements;
};

/// Reads a city's plan (cities/<code>/replay.yaml, kind: records) and its table of real requests,
/// and lets each live its life at its real times. Findings carry file and line.
Result<RecordsReport> replay_records(
    Engine& engine,
    const Definitions& definitions,
    const city::CityFile& plan,
    std::string_view table,
    std::size_t batch,
    const std::function<void(std::int64_t, std::int64_t)>& progress
);

}  // namespace chengshu::services::replay
