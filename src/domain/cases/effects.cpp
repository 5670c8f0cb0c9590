#include "domain/cases/internal/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace chengshu::cases {
namespace {

constexpr std::chrono::days kSuspensionMax{366};

}  // namespace

Status Run::set_standard(const std::string& wanted) {
    const auto* standard = wanted.empty() ? certain_standard() : context_.city.standard(wanted);
    if (standard == nullptr) {
        return wanted.empty() ? fail(
                                    ErrorCode::InvalidInput,
                                    "choose the standard on which the case is filed",
                                    "standard"
                                )
                              : fail(
                                    ErrorCode::UnknownCode,
                                    fmt::format("standard {} is not known", wanted),
                                    "standard"
                                );
    }
    if (standard->category != subject().category) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format(
                "standard {} is for {}, the case is {}",
                standard->code,
                standard->category,
                subject().category
            ),
            "standard"
        );
    }
    if (!standard->validity.holds(today())) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("standard {} is not valid today", standard->code),
            "standard"
        );
    }
    subject().standard = standard->code;
    return ok();
}

Status Run::assign(const std::string& department, std::vector<std::string> assisting) {
    auto everyone = assisting;
    everyone.push_back(department);
    for (const auto& code : everyone) {
        const auto* found = context_.city.department(code);
        if (found == nullptr || !found->validity.holds(today())) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("department {} is not known or not valid today", code),
                "department"
            );
        }
    }
    auto& value = subject();
    value.department = department;
    value.assisting = std::move(assisting);
    value.holder.clear();
    return use_workflow_of(department);
}

Status Run::use_workflow_of(const std::string& department) {
    const auto& settings = context_.city.settings();
    const auto& shorter = settings.workflow_by_department;
    auto& current = subject().workflow;
    if (const auto found = shorter.find(department); found != shorter.end()) {
        current = found->second;
    } else if (std::any_of(shorter.begin(), shorter.end(), [&](const auto& item) {
                   return item.second == current;
               })) {
        // It came back from a department with its own flow and goes to one without.
        current = usual_workflow(settings, subject().category);
    }
    return find_workflow();
}

Status Run::assign_owner() {
    if (owners().leads.size() != 1) {
        return fail(ErrorCode::RuleViolation, "the responsibility list names no single owner");
    }
    std::vector<std::string> assisting;
    for (const auto* row : owners().assists) {
        assisting.push_back(row->department);
    }
    return assign(owners().leads.front()->department, std::move(assisting));
}

Status Run::suspend_until(std::optional<Instant> until) {
    if (!until || *until <= context_.now) {
        return fail(ErrorCode::InvalidInput, "the end of a suspension lies in the future", "until");
    }
    if (*until - context_.now > kSuspensionMax) {
        return fail(ErrorCode::RuleViolation, "a suspension ends within a year", "until");
    }
    subject().resume_at = until;
    return ok();
}

Status Run::apply(const Effect& effect, const Inputs& inputs, const Actor& actor) {
    auto& value = subject();
    using Kind = Effect::Kind;
    switch (effect.kind) {
        case Kind::Start:
        case Kind::Stop:
        case Kind::Extend:
        case Kind::Exempt:
            return apply_clock(effect);
        case Kind::PauseClocks:
            return pause_or_resume(true);
        case Kind::ResumeClocks:
            return pause_or_resume(false);
        case Kind::Mark:
            value.marks[effect.name] = context_.now;
            break;
        case Kind::Unmark:
            value.marks.erase(effect.name);
            break;
        case Kind::Count:
            value.counters[effect.name] += 1;
            break;
        case Kind::Flag:
            value.flags.insert(effect.name);
            break;
        case Kind::Unflag:
            value.flags.erase(effect.name);
            break;
        case Kind::SetStandard:
            return set_standard(inputs.standard);
        case Kind::AssignInput:
            return assign(inputs.department, inputs.assisting);
        case Kind::AssignOwner:
            return assign_owner();
        case Kind::Unassign:
            value.department.clear();
            value.assisting.clear();
            value.holder.clear();
            break;
        case Kind::Claim:
            value.holder = actor.account;
            break;
        case Kind::Release:
            value.holder.clear();
            break;
        case Kind::HoldInput:
            value.holder = inputs.account;
            break;
        case Kind::HoldNearest:
            value.holder =
                context_.nearest_collector ? context_.nearest_collector(value) : std::string();
            break;
        case Kind::Until:
            return suspend_until(inputs.until);
        case Kind::ClearUntil:
            value.resume_at.reset();
            break;
        case Kind::CloseChildren:
            decision_.close_children = true;
            break;
        case Kind::ReopenChildren:
            decision_.reopen_children = true;
            break;
    }
    return ok();
}

}  // namespace chengshu::cases
