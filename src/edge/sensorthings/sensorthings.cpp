#include "edge/sensorthings/sensorthings.hpp"

#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "services/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::sensorthings {
namespace {

/// The part of the target behind the version, and the version.
struct Address {
    std::string_view version;
    std::string_view rest;
};

Result<Address> address_of(std::string_view target, std::string_view prefix) {
    if (target.starts_with(prefix)) {
        auto rest = target.substr(prefix.size());
        for (const std::string_view version : {"/v1.1", "/v1.0"}) {
            if (rest.starts_with(version)) {
                rest.remove_prefix(version.size());
                if (rest.empty() || rest.front() == '/' || rest.front() == '?') {
                    return Address{version, rest};
                }
            }
        }
    }
    return fail(ErrorCode::NotFound, fmt::format("there is nothing here; see {}/v1.1", prefix));
}

/// A host name or address with a port, nothing else: it becomes part of every link.
bool is_host(std::string_view host) {
    return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
    });
}

/// Chinese for who asks for it, English for everybody else: most clients are programs and say
/// nothing.
std::string language_of(const http::Headers& headers) {
    const auto wanted = headers.get("Accept-Language");
    return wanted.find("zh") == std::string_view::npos
               ? "en"
               : std::string(http::accepts_language(headers));
}

/// A bearer token, or nothing. Cookies are not looked at: any page may read this interface.
Result<access::Principal> caller_of(const Ports& ports, const http::Request& request) {
    const auto header = request.headers.get("Authorization");
    if (header.empty()) {
        return access::Principal{};
    }
    constexpr std::string_view kScheme = "bearer ";
    if (header.size() <= kScheme.size() ||
        !http::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) {
        return fail(
            ErrorCode::NotAuthenticated, "send Authorization: Bearer and a token", "Authorization"
        );
    }
    return holder_of(ports, http::trim(header.substr(kScheme.size())));
}

http::Response open_to_pages(http::Response response) {
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("Access-Control-Expose-Headers", "Location");
    return response;
}

http::Response preflight() {
    http::Response out;
    out.status = 204;
    out.headers.set("Access-Control-Allow-Methods", "GET, HEAD, POST, PATCH, PUT, DELETE");
    out.headers.set(
        "Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Prefer"
    );
    out.headers.set("Access-Control-Max-Age", "86400");
    return out;
}

bool is_service(std::string_view rest, std::string_view name) {
    return rest == name || (rest.starts_with('/') && rest.substr(1) == name);
}

}  // namespace

std::string base_of(const Ports& ports, const http::Request& request, std::string_view version) {
    auto server = ports.options.public_url;
    while (server.ends_with('/')) {
        server.pop_back();
    }
    if (server.empty()) {
        const auto host = request.headers.get("Host");
        server = is_host(host) ? fmt::format("{}://{}", request.secure ? "https" : "http", host)
                               : std::string();
    }
    return fmt::format("{}{}{}", server, ports.options.prefix, version);
}

Result<access::Principal> holder_of(const Ports& ports, std::string_view token) {
    const auto definitions = ports.definitions.get();
    const auto now = ports.clock.now();
    if (ports.options.principals != nullptr) {
        return ports.options.principals->find(definitions, now, token);
    }
    return services::authenticate(ports.store, ports.secrets, *definitions, now, token);
}

void answer_one(
    std::shared_ptr<Context> context,
    const http::Request& request,
    std::string_view target,
    Answer answer
) {
    if (request.method == "GET" || request.method == "HEAD") {
        answer(get(*context, target));
    } else if (is_service(target, "CreateObservations")) {
        if (request.method != "POST") {
            answer(fail(ErrorCode::MethodNotAllowed, "CreateObservations takes POST"));
            return;
        }
        create_observations(std::move(context), request, std::move(answer));
    } else if (request.method == "POST" || request.method == "PATCH" || request.method == "PUT" ||
               request.method == "DELETE") {
        change(std::move(context), request, target, std::move(answer));
    } else {
        answer(fail(ErrorCode::MethodNotAllowed, "send GET, POST, PATCH, PUT or DELETE"));
    }
}

SensorThings::SensorThings(Ports ports) : ports_(std::move(ports)) {}

void SensorThings::handle(http::Request request, http::Reply reply) {
    const auto language = language_of(request.headers);
    const auto answer = [reply = std::move(reply), language](Result<http::Response> response) {
        reply(open_to_pages(response ? std::move(*response) : problem(response.error(), language)));
    };
    const auto import = ports_.options.prefix + "/import/things";
    const auto path = request.target.substr(0, request.target.find('?'));
    const auto address = path == import ? Result<Address>(Address{"/v1.1", {}})
                                        : address_of(request.target, ports_.options.prefix);
    if (!address) {
        answer(Failure{address.error()});
        return;
    }
    if (request.method == "OPTIONS") {
        answer(preflight());
        return;
    }
    if (request.body.size() > ports_.options.body_max) {
        answer(fail(ErrorCode::TooLarge, "the body is too large"));
        return;
    }
    auto who = caller_of(ports_, request);
    if (!who) {
        answer(Failure{std::move(who).error()});
        return;
    }
    auto context = std::make_shared<Context>(
        ports_, std::move(*who), base_of(ports_, request, address->version), language
    );
    if (path == import) {
        if (request.method == "POST") {
            import_file(std::move(context), request, answer);
        } else {
            answer(fail(ErrorCode::MethodNotAllowed, "import/things takes POST"));
        }
        return;
    }
    if (is_service(address->rest, "$batch")) {
        if (request.method == "POST") {
            batch(std::move(context), request, answer);
        } else {
            answer(fail(ErrorCode::MethodNotAllowed, "$batch takes POST"));
        }
        return;
    }
    answer_one(std::move(context), request, address->rest, answer);
}

}  // namespace chengshu::sensorthings
