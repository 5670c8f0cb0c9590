#include "domain/response/rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chengshu::response {
namespace {

using indicators::Period;
using indicators::Place;

constexpr std::array<std::string_view, 5> kLevels{"none", "blue", "yellow", "orange", "red"};
constexpr std::array<std::string_view, 5> kChanges{"", "fired", "raised", "lowered", "cleared"};

Period before(Period period, int periods, const TimeZone& zone) {
    for (; periods > 0; --periods) {
        period = indicators::previous_period(period, zone);
    }
    return period;
}

/// Whose value a term means; none where the place lies in no area of the term's level.
std::optional<Place> place_of(const Term& term, const Site& site) {
    if (term.level.empty()) {
        return site.place;
    }
    const auto area = site.levels.find(term.level);
    return area == site.levels.end() ? std::nullopt : std::optional(Place{0, area->second});
}

void add_asked(
    const Rule& rule,
    const Condition& condition,
    const Site& site,
    const Period& period,
    const TimeZone& zone,
    std::vector<Asked>& out
) {
    for (const auto& part : condition.parts) {
        add_asked(rule, part, site, period, zone, out);
    }
    auto at = period;
    for (int left = condition.periods; condition.parts.empty() && left > 0; --left) {
        for (const int index : condition.when.terms()) {
            const auto& term = rule.terms[static_cast<std::size_t>(index)];
            const auto place = place_of(term, site);
            if (!term.indicator.empty() && place) {
                out.push_back({term.indicator, *place, before(at, term.ago, zone)});
            }
        }
        at = before(at, 1, zone);
    }
}

/// One judgement: what it has looked at, and which values decided.
class Look {
public:
    Look(const Rule& rule, const Site& site, Values& values, const TimeZone& zone)
        : rule_(rule), site_(site), values_(values), zone_(zone) {}

    std::optional<bool> holds(const Condition& condition, const Period& period) {
        switch (condition.kind) {
            case Condition::Kind::When:
                return held(condition, period);
            case Condition::Kind::Not: {
                const auto inner = holds(condition.parts.front(), period);
                return inner ? std::optional(!*inner) : std::nullopt;
            }
            default:
                return of_several(condition, period);
        }
    }

    std::vector<Evidence> take_evidence() { return std::move(evidence_); }

private:
    std::optional<bool> of_several(const Condition& condition, const Period& period) {
        const bool decides = condition.kind == Condition::Kind::Any;
        bool unknown = false;
        for (const auto& part : condition.parts) {
            const auto one = holds(part, period);
            if (one && *one == decides) {
                return decides;
            }
            unknown = unknown || !one;
        }
        return unknown ? std::nullopt : std::optional(!decides);
    }

    /// At least `times` of the last `periods`.
    std::optional<bool> held(const Condition& condition, const Period& period) {
        int yes = 0;
        int unknown = 0;
        auto at = period;
        for (int left = condition.periods; left > 0; --left) {
            const auto one = truth(condition, at);
            yes += one.value_or(false) ? 1 : 0;
            unknown += one ? 0 : 1;
            if (yes >= condition.times) {
                return true;
            }
            if (yes + unknown + left - 1 < condition.times) {
                return false;
            }
            at = before(at, 1, zone_);
        }
        return std::nullopt;
    }

    std::optional<bool> truth(const Condition& condition, const Period& period) {
        std::vector<std::optional<double>> terms(rule_.terms.size());
        for (const int index : condition.when.terms()) {
            const auto position = static_cast<std::size_t>(index);
            terms[position] = term(rule_.terms[position], period);
        }
        const auto value = condition.when.evaluate(terms);
        return value ? std::optional(*value != 0) : std::nullopt;
    }

    std::optional<double> term(const Term& term, const Period& period) {
        if (term.indicator.empty()) {
            for (auto area = site_.path.rbegin(); area != site_.path.rend(); ++area) {
                if (const auto own = term.by_area.find(*area); own != term.by_area.end()) {
                    return own->second;
                }
            }
            return term.value;
        }
        const auto place = place_of(term, site_);
        if (!place) {
            return std::nullopt;
        }
        Evidence one;
        one.place = *place;
        const auto at = before(period, term.ago, zone_);
        one.name = term.name;
        one.indicator = term.indicator;
        one.from = at.from;
        one.to = at.to;
        one.value = values_.value(term.indicator, one.place, at);
        if (evidence_.size() < kEvidenceMax &&
            std::find(evidence_.begin(), evidence_.end(), one) == evidence_.end()) {
            evidence_.push_back(one);
        }
        return one.value;
    }

    const Rule& rule_;
    const Site& site_;
    Values& values_;
    const TimeZone& zone_;
    std::vector<Evidence> evidence_;
};

int looks_back(const Condition& condition, const std::vector<Term>& terms) {
    int out = 0;
    for (const auto& part : condition.parts) {
        out = std::max(out, looks_back(part, terms));
    }
    if (condition.kind == Condition::Kind::When) {
        int ago = 0;
        for (const int index : condition.when.terms()) {
            ago = std::max(ago, terms[static_cast<std::size_t>(index)].ago);
        }
        out = condition.periods - 1 + ago;
    }
    return out;
}

}  // namespace

std::string_view level_name(Level level) {
    return kLevels[static_cast<std::size_t>(level)];
}

std::optional<Level> level_of(std::string_view name) {
    const auto* const found = std::find(kLevels.begin(), kLevels.end(), name);
    if (found == kLevels.end()) {
        return std::nullopt;
    }
    return static_cast<Level>(found - kLevels.begin());
}

std::string_view change_name(Change change) {
    return kChanges[static_cast<std::size_t>(change)];
}

const Condition* Rule::grade(Level level) const {
    for (const auto& [known, condition] : grades) {
        if (known == level) {
            return &condition;
        }
    }
    return nullptr;
}

bool Rule::holds(const Period& period, const TimeZone& zone) const {
    return validity.holds(zone.local_date(period.from));
}

std::string Site::key() const {
    return place.thing != 0 ? fmt::format("thing/{}", place.thing)
                            : fmt::format("area/{}", place.code);
}

std::optional<bool> holds(
    const Rule& rule,
    const Condition& condition,
    const Site& site,
    Values& values,
    const Period& period,
    const TimeZone& zone
) {
    return Look(rule, site, values, zone).holds(condition, period);
}

std::vector<Asked>
asked_of(const Rule& rule, const Site& site, const Period& period, const TimeZone& zone) {
    std::vector<Asked> out;
    for (const auto& [level, condition] : rule.grades) {
        add_asked(rule, condition, site, period, zone, out);
    }
    for (const auto& [level, condition] : rule.keeps) {
        add_asked(rule, condition, site, period, zone, out);
    }
    if (rule.clear) {
        add_asked(rule, *rule.clear, site, period, zone, out);
    }
    return out;
}

Judgement advance(
    const Rule& rule,
    RuleState& state,
    const Site& site,
    Values& values,
    const Period& period,
    const TimeZone& zone,
    bool ended
) {
    Judgement out;
    const auto at = to_millis(period.from);
    if (at <= state.judged) {
        return out;
    }
    state.judged = ended ? at : state.judged;
    for (const auto& [level, condition] : rule.grades) {
        Look look(rule, site, values, zone);
        if (look.holds(condition, period).value_or(false)) {
            out.grade = level;
            out.evidence = look.take_evidence();
            break;
        }
    }
    if (out.grade > state.level) {
        out.change = state.level == Level::None ? Change::Fired : Change::Raised;
        if (out.change == Change::Fired) {
            state.since = at;
        }
        state.level = out.grade;
        state.level_at = at;
        state.lower = 0;
        return out;
    }
    if (out.grade == state.level) {
        state.lower = 0;
        return out;
    }
    auto next = out.grade;
    for (const auto& [level, condition] : rule.keeps) {
        Look look(rule, site, values, zone);
        // What has no value ends nothing.
        if (level <= state.level && level > next && look.holds(condition, period).value_or(true)) {
            next = level;
            out.evidence = look.take_evidence();
        }
    }
    if (next == Level::None && rule.clear) {
        Look look(rule, site, values, zone);
        const bool over = look.holds(*rule.clear, period).value_or(false);
        out.evidence = look.take_evidence();
        if (!over) {
            next = state.level;
        }
    }
    if (next == state.level) {
        state.lower = 0;
        return out;
    }
    if (!ended || at < state.level_at) {
        return out;  // what still runs proves nothing about its end, nor what was about what is
    }
    ++state.lower;
    if (state.lower < rule.hold) {
        return out;
    }
    state.lower = 0;
    out.change = next == Level::None ? Change::Cleared : Change::Lowered;
    state.level = next;
    state.level_at = at;
    return out;
}

const Rule* RuleBook::find(std::string_view code, Date date) const {
    for (const auto& rule : rules_) {
        if (rule.code == code && rule.validity.holds(date)) {
            return &rule;
        }
    }
    return nullptr;
}

bool RuleBook::has(std::string_view code) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
        return rule.code == code;
    });
}

std::vector<std::string> RuleBook::codes() const {
    std::vector<std::string> out;
    for (const auto& rule : rules_) {
        if (std::find(out.begin(), out.end(), rule.code) == out.end()) {
            out.push_back(rule.code);
        }
    }
    return out;
}

std::vector<Judged> judge_history(
    const RuleBook& book,
    std::string_view code,
    std::optional<Date> rules,
    const Site& site,
    Values& values,
    std::span<const Period> periods,
    const TimeZone& zone
) {
    std::vector<Judged> out;
    RuleState state;
    for (const auto& period : periods) {
        const auto* rule = book.find(code, rules.value_or(zone.local_date(period.from)));
        Judged one{period, Level::None, state.level, Change::None, rule};
        if (rule != nullptr && rule->every.kind == period.kind) {
            const auto judgement = advance(*rule, state, site, values, period, zone, true);
            one.grade = judgement.grade;
            one.change = judgement.change;
            one.level = state.level;
        }
        out.push_back(one);
    }
    return out;
}

int looks_back(const Rule& rule) {
    int out = rule.clear ? looks_back(*rule.clear, rule.terms) : 0;
    for (const auto* conditions : {&rule.grades, &rule.keeps}) {
        for (const auto& [level, condition] : *conditions) {
            out = std::max(out, looks_back(condition, rule.terms));
        }
    }
    return out;
}

std::string alert_text(
    std::string_view text,
    std::string_view place,
    std::string_view level,
    std::string_view rule,
    std::string_view values
) {
    const std::array<std::pair<std::string_view, std::string_view>, 4> words{
        {{"{place}", place}, {"{level}", level}, {"{rule}", rule}, {"{values}", values}}
    };
    // In one pass, so that a name which looks like a placeholder stays as it is.
    std::string out;
    while (!text.empty()) {
        const auto* const found = std::find_if(words.begin(), words.end(), [&](const auto& word) {
            return text.starts_with(word.first);
        });
        if (found == words.end()) {
            out += text.front();
            text.remove_prefix(1);
        } else {
            out += found->second;
            text.remove_prefix(found->first.size());
        }
    }
    return out;
}

}  // namespace chengshu::response
