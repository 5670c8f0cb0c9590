#include "services/submissions.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/page.hpp"

#include <utility>

namespace chengshu::api {
namespace {

using indicators::Submission;

json::object submission_view(const Submission& submission) {
    auto out = services::to_json(submission);
    out.erase("entered");
    out["id"] = submission.key.id();
    return out;
}

/// A step that is taken by somebody who looks at what waits.
Write decision(
    const Call& call,
    Result<Submission> (*decide)(
        services::UnitOfWork& work,
        const access::Principal& who,
        const std::string& id,
        int number,
        const std::string& reason
    )
) {
    Write write;
    write.work = [who = call.who,
                  id = call.in_path("submission"),
                  number = static_cast<int>(call.body.at("number").as_int64()),
                  reason = call.text("reason"),
                  decide](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(submission, decide(work, who, id, number, reason));
        return json_text(submission_view(submission));
    };
    return write;
}

}  // namespace

Result<Outcome> post_submission(const Call& call) {
    services::NewSubmission entered;
    entered.indicator = call.text("indicator");
    entered.area = call.text("area");
    CS_TRY(day, parse_date(call.text("day")));
    entered.day = day;
    entered.value = call.body.at("value").to_number<double>();
    entered.note = call.text("note");
    Write write;
    write.work = [who = call.who, entered](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(submission, services::enter_figure(work, who, entered));
        return json_text(submission_view(submission));
    };
    return Outcome{std::move(write)};
}

Result<Outcome> list_submissions(const Call& call) {
    CS_TRY(cursor, cursor_of(call));
    CS_TRY(
        page,
        services::pending_submissions(
            call.ports.store,
            call.who,
            call.city(),
            call.parameter("indicator").value_or(""),
            cursor,
            static_cast<std::size_t>(call.integer("limit", kPageDefault))
        )
    );
    json::array items;
    for (const auto& submission : page.items) {
        items.emplace_back(submission_view(submission));
    }
    return Outcome{list_answer(std::move(items), page.after.empty() ? "" : make_cursor(page.after))
    };
}

Result<Outcome> get_submission(const Call& call) {
    CS_TRY(found, services::find_submission(call.ports.store, call.in_path("submission")));
    if (!found || !services::sees_submission(call.who, found->key, call.city())) {
        return fail(ErrorCode::NotFound, "nobody has entered such a figure");
    }
    return Outcome{json_answer(submission_view(*found))};
}

Result<Outcome> post_approval(const Call& call) {
    return Outcome{decision(
        call,
        [](services::UnitOfWork& work,
           const access::Principal& who,
           const std::string& id,
           int number,
           const std::string&) { return services::approve_figure(work, who, id, number); }
    )};
}

Result<Outcome> post_return(const Call& call) {
    return Outcome{decision(call, services::return_figure)};
}

Status put_entered(
    json::object& out,
    const Call& call,
    const indicators::Indicator& indicator,
    const indicators::Place& place,
    const indicators::Period& period
) {
    if (!std::holds_alternative<indicators::Entered>(indicator.rule) || !place.is_area()) {
        return ok();
    }
    const auto day = call.city().calendar().zone().local_date(period.from);
    const indicators::SubmissionKey key{indicator.code, place.code, day};
    CS_TRY(found, services::find_submission(call.ports.store, key.id()));
    if (!found || !found->approved) {
        return ok();
    }
    json::object view{
        {"id", key.id()},
        {"value", found->approved->value},
        {"at", format_utc(found->approved->at)},
        {"approved_at", format_utc(found->approved_at)}
    };
    // Who it was, and what was noted, is for the service.
    if (access::may(call.who, access::Permission::ReadStatistics)) {
        view["note"] = found->approved->note;
        view["by"] = found->approved->by;
        view["approved_by"] = found->approved_by;
    }
    out["submission"] = std::move(view);
    return ok();
}

}  // namespace chengshu::api
