#include "services/engine.hpp"

#include <utility>

namespace chengshu::services {

Result<std::string> Engine::run_one(UnitOfWork& work, const Job& job) {
    if (!job.idempotency_key.empty()) {
        CS_TRY(seen, work.idempotency(job.idempotency_key));
        if (seen && seen->fingerprint != job.fingerprint) {
            return fail(
                ErrorCode::IdempotencyMismatch,
                "this Idempotency-Key was used for another request",
                "Idempotency-Key"
            );
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
        work.stage_idempotency({job.idempotency_key, job.fingerprint, *reply, to_millis(work.now())}
        );
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
    if (listener_) {
        listener_(*changes, work.head());
    }
    return ok();
}

void Engine::run(std::vector<Job> jobs) {
    UnitOfWork work(store_, definitions_.get(), memory_, clock_.now());
    std::vector<Result<std::string>> replies;
    replies.reserve(jobs.size());
    std::vector<std::string> keys;
    for (const auto& job : jobs) {
        if (!job.idempotency_key.empty()) {
            keys.push_back(job.idempotency_key);
        }
    }
    auto ready = work.begin();
    if (ready) {
        ready = work.expect_keys(keys);
    }
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

}  // namespace chengshu::services
