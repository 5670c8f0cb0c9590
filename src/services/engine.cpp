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

Status Engine::commit(UnitOfWork& work, Batch& batch) {
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
        if (done.error().code == ErrorCode::OutcomeUnknown && doubt_) {
            doubt_(committed_);
        }
        return done;
    }
    work.committed();
    batch.committed = std::move(*changes);
    batch.head = work.head();
    committed_ = batch.head;
    return ok();
}

Engine::Batch Engine::execute(std::vector<Job> jobs) {
    UnitOfWork work(store_, definitions_.get(), memory_, clock_.now());
    Batch batch;
    batch.replies.reserve(jobs.size());
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
            batch.replies.push_back(run_one(work, job));
        }
        ready = commit(work, batch);
    }
    if (!ready) {
        batch.replies.resize(jobs.size(), Failure{ready.error()});
        for (auto& reply : batch.replies) {
            if (reply) {  // else refused on its merits, whatever the commit did
                reply = Failure{ready.error()};
            }
        }
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].settled) {
            jobs[i].settled(batch.replies[i]);
        }
    }
    batch.jobs = std::move(jobs);
    return batch;
}

Status Engine::acknowledge(std::vector<Batch> batches) {
    const auto durable = store_.sync();
    for (auto& batch : batches) {
        if (durable && batch.committed && listener_) {
            listener_(*batch.committed, batch.head);
        }
        for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
            if (durable) {
                batch.jobs[i].done(std::move(batch.replies[i]));
            } else {
                batch.jobs[i].done(Failure{durable.error()});
            }
        }
    }
    return durable;
}

void Engine::run(std::vector<Job> jobs) {
    std::vector<Batch> batches;
    batches.push_back(execute(std::move(jobs)));
    static_cast<void>(acknowledge(std::move(batches)));  // a failure is in every reply
}

}  // namespace chengshu::services
