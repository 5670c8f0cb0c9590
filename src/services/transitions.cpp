#include "services/transitions.hpp"

#include "domain/access/scope.hpp"
#include "services/reports.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services {
namespace {

const cases::Actor kSystemAuthor{"system", "", "system", ""};
/// A family of cases deeper than this is a mistake in somebody's merging.
constexpr int kFamilyDepthMax = 5;

Result<bool> any_open_child(UnitOfWork& work, const cases::Case& value) {
    for (const auto id : value.children) {
        CS_TRY(child, work.find_case(id));
        if (!child || child->parent != value.id) {
            continue;
        }
        const auto flow = work.definitions().workflows.find(child->workflow);
        const auto* state =
            flow == work.definitions().workflows.end() ? nullptr : flow->second.state(child->state);
        if (state != nullptr && !state->done()) {
            return true;
        }
    }
    return false;
}

/// The children do `action` where their own flow allows it now; others stay as they are.
Status follow(UnitOfWork& work, const cases::Case& parent, const char* action, int depth) {
    if (depth > kFamilyDepthMax && !parent.children.empty()) {
        return fail(ErrorCode::RuleViolation, "cases are merged more than five levels deep");
    }
    for (const auto id : parent.children) {
        CS_TRY(child, work.find_case(id));
        if (!child || child->parent != parent.id) {
            continue;  // it has been made part of another case since
        }
        const auto flow = work.definitions().workflows.find(child->workflow);
        if (flow == work.definitions().workflows.end() ||
            flow->second.transition(action, child->state) == nullptr) {
            continue;
        }
        const auto context = context_of(work);
        auto decision = cases::decide(*child, {action, kSystemAuthor, {}}, context);
        if (!decision && decision.error().code == ErrorCode::RuleViolation) {
            continue;  // e.g. a child that had been closed before its parent is not reopened with
                       // it
        }
        if (!decision) {
            return Failure{decision.error()};
        }
        const auto after = work.stage(std::move(*decision));
        CS_CHECK(follow(work, *after, action, depth + 1));
    }
    return ok();
}

/// How many levels of children a case has, counted up to `most`.
Result<int> levels_below(UnitOfWork& work, const cases::Case& value, int most) {
    int deepest = 0;
    for (const auto id : value.children) {
        CS_TRY(child, work.find_case(id));
        if (most > 0 && child && child->parent == value.id) {
            CS_TRY(below, levels_below(work, *child, most - 1));
            deepest = std::max(deepest, below + 1);
        }
    }
    return deepest;
}

Status check_merge(
    UnitOfWork& work,
    const access::Principal& who,
    const cases::Case& value,
    const ActionRequest& request
) {
    CS_TRY(parent, work.get_case(request.inputs.into));
    if (!access::can_see(who, parent, work.city())) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no case {}", cases::format_case_id(parent.id)),
            "into"
        );
    }
    // A case that is at its end would never take the merged one along to its own.
    const auto flow = work.definitions().workflows.find(parent.workflow);
    const auto* state =
        flow == work.definitions().workflows.end() ? nullptr : flow->second.state(parent.state);
    if (state != nullptr && state->done()) {
        return fail(ErrorCode::RuleViolation, "the other case is at its end", "into");
    }
    int above = 1;
    for (auto ancestor = parent.parent; ancestor && above <= kFamilyDepthMax; ++above) {
        if (ancestor == value.id) {
            return fail(
                ErrorCode::RuleViolation, "the other case is already part of this one", "into"
            );
        }
        CS_TRY(next, work.get_case(ancestor));
        ancestor = next.parent;
    }
    CS_TRY(below, levels_below(work, value, kFamilyDepthMax));
    if (above + below > kFamilyDepthMax) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("cases are merged at most {} levels deep", kFamilyDepthMax),
            "into"
        );
    }
    return ok();
}

Status split(
    UnitOfWork& work,
    const cases::Case& value,
    const cases::Actor& actor,
    const ActionRequest& request
) {
    if (request.split_departments.size() < 2 || request.split_departments.size() > 10) {
        return fail(ErrorCode::InvalidInput, "a split names two to ten departments", "departments");
    }
    auto parent = value;
    for (const auto& department : request.split_departments) {
        if (work.city().department(department) == nullptr) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("department {} is not known", department),
                "departments"
            );
        }
        cases::Case draft;
        CS_TRY(number, work.next_case(work.city().division_of(value.path.back())));
        draft.id = number;
        draft.report = value.report;
        draft.workflow = value.workflow;
        draft.category = value.category;
        draft.standard = value.standard;
        draft.description = value.description;
        draft.address = value.address;
        draft.point = value.point;
        draft.path = value.path;
        draft.component = value.component;
        draft.source = value.source;
        draft.collector = value.collector;
        draft.generated = value.generated;
        draft.attachments = value.attachments;
        draft.parent = value.id;
        draft.flags.insert("split");
        const auto context = context_of(work);
        CS_TRY(opened, cases::open_case(std::move(draft), actor, context));
        const auto draft_filed = work.stage(std::move(opened));
        cases::Inputs inputs;
        inputs.department = department;
        inputs.reason = request.inputs.reason;
        CS_TRY(sent, cases::decide(*draft_filed, {"dispatch", actor, inputs}, context));
        work.stage(std::move(sent));
        auto linked = cases::link_child(parent, number, actor, request.inputs.reason, context);
        parent = *work.stage(std::move(linked));
    }
    return ok();
}

}  // namespace

Result<CasePtr> act(UnitOfWork& work, const access::Principal& who, const ActionRequest& request) {
    CS_TRY(seen, work.see_case(request.id));
    const auto& value = *seen;
    if (!access::can_see(who, value, work.city())) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no case {}", cases::format_case_id(request.id)),
            "id"
        );
    }
    if (request.version) {
        CS_TRY(current, work.version_of(request.id));
        if (current != *request.version) {
            return fail(
                ErrorCode::Conflict,
                fmt::format(
                    "the case is at version {}, you have seen {}", current, *request.version
                ),
                "If-Match"
            );
        }
    }
    const auto flow = work.definitions().workflows.find(value.workflow);
    const auto* transition = flow == work.definitions().workflows.end()
                                 ? nullptr
                                 : flow->second.transition(request.action, value.state);
    if (transition == nullptr) {
        return fail(
            ErrorCode::IllegalTransition,
            fmt::format("\"{}\" is not possible in state \"{}\"", request.action, value.state),
            "action"
        );
    }
    CS_TRY(actor, access::acting_post(who, value, *transition, work.city()));
    if (request.inputs.into) {
        CS_CHECK(check_merge(work, who, value, request));
    }
    auto context = context_of(work);
    CS_TRY(open_child, any_open_child(work, value));
    context.open_children = open_child;
    CS_TRY(decision, cases::decide(value, {request.action, actor, request.inputs}, context));
    const bool close_children = decision.close_children;
    const bool reopen_children = decision.reopen_children;
    const auto after = work.stage(std::move(decision));
    if (request.action == "split") {
        CS_CHECK(split(work, *after, actor, request));
    }
    if (request.inputs.into) {
        CS_TRY(parent, work.get_case(request.inputs.into));
        work.stage(cases::link_child(parent, value.id, actor, request.inputs.reason, context));
    }
    if (close_children) {
        CS_CHECK(follow(work, *after, "close_with_parent", 1));
    }
    if (reopen_children) {
        CS_CHECK(follow(work, *after, "reopen_with_parent", 1));
    }
    return work.see_case(request.id);
}

Status fire_timers(UnitOfWork& work, CaseId id) {
    CS_TRY(value, work.see_case(id));
    const auto context = context_of(work);
    CS_TRY(decision, cases::tick(*value, context));
    const bool close_children = decision.close_children;
    const auto after = work.stage(std::move(decision));
    if (close_children) {
        CS_CHECK(follow(work, *after, "close_with_parent", 1));
    }
    return ok();
}

std::vector<PossibleAction> possible_actions(
    const cases::Case& value,
    const access::Principal& who,
    const Definitions& definitions,
    Instant now
) {
    std::vector<PossibleAction> out;
    const auto flow = definitions.workflows.find(value.workflow);
    if (flow == definitions.workflows.end()) {
        return out;
    }
    const cases::Context context{now, *definitions.city, definitions.workflows, {}, false};
    for (const auto& transition : flow->second.transitions) {
        if (flow->second.transition(transition.code, value.state) != &transition) {
            continue;
        }
        const auto actor = access::acting_post(who, value, transition, *definitions.city);
        if (actor && cases::allowed(value, transition, *actor, context)) {
            out.push_back({&transition});
        }
    }
    return out;
}

}  // namespace chengshu::services
