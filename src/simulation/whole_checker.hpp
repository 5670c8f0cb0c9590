#pragma once

#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "simulation/findings.hpp"
#include "simulation/journal_checker.hpp"
#include "simulation/sim_city.hpp"

namespace chengshu::simulation {

/// Everything at once, from scratch: `chengshu verify` finds no difference, the cells of areas
/// equal counts made here from the folded cases, drill-down lists add up to their cells (a sample
/// by `random`), scores equal their arithmetic, parents and children agree. Costs as much as there
/// are cases and entries.
void check_whole(
    const SimCity& city,
    memory::MemoryStore& store,
    const JournalChecker& journal,
    SeededRandom& random,
    Findings& findings
);

}  // namespace chengshu::simulation
