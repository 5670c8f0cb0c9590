#pragma once

#include "adapters/mqtt/mqtt_client.hpp"
#include "base/result.hpp"
#include "edge/mqtt/bridge.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/ingest.hpp"
#include "settings.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace chengshu::app {

/// The connection to an MQTT broker, when the settings name one.
class MqttLink {
public:
    using Problem = std::function<void(const std::string&)>;

    /// Null when mqtt.url is empty. `handler` answers SensorThings requests and outlives the link.
    static Result<std::unique_ptr<MqttLink>> make(
        const Settings& settings,
        http::Handler& handler,
        services::SensingEntities& entities,
        services::Ingest& ingest,
        Problem problem
    );
    MqttLink(const MqttLink&) = delete;
    MqttLink& operator=(const MqttLink&) = delete;
    /// Leaves the broker. Only after the ingest and the writer have stopped: until then they answer
    /// to the link.
    ~MqttLink();

    /// No further messages are taken; those that were taken are acknowledged while the ingest
    /// finishes. Idempotent.
    void stop();

private:
    MqttLink() = default;

    std::unique_ptr<mqtt_edge::Bridge> bridge_;
    std::unique_ptr<mqtt::MqttClient> client_;
    std::thread worker_;
};

}  // namespace chengshu::app
