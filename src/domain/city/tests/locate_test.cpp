#include "base/random.hpp"
#include "domain/city/internal/locator.hpp"
#include "domain/city/tests/small_city.hpp"

#include <geos_c.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace chengshu::city {
namespace {

using testing::ElementsAre;

const Date kDay = day("2026-08-01");

std::vector<std::string> path_at(const City& city, double lon, double lat, Date date = kDay) {
    const Result<Place> place = city.locate({lon, lat}, date);
    return place ? place->path : std::vector<std::string>{};
}

TEST(Locate, GoesAsDeepAsIsKnown) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_THAT(
        path_at(*city, 116.05, 40.05),
        ElementsAre("110000", "110108", "110108001", "110108001001", "110108001001001")
    );
    // Beside the only grid: the street is known.
    EXPECT_THAT(path_at(*city, 116.15, 40.15), ElementsAre("110000", "110108", "110108001"));
    // A gap between the third street and the district's border: the district is known.
    EXPECT_THAT(path_at(*city, 116.3, 40.35), ElementsAre("110000", "110105"));
}

TEST(Locate, OutsideAndNonsense) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_EQ(city->locate({117, 40.1}, kDay).error().code, ErrorCode::OutsideCity);
    EXPECT_EQ(city->locate({116.1, 39.9999}, kDay).error().code, ErrorCode::OutsideCity);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    for (const Point point : {Point{nan, 40}, Point{116, nan}, Point{inf, 40}, Point{40, 116}}) {
        EXPECT_EQ(city->locate(point, kDay).error().code, ErrorCode::InvalidInput);
    }
}

TEST(Locate, BordersBelongToExactlyOneArea) {
    const CityPtr city = SmallCity{}.city();
    // Inner borders and corners, and the outer border of the city on all four sides.
    for (const Point point :
         {Point{116.2, 40.1},
          Point{116.2, 40.2},
          Point{116.1, 40.2},
          Point{116.0, 40.0},
          Point{116.4, 40.4},
          Point{116.0, 40.4},
          Point{116.4, 40.0},
          Point{116.2, 40.4},
          Point{116.4, 40.2},
          Point{116.1, 40.05}}) {
        const Result<Place> first = city->locate(point, kDay);
        ASSERT_TRUE(first.has_value()) << point.lon << ' ' << point.lat;
        EXPECT_GE(first->path.size(), 2U);
        EXPECT_EQ(city->locate(point, kDay)->path, first->path);
    }
    EXPECT_THAT(path_at(*city, 116.2, 40.1), ElementsAre("110000", "110105", "110105001"));
}

TEST(Locate, TheDeepestAreasOwnParentsMakeThePath) {
    // The third street is drawn inside the west although it belongs to the east.
    const CityPtr city = SmallCity{}
                             .set(
                                 "boundaries.geojson",
                                 collection(
                                     {rectangle("110108", 116.0, 40.0, 116.2, 40.4),
                                      rectangle("110105", 116.2, 40.0, 116.4, 40.4),
                                      rectangle("110105001", 116.1, 40.0, 116.25, 40.4)}
                                 )
                             )
                             .city();
    EXPECT_THAT(path_at(*city, 116.15, 40.1), ElementsAre("110000", "110105", "110105001"));
    EXPECT_THAT(path_at(*city, 116.05, 40.1), ElementsAre("110000", "110108"));
}

TEST(Locate, OverlapsPreferTheAreaWhoseParentsAgree) {
    const CityPtr city = SmallCity{}
                             .set(
                                 "boundaries.geojson",
                                 collection(
                                     {rectangle("110108", 116.0, 40.0, 116.2, 40.4),
                                      rectangle("110105", 116.2, 40.0, 116.4, 40.4),
                                      rectangle("110105001", 116.1, 40.0, 116.3, 40.4),
                                      rectangle("110108002", 116.0, 40.0, 116.3, 40.4),
                                      rectangle("110108001", 116.0, 40.0, 116.05, 40.4)}
                                 )
                             )
                             .city();
    EXPECT_EQ(path_at(*city, 116.15, 40.1).back(), "110108002");
    EXPECT_EQ(path_at(*city, 116.25, 40.1).back(), "110105001");
    // Both agree: the smaller code.
    EXPECT_EQ(path_at(*city, 116.02, 40.1).back(), "110108001");
}

TEST(Locate, AreasThatDoNotHoldYetAreNotFound) {
    const CityPtr city = SmallCity{}
                             .replace(
                                 "areas.csv",
                                 "110108002,110108,street,二街,Second,true,,",
                                 "110108002,110108,street,二街,Second,true,2026-09-01,"
                             )
                             .city();
    EXPECT_EQ(path_at(*city, 116.1, 40.3, day("2026-08-31")).back(), "110108");
    EXPECT_EQ(path_at(*city, 116.1, 40.3, day("2026-09-01")).back(), "110108002");
}

TEST(Locate, WithoutBoundariesTheCityIsAllThatIsKnown) {
    const CityPtr city = SmallCity{}.remove("boundaries.geojson").city();
    EXPECT_THAT(path_at(*city, 0, 0), ElementsAre("110000"));
}

TEST(Boundaries, ForMaps) {
    const CityPtr city = SmallCity{}.city();
    ASSERT_NE(city->boundary("110108"), nullptr);
    EXPECT_EQ(city->boundary("110108")->front().front().size(), 5U);
    EXPECT_EQ(city->boundary("110108001001"), nullptr);
    EXPECT_EQ(city->boundary("nowhere"), nullptr);
    EXPECT_DOUBLE_EQ(city->extent().west, 116.0);
    EXPECT_DOUBLE_EQ(city->extent().north, 40.4);
    EXPECT_EQ(city->areas_in("district", {116.0, 40.0, 116.1, 40.1}).size(), 1U);
    EXPECT_EQ(city->areas_in("district", {116.1, 40.0, 116.3, 40.1}).size(), 2U);
    EXPECT_TRUE(city->areas_in("district", {117, 40.0, 118, 40.1}).empty());
    EXPECT_TRUE(city->areas_in("nothing", {116, 40, 117, 41}).empty());
}

/// A star with a star-shaped hole and an island beside it: many edges, concave everywhere.
MultiPolygon stars(SeededRandom& random, int points) {
    const auto ring = [&](Point center, double low, double high) {
        Ring made;
        for (int i = 0; i < points; ++i) {
            const double angle = 2 * 3.14159265358979 * i / points;
            const double radius = low + random.unit() * (high - low);
            made.push_back(
                {center.lon + radius * std::cos(angle), center.lat + radius * std::sin(angle)}
            );
        }
        made.push_back(made.front());
        return made;
    };
    return {
        {ring({116, 40}, 0.05, 0.1), ring({116, 40}, 0.01, 0.04)},
        {ring({116.2, 40.05}, 0.02, 0.06)},
    };
}

bool geos_contains(const MultiPolygon& shape, Point point, GEOSContextHandle_t context) {
    bool inside = false;
    for (const Polygon& polygon : shape) {
        for (const Ring& ring : polygon) {
            GEOSCoordSequence* points = GEOSCoordSeq_copyFromBuffer_r(
                context, &ring.front().lon, static_cast<unsigned>(ring.size()), 0, 0
            );
            GEOSGeometry* made = GEOSGeom_createPolygon_r(
                context, GEOSGeom_createLinearRing_r(context, points), nullptr, 0
            );
            GEOSGeometry* place = GEOSGeom_createPointFromXY_r(context, point.lon, point.lat);
            inside = inside != (GEOSContains_r(context, made, place) == 1);
            GEOSGeom_destroy_r(context, place);
            GEOSGeom_destroy_r(context, made);
        }
    }
    return inside;
}

TEST(Shape, AgreesWithGeos) {
    GEOSContextHandle_t context = GEOS_init_r();
    SeededRandom random{5};
    for (const int points : {3, 7, 40, 500}) {
        const MultiPolygon boundary = stars(random, points);
        const Shape shape{boundary};
        for (int i = 0; i < 1500; ++i) {
            const Point point{115.85 + random.unit() * 0.45, 39.85 + random.unit() * 0.3};
            ASSERT_EQ(shape.contains(point), geos_contains(boundary, point, context))
                << points << ": " << point.lon << ' ' << point.lat;
        }
    }
    GEOS_finish_r(context);
}

TEST(Shape, TilesCoverEveryPointExactlyOnce) {
    // A bent grid of quadrilaterals that share their vertices; points also on vertices and edges.
    SeededRandom random{9};
    constexpr int kSide = 6;
    std::vector<Point> corners;
    for (int row = 0; row <= kSide; ++row) {
        for (int column = 0; column <= kSide; ++column) {
            const bool rim = row == 0 || column == 0 || row == kSide || column == kSide;
            const double bend = rim ? 0 : 0.3;
            corners.push_back({column + bend * random.unit(), row + bend * random.unit()});
        }
    }
    const auto corner = [&](int row, int column) {
        return corners[static_cast<std::size_t>(row * (kSide + 1) + column)];
    };
    LevelIndex index;
    for (int row = 0; row < kSide; ++row) {
        for (int column = 0; column < kSide; ++column) {
            const Ring ring{
                corner(row, column),
                corner(row, column + 1),
                corner(row + 1, column + 1),
                corner(row + 1, column),
                corner(row, column)
            };
            index.add(static_cast<std::size_t>(row * kSide + column), {{ring}});
        }
    }
    index.build();
    const auto count = [&](Point point) {
        std::vector<std::size_t> found;
        index.containing(point, found);
        return found.size();
    };
    for (int i = 0; i < 2000; ++i) {
        EXPECT_EQ(count({random.unit() * kSide, random.unit() * kSide}), 1U);
    }
    for (int row = 1; row < kSide; ++row) {
        for (int column = 1; column < kSide; ++column) {
            EXPECT_EQ(count(corner(row, column)), 1U);
            const Point a = corner(row, column);
            const Point b = corner(row, column + 1);
            EXPECT_EQ(count({(a.lon + b.lon) / 2, (a.lat + b.lat) / 2}), 1U);
        }
    }
}

TEST(Shape, ACombKeepsItsMemoryLinear) {
    Ring comb;
    for (int tooth = 0; tooth < 2000; ++tooth) {
        comb.push_back({tooth * 0.001, 0.001});
        comb.push_back({tooth * 0.001 + 0.0005, 1.0});
    }
    comb.push_back({2.0, 0.0});
    comb.push_back({0.0, 0.0});
    comb.push_back(comb.front());
    const Shape shape{{{comb}}};
    EXPECT_TRUE(shape.contains({1.0005, 0.5}));
    EXPECT_FALSE(shape.contains({1.0, 0.5}));
}

}  // namespace
}  // namespace chengshu::city
