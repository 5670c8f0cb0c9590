#include "edge/open311/open311.hpp"

#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"
#include "edge/open311/internal/call.hpp"
#include "services/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chengshu::open311 {
namespace {

struct Route {
    std::string_view method;
    std::string_view resource;
    bool subject;  ///< "requests/{id}" rather than "requests"
    bool needs_key;
    bool cacheable;  ///< the same for everybody for some minutes
    Result<Outcome> (*handle)(const Call&);
};

constexpr std::array<Route, 9> kRoutes{{
    {"GET", "discovery", false, false, true, get_discovery},
    {"GET", "services", false, false, true, list_services},
    {"GET", "services", true, false, true, get_service},
    {"GET", "requests", false, false, false, list_requests},
    {"POST", "requests", false, true, false, post_request},
    {"GET", "requests", true, false, false, get_request},
    {"GET", "tokens", true, false, false, get_token},
    {"GET", "servicerequestupdates", false, false, false, list_updates},
    {"POST", "servicerequestupdates", false, true, false, post_update},
}};

constexpr int kRetryAfterS = 1;

/// Everything that an answer needs besides its content; lives until the reply, maybe on another
/// thread.
struct Exchange {
    http::Reply reply;
    Format format = Format::Xml;
    std::string language = "en";
    std::string allowed;
    bool cacheable = false;
    int retry_after_s = kRetryAfterS;

    void send(int status, const Item& root, http::Headers headers) const {
        http::Response out;
        out.status = status;
        out.headers = std::move(headers);
        const bool xml = format == Format::Xml;
        out.headers.set(
            "Content-Type", xml ? "text/xml; charset=utf-8" : "application/json; charset=utf-8"
        );
        out.headers.set(
            "Cache-Control", cacheable && status == 200 ? "public, max-age=300" : "no-store"
        );
        if (cacheable) {
            out.headers.set("Vary", "Accept-Language");
        }
        // Public data, and this interface knows no cookies: any page may read it.
        out.headers.set("Access-Control-Allow-Origin", "*");
        out.body = xml ? to_xml(root) : to_json(root);
        reply(std::move(out));
    }

    void refuse(const Problems& problems) const {
        http::Headers headers;
        if (!allowed.empty()) {
            headers.set("Allow", allowed);
        }
        if (error_info(problems.front().code).retryable) {
            headers.set("Retry-After", fmt::format("{}", retry_after_s));
        }
        send(status_of(problems.front().code), errors_item(problems, language), std::move(headers));
    }
};

/// What the address asks for: "requests/12.json" → requests, 12, JSON.
struct Address {
    std::string resource;
    std::string subject;
    bool has_subject = false;
    Format format = Format::Xml;
};

Result<Address> address_of(const std::optional<http::Target>& target) {
    if (!target) {
        return fail(ErrorCode::InvalidInput, "the address is malformed");
    }
    const auto& path = target->path;
    const auto missing = fail(
        ErrorCode::NotFound, "there is nothing at this address; see /open311/v2/discovery.xml"
    );
    if (path.size() < 3 || path.size() > 4 || path[0] != "open311" || path[1] != "v2") {
        return missing;
    }
    Address out;
    auto last = path.back();
    const auto dot = last.rfind('.');
    const auto extension = dot == std::string::npos ? std::string() : last.substr(dot + 1);
    if (extension != "xml" && extension != "json") {
        return fail(ErrorCode::NotFound, "say which format you want: .xml or .json");
    }
    out.format = extension == "xml" ? Format::Xml : Format::Json;
    last.resize(dot);
    out.has_subject = path.size() == 4;
    out.resource = out.has_subject ? path[2] : last;
    out.subject = out.has_subject ? last : std::string();
    return out;
}

const Route* find_route(std::string_view method, const Address& address, std::string& allowed) {
    for (const auto& route : kRoutes) {
        if (route.resource != address.resource || route.subject != address.has_subject) {
            continue;
        }
        if (route.method == method || (route.method == "GET" && method == "HEAD")) {
            return &route;
        }
        allowed += fmt::format(
            "{}{}", allowed.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method
        );
    }
    return nullptr;
}

/// Chinese for who asks for it, English for everybody else: most clients say nothing and serve
/// people who read Latin letters, or have texts of their own for the codes.
std::string language_of(const http::Headers& headers, const std::optional<http::Target>& target) {
    const auto locale = target ? target->get("locale").value_or("") : std::string();
    if (locale.starts_with("zh") || locale.starts_with("en")) {
        return locale.substr(0, 2);
    }
    std::string_view rest = headers.get("Accept-Language");
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto tag = http::trim(rest.substr(0, end));
        if (http::equal_ignoring_case(tag.substr(0, 2), "zh")) {
            return std::string(http::accepts_language(headers));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return "en";
}

/// The api_key of the form, the query or the Authorization header.
std::string key_of(const Call& call) {
    if (auto key = call.field("api_key"); !key.empty()) {
        return key;
    }
    constexpr std::string_view kScheme = "bearer ";
    const auto header = call.request.headers.get("Authorization");
    if (header.size() > kScheme.size() &&
        http::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) {
        return std::string(http::trim(header.substr(kScheme.size())));
    }
    return {};
}

Status recognise(Call& call, bool needs_key) {
    const auto key = key_of(call);
    if (key.empty()) {
        return needs_key
                   ? Status(fail(ErrorCode::NotAuthenticated, "api_key was not provided", "api_key")
                     )
                   : ok();
    }
    auto* known = call.ports.options.principals;
    auto who = known != nullptr
                   ? known->find(call.catalogue->definitions(), call.now, key)
                   : services::authenticate(
                         call.ports.store, call.ports.secrets, call.definitions(), call.now, key
                     );
    if (!who && who.error().code == ErrorCode::NotAuthenticated) {
        return fail(
            ErrorCode::NotAuthenticated, "api_key is not valid: " + who.error().context, "api_key"
        );
    }
    if (!who) {
        return Failure{who.error()};
    }
    call.who = std::move(*who);
    return ok();
}

/// Who has no valid key may not even ask as often as he likes.
Status check_limit(const Call& call, Exchange& exchange) {
    auto* limit = call.ports.options.report_limit;
    const auto wait = limit == nullptr ? Duration{} : limit->take(call.request.peer, call.now);
    if (wait == Duration{}) {
        return ok();
    }
    exchange.retry_after_s = services::retry_after_s(wait);
    return Failure{services::too_many_reports(wait)};
}

Result<Outcome> perform(Call& call, const Route& route, Exchange& exchange) {
    if (route.method == "POST") {
        CS_CHECK(read_form(call.request, call.fields, call.files));
    }
    const auto known = recognise(call, route.needs_key);
    if (route.method == "POST" && call.who.kind == access::PrincipalKind::Public) {
        CS_CHECK(check_limit(call, exchange));
    }
    CS_CHECK(known);
    const auto jurisdiction = call.field("jurisdiction_id");
    if (!jurisdiction.empty() && jurisdiction != call.city().code()) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("jurisdiction_id was not found; this is {}", call.city().code()),
            "jurisdiction_id"
        );
    }
    return route.handle(call);
}

void submit(const Call& call, const std::shared_ptr<Exchange>& exchange, Write write) {
    services::Job job;
    job.work = std::move(write.work);
    job.idempotency_key = std::move(write.idempotency_key);
    job.fingerprint = std::move(write.fingerprint);
    job.done = [exchange, respond = std::move(write.respond)](Result<std::string> reply) {
        if (reply) {
            exchange->send(200, respond(*reply), {});
        } else {
            exchange->refuse({reply.error()});
        }
    };
    if (!call.ports.submitter.submit(std::move(job))) {
        exchange->refuse({{ErrorCode::Overloaded, "the writer's queue is full", ""}});
    }
}

}  // namespace

Open311::Open311(
    ports::Store& store,
    ports::Clock& clock,
    ports::Secrets& secrets,
    ports::Blobs& blobs,
    services::CurrentDefinitions& definitions,
    services::Submitter& submitter,
    Options options
)
    : ports_{store, clock, secrets, blobs, definitions, submitter, std::move(options)},
      started_(clock.now()),
      catalogues_(std::make_unique<CatalogueCache>()) {}

Open311::~Open311() = default;

void Open311::handle(http::Request request, http::Reply reply) {
    auto exchange = std::make_shared<Exchange>();
    exchange->reply = std::move(reply);
    auto target = http::parse_target(request.target);
    exchange->language = language_of(request.headers, target);
    const auto address = address_of(target);
    if (!address) {
        exchange->refuse({address.error()});
        return;
    }
    exchange->format = address->format;
    const auto* route = find_route(request.method, *address, exchange->allowed);
    if (route == nullptr) {
        const bool known = !exchange->allowed.empty();
        exchange->refuse(
            {{known ? ErrorCode::MethodNotAllowed : ErrorCode::NotFound,
              known ? "this address takes " + exchange->allowed
                    : "there is nothing at this address; see /open311/v2/discovery.xml",
              ""}}
        );
        return;
    }
    exchange->allowed.clear();
    exchange->cacheable = route->cacheable;
    const auto definitions = ports_.definitions.get();
    const auto now = ports_.clock.now();
    const auto today = definitions->city->calendar().zone().local_date(now);
    Call call{
        ports_,
        request,
        catalogues_->get(definitions, today),
        {},
        now,
        started_,
        exchange->language,
        address->subject,
        std::move(target->query),
        {}
    };
    auto outcome = perform(call, *route, *exchange);
    if (!outcome) {
        exchange->refuse({outcome.error()});
    } else if (auto* problems = std::get_if<Problems>(&*outcome)) {
        exchange->refuse(*problems);
    } else if (auto* document = std::get_if<Document>(&*outcome)) {
        exchange->send(200, document->root, std::move(document->headers));
    } else {
        submit(call, exchange, std::move(std::get<Write>(*outcome)));
    }
}

}  // namespace chengshu::open311
