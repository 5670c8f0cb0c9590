#pragma once

#include "base/result.hpp"
#include "domain/sensing/observation.hpp"
#include "domain/sensing/registry.hpp"
#include "services/sensing/observations.hpp"
#include "services/unit_of_work.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace chengshu::services {

/// What a change of entities leaves to be done in the observation store.
struct SensingRest {
    /// Of its document; empty when no entity was changed: then the one commit of the observation
    /// store is all there is.
    std::string id;
    sensing::EntityKey entity;  ///< that was asked for
    std::string key;            ///< of the request, for its rows; may be empty
    std::string fingerprint;
    std::vector<sensing::Observation> rows;  ///< that came with the change
    std::vector<std::int64_t> streams;       ///< whose observations go
    std::vector<std::int64_t> features;      ///< whose observations go

    [[nodiscard]] bool empty() const { return rows.empty() && streams.empty() && features.empty(); }
};

/// As it is kept, in the document and as the reply to the change.
std::string rest_text(const SensingRest& rest);
Result<SensingRest> parse_rest(const std::string& text);

/// Makes a change of entities and of their observations one change, although they are in two
/// stores: what is left to do is a document in the commit of the entities. It is done after the
/// commit, however often (readings have a key), and then the document goes. What a
/// stop has left undone is done at the next start. Thread-safe.
class SensingOutbox {
public:
    /// `observations` outlives this object.
    explicit SensingOutbox(Observations& observations) : observations_(observations) {}

    static void stage(UnitOfWork& work, const SensingRest& rest);

    /// Does the rest of a committed change; `done` gets the ids of its observations. A failure is
    /// OutcomeUnknown when it will be tried again.
    void carry_out(SensingRest rest, Observations::Done done);

    /// A commit may or may not have been made: the stored documents are to be looked through.
    void doubt();
    /// Whether advance() has anything to do.
    [[nodiscard]] bool busy() const;

    /// What one commit of the writer brings forward.
    struct Step {
        std::vector<std::string> removed;  ///< documents of what is done
        std::vector<SensingRest> again;    ///< to be tried once more after the commit
    };

    /// Removes the documents of what is done and reads some of what is not.
    Result<Step> advance(UnitOfWork& work);
    /// The commit with the step has been made.
    void settle(const Step& step);
    /// Everything that is stored.
    static Status each_stored(ports::Store& store, const std::function<void(SensingRest)>& visit);

private:
    void ended(const std::string& id, bool well);
    Status look_through(ports::Store& store);

    Observations& observations_;
    mutable std::mutex mutex_;
    std::set<std::string> done_;  ///< their documents are still there
    std::set<std::string> owed_;  ///< have failed
    bool doubtful_ = false;
};

}  // namespace chengshu::services
