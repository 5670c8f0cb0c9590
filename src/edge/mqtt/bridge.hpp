#pragma once

#include "edge/http/message.hpp"
#include "ports/message_broker.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::mqtt_edge {

struct BridgeOptions {
    std::string topic_prefix;            ///< before "v1.1/"; empty, or ending with a slash
    std::string path = "/sensorthings";  ///< of the SensorThings handler
    std::string token;      ///< bearer token of the account on whose behalf messages are taken
    std::string client_id;  ///< ours at the broker
    /// Called for each topic (without prefix) of which the broker says that somebody else has
    /// subscribed to it: mosquitto with `log_dest topic` and `log_type subscribe` does. Null: the
    /// broker is not asked. On the broker's thread.
    std::function<void(std::string_view topic)> subscribed;
    /// The broker does say so. May be null.
    std::function<void()> hears;
    std::chrono::milliseconds retry{1'000};  ///< before a message is tried again
};

/// Since the start.
struct BridgeCounters {
    std::uint64_t taken = 0;     ///< messages whose observation is durable
    std::uint64_t rejected = 0;  ///< that were wrong, and are wrong however often they come
    std::uint64_t retried = 0;
    std::uint64_t dropped = 0;  ///< QoS 0 while there was no room
    std::size_t held = 0;       ///< messages that wait to be tried again
};

/// Observations over an MQTT broker (18-088, 14.1): messages to v1.1/Observations and
/// v1.1/Datastreams(1)/Observations make observations. A message is acknowledged when its
/// observation is durable, or when it is wrong; while the server is overloaded it is kept and tried
/// again. Thread-safe.
class Bridge {
public:
    using Problem = std::function<void(const std::string&)>;

    Bridge(http::Handler& sensorthings, BridgeOptions options, Problem problem);
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    /// What to subscribe to.
    [[nodiscard]] std::vector<std::string> filters() const;
    /// What a broker may refuse; to be asked for before the others.
    [[nodiscard]] std::vector<std::string> optional_filters() const;

    /// Whom to answer; messages that come earlier wait. Outlives the use of this object.
    void attach(ports::MessageBroker& broker) { broker_ = &broker; }

    void receive(ports::BrokerMessage message);

    /// Tries again what could not be taken, until close(). One thread.
    void work();
    void close();

    [[nodiscard]] BridgeCounters counters() const;

private:
    using Message = std::shared_ptr<ports::BrokerMessage>;
    using Time = std::chrono::steady_clock::time_point;

    [[nodiscard]] std::string_view address_of(std::string_view topic) const;
    void take(const Message& message);
    void answered(const Message& message, const http::Response& response);
    void reject(const Message& message, std::string_view why);
    void hold(const Message& message);
    void hear(const Message& message);

    http::Handler& sensorthings_;
    const BridgeOptions options_;
    const Problem problem_;
    std::atomic<ports::MessageBroker*> broker_{nullptr};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool closed_ = false;
    std::deque<Message> held_;
    BridgeCounters counters_;
};

}  // namespace chengshu::mqtt_edge
