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

/// The members of Case, into an object that the caller has begun; without the reporter, who is in
/// the report, and without can_reveal.
void write_case(
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

}  // namespace chengshu::api
