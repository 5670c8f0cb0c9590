#include "base/messages.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/http/inflate.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"
#include "services/sensing/gateway.hpp"

#include <fmt/format.h>

#include <memory>

namespace chengshu::api {
namespace {

Result<services::GatewayFormat> format_of(const http::Request& request) {
    const auto type = http::media_type(request.headers.get("Content-Type"));
    if (type == "application/x-ndjson" || type == "application/ndjson" ||
        type == "application/jsonl") {
        return services::GatewayFormat::Ndjson;
    }
    if (type == "application/vnd.influx.line" || type == "text/plain") {
        return services::GatewayFormat::LineProtocol;
    }
    return fail(
        ErrorCode::UnsupportedMedia,
        "send readings as application/x-ndjson (one JSON object a line) or as text/plain or "
        "application/vnd.influx.line (Influx line protocol)",
        "Content-Type"
    );
}

/// Whether the body is packed; UnsupportedMedia for other encodings than gzip.
Result<bool> is_packed(const http::Request& request) {
    const auto encoding = http::trim(request.headers.get("Content-Encoding"));
    if (encoding.empty() || http::equal_ignoring_case(encoding, "identity")) {
        return false;
    }
    if (http::equal_ignoring_case(encoding, "gzip") ||
        http::equal_ignoring_case(encoding, "x-gzip")) {
        return true;
    }
    return fail(
        ErrorCode::UnsupportedMedia, "a body may be packed with gzip only", "Content-Encoding"
    );
}

Answer answer_of(const services::GatewayReport& report, bool dry_run, std::string_view language) {
    json::array errors;
    for (const auto& error : report.errors) {
        json::object item{{"row", error.row}};
        if (!error.field.empty()) {
            item["field"] = error.field;
        }
        item["what"] = message_in(error.what, language);
        if (!error.hint.empty()) {
            item["hint"] = message_in(error.hint, language);
        }
        errors.push_back(std::move(item));
    }
    json::object body{{"accepted", report.accepted}, {"rejected", report.rejected}};
    if (report.first_id > 0) {
        body["first_id"] = report.first_id;
    }
    body["repeated"] = report.repeated;
    body["dry_run"] = dry_run;
    body["errors"] = std::move(errors);
    auto out = json_answer(body);
    // Nothing of what was sent is stored: a client that looks at the status alone must see it.
    out.status = report.accepted == 0 && report.rejected > 0 ? 422 : 0;
    return out;
}

}  // namespace

Result<Outcome> post_observations(const Call& call) {
    auto* const gateway = call.ports.options.gateway;
    if (gateway == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no observations");
    }
    services::GatewayRequest request;
    CS_TRY(format, format_of(call.request));
    CS_TRY(packed, is_packed(call.request));
    request.format = format;
    request.unit = format == services::GatewayFormat::Ndjson ? sensing::TimeUnit::Milliseconds
                                                             : sensing::TimeUnit::Nanoseconds;
    if (const auto precision = call.parameter("precision")) {
        request.unit = sensing::parse_time_unit(*precision).value_or(request.unit);
    }
    request.all_or_nothing = call.flag("all_or_nothing");
    request.dry_run = call.flag("dry_run");
    request.who = call.who;
    request.definitions = call.definitions;
    const auto limit = call.ports.options.observations_max;
    std::string unpacked;
    if (packed) {
        CS_TRY(content, http::inflate_gzip(call.request.body, limit));
        unpacked = std::move(content);
    }
    Later later;
    // `call` and its request outlive start(), which is called before the handler's caller returns.
    later.start = [gateway,
                   request = std::move(request),
                   unpacked = std::move(unpacked),
                   language = http::accepts_language(call.request.headers),
                   body = packed ? nullptr : &call.request.body](
                      std::string key, std::string fingerprint, Later::Done done
                  ) {
        auto keyed = request;
        keyed.key = std::move(key);
        keyed.fingerprint = std::move(fingerprint);
        const bool dry_run = request.dry_run;
        gateway->take(
            keyed,
            body == nullptr ? std::string_view(unpacked) : std::string_view(*body),
            [done = std::move(done), dry_run, language](Result<services::GatewayReport> report) {
                if (report) {
                    done(answer_of(*report, dry_run, language));
                } else {
                    done(Failure{std::move(report).error()});
                }
            }
        );
    };
    return Outcome{std::move(later)};
}

}  // namespace chengshu::api
