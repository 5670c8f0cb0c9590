#pragma once

#include "base/bounded_queue.hpp"
#include "services/engine.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

namespace chengshu::app {

/// The one thread that changes the store: takes what has come together since the last commit, runs
/// it as one batch.
class WriterThread final : public services::Submitter {
public:
    WriterThread(services::Engine& engine, std::size_t queue, std::size_t batch);
    WriterThread(const WriterThread&) = delete;
    WriterThread& operator=(const WriterThread&) = delete;
    ~WriterThread() override;

    bool submit(services::Job job) override;
    /// Refuses new jobs, finishes those in the queue, ends the thread. Idempotent.
    void stop();

    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

    [[nodiscard]] std::uint64_t batches() const { return batches_; }

    [[nodiscard]] std::uint64_t jobs() const { return jobs_; }

    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    void run();

    services::Engine& engine_;
    BoundedQueue<services::Job> queue_;
    const std::size_t batch_;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> jobs_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::thread thread_;
};

}  // namespace chengshu::app
