#pragma once

#include "domain/access/principal.hpp"
#include "domain/cases/case.hpp"
#include "domain/cases/workflow.hpp"
#include "ports/store.hpp"
#include "services/accounts.hpp"
#include "services/definitions.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace chengshu::api {

namespace json = boost::json;

/// How much of a case somebody sees.
enum class Sight { Public, Inner };

Sight sight_of(const access::Principal& who, const cases::Case& value, const city::City& city);

json::object label(const Label& name);
json::object named(std::string_view code, const Label& name);
json::array needs_view(const cases::Transition& transition);
json::object
account_view(const services::Account& account, const services::Definitions& definitions);
json::object principal_view(const access::Principal& who, const services::Definitions& definitions);

/// Address of the list of exactly the cases that a measure counts for a subject over the days.
std::string cases_link(
    std::string_view measure,
    const std::string& kind,
    const std::string& subject,
    Date from,
    Date to
);

/// Rounds to three decimals (about 100 m): what the public sees of a place.
double coarse(double degrees);

/// Masked personal data of a report's sender; empty when there is none.
json::object masked_reporter(const ports::ReportRow& report);
/// In clear.
json::object clear_reporter(const ports::ReportRow& report);

/// A journal entry about a case; nothing for entries that changed no case (they are the auditor's).
struct EntryView {
    json::object object;
    bool shown = false;
};

EntryView entry_view(
    const services::Definitions& definitions,
    const ports::JournalRow& row,
    const std::string& workflow,
    Sight sight
);

/// Earliest due instant of the running clocks.
std::optional<Instant> due_of(const cases::Case& value);
bool is_overdue(const cases::Case& value);

}  // namespace chengshu::api
