#pragma once

#include "adapters/memory/memory_store.hpp"
#include "edge/api/api.hpp"
#include "services/engine.hpp"
#include "services/live_indicators.hpp"

#include <boost/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::api {

namespace json = boost::json;

class FakeClock final : public ports::Clock {
public:
    Instant now() override { return now_; }

    void set(Instant now) { now_ = now; }

    void pass(Duration time) { now_ += time; }

private:
    Instant now_ = *parse_rfc3339("2025-09-16T02:00:00Z");  // a Tuesday, 10:00 in the test city
};

/// Predictable, quick, and unlike each other for unlike inputs.
class FakeSecrets final : public ports::Secrets {
public:
    std::string random_token(std::size_t bytes) override;
    Result<std::string> hash_password(std::string_view password) override;
    bool verify_password(std::string_view password, std::string_view encoded) override;
    std::string sha256(std::string_view bytes) override;
    std::string hmac_sha256(std::string_view key, std::string_view bytes) override;

private:
    int made_ = 0;
};

class MemoryBlobs final : public ports::Blobs {
public:
    explicit MemoryBlobs(ports::Secrets& secrets) : secrets_(secrets) {}

    Result<std::string> put(std::string_view bytes) override;
    Result<std::optional<std::string>> get(std::string_view sha256) override;
    Result<bool> has(std::string_view sha256) override;

private:
    ports::Secrets& secrets_;
    std::map<std::string, std::string, std::less<>> blobs_;
};

/// Executes each job at once, in a batch of its own; refuses all while `full`.
class InlineSubmitter final : public services::Submitter {
public:
    explicit InlineSubmitter(services::Engine& engine) : engine_(engine) {}

    bool submit(services::Job job) override;

    bool full = false;

private:
    services::Engine& engine_;
};

/// What came back.
struct Reply {
    int status = 0;
    http::Headers headers;
    std::string text;
    std::shared_ptr<http::BodyStream> stream;

    /// The body as JSON; null when it is none.
    [[nodiscard]] json::value body() const;
    /// A member below the body, "a.b.0.c"; null when there is none.
    [[nodiscard]] json::value at(std::string_view path) const;
    /// The list there; empty when there is none.
    [[nodiscard]] json::array list(std::string_view path) const;
    /// The same as text.
    [[nodiscard]] std::string text_at(std::string_view path) const;
};

/// A whole server without sockets over the test city, with an account and a token for each of its
/// demo accounts, and for "acceptor-west", "dispatcher-west" and "leader-west", whose posts cover
/// the western district only.
class World {
public:
    World();

    /// `who` is a login, or empty for the public. A body is sent as JSON.
    Reply call(
        std::string_view who,
        std::string_view method,
        std::string_view path,
        std::string_view body = "",
        std::vector<std::pair<std::string, std::string>> headers = {}
    );

    Reply get(std::string_view who, std::string_view path) { return call(who, "GET", path); }

    Reply post(std::string_view who, std::string_view path, const json::value& body) {
        return call(who, "POST", path, json::serialize(body));
    }

    /// Files a report at a point of the eastern district; gives the case's number.
    std::string report(std::string_view category, double lon = 116.35, double lat = 40.05);
    /// One action; the case's state afterwards, or the problem's code.
    std::string act(std::string_view who, const std::string& number, json::object body);

    FakeClock clock;
    FakeSecrets secrets;
    memory::MemoryStore store;
    MemoryBlobs blobs{secrets};
    services::CurrentDefinitions definitions;
    services::Engine engine{store, clock, definitions};
    InlineSubmitter submitter{engine};
    services::Principals principals{store, secrets};
    services::LiveIndicators live{store, definitions, nullptr};
    Api api{
        store,
        clock,
        secrets,
        blobs,
        definitions,
        submitter,
        Options{.live = &live, .principals = &principals}
    };

    static std::string token_of(std::string_view login) { return "token-" + std::string(login); }
};

}  // namespace chengshu::api
