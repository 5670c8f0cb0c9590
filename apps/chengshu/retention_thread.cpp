#include "retention_thread.hpp"

#include <utility>

namespace chengshu::app {

RetentionThread::RetentionThread(
    services::Retention& retention,
    std::chrono::milliseconds interval,
    std::function<void(const std::string&)> problem
)
    : retention_(retention),
      interval_(interval),
      problem_(std::move(problem)),
      thread_([this] { run(); }) {}

RetentionThread::~RetentionThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

bool RetentionThread::rest(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

Status RetentionThread::pass() {
    CS_CHECK(retention_.begin());
    while (true) {
        const auto begun = std::chrono::steady_clock::now();
        CS_TRY(done, retention_.step());
        if (!done) {
            return ok();
        }
        counters_.rows_removed += done->rows_removed;
        counters_.hours_written += done->hours_written;
        counters_.hours_removed += done->hours_removed;
        const auto took = std::chrono::steady_clock::now() - begun;
        if (!rest(std::chrono::ceil<std::chrono::milliseconds>(took))) {
            return ok();
        }
    }
}

void RetentionThread::run() {
    do {
        if (const auto done = pass(); !done) {
            problem_("retention: " + done.error().context);
        }
    } while (rest(interval_));
}

}  // namespace chengshu::app
