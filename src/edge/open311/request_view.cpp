#include "edge/open311/internal/request_view.hpp"

#include "base/json_text.hpp"
#include "domain/access/masking.hpp"
#include "domain/access/scope.hpp"
#include "edge/open311/internal/window.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace json = boost::json;

namespace chengshu::open311 {
namespace {

/// About 100 m, as everywhere that the public looks at a case.
double coarse(double degrees) {
    return std::round(degrees * 1000) / 1000;
}

struct Shown {
    std::string address;
    std::optional<city::Point> point;
    std::string description;
};

Shown shown_to(const Call& call, const Said& said, const cases::Case& value) {
    const bool inner = access::can_see(call.who, value, call.city());
    Shown out;
    if (said.in_public) {
        out.address = access::mask_text(said.address);
        out.point = said.point ? said.point : value.point;
    } else {
        const auto& address = said.address.empty() ? value.address : said.address;
        out.address = inner ? address : access::mask_address(address);
        out.point = value.point;
        if (out.point && !inner) {
            out.point = city::Point{coarse(out.point->lon), coarse(out.point->lat)};
        }
    }
    if (inner || call.city().settings().public_sees_description) {
        out.description = access::mask_text(said.description);
    }
    return out;
}

std::string notes_of(const Call& call, const cases::Case& value, bool closed) {
    if (closed && !value.result.empty()) {
        return access::mask_text(value.result);
    }
    const auto* state = find_state(call.definitions(), value.workflow, value.state);
    return state == nullptr ? value.state : state->name.of(call.language);
}

/// When it was closed; before that, when anything last happened.
Instant updated_of(const cases::Case& value, const ports::CaseRow& row) {
    for (const char* mark : {"closed", "voided"}) {
        if (const auto found = value.marks.find(mark); !row.open && found != value.marks.end()) {
            return found->second;
        }
    }
    return from_millis(row.updated_at);
}

std::string department_of(const Call& call, const cases::Case& value) {
    const auto* department = call.city().department(value.department);
    return department == nullptr ? value.department : department->name.of(call.language);
}

}  // namespace

Said said_in(const ports::ReportRow& report) {
    Said out;
    boost::system::error_code error;
    const auto parsed = json::parse(report.body, error);
    if (error || !parsed.is_object()) {
        return out;
    }
    const auto& body = parsed.get_object();
    out.description = text_of(body, "description");
    out.address = text_of(body, "address");
    out.in_public = text_of(body, "channel") == "open311";
    const auto* point = body.if_contains("point");
    if (point != nullptr && point->is_array() && point->get_array().size() == 2 &&
        point->get_array()[0].is_number() && point->get_array()[1].is_number()) {
        out.point = city::Point{
            point->get_array()[0].to_number<double>(), point->get_array()[1].to_number<double>()
        };
    }
    if (const auto* urls = body.if_contains("media_urls"); urls != nullptr && urls->is_array()) {
        for (const auto& url : urls->get_array()) {
            if (url.is_string()) {
                out.media_urls.emplace_back(std::string_view(url.get_string()));
            }
        }
    }
    return out;
}

const cases::StateDefinition* find_state(
    const services::Definitions& definitions,
    const std::string& workflow,
    const std::string& state
) {
    if (const auto flow = definitions.workflows.find(workflow);
        flow != definitions.workflows.end()) {
        if (const auto* found = flow->second.state(state)) {
            return found;
        }
    }
    // A case may have gone over to its department's own flow since.
    for (const auto& [code, flow] : definitions.workflows) {
        if (const auto* found = flow.state(state)) {
            return found;
        }
    }
    return nullptr;
}

Result<ports::ReportRow> find_report(ports::Store& store, const std::string& service_request_id) {
    const auto missing =
        fail(ErrorCode::NotFound, "service_request_id was not found", "service_request_id");
    const auto id = parse_id(service_request_id);
    if (!id) {
        return missing;
    }
    CS_TRY(row, store.find_report(ReportId{*id}));
    if (!row || !row->case_id) {
        return missing;
    }
    return std::move(*row);
}

Item request_item(
    const Call& call,
    const ports::ReportRow& report,
    const ports::CaseRow& row,
    const cases::Case& value
) {
    const auto said = said_in(report);
    auto shown = shown_to(call, said, value);
    const bool closed = !row.open;
    std::vector<Item> items{
        text("service_request_id", to_string(report.id)),
        text("status", closed ? "closed" : "open"),
        text("status_notes", notes_of(call, value, closed)),
        text("service_name", call.catalogue->name_of(value.category, call.language)),
        text("service_code", call.catalogue->code_of(value.category)),
        text("description", std::move(shown.description)),
        text("agency_responsible", department_of(call, value)),
        text(
            "service_notice",
            value.generated ? call.say("演示生成数据", "Generated for demonstration") : ""
        ),
        text("requested_datetime", w3c(from_millis(report.received_at))),
        text(
            "updated_datetime",
            w3c(std::max(updated_of(value, row), from_millis(report.received_at)))
        ),
    };
    if (const auto clock = value.clocks.find("handle");
        clock != value.clocks.end() && clock->second.due) {
        items.push_back(text("expected_datetime", w3c(*clock->second.due)));
    }
    items.push_back(text("address", std::move(shown.address)));
    if (shown.point) {
        items.push_back(number("lat", shown.point->lat));
        items.push_back(number("long", shown.point->lon));
    }
    if (!said.media_urls.empty()) {
        items.push_back(text("media_url", said.media_urls.front()));
    }
    return object("request", std::move(items));
}

}  // namespace chengshu::open311
