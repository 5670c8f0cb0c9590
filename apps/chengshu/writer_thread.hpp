#pragma once

#include "base/bounded_queue.hpp"
#include "services/engine.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace chengshu::app {

/// The one thread that changes the store: takes what has come together since the last commit, runs
/// it as one batch. A second thread makes the commits durable and gives the replies, while the
/// first is at the next batch.
class WriterThread final : public services::Submitter {
public:
    /// `broken` is called once, on the second thread, when a commit could not be made durable: all
    /// who wait get OutcomeUnknown, and the process must end.
    WriterThread(
        services::Engine& engine,
        std::size_t queue,
        std::size_t batch,
        std::function<void(const Error&)> broken
    );
    WriterThread(const WriterThread&) = delete;
    WriterThread& operator=(const WriterThread&) = delete;
    ~WriterThread() override;

    bool submit(services::Job job) override;
    /// Refuses new jobs, finishes those in the queue, ends the threads. Idempotent.
    void stop();

    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

    [[nodiscard]] std::uint64_t batches() const { return batches_; }

    [[nodiscard]] std::uint64_t jobs() const { return jobs_; }

    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    void run();
    void acknowledge();
    void hand_over(services::Engine::Batch batch);

    services::Engine& engine_;
    BoundedQueue<services::Job> queue_;
    const std::size_t batch_;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> jobs_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::function<void(const Error&)> broken_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<services::Engine::Batch> committed_;  ///< wait for the disk
    bool ended_ = false;                              ///< no batch comes any more
    std::thread acknowledger_;
    std::thread thread_;
};

}  // namespace chengshu::app
