#pragma once

#include "domain/cases/case.hpp"
#include "domain/cases/workflow.hpp"
#include "simulation/findings.hpp"
#include "simulation/sim_city.hpp"

#include <string>

namespace chengshu::simulation {

/// One entry's effect on the clocks of a case, recomputed with the naive calendar: starts, chains,
/// extensions, pauses, resumptions, reminders and overdue marks. `before` is null for a new case.
void check_clocks(
    const SimCity& city,
    const cases::Workflow& flow,
    const cases::Case* before,
    const cases::Case& after,
    Instant at,
    const std::string& name,
    Findings& findings
);

}  // namespace chengshu::simulation
