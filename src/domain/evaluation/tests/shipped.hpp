#pragma once

#include "domain/evaluation/measures.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/definition.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::evaluation::testing {

const city::City& test_city();

/// Definition files of a shipped scenario: its evaluation.yaml and workflows.
std::vector<city::DefinitionFile> shipped_files(std::string_view scenario);

/// Its evaluation; a mistake in it ends the program with the findings on stderr.
const Evaluation& shipped(std::string_view scenario);

/// Its indicators, in the test city; a mistake in them ends the program likewise.
const indicators::Catalogue& shipped_indicators(std::string_view scenario);

/// Cells of subjects by their codes, the same on every day; nobody else has any, nor readings.
class Cells final : public indicators::Facts {
public:
    using Cell = std::vector<std::int64_t>;

    explicit Cells(std::map<std::string, Cell> cells) : cells_(std::move(cells)) {}

    std::optional<double>
    observed(std::int64_t, const indicators::Observed&, const indicators::Period&) override {
        return std::nullopt;
    }

    const std::vector<std::int64_t>& things(std::string_view, std::string_view) override;
    const std::vector<std::string>&
    areas(std::string_view, std::string_view, const indicators::Period&) override;
    std::int64_t counted(const indicators::Place& place, int bit, const indicators::Period&)
        override;

private:
    std::map<std::string, Cell> cells_;
};

/// Cell values by measure code; the raw twin of a measure that is not named has its value.
std::vector<std::int64_t> values(
    const Evaluation& evaluation,
    std::initializer_list<std::pair<std::string_view, std::int64_t>> named
);

}  // namespace chengshu::evaluation::testing
