#include "domain/indicators/sheet.hpp"

#include <algorithm>

namespace chengshu::indicators {
namespace {

SheetLine line_of(
    Calculation& calculation,
    const Indicator& indicator,
    const std::string& area,
    std::span<const std::string> peers,
    const Period& period
) {
    SheetLine out;
    out.indicator = &indicator;
    out.value = calculation.value(indicator, {0, area}, period);
    std::vector<std::optional<double>> values;
    std::size_t own = peers.size();
    for (std::size_t i = 0; i < peers.size(); ++i) {
        values.push_back(calculation.value(indicator, {0, peers[i]}, period).number);
        out.of += values.back() ? 1 : 0;
        own = peers[i] == area ? i : own;
    }
    if (indicator.better == Better::Neither) {
        return out;
    }
    const bool lower = indicator.better == Better::Lower;
    out.best = folded(lower ? Fold::Minimum : Fold::Maximum, values, 1);
    out.place = own < peers.size() ? places(values, lower)[own] : 0;
    return out;
}

std::vector<Pull> pulls_of(
    Calculation& calculation,
    const Indicator& score,
    const std::string& area,
    std::span<const std::string> peers,
    const Period& period
) {
    std::vector<Pull> out;
    const auto* computed = std::get_if<Computed>(&score.rule);
    const auto now = calculation.value(score, {0, area}, period).number;
    if (computed == nullptr || !now || score.better == Better::Neither || score.areas) {
        return out;
    }
    std::vector<std::optional<double>> terms;
    for (const auto& code : computed->inputs) {
        terms.push_back(calculation.value(code, Place{0, area}, period).number);
    }
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto* input = calculation.rule(computed->inputs[i], period);
        if (input == nullptr || !terms[i]) {
            continue;
        }
        const auto best = line_of(calculation, *input, area, peers, period).best;
        if (!best) {
            continue;
        }
        auto better = terms;
        better[i] = best;
        const auto then = computed->expression.evaluate(better);
        const double gain =
            then ? (score.better == Better::Lower ? *now - *then : *then - *now) : 0;
        if (gain > 1e-9) {
            out.push_back({input, *terms[i], *best, gain});
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Pull& a, const Pull& b) {
        return a.gain > b.gain;
    });
    return out;
}

}  // namespace

SheetReport report_of(
    Calculation& calculation,
    const Sheet& sheet,
    const std::string& area,
    std::span<const std::string> peers,
    const Period& period
) {
    SheetReport out;
    if (const auto* score = calculation.rule(sheet.score, period)) {
        out.score = line_of(calculation, *score, area, peers, period);
        out.pulls = pulls_of(calculation, *score, area, peers, period);
    }
    for (const auto& code : sheet.items) {
        if (const auto* item = calculation.rule(code, period)) {
            out.items.push_back(line_of(calculation, *item, area, peers, period));
        }
    }
    return out;
}

}  // namespace chengshu::indicators
