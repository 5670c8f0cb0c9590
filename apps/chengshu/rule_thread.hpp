#pragma once

#include "ports/clock.hpp"
#include "services/response/watch.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace chengshu::app {

/// Judges the warning rules as periods end and as values change, and looks after what is open:
/// escalation, tasks of plans, late reports. On a thread of its own, one commit at a time.
class RuleThread {
public:
    RuleThread(
        services::RuleWatch& rules,
        ports::Store& store,
        ports::Clock& clock,
        services::Submitter& submitter,
        std::function<void(const std::string&)> problem
    );
    RuleThread(const RuleThread&) = delete;
    RuleThread& operator=(const RuleThread&) = delete;
    /// Waits for the commit that is under way; the submitter must still answer.
    ~RuleThread();

    /// Values may have changed. Any thread. Under load many calls make one look.
    void wake();

private:
    void run();
    /// Until there is something to do, and not too soon after the last time; false: it is to end.
    bool wait(bool more);
    /// Whether there is more to judge already.
    bool judge();
    void tend();
    /// Hands a job to the writer and waits for its end; false when it was not taken.
    bool do_job(services::Job job);

    services::RuleWatch& rules_;
    ports::Store& store_;
    ports::Clock& clock_;
    services::Submitter& submitter_;
    std::function<void(const std::string&)> problem_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool woken_ = false;
    // Of its own thread.
    std::chrono::steady_clock::time_point looked_;
    std::chrono::steady_clock::time_point tended_;
    std::thread thread_;
};

}  // namespace chengshu::app
