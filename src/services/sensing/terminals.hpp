#pragma once

#include "base/result.hpp"
#include "domain/city/city.hpp"
#include "domain/sensing/quality.hpp"
#include "domain/sensing/registry.hpp"
#include "services/engine.hpp"
#include "services/sensing/entities.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chengshu::services {

/// What loading a city's terminals has added to the ledger.
struct TerminalsAdded {
    int quantities = 0;
    int sensors = 0;
    int things = 0;
    int streams = 0;
    int known = 0;  ///< things that were there already

    [[nodiscard]] bool any() const { return quantities + sensors + things + streams > 0; }
};

/// Adds the things and streams of the city folder that the ledger lacks, by unified code and by
/// the property's name. What is there stays as it is: the folder is where terminals begin, the
/// ledger where they live. May be repeated.
Result<TerminalsAdded>
add_terminals(Engine& engine, SensingEntities& entities, const city::City& city);

/// What a stream measures and where it belongs.
struct StreamPlace {
    std::int64_t stream = 0;
    std::int64_t thing = 0;
    std::string quantity;  ///< code of its observed property
    std::int64_t interval_s = 0;
};

/// Of a Datastream. `quantity` is what its ObservedProperty's properties call "code", else its
/// name.
StreamPlace place_of(const sensing::Registry& registry, const sensing::Entity& stream);

/// What the city's data says of readings of the quantity at such an interval; a rule without
/// limits for a quantity that it does not list. One missing reading is a gap.
sensing::QualityRule
quality_rule(const city::City& city, std::string_view quantity, std::int64_t interval_s);

/// The Datastream of a thing with this name, 0 when it has none.
std::int64_t
stream_of(const sensing::Registry& registry, std::int64_t thing, std::string_view name);

/// A member of the JSON object in the entity's `properties`; empty when it is no text.
std::string member_of(const sensing::Entity& entity, std::string_view name);
/// The entity's `name`.
std::string name_of(const sensing::Entity& entity);

}  // namespace chengshu::services
