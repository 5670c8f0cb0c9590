#pragma once

#include "edge/sensorthings/internal/context.hpp"

namespace chengshu::sensorthings {

/// Observations as arrays, one group for each stream (18-088, clause 13).
Result<http::Response>
data_array_response(Context& context, const Source& source, const odata::Query& query);

}  // namespace chengshu::sensorthings
