#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/engine.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <unordered_map>

namespace chengshu::services {

struct BackoffPolicy {
    Duration first_wait = std::chrono::minutes{1};  ///< doubles with every failure in a row
    Duration longest_wait = std::chrono::hours{6};
    std::size_t cases_max = 50'000;  ///< more are tried again every time
};

/// Cases whose timers could not be fired, and when each is tried again, so that they do not hold up
/// the others. In memory only: after a restart each is tried once more at once. Changed on the
/// writer's thread alone; the counts may be read from any thread.
class TimerBackoff {
public:
    explicit TimerBackoff(BackoffPolicy policy = {}) : policy_(policy) {}

    [[nodiscard]] bool waits(CaseId id, Instant now) const;
    /// Gives how long it waits now.
    Duration failed(CaseId id, Instant now);
    void fired(CaseId id);
    /// Forgets whose wait is over at `now` and for whom `due` is false: somebody has mended them.
    void forget(Instant now, const std::function<bool(CaseId)>& due);

    /// Cases that wait.
    [[nodiscard]] std::size_t postponed() const { return postponed_; }

    /// Failures since the start.
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    struct Wait {
        int failures = 0;
        Instant until;
    };

    BackoffPolicy policy_;
    std::unordered_map<CaseId, Wait> waits_;
    std::atomic<std::size_t> postponed_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
};

/// Forgets idempotency keys that are no longer kept, at most so many at a time: about once a second
/// this is more than commands bring. Not on the writer's thread, which would wait for the tables.
inline constexpr int kKeysForgotten = 20'000;
Status forget_old_keys(ports::Store& store, Instant now);

/// Reads what the first report would have to wait for. To be submitted first.
Job warm_up_job();

/// Fires what is due, at most `limit` cases. To be submitted
/// about once a second, one at a time; the reply is {"fired": n, "failed": [case number: reason]}.
/// A case that cannot be ticked is postponed in `backoff`, which outlives the job.
Job maintenance_job(
    TimerBackoff& backoff,
    int limit,
    std::function<void(Result<std::string>)> done
);

}  // namespace chengshu::services
