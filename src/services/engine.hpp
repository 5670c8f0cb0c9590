#pragma once

#include "base/result.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/unit_of_work.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// A command on its way to the writer.
struct Job {
    /// Does the work on the unit of work; gives the reply, JSON. A failure leaves no trace.
    std::function<Result<std::string>(UnitOfWork&)> work;
    /// Called once, after the commit that holds the work is durable (or has failed): the outside
    /// may know. Not on the writer's thread: later batches may have been committed meanwhile.
    std::function<void(Result<std::string>)> done;
    /// When set, the reply is kept with the commit and given again for the same key.
    std::string idempotency_key;
    std::string fingerprint;  ///< digest of the request, to tell a retry from a reused key
    /// Called once, before `done`, on the writer's thread and before its next batch, with what
    /// `done` will get unless the disk fails: for what the process remembers of the commit.
    std::function<void(const Result<std::string>&)> settled = nullptr;
};

/// How long a retry with the same key gets the same reply.
inline constexpr std::chrono::hours kIdempotencyKept{24 * 7};

/// Takes jobs; false when its queue is full (answer Overloaded) or it is stopping.
class Submitter {
public:
    virtual ~Submitter() = default;
    virtual bool submit(Job job) = 0;
};

/// Executes jobs in batches: one commit for all of them, then the replies. A batch is executed on
/// one thread and acknowledged on the same or another, so that the disk syncs one batch while the
/// next is worked on.
class Engine {
public:
    Engine(ports::Store& store, ports::Clock& clock, CurrentDefinitions& definitions)
        : store_(store), clock_(clock), definitions_(definitions) {}

    /// A batch between its commit and its replies.
    struct Batch {
        std::vector<Job> jobs;
        std::vector<Result<std::string>> replies;
        std::optional<ports::Changes> committed;
        Seq head;  ///< of the journal, after it
    };

    /// Runs the jobs over one unit of work and commits. One thread at a time.
    Batch execute(std::vector<Job> jobs);
    /// Makes the batches durable, then tells the listener and gives the replies. Batches come in
    /// the order of their execution, also those that changed nothing: what they answer may rest on
    /// an earlier one. A failure is the answer to all of them, and the store is of no more use: see
    /// ports::Store::sync. One thread at a time.
    Status acknowledge(std::vector<Batch> batches);
    /// Both, one after the other.
    void run(std::vector<Job> jobs);

    [[nodiscard]] ports::Store& store() { return store_; }

    /// How many open cases are remembered between batches, twice; before the first run.
    void keep_cases(std::size_t count) {
        memory_.cases = RecentMap<CaseId, WriterMemory::KnownCase>(count);
    }

    /// Called after each commit, when it is durable and before its replies, with what it held and
    /// the journal's head; on the thread that acknowledges. Set before the first run.
    void on_commit(std::function<void(const ports::Changes&, Seq)> listener) {
        listener_ = std::move(listener);
    }

    /// Called when a commit may or may not have been made (OutcomeUnknown) and so will not be told,
    /// with the head after the last one that will; on the thread that executes. Set before the
    /// first run.
    void on_doubt(std::function<void(Seq)> listener) { doubt_ = std::move(listener); }

private:
    Result<std::string> run_one(UnitOfWork& work, const Job& job);
    Status commit(UnitOfWork& work, Batch& batch);

    ports::Store& store_;
    ports::Clock& clock_;
    CurrentDefinitions& definitions_;
    WriterMemory memory_;
    std::function<void(const ports::Changes&, Seq)> listener_;
    std::function<void(Seq)> doubt_;
    Seq committed_;  ///< head after the last commit; 0: none yet
};

}  // namespace chengshu::services
