#include "edge/api/api.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/call.hpp"
#include "edge/api/internal/feed.hpp"
#include "edge/api/internal/problem.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/http/idempotency_key.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"
#include "services/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

constexpr std::string_view kCookie = "chengshu_session";
constexpr int kLaterRetryS = 1;  // where the queue is short-lived
constexpr std::string_view kCsrfHeader = "X-Chengshu-CSRF";

/// Everything that an answer needs besides its content; lives until the reply, maybe on another
/// thread.
struct Exchange {
    http::Reply reply;
    std::string language;
    std::string request_id;
    int status = 200;

    int retry_after_s = 0;  ///< of a refusal that knows it; else 0

    void fail(const Error& error) const {
        reply(problem(error, language, request_id, retry_after_s));
    }

    void succeed(Answer answer) const {
        http::Response out;
        out.status = answer.status == 0 ? status : answer.status;
        out.headers = std::move(answer.headers);
        const bool empty = out.status == 204 || out.status == 304;
        if (!empty) {
            out.headers.set("Content-Type", answer.content_type);
            out.body = std::move(answer.body);
            out.stream = std::move(answer.stream);
        }
        if (out.headers.get("Cache-Control").empty()) {
            out.headers.set("Cache-Control", "no-store");
        }
        out.headers.set("X-Request-Id", request_id);
        reply(std::move(out));
    }
};

/// The segments below the base path, or nothing for another address.
std::optional<std::span<const std::string>> below_base(const http::Target& target) {
    if (target.path.size() < 2 || target.path[0] != "api" || target.path[1] != "v1") {
        return std::nullopt;
    }
    return std::span(target.path).subspan(2);
}

}  // namespace

bool only_reads(const http::Request& request) {
    const auto target = http::parse_target(request.target);
    const auto segments = target ? below_base(*target) : std::nullopt;
    const auto match = segments ? match_route(request.method, *segments) : Match{};
    return match.route != nullptr && match.route->reads;
}

namespace {

Result<Match> find_route(
    const http::Request& request,
    const std::optional<http::Target>& target,
    std::string& allowed
) {
    if (!target) {
        return fail(ErrorCode::InvalidInput, "the address is malformed");
    }
    const auto segments = below_base(*target);
    auto match = segments ? match_route(request.method, *segments) : Match{};
    if (match.route == nullptr && !match.allowed.empty()) {
        allowed = match.allowed;
        return fail(
            ErrorCode::MethodNotAllowed, fmt::format("this address takes {}", match.allowed)
        );
    }
    if (match.route == nullptr) {
        return fail(
            ErrorCode::NotFound, "there is nothing at this address; see /api/v1/openapi.json"
        );
    }
    return match;
}

Status check_query(const Route& route, const Pairs& query) {
    const auto names = words(route.parameters);
    std::vector<std::string_view> seen;
    for (const auto& [name, value] : query) {
        const auto known = std::find_if(names.begin(), names.end(), [&wanted = name](auto item) {
            return shown_name(item) == wanted;
        });
        if (known == names.end()) {
            std::vector<std::string> candidates;
            for (const auto item : names) {
                candidates.emplace_back(shown_name(item));
            }
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("unknown parameter \"{}\"{}", name, suggestion(name, candidates)),
                name
            );
        }
        if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("parameter \"{}\" is given twice", name), name
            );
        }
        seen.push_back(name);
        if (!value.empty()) {
            CS_CHECK(check_parameter(value, *parameter(*known)));
        }
    }
    return ok();
}

Result<json::object> read_body(const Route& route, const http::Request& request) {
    if (route.body.empty() || route.body == "bytes" || route.body == "readings" ||
        route.body == "cap") {
        if (route.body.empty() && !request.body.empty()) {
            return fail(ErrorCode::InvalidInput, "this request takes no body");
        }
        return json::object{};
    }
    const auto type = http::media_type(request.headers.get("Content-Type"));
    if (type != "application/json" && !type.ends_with("+json")) {
        return fail(
            ErrorCode::UnsupportedMedia, "send the body as application/json", "Content-Type"
        );
    }
    CS_TRY(value, parse_json(request.body, "the body"));
    CS_CHECK(check_body(value, *schema(route.body)));
    return std::move(value.get_object());
}

/// The token of the request: the Authorization header wins over the cookie.
Result<std::pair<std::string, bool>> token_of(const http::Request& request) {
    const auto header = request.headers.get("Authorization");
    if (!header.empty()) {
        constexpr std::string_view kScheme = "bearer ";
        if (header.size() <= kScheme.size() ||
            !http::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) {
            return fail(
                ErrorCode::NotAuthenticated,
                "send Authorization: Bearer and a token",
                "Authorization"
            );
        }
        return std::pair(std::string(http::trim(header.substr(kScheme.size()))), false);
    }
    return std::pair(http::cookie(request.headers, kCookie).value_or(""), true);
}

/// Recognises the caller. A stale cookie makes a public caller, a wrong bearer token is refused.
Status recognise(Call& call) {
    CS_TRY(found, token_of(call.request));
    auto& [token, by_cookie] = found;
    if (token.empty()) {
        return ok();
    }
    auto* known = call.ports.options.principals;
    auto who = known != nullptr
                   ? known->find(call.definitions, call.now, token)
                   : services::authenticate(
                         call.ports.store, call.ports.secrets, *call.definitions, call.now, token
                     );
    if (!who) {
        const bool stale = by_cookie && who.error().code == ErrorCode::NotAuthenticated;
        return stale ? ok() : Status(Failure{who.error()});
    }
    if (by_cookie && call.request.method != "GET" && call.request.headers.get(kCsrfHeader) != "1") {
        return fail(
            ErrorCode::NotPermitted,
            fmt::format("a change by session cookie needs the header {}: 1", kCsrfHeader),
            std::string(kCsrfHeader)
        );
    }
    call.who = std::move(*who);
    call.token = std::move(token);
    call.by_cookie = by_cookie;
    return ok();
}

/// The one place that decides whether a caller may use a route; whether it reaches a case is up to
/// its scope.
Status check_gate(const Gate& gate, const access::Principal& who) {
    switch (gate.kind) {
        case Gate::Kind::Anyone:
            return ok();
        case Gate::Kind::SignedIn:
            return who.kind == access::PrincipalKind::Public
                       ? Status(fail(ErrorCode::NotAuthenticated, "sign in first"))
                       : ok();
        case Gate::Kind::Permitted:
            return access::require(who, gate.permission);
    }
    return ok();
}

Result<std::string> idempotency_key(const Call& call, const std::string& fingerprint) {
    if (!call.route.repeatable) {
        return std::string();
    }
    CS_TRY(key, http::idempotency_key(call.request.headers));
    if (key.empty()) {
        return key;
    }
    // Logins have no colon or tilde, so that nobody else's keys can be meant. The public is told
    // apart by what it says, since addresses are not stored.
    const auto owner = call.who.account.empty() ? "~" + fingerprint : call.who.account;
    return fmt::format("{}:{}", owner, key);
}

/// Empty when there is no key to tell requests apart by.
std::string fingerprint(const Call& call) {
    if (call.request.headers.get("Idempotency-Key").empty()) {
        return {};
    }
    return call.ports.secrets.sha256(
        fmt::format("{}\n{}\n{}", call.request.method, call.request.target, call.request.body)
    );
}

void start(const Call& call, const std::shared_ptr<Exchange>& exchange, const Later& later) {
    auto digest = fingerprint(call);
    auto key = idempotency_key(call, digest);
    if (!key) {
        exchange->fail(key.error());
        return;
    }
    exchange->retry_after_s = kLaterRetryS;
    later.start(std::move(*key), std::move(digest), [exchange](Result<Answer> answer) {
        if (answer) {
            exchange->succeed(std::move(*answer));
        } else {
            exchange->fail(answer.error());
        }
    });
}

void submit(const Call& call, const std::shared_ptr<Exchange>& exchange, Write write) {
    services::Job job;
    job.fingerprint = fingerprint(call);
    auto key = idempotency_key(call, job.fingerprint);
    if (!key) {
        exchange->fail(key.error());
        return;
    }
    job.idempotency_key = std::move(*key);
    job.work = std::move(write.work);
    job.done = [exchange, respond = std::move(write.respond)](Result<std::string> reply) {
        if (!reply) {
            exchange->fail(reply.error());
            return;
        }
        if (!respond) {
            Answer answer;
            answer.body = std::move(*reply);
            exchange->succeed(std::move(answer));
            return;
        }
        auto answer = respond(std::move(*reply));
        if (answer) {
            exchange->succeed(std::move(*answer));
        } else {
            exchange->fail(answer.error());
        }
    };
    if (!call.ports.submitter.submit(std::move(job))) {
        exchange->fail({ErrorCode::Overloaded, "the writer's queue is full", ""});
    }
}

Status check_limit(const Call& call, Exchange& exchange) {
    auto* limit = call.ports.options.report_limit;
    if (!call.route.limited || limit == nullptr || call.who.kind != access::PrincipalKind::Public) {
        return ok();
    }
    const auto wait = limit->take(call.request.peer, call.now);
    if (wait == Duration{}) {
        return ok();
    }
    exchange.retry_after_s = services::retry_after_s(wait);
    return Failure{services::too_many_reports(wait)};
}

Result<Outcome> perform(Call& call, Exchange& exchange) {
    CS_CHECK(recognise(call));
    CS_CHECK(check_gate(call.route.gate, call.who));
    CS_CHECK(check_limit(call, exchange));
    CS_CHECK(check_query(call.route, call.query));
    CS_TRY(body, read_body(call.route, call.request));
    call.body = std::move(body);
    return call.route.handle(call);
}

}  // namespace

Api::Api(
    ports::Store& store,
    ports::Clock& clock,
    ports::Secrets& secrets,
    ports::Blobs& blobs,
    services::CurrentDefinitions& definitions,
    services::Submitter& submitter,
    Options options
)
    : tiles_(store, definitions),
      feed_(
          options.live == nullptr ? nullptr
                                  : std::make_unique<Feed>(*options.live, secrets.random_token(6))
      ),
      ports_{store, clock, secrets, blobs, definitions, submitter, tiles_, options, feed_.get()},
      id_prefix_(secrets.random_token(6)) {}

Api::~Api() = default;

std::string Api::next_request_id(const http::Request& request) {
    const auto given = request.headers.get("X-Request-Id");
    if (given.size() <= 64 && http::is_token(given)) {
        return std::string(given);
    }
    return fmt::format("{}-{:x}", id_prefix_, requests_.fetch_add(1, std::memory_order_relaxed));
}

void Api::handle(http::Request request, http::Reply reply) {
    auto exchange = std::make_shared<Exchange>();
    exchange->reply = std::move(reply);
    exchange->language = http::accepts_language(request.headers);
    exchange->request_id = next_request_id(request);
    auto target = http::parse_target(request.target);
    std::string allowed;
    auto match = find_route(request, target, allowed);
    if (!match) {
        auto out = problem(match.error(), exchange->language, exchange->request_id);
        if (!allowed.empty()) {
            out.headers.set("Allow", allowed);
        }
        exchange->reply(std::move(out));
        return;
    }
    exchange->status = match->route->status;
    Call call{
        ports_,
        *match->route,
        request,
        ports_.definitions.get(),
        {},
        ports_.clock.now(),
        "",
        false,
        std::move(match->path),
        std::move(target->query),
        {}
    };
    auto outcome = perform(call, *exchange);
    if (!outcome) {
        exchange->fail(outcome.error());
    } else if (auto* answer = std::get_if<Answer>(&*outcome)) {
        exchange->succeed(std::move(*answer));
    } else if (const auto* later = std::get_if<Later>(&*outcome)) {
        start(call, exchange, *later);
    } else {
        submit(call, exchange, std::move(std::get<Write>(*outcome)));
    }
}

}  // namespace chengshu::api
