#pragma once

#include "base/result.hpp"
#include "services/definitions.hpp"
#include "simulation/faulty_store.hpp"
#include "simulation/sim_city.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace chengshu::simulation {

struct Options {
    std::uint64_t seed = 1;
    int steps = 160;  ///< of the first phase
    Plant plant = Plant::None;
};

enum class Verdict : std::uint8_t {
    Good,
    Safety,    ///< something wrong happened
    Liveness,  ///< faults have ended, and something still does not come to its end
};

struct Outcome {
    Verdict verdict = Verdict::Good;
    std::vector<std::string> findings;
    std::uint64_t trace = 0;  ///< two runs of a seed have the same
    std::int64_t requests = 0;
    std::int64_t acknowledged = 0;
    std::int64_t refused = 0;
    std::int64_t given_up = 0;
    std::int64_t faults = 0;
    std::int64_t crashes = 0;
    std::int64_t entries = 0;
    std::int64_t cases = 0;
    std::int64_t alerts = 0;     ///< of warning rules
    std::int64_t responses = 0;  ///< to them
    Duration lived{};            ///< virtual time
};

/// What the simulation of readings runs in: the revision that it begins with, then others with
/// other warning rules.
struct ReadingsCity {
    std::vector<services::DefinitionsPtr> revisions;
};

/// Cities are parsed once for all the seeds that use them. Failures are mistakes of the simulator:
/// Internal.
class Cities {
public:
    explicit Cities(ScenarioFiles scenarios) : scenarios_(std::move(scenarios)) {}

    Result<const SimCity*> of(const Options& options);
    /// For simulate_readings().
    Result<ReadingsCity> readings();

private:
    ScenarioFiles scenarios_;
    std::array<std::unique_ptr<SimCity>, kVariants * 2> made_;
    ReadingsCity readings_;
};

/// Runs the services for one seed: first with faults, crashes and unruly clients (nothing wrong
/// ever happens), then without (everything asked for is answered, every timer fires, every case can
/// be brought to its end). One thread, virtual time, nothing but the seed decides.
Outcome simulate(const Options& options, const SimCity& city);

}  // namespace chengshu::simulation
