#pragma once

#include "domain/cases/internal/mistakes.hpp"
#include "domain/cases/workflow.hpp"

namespace chengshu::cases {

/// Whether the parts of a workflow fit together. `root` is the document it was read from, with an
/// element for each clock, state, transition and automatic step.
void check_workflow(const Workflow& flow, const YAML::Node& root, Mistakes& mistakes);

}  // namespace chengshu::cases
