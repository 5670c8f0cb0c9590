#pragma once

#include "services/sensing/retention.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace chengshu::app {

/// Since the start.
struct RetentionCounters {
    std::atomic<std::int64_t> rows_removed = 0;
    std::atomic<std::int64_t> hours_written = 0;
    std::atomic<std::int64_t> hours_removed = 0;
};

/// Carries out the rules of retention.yaml at its interval, on a thread of its own; it rests as
/// long as it works.
class RetentionThread {
public:
    RetentionThread(
        services::Retention& retention,
        std::chrono::milliseconds interval,
        std::function<void(const std::string&)> problem
    );
    RetentionThread(const RetentionThread&) = delete;
    RetentionThread& operator=(const RetentionThread&) = delete;
    /// Waits for the step that is being done.
    ~RetentionThread();

    [[nodiscard]] const RetentionCounters& counters() const { return counters_; }

private:
    void run();
    /// Does a pass, unless it is stopped.
    Status pass();
    /// False when it is time to stop.
    bool rest(std::chrono::milliseconds time);

    services::Retention& retention_;
    const std::chrono::milliseconds interval_;
    std::function<void(const std::string&)> problem_;
    RetentionCounters counters_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace chengshu::app
