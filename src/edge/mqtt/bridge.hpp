#pragma once

#include "domain/sensing/observation.hpp"
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
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::mqtt_edge {

struct BridgeOptions {
    std::string topic_prefix;            ///< before "v1.1/"; empty, or ending with a slash
    std::string path = "/sensorthings";  ///< of the SensorThings handler
    std::string token;  ///< bearer token of the account on whose behalf messages are taken
    /// What is published of new observations, below a version: "Observations",
    /// "Observations?$select=result,phenomenonTime". Empty: nothing.
    std::vector<std::string> publish;
    std::size_t publish_waiting = 10'000;    ///< observations; more are not published
    std::chrono::milliseconds retry{1'000};  ///< before a message is tried again
};

/// Since the start.
struct BridgeCounters {
    std::uint64_t taken = 0;     ///< messages whose observation is durable
    std::uint64_t rejected = 0;  ///< that were wrong, and are wrong however often they come
    std::uint64_t retried = 0;
    std::uint64_t dropped = 0;  ///< QoS 0 while there was no room
    std::uint64_t published = 0;
    std::uint64_t unpublished = 0;  ///< topics that could not be published
    std::size_t held = 0;           ///< messages that wait to be tried again
};

/// SensorThings over an MQTT broker (18-088, 14): messages to v1.1/Observations and
/// v1.1/Datastreams(1)/Observations make observations, and new observations are published to the
/// same topics. A message is acknowledged when its observation is durable, or when it is wrong;
/// while the server is overloaded it is kept and tried again. Thread-safe.
class Bridge {
public:
    using Problem = std::function<void(const std::string&)>;
    /// "Datastreams", "MultiDatastreams", or empty for a stream that is gone.
    using SetOf = std::function<std::string_view(std::int64_t stream)>;

    Bridge(http::Handler& sensorthings, BridgeOptions options, SetOf set_of, Problem problem);
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    /// What to subscribe to.
    [[nodiscard]] std::vector<std::string> filters() const;

    /// Whom to answer; messages that come earlier wait. Outlives the use of this object.
    void attach(ports::MessageBroker& broker) { broker_ = &broker; }

    void receive(ports::BrokerMessage message);
    /// New observations, to be published by work(). Quick.
    void observed(std::span<const sensing::Observation> rows);

    /// Publishes and tries again, until close(). One thread.
    void work();
    void close();

    [[nodiscard]] BridgeCounters counters() const;

private:
    using Message = std::shared_ptr<ports::BrokerMessage>;
    using Time = std::chrono::steady_clock::time_point;

    struct Fresh {
        std::int64_t id = 0;
        std::int64_t stream = 0;
    };

    [[nodiscard]] std::string_view address_of(std::string_view topic) const;
    void take(const Message& message);
    void answered(const Message& message, const http::Response& response);
    void reject(const Message& message, std::string_view why);
    void hold(const Message& message);
    void publish(const Fresh& fresh);

    http::Handler& sensorthings_;
    const BridgeOptions options_;
    const SetOf set_of_;
    const Problem problem_;
    std::atomic<ports::MessageBroker*> broker_{nullptr};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool closed_ = false;
    std::deque<Message> held_;
    std::deque<Fresh> fresh_;
    BridgeCounters counters_;
};

}  // namespace chengshu::mqtt_edge
