#pragma once

#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <string_view>

namespace chengshu::api {

/// application/problem+json in the reader's language ("zh" or "en"), with Retry-After where waiting
/// helps.
http::Response problem(const Error& error, std::string_view language, std::string_view request_id);

}  // namespace chengshu::api
