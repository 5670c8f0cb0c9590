#pragma once

#include "domain/city/city.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::tiles {

inline constexpr int kZoomMax = 18;
inline constexpr int kExtent = 4096;
inline constexpr int kBuffer =
    64;  ///< drawn beyond the edges, so that outlines and points do not end at them
inline constexpr std::size_t kPointsMax = 5000;

/// A square of the web Mercator map, counted from the north-west.
struct TileAddress {
    int z = 0;
    int x = 0;
    int y = 0;

    [[nodiscard]] bool valid() const {
        return z >= 0 && z <= kZoomMax && x >= 0 && y >= 0 && x < (1 << z) && y < (1 << z);
    }
};

/// What the tile shows, in degrees, widened by its buffer.
city::Box box_of(TileAddress address);

/// An area with its numbers. The boundary is not copied: it belongs to the city.
struct AreaFeature {
    std::string_view code;
    std::string_view name_zh;
    std::string_view name_en;
    std::string_view level;
    bool schematic = false;
    std::int64_t open = 0;
    std::int64_t overdue = 0;
    const city::MultiPolygon* boundary = nullptr;
};

/// An area with a value.
struct ValueFeature {
    const city::Area* area = nullptr;
    const city::MultiPolygon* boundary = nullptr;
    std::optional<double> value;
    std::string_view colour;  ///< empty: none
};

/// A case (count 1, with an id), or several that are too near each other to be told apart.
struct PointFeature {
    std::string id;
    std::string state;
    std::string category;
    std::string source;
    bool overdue = false;
    std::int64_t count = 1;
    city::Point point;
};

/// Mapbox Vector Tile 2.1 with the layers `areas` and `cases`: clipped and simplified to the tile,
/// outer rings clockwise on the screen. At most kPointsMax points; more are left out from the end.
/// An empty layer is left out; a tile with nothing in it is empty.
std::string encode(
    TileAddress address,
    std::span<const AreaFeature> areas,
    std::span<const PointFeature> points
);

/// The same with one layer, `values`: areas with `value` and `colour`, where they have them.
std::string encode_values(TileAddress address, std::span<const ValueFeature> areas);

}  // namespace chengshu::tiles
