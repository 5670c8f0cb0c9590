#include "services/engine.hpp"

#include "services/transitions.hpp"

#include <utility>

namespace chengshu::services {

Result<std::string> Engine::run_one(UnitOfWork& work, const Job& job) {
    if (!job.idempotency_key.empty()) {
        CS_TRY(seen, work.idempotency(job.idempotency_key));
        if (seen && seen->fingerprint != job.fingerprint) {
            return fail(ErrorCode::IdempotencyMismatch, "this Idempotency-Key was used for another request", "Idempotency-Key");
        }
        if (seen) {
            return seen->response;
        }
    }
    const auto mark = work.mark();
    auto reply = job.work(work);
    if (!reply) {
        work.rollback(mark);
        return reply;
    }
    if (!job.idempotency_key.empty()) {
        work.stage_idempotency({job.idempotency_key, job.fingerprint, *reply, to_millis(work.now())});
    }
    return reply;
}

Status Engine::commit(UnitOfWork& work) {
    auto changes = work.take();
    if (!changes) {
        work.failed();
        return Failure{std::move(changes).error()};
    }
    if (changes->empty()) {
        return ok();
    }
    if (auto done = store_.commit(*changes); !done) {
        work.failed();
        return done;
    }
    work.committed();
    if (listener_ && !changes->journal.empty()) {
        listener_(work.head());
    }
    return ok();
}

void Engine::run(std::vector<Job> jobs) {
    UnitOfWork work(store_, definitions_.get(), memory_, clock_.now());
    std::vector<Result<std::string>> replies;
    replies.reserve(jobs.size());
    auto ready = work.begin();
    if (ready) {
        for (const auto& job : jobs) {
            replies.push_back(run_one(work, job));
        }
        ready = commit(work);
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (ready) {
            jobs[i].done(std::move(replies[i]));
        } else if (i < replies.size() && !replies[i]) {
            jobs[i].done(std::move(replies[i]));  // refused on its merits, whatever the commit did
        } else {
            jobs[i].done(Failure{ready.error()});
        }
    }
}

Result<int> Engine::run_timers(int limit) {
    const auto now = clock_.now();
    CS_TRY(due, store_.due_timers(to_millis(now), limit));
    if (due.empty()) {
        return 0;
    }
    UnitOfWork work(store_, definitions_.get(), memory_, now);
    CS_CHECK(work.begin());
    for (const auto id : due) {
        const auto mark = work.mark();
        if (auto fired = fire_timers(work, id); !fired) {
            work.rollback(mark);
            return Failure{fired.error()};
        }
    }
    CS_CHECK(commit(work));
    return static_cast<int>(due.size());
}

Status Engine::prune() {
    CS_CHECK(store_.prune_idempotency(to_millis(clock_.now() - kIdempotencyKept), 1000));
    return ok();
}

}  // namespace chengshu::services
