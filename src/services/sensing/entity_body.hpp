#pragma once

#include "base/result.hpp"
#include "domain/sensing/entity.hpp"
#include "ports/store.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace chengshu::services {

inline constexpr std::size_t kEntityTextMax = std::size_t{64} * 1024;
inline constexpr std::size_t kEntityPropertyMax = std::size_t{1024} * 1024;

/// Where something is in a body: "Datastreams/0/Sensor/name".
std::string at(std::string_view where, std::string_view name);
std::string at(std::string_view where, std::size_t index);

/// InvalidInput at a field: "Datastreams/0/Sensor: must be an object".
Failure wrong(std::string field, std::string_view why);

/// What a body does with the properties that it does not name.
enum class BodyMode : std::uint8_t {
    Create,   ///< required ones must be there
    Merge,    ///< they stay as they are (PATCH)
    Replace,  ///< they are removed; required ones must be there (PUT)
};

/// Checks the properties of a body and writes them, as JSON texts, into `value`, whose `properties`
/// already has the model's length. Navigations and "@iot." members are left to the caller.
/// InvalidInput names the member in `field`, behind `where`.
Status read_properties(
    const boost::json::object& body,
    BodyMode mode,
    std::string_view where,
    sensing::EntityValue& value
);

/// Relations between properties of one entity: units and types of a MultiDatastream, the shape of a
/// unit of measurement, GeoJSON where the encoding says so.
Status check_entity(const sensing::EntityValue& value, std::string_view where);

/// The id that {"@iot.id": 5} names; nullopt when the object is not a reference. InvalidInput for
/// an id that is not a positive whole number.
Result<std::optional<std::int64_t>>
reference_of(const boost::json::object& body, std::string_view where);

/// The texts {"Things(1)"} that people and the journal call an entity by.
std::string entity_label(sensing::EntityKey key);

/// How an entity is stored: kind "sensing.thing", the id in 19 digits.
std::string document_kind(sensing::EntityType type);
std::string document_id(std::int64_t id);
ports::DocumentRow to_document(const sensing::EntityValue& value);
/// Internal when the row is damaged.
Result<sensing::EntityValue> from_document(sensing::EntityType type, const ports::DocumentRow& row);

}  // namespace chengshu::services
