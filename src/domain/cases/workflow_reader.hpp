#pragma once

#include "domain/cases/workflow.hpp"

#include <vector>

namespace chengshu::cases {

/// Reads and validates one workflow file. Mistakes go to `findings` with line and column; a
/// workflow with an empty code means that it could not be used at all.
Workflow read_workflow(const city::DefinitionFile& file, std::vector<city::Finding>& findings);

/// Every effect of the language as it is written, "start …" where a name follows; for the reference
/// and its test.
std::vector<std::string> effect_words();

}  // namespace chengshu::cases
