#pragma once

#include <cstdint>
#include <vector>

namespace chengshu::city {

/// WGS 84 degrees.
struct Point {
    double lon = 0;
    double lat = 0;

    friend bool operator==(const Point&, const Point&) = default;
};

/// First ring outer, others holes; rings closed (first point repeated last).
using Ring = std::vector<Point>;
using Polygon = std::vector<Ring>;
using MultiPolygon = std::vector<Polygon>;

struct Box {
    double west = 0;
    double south = 0;
    double east = 0;
    double north = 0;
};

/// Great-circle distance in metres (sphere of 6,371,008.8 m).
double distance_m(Point a, Point b);
/// GCJ-02 (the Chinese map datum) to WGS 84, by iteration, better than 1 m inside China; identity
/// outside.
Point gcj02_to_wgs84(Point gcj);
Point wgs84_to_gcj02(Point wgs);

/// Index of a small square cell (0.001 degree, about 100 m) for the duplicate and nearby indexes of
/// the stores: cell = row * 360000 + column, row from latitude, column from longitude, so that
/// neighbours in a row are consecutive integers.
std::int64_t cell_of(Point point);

/// Closed ranges [first, last] of cells, one per row, that cover the circle.
struct CellRange {
    std::int64_t first = 0;
    std::int64_t last = 0;
};

std::vector<CellRange> cells_around(Point center, double radius_m);

}  // namespace chengshu::city
