#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chengshu::sensing {

/// The entities of OGC SensorThings 1.1 (18-088), sensing part.
enum class EntityType : std::uint8_t {
    Thing,
    Location,
    HistoricalLocation,
    Datastream,
    MultiDatastream,
    Sensor,
    ObservedProperty,
    Observation,
    FeatureOfInterest,
};

inline constexpr std::size_t kEntityTypes = 9;

/// What the JSON of a property holds.
enum class PropertyKind : std::uint8_t {
    Id,        ///< the entity's number, "@iot.id"
    Link,      ///< "@iot.selfLink"; can be selected, not filtered by
    String,    ///< text
    Object,    ///< a JSON object whose keys are the client's
    Array,     ///< a JSON array
    Json,      ///< any JSON
    Geometry,  ///< GeoJSON where the entity's encodingType says so, else any JSON
    Time,      ///< RFC 3339 time
    Interval,  ///< "time/time"
    Moment,    ///< a time or an interval
};

struct Property {
    std::string_view name;
    PropertyKind kind = PropertyKind::String;
    bool required = false;  ///< a new entity must have it
    bool writable = true;   ///< clients may send it; otherwise the server maintains it
};

struct Navigation {
    std::string_view name;  ///< "Datastreams", "Thing": singular when to one
    EntityType target = EntityType::Thing;
    bool many = false;
    bool required =
        false;  ///< a new entity must have one (the other side of a parent may imply it)
    std::string_view inverse;  ///< name of the navigation back, on the target
};

/// One row of the model: all code reads it, none switches over entity types.
struct EntityInfo {
    EntityType type = EntityType::Thing;
    std::string_view name;                 ///< "Thing"
    std::string_view set;                  ///< "Things"
    std::span<const Property> properties;  ///< without id and selfLink; in order of output
    std::span<const Navigation> navigations;

    /// By name; "id" and "@iot.id" are the id, "selfLink" and "@iot.selfLink" the link. Null when
    /// there is none.
    [[nodiscard]] const Property* property(std::string_view wanted) const;
    [[nodiscard]] const Navigation* navigation(std::string_view wanted) const;
};

/// The rows live as long as the program: pointers and names may be kept and compared.
std::span<const EntityInfo> all_entities();
const EntityInfo& info(EntityType type);
/// "Things" → Thing; null for any other word.
const EntityInfo* find_set(std::string_view set);
/// "Thing" → Thing; null for any other word.
const EntityInfo* find_entity(std::string_view name);

/// The `id` and `selfLink` that every entity has.
const Property& id_property();
const Property& self_link_property();

/// The navigation back.
const Navigation& inverse(const Navigation& navigation);

}  // namespace chengshu::sensing
