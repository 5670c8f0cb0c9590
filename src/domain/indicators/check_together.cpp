#include "domain/indicators/internal/check_together.hpp"

#include "domain/city/findings.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chengshu::indicators {
namespace {

using city::text;

constexpr int kLevelsMax = 32;  // keeps recursion shallow

bool overlap(const city::Validity& left, const city::Validity& right) {
    const auto before = [](const city::Validity& a, const city::Validity& b) {
        return a.to && b.from && *a.to <= *b.from;
    };
    return !before(left, right) && !before(right, left);
}

class Check {
public:
    Check(std::span<Indicator> indicators, const Complain& complain)
        : indicators_(indicators), complain_(complain) {}

    void check_versions() {
        for (std::size_t i = 0; i < indicators_.size(); ++i) {
            versions_[indicators_[i].code].push_back(i);
        }
        for (const auto& [code, versions] : versions_) {
            for (std::size_t i = 0; i < versions.size(); ++i) {
                for (std::size_t j = 0; j < i; ++j) {
                    check_pair(versions[j], versions[i]);
                }
            }
        }
    }

private:
    void check_pair(std::size_t first, std::size_t second) {
        const auto& one = indicators_[first];
        const auto& other = indicators_[second];
        if (overlap(one.validity, other.validity)) {
            complain_(
                second,
                text("指标 {} 的有效期重叠", "indicator {} is valid twice on some days", one.code),
                {"给旧版本填写 valid_to", "give the older version a valid_to"}
            );
        }
        if (one.periods != other.periods || one.any_days != other.any_days) {
            complain_(
                second,
                text(
                    "指标 {} 各版本的周期不同",
                    "the versions of {} have different periods",
                    one.code
                ),
                {"周期不同的是另一个指标", "another period is another indicator"}
            );
        }
        if (one.subjects != other.subjects) {
            complain_(
                second,
                text(
                    "指标 {} 各版本的对象不同",
                    "the versions of {} have different subjects",
                    one.code
                ),
                {"对象不同的是另一个指标", "other subjects are another indicator"}
            );
        }
    }

public:
    void check_inputs() {
        std::map<std::string, int> state;
        for (std::size_t i = 0; i < indicators_.size(); ++i) {
            const auto& indicator = indicators_[i];
            for (const auto& code : indicator.inputs()) {
                check_input(i, code);
            }
            if (!indicator.weights.empty()) {
                check_periods(i, indicator.weights);
            }
            if (leads_back(indicator.code, state, 0)) {
                complain_(
                    i,
                    text(
                        "指标 {} 依赖自身，或层次超过 {}",
                        "indicator {} is built from itself, or over more than {} levels",
                        indicator.code,
                        kLevelsMax
                    ),
                    {"断开循环", "break the circle"}
                );
                return;
            }
        }
        find_things();
        find_dimensions();
    }

private:
    void check_input(std::size_t at, const std::string& code) {
        const auto found = versions_.find(code);
        if (found == versions_.end()) {
            return;
        }
        const auto& indicator = indicators_[at];
        const auto& input = indicators_[found->second.front()];
        if (const auto* roll = std::get_if<Roll>(&indicator.rule)) {
            check_parts(at, input, *roll);
        } else if (!std::holds_alternative<Window>(indicator.rule)) {
            check_periods(at, code);
        } else if (!input.has_period(PeriodKind::Hour)) {
            misfit(at, input, PeriodKind::Hour, false);
        }
        for (const auto& kind : indicator.subjects) {
            if (!input.is_for(kind)) {
                complain_(
                    at,
                    text(
                        "{} 没有“{}”这类对象的值，{} 也就没有",
                        "{} has no values for the kind '{}', so {} has none",
                        code,
                        kind,
                        indicator.code
                    ),
                    {"从 subjects 中去掉", "leave it out of the subjects"}
                );
            }
        }
    }

    void check_parts(std::size_t at, const Indicator& input, const Roll& roll) {
        const auto& indicator = indicators_[at];
        auto cycles = indicator.periods;
        if (indicator.any_days) {
            cycles.emplace_back(PeriodKind::Days, 2);
        }
        for (const auto& cycle : cycles) {
            if (!tiles(input.period, cycle)) {
                misfit(at, input, cycle, true);
                return;
            }
        }
        if (roll.from_hour > 0 && input.period.whole_days()) {
            complain_(
                at,
                text("{} 不分小时", "{} knows no hours", input.code),
                {"去掉 from_hour", "leave out from_hour"}
            );
        }
    }

    void check_periods(std::size_t at, const std::string& code) {
        const auto found = versions_.find(code);
        if (found == versions_.end()) {
            return;
        }
        const auto& indicator = indicators_[at];
        const auto& input = indicators_[found->second.front()];
        for (const auto& cycle : indicator.periods) {
            if (!input.has_period(cycle)) {
                misfit(at, input, cycle, false);
                return;
            }
        }
        if (indicator.any_days && !input.any_days) {
            misfit(at, input, {PeriodKind::Days, 2}, false);
        }
    }

    void misfit(std::size_t at, const Indicator& input, const Cycle& cycle, bool roll) {
        complain_(
            at,
            text(
                "{} 的周期为 {}，与 {} 的 {} 不合",
                "{} has the period {}, which does not fit {} by {}",
                input.code,
                period_name(input.period),
                indicators_[at].code,
                cycle == Cycle{PeriodKind::Days, 2} ? "days" : period_name(cycle)
            ),
            roll ? Label{"roll 需要更短、能拼满的周期", "roll needs a shorter period that fills it"}
                 : Label{"用 roll 换算周期", "use roll to change the period"}
        );
    }

    /// Which terminals an area's value is read off, where the rule leads to readings.
    void find_things() {
        std::map<std::string, std::string> known;
        for (auto& indicator : indicators_) {
            indicator.thing_type = things_of(indicator.code, known);
        }
    }

    std::string things_of(const std::string& code, std::map<std::string, std::string>& known) {
        if (const auto found = known.find(code); found != known.end()) {
            return found->second;
        }
        std::string out;
        for (const auto version : versions_[code]) {
            const auto& indicator = indicators_[version];
            if (const auto* observed = std::get_if<Observed>(&indicator.rule)) {
                out = observed->thing_type;
            }
            for (const auto& input : indicator.inputs()) {
                if (out.empty() && versions_.contains(input)) {
                    out = things_of(input, known);
                }
            }
        }
        known.emplace(code, out);
        return out;
    }

    /// By what an area's value can be broken down: that of all its versions, and of all that they
    /// are built from.
    void find_dimensions() {
        std::map<std::string, std::vector<std::string>> known;
        for (auto& indicator : indicators_) {
            indicator.dimensions = dimensions_of(indicator.code, known);
        }
    }

    std::vector<std::string>
    dimensions_of(const std::string& code, std::map<std::string, std::vector<std::string>>& known) {
        if (const auto found = known.find(code); found != known.end()) {
            return found->second;
        }
        std::optional<std::vector<std::string>> out;
        const auto keep = [&](const std::vector<std::string>& those) {
            if (!out) {
                out = those;
            }
            std::erase_if(*out, [&](const std::string& one) {
                return std::find(those.begin(), those.end(), one) == those.end();
            });
        };
        for (const auto version : versions_[code]) {
            const auto& indicator = indicators_[version];
            if (indicator.areas || !indicator.is_for("area")) {
                keep({});
            } else if (const auto inputs = indicator.inputs(); inputs.empty()) {
                keep(indicator.dimensions);  // what is counted has some, what is observed none
            } else {
                for (const auto& input : inputs) {
                    keep(dimensions_of(input, known));
                }
            }
        }
        return known.emplace(code, out.value_or(std::vector<std::string>())).first->second;
    }

    /// Whether a walk along the inputs, of any version, comes back or goes too deep. 1: on the way;
    /// 2: known good.
    bool leads_back(const std::string& code, std::map<std::string, int>& state, int level) {
        auto& mark = state[code];
        if (mark != 0 || level > kLevelsMax) {
            return mark != 2;
        }
        mark = 1;
        for (const auto version : versions_[code]) {
            auto inputs = indicators_[version].inputs();
            inputs.push_back(indicators_[version].weights);
            for (const auto& input : inputs) {
                if (versions_.contains(input) && leads_back(input, state, level + 1)) {
                    return true;
                }
            }
        }
        state[code] = 2;
        return false;
    }

    std::span<Indicator> indicators_;
    const Complain& complain_;
    std::map<std::string, std::vector<std::size_t>> versions_;
};

}  // namespace

void check_together(std::span<Indicator> indicators, const Complain& complain) {
    Check check(indicators, complain);
    check.check_versions();
    check.check_inputs();
}

}  // namespace chengshu::indicators
