#include "domain/evaluation/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chengshu::evaluation {
namespace {

double displayed(double score) {
    return std::round(score * 1000) / 1000;
}

}  // namespace

Score score(
    const Formula& formula,
    const Evaluation& evaluation,
    std::span<const std::int64_t> values
) {
    Score out;
    std::vector<std::optional<double>> raw_terms;
    for (const auto& term : formula.terms) {
        out.terms.push_back(term.expression.evaluate(values, out.terms));
        raw_terms.push_back(term.raw.evaluate(values, raw_terms));
    }
    out.score = formula.expression.evaluate(values, out.terms);
    out.raw = formula.raw.evaluate(values, raw_terms);
    if (formula.graded && out.score) {
        out.grade = grade_of(*out.score, evaluation.grades);
    }
    return out;
}

const Grade* grade_of(double score, std::span<const Grade> grades) {
    const auto found = std::find_if(grades.begin(), grades.end(), [&](const Grade& grade) {
        return !grade.from || displayed(score) >= *grade.from;
    });
    return found == grades.end() ? nullptr : &*found;
}

std::string format_score(double score) {
    const auto rounded = displayed(score);
    return fmt::format("{:.3f}", rounded == 0 ? 0.0 : rounded);  // never "-0.000"
}

void add_values(std::vector<std::int64_t>& sum, std::span<const std::int64_t> values) {
    if (sum.size() < values.size()) {
        sum.resize(values.size());
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum[i] += values[i];
    }
}

std::vector<int> places(std::span<const std::optional<double>> scores) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (scores[i]) {
            order.push_back(i);
        }
    }
    std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        return displayed(*scores[left]) > displayed(*scores[right]);
    });
    std::vector<int> out(scores.size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool shared =
            i > 0 && displayed(*scores[order[i]]) == displayed(*scores[order[i - 1]]);
        out[order[i]] = shared ? out[order[i - 1]] : static_cast<int>(i) + 1;
    }
    return out;
}

}  // namespace chengshu::evaluation
