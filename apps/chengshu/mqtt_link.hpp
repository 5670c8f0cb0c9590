#pragma once

#include "adapters/mqtt/mqtt_client.hpp"
#include "base/result.hpp"
#include "edge/mqtt/bridge.hpp"
#include "edge/mqtt/publisher.hpp"
#include "edge/sensorthings/live.hpp"
#include "services/sensing/ingest.hpp"
#include "settings.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace chengshu::app {

/// What the service document says of MQTT; null when mqtt.url is empty.
std::unique_ptr<sensorthings::MqttDoor> mqtt_door(const Settings& settings);

/// The connection to the MQTT broker that the settings name.
class MqttLink {
public:
    using Problem = std::function<void(const std::string&)>;

    /// `handler` answers SensorThings requests, for which `ports` are; all outlive the link. Before
    /// the first change of an entity.
    static Result<std::unique_ptr<MqttLink>> make(
        const Settings& settings,
        http::Handler& handler,
        const sensorthings::Ports& ports,
        services::Ingest& ingest,
        sensorthings::MqttDoor& door,
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

    /// For /metrics. Any thread.
    void append_metrics(std::string& out) const;

private:
    MqttLink() = default;

    std::unique_ptr<sensorthings::Live> live_;
    std::unique_ptr<mqtt_edge::Bridge> bridge_;
    std::unique_ptr<mqtt_edge::Publisher> publisher_;
    std::unique_ptr<mqtt::MqttClient> client_;
    std::thread retrying_;
    std::thread publishing_;
};

}  // namespace chengshu::app
