#include "simulation/live_checker.hpp"

#include <fmt/format.h>

#include <vector>

namespace chengshu::simulation {
namespace {

std::string shown(const indicators::Value& value) {
    std::string out = value.number ? fmt::format("{}", *value.number) : std::string("nothing");
    for (const auto& name : value.names) {
        out += " " + name;
    }
    return out;
}

services::LiveQuestion some_question(
    const services::Definitions& definitions,
    const services::SensingEntities* entities,
    Instant now,
    SeededRandom& random
) {
    const auto all = definitions.indicators.all();
    const auto areas = definitions.city->areas();
    const auto* felt = definitions.indicators.any("felt");
    const auto& rule =
        felt != nullptr && random.chance(1, 6) ? *felt : all[random.below(all.size())];
    services::LiveQuestion out;
    out.code = rule.code;
    out.place.code = areas[random.below(areas.size())].code;
    if (entities != nullptr && !rule.thing_type.empty() && random.chance(1, 2)) {
        const auto last = entities->registry().last_id(sensing::EntityType::Thing);
        out.place = {random.between(1, std::max<std::int64_t>(1, last))};
    }
    if (!rule.dimensions.empty() && random.chance(1, 3)) {
        const auto& evaluation = definitions.evaluation;
        const auto& dimension =
            *evaluation.dimension(rule.dimensions[random.below(rule.dimensions.size())]);
        out.place = indicators::member_place(
            {out.place.code,
             dimension.code,
             dimension.members[random.below(dimension.members.size())].code}
        );
    }
    const auto at = now - std::chrono::minutes{random.between(0, 3 * 24 * 60)};
    out.period = indicators::period_at(
        rule.periods[random.below(rule.periods.size())], at, definitions.city->calendar().zone()
    );
    return out;
}

}  // namespace

std::string live_indicators_file(bool changed) {
    return fmt::format(
        R"(indicators:
- {{code: still_open, name: {{zh: 未结, en: Open}}, period: [day, week, month], source: made up,
   formula: reported - void - reported_closed}}
- {{code: worst, name: {{zh: 最差, en: Worst}}, period: [day, month], areas: {}, source: made up,
   formula: reported}}
- {{code: mood, name: {{zh: 满意度, en: Mood}}, period: month, source: made up,
   areas: {{as: mean, level: street}},
   entered: {{by: [evaluator, leader], approved_by: [leader, evaluator], min: 0, max: 100}}}}
- {{code: felt, name: {{zh: 感受, en: Felt}}, period: month, source: made up,
   formula: mood - still_open}}
- {{code: closing, name: {{zh: 结案率, en: Closing}}, period: [day, month],
   areas: {{as: mean, weights: filed}}, source: made up, formula: {} / filed * 100}}
)",
        changed ? "min" : "max",
        changed ? "closed_on_time" : "closed"
    );
}

bool check_live(
    services::LiveIndicators& live,
    ports::Store& store,
    services::SensingEntities* entities,
    const services::Definitions& definitions,
    Instant now,
    int how_many,
    SeededRandom& random,
    Findings& findings
) {
    std::vector<services::LiveQuestion> asked;
    for (int i = 0; i < how_many; ++i) {
        asked.push_back(some_question(definitions, entities, now, random));
    }
    const auto answers = live.answer(asked);
    if (!answers) {
        return false;
    }
    access::Principal who;
    who.kind = access::PrincipalKind::System;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto& question = asked[i];
        services::StoredFacts facts(
            store,
            entities,
            who,
            definitions,
            question.period.from - services::looks_back(definitions.indicators, question.code),
            question.period.to
        );
        indicators::Calculation calculation(
            definitions.indicators, definitions.city->calendar().zone(), facts
        );
        const auto stored = calculation.value(question.code, question.place, question.period);
        const auto& got = answers->items[i].value;
        if (facts.status() && (got.number != stored.number || got.names != stored.names)) {
            findings.add(fmt::format(
                "live {} of {}{} from {} is {}, from the rows {}",
                question.code,
                question.place.code,
                question.place.thing,
                format_utc(question.period.from),
                shown(got),
                shown(stored)
            ));
        }
    }
    return true;
}

}  // namespace chengshu::simulation
