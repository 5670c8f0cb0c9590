#pragma once

#include "domain/evaluation/measures.hpp"
#include "domain/indicators/definition.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::evaluation::testing {

/// Definition files of a shipped scenario: its evaluation.yaml and workflows.
std::vector<city::DefinitionFile> shipped_files(std::string_view scenario);

/// Its evaluation; a mistake in it ends the program with the findings on stderr.
const Evaluation& shipped(std::string_view scenario);

/// Its indicators, in the test city; a mistake in them ends the program likewise.
const indicators::Catalogue& shipped_indicators(std::string_view scenario);

/// Cell values by measure code; the raw twin of a measure that is not named has its value.
std::vector<std::int64_t> values(
    const Evaluation& evaluation,
    std::initializer_list<std::pair<std::string_view, std::int64_t>> named
);

}  // namespace chengshu::evaluation::testing
