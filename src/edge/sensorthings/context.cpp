#include "edge/sensorthings/internal/context.hpp"

#include "base/messages.hpp"
#include "base/text.hpp"
#include "edge/http/idempotency_key.hpp"
#include "services/sensing/entity_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

constexpr int kRetryAfterS = 1;

/// What SensorThings clients expect of a body or query that asks for what cannot be.
int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::OutsideCity:
        case ErrorCode::UnknownCode:
        case ErrorCode::RuleViolation:
            return 400;
        default:
            return error_info(code).http_status;
    }
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

sensing::EntityKey key_of(const Item& item) {
    if (const auto* entity = std::get_if<sensing::EntityPtr>(&item)) {
        return (*entity)->key();
    }
    return {sensing::EntityType::Observation, std::get<sensing::Observation>(item).id};
}

Context::Context(
    const Ports& all_ports,
    access::Principal principal,
    std::string base_url,
    std::string reader
)
    : ports(all_ports),
      who(std::move(principal)),
      definitions(all_ports.definitions.get()),
      now(all_ports.clock.now()),
      base(std::move(base_url)),
      language(std::move(reader)),
      rights(all_ports.entities.rights(who, *definitions->city)),
      budget(all_ports.options.steps_max),
      rows_left(all_ports.options.rows_max) {}

std::string Context::self_link(sensing::EntityKey key) const {
    return fmt::format("{}/{}", base, services::entity_label(key));
}

sensing::EntityPtr Context::visible(sensing::EntityKey key) {
    auto found = registry().find(key);
    return found && reaches(*found) ? found : sensing::EntityPtr();
}

bool Context::reaches(const sensing::Entity& entity) {
    return rights.reads(entity) ||
           (changing_ && (rights.manages(entity) || rights.observes(entity)));
}

bool Context::visible(const sensing::Observation& row) {
    if (row.stream != seen_stream_ || seen_stream_ == 0) {
        const auto stream = services::find_stream(registry(), row.stream);
        seen_stream_ = row.stream;
        seen_ = stream && reaches(*stream);
    }
    return seen_;
}

const std::optional<sensing::StreamSummary>& Context::summary(std::int64_t stream) {
    if (remembered_ != stream) {
        auto found = observations().summary(stream);
        if (!found) {
            trouble = found.error();
        }
        summary_ = found ? std::move(*found) : std::nullopt;
        remembered_ = stream;
    }
    return summary_;
}

http::Response json_response(int status, std::string body) {
    http::Response out;
    out.status = status;
    out.headers.set("Content-Type", "application/json; charset=utf-8");
    out.headers.set("Cache-Control", "no-store");
    out.body = std::move(body);
    return out;
}

http::Response problem(const Error& error, std::string_view language) {
    const auto& info = error_info(error.code);
    // What went wrong inside is for the log, not for the caller.
    const bool told =
        error.code != ErrorCode::Internal && !error.context.empty() && is_utf8(error.context);
    auto message = std::string(language == "zh" ? info.meaning_zh : info.meaning_en);
    if (told) {
        const auto context = message_in(error.context, language);
        message = language == "zh" ? fmt::format("{}（{}）", message, context)
                                   : fmt::format("{} {}", message, context);
    }
    json::object body{
        {"code", status_of(error.code)},
        {"type", "error"},
        {"message", message},
        {"error", info.name}
    };
    if (!error.field.empty() && is_utf8(error.field)) {
        body["field"] = error.field;
    }
    auto out = json_response(status_of(error.code), json::serialize(body));
    if (info.retryable) {
        out.headers.set("Retry-After", fmt::format("{}", kRetryAfterS));
    }
    if (error.code == ErrorCode::NotAuthenticated) {
        out.headers.set("WWW-Authenticate", "Bearer");
    }
    return out;
}

std::optional<std::string> decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (!is_utf8(out) || out.find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return out;
}

Result<std::string> idempotency_key(const Context& context, const http::Request& request) {
    CS_TRY(key, http::idempotency_key(request.headers));
    return key.empty() ? key : fmt::format("{}:{}", context.who.account, key);
}

}  // namespace chengshu::sensorthings
