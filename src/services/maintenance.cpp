#include "services/maintenance.hpp"

#include "services/transitions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace chengshu::services {
namespace {

/// Those that may be tried now. The store gives the earliest first, which those that wait are, so
/// that many more are asked for.
Result<std::vector<CaseId>> due_now(UnitOfWork& work, TimerBackoff& backoff, int limit) {
    const auto asked = static_cast<std::size_t>(limit) + backoff.postponed();
    CS_TRY(due, work.store().due_timers(to_millis(work.now()), static_cast<int>(asked)));
    if (due.size() < asked && backoff.postponed() > 0) {
        const std::unordered_set<CaseId> all(due.begin(), due.end());
        backoff.forget(work.now(), [&](CaseId id) { return all.contains(id); });
    }
    std::erase_if(due, [&](CaseId id) { return backoff.waits(id, work.now()); });
    due.resize(std::min(due.size(), static_cast<std::size_t>(limit)));
    return due;
}

}  // namespace

bool TimerBackoff::waits(CaseId id, Instant now) const {
    const auto found = waits_.find(id);
    return found != waits_.end() && now < found->second.until;
}

Duration TimerBackoff::failed(CaseId id, Instant now) {
    ++failures_;
    const auto found = waits_.find(id);
    if (found == waits_.end() && waits_.size() >= policy_.cases_max) {
        return Duration{};
    }
    auto& wait = waits_[id];
    auto time = policy_.first_wait;
    for (int i = 0; i < wait.failures && time < policy_.longest_wait; ++i) {
        time *= 2;
    }
    time = std::min(time, policy_.longest_wait);
    ++wait.failures;
    wait.until = now + time;
    postponed_ = waits_.size();
    return time;
}

void TimerBackoff::fired(CaseId id) {
    if (waits_.erase(id) > 0) {
        postponed_ = waits_.size();
    }
}

void TimerBackoff::forget(Instant now, const std::function<bool(CaseId)>& due) {
    std::erase_if(waits_, [&](const auto& item) {
        return item.second.until <= now && !due(item.first);
    });
    postponed_ = waits_.size();
}

Status forget_old_keys(ports::Store& store, Instant now) {
    CS_CHECK(store.prune_idempotency(to_millis(now - kIdempotencyKept), kKeysForgotten));
    return ok();
}

Job warm_up_job() {
    Job job;
    job.work = [](UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(work.know_open_cases());
        return std::string{};
    };
    job.done = [](const Result<std::string>&) {};  // a failure will be the first report's, too
    return job;
}

Job maintenance_job(
    TimerBackoff& backoff,
    int limit,
    std::function<void(Result<std::string>)> done
) {
    Job job;
    job.done = std::move(done);
    job.work = [&backoff, limit](UnitOfWork& work) -> Result<std::string> {
        CS_TRY(due, due_now(work, backoff, limit));
        boost::json::array failed;
        for (const auto id : due) {
            const auto mark = work.mark();
            const auto fired = fire_timers(work, id);
            if (fired) {
                backoff.fired(id);
                continue;
            }
            work.rollback(mark);
            // A store that does not answer is not the case's fault: it is tried again at once.
            const auto wait = error_info(fired.error().code).retryable
                                  ? Duration{}
                                  : backoff.failed(id, work.now());
            failed.emplace_back(fmt::format(
                "case {}: {}; tried again in {} s",
                cases::format_case_id(id),
                fired.error().context,
                std::chrono::ceil<std::chrono::seconds>(wait).count()
            ));
        }
        return boost::json::serialize(boost::json::object{
            {"fired", static_cast<std::int64_t>(due.size() - failed.size())},
            {"failed", std::move(failed)}
        });
    };
    return job;
}

}  // namespace chengshu::services
