#pragma once

#include "base/result.hpp"
#include "readings/readings.hpp"

#include <cstdint>
#include <string>

namespace chengshu::load {

struct MqttConfig {
    std::string host = "127.0.0.1";  ///< an IP address
    std::uint16_t port = 1883;
    std::size_t connections = 4;
    std::uint16_t window = 1'000;  ///< messages of a connection that wait for their acknowledgement
    std::int64_t messages = 100'000;
    Fleet fleet;
    /// A subscriber that acknowledges everything and drops it: the broker's own rate.
    bool drain = false;
};

struct MqttResult {
    double published_s = 0;  ///< until the broker had acknowledged the last message
    double drained_s = 0;    ///< until the subscriber had received as many; 0 without one
};

/// Publishes readings with QoS 1 to v1.1/Datastreams(n)/Observations, MQTT 5, as fast as the broker
/// acknowledges. StorageUnavailable when the broker refuses or falls silent.
Result<MqttResult> publish_readings(const MqttConfig& config);

}  // namespace chengshu::load
