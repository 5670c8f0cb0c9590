#pragma once

#include "domain/city/geometry.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace chengshu::city {

/// One boundary, ready for point-in-polygon tests: its edges in horizontal slabs, so that a test
/// looks at a handful of edges however long the outline is. Immutable, so any number of threads may
/// ask.
///
/// Why not GEOS's prepared polygons: they build their index lazily inside a const call and need a
/// context per thread, and a point on a border shared by two areas is in both or in neither. Here
/// every edge counts by one half-open rule computed in one direction, so a point on a border that
/// two areas share vertex by vertex is in exactly one of them.
class Shape {
public:
    explicit Shape(const MultiPolygon& boundary);

    [[nodiscard]] const Box& box() const { return box_; }

    [[nodiscard]] bool contains(Point point) const;
    /// Whether the outline passes within `tolerance` degrees of the point.
    [[nodiscard]] bool touches(Point point, double tolerance) const;

private:
    struct Edge {
        Point low;  // the end with the smaller latitude
        Point high;
    };

    [[nodiscard]] std::size_t slab_of(double lat) const;
    void fill_slabs();

    Box box_;
    std::size_t slabs_ = 1;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> slab_begin_;  // slabs_ + 1 offsets into slab_edges_
    std::vector<std::uint32_t> slab_edges_;
};

/// The shapes of one level behind a uniform grid of candidates.
class LevelIndex {
public:
    /// `area` is the caller's index. Call build() after the last one.
    void add(std::size_t area, const MultiPolygon& boundary);
    void build();

    [[nodiscard]] bool empty() const { return shapes_.empty(); }

    [[nodiscard]] const Box& box() const { return box_; }

    /// Appends the areas that contain the point.
    void containing(Point point, std::vector<std::size_t>& areas) const;
    /// Appends the areas whose outline is within `tolerance` degrees of the point; an area may come
    /// twice.
    void touching(Point point, double tolerance, std::vector<std::size_t>& areas) const;
    /// Appends the areas whose bounding box meets the box.
    void meeting(const Box& box, std::vector<std::size_t>& areas) const;

private:
    [[nodiscard]] std::size_t column_of(double lon) const;
    [[nodiscard]] std::size_t row_of(double lat) const;

    std::vector<Shape> shapes_;
    std::vector<std::size_t> areas_;
    Box box_;
    std::size_t side_ = 1;
    std::vector<std::uint32_t> cell_begin_;
    std::vector<std::uint32_t> cell_shapes_;
};

bool contains(const Box& box, Point point);
bool meets(const Box& a, const Box& b);
/// The smallest box around both.
Box united(const Box& a, const Box& b);

}  // namespace chengshu::city
