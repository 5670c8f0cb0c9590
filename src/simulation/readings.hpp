#pragma once

#include "simulation/simulation.hpp"

namespace chengshu::simulation {

/// The city of `simulate`, with terminals that send and alarm rules that watch them.
Result<services::DefinitionsPtr> readings_city(const SimCity& city);

/// Runs the ingest service and the alarm rules for one seed: gateways whose network loses, repeats,
/// delays and reorders, over stores that fail and a server that dies at every point; then until
/// everything that was sent is answered. `city` is of readings_city().
Outcome simulate_readings(const Options& options, const services::DefinitionsPtr& city);

}  // namespace chengshu::simulation
