#pragma once

#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <string>

namespace chengshu::http {

/// The header Idempotency-Key: empty when absent, InvalidInput unless it is 1 to 200 visible ASCII
/// characters. Callers put before it, with a colon, whose key it is: logins have none, so that
/// nobody else's keys can be meant.
Result<std::string> idempotency_key(const Headers& headers);

}  // namespace chengshu::http
