#pragma once

#include "domain/access/principal.hpp"
#include "edge/tiles/tile.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace chengshu::tiles {

/// From this zoom on cases are drawn one by one; before, as the count of their area.
inline constexpr int kCasesZoom = 12;

/// Makes tiles of the city as it is now. Remembers the numbers of areas for a short while, so that
/// a screenful of tiles costs one count. Thread-safe.
class CityTiles {
public:
    CityTiles(ports::Store& store, services::CurrentDefinitions& definitions)
        : store_(store), definitions_(definitions) {}

    /// Places of cases are exact for who sees the case from inside, else rounded to three decimals.
    /// NotFound for an address that is no tile.
    Result<std::string> tile(TileAddress address, const access::Principal& who, Instant now);

private:
    struct Counts {
        std::int64_t open = 0;
        std::int64_t overdue = 0;
        Instant at;
    };

    Result<std::map<std::string, Counts>> counts_of(
        const services::Definitions& definitions,
        std::vector<std::string> areas,
        Instant now
    );

    ports::Store& store_;
    services::CurrentDefinitions& definitions_;
    std::mutex mutex_;
    std::map<std::string, Counts> counts_;  ///< by area; at most one for each area of the city
    std::string revision_;                  ///< that counts_ is for
};

/// The level whose areas are drawn at a zoom: the deepest one whose areas are wide enough to be
/// seen, of those that have boundaries. Empty when none has.
std::string level_at(const city::City& city, int zoom);

/// Areas of that level in the tile that are valid on the day and have a boundary.
std::vector<const city::Area*> areas_shown(const city::City& city, TileAddress address, Date today);

}  // namespace chengshu::tiles
