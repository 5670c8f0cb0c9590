#pragma once

#include "base/random.hpp"
#include "services/live_indicators.hpp"
#include "simulation/findings.hpp"

#include <string>

namespace chengshu::simulation {

/// A file of indicators over the measures of the case loop; the changed one has other rules under
/// the same codes.
std::string live_indicators_file(bool changed);

/// Compares live values of some indicators, places and periods, as `random` has it, with those
/// calculated from what `store` and the terminals' readings hold. To be called when everything that
/// is committed has been acknowledged. Gives whether they could be read at all.
bool check_live(
    services::LiveIndicators& live,
    ports::Store& store,
    services::SensingEntities* entities,
    const services::Definitions& definitions,
    Instant now,
    int how_many,
    SeededRandom& random,
    Findings& findings
);

}  // namespace chengshu::simulation
