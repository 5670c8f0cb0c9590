#pragma once

#include "ports/observation_store.hpp"
#include "services/replay/runner.hpp"
#include "services/response/watch.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/rules.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services::replay {

/// What the table says of one terminal, counted while it was read.
struct TerminalTotals {
    std::string code;
    std::int64_t rows = 0;      ///< hours (or whatever a row is) in the table
    std::int64_t readings = 0;  ///< fields with a value
    std::int64_t missing = 0;   ///< empty fields: no observation is made of them
    std::int64_t gaps = 0;      ///< runs of empty fields with readings before and behind them
    std::int64_t stored = 0;    ///< observations of its streams in the store, in the table's time
    std::int64_t flagged_gaps = 0;  ///< of those, the ones that say they follow a gap
};

struct ReadingsReport {
    std::vector<TerminalTotals> terminals;  ///< by code
    std::int64_t added = 0;
    std::int64_t known = 0;                     ///< were in the store already
    std::map<std::string, std::int64_t> flags;  ///< observations by quality flag, as stored
    AlarmsOutcome alarms;
    AlertsOutcome alerts;  ///< of the rules
    Outcome outcome;       ///< of the cases that alarms opened; its end is the end of the replay

    /// Whether the store holds exactly what the table says, gaps included.
    [[nodiscard]] bool agrees() const;
};

/// Reads a city's table of real readings as its plan (cities/<code>/readings.yaml) says, stores
/// what the store does not have, each reading as if it had arrived when it was made, and lets the
/// alarm rules look at them in order, and the warning rules as time passes; people then handle the
/// cases. An empty field is no observation and is never filled. Findings carry file and line. May
/// be repeated: nothing is doubled.
Result<ReadingsReport> replay_readings(
    Engine& engine,
    const Definitions& definitions,
    SensingEntities& entities,
    AlarmRules& alarms,
    RuleWatch& rules,
    const city::CityFile& plan,
    std::string_view table,
    std::size_t batch,
    const std::function<void(std::int64_t, std::int64_t)>& progress
);

}  // namespace chengshu::services::replay
