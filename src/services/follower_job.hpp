#pragma once

#include "services/engine.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace chengshu::services {

/// What a follower does: it looks at something up to a cursor, commits what comes of it together
/// with the new cursor, and remembers in memory what it has committed.
template <class Outcome>
struct FollowerSteps {
    /// Reads again what is committed.
    std::function<Status(ports::Store&)> load;
    /// Stages what is to be committed.
    std::function<Result<Outcome>(UnitOfWork&)> evaluate;
    /// The commit has been made, or has not.
    std::function<void(bool committed)> settle;
    std::function<void(Result<Outcome>)> done;
};

/// One commit of a follower. `doubtful` is the follower's own, for the writer's thread: a commit
/// may have been made without anybody knowing. Then the next job only loads, which clears it, and
/// what it was to commit is looked at again from where the follower really is.
template <class Outcome>
Job follower_job(bool& doubtful, FollowerSteps<Outcome> steps) {
    struct Shared {
        FollowerSteps<Outcome> steps;
        Outcome outcome;
    };

    auto shared = std::make_shared<Shared>();
    shared->steps = std::move(steps);
    Job out;
    out.work = [shared, &doubtful](UnitOfWork& work) -> Result<std::string> {
        if (doubtful) {
            CS_CHECK(shared->steps.load(work.store()));
            doubtful = false;
            return std::string("{}");
        }
        CS_TRY(found, shared->steps.evaluate(work));
        shared->outcome = std::move(found);
        return std::string("{}");
    };
    out.settled = [shared, &doubtful](const Result<std::string>& reply) {
        shared->steps.settle(reply.has_value());
        doubtful = doubtful || (!reply && reply.error().code == ErrorCode::OutcomeUnknown);
    };
    out.done = [shared](Result<std::string> reply) {
        if (reply) {
            shared->steps.done(std::move(shared->outcome));
        } else {
            shared->steps.done(Failure{std::move(reply).error()});
        }
    };
    return out;
}

}  // namespace chengshu::services
