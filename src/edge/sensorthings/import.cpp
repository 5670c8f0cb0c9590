// POST <prefix>/import/things: a CSV file of terminals, with a report of every row that is refused.

#include "base/json_text.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "services/sensing/thing_import.hpp"

#include <boost/json.hpp>

#include <utility>

namespace chengshu::sensorthings {

void import_file(std::shared_ptr<Context> context, const http::Request& request, Answer answer) {
    const auto read = [&]() -> Result<std::pair<services::ParsedThings, bool>> {
        CS_CHECK(context->rights.may_manage());
        const auto type = http::media_type(request.headers.get("Content-Type"));
        if (type != "text/csv") {
            return fail(ErrorCode::UnsupportedMedia, "send the file as text/csv", "Content-Type");
        }
        const auto target = http::parse_target(request.target);
        const auto dry = target ? target->get("dry_run").value_or("false") : "";
        if (dry != "true" && dry != "false") {
            return fail(ErrorCode::InvalidInput, "dry_run is true or false", "dry_run");
        }
        const auto& city = *context->definitions->city;
        const auto today = city.calendar().zone().local_date(context->now);
        CS_TRY(parsed, services::parse_things(request.body, city, today));
        return std::pair(std::move(parsed), dry == "true");
    };
    auto parsed = read();
    if (!parsed) {
        answer(Failure{std::move(parsed).error()});
        return;
    }
    services::import_things(
        context->ports.entities,
        context->ports.submitter,
        context->who,
        std::move(parsed->first),
        parsed->second,
        [context, answer = std::move(answer)](Result<services::ImportReport> done) {
            if (!done) {
                answer(Failure{std::move(done).error()});
                return;
            }
            answer(json_response(200, json_text(done->to_json())));
        }
    );
}

}  // namespace chengshu::sensorthings
