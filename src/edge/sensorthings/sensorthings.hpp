#pragma once

#include "edge/http/message.hpp"
#include "ports/clock.hpp"
#include "ports/secrets.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"
#include "services/principals.hpp"
#include "services/sensing/entities.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensorthings {

/// What the service document says of MQTT (18-088, 14).
struct MqttDoor {
    std::vector<std::string> endpoints;  ///< how clients reach the broker: "mqtt://city.example"
    /// Whether subscribers of every topic are told, not only of those that are always published.
    std::atomic<bool> tells_all = false;
};

struct Options {
    /// How clients reach the server, e.g. "https://city.example"; empty: as each request says.
    std::string public_url;
    /// Before /v1.0 and /v1.1; empty, or beginning with a slash.
    std::string prefix = "/sensorthings";
    std::size_t body_max = std::size_t{10} * 1024 * 1024;
    int page_default = 100;
    int page_max = 1'000;
    /// Entities and observations that one reply holds, expanded ones included; what is left out
    /// stands behind nextLinks.
    std::size_t rows_max = 20'000;
    /// Steps that the filters and orders of one request may take.
    std::int64_t steps_max = 5'000'000;
    std::size_t batch_max = 100;  ///< requests in a $batch
    /// Remembers who holds a token; null: asked anew for each request.
    services::Principals* principals = nullptr;
    const MqttDoor* mqtt = nullptr;  ///< null: MQTT is off
};

/// What the handlers work with; everything outlives the SensorThings.
struct Ports {
    ports::Store& store;
    ports::Clock& clock;
    ports::Secrets& secrets;
    services::CurrentDefinitions& definitions;
    services::Submitter& submitter;
    services::SensingEntities& entities;
    Options options;
};

/// OGC SensorThings API 1.1 (18-088), sensing part, below <prefix>/v1.1 and /v1.0;
/// docs/sensorthings.md says what is offered. Thread-safe. Reads are answered on the caller's
/// thread; changes are handed to the submitter or to the door for observations, and answered when
/// they are durable.
class SensorThings final : public http::Handler {
public:
    explicit SensorThings(Ports ports);

    void handle(http::Request request, http::Reply reply) override;

private:
    Ports ports_;
};

}  // namespace chengshu::sensorthings
