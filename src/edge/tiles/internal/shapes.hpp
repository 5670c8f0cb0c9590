#pragma once

#include "edge/tiles/tile.hpp"

#include <cstdint>
#include <vector>

namespace chengshu::tiles {

/// Tile units: 0..kExtent from the north-west corner.
struct Spot {
    std::int32_t x = 0;
    std::int32_t y = 0;

    friend bool operator==(const Spot&, const Spot&) = default;
};

/// Not closed: the first spot is not repeated.
using Outline = std::vector<Spot>;

/// Where a point lies in the tile; far points are held at a distance that still fits.
Spot project(TileAddress address, city::Point point);

/// The ring inside the buffered tile, without spots that change the outline by less than a unit.
/// Empty when nothing is left. Positive area (clockwise on the screen) when `outer`, negative
/// otherwise.
Outline fit_ring(TileAddress address, const city::Ring& ring, bool outer);

/// Twice the signed area; positive is clockwise on the screen.
std::int64_t area_of(const Outline& outline);

}  // namespace chengshu::tiles
