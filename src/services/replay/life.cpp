#include "services/replay/life.hpp"

#include "services/transitions.hpp"

#include <algorithm>

namespace chengshu::services::replay {
namespace {

/// More than any life takes: a case still on its way after so many steps is a mistake in a
/// workflow.
constexpr int kStepsMax = 40;

int counter(const cases::Case& value, const char* name) {
    const auto found = value.counters.find(name);
    return found == value.counters.end() ? 0 : found->second;
}

}  // namespace

void Life::begin(
    Runner& runner,
    const cases::Case& value,
    bool closes,
    std::uint64_t seed,
    Instant now,
    Instant end
) const {
    SeededRandom random(seed);
    State state{value.id, random, closes, kStepsMax, {}, end};
    if (!closes) {
        state.steps_left = static_cast<int>(state.random.below(4));
    }
    // A whole life has about seven steps; it fits between the report and the end.
    const auto longest =
        std::min<std::int64_t>((end - now).count() / 16, Duration{std::chrono::hours{2}}.count());
    state.pause = Duration{state.random.between(longest / 20 + 1, longest + 1)};
    later(runner, state, now);
}

void Life::later(Runner& runner, State state, Instant now) const {
    const auto at = std::min(now + state.pause, state.end);
    runner.schedule(at, [this, state](Runner& then, UnitOfWork& work) {
        return live(then, work, state);
    });
}

Status Life::live(Runner& runner, UnitOfWork& work, State state) const {
    if (state.steps_left-- <= 0) {
        return ok();
    }
    CS_TRY(seen, work.see_case(state.id));
    const auto& value = *seen;
    const auto flow = definitions_.workflows.find(value.workflow);
    if (flow == definitions_.workflows.end()) {
        return fail(ErrorCode::UnknownCode, "a case's workflow is not defined");
    }
    const auto today = work.city().calendar().zone().local_date(work.now());
    const auto move = next(value, state, work.city(), today);
    if (!move) {
        return ok();
    }
    const auto* transition = flow->second.transition(move->action, value.state);
    if (transition == nullptr) {
        return fail(
            ErrorCode::IllegalTransition, move->action + " is not possible in " + value.state
        );
    }
    CS_TRY(who, cast_.who_may(value, *transition));
    ActionRequest request;
    request.id = value.id;
    request.action = move->action;
    request.inputs = move->inputs;
    CS_TRY(after, act(work, who, request));
    runner.watch(*after);
    later(runner, state, work.now());
    return ok();
}

std::string Life::department_for(const cases::Case& value, const city::City& city, Date today)
    const {
    const auto owners = city.owners(value.category, value.path, today);
    if (!owners.leads.empty()) {
        return owners.leads.front()->department;
    }
    // Nobody is named: the body of the deepest area takes it (属地).
    for (auto area = value.path.rbegin(); area != value.path.rend(); ++area) {
        for (const auto& department : city.departments()) {
            if (department.area == *area && department.validity.holds(today)) {
                return department.code;
            }
        }
    }
    return {};
}

std::optional<Life::Move>
Life::next(const cases::Case& value, State& state, const city::City& city, Date today) const {
    Move move;
    auto& random = state.random;
    const auto& at = value.state;
    if (at == "reported") {
        const auto standards = city.standards_of(value.category, today);
        if (standards.empty()) {
            return std::nullopt;
        }
        move.action = "file";
        move.inputs.standard = value.standard.empty()
                                   ? standards[random.below(standards.size())]->code
                                   : value.standard;
    } else if (at == "filed" || at == "consulting") {
        move.action = "dispatch";
        move.inputs.department = department_for(value, city, today);
        move.inputs.reason = "派遣员判断 / judged by the dispatcher";
    } else if (at == "dispatched") {
        const bool refuses =
            state.closes && counter(value, "returns") == 0 && random.chance(3, 100);
        move.action = refuses ? "return" : "accept";
        move.inputs.reason = refuses ? "非本部门职责 / not this department's duty" : "";
        if (!refuses && !value.holder.empty()) {
            move.action = "resolve";
            move.inputs.result = "已处置 / done";
        }
    } else if (at == "handling") {
        if (value.flags.contains("extension_requested")) {
            move.action = "approve_extension";
        } else if (value.workflow == "standard" && counter(value, "extensions") == 0 &&
                   random.chance(2, 100) && value.clocks.contains("handle") &&
                   !value.clocks.at("handle").overdue && value.clocks.at("handle").running() &&
                   value.clocks.at("handle").due.value_or(Instant{}) > state.end) {
            move.action = "request_extension";
            move.inputs.reason = "需等待物料 / waiting for material";
        } else if (!state.closes) {
            return std::nullopt;
        } else {
            move.action = "resolve";
            move.inputs.result = "已按标准处置完毕 / handled to the standard";
        }
    } else if (at == "handled") {
        move.action = value.workflow == "direct" ? "close" : "check_pass";
    } else if (at == "checking") {
        const bool fails = counter(value, "rework") == 0 && random.chance(4, 100);
        move.action = fails ? "rework" : "check_pass";
        move.inputs.reason = fails ? "现场仍未达标 / not up to the standard yet" : "";
    } else if (at == "checked") {
        move.action = value.marks.contains("called_back") ? "close" : "call_back";
        if (move.action == "call_back") {
            move.inputs.facts = {
                {"contacted", "yes"},
                {"resolved", "yes"},
                {"satisfaction", random.chance(8, 10) ? "satisfied" : "basically_satisfied"}
            };
        }
    } else {
        return std::nullopt;
    }
    return move;
}

}  // namespace chengshu::services::replay
