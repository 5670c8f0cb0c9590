#pragma once

#include "domain/cases/case.hpp"
#include "edge/open311/internal/call.hpp"
#include "ports/store.hpp"

#include <string>
#include <vector>

namespace chengshu::open311 {

/// What a report's sender said, as stored.
struct Said {
    std::string description;
    std::string address;
    std::optional<city::Point> point;
    std::vector<std::string> media_urls;
    bool in_public = false;  ///< it came in through Open311
};

Said said_in(const ports::ReportRow& report);

/// The state's definition; null when no workflow (any more) has it.
const cases::StateDefinition* find_state(
    const services::Definitions& definitions,
    const std::string& workflow,
    const std::string& state
);

/// NotFound when there is no such report, or it opened no case.
Result<ports::ReportRow> find_report(ports::Store& store, const std::string& service_request_id);

/// A report as a service request. Of a report that came in through Open311 place and address are
/// shown as they were sent; of all others as the public sees them, except to who may see the case.
Item request_item(
    const Call& call,
    const ports::ReportRow& report,
    const ports::CaseRow& row,
    const cases::Case& value
);

}  // namespace chengshu::open311
