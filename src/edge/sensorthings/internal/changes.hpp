#pragma once

#include "base/result.hpp"
#include "domain/sensing/odata/path.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "services/sensing/entity_work.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace chengshu::sensorthings {

/// A change of entities as a request states it, before it is looked up what it names.
struct EntityChange {
    enum class Kind : std::uint8_t { Create, Merge, Replace, Patch, Remove };

    Kind kind = Kind::Create;
    sensing::EntityType type{};                    ///< of what is made or changed
    sensing::EntityKey key;                        ///< what is changed
    std::optional<services::EntityParent> parent;  ///< where something is made
    boost::json::value body;
};

/// Reads method, path and body. Relations to one entity on the way are looked up in what is
/// committed. NotFound, InvalidInput or MethodNotAllowed.
Result<EntityChange>
read_change(Context& context, const http::Request& request, std::string_view target);

/// Does it on the writer; the entity it was about.
Result<sensing::EntityKey> apply_change(services::EntityWork& work, const EntityChange& change);

/// The answer of a change that has been made.
http::Response changed_response(
    Context& context,
    const http::Request& request,
    EntityChange::Kind kind,
    sensing::EntityKey key
);

}  // namespace chengshu::sensorthings
