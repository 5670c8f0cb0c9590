#pragma once

#include "base/result.hpp"
#include "domain/sensing/update.hpp"
#include "ports/message_broker.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>

namespace chengshu::mqtt_edge {

struct PublisherOptions {
    std::string topic_prefix;             ///< before "v1.1/"; empty, or ending with a slash
    std::size_t updates_max = 10'000;     ///< that wait to be published
    std::size_t bytes_max = 16'777'216;   ///< of the results among them
    std::int64_t observations_per_s = 0;  ///< 0: no limit
};

/// Since the start.
struct PublisherCounters {
    std::uint64_t published = 0;  ///< messages handed to the broker's connection
    std::uint64_t dropped = 0;    ///< messages without connection, or while too many bytes wait
    std::uint64_t skipped = 0;    ///< updates of which nothing was published: too many at once
    std::size_t waiting = 0;      ///< updates
};

/// Publishes what has changed, at most once, on a thread of its own. Never makes those wait who
/// bring changes: what is too much is left out and counted. Thread-safe.
class Publisher {
public:
    using Emit = std::function<void(const std::string& topic, const std::string& payload)>;
    /// Finds topics (without prefix) and payloads; on the publisher's thread.
    using Tell = std::function<Status(const sensing::Update&, const Emit&)>;
    using Problem = std::function<void(const std::string&)>;

    Publisher(Tell tell, PublisherOptions options, Problem problem);
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// Outlives the use of this object; without one nothing is published.
    void attach(ports::MessageBroker& broker) { broker_ = &broker; }

    void observed(std::span<const sensing::Observation> rows);
    void changed(std::span<const sensing::Update> updates);

    /// Publishes until close(). One thread.
    void work();
    void close();

    [[nodiscard]] PublisherCounters counters() const;

private:
    [[nodiscard]] std::size_t room_for_observations();
    void add(sensing::Update update);
    void publish(const sensing::Update& update);

    const Tell tell_;
    const PublisherOptions options_;
    const Problem problem_;
    std::atomic<ports::MessageBroker*> broker_{nullptr};
    bool failed_ = false;  ///< of the publisher's thread: the last update could not be told

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool closed_ = false;
    std::deque<sensing::Update> waiting_;
    std::size_t bytes_ = 0;
    std::chrono::steady_clock::time_point second_;  ///< since when `of_second_` is counted
    std::int64_t of_second_ = 0;
    PublisherCounters counters_;
};

}  // namespace chengshu::mqtt_edge
