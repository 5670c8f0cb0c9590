#include "domain/city/internal/locator.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace chengshu::city {
namespace {

constexpr std::size_t kSlabsMax = 1024;
constexpr std::size_t kGridSideMax = 256;

/// Index of the bucket of `value` among `count` equal ones from `low` to `high`, clamped.
std::size_t bucket(double value, double low, double high, std::size_t count) {
    if (!(high > low)) {
        return 0;
    }
    const double share = (value - low) / (high - low) * static_cast<double>(count);
    return static_cast<std::size_t>(std::clamp(share, 0.0, static_cast<double>(count - 1)));
}

double squared_distance(Point point, Point a, Point b) {
    const double dx = b.lon - a.lon;
    const double dy = b.lat - a.lat;
    const double length2 = dx * dx + dy * dy;
    double along = 0;
    if (length2 > 0) {
        along =
            std::clamp(((point.lon - a.lon) * dx + (point.lat - a.lat) * dy) / length2, 0.0, 1.0);
    }
    const double ex = a.lon + along * dx - point.lon;
    const double ey = a.lat + along * dy - point.lat;
    return ex * ex + ey * ey;
}

}  // namespace

bool contains(const Box& box, Point point) {
    return point.lon >= box.west && point.lon <= box.east && point.lat >= box.south &&
           point.lat <= box.north;
}

bool meets(const Box& a, const Box& b) {
    return a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north;
}

Box united(const Box& a, const Box& b) {
    return {
        std::min(a.west, b.west),
        std::min(a.south, b.south),
        std::max(a.east, b.east),
        std::max(a.north, b.north),
    };
}

Shape::Shape(const MultiPolygon& boundary) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    box_ = {kInfinity, kInfinity, -kInfinity, -kInfinity};
    for (const Polygon& polygon : boundary) {
        for (const Ring& ring : polygon) {
            for (std::size_t i = 0; i < ring.size(); ++i) {
                const Point a = ring[i];
                box_ = united(box_, {a.lon, a.lat, a.lon, a.lat});
                const Point b = i + 1 < ring.size() ? ring[i + 1] : a;
                if (a == b) {
                    continue;
                }
                const bool up = a.lat < b.lat || (a.lat == b.lat && a.lon < b.lon);
                edges_.push_back(up ? Edge{a, b} : Edge{b, a});
            }
        }
    }
    fill_slabs();
}

std::size_t Shape::slab_of(double lat) const {
    return bucket(lat, box_.south, box_.north, slabs_);
}

void Shape::fill_slabs() {
    slabs_ = std::clamp<std::size_t>(edges_.size() / 3, 1, kSlabsMax);
    const auto entries = [&] {
        std::size_t count = 0;
        for (const Edge& edge : edges_) {
            count += slab_of(edge.high.lat) - slab_of(edge.low.lat) + 1;
        }
        return count;
    };
    // Many long edges (a comb) would be listed in every slab; memory stays linear in the outline.
    while (slabs_ > 1 && entries() > 8 * edges_.size()) {
        slabs_ /= 2;
    }
    std::vector<std::uint32_t> count(slabs_ + 1, 0);
    for (const Edge& edge : edges_) {
        for (std::size_t slab = slab_of(edge.low.lat); slab <= slab_of(edge.high.lat); ++slab) {
            ++count[slab + 1];
        }
    }
    for (std::size_t slab = 0; slab < slabs_; ++slab) {
        count[slab + 1] += count[slab];
    }
    slab_begin_ = count;
    slab_edges_.resize(count[slabs_]);
    for (std::size_t index = 0; index < edges_.size(); ++index) {
        const Edge& edge = edges_[index];
        for (std::size_t slab = slab_of(edge.low.lat); slab <= slab_of(edge.high.lat); ++slab) {
            slab_edges_[count[slab]++] = static_cast<std::uint32_t>(index);
        }
    }
}

bool Shape::contains(Point point) const {
    if (!city::contains(box_, point)) {
        return false;
    }
    const std::size_t slab = slab_of(point.lat);
    bool inside = false;
    for (std::uint32_t i = slab_begin_[slab]; i < slab_begin_[slab + 1]; ++i) {
        const Edge& edge = edges_[slab_edges_[i]];
        if (edge.low.lat <= point.lat && point.lat < edge.high.lat) {
            const double cross = (edge.high.lon - edge.low.lon) * (point.lat - edge.low.lat) -
                                 (point.lon - edge.low.lon) * (edge.high.lat - edge.low.lat);
            inside = inside != (cross > 0);
        }
    }
    return inside;
}

bool Shape::touches(Point point, double tolerance) const {
    const Box wide{
        box_.west - tolerance, box_.south - tolerance, box_.east + tolerance, box_.north + tolerance
    };
    if (!city::contains(wide, point)) {
        return false;
    }
    const std::size_t last = slab_of(point.lat + tolerance);
    for (std::size_t slab = slab_of(point.lat - tolerance); slab <= last; ++slab) {
        for (std::uint32_t i = slab_begin_[slab]; i < slab_begin_[slab + 1]; ++i) {
            const Edge& edge = edges_[slab_edges_[i]];
            if (squared_distance(point, edge.low, edge.high) <= tolerance * tolerance) {
                return true;
            }
        }
    }
    return false;
}

void LevelIndex::add(std::size_t area, const MultiPolygon& boundary) {
    const Shape& shape = shapes_.emplace_back(boundary);
    areas_.push_back(area);
    box_ = shapes_.size() == 1 ? shape.box() : united(box_, shape.box());
}

std::size_t LevelIndex::column_of(double lon) const {
    return bucket(lon, box_.west, box_.east, side_);
}

std::size_t LevelIndex::row_of(double lat) const {
    return bucket(lat, box_.south, box_.north, side_);
}

void LevelIndex::build() {
    const double wish = std::ceil(2.0 * std::sqrt(static_cast<double>(shapes_.size())));
    side_ = std::clamp<std::size_t>(static_cast<std::size_t>(wish), 1, kGridSideMax);
    const auto each_cell = [&](const Shape& shape, auto&& visit) {
        const std::size_t east = column_of(shape.box().east);
        for (std::size_t row = row_of(shape.box().south); row <= row_of(shape.box().north); ++row) {
            for (std::size_t column = column_of(shape.box().west); column <= east; ++column) {
                visit(row * side_ + column);
            }
        }
    };
    std::vector<std::uint32_t> count(side_ * side_ + 1, 0);
    for (const Shape& shape : shapes_) {
        each_cell(shape, [&](std::size_t cell) { ++count[cell + 1]; });
    }
    for (std::size_t cell = 0; cell < side_ * side_; ++cell) {
        count[cell + 1] += count[cell];
    }
    cell_begin_ = count;
    cell_shapes_.resize(count.back());
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
        each_cell(shapes_[index], [&](std::size_t cell) {
            cell_shapes_[count[cell]++] = static_cast<std::uint32_t>(index);
        });
    }
}

void LevelIndex::containing(Point point, std::vector<std::size_t>& areas) const {
    if (shapes_.empty() || !city::contains(box_, point)) {
        return;
    }
    CS_ASSERT(!cell_begin_.empty());
    const std::size_t cell = row_of(point.lat) * side_ + column_of(point.lon);
    for (std::uint32_t i = cell_begin_[cell]; i < cell_begin_[cell + 1]; ++i) {
        const std::size_t index = cell_shapes_[i];
        if (shapes_[index].contains(point)) {
            areas.push_back(areas_[index]);
        }
    }
}

void LevelIndex::touching(Point point, double tolerance, std::vector<std::size_t>& areas) const {
    const Box around{
        point.lon - tolerance, point.lat - tolerance, point.lon + tolerance, point.lat + tolerance
    };
    if (shapes_.empty() || !meets(box_, around)) {
        return;
    }
    CS_ASSERT(!cell_begin_.empty());
    for (std::size_t row = row_of(around.south); row <= row_of(around.north); ++row) {
        for (std::size_t column = column_of(around.west); column <= column_of(around.east);
             ++column) {
            const std::size_t cell = row * side_ + column;
            for (std::uint32_t i = cell_begin_[cell]; i < cell_begin_[cell + 1]; ++i) {
                if (shapes_[cell_shapes_[i]].touches(point, tolerance)) {
                    areas.push_back(areas_[cell_shapes_[i]]);
                }
            }
        }
    }
}

void LevelIndex::meeting(const Box& box, std::vector<std::size_t>& areas) const {
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
        if (meets(shapes_[index].box(), box)) {
            areas.push_back(areas_[index]);
        }
    }
}

}  // namespace chengshu::city
