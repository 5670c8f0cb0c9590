#include "domain/sensing/geometry.hpp"

#include <geos_c.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace chengshu::sensing {
namespace {

using city::Point;
using Type = Geometry::Type;

static_assert(sizeof(Point) == 2 * sizeof(double), "lines are handed to GEOS as pairs of doubles");

struct ContextDeleter {
    void operator()(GEOSContextHandle_t context) const { GEOS_finish_r(context); }
};

using Context = std::unique_ptr<GEOSContextHandle_HS, ContextDeleter>;

struct GeometryDeleter {
    GEOSContextHandle_t context = nullptr;

    void operator()(GEOSGeometry* geometry) const { GEOSGeom_destroy_r(context, geometry); }
};

using Handle = std::unique_ptr<GEOSGeometry, GeometryDeleter>;

struct PreparedDeleter {
    GEOSContextHandle_t context = nullptr;

    void operator()(const GEOSPreparedGeometry* geometry) const {
        GEOSPreparedGeom_destroy_r(context, geometry);
    }
};

using Prepared = std::unique_ptr<const GEOSPreparedGeometry, PreparedDeleter>;

std::optional<bool> truth(char answer) {
    return answer == 2 ? std::nullopt : std::optional{answer == 1};
}

bool apart(const city::Box& left, const city::Box& right) {
    return left.east < right.west || right.east < left.west || left.north < right.south ||
           right.north < left.south;
}

int multi_type(Type type) {
    switch (type) {
        case Type::MultiPoint:
            return GEOS_MULTIPOINT;
        case Type::MultiLineString:
            return GEOS_MULTILINESTRING;
        case Type::MultiPolygon:
            return GEOS_MULTIPOLYGON;
        default:
            return GEOS_GEOMETRYCOLLECTION;
    }
}

double line_length(const std::vector<Point>& line) {
    double length = 0;
    for (std::size_t i = 1; i < line.size(); ++i) {
        length += std::hypot(line[i].lon - line[i - 1].lon, line[i].lat - line[i - 1].lat);
    }
    return length;
}

/// The relation with its sides exchanged.
Relation mirrored(Relation relation) {
    if (relation == Relation::Within) {
        return Relation::Contains;
    }
    return relation == Relation::Contains ? Relation::Within : relation;
}

}  // namespace

class GeometryEngine::Impl {
public:
    Impl() : context_(GEOS_init_r()) {}

    void remember(const GeometryPtr& geometry) {
        if (kept_.contains(geometry.get())) {
            return;
        }
        Handle handle = build(*geometry);
        Prepared prepared{
            handle ? GEOSPrepare_r(context(), handle.get()) : nullptr, PreparedDeleter{context()}
        };
        kept_.emplace(geometry.get(), Kept{geometry, std::move(handle), std::move(prepared)});
    }

    std::optional<bool> relate(Relation relation, const Geometry& left, const Geometry& right) {
        if (apart(left.box, right.box)) {
            return relation == Relation::Disjoint;
        }
        if (const auto kept = kept_.find(&left); kept != kept_.end()) {
            return compare(relation, kept->second, right);
        }
        if (const auto kept = kept_.find(&right); kept != kept_.end()) {
            return compare(mirrored(relation), kept->second, left);
        }
        const Handle one = build(left);
        const Handle other = build(right);
        return one && other ? plain(relation, one.get(), other.get()) : std::nullopt;
    }

    std::optional<bool>
    relate(std::string_view pattern, const Geometry& left, const Geometry& right) {
        return with(left, right, [&](const GEOSGeometry* one, const GEOSGeometry* other) {
            return truth(GEOSRelatePattern_r(context(), one, other, std::string{pattern}.c_str()));
        });
    }

    std::optional<double> distance(const Geometry& left, const Geometry& right) {
        if (left.type == Type::Point && right.type == Type::Point) {
            const Point one = left.lines.front().front();
            const Point other = right.lines.front().front();
            return std::hypot(one.lon - other.lon, one.lat - other.lat);
        }
        return with(
            left,
            right,
            [&](const GEOSGeometry* one, const GEOSGeometry* other) -> std::optional<double> {
                double found = 0;
                const bool known = GEOSDistance_r(context(), one, other, &found) == 1;
                return known ? std::optional{found} : std::nullopt;
            }
        );
    }

    std::string why_invalid(const Geometry& geometry) {
        const Handle handle = build(geometry);
        if (!handle) {
            return "not a geometry";
        }
        if (GEOSisValid_r(context(), handle.get()) == 1) {
            return {};
        }
        char* reason = GEOSisValidReason_r(context(), handle.get());
        std::string text = reason == nullptr ? "not valid" : reason;
        GEOSFree_r(context(), reason);
        return text;
    }

private:
    struct Kept {
        GeometryPtr geometry;  ///< keeps the address, which is the key, from being used again
        Handle handle;
        Prepared prepared;
    };

    [[nodiscard]] GEOSContextHandle_t context() const { return context_.get(); }

    template <class Compare>
    auto with(const Geometry& left, const Geometry& right, Compare compare)
        -> decltype(compare(nullptr, nullptr)) {
        Handle one;
        Handle other;
        const GEOSGeometry* first = handle_of(left, one);
        const GEOSGeometry* second = handle_of(right, other);
        if (first == nullptr || second == nullptr) {
            return std::nullopt;
        }
        return compare(first, second);
    }

    const GEOSGeometry* handle_of(const Geometry& geometry, Handle& made) {
        if (const auto kept = kept_.find(&geometry); kept != kept_.end()) {
            return kept->second.handle.get();
        }
        made = build(geometry);
        return made.get();
    }

    std::optional<bool> compare(Relation relation, const Kept& kept, const Geometry& geometry) {
        const Handle other = build(geometry);
        if (!other || !kept.prepared) {
            return std::nullopt;
        }
        const GEOSPreparedGeometry* one = kept.prepared.get();
        switch (relation) {
            case Relation::Equals:
                return plain(relation, kept.handle.get(), other.get());
            case Relation::Disjoint:
                return truth(GEOSPreparedDisjoint_r(context(), one, other.get()));
            case Relation::Touches:
                return truth(GEOSPreparedTouches_r(context(), one, other.get()));
            case Relation::Within:
                return truth(GEOSPreparedWithin_r(context(), one, other.get()));
            case Relation::Overlaps:
                return truth(GEOSPreparedOverlaps_r(context(), one, other.get()));
            case Relation::Crosses:
                return truth(GEOSPreparedCrosses_r(context(), one, other.get()));
            case Relation::Intersects:
                return truth(GEOSPreparedIntersects_r(context(), one, other.get()));
            case Relation::Contains:
                return truth(GEOSPreparedContains_r(context(), one, other.get()));
        }
        return std::nullopt;
    }

    std::optional<bool>
    plain(Relation relation, const GEOSGeometry* one, const GEOSGeometry* other) {
        switch (relation) {
            case Relation::Equals:
                return truth(GEOSEquals_r(context(), one, other));
            case Relation::Disjoint:
                return truth(GEOSDisjoint_r(context(), one, other));
            case Relation::Touches:
                return truth(GEOSTouches_r(context(), one, other));
            case Relation::Within:
                return truth(GEOSWithin_r(context(), one, other));
            case Relation::Overlaps:
                return truth(GEOSOverlaps_r(context(), one, other));
            case Relation::Crosses:
                return truth(GEOSCrosses_r(context(), one, other));
            case Relation::Intersects:
                return truth(GEOSIntersects_r(context(), one, other));
            case Relation::Contains:
                return truth(GEOSContains_r(context(), one, other));
        }
        return std::nullopt;
    }

    [[nodiscard]] Handle own(GEOSGeometry* geometry) const {
        return Handle{geometry, GeometryDeleter{context()}};
    }

    [[nodiscard]] GEOSCoordSequence* sequence(const std::vector<Point>& line) const {
        return GEOSCoordSeq_copyFromBuffer_r(
            context(), &line.front().lon, static_cast<unsigned>(line.size()), 0, 0
        );
    }

    [[nodiscard]] Handle build(const Geometry& geometry) const {
        switch (geometry.type) {
            case Type::Point:
                return own(GEOSGeom_createPointFromXY_r(
                    context(),
                    geometry.lines.front().front().lon,
                    geometry.lines.front().front().lat
                ));
            case Type::LineString: {
                GEOSCoordSequence* points = sequence(geometry.lines.front());
                return own(
                    points == nullptr ? nullptr : GEOSGeom_createLineString_r(context(), points)
                );
            }
            case Type::Polygon:
                return polygon(geometry);
            default:
                return collection(geometry);
        }
    }

    [[nodiscard]] Handle ring(const std::vector<Point>& line) const {
        GEOSCoordSequence* points = sequence(line);
        return own(points == nullptr ? nullptr : GEOSGeom_createLinearRing_r(context(), points));
    }

    /// Gives a list of geometries to GEOS, or frees them when one is missing.
    static bool release(std::vector<Handle>& handles, std::vector<GEOSGeometry*>& raw) {
        if (std::any_of(handles.begin(), handles.end(), [](const Handle& one) { return !one; })) {
            return false;
        }
        std::transform(handles.begin(), handles.end(), std::back_inserter(raw), [](Handle& one) {
            return one.release();
        });
        return true;
    }

    [[nodiscard]] Handle polygon(const Geometry& geometry) const {
        Handle shell = ring(geometry.lines.front());
        std::vector<Handle> holes;
        for (std::size_t i = 1; i < geometry.lines.size(); ++i) {
            holes.push_back(ring(geometry.lines[i]));
        }
        std::vector<GEOSGeometry*> raw;
        if (!shell || !release(holes, raw)) {
            return own(nullptr);
        }
        return own(GEOSGeom_createPolygon_r(
            context(), shell.release(), raw.data(), static_cast<unsigned>(raw.size())
        ));
    }

    [[nodiscard]] Handle collection(const Geometry& geometry) const {
        std::vector<Handle> parts;
        for (const Geometry& part : geometry.parts) {
            parts.push_back(build(part));
        }
        std::vector<GEOSGeometry*> raw;
        if (!release(parts, raw)) {
            return own(nullptr);
        }
        return own(GEOSGeom_createCollection_r(
            context(), multi_type(geometry.type), raw.data(), static_cast<unsigned>(raw.size())
        ));
    }

    Context context_;  // outlives what was made in it
    std::unordered_map<const Geometry*, Kept> kept_;
};

GeometryEngine::GeometryEngine() : impl_(std::make_unique<Impl>()) {}

GeometryEngine::~GeometryEngine() = default;
GeometryEngine::GeometryEngine(GeometryEngine&&) noexcept = default;
GeometryEngine& GeometryEngine::operator=(GeometryEngine&&) noexcept = default;

void GeometryEngine::remember(const GeometryPtr& geometry) {
    impl_->remember(geometry);
}

std::optional<bool>
GeometryEngine::relate(Relation relation, const Geometry& left, const Geometry& right) {
    return impl_->relate(relation, left, right);
}

std::optional<bool>
GeometryEngine::relate(std::string_view pattern, const Geometry& left, const Geometry& right) {
    return impl_->relate(pattern, left, right);
}

std::optional<double> GeometryEngine::distance(const Geometry& left, const Geometry& right) {
    return impl_->distance(left, right);
}

std::string GeometryEngine::why_invalid(const Geometry& geometry) {
    return impl_->why_invalid(geometry);
}

double length_degrees(const Geometry& geometry) {
    double length = 0;
    if (geometry.type == Type::LineString) {
        for (const auto& line : geometry.lines) {
            length += line_length(line);
        }
    }
    for (const Geometry& part : geometry.parts) {
        length += length_degrees(part);
    }
    return length;
}

bool is_relation_pattern(std::string_view pattern) {
    return pattern.size() == 9 && pattern.find_first_not_of("TF*012") == std::string_view::npos;
}

}  // namespace chengshu::sensing
