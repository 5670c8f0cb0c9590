#pragma once

#include "edge/http/message.hpp"
#include "edge/tiles/city_tile.hpp"
#include "ports/blobs.hpp"
#include "ports/clock.hpp"
#include "ports/secrets.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"
#include "services/live_indicators.hpp"
#include "services/principals.hpp"
#include "services/report_limit.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/gateway.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace chengshu::api {

inline constexpr std::string_view kBasePath = "/api/v1";

struct Options {
    /// Marks the session cookie Secure even when the request came without TLS: set it behind a
    /// proxy that terminates TLS.
    bool secure_cookies = false;
    /// Lets webhooks go to loopback, private and link-local addresses.
    bool private_webhooks = false;
    /// The terminals; null: the routes below /things say that there are none here.
    services::SensingEntities* entities = nullptr;
    /// How often one address may report without an account; null: as often as it likes.
    services::ReportLimit* report_limit = nullptr;
    /// Takes observations; null: POST /observations says that there is no such thing here.
    services::Gateway* gateway = nullptr;
    /// Largest body of observations when it is unpacked, bytes.
    std::size_t observations_max = std::size_t{64} * 1024 * 1024;
    /// Live values of indicators; null: the feed says that there are none here.
    services::LiveIndicators* live = nullptr;
    /// Remembers who holds which token; null: the store is asked for each request.
    services::Principals* principals = nullptr;
};

class Feed;

/// What the handlers work with; everything outlives the Api.
struct Ports {
    ports::Store& store;
    ports::Clock& clock;
    ports::Secrets& secrets;
    ports::Blobs& blobs;
    services::CurrentDefinitions& definitions;
    services::Submitter& submitter;
    tiles::CityTiles& tiles;
    Options options;
    Feed* feed = nullptr;  ///< null: no live values
};

/// The REST interface below /api/v1; other targets are answered 404. Thread-safe. Reads are
/// answered on the caller's thread; writes are handed to the submitter and answered from its
/// `done`, so only after the commit.
class Api final : public http::Handler {
public:
    Api(ports::Store& store,
        ports::Clock& clock,
        ports::Secrets& secrets,
        ports::Blobs& blobs,
        services::CurrentDefinitions& definitions,
        services::Submitter& submitter,
        Options options = {});
    ~Api() override;

    void handle(http::Request request, http::Reply reply) override;

private:
    std::string next_request_id(const http::Request& request);

    tiles::CityTiles tiles_;
    std::unique_ptr<Feed> feed_;
    Ports ports_;
    std::string id_prefix_;
    std::atomic<std::uint64_t> requests_{0};
};

/// Whether a request that is no GET changes nothing and may take long, so that it is to be answered
/// on a thread for reads.
bool only_reads(const http::Request& request);

/// The OpenAPI 3.1 document of the routes, JSON; api/openapi.json is its committed copy.
std::string openapi_document();

}  // namespace chengshu::api
