#pragma once

#include "domain/evaluation/measures.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chengshu::evaluation {

/// A formula's result for one subject. No value means that there is no basis (nothing to divide
/// by), which is neither 0 nor 100.
struct Score {
    std::optional<double> score;
    std::optional<double> raw;     ///< as if no appeal had been upheld
    const Grade* grade = nullptr;  ///< null when the formula is not graded or has no value
    std::vector<std::optional<double>> terms;  ///< in the order of Formula::terms
};

/// `values` are summed cells, by bit; missing ones are 0.
Score score(
    const Formula& formula,
    const Evaluation& evaluation,
    std::span<const std::int64_t> values
);

/// The best grade whose lower bound the score reaches, compared as displayed (three decimals), so
/// that a shown 90.000 is never graded below 90. Null when there are no grades.
const Grade* grade_of(double score, std::span<const Grade> grades);

/// "92.484": three decimals, halves away from zero.
std::string format_score(double score);

/// Adds a cell's values to a sum, which grows as needed.
void add_values(std::vector<std::int64_t>& sum, std::span<const std::int64_t> values);

/// Places in a ranking, best first: equal displayed scores share a place, subjects without a score
/// have none (0). Same order as `scores`.
std::vector<int> places(std::span<const std::optional<double>> scores);

}  // namespace chengshu::evaluation
