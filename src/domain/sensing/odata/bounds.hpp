#pragma once

#include "domain/sensing/model.hpp"
#include "domain/sensing/odata/query.hpp"
#include "domain/sensing/range.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace chengshu::sensing::odata {

/// What the top-level conjunction of a filter over Observations says in terms of an
/// ObservationQuery. Every row that passes the filter is within the bounds; a row within them
/// passes the filter exactly when it passes `rest`. For other entities only `id` is used.
struct Bounds {
    /// Ascending, any of these; nullopt: all.
    std::optional<std::vector<std::int64_t>> streams;
    /// The type the filter asked for (`Datastream/id`, `MultiDatastream/id`): ids of the other type
    /// must be dropped from `streams`, because both count from one counter.
    EntityType stream_type = EntityType::Datastream;
    std::optional<std::int64_t> feature;
    Range<std::int64_t> id;
    Range<std::int64_t> phenomenon_from;  ///< ms UTC, as are the next two
    Range<std::int64_t> phenomenon_to;
    Range<std::int64_t> result_time;  ///< a bound excludes rows that have none
    Range<double> number;             ///< a bound excludes rows whose result is no number
    ExpressionPtr rest;               ///< null: the bounds say all (they are exact)
    bool never = false;               ///< contradictory: no row can pass

    [[nodiscard]] bool exact() const { return !rest; }
};

/// `filter` may be null. `now` is what now() gives.
Bounds bounds(const EntityInfo& target, const ExpressionPtr& filter, Instant now);

}  // namespace chengshu::sensing::odata
