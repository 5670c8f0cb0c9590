#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/city/city.hpp"
#include "domain/sensing/entity.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chengshu::services {

// The ledger of terminals (一套台账): names that mean something in the `properties` of a Thing. All
// may be absent, so that any SensorThings client can make things; what is there is checked.
//   code        统一编码: 1–64 letters, digits, "-", "_", "."; no other thing has it
//   type        what it is: "manhole", "air", "camera" … (cameras are things)
//   department  code of the owner department
//   area        code of the area it lies in; filled from its Location when not given
//   state       registered, installed, active, faulty, retired; changes along the allowed steps
//   builder, manager   who has built it, who looks after it
//   public      true: anybody may see it where the setting sensing.public is "marked"

/// A stage in the life of a terminal, and where it may go from there.
struct ThingState {
    std::string_view code;
    std::string_view zh;
    std::string_view en;
    std::string_view next;  ///< codes, separated by spaces
};

std::span<const ThingState> thing_states();

/// What the registry indexes of a thing.
std::array<std::string, sensing::kTags> tags_of(const sensing::EntityValue& thing);

/// Checks what `properties` says against the city and against what it said before (null: a new
/// thing). Whether the code is free is up to the caller. InvalidInput, UnknownCode or RuleViolation
/// name the member in `field`, behind `where`.
Status check_ledger(
    const sensing::EntityValue& thing,
    const sensing::Entity* before,
    const city::City& city,
    Date today,
    std::string_view where
);

/// The properties with their area set to where the point lies; unchanged when that is unknown.
std::string
with_area(std::string_view properties, const city::City& city, city::Point point, Date today);

/// The middle of what a Location's GeoJSON shows; nullopt when it is no GeoJSON.
std::optional<city::Point> point_of(std::string_view location_json);

/// A member of a JSON object that is a text; empty when it is not.
std::string text_member(std::string_view object_json, std::string_view name);

}  // namespace chengshu::services
