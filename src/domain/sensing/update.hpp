#pragma once

#include "domain/sensing/entity.hpp"
#include "domain/sensing/observation.hpp"

#include <optional>
#include <variant>

namespace chengshu::sensing {

/// An entity of any type, as it is at one moment.
using AnyEntity = std::variant<EntityPtr, Observation>;

/// An entity that has been made or changed; what has been deleted is no update.
struct Update {
    AnyEntity now;
    std::optional<AnyEntity> before;  ///< none: it is new
};

}  // namespace chengshu::sensing
