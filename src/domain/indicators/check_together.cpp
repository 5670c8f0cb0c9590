#include "domain/indicators/internal/check_together.hpp"

#include "domain/city/findings.hpp"

#include <map>
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
    Check(std::span<const Indicator> indicators, const Complain& complain)
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
        if (one.period != other.period) {
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
    }

public:
    void check_inputs() {
        std::map<std::string, int> state;
        for (std::size_t i = 0; i < indicators_.size(); ++i) {
            const auto& indicator = indicators_[i];
            const bool roll = std::holds_alternative<Roll>(indicator.rule);
            for (const auto& code : indicator.inputs()) {
                const auto found = versions_.find(code);
                if (found == versions_.end()) {
                    continue;
                }
                const auto period = indicators_[found->second.front()].period;
                if (roll ? period >= indicator.period : period != indicator.period) {
                    complain_(
                        i,
                        text(
                            "{} 的周期为 {}，与 {} 不合",
                            "{} has the period {}, which does not fit {}",
                            code,
                            period_name(period),
                            indicator.code
                        ),
                        roll ? Label{"roll 需要更短的周期", "roll needs a shorter period"}
                             : Label{"用 roll 换算周期", "use roll to change the period"}
                    );
                }
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
    }

private:
    /// Whether a walk along the inputs, of any version, comes back or goes too deep. 1: on the way;
    /// 2: known good.
    bool leads_back(const std::string& code, std::map<std::string, int>& state, int level) {
        auto& mark = state[code];
        if (mark != 0 || level > kLevelsMax) {
            return mark != 2;
        }
        mark = 1;
        for (const auto version : versions_[code]) {
            for (const auto& input : indicators_[version].inputs()) {
                if (versions_.contains(input) && leads_back(input, state, level + 1)) {
                    return true;
                }
            }
        }
        state[code] = 2;
        return false;
    }

    std::span<const Indicator> indicators_;
    const Complain& complain_;
    std::map<std::string, std::vector<std::size_t>> versions_;
};

}  // namespace

void check_together(std::span<const Indicator> indicators, const Complain& complain) {
    Check check(indicators, complain);
    check.check_versions();
    check.check_inputs();
}

}  // namespace chengshu::indicators
