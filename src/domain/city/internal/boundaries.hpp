#pragma once

#include "domain/city/city.hpp"
#include "domain/city/findings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace chengshu::city {

/// One feature of a boundary file. `inside` is a point that certainly lies in it.
struct BoundaryFeature {
    std::string area;
    MultiPolygon boundary;
    Point inside;
};

/// Reads a GeoJSON FeatureCollection feature by feature, so that a mistake names the line of its
/// feature and memory holds one feature at a time. Only sound features (closed rings, coordinates
/// in range, valid for GEOS) reach `visit`.
void read_boundaries(
    const CityFile& file,
    Findings& findings,
    const std::function<void(BoundaryFeature, Spot)>& visit
);

}  // namespace chengshu::city
