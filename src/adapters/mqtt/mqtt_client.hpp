#pragma once

#include "base/result.hpp"
#include "ports/message_broker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::mqtt {

struct ClientOptions {
    std::string host;
    std::uint16_t port = 1883;
    bool tls = false;
    std::string ca_file;  ///< PEM; empty: the system's
    std::string client_id;
    std::string user;
    std::string password;
    std::vector<std::string> filters;  ///< what to receive, with QoS 1
    /// Likewise, asked for before the others; the broker may refuse them.
    std::vector<std::string> optional_filters;
    /// How long the broker keeps for us what arrives while we are away; 0: not at all.
    std::chrono::seconds session_expiry{24 * 3600};
    /// Messages that wait for acknowledge(); the broker sends no more until some are.
    std::uint16_t in_flight = 10'000;
    std::size_t message_max = 1024 * 1024;
    std::size_t publish_bytes = 16 * 1024 * 1024;  ///< waiting to be written
    std::chrono::seconds keep_alive{30};
    std::chrono::milliseconds patience{10'000};    ///< for connecting and for the broker's answers
    std::chrono::milliseconds retry_first{500};    ///< doubles with each failure …
    std::chrono::milliseconds retry_last{30'000};  ///< … up to this
};

/// Since the start.
struct ClientCounters {
    bool connected = false;
    std::uint64_t connections = 0;
    std::uint64_t received = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t published = 0;
    std::uint64_t refused = 0;  ///< publications without connection or with a full queue
};

/// "mqtt://host[:1883]" or "mqtts://host[:8883]" into the options. InvalidInput otherwise.
Status read_url(std::string_view url, ClientOptions& options);

/// An MQTT 5 client with a thread of its own. Messages with QoS 1 are acknowledged when the
/// receiver says so and not before: the broker keeps them until then.
class MqttClient final : public ports::MessageBroker {
public:
    /// On the client's thread; must be quick.
    using Receive = std::function<void(ports::BrokerMessage)>;
    /// One line for the operator, without secrets; `connected` says what follows.
    using Problem = std::function<void(const std::string&)>;

    /// Starts connecting; a broker that is not there is retried, with growing pauses.
    MqttClient(ClientOptions options, Receive receive, Problem problem);
    MqttClient(const MqttClient&) = delete;
    MqttClient& operator=(const MqttClient&) = delete;
    /// Leaves the broker; messages that were not acknowledged stay with it.
    ~MqttClient() override;

    void acknowledge(std::uint64_t ticket) override;
    bool publish(std::string topic, std::string payload) override;

    [[nodiscard]] ClientCounters counters() const;

private:
    struct Impl;

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::mqtt
