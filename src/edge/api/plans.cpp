#include "base/json_text.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/response_views.hpp"
#include "edge/api/internal/views.hpp"
#include "services/response/responses.hpp"

#include <fmt/format.h>

namespace chengshu::api {
namespace {

using response::Grade;
using response::Response;

constexpr int kResponsesLookedAtMax = 500;

json::array texts(const std::vector<std::string>& values) {
    json::array out;
    for (const auto& value : values) {
        out.emplace_back(value);
    }
    return out;
}

json::object task_view(
    const response::PlanTask& task,
    const response::Plan& plan,
    const response::PlanBook& book,
    const city::City& city
) {
    json::object out{
        {"code", task.code},
        {"name", label(task.name)},
        {"from", response::grade_name(task.from)},
        {"text", label(task.text)},
        {"check", label(task.check)}
    };
    if (!task.department.empty()) {
        out["department"] = task.department;
    }
    if (task.limit_minutes > 0) {
        out["limit_minutes"] = task.limit_minutes;
    }
    json::object objects;
    if (task.targets) {
        out["list"] = task.targets->list;
        if (const auto* list = book.list(task.targets->list)) {
            for (const auto& grade : plan.grades) {
                if (grade.grade < task.from) {
                    continue;
                }
                const auto found =
                    response::targets_of(*task.targets, *list, grade.grade, "", city);
                json::array codes;
                for (const auto* object : found) {
                    codes.emplace_back(object->code);
                }
                objects[response::grade_name(grade.grade)] = json::object{
                    {"codes", std::move(codes)},
                    {"saved_percent", response::saved_percent(found, *list, grade.grade, "", city)}
                };
            }
        }
    }
    out["objects"] = std::move(objects);
    return out;
}

json::object person(const std::string& role, const Label& name, const std::string& phone) {
    json::object out{{"role", role}, {"name", label(name)}};
    if (!phone.empty()) {
        out["phone"] = phone;
    }
    return out;
}

json::object plan_view(const Call& call, const response::Plan& plan) {
    const auto& book = call.definitions->plans;
    json::object out{
        {"code", plan.code},
        {"name", label(plan.name)},
        {"source", plan.source},
        {"rules", texts(plan.rules)}
    };
    json::array grades;
    for (const auto& grade : plan.grades) {
        json::object one{
            {"grade", response::grade_name(grade.grade)},
            {"automatic", grade.automatic},
            {"confirmed_by", texts(grade.confirmed_by)}
        };
        if (grade.alert != response::Level::None) {
            one["alert"] = response::level_name(grade.alert);
        }
        grades.emplace_back(std::move(one));
    }
    out["grades"] = std::move(grades);
    json::array tasks;
    for (const auto& task : plan.tasks) {
        tasks.emplace_back(task_view(task, plan, book, call.city()));
    }
    out["tasks"] = std::move(tasks);
    json::array resources;
    for (const auto& resource : plan.resources) {
        json::object one{
            {"code", resource.code},
            {"type", resource.type},
            {"name", label(resource.name)},
            {"lon", resource.point.lon},
            {"lat", resource.point.lat}
        };
        if (!resource.department.empty()) {
            one["department"] = resource.department;
        }
        if (!resource.phone.empty()) {
            one["phone"] = resource.phone;
        }
        resources.emplace_back(std::move(one));
    }
    out["resources"] = std::move(resources);
    json::array contacts;
    for (const auto& contact : plan.contacts) {
        contacts.emplace_back(person(contact.role, contact.name, contact.phone));
    }
    out["contacts"] = std::move(contacts);
    json::array duty;
    for (const auto* one :
         response::on_duty(plan.roster, call.city().calendar().zone().to_local(call.now))) {
        duty.emplace_back(person(one->post, one->name, one->phone));
    }
    out["on_duty"] = std::move(duty);
    return out;
}

Grade grade_in(const Call& call) {
    return response::grade_of(call.text("grade")).value_or(Grade::None);
}

Result<services::ResponseCommand> command_in(const Call& call) {
    using services::Command;
    services::ResponseCommand out;
    const auto word = call.text("command");
    out.command = word == "confirm"   ? Command::Confirm
                  : word == "decline" ? Command::Decline
                  : word == "report"  ? Command::Report
                  : word == "review"  ? Command::Review
                                      : Command::Order;
    out.grade = grade_in(call);
    out.kind = call.text("kind");
    out.text = call.text("text");
    if (word == "order" && out.grade == Grade::None) {
        return fail(ErrorCode::InvalidInput, "say which grade is ordered", "grade");
    }
    if (word == "end") {
        out.grade = Grade::None;
    }
    const bool writes = word == "report" || word == "review";
    if (writes && out.text.empty()) {
        return fail(ErrorCode::InvalidInput, "a report and a review need a text", "text");
    }
    return out;
}

}  // namespace

json::object response_view(const Response& value) {
    auto out = response::to_json(value);
    for (auto& member : out["tasks"].as_object()) {
        auto& task = member.value().as_object();
        if (const auto* number = task.if_contains("case")) {
            task["case_id"] = cases::format_case_id(CaseId{number->as_int64()});
            task.erase("case");
        }
    }
    return out;
}

Result<Outcome> list_plans(const Call& call) {
    json::array items;
    for (const auto& plan : call.definitions->plans.all()) {
        if (plan.validity.holds(call.today())) {
            items.emplace_back(plan_view(call, plan));
        }
    }
    return Outcome{list_answer(std::move(items), "")};
}

Result<Outcome> list_responses(const Call& call) {
    CS_TRY(cursor, cursor_of(call));
    const auto limit = static_cast<std::size_t>(call.integer("limit", kPageDefault));
    const bool past = call.parameter("open").value_or("true") == "false";
    json::array items;
    bool more = true;
    for (int looked = 0; more && looked < kResponsesLookedAtMax && items.size() < limit;) {
        CS_TRY(
            page,
            services::newest_responses(
                call.ports.store, past ? services::kResponsePast : services::kResponse, cursor, 50
            )
        );
        more = !page.empty();
        for (const auto& value : page) {
            ++looked;
            cursor = services::newest_key(value);
            if (services::sees(call.who, value.path, call.city())) {
                items.emplace_back(response_view(value));
            }
            if (items.size() == limit) {
                break;
            }
        }
    }
    return Outcome{list_answer(std::move(items), more ? make_cursor(cursor) : "")};
}

Result<Outcome> get_response(const Call& call) {
    CS_TRY(value, services::find_response(call.ports.store, call.in_path("response")));
    if (!value || !services::sees(call.who, value->path, call.city())) {
        return fail(ErrorCode::NotFound, "there is no such response");
    }
    return Outcome{json_answer(response_view(*value))};
}

Result<Outcome> post_response(const Call& call) {
    services::StartByHand wish;
    wish.plan = call.text("plan");
    wish.grade = grade_in(call);
    wish.area = call.text("area");
    wish.cause = call.text("cause");
    wish.note = call.text("note");
    const auto* exercise = call.body.if_contains("exercise");
    wish.exercise = exercise != nullptr && exercise->is_bool() && exercise->get_bool();
    Write write;
    write.work = [who = call.who,
                  wish = std::move(wish)](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(value, services::start_by_hand(work, who, wish));
        return json_text(response_view(value));
    };
    return Outcome{std::move(write)};
}

Result<Outcome> post_command(const Call& call) {
    CS_TRY(command, command_in(call));
    Write write;
    write.work = [who = call.who,
                  id = call.in_path("response"),
                  command = std::move(command)](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(value, services::command_response(work, who, id, command));
        return json_text(response_view(value));
    };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::api
