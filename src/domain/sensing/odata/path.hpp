#pragma once

#include "base/result.hpp"
#include "domain/sensing/model.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chengshu::sensing::odata {

/// `(12)`; or `('x')`, which is well-formed but names nothing here: our ids are numbers.
using Key = std::variant<std::int64_t, std::string>;

struct PathStep {
    EntityType type = EntityType::Thing;
    const Navigation* via = nullptr;  ///< null for the first step, an entity set
    std::optional<Key> key;
    /// A collection; false for one entity (a key, or a navigation to one).
    bool many = false;

    friend bool operator==(const PathStep&, const PathStep&) = default;
};

enum class PathEnd : std::uint8_t {
    Plain,     ///< the entity, the collection or the property as JSON
    RawValue,  ///< …/name/$value: the bare value
    Ref,       ///< …/Datastreams/$ref: links only
    Count,     ///< …/Datastreams/$count: how many, as text
};

/// `Things(1)/Datastreams(2)/Observations`, read and checked against the model.
struct ResourcePath {
    std::vector<PathStep> steps;         ///< empty: the service itself
    const Property* property = nullptr;  ///< of the last step, which is then one entity
    std::vector<std::string> keys;       ///< inside the property's JSON
    PathEnd end = PathEnd::Plain;

    /// What the options of the request are about; null for the service itself.
    [[nodiscard]] const EntityInfo* target() const;
    /// Ends at a collection.
    [[nodiscard]] bool many() const;

    friend bool operator==(const ResourcePath&, const ResourcePath&) = default;
};

inline constexpr std::size_t kPathBytesMax = 2'048;
inline constexpr std::size_t kPathStepsMax = 32;

/// `text` is percent-decoded and stands behind the version, with or without a leading slash.
/// NotFound for an unknown set, navigation or property (naming the nearest), InvalidInput, with the
/// character and what was expected, for what is malformed.
Result<ResourcePath> parse_path(std::string_view text);
/// Without a leading slash, not percent-encoded; parsing it again gives the same path.
std::string print(const ResourcePath& path);

}  // namespace chengshu::sensing::odata
