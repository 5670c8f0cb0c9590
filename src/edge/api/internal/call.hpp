#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "edge/api/api.hpp"
#include "edge/http/message.hpp"
#include "services/unit_of_work.hpp"

#include <boost/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chengshu::api {

namespace json = boost::json;

struct Route;

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// One request whose caller, parameters and body have been checked against its route.
struct Call {
    const Ports& ports;
    const Route& route;
    const http::Request& request;  ///< valid until the handler returns
    services::DefinitionsPtr definitions;
    access::Principal who;
    Instant now;
    std::string token;  ///< that the caller was recognised by; empty for the public
    bool by_cookie = false;
    Pairs path;   ///< values of the template's braces
    Pairs query;  ///< as given
    json::object body;

    [[nodiscard]] const std::string& in_path(std::string_view name) const;
    /// First value of the parameter; nullopt when absent or empty.
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;

    [[nodiscard]] bool flag(std::string_view name) const { return parameter(name) == "true"; }

    /// The checked number, or `otherwise`.
    [[nodiscard]] int integer(std::string_view name, int otherwise) const;
    /// A text member of the body, or empty.
    [[nodiscard]] std::string text(std::string_view name) const;
    /// A list of texts in the body, or empty.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

    [[nodiscard]] const city::City& city() const { return *definitions->city; }

    [[nodiscard]] Date today() const;

    /// Who is named in journal entries: the login, or "public".
    [[nodiscard]] std::string actor() const { return who.account.empty() ? "public" : who.account; }
};

/// The answer of a successful call; the status is the route's.
struct Answer {
    std::string body;
    http::Headers headers;
    std::string content_type = "application/json";
    std::shared_ptr<http::BodyStream> stream;
    int status = 0;  ///< 0: the route's
};

Answer json_answer(const json::value& value);
Answer json_answer(const json::object& object);

/// A change: `work` runs on the writer and gives the reply's JSON; `respond` makes the answer from
/// it after the commit (also from the stored reply of an earlier request with the same
/// Idempotency-Key).
struct Write {
    std::function<Result<std::string>(services::UnitOfWork&)> work;
    std::function<Result<Answer>(std::string)> respond;
};

/// A change that does not go through the writer: `start` is called with the Idempotency-Key of the
/// request, scoped to its caller (empty: none), and a digest of the request. It hands the work on
/// before it returns and calls `done` once, on any thread, when the change is durable.
struct Later {
    using Done = std::function<void(Result<Answer>)>;
    std::function<void(std::string key, std::string fingerprint, Done done)> start;
};

using Outcome = std::variant<Answer, Write, Later>;
using Handle = Result<Outcome> (*)(const Call&);

/// Who may call a route.
struct Gate {
    enum class Kind { Anyone, SignedIn, Permitted };

    Kind kind = Kind::Anyone;
    access::Permission permission = access::Permission::ReadCase;
};

inline constexpr Gate kAnyone{};
inline constexpr Gate kSignedIn{Gate::Kind::SignedIn};

constexpr Gate permitted(access::Permission permission) {
    return {Gate::Kind::Permitted, permission};
}

/// One row of the route table: the router, the OpenAPI document and the rights tests come from it.
struct Route {
    std::string_view method;
    std::string_view path;  ///< below kBasePath, e.g. "/cases/{case}/timeline"
    Gate gate;
    int status = 200;
    std::string_view name;  ///< operationId
    std::string_view zh;
    std::string_view en;
    std::string_view parameters;  ///< names from the parameter table, separated by spaces
    std::string_view body;        ///< a schema, "bytes" or empty
    std::string_view reply;       ///< "Case", "list Case", a media type, or empty for no content
    Handle handle = nullptr;
    bool repeatable = false;  ///< takes an Idempotency-Key
    bool limited = false;     ///< without an account only as often as ReportLimit allows
    bool reads = false;       ///< changes nothing, though it is no GET
};

std::span<const Route> routes();
std::span<const Route> sensing_routes();   ///< those of them in routes_sensing.cpp
std::span<const Route> response_routes();  ///< those of them in routes_response.cpp

/// What the router found.
struct Match {
    const Route* route = nullptr;
    Pairs path;
    std::string allowed;  ///< methods of the address, for 405; empty when there is no such address
};

/// `segments` are the decoded path segments after the base path.
Match match_route(std::string_view method, std::span<const std::string> segments);

}  // namespace chengshu::api
