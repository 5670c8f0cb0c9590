#include "services/response/responses.hpp"

#include "services/reports.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::services {
namespace {

using response::Alert;
using response::Grade;
using response::Plan;
using response::PlanContext;
using response::Response;
using response::ResponseState;
using response::ResponseTask;
using response::TaskState;

constexpr auto kSystemActor = "system";

Date today(const UnitOfWork& work) {
    return work.city().calendar().zone().local_date(work.now());
}

/// The version that the response was begun with, while it is there; else today's.
const Plan* plan_of(const UnitOfWork& work, const Response& value) {
    const auto& plans = work.definitions().plans;
    for (const auto& plan : plans.all()) {
        const auto from = plan.validity.from ? format_date(*plan.validity.from) : std::string();
        if (plan.code == value.plan && from == value.plan_from) {
            return &plan;
        }
    }
    return plans.find(value.plan, today(work));
}

/// Resources that other responses hold.
Result<std::set<std::string>> taken_resources(UnitOfWork& work, const std::string& except) {
    std::set<std::string> out;
    CS_TRY(held, work.documents(kHeldResource));
    for (const auto& [resource, response] : held) {
        if (response != except) {
            out.insert(resource);
        }
    }
    return out;
}

Result<PlanContext>
context_for(UnitOfWork& work, const Plan& plan, const std::string& by, const std::string& id) {
    CS_TRY(taken, taken_resources(work, id));
    return PlanContext{
        plan, work.definitions().plans, work.city(), work.now(), by, std::move(taken)
    };
}

bool triggers(const Plan& plan, const Alert& alert) {
    return std::find(plan.rules.begin(), plan.rules.end(), alert.rule) != plan.rules.end();
}

/// The id of the response when it has changed.
Result<std::optional<std::string>>
follow_plan(UnitOfWork& work, const Plan& plan, const Alert& alert) {
    const auto id = response::response_id(plan, alert.id);
    const auto* wanted = plan.triggered_by(alert.level);
    CS_TRY(before, find_response(work, id));
    if (!before && wanted == nullptr) {
        return std::optional<std::string>();
    }
    CS_TRY(context, context_for(work, plan, kSystemActor, id));
    Response after;
    if (before) {
        after = *before;
        response::follow(after, wanted, context);
    } else {
        after.id = id;
        after.alert = alert.id;
        after.area = alert.path.empty() ? "" : alert.path.back();
        after.path = alert.path;
        after.point = alert.point;
        after.exercise = alert.exercise;
        response::begin(after, *wanted, context);
    }
    if (before && response::to_json(*before) == response::to_json(after)) {
        return std::optional<std::string>();
    }
    stage_response(work, before, after, after.timeline.back().what, kSystemActor);
    return std::optional(id);
}

bool named(const access::Principal& who, const response::PlanGrade& grade) {
    return std::any_of(who.posts.begin(), who.posts.end(), [&](const access::Post& post) {
        return std::any_of(
            grade.confirmed_by.begin(),
            grade.confirmed_by.end(),
            [&](const std::string& wanted) { return wanted == post.code || wanted == post.kind; }
        );
    });
}

/// Ids stand in addresses; letters of any script may.
bool is_of_an_id(char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') ||
           (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

/// Only posts that the plan names for the grade say yes or no to it.
Status check_named(const access::Principal& who, const Plan& plan, Grade grade) {
    const auto* wanted = plan.grade(grade);
    if (wanted == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("plan {} has no grade {}", plan.code, response::grade_name(grade)),
            "grade"
        );
    }
    if (!named(who, *wanted)) {
        return fail(
            ErrorCode::NotPermitted,
            fmt::format(
                "grade {} of plan {} is decided by {}",
                response::grade_name(grade),
                plan.code,
                fmt::join(wanted->confirmed_by, ", ")
            )
        );
    }
    return ok();
}

std::string category_of(const UnitOfWork& work, const std::vector<std::string>& categories) {
    for (const auto& id : categories) {
        const auto* category = work.city().category(id);
        if (category != nullptr && category->validity.holds(today(work))) {
            return id;
        }
    }
    return {};
}

std::string both(const Label& text) {
    return text.zh.empty() || text.en.empty() ? text.of("zh") : text.zh + " / " + text.en;
}

Result<CaseId> open_task(
    UnitOfWork& work,
    const Plan& plan,
    const Response& value,
    const ResponseTask& task,
    bool generated
) {
    const auto rule = std::find_if(plan.tasks.begin(), plan.tasks.end(), [&](const auto& one) {
        return one.code == task.task;
    });
    if (rule == plan.tasks.end()) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("plan {} has no task {}", plan.code, task.task)
        );
    }
    intake::Report report;
    report.source = plan.case_source;
    report.category = category_of(work, rule->categories);
    if (report.category.empty()) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("task {} has no category that is valid today", task.task)
        );
    }
    report.description = fmt::format(
        "{}{}：{}", value.exercise ? "【演练 EXERCISE】" : "", both(task.name), both(rule->text)
    );
    if (!rule->check.zh.empty() || !rule->check.en.empty()) {
        report.description += fmt::format("；{}", both(rule->check));
    }
    if (task.due) {
        const auto local = work.city().calendar().zone().to_local(*task.due);
        report.description += fmt::format(
            " ({} {})", "时限 due", format_utc(Instant{local.time_since_epoch()}).substr(0, 16)
        );
    }
    report.point = task.point;
    report.area = task.area;
    report.owner = task.department;
    report.owner_basis = both(plan.name);
    report.external_id = fmt::format("{}/{}", value.id, task.key);
    report.urgent = value.grade >= Grade::II;
    report.generated = generated || value.exercise;
    report.confirmed_new = true;
    access::Principal who;
    who.kind = access::PrincipalKind::System;
    who.account = "response";
    CS_TRY(filed, file_report(work, who, std::move(report)));
    return filed.value->id;
}

}  // namespace

bool reaches(
    const access::Principal& who,
    access::Permission permission,
    const std::vector<std::string>& path
) {
    if (!access::may(who, permission)) {
        return false;
    }
    if (who.kind == access::PrincipalKind::System) {
        return true;
    }
    return std::any_of(who.posts.begin(), who.posts.end(), [&](const access::Post& post) {
        return access::has(post.kind, permission) &&
               (post.area.empty() || std::find(path.begin(), path.end(), post.area) != path.end());
    });
}

bool sees(
    const access::Principal& who,
    const std::vector<std::string>& path,
    const city::City& city
) {
    constexpr auto kRead = access::Permission::ReadAlerts;
    if (reaches(who, kRead, path)) {
        return true;
    }
    return !path.empty() && access::may(who, kRead) &&
           std::any_of(who.posts.begin(), who.posts.end(), [&](const access::Post& post) {
               return access::has(post.kind, kRead) && city.is_within(post.area, path.back());
           });
}

Result<std::vector<std::string>> follow_alert(UnitOfWork& work, const Alert& alert) {
    std::vector<std::string> out;
    for (const auto& plan : work.definitions().plans.all()) {
        if (triggers(plan, alert) && plan.validity.holds(today(work))) {
            CS_TRY(changed, follow_plan(work, plan, alert));
            if (changed) {
                out.push_back(std::move(*changed));
            }
        }
    }
    return out;
}

Result<Response>
start_by_hand(UnitOfWork& work, const access::Principal& who, const StartByHand& wish) {
    CS_CHECK(access::require(who, access::Permission::Command));
    const auto* plan = work.definitions().plans.find(wish.plan, today(work));
    if (plan == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("there is no plan {}", wish.plan), "plan");
    }
    const auto path = work.city().path(wish.area);
    if (path.empty()) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", wish.area), "area");
    }
    if (!reaches(who, access::Permission::Command, path)) {
        return fail(ErrorCode::NotPermitted, "your posts do not reach that area", "area");
    }
    CS_CHECK(check_named(who, *plan, wish.grade));
    if (wish.cause.empty() || !std::all_of(wish.cause.begin(), wish.cause.end(), is_of_an_id)) {
        return fail(
            ErrorCode::InvalidInput,
            "a cause is a word of letters, digits, \"-\", \"_\" and \".\": it becomes part of the "
            "response's id",
            "cause"
        );
    }
    const auto id = response::response_id(*plan, "hand." + wish.cause);
    CS_TRY(before, find_response(work, id));
    if (before) {
        return std::move(*before);
    }
    CS_TRY(context, context_for(work, *plan, who.account, id));
    Response after;
    after.id = id;
    after.area = wish.area;
    after.path = path;
    after.point = wish.point;
    after.exercise = wish.exercise;
    auto grade = *plan->grade(wish.grade);
    grade.automatic = true;  // whoever may confirm it has just done so
    response::begin(after, grade, context);
    after.timeline.back().note = wish.note;
    stage_response(work, std::nullopt, after, "started", who.account);
    return after;
}

Result<Response> command_response(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    const ResponseCommand& command
) {
    CS_CHECK(access::require(who, access::Permission::Command));
    CS_TRY(before, find_response(work, id));
    if (!before || !reaches(who, access::Permission::Command, before->path)) {
        return fail(ErrorCode::NotFound, "there is no such response");
    }
    const auto* plan = plan_of(work, *before);
    if (plan == nullptr) {
        return fail(
            ErrorCode::RuleViolation, fmt::format("plan {} is no longer there", before->plan)
        );
    }
    CS_TRY(context, context_for(work, *plan, who.account, id));
    Response after = *before;
    switch (command.command) {
        case Command::Confirm:
        case Command::Decline: {
            const auto grade = before->proposed != Grade::None ? before->proposed : before->grade;
            if (grade != Grade::None) {
                CS_CHECK(check_named(who, *plan, grade));
            }
            CS_CHECK(
                command.command == Command::Confirm
                    ? response::confirm(after, context, command.text)
                    : response::decline(after, context, command.text)
            );
            break;
        }
        case Command::Order:
            CS_CHECK(check_named(
                who, *plan, command.grade == Grade::None ? before->grade : command.grade
            ));
            CS_CHECK(response::order(after, command.grade, context, command.text));
            break;
        case Command::Report:
            CS_CHECK(response::report(after, command.kind, command.text, context));
            break;
        case Command::Review:
            CS_CHECK(response::review(after, command.text, context));
            break;
    }
    stage_response(work, before, after, after.timeline.back().what, who.account);
    return after;
}

Result<std::vector<CaseId>> give_tasks(UnitOfWork& work, const std::string& id, bool generated) {
    std::vector<CaseId> out;
    CS_TRY(before, find_response(work, id));
    if (!before || before->state != ResponseState::Active) {
        return out;
    }
    const auto* plan = plan_of(work, *before);
    if (plan == nullptr) {
        return out;
    }
    Response after = *before;
    int given = 0;
    for (auto& [key, task] : after.tasks) {
        if (task.state != TaskState::Pending || given == kTasksPerCommit) {
            continue;
        }
        ++given;
        const auto mark = work.mark();
        auto opened = open_task(work, *plan, after, task, generated);
        if (opened) {
            task.case_id = *opened;
            task.state = TaskState::Given;
            out.push_back(*opened);
            continue;
        }
        if (error_info(opened.error().code).retryable) {
            return Failure{std::move(opened).error()};
        }
        // One object that no case can be opened for must not stop the others; it is said.
        work.rollback(mark);
        task.state = TaskState::Refused;
        task.reason = opened.error().context;
    }
    if (given > 0) {
        stage_response(work, before, after, "tasks", kSystemActor);
    }
    return out;
}

Status send_freed_resources(UnitOfWork& work, const std::vector<std::string>& ids) {
    for (const auto& id : ids) {
        CS_TRY(before, find_response(work, id));
        const auto* plan = before ? plan_of(work, *before) : nullptr;
        if (plan == nullptr) {
            continue;
        }
        CS_TRY(context, context_for(work, *plan, kSystemActor, id));
        Response after = *before;
        if (response::send_freed(after, std::move(context))) {
            stage_response(work, before, after, "sent", kSystemActor);
        }
    }
    return ok();
}

Result<bool> tend_response(UnitOfWork& work, const std::string& id) {
    CS_TRY(before, find_response(work, id));
    if (!before) {
        return false;
    }
    const auto* plan = plan_of(work, *before);
    if (plan == nullptr) {
        return false;
    }
    Response after = *before;
    const PlanContext context{
        *plan, work.definitions().plans, work.city(), work.now(), kSystemActor, {}
    };
    if (!response::note_late(after, context)) {
        return false;
    }
    stage_response(work, before, after, "report_late", kSystemActor);
    return true;
}

}  // namespace chengshu::services
