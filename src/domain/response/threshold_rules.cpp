#include "domain/response/internal/threshold_rules.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

namespace chengshu::response {
namespace {

using indicators::PeriodKind;
using indicators::Threshold;

constexpr auto kValue = "value";
constexpr auto kLimit = "limit";

Level level_of(indicators::Colour colour) {
    return static_cast<Level>(static_cast<int>(colour) + static_cast<int>(Level::Blue));
}

/// From the begin of one period to that of the next, the shortest there is.
Duration step_of(const indicators::Cycle& cycle) {
    using std::chrono::days;
    switch (cycle.kind) {
        case PeriodKind::FiveMinutes:
            return std::chrono::minutes{5};
        case PeriodKind::Hour:
        case PeriodKind::Hours:
            return std::chrono::hours{1};
        case PeriodKind::Day:
        case PeriodKind::Days:
            return days{1};
        case PeriodKind::Week:
            return days{7};
        case PeriodKind::TenDays:
            return days{8};
        case PeriodKind::Month:
            return days{28};
        case PeriodKind::Quarter:
            return days{90};
        case PeriodKind::HalfYear:
            return days{181};
        case PeriodKind::Year:
            return days{365};
    }
    return days{1};
}

std::string_view sign_of(Threshold::When when) {
    switch (when) {
        case Threshold::When::Above:
            return ">";
        case Threshold::When::AtLeast:
            return ">=";
        case Threshold::When::Below:
            return "<";
        default:
            return "<=";
    }
}

/// `value > limit`, with the limit as a parameter of the rule: no number is written and read.
Condition beyond(Rule& rule, std::string_view sign, double limit, int periods) {
    Term term;
    term.name = fmt::format("limit_{}", rule.terms.size());
    term.value = limit;
    const auto position = static_cast<int>(rule.terms.size());
    rule.terms.push_back(std::move(term));
    const indicators::Names names{
        {kValue, {indicators::Name::Kind::Term, 0}},
        {kLimit, {indicators::Name::Kind::Term, position}}
    };
    indicators::ExpressionMistake mistake;
    auto parsed = indicators::Expression::parse_condition(
        fmt::format("{} {} {}", kValue, sign, kLimit), names, mistake
    );
    CS_ASSERT(parsed.has_value());
    Condition out;
    out.when = std::move(*parsed);
    out.periods = periods;
    out.times = periods;
    return out;
}

}  // namespace

int periods_of(const Rule& rule, const Threshold& threshold) {
    const auto step = step_of(rule.every).count();
    return static_cast<int>(
        std::clamp<std::int64_t>((threshold.hold.count() + step - 1) / step, 1, kPeriodsMax + 1)
    );
}

void take_thresholds(Rule& rule, const indicators::Indicator& indicator) {
    // Of one colour there may be two, one upwards and one downwards.
    std::map<Level, std::pair<Condition, Condition>> levels;
    for (const auto& threshold : indicator.thresholds) {
        auto [found, fresh] = levels.try_emplace(level_of(threshold.colour));
        auto& [when, keep] = found->second;
        when.kind = Condition::Kind::Any;
        keep.kind = Condition::Kind::Any;
        const auto sign = sign_of(threshold.when);
        const auto periods = periods_of(rule, threshold);
        when.parts.push_back(beyond(rule, sign, threshold.limit, periods));
        keep.parts.push_back(beyond(rule, sign, threshold.limit, 1));
        keep.parts.push_back(beyond(rule, sign, threshold.clear, 1));
    }
    for (auto at = levels.rbegin(); at != levels.rend(); ++at) {
        rule.grades.emplace_back(at->first, std::move(at->second.first));
        rule.keeps.emplace_back(at->first, std::move(at->second.second));
    }
}

}  // namespace chengshu::response
