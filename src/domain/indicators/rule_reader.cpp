#include "base/text.hpp"
#include "domain/indicators/internal/indicator_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chengshu::indicators {

using city::text;

namespace {

constexpr int kPartsMax = 366 * 25;

}  // namespace

void IndicatorReader::read_rule(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    static constexpr std::array<std::string_view, 5> kRules{
        "observed", "window", "roll", "formula", "which"
    };
    std::vector<std::string_view> given;
    for (const auto rule : kRules) {
        if (Yaml::find(node, rule)) {
            given.push_back(rule);
        }
    }
    if (given.size() != 1) {
        yaml.error(
            node,
            {"应写明且只写明一种算法", "exactly one rule is needed"},
            {"observed、window、roll、formula、which 之一",
             "one of observed, window, roll, formula and which"}
        );
        return;
    }
    const auto rule = *Yaml::find(node, given.front());
    if (given.front() == "observed") {
        out.rule = observed(yaml, rule, out);
    } else if (given.front() == "window") {
        out.rule = window(yaml, rule, out);
    } else if (given.front() == "roll") {
        out.rule = roll(yaml, rule);
    } else if (given.front() == "formula") {
        out.rule = formula(yaml, rule);
    } else {
        out.rule = which(yaml, rule);
    }
}

Observed IndicatorReader::observed(Yaml& yaml, const YAML::Node& node, const Indicator& whole) {
    Observed out;
    if (!yaml.check_map(node, {"property", "thing_type", "ignore"})) {
        return out;
    }
    out.property = yaml.need_scalar(node, "property");
    out.thing_type = yaml.need_scalar(node, "thing_type");
    if (!out.property.empty() && city_.terminals().quantity(out.property) == nullptr) {
        std::vector<std::string> known;
        for (const auto& quantity : city_.terminals().quantities) {
            known.push_back(quantity.code);
        }
        yaml.error(
            node["property"],
            text("observed.csv 中没有 {}", "{} is not in observed.csv", out.property),
            suggestion(out.property, known)
        );
    }
    if (const auto ignore = Yaml::find(node, "ignore")) {
        yaml.each(*ignore, kReaderListMax, [&](const YAML::Node& item) {
            const auto bit = flag_(yaml.scalar(item));
            out.ignore |= bit;
            if (bit == 0) {
                yaml.error(
                    item,
                    text("没有质量标记“{}”", "there is no quality flag '{}'", yaml.scalar(item)),
                    {"参看 docs/observations.md", "see docs/observations.md"}
                );
            }
        });
    }
    const bool fits =
        std::all_of(whole.periods.begin(), whole.periods.end(), [](const Cycle& cycle) {
            return cycle == PeriodKind::Hour || cycle == PeriodKind::FiveMinutes;
        });
    if (!fits || whole.any_days || !(whole.areas || whole.things_only)) {
        yaml.error(
            node,
            {"观测类指标的周期为 hour 或 five_minutes，并须写明 areas",
             "what is observed has the period hour or five_minutes and says how areas come of it"},
            {"写 period: hour 与 areas: mean；更长的周期用 roll",
             "write period: hour and areas: mean; use roll for longer periods"}
        );
    }
    return out;
}

Window IndicatorReader::window(Yaml& yaml, const YAML::Node& node, const Indicator& whole_one) {
    Window out;
    if (!yaml.check_map(node, {"of", "hours", "as", "at_least"})) {
        return out;
    }
    out.of = input(yaml, node, "of");
    out.hours = whole(yaml, node, "hours", 2, kWindowHoursMax, std::nullopt);
    out.as = word(yaml, node, "as", fold, kFoldWords).value_or(Fold::Mean);
    out.at_least = whole(yaml, node, "at_least", 1, std::max(out.hours, 1), 1);
    if (whole_one.periods != std::vector<Cycle>{PeriodKind::Hour} || whole_one.any_days) {
        yaml.error(
            node,
            {"window 只用于周期为 hour 的指标", "window is for indicators whose period is hour"},
            {"更长的周期用 roll", "use roll for longer periods"}
        );
    }
    return out;
}

Roll IndicatorReader::roll(Yaml& yaml, const YAML::Node& node) {
    Roll out;
    if (yaml.check_map(node, {"of", "as", "at_least", "from_hour"})) {
        out.of = input(yaml, node, "of");
        out.as = word(yaml, node, "as", fold, kFoldWords).value_or(Fold::Mean);
        out.at_least = whole(yaml, node, "at_least", 1, kPartsMax, 1);
        out.from_hour = whole(yaml, node, "from_hour", 0, 23, 0);
    }
    return out;
}

Computed IndicatorReader::formula(Yaml& yaml, const YAML::Node& node) {
    Computed out;
    const auto written = yaml.scalar(node);
    ExpressionMistake wrong;
    auto parsed = Expression::parse(written, names_, wrong);
    if (!parsed) {
        const auto pointer = point_at(written, wrong);
        findings_.error(
            yaml.spot(node, wrong.offset),
            {fmt::format("{}\n{}", wrong.message.zh, pointer),
             fmt::format("{}\n{}", wrong.message.en, pointer)},
            wrong.hint
        );
        return out;
    }
    out.expression = std::move(*parsed);
    for (const int index : out.expression.compact_terms()) {
        out.inputs.push_back(codes_[static_cast<std::size_t>(index)]);
    }
    return out;
}

Which IndicatorReader::which(Yaml& yaml, const YAML::Node& node) {
    Which out;
    if (!yaml.check_map(node, {"of", "when", "above"})) {
        return out;
    }
    if (const auto of = yaml.need(node, "of")) {
        yaml.each_pair(*of, kReaderListMax, [&](const YAML::Node& key, const YAML::Node& value) {
            out.of.push_back({yaml.scalar(key), known(yaml, value)});
        });
    }
    if (const auto when = Yaml::find(node, "when")) {
        out.when = known(yaml, *when);
        if (const auto above = yaml.need(node, "above")) {
            out.above = yaml.number(*above, -kReaderNumberMax, kReaderNumberMax).value_or(0);
        }
    }
    return out;
}

}  // namespace chengshu::indicators
