#include "edge/tiles/internal/shapes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chengshu::tiles {
namespace {

constexpr double kLatitudeMax = 85.0511287798066;
constexpr double kTolerance = 1.0;    // tile units: a fraction of a screen pixel
constexpr std::int64_t kAreaMin = 8;  // twice the area of four units
constexpr double kFarthest = 1e6;     // tile units

struct Exact {
    double x = 0;
    double y = 0;
};

Exact place(TileAddress address, city::Point point) {
    const double tiles = std::ldexp(1.0, address.z);
    const double lat = std::clamp(point.lat, -kLatitudeMax, kLatitudeMax) * std::numbers::pi / 180;
    const double x = (point.lon + 180) / 360 * tiles - address.x;
    const double y =
        (1 - std::log(std::tan(lat) + 1 / std::cos(lat)) / std::numbers::pi) / 2 * tiles -
        address.y;
    return {x * kExtent, y * kExtent};
}

/// One side of the box: which half of the plane stays.
struct Side {
    bool vertical = false;  ///< compares x
    bool keep_above = false;
    double at = 0;

    [[nodiscard]] bool holds(const Exact& spot) const {
        const double value = vertical ? spot.x : spot.y;
        return keep_above ? value >= at : value <= at;
    }

    [[nodiscard]] Exact cross(const Exact& a, const Exact& b) const {
        if (vertical) {
            const double share = (at - a.x) / (b.x - a.x);
            return {at, a.y + (b.y - a.y) * share};
        }
        const double share = (at - a.y) / (b.y - a.y);
        return {a.x + (b.x - a.x) * share, at};
    }
};

/// Sutherland–Hodgman, one side at a time. Where it joins separate parts it does so along the
/// buffer's edge, which lies outside the tile.
std::vector<Exact> clip(std::vector<Exact> ring) {
    const Side sides[] = {
        {true, true, -kBuffer},
        {true, false, kExtent + kBuffer},
        {false, true, -kBuffer},
        {false, false, kExtent + kBuffer}
    };
    for (const auto& side : sides) {
        std::vector<Exact> out;
        for (std::size_t i = 0; i < ring.size(); ++i) {
            const auto& from = ring[i];
            const auto& to = ring[(i + 1) % ring.size()];
            if (side.holds(from)) {
                out.push_back(from);
            }
            if (side.holds(from) != side.holds(to)) {
                out.push_back(side.cross(from, to));
            }
        }
        ring = std::move(out);
    }
    return ring;
}

double distance_squared(const Exact& spot, const Exact& a, const Exact& b) {
    double x = a.x;
    double y = a.y;
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    if (dx != 0 || dy != 0) {
        const double share =
            std::clamp(((spot.x - a.x) * dx + (spot.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
        x += dx * share;
        y += dy * share;
    }
    return (spot.x - x) * (spot.x - x) + (spot.y - y) * (spot.y - y);
}

/// Douglas–Peucker over [first, last] without recursion; marks what stays.
void simplify(
    const std::vector<Exact>& line,
    std::size_t first,
    std::size_t last,
    std::vector<char>& stays
) {
    std::vector<std::pair<std::size_t, std::size_t>> parts{{first, last}};
    while (!parts.empty()) {
        const auto [from, to] = parts.back();
        parts.pop_back();
        double worst = kTolerance * kTolerance;
        std::size_t at = 0;
        for (std::size_t i = from + 1; i < to; ++i) {
            const double distance = distance_squared(line[i], line[from], line[to]);
            if (distance > worst) {
                worst = distance;
                at = i;
            }
        }
        if (at != 0) {
            stays[at] = 1;
            parts.emplace_back(from, at);
            parts.emplace_back(at, to);
        }
    }
}

std::vector<Exact> simplified(const std::vector<Exact>& ring) {
    if (ring.size() < 4) {
        return ring;
    }
    // A ring has no ends: two spots far apart stay in any case.
    std::size_t far = 1;
    double most = -1;
    for (std::size_t i = 1; i < ring.size(); ++i) {
        const double distance = distance_squared(ring[i], ring[0], ring[0]);
        if (distance > most) {
            most = distance;
            far = i;
        }
    }
    auto closed = ring;
    closed.push_back(ring.front());
    std::vector<char> stays(closed.size());
    stays[0] = stays[far] = 1;
    simplify(closed, 0, far, stays);
    simplify(closed, far, closed.size() - 1, stays);
    std::vector<Exact> out;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        if (stays[i] != 0) {
            out.push_back(ring[i]);
        }
    }
    return out;
}

std::int32_t rounded(double value) {
    return static_cast<std::int32_t>(std::lround(std::clamp(value, -kFarthest, kFarthest)));
}

}  // namespace

Spot project(TileAddress address, city::Point point) {
    const auto exact = place(address, point);
    return {rounded(exact.x), rounded(exact.y)};
}

std::int64_t area_of(const Outline& outline) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < outline.size(); ++i) {
        const auto& a = outline[i];
        const auto& b = outline[(i + 1) % outline.size()];
        sum += std::int64_t{a.x} * b.y - std::int64_t{b.x} * a.y;
    }
    return sum;
}

Outline fit_ring(TileAddress address, const city::Ring& ring, bool outer) {
    std::vector<Exact> exact;
    exact.reserve(ring.size());
    for (const auto& point : ring) {
        exact.push_back(place(address, point));
    }
    if (exact.size() > 1) {
        exact.pop_back();  // the first one repeated
    }
    exact = simplified(clip(std::move(exact)));
    Outline out;
    for (const auto& spot : exact) {
        const Spot next{rounded(spot.x), rounded(spot.y)};
        if (out.empty() || !(out.back() == next)) {
            out.push_back(next);
        }
    }
    while (out.size() > 1 && out.front() == out.back()) {
        out.pop_back();
    }
    const auto area = area_of(out);
    if (out.size() < 3 || std::abs(area) < kAreaMin) {
        return {};
    }
    if ((area > 0) != outer) {
        std::reverse(out.begin(), out.end());
    }
    return out;
}

}  // namespace chengshu::tiles
