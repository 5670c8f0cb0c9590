#include "writer_thread.hpp"

#include <utility>

namespace chengshu::app {
namespace {

/// Committed batches that may wait for the disk beside those that are being synced.
constexpr std::size_t kWaitingMax = 1;

}  // namespace

WriterThread::WriterThread(
    services::Engine& engine,
    std::size_t queue,
    std::size_t batch,
    std::function<void(const Error&)> broken
)
    : engine_(engine),
      queue_(queue),
      batch_(batch),
      broken_(std::move(broken)),
      acknowledger_([this] { acknowledge(); }),
      thread_([this] { run(); }) {}

WriterThread::~WriterThread() {
    stop();
}

bool WriterThread::submit(services::Job job) {
    const bool taken = queue_.try_push(std::move(job));
    refused_ += taken ? 0 : 1;
    return taken;
}

void WriterThread::stop() {
    queue_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
    if (acknowledger_.joinable()) {
        acknowledger_.join();
    }
}

void WriterThread::run() {
    while (true) {
        auto jobs = queue_.pop_batch(batch_);
        if (jobs.empty()) {
            break;
        }
        jobs_ += jobs.size();
        ++batches_;
        hand_over(engine_.execute(std::move(jobs)));
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
}

/// Waits while too many batches wait for the disk: meanwhile the next one grows.
void WriterThread::hand_over(services::Engine::Batch batch) {
    std::unique_lock lock(mutex_);
    committed_.push_back(std::move(batch));
    changed_.notify_all();
    changed_.wait(lock, [this] { return committed_.size() < kWaitingMax; });
}

void WriterThread::acknowledge() {
    bool whole = true;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ended_ || !committed_.empty(); });
        if (committed_.empty()) {
            return;
        }
        auto batches = std::exchange(committed_, {});
        lock.unlock();
        changed_.notify_all();
        const auto done = engine_.acknowledge(std::move(batches));
        if (!done && std::exchange(whole, false)) {
            queue_.close();
            broken_(done.error());
        }
        lock.lock();
    }
}

}  // namespace chengshu::app
