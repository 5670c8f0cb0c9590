#include "domain/response/internal/document.hpp"
#include "domain/response/plan.hpp"

namespace chengshu::response {
namespace {

namespace json = boost::json;

std::optional<ResponseState> state_of(std::string_view word) {
    for (const auto state :
         {ResponseState::Proposed,
          ResponseState::Active,
          ResponseState::Ended,
          ResponseState::Declined}) {
        if (state_name(state) == word) {
            return state;
        }
    }
    return std::nullopt;
}

std::optional<TaskState> task_state_of(std::string_view word) {
    for (const auto state :
         {TaskState::Pending, TaskState::Given, TaskState::Refused, TaskState::Lifted}) {
        if (task_state_name(state) == word) {
            return state;
        }
    }
    return std::nullopt;
}

json::object to_json(const ResponseTask& value) {
    json::object out{
        {"task", value.task},
        {"from", grade_name(value.from)},
        {"state", task_state_name(value.state)},
        {"name", label_json(value.name)}
    };
    put_text(out, "object", value.object);
    put_text(out, "department", value.department);
    put_text(out, "area", value.area);
    put_point(out, value.point);
    if (!value.resources.empty()) {
        out["resources"] = texts_json(value.resources);
    }
    if (value.lacks > 0) {
        out["lacks"] = value.lacks;
    }
    put_instant(out, "due", value.due);
    if (value.case_id) {
        out["case"] = value.case_id.value;
    }
    put_text(out, "reason", value.reason);
    return out;
}

Grade grade_in(Reader& read, std::string_view name) {
    return grade_of(read.text(name)).value_or(Grade::None);
}

}  // namespace

json::object to_json(const Response& value) {
    json::object out{
        {"id", value.id},
        {"plan", value.plan},
        {"name", label_json(value.name)},
        {"state", state_name(value.state)},
        {"grade", grade_name(value.grade)},
        {"peak", grade_name(value.peak)},
        {"created", format_utc(value.created)}
    };
    put_text(out, "plan_from", value.plan_from);
    put_text(out, "alert", value.alert);
    if (value.proposed != Grade::None) {
        out["proposed"] = grade_name(value.proposed);
    }
    if (value.ending) {
        out["ending"] = true;
    }
    if (value.exercise) {
        out["exercise"] = true;
    }
    put_text(out, "area", value.area);
    out["path"] = texts_json(value.path);
    put_point(out, value.point);
    put_instant(out, "started", value.started);
    put_instant(out, "ended", value.ended);
    json::object tasks;
    for (const auto& [key, task] : value.tasks) {
        tasks[key] = to_json(task);
    }
    out["tasks"] = std::move(tasks);
    json::array reports;
    for (const auto& report : value.reports) {
        json::object one{
            {"kind", report.kind},
            {"at", format_utc(report.at)},
            {"by", report.by},
            {"text", report.text}
        };
        if (report.late) {
            one["late"] = true;
        }
        reports.emplace_back(std::move(one));
    }
    out["reports"] = std::move(reports);
    put_instant(out, "report_due", value.report_due);
    put_text(out, "report_kind", value.report_kind);
    if (value.report_late) {
        out["report_late"] = true;
    }
    json::array timeline;
    for (const auto& entry : value.timeline) {
        json::object one{
            {"at", format_utc(entry.at)}, {"what", entry.what}, {"grade", grade_name(entry.grade)}
        };
        put_text(one, "by", entry.by);
        put_text(one, "note", entry.note);
        timeline.emplace_back(std::move(one));
    }
    out["timeline"] = std::move(timeline);
    put_text(out, "review", value.review);
    return out;
}

Result<Response> response_from_json(const json::value& document) {
    Reader read(document);
    Response out;
    out.id = read.text("id");
    out.plan = read.text("plan");
    out.plan_from = read.text("plan_from");
    out.name = read.label("name");
    out.alert = read.text("alert");
    const auto state = state_of(read.text("state"));
    out.state = state.value_or(ResponseState::Proposed);
    out.grade = grade_in(read, "grade");
    out.peak = grade_in(read, "peak");
    out.proposed = grade_in(read, "proposed");
    out.ending = read.flag("ending");
    out.exercise = read.flag("exercise");
    out.area = read.text("area");
    out.path = read.texts("path");
    out.point = read.point("point");
    out.created = read.instant("created");
    out.started = read.maybe_instant("started");
    out.ended = read.maybe_instant("ended");
    read.each_member("tasks", [&](std::string_view key, Reader one) {
        auto& task = out.tasks[std::string(key)];
        task.key = std::string(key);
        task.task = one.text("task");
        task.object = one.text("object");
        task.from = grade_in(one, "from");
        task.state = task_state_of(one.text("state")).value_or(TaskState::Refused);
        task.name = one.label("name");
        task.department = one.text("department");
        task.area = one.text("area");
        task.point = one.point("point");
        task.resources = one.texts("resources");
        task.lacks = static_cast<int>(one.whole("lacks"));
        task.due = one.maybe_instant("due");
        task.case_id = CaseId{one.whole("case")};
        task.reason = one.text("reason");
    });
    read.each("reports", [&](Reader one) {
        out.reports.push_back(
            {one.text("kind"), one.instant("at"), one.flag("late"), one.text("by"), one.text("text")
            }
        );
    });
    out.report_due = read.maybe_instant("report_due");
    out.report_kind = read.text("report_kind");
    out.report_late = read.flag("report_late");
    read.each("timeline", [&](Reader one) {
        out.timeline.push_back(
            {one.instant("at"),
             one.text("what"),
             grade_in(one, "grade"),
             one.text("by"),
             one.text("note")}
        );
    });
    out.review = read.text("review");
    if (!read.ok() || !state || out.id.empty() || out.plan.empty()) {
        return fail(ErrorCode::InvalidInput, "the document of a response is damaged");
    }
    return out;
}

}  // namespace chengshu::response
