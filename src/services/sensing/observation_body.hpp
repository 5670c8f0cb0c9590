#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/sensing/entity.hpp"
#include "domain/sensing/observation.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chengshu::services {

/// How many values a stream's result has: none for a Datastream, else the number of observed
/// properties of a MultiDatastream.
std::optional<std::size_t> result_size(const sensing::Entity& stream);

/// The properties of an Observation, without id, stream and feature; `received_at` and a missing
/// phenomenon time are `now`. InvalidInput names the member in `field`, behind `where`.
Result<sensing::Observation>
read_observation(const boost::json::object& body, Instant now, std::string_view where);

/// PATCH: what the body names replaces what the row has. PUT (`whole`): what it does not name is
/// gone.
Status change_observation(
    sensing::Observation& row,
    const boost::json::object& body,
    bool whole,
    Instant now,
    std::string_view where
);

/// RuleViolation when the result does not have as many values as the stream's observed properties.
Status check_result(
    const sensing::Observation& row,
    std::optional<std::size_t> size,
    std::string_view where
);

/// The row's properties as JSON texts, in the order of the model; empty = absent.
std::string observation_property(const sensing::Observation& row, std::string_view name);

/// For replies that are kept until the row is stored.
boost::json::value to_json(const sensing::Observation& row);
Result<sensing::Observation> observation_from_json(const boost::json::value& value);

}  // namespace chengshu::services
