#pragma once

#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <string_view>

namespace chengshu::api {

/// application/problem+json in the reader's language ("zh" or "en"), with Retry-After where waiting
/// helps: `retry_after_s`, or as usual for the error when that is 0.
http::Response problem(
    const Error& error,
    std::string_view language,
    std::string_view request_id,
    int retry_after_s = 0
);

}  // namespace chengshu::api
