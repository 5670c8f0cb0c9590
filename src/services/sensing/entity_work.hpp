#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/sensing/observation.hpp"
#include "domain/sensing/registry.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/rights.hpp"
#include "services/unit_of_work.hpp"

#include <boost/json/fwd.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::services {

/// Limits of one change.
inline constexpr std::size_t kEntitiesPerChange = 10'000;
inline constexpr int kInsertDepthMax = 8;
inline constexpr std::size_t kLinksMax = 1'000;  ///< that one entity stores

/// The address a new entity was posted to: `Things(1)/Datastreams` is the Thing 1 behind the
/// navigation "Datastreams".
struct EntityParent {
    sensing::EntityKey key;
    std::size_t navigation = 0;  ///< of the parent's type
};

/// One change of entities within a batch: reads see what the batch has changed so far. Writer's
/// thread only. A failed operation leaves the object unusable; SensingEntities undoes it.
class EntityWork {
public:
    EntityWork(SensingEntities& entities, UnitOfWork& work, const access::Principal& who);
    EntityWork(const EntityWork&) = delete;
    EntityWork& operator=(const EntityWork&) = delete;
    ~EntityWork() = default;

    [[nodiscard]] Instant now() const { return work_.now(); }

    [[nodiscard]] SensingRights& rights() { return rights_; }

    /// Null when there is none.
    [[nodiscard]] sensing::EntityPtr find(sensing::EntityKey key) const;
    [[nodiscard]] std::vector<std::int64_t>
    linked(sensing::EntityKey key, std::size_t navigation, std::size_t limit) const;
    [[nodiscard]] sensing::EntityPtr find_stream(std::int64_t id) const;
    /// A thing other than `except` with this unified code, 0 when there is none.
    [[nodiscard]] std::int64_t thing_by_code(std::string_view code, std::int64_t except = 0) const;

    /// Makes an entity and everything that its body holds (deep insert), or links what it refers
    /// to. An Observation comes back with id 0: it is numbered when it is stored.
    Result<sensing::EntityKey> create(
        sensing::EntityType type,
        const boost::json::object& body,
        const std::optional<EntityParent>& parent
    );
    /// PATCH: what the body names replaces what is there. Relations by reference only.
    Status merge(sensing::EntityKey key, const boost::json::object& body);
    /// PUT: properties that the body does not name are removed, relations stay.
    Status replace(sensing::EntityKey key, const boost::json::object& body);
    /// JSON Patch of the writable properties.
    Status patch(sensing::EntityKey key, const boost::json::value& operations);
    /// With what cannot be without it: 18-088, table 25.
    Status remove(sensing::EntityKey key);

    /// Takes an observation for a stream into the change; makes its feature when it has none.
    Status observe(sensing::Observation row, const sensing::Entity& stream, std::string_view where);
    /// The feature made from the present Location of the stream's thing; InvalidInput when it has
    /// none.
    Result<std::int64_t> feature_of(const sensing::Entity& stream, std::string_view where);
    /// Widens the stream's observed area by the feature.
    Status widen_area(sensing::EntityKey stream, std::int64_t feature);

private:
    friend class SensingEntities;

    struct Touched {
        sensing::EntityPtr original;  ///< before this change; null: new
        std::string where;
        bool by_system = false;  ///< changed as a consequence; not a matter of rights
    };

    // Staging.
    Status stage(sensing::EntityValue value, std::string_view where, bool by_system = false);
    Status erase(sensing::EntityKey key);
    Status touch(sensing::EntityKey key, std::string_view where, bool by_system);
    std::int64_t next_id(sensing::EntityType type);
    void revert();
    Result<std::string> finish(sensing::EntityKey asked);

    // Making and changing.
    Result<sensing::EntityKey> make(
        sensing::EntityType type,
        const boost::json::object& body,
        const std::optional<EntityParent>& parent,
        const std::string& where,
        int depth
    );
    Result<std::int64_t> resolve(
        const sensing::Navigation& navigation,
        const boost::json::value& given,
        const std::string& where,
        int depth
    );
    Status read_link(
        const sensing::Navigation& navigation,
        std::size_t position,
        const boost::json::value& given,
        const std::string& where,
        int depth,
        sensing::EntityValue& value
    );
    Status attach(
        sensing::EntityKey one,
        const sensing::Navigation& navigation,
        std::int64_t other,
        const std::string& where
    );
    Status make_children(
        sensing::EntityKey key,
        const boost::json::object& body,
        const std::string& where,
        int depth
    );
    Result<sensing::EntityKey> make_observation(
        const boost::json::object& body,
        const std::optional<EntityParent>& parent,
        const std::string& where,
        int depth
    );
    Status change(sensing::EntityKey key, const boost::json::object& body, bool whole);
    Status remove_dependents(sensing::EntityKey key);

    // What follows by rule.
    Status check_things();
    Status finish_thing(sensing::EntityKey key, const Touched& touched);
    Status keep_history(const sensing::EntityValue& thing, const sensing::Entity* before);
    Status follow_history();
    Status place_thing(sensing::EntityValue& thing, const sensing::Entity* before);
    Status check_rights();
    Status check_shapes();
    /// False when nothing has changed.
    bool stage_journal(sensing::EntityKey asked);

    SensingEntities& entities_;
    UnitOfWork& work_;
    const access::Principal& who_;
    SensingRights rights_;
    std::map<sensing::EntityKey, Touched> touched_;
    std::vector<SensingEntities::Reverted> reverted_;
    std::set<std::int64_t> placed_by_history_;  ///< things moved by a HistoricalLocation
    SensingRest rest_;
    std::vector<std::pair<std::int64_t, std::int64_t>> areas_;
    std::array<std::int64_t, sensing::kEntityTypes> last_ids_before_;
    std::size_t made_ = 0;
};

/// An observed area after a feature has been observed, both GeoJSON; the same text when it held the
/// feature already, or the feature has no place.
std::string widened_area(std::string_view area, std::string_view feature);

}  // namespace chengshu::services
