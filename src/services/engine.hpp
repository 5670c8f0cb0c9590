#pragma once

#include "base/result.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/unit_of_work.hpp"

#include <functional>
#include <string>
#include <vector>

namespace chengshu::services {

/// A command on its way to the writer.
struct Job {
    /// Does the work on the unit of work; gives the reply, JSON. A failure leaves no trace.
    std::function<Result<std::string>(UnitOfWork&)> work;
    /// Called once, on the writer's thread, after the commit that holds the work (or has failed).
    std::function<void(Result<std::string>)> done;
    /// When set, the reply is kept with the commit and given again for the same key.
    std::string idempotency_key;
    std::string fingerprint;  ///< digest of the request, to tell a retry from a reused key
};

/// How long a retry with the same key gets the same reply.
inline constexpr std::chrono::hours kIdempotencyKept{24 * 7};

/// Takes jobs; false when its queue is full (answer Overloaded) or it is stopping.
class Submitter {
public:
    virtual ~Submitter() = default;
    virtual bool submit(Job job) = 0;
};

/// Executes jobs in batches: one commit for all of them, then the replies. One thread at a time.
class Engine {
public:
    Engine(ports::Store& store, ports::Clock& clock, CurrentDefinitions& definitions)
        : store_(store), clock_(clock), definitions_(definitions) {}

    void run(std::vector<Job> jobs);

    [[nodiscard]] ports::Store& store() { return store_; }

    /// Called after each commit and before its replies, with what it held and the journal's head.
    /// Set before the first run.
    void on_commit(std::function<void(const ports::Changes&, Seq)> listener) {
        listener_ = std::move(listener);
    }

private:
    Result<std::string> run_one(UnitOfWork& work, const Job& job);
    Status commit(UnitOfWork& work);

    ports::Store& store_;
    ports::Clock& clock_;
    CurrentDefinitions& definitions_;
    WriterMemory memory_;
    std::function<void(const ports::Changes&, Seq)> listener_;
};

}  // namespace chengshu::services
