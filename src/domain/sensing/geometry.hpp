#pragma once

#include "base/result.hpp"
#include "domain/city/geometry.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensing {

/// WGS 84 degrees, longitude first; a third coordinate is read and ignored.
struct Geometry {
    enum class Type : std::uint8_t {
        Point,
        LineString,
        Polygon,
        MultiPoint,
        MultiLineString,
        MultiPolygon,
        Collection,
    };

    Type type = Type::Point;
    /// Point: one list of one point. LineString: one list. Polygon: closed rings, the outer first.
    std::vector<std::vector<city::Point>> lines;
    std::vector<Geometry> parts;  ///< of the Multi… types and collections
    city::Box box;
    std::size_t points = 0;  ///< all of them, parts included

    /// By type and coordinates.
    friend bool operator==(const Geometry& left, const Geometry& right) {
        return left.type == right.type && left.lines == right.lines && left.parts == right.parts;
    }
};

/// Immutable, so any number of threads may share it.
using GeometryPtr = std::shared_ptr<const Geometry>;

inline constexpr std::size_t kGeometryPointsMax = 20'000;
inline constexpr int kGeometryDepthMax = 4;  ///< collections within collections

/// Where and why a text is no geometry.
struct GeometryMistake {
    std::size_t offset = 0;  ///< byte of the text
    std::string message;
};

/// Well-known text; "SRID=4326;" may precede it. Null, and the mistake, otherwise. Rings must be
/// closed, coordinates finite and within ±180 and ±90.
GeometryPtr parse_wkt(std::string_view text, GeometryMistake& mistake);
std::string to_wkt(const Geometry& geometry);

/// A GeoJSON geometry, or a Feature's. InvalidInput says what is wrong.
Result<GeometryPtr> parse_geojson(const boost::json::value& json);

/// The relations of Simple Features (DE-9IM).
enum class Relation : std::uint8_t {
    Equals,
    Disjoint,
    Touches,
    Within,
    Overlaps,
    Crosses,
    Intersects,
    Contains,
};

/// Compares geometries by GEOS. One thread at a time: it owns a GEOS context and remembers what it
/// prepared. No value where GEOS refuses a geometry (a self-crossing outline, for instance).
class GeometryEngine {
public:
    GeometryEngine();
    ~GeometryEngine();
    GeometryEngine(GeometryEngine&&) noexcept;
    GeometryEngine& operator=(GeometryEngine&&) noexcept;
    GeometryEngine(const GeometryEngine&) = delete;
    GeometryEngine& operator=(const GeometryEngine&) = delete;

    /// Kept ready for many comparisons; call it for what a filter names literally.
    void remember(const GeometryPtr& geometry);

    std::optional<bool> relate(Relation relation, const Geometry& left, const Geometry& right);
    /// Whether the DE-9IM matrix matches a pattern of nine of "TF*012".
    std::optional<bool>
    relate(std::string_view pattern, const Geometry& left, const Geometry& right);
    /// Shortest distance in degrees.
    std::optional<double> distance(const Geometry& left, const Geometry& right);
    /// Why GEOS calls the geometry invalid; empty when it is valid.
    std::string why_invalid(const Geometry& geometry);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Length of its lines, in degrees; 0 for points and polygons.
double length_degrees(const Geometry& geometry);

bool is_relation_pattern(std::string_view pattern);

}  // namespace chengshu::sensing
