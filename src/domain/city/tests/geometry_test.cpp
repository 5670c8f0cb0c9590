#include "domain/city/geometry.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace chengshu::city {
namespace {

TEST(Distance, KnownPlaces) {
    const Point tiananmen{116.3974, 39.9087};
    EXPECT_DOUBLE_EQ(distance_m(tiananmen, tiananmen), 0);
    // A degree of latitude is a 360th of the circle on the sphere.
    EXPECT_NEAR(distance_m({0, 0}, {0, 1}), 111'195.08, 0.01);
    EXPECT_NEAR(distance_m({0, 0}, {180, 0}), 20'015'114.4, 1.0);
    EXPECT_NEAR(distance_m({179.999, 0}, {-179.999, 0}), 222.39, 0.01);
}

TEST(Gcj02, KnownShift) {
    // The published example of the datum's reference implementations.
    const Point gcj = wgs84_to_gcj02({116.404, 39.915});
    EXPECT_NEAR(gcj.lon, 116.41024449916938, 1e-9);
    EXPECT_NEAR(gcj.lat, 39.91640428150164, 1e-9);
}

TEST(Gcj02, RoundTripIsBetterThanOneMetreEverywhereInChina) {
    SeededRandom random{7};
    for (int i = 0; i < 2000; ++i) {
        const Point wgs{73.5 + random.unit() * 61.0, 18.0 + random.unit() * 35.0};
        const Point back = gcj02_to_wgs84(wgs84_to_gcj02(wgs));
        ASSERT_LT(distance_m(wgs, back), 0.01) << wgs.lon << ' ' << wgs.lat;
    }
}

TEST(Gcj02, IdentityOutsideChina) {
    const Point newyork{-73.99, 40.73};
    EXPECT_EQ(wgs84_to_gcj02(newyork), newyork);
    EXPECT_EQ(gcj02_to_wgs84(newyork), newyork);
}

TEST(Cells, NeighboursInARowAreConsecutive) {
    const std::int64_t cell = cell_of({116.3205, 39.9805});
    EXPECT_EQ(cell_of({116.3215, 39.9805}), cell + 1);
    EXPECT_EQ(cell_of({116.3205, 39.9815}), cell + 360'000);
    EXPECT_EQ(cell_of({-180, -90}), 0);
    EXPECT_EQ(cell_of({180, 90}) / 360'000, 179'999);
}

TEST(Cells, BadCoordinatesHaveNoCells) {
    EXPECT_TRUE(cells_around({116, 40}, -1).empty());
    EXPECT_TRUE(cells_around({116, 40}, std::nan("")).empty());
    EXPECT_TRUE(cells_around({std::nan(""), 40}, 10).empty());
    EXPECT_EQ(cell_of({std::nan(""), 40}), 0);
}

bool covers(const std::vector<CellRange>& ranges, std::int64_t cell) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const CellRange& range) {
        return range.first <= cell && cell <= range.last;
    });
}

TEST(Cells, CoverEveryPointOfTheCircle) {
    SeededRandom random{11};
    for (int i = 0; i < 300; ++i) {
        const Point center{random.unit() * 360 - 180, random.unit() * 179 - 89.5};
        const double radius = random.unit() * 3000;
        const auto ranges = cells_around(center, radius);
        ASSERT_TRUE(covers(ranges, cell_of(center)));
        for (int j = 0; j < 30; ++j) {
            const double degrees = radius / 111'195.0 * 1.5;
            const Point near{
                center.lon + (random.unit() * 2 - 1) * degrees /
                                 std::max(0.01, std::cos(center.lat * 3.14159265 / 180)),
                std::clamp(center.lat + (random.unit() * 2 - 1) * degrees, -90.0, 90.0)
            };
            if (distance_m(center, near) <= radius) {
                ASSERT_TRUE(covers(ranges, cell_of(near)))
                    << center.lon << ' ' << center.lat << ' ' << near.lon << ' ' << near.lat;
            }
        }
    }
}

TEST(Cells, RangesStayInTheirRow) {
    for (const Point center : {Point{179.9999, 0}, Point{-179.9999, 0}, Point{0, 89.9999}}) {
        for (const CellRange& range : cells_around(center, 500)) {
            EXPECT_LE(range.first, range.last);
            EXPECT_EQ(range.first / 360'000, range.last / 360'000);
        }
    }
}

TEST(Cells, SmallCircleNeedsFewCells) {
    const auto ranges = cells_around({116.32, 39.98}, 50);
    EXPECT_LE(ranges.size(), 2U);
}

}  // namespace
}  // namespace chengshu::city
