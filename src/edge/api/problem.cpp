#include "edge/api/internal/problem.hpp"

#include "base/json_text.hpp"
#include "base/messages.hpp"
#include "base/text.hpp"
#include "edge/api/api.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace json = boost::json;

namespace chengshu::api {
namespace {

constexpr int kRetryAfterS = 1;
/// Failed sign-ins wait longer; the detail says how long exactly.
constexpr int kRetryAfterThrottledS = 30;

}  // namespace

http::Response problem(
    const Error& error,
    std::string_view language,
    std::string_view request_id,
    int retry_after_s
) {
    const auto& info = error_info(error.code);
    json::object body{
        {"type", fmt::format("{}/errors#{}", kBasePath, info.name)},
        {"title", language == "en" ? info.meaning_en : info.meaning_zh},
        {"status", info.http_status},
        {"code", info.name}
    };
    // What went wrong inside is for the log, not for the caller.
    if (!error.context.empty() && error.code != ErrorCode::Internal && is_utf8(error.context)) {
        body["detail"] = message_in(error.context, language);
    }
    if (!error.field.empty() && is_utf8(error.field)) {
        body["field"] = error.field;
    }
    body["request_id"] = request_id;
    http::Response out;
    out.status = info.http_status;
    out.headers.set("Content-Type", "application/problem+json");
    out.headers.set("Cache-Control", "no-store");
    out.headers.set("X-Request-Id", std::string(request_id));
    if (info.retryable) {
        const int usual =
            error.code == ErrorCode::TooManyRequests ? kRetryAfterThrottledS : kRetryAfterS;
        out.headers.set(
            "Retry-After", fmt::format("{}", retry_after_s > 0 ? retry_after_s : usual)
        );
    }
    if (error.code == ErrorCode::NotAuthenticated) {
        out.headers.set("WWW-Authenticate", "Bearer");
    }
    out.body = json_text(body);
    return out;
}

}  // namespace chengshu::api
