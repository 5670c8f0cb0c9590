// The life of a response: proposed, carried out at a grade, ended, reviewed.

#include "domain/response/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::response {
namespace {

constexpr std::array<std::string_view, 4> kStates{"proposed", "active", "ended", "declined"};
constexpr std::array<std::string_view, 4> kTaskStates{"pending", "given", "refused", "lifted"};

void note(
    Response& response,
    const PlanContext& context,
    std::string_view what,
    const std::string& text = {}
) {
    if (response.timeline.size() >= kEntriesMax) {
        response.timeline.erase(response.timeline.begin() + kEntriesMax / 2);
    }
    response.timeline.push_back({context.now, std::string(what), response.grade, context.by, text});
}

void expect_report(Response& response, std::string kind, int minutes, Instant from) {
    response.report_late = false;
    if (minutes == 0) {
        response.report_due.reset();
        response.report_kind.clear();
        return;
    }
    response.report_kind = std::move(kind);
    response.report_due = from + std::chrono::minutes{minutes};
}

/// The nearest that are free, as many as the task has too few.
void send_resources(ResponseTask& task, const PlanTask& asked, PlanContext& context) {
    if (asked.resource.empty() || !task.point) {
        return;
    }
    const auto missing = asked.resource_count - static_cast<int>(task.resources.size());
    for (const auto* resource :
         nearest(context.plan.resources, asked.resource, *task.point, missing, context.taken)) {
        context.taken.insert(resource->code);
        task.resources.push_back(resource->code);
    }
    task.lacks = std::max(0, asked.resource_count - static_cast<int>(task.resources.size()));
}

/// What it holds is free for others.
void release(ResponseTask& task) {
    task.resources.clear();
    task.lacks = 0;
}

void add_task(
    Response& response,
    const PlanTask& task,
    const PlanObject* object,
    PlanContext& context
) {
    auto key = object == nullptr ? task.code : fmt::format("{}/{}", task.code, object->code);
    auto [found, added] = response.tasks.try_emplace(key);
    auto& out = found->second;
    if (!added && out.state != TaskState::Lifted) {
        return;
    }
    if (!added && out.case_id) {
        // It was asked for before: the same case goes on.
        out.state = TaskState::Given;
        send_resources(out, task, context);
        return;
    }
    out.key = std::move(key);
    out.task = task.code;
    out.object = object == nullptr ? "" : object->code;
    out.from = response.grade;
    out.state = TaskState::Pending;
    out.name = task.name;
    out.department =
        object == nullptr || object->department.empty() ? task.department : object->department;
    out.area = object == nullptr ? response.area : object->area;
    out.point = object == nullptr ? response.point : object->point;
    if (object != nullptr) {
        out.name.zh += "：" + object->name.of("zh");
        out.name.en += ": " + object->name.of("en");
    }
    if (task.limit_minutes > 0) {
        out.due = context.now + std::chrono::minutes{task.limit_minutes};
    }
    send_resources(out, task, context);
}

/// Gives the tasks that the grade asks for, and lifts the others.
void set_tasks(Response& response, PlanContext context) {
    for (const auto& [key, task] : response.tasks) {
        if (task.state != TaskState::Lifted) {
            context.taken.insert(task.resources.begin(), task.resources.end());
        }
    }
    std::set<std::string> asked;
    for (const auto& task : context.plan.tasks) {
        if (response.grade == Grade::None || task.from > response.grade) {
            continue;
        }
        std::vector<const PlanObject*> objects{nullptr};
        if (task.targets) {
            const auto* list = context.book.list(task.targets->list);
            objects =
                list == nullptr
                    ? std::vector<const PlanObject*>{}
                    : targets_of(*task.targets, *list, response.grade, response.area, context.city);
        }
        for (const auto* object : objects) {
            asked.insert(
                object == nullptr ? task.code : fmt::format("{}/{}", task.code, object->code)
            );
            if (response.tasks.size() < kTasksMax) {
                add_task(response, task, object, context);
            }
        }
    }
    for (auto& [key, task] : response.tasks) {
        if (!asked.contains(key)) {
            task.state = TaskState::Lifted;
            release(task);
        }
    }
}

void set_grade(
    Response& response,
    Grade grade,
    const PlanContext& context,
    const std::string& why
) {
    const auto before = std::exchange(response.grade, grade);
    response.peak = std::max(response.peak, grade);
    response.proposed = Grade::None;
    response.ending = false;
    if (before == Grade::None) {
        response.state = ResponseState::Active;
        response.started = context.now;
        note(response, context, "started", why);
        expect_report(response, "first", context.plan.reports.first, context.now);
    } else {
        note(response, context, grade > before ? "upgraded" : "downgraded", why);
    }
    set_tasks(response, context);
}

void end(Response& response, const PlanContext& context, const std::string& why) {
    response.proposed = Grade::None;
    response.ending = false;
    response.state = ResponseState::Ended;
    response.ended = context.now;
    note(response, context, "ended", why);
    for (auto& [key, task] : response.tasks) {
        task.state = task.state == TaskState::Pending ? TaskState::Lifted : task.state;
        release(task);
    }
    expect_report(response, "last", context.plan.reports.last, context.now);
}

Status check_active(const Response& response) {
    if (response.state != ResponseState::Active) {
        return fail(ErrorCode::RuleViolation, "the plan is not being carried out");
    }
    return ok();
}

}  // namespace

std::string_view state_name(ResponseState state) {
    return kStates[static_cast<std::size_t>(state)];
}

std::string_view task_state_name(TaskState state) {
    return kTaskStates[static_cast<std::size_t>(state)];
}

void begin(Response& response, const PlanGrade& wanted, const PlanContext& context) {
    response.created = context.now;
    response.name = context.plan.name;
    response.plan = context.plan.code;
    if (context.plan.validity.from) {
        response.plan_from = format_date(*context.plan.validity.from);
    }
    if (wanted.automatic) {
        set_grade(response, wanted.grade, context, {});
        return;
    }
    response.state = ResponseState::Proposed;
    response.proposed = wanted.grade;
    note(response, context, "proposed", std::string(grade_name(wanted.grade)));
}

void follow(Response& response, const PlanGrade* wanted, const PlanContext& context) {
    if (!response.open()) {
        return;
    }
    if (wanted == nullptr) {
        if (response.state == ResponseState::Proposed) {
            response.state = ResponseState::Declined;
            response.proposed = Grade::None;
            response.ended = context.now;
            note(response, context, "lapsed");
            return;
        }
        const auto* now = context.plan.grade(response.grade);
        if (now == nullptr || now->automatic) {
            end(response, context, {});
        } else if (!response.ending) {
            response.ending = true;
            response.proposed = Grade::None;
            note(response, context, "end_proposed");
        }
        return;
    }
    response.ending = false;
    if (wanted->grade == response.grade) {
        response.proposed = Grade::None;
        return;
    }
    if (wanted->automatic) {
        set_grade(response, wanted->grade, context, {});
    } else if (response.proposed != wanted->grade) {
        response.proposed = wanted->grade;
        note(response, context, "proposed", std::string(grade_name(wanted->grade)));
    }
}

Status confirm(Response& response, const PlanContext& context, const std::string& text) {
    if (response.open() && response.proposed != Grade::None) {
        set_grade(response, response.proposed, context, text);
        return ok();
    }
    if (response.open() && response.ending) {
        end(response, context, text);
        return ok();
    }
    return fail(ErrorCode::RuleViolation, "nothing waits for a confirmation");
}

Status decline(Response& response, const PlanContext& context, const std::string& text) {
    if (!response.open() || (response.proposed == Grade::None && !response.ending)) {
        return fail(ErrorCode::RuleViolation, "nothing waits for a confirmation");
    }
    response.proposed = Grade::None;
    response.ending = false;
    if (response.state == ResponseState::Proposed) {
        response.state = ResponseState::Declined;
        response.ended = context.now;
    }
    note(response, context, "declined", text);
    return ok();
}

Status order(Response& response, Grade grade, const PlanContext& context, const std::string& text) {
    CS_CHECK(check_active(response));
    if (grade == Grade::None) {
        end(response, context, text);
        return ok();
    }
    if (context.plan.grade(grade) == nullptr) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("plan {} has no grade {}", context.plan.code, grade_name(grade)),
            "grade"
        );
    }
    if (grade == response.grade) {
        return fail(ErrorCode::RuleViolation, "it is carried out at that grade already", "grade");
    }
    set_grade(response, grade, context, text);
    return ok();
}

Status report(
    Response& response,
    const std::string& kind,
    const std::string& text,
    const PlanContext& context
) {
    const bool ended = response.state == ResponseState::Ended;
    const bool had_first = std::any_of(
        response.reports.begin(),
        response.reports.end(),
        [](const SituationReport& one) { return one.kind == "first"; }
    );
    const bool had_last = std::any_of(
        response.reports.begin(),
        response.reports.end(),
        [](const SituationReport& one) { return one.kind == "last"; }
    );
    const bool fits = (kind == "first" && response.started && !had_first) ||
                      (kind == "next" && had_first && !ended) ||
                      (kind == "last" && ended && !had_last);
    if (!fits) {
        return fail(
            ErrorCode::RuleViolation,
            "the first report comes once after the start, the next ones before the end, the last "
            "one after it",
            "kind"
        );
    }
    if (response.reports.size() >= kEntriesMax) {
        return fail(ErrorCode::TooLarge, "there are too many reports of this response");
    }
    const bool late =
        response.report_due && response.report_kind == kind && context.now > *response.report_due;
    response.reports.push_back({kind, context.now, late, context.by, text});
    note(response, context, "report", kind);
    if (kind == "last") {
        expect_report(response, {}, 0, context.now);
    } else if (!ended) {
        expect_report(response, "next", context.plan.reports.next, context.now);
    }
    return ok();
}

Status review(Response& response, const std::string& text, const PlanContext& context) {
    if (response.state != ResponseState::Ended) {
        return fail(ErrorCode::RuleViolation, "a response is reviewed after its end");
    }
    response.review = text;
    note(response, context, "review");
    return ok();
}

bool note_late(Response& response, const PlanContext& context) {
    if (!response.report_due || response.report_late || context.now <= *response.report_due) {
        return false;
    }
    response.report_late = true;
    note(response, context, "report_late", response.report_kind);
    return true;
}

bool lacks_resources(const Response& response) {
    return response.state == ResponseState::Active &&
           std::any_of(response.tasks.begin(), response.tasks.end(), [](const auto& task) {
               return task.second.lacks > 0;
           });
}

bool send_freed(Response& response, PlanContext context) {
    if (!lacks_resources(response)) {
        return false;
    }
    for (const auto& [key, task] : response.tasks) {
        context.taken.insert(task.resources.begin(), task.resources.end());
    }
    std::string sent;
    for (auto& [key, task] : response.tasks) {
        const auto asked = std::find_if(
            context.plan.tasks.begin(),
            context.plan.tasks.end(),
            [&code = task.task](const PlanTask& one) { return one.code == code; }
        );
        if (task.lacks == 0 || asked == context.plan.tasks.end()) {
            continue;
        }
        const auto before = task.resources.size();
        send_resources(task, *asked, context);
        for (auto i = before; i < task.resources.size(); ++i) {
            sent += (sent.empty() ? "" : ", ") + task.resources[i];
        }
    }
    if (sent.empty()) {
        return false;
    }
    note(response, context, "sent", sent);
    return true;
}

}  // namespace chengshu::response
