#include "rule_thread.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace chengshu::app {
namespace {

constexpr std::chrono::seconds kLookInterval{1};
/// Between two looks, however much changes.
constexpr std::chrono::milliseconds kLookPause{200};

}  // namespace

RuleThread::RuleThread(
    services::RuleWatch& rules,
    ports::Store& store,
    ports::Clock& clock,
    services::Submitter& submitter,
    std::function<void(const std::string&)> problem
)
    : rules_(rules),
      store_(store),
      clock_(clock),
      submitter_(submitter),
      problem_(std::move(problem)),
      thread_([this] { run(); }) {}

RuleThread::~RuleThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void RuleThread::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_all();
}

bool RuleThread::wait(bool more) {
    std::unique_lock lock(mutex_);
    if (!more) {
        wake_.wait_for(lock, kLookInterval, [this] { return stopping_ || woken_; });
        wake_.wait_until(lock, looked_ + kLookPause, [this] { return stopping_; });
    }
    woken_ = false;
    return !stopping_;
}

void RuleThread::run() {
    bool more = false;
    bool judged = false;
    while (wait(more)) {
        looked_ = std::chrono::steady_clock::now();
        more = judge();
        judged = judged || more;
        // What is open is read for it: not as often as values change.
        if (!more && (std::exchange(judged, false) || looked_ - tended_ >= kLookInterval)) {
            tended_ = looked_;
            tend();
        }
    }
}

bool RuleThread::do_job(services::Job job) {
    std::mutex mutex;
    std::condition_variable finished;
    bool ended = false;
    auto done = std::move(job.done);
    job.done = [&](Result<std::string> reply) {
        done(std::move(reply));
        const std::lock_guard lock(mutex);
        ended = true;
        finished.notify_one();
    };
    if (!submitter_.submit(std::move(job))) {
        return false;  // the queue is full; tried again at the next look
    }
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return ended; });
    return true;
}

bool RuleThread::judge() {
    auto page = rules_.next(clock_.now());
    if (!page) {
        problem_("rules: " + page.error().context);
        return false;
    }
    if (!page->due()) {
        return false;
    }
    bool good = true;
    const bool taken =
        do_job(rules_.job(std::move(*page), [&](Result<services::AlertsOutcome> outcome) {
            if (!outcome) {
                good = false;
                problem_("rules: " + outcome.error().context);
                return;
            }
            for (const auto& line : outcome->problems) {
                problem_(line);
            }
        }));
    return taken && good;
}

void RuleThread::tend() {
    services::ResponseTending tending(store_);
    auto jobs = tending.round(clock_.now(), false, [this](const Status& done) {
        if (!done) {
            problem_("responses: " + done.error().context);
        }
    });
    if (!jobs) {
        problem_("responses: " + jobs.error().context);
        return;
    }
    for (auto& job : *jobs) {
        if (!do_job(std::move(job))) {
            return;
        }
    }
}

}  // namespace chengshu::app
