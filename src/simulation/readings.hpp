#pragma once

#include "simulation/simulation.hpp"

namespace chengshu::simulation {

/// The city of `simulate`, with terminals that send, alarm rules that watch them, and a plan.
Result<ReadingsCity> readings_city(const SimCity& city);

/// Runs the ingest service, the alarm rules, the warning rules and their plan for one seed:
/// gateways whose network loses, repeats, delays and reorders, over stores that fail and a server
/// that dies at every point, while the city's revision changes; then until everything that was sent
/// is answered and judged. `city` is of readings_city().
Outcome simulate_readings(const Options& options, const ReadingsCity& city);

}  // namespace chengshu::simulation
