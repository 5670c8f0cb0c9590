#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/sensing/registry.hpp"
#include "domain/sensing/update.hpp"
#include "services/engine.hpp"
#include "services/sensing/observations.hpp"
#include "services/sensing/outbox.hpp"
#include "services/sensing/rights.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::services {

class EntityWork;

/// What a change of entities has led to.
struct SensingOutcome {
    sensing::EntityKey key;                  ///< the entity that was asked for
    std::vector<std::int64_t> observations;  ///< ids of the observations that came with it
};

/// One change of entities, by one caller.
struct SensingCommand {
    access::Principal who;
    /// Runs on the writer's thread; a failure leaves no trace. Gives the entity it was about.
    std::function<Result<sensing::EntityKey>(EntityWork&)> work;
    std::string idempotency_key;
    std::string fingerprint;
};

/// One of several changes that share a commit but not their fate.
using SensingStep = std::function<Result<sensing::EntityKey>(EntityWork&)>;

struct SensingStepResult {
    sensing::EntityKey key;  ///< id 0: there was nothing to do
    bool is_new = false;
    std::optional<Error> error;
};

/// The terminals of the city: things, where they are, what they measure and how. Kept in memory,
/// stored as documents in the same commit as their journal entry, and visible to readers after it.
class SensingEntities {
public:
    using Done = std::function<void(Result<SensingOutcome>)>;

    /// `observations` outlives this object.
    SensingEntities(CurrentDefinitions& definitions, Observations& observations, PublicSight sight);
    SensingEntities(const SensingEntities&) = delete;
    SensingEntities& operator=(const SensingEntities&) = delete;

    /// Reads everything. Call once, before anything else. Then erases the observations of streams
    /// that are gone: their deletion had been committed when the server stopped.
    Status load(ports::Store& store);
    /// Does what committed changes had left to do in the observation store when the server stopped.
    /// Call after load(), when the observations are the server's own.
    Status resume(ports::Store& store);
    /// Lets the writer go on with what could not be done at once, and with tidying up. To be called
    /// every second or so; costs nothing when there is nothing.
    void tend(Submitter& submitter);

    /// What has been made or changed, when it is durable and before the answer; must be quick.
    using Listener = std::function<void(std::span<const sensing::Update>)>;

    /// For good: what the listener refers to outlives the last change.
    void listen(Listener listener);

    [[nodiscard]] const sensing::Registry& registry() const { return registry_; }

    [[nodiscard]] Observations& observations() { return observations_; }

    [[nodiscard]] PublicSight sight() const { return sight_; }

    /// The rights of a caller over what is committed. `who` and `city` must outlive them.
    [[nodiscard]] SensingRights rights(const access::Principal& who, const city::City& city) const;

    /// Hands the change to the writer; `done` is called once, after the commit and after the
    /// observations that came with it are durable, or with why not.
    void submit(Submitter& submitter, SensingCommand command, Done done);
    /// The job of a command, for callers that run the engine themselves.
    Job job(SensingCommand command, Done done);

    /// Changes that share a commit; one that is refused does not stop the others. They may not
    /// bring observations. A dry run finds out what would happen, and changes nothing.
    void submit_steps(
        Submitter& submitter,
        access::Principal who,
        std::vector<SensingStep> steps,
        bool dry_run,
        std::function<void(Result<std::vector<SensingStepResult>>)> done
    );

    /// The feature that an observation of the stream is about when it names none: the one made from
    /// the present Location of its thing. 0 when it has not been made yet, or cannot be.
    [[nodiscard]] std::int64_t known_feature(const sensing::Entity& stream) const;
    /// Whether the stream's observed area is known to hold the feature.
    [[nodiscard]] bool area_holds(std::int64_t stream, std::int64_t feature) const;

private:
    friend class EntityWork;

    struct Reverted {
        sensing::EntityKey key;
        bool was_staged = false;
        sensing::EntityPtr before;
    };

    Status load_type(ports::Store& store, sensing::EntityType type);
    Status load_counters(ports::Store& store);

    /// What one command has changed, handed from its work to its end.
    struct Effects {
        std::vector<sensing::Change> changes;
        std::vector<std::pair<std::int64_t, std::int64_t>> areas;  ///< stream, feature
        std::vector<sensing::Update> updates;  ///< for the listener, once it is committed
    };

    void settle(Effects& effects, const Status& committed);
    /// What the listener will be told of changes that are about to be applied.
    [[nodiscard]] std::vector<sensing::Update> updates_of(std::span<const sensing::Change> changes
    ) const;
    void tell(const Effects& effects) const;
    Status read_again(ports::Store& store);
    void finish(const std::string& reply, std::string key, std::string fingerprint, Done done);
    void carry_out_later(SensingRest rest);

    CurrentDefinitions& definitions_;
    Observations& observations_;
    PublicSight sight_;
    sensing::Registry registry_;
    mutable std::mutex listener_mutex_;
    Listener listener_;
    SensingOutbox outbox_{observations_};

    // Of the writer's thread: what its batch has changed so far.
    std::map<sensing::EntityKey, sensing::EntityPtr> staged_;
    std::array<std::int64_t, sensing::kEntityTypes> last_ids_{};
    /// Entities of commits whose outcome is not known: read from the store before the next change.
    std::set<sensing::EntityKey> doubtful_;

    mutable std::mutex areas_mutex_;
    /// Features that are known to lie within the observed area of a stream; bounded.
    mutable std::set<std::pair<std::int64_t, std::int64_t>> areas_;
};

/// The type whose ids a type shares: MultiDatastreams count with Datastreams, so that an
/// observation names one stream.
sensing::EntityType counter_of(sensing::EntityType type);

/// The Datastream or MultiDatastream with this id; null when there is none.
sensing::EntityPtr find_stream(const sensing::Registry& registry, std::int64_t id);

}  // namespace chengshu::services
