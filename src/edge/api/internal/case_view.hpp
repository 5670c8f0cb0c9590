#pragma once

#include "base/json_writer.hpp"
#include "edge/api/internal/views.hpp"

#include <string>

namespace chengshu::api {

/// Views of cases are written as text at once, without a tree of values: each command on a case is
/// answered with one.

/// The members of CaseSummary, into an object that the caller has begun.
void write_summary(
    JsonWriter& out,
    const services::Definitions& definitions,
    const cases::Case& value,
    std::int64_t version,
    Sight sight
);

/// The schema Case as `who` sees it, with the masked reporter of its first report for those who may
/// see it. It begins with its number and its version.
Result<std::string> whole_case(
    ports::Store& store,
    const services::Definitions& definitions,
    const access::Principal& who,
    const cases::Case& value,
    std::int64_t version
);

/// Parts of the same views as trees, for answers that are built as one.
/// The department's code and name; an unknown code is its own name.
json::object department_name(const city::City& city, const std::string& code);
json::object state_view(
    const services::Definitions& definitions,
    const std::string& workflow,
    const std::string& code
);
json::array area_path(const city::City& city, const std::vector<std::string>& path);
json::object standard_view(const city::Standard& standard);

}  // namespace chengshu::api
