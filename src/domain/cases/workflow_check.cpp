#include "domain/cases/internal/workflow_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

namespace chengshu::cases {
namespace {

bool has(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool does(const Transition& transition, Effect::Kind kind) {
    return std::any_of(
        transition.effects.begin(),
        transition.effects.end(),
        [&](const Effect& item) { return item.kind == kind; }
    );
}

bool needs(const Transition& transition, std::string_view name) {
    return std::any_of(transition.needs.begin(), transition.needs.end(), [&](const Need& item) {
        return item.name == name && item.required;
    });
}

class Checker {
public:
    Checker(const Workflow& flow, Mistakes& mistakes) : flow_(flow), mistakes_(mistakes) {}

    void run(const YAML::Node& root) {
        check_repeated(flow_.clocks, root["clocks"]);
        check_repeated(flow_.states, root["states"]);
        for (std::size_t i = 0; i < flow_.clocks.size(); ++i) {
            check_clock(flow_.clocks[i], root["clocks"][i]);
        }
        for (std::size_t i = 0; i < flow_.transitions.size(); ++i) {
            check_transition(flow_.transitions[i], root["transitions"][i]);
        }
        for (std::size_t i = 0; i < flow_.automatic.size(); ++i) {
            check_automatic(flow_.automatic[i], root["automatic"][i]);
        }
        if (flow_.state(flow_.start) == nullptr) {
            unknown_state(root["start"], flow_.start);
            return;
        }
        check_reach(root["states"]);
    }

private:
    void unknown_state(const YAML::Node& node, const std::string& code) {
        mistakes_.add(
            node.Mark(),
            fmt::format("状态 {} 未定义", code),
            fmt::format("state {} is not defined", code)
        );
    }

    template <class List>
    void check_repeated(const List& list, const YAML::Node& node) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (!seen.insert(list[i].code).second) {
                mistakes_.add(
                    node[i].Mark(),
                    fmt::format("{} 重复定义", list[i].code),
                    fmt::format("{} is defined twice", list[i].code)
                );
            }
        }
    }

    void check_clock(const ClockDefinition& clock, const YAML::Node& node) {
        for (std::size_t i = 0; i < clock.chain.size(); ++i) {
            const auto* link = flow_.clock(clock.chain[i]);
            if (link == nullptr || !link->chain.empty()) {
                mistakes_.add(
                    node["limit"][i].Mark(),
                    fmt::format("时钟 {} 引用的 {} 不可用", clock.code, clock.chain[i]),
                    fmt::format(
                        "clock {} chains {}, which is not a simple clock here",
                        clock.code,
                        clock.chain[i]
                    )
                );
            }
        }
    }

    void check_conditions(const std::vector<Condition>& conditions, const YAML::Node& node) {
        // A list with a mistake in it was reported already and no longer matches its nodes.
        if (!node || conditions.size() != node.size()) {
            return;
        }
        for (std::size_t i = 0; i < conditions.size(); ++i) {
            check_condition(conditions[i], node[i]);
        }
    }

    void check_condition(const Condition& condition, const YAML::Node& node) {
        using Kind = Condition::Kind;
        if (condition.kind == Kind::Clock && flow_.clock(condition.name) == nullptr) {
            unknown_clock(node, condition.name);
        }
        if (condition.kind == Kind::State) {
            for (const auto& state : condition.values) {
                if (!state.ends_with('*') && flow_.state(state) == nullptr) {
                    unknown_state(node, state);
                }
            }
        }
        if (condition.kind == Kind::OtherThan &&
            std::none_of(flow_.transitions.begin(), flow_.transitions.end(), [&](const auto& item) {
                return item.code == condition.name;
            })) {
            mistakes_.add(
                node.Mark(),
                fmt::format("流转 {} 未定义", condition.name),
                fmt::format("transition {} is not defined", condition.name)
            );
        }
    }

    void unknown_clock(const YAML::Node& node, const std::string& code) {
        mistakes_.add(
            node.Mark(),
            fmt::format("时钟 {} 未定义", code),
            fmt::format("clock {} is not defined", code)
        );
    }

    void check_transition(const Transition& item, const YAML::Node& node) {
        for (std::size_t i = 0; i < item.from.size(); ++i) {
            if (item.from[i] != "*" && flow_.state(item.from[i]) == nullptr) {
                unknown_state(
                    node["from"].IsSequence() ? node["from"][i] : node["from"], item.from[i]
                );
            }
        }
        if (item.from.empty()) {
            mistakes_.add(
                node.Mark(),
                fmt::format("{} 没有起点", item.code),
                fmt::format("{} starts nowhere", item.code)
            );
        }
        if (item.by.empty()) {
            mistakes_.add(
                node.Mark(),
                fmt::format("{} 没有岗位可以执行", item.code),
                fmt::format("nobody may do {}", item.code)
            );
        }
        check_target(item, node);
        check_shadowed(item, node);
        check_conditions(item.guards, node["if"]);
        check_effects(item, node);
    }

    void check_target(const Transition& item, const YAML::Node& node) {
        if (item.to == "@before") {
            for (const auto& from : item.from) {
                const auto* state = flow_.state(from);
                if (from == "*" || (state != nullptr && state->phase != "suspended")) {
                    mistakes_.add(
                        node["to"].Mark(),
                        fmt::format("只有从挂起阶段的状态才能用 @before，{} 不是", from),
                        fmt::format(
                            "only states of the phase suspended go back @before; {} is not one",
                            from
                        )
                    );
                }
            }
        } else if (item.to != "=" && flow_.state(item.to) == nullptr) {
            unknown_state(node["to"], item.to);
        }
    }

    /// Two transitions of one code may not leave the same state: which of them would it be?
    void check_shadowed(const Transition& item, const YAML::Node& node) {
        for (const auto& state : flow_.states) {
            const bool leaves =
                has(item.from, state.code) || (has(item.from, "*") && !state.done());
            if (leaves && flow_.transition(item.code, state.code) != &item) {
                mistakes_.add(
                    node.Mark(),
                    fmt::format("{} 从状态 {} 出发已有定义", item.code, state.code),
                    fmt::format("{} from state {} is already defined above", item.code, state.code)
                );
                return;
            }
        }
    }

    void check_effects(const Transition& item, const YAML::Node& node) {
        using Kind = Effect::Kind;
        for (const auto& effect : item.effects) {
            const bool about_clock = effect.kind == Kind::Start || effect.kind == Kind::Extend ||
                                     effect.kind == Kind::Exempt ||
                                     (effect.kind == Kind::Stop && effect.name != "*");
            if (about_clock && flow_.clock(effect.name) == nullptr) {
                unknown_clock(node["then"], effect.name);
            }
        }
        const auto requires_need = [&](Kind kind, const char* need) {
            if (does(item, kind) && !needs(item, need)) {
                mistakes_.add(
                    node["then"].Mark(),
                    fmt::format("{} 的动作要求 needs 中有 {}", item.code, need),
                    fmt::format(
                        "an effect of {} uses {}, which must be among its needs", item.code, need
                    )
                );
            }
        };
        requires_need(Kind::AssignInput, "department");
        requires_need(Kind::HoldInput, "account");
        requires_need(Kind::Until, "until");
        if (does(item, Kind::Until)) {
            check_resumes(item, node);
        }
    }

    /// The timer of a suspension does "resume" as the system; it must not be able to fail.
    void check_resumes(const Transition& item, const YAML::Node& node) {
        const auto* target = flow_.state(item.to);
        if (target == nullptr) {
            return;
        }
        const auto* resume = flow_.transition("resume", item.to);
        const bool free =
            resume != nullptr && has(resume->by, "system") && resume->guards.empty() &&
            std::all_of(resume->needs.begin(), resume->needs.end(), [](const Need& need) {
                return need.one_of.empty() && (!need.required || need.name == "reason");
            });
        if (target->phase != "suspended" || !free) {
            mistakes_.add(
                node["then"].Mark(),
                fmt::format("until 要求进入挂起阶段的状态，且系统能从那里无条件执行 resume"),
                fmt::format("until needs a target of the phase suspended, from which the system "
                            "may do \"resume\" "
                            "without guards or needs")
            );
        }
    }

    void check_automatic(const AutomaticStep& step, const YAML::Node& node) {
        check_conditions(step.when, node["if"]);
        if (step.in.empty()) {
            mistakes_.add(node.Mark(), "自动步骤没有状态", "the automatic step is in no state");
        }
        for (std::size_t i = 0; i < step.in.size(); ++i) {
            const auto& state = step.in[i];
            if (flow_.state(state) == nullptr) {
                unknown_state(node["in"].IsSequence() ? node["in"][i] : node["in"], state);
                continue;
            }
            if (step.action == "hand_over") {
                continue;
            }
            const auto* transition = flow_.transition(step.action, state);
            if (transition == nullptr || !has(transition->by, "system")) {
                mistakes_.add(
                    node["do"].Mark(),
                    fmt::format("系统不能在 {} 执行 {}", state, step.action),
                    fmt::format("the system may not do {} in {}", step.action, state),
                    {"在该流转的 by 中加入 system", "add system to that transition's by"}
                );
                continue;
            }
            check_no_answers(*transition, node["do"]);
        }
    }

    /// The system answers no questions: it has a reason and, where one is certain, a standard.
    void check_no_answers(const Transition& transition, const YAML::Node& node) {
        for (const auto& need : transition.needs) {
            const bool given = need.name == "reason" || need.name == "standard";
            if (!need.one_of.empty() || (need.required && !given)) {
                mistakes_.add(
                    node.Mark(),
                    fmt::format("{} 需要 {}，系统无法提供", transition.code, need.name),
                    fmt::format(
                        "{} needs {}, which the system cannot give", transition.code, need.name
                    )
                );
            }
        }
    }

    void check_reach(const YAML::Node& nodes) {
        std::set<std::string> reached = {flow_.start};
        std::vector<std::string> open = {flow_.start};
        while (!open.empty()) {
            const auto from = std::move(open.back());
            open.pop_back();
            for (const auto& item : flow_.transitions) {
                const bool leaves =
                    has(item.from, from) || (has(item.from, "*") && !flow_.state(from)->done());
                if (leaves && flow_.state(item.to) != nullptr && reached.insert(item.to).second) {
                    open.push_back(item.to);
                }
            }
        }
        for (std::size_t i = 0; i < flow_.states.size(); ++i) {
            const auto& state = flow_.states[i];
            if (!reached.contains(state.code)) {
                mistakes_.add(
                    nodes[i].Mark(),
                    fmt::format("状态 {} 无法到达", state.code),
                    fmt::format("state {} cannot be reached", state.code)
                );
            }
            const bool leaves = std::any_of(
                flow_.transitions.begin(),
                flow_.transitions.end(),
                [&](const auto& item) {
                    return item.to != "=" && item.to != state.code &&
                           (has(item.from, state.code) || has(item.from, "*"));
                }
            );
            if (!state.done() && !leaves) {
                mistakes_.add(
                    nodes[i].Mark(),
                    fmt::format("状态 {} 没有出口", state.code),
                    fmt::format("state {} has no way out", state.code)
                );
            }
        }
    }

    const Workflow& flow_;
    Mistakes& mistakes_;
};

}  // namespace

void check_workflow(const Workflow& flow, const YAML::Node& root, Mistakes& mistakes) {
    Checker(flow, mistakes).run(root);
}

}  // namespace chengshu::cases
