#include "domain/sensing/geometry.hpp"

#include "domain/sensing/odata/evaluate.hpp"
#include "domain/sensing/tests/json_row.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::sensing {
namespace {

GeometryPtr wkt(std::string_view text) {
    GeometryMistake mistake;
    auto geometry = parse_wkt(text, mistake);
    EXPECT_TRUE(geometry) << text << ": " << mistake.offset << ' ' << mistake.message;
    return geometry;
}

TEST(Wkt, IsReadAndWritten) {
    for (const auto& [text, canonical] : std::vector<std::pair<std::string, std::string>>{
             {"POINT(116.4 39.9)", "POINT(116.4 39.9)"},
             {" point ( -1   2.50 ) ", "POINT(-1 2.5)"},
             {"POINT Z (1 2 3)", "POINT(1 2)"},
             {"POINT(1 2 3)", "POINT(1 2)"},
             {"SRID=4326;POINT(1 2)", "POINT(1 2)"},
             {"LINESTRING(0 0, 1 1,2 0)", "LINESTRING(0 0,1 1,2 0)"},
             {"POLYGON ((0 0, 1 0, 1 1, 0 0))", "POLYGON((0 0,1 0,1 1,0 0))"},
             {"POLYGON((0 0,4 0,4 4,0 0),(2 1,3 1,3 2,2 1))",
              "POLYGON((0 0,4 0,4 4,0 0),(2 1,3 1,3 2,2 1))"},
             {"MULTIPOINT(1 1, (2 2))", "MULTIPOINT((1 1),(2 2))"},
             {"MULTILINESTRING((0 0,1 1),(2 2,3 3))", "MULTILINESTRING((0 0,1 1),(2 2,3 3))"},
             {"MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
             {"GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))",
              "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))"},
         }) {
        const auto geometry = wkt(text);
        ASSERT_TRUE(geometry);
        EXPECT_EQ(to_wkt(*geometry), canonical);
        EXPECT_EQ(*wkt(canonical), *geometry);
    }
}

TEST(Wkt, SaysWhereItIsWrong) {
    struct Case {
        std::string text;
        std::size_t offset;
        std::string message;
    };

    for (const auto& [text, offset, message] : std::vector<Case>{
             {"", 0, "expected a geometry such as POINT(116.4 39.9) or POLYGON((…))"},
             {"CIRCLE(1 2)", 0, "expected a geometry such as POINT(116.4 39.9) or POLYGON((…))"},
             {"POINT", 5, "expected '('"},
             {"POINT EMPTY", 6, "expected coordinates, found an empty geometry"},
             {"POINT(1)", 7, "expected a coordinate"},
             {"POINT(1 x)", 8, "expected a coordinate"},
             {"POINT(1 nan)", 8, "expected a coordinate"},
             {"POINT(1 2", 9, "expected ',' or ')'"},
             {"POINT(1 2, 3 4)", 5, "expected one point"},
             {"POINT(1 2) x", 11, "expected the end of the geometry"},
             {"POINT(181 2)", 6, "expected a longitude within ±180 and a latitude within ±90"},
             {"POINT(1 91)", 6, "expected a longitude within ±180 and a latitude within ±90"},
             {"LINESTRING(1 2)", 10, "a line needs two points or more"},
             {"POLYGON((0 0,1 0,1 1,0 1))",
              8,
              "a ring needs four points or more, the last the same as the first"},
             {"POLYGON(0 0)", 8, "expected '('"},
         }) {
        GeometryMistake mistake;
        EXPECT_FALSE(parse_wkt(text, mistake)) << text;
        EXPECT_EQ(mistake.offset, offset) << text;
        EXPECT_EQ(mistake.message, message) << text;
    }
}

TEST(Wkt, IsBounded) {
    std::string many = "LINESTRING(0 0";
    for (std::size_t i = 0; i < kGeometryPointsMax; ++i) {
        many += ",1 1";
    }
    GeometryMistake mistake;
    EXPECT_FALSE(parse_wkt(many + ")", mistake));
    EXPECT_EQ(mistake.message, "the geometry has too many points");
    std::string deep;
    for (int i = 0; i < 100'000; ++i) {
        deep += "GEOMETRYCOLLECTION(";
    }
    EXPECT_FALSE(parse_wkt(deep, mistake));
    EXPECT_EQ(mistake.message, "collections are nested too deep");
}

TEST(GeoJson, IsReadLikeWkt) {
    for (const auto& [text, same] : std::vector<std::pair<std::string, std::string>>{
             {R"({"type":"Point","coordinates":[1,2.5]})", "POINT(1 2.5)"},
             {R"({"type":"Point","coordinates":[1,2.5,100]})", "POINT(1 2.5)"},
             {R"({"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}})", "POINT(1 2)"
             },
             {R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]})",
              "POLYGON((0 0,1 0,1 1,0 0))"},
             {R"({"type":"MultiPoint","coordinates":[[0,0],[1,0]]})", "MULTIPOINT((0 0),(1 0))"},
             {R"({"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]})",
              "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
             {R"({"type":"GeometryCollection","geometries":[{"type":"LineString",
                 "coordinates":[[0,0],[1,0]]}]})",
              "GEOMETRYCOLLECTION(LINESTRING(0 0,1 0))"},
         }) {
        const auto geometry = parse_geojson(boost::json::parse(text));
        ASSERT_TRUE(geometry) << text << ": " << geometry.error().context;
        EXPECT_EQ(**geometry, *wkt(same));
        EXPECT_EQ((*geometry)->points, wkt(same)->points);
    }
}

TEST(GeoJson, RefusesWhatIsNone) {
    for (const std::string_view text :
         {"null",
          "5",
          "\"POINT(1 2)\"",
          "{}",
          R"({"type":5})",
          R"({"type":"Circle","coordinates":[1,2]})",
          R"({"type":"Point"})",
          R"({"type":"Point","coordinates":[]})",
          R"({"type":"Point","coordinates":[1]})",
          R"({"type":"Point","coordinates":["1","2"]})",
          R"({"type":"Point","coordinates":[200,2]})",
          R"({"type":"LineString","coordinates":[[1,2]]})",
          R"({"type":"Polygon","coordinates":[]})",
          R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[2,2]]]})",
          R"({"type":"MultiPoint","coordinates":[]})",
          R"({"type":"Feature","geometry":null})",
          R"({"type":"Feature","geometry":{"type":"Feature"}})",
          R"({"type":"GeometryCollection","geometries":[{"type":"Point"}]})"}) {
        const auto geometry = parse_geojson(boost::json::parse(text));
        ASSERT_FALSE(geometry) << text;
        EXPECT_EQ(geometry.error().code, ErrorCode::InvalidInput);
    }
}

// The locations that the public conformance suite works with, by their numbers there.
const std::vector<std::string> kLocations{
    R"({"type":"Point","coordinates":[8,51]})",
    R"({"type":"Point","coordinates":[8,52]})",
    R"({"type":"Point","coordinates":[8,53]})",
    R"({"type":"Point","coordinates":[8,54]})",
    R"({"type":"Polygon","coordinates":[[[8,53],[7,52],[7,53],[8,53]]]})",
    R"({"type":"LineString","coordinates":[[5,52],[5,53]]})",
    R"({"type":"LineString","coordinates":[[5,52],[6,53]]})",
    R"({"type":"LineString","coordinates":[[4,52],[8,52]]})",
};
const std::string kSquare = "geography'POLYGON((7.5 51.5,7.5 53.5,8.5 53.5,8.5 51.5,7.5 51.5))'";

std::vector<int> located(const std::string& filter) {
    const auto expression = odata::parse_filter(info(EntityType::Location), filter);
    EXPECT_TRUE(expression) << filter << ": " << expression.error().context;
    auto evaluator = odata::Evaluator::compile(*expression, Instant{});
    odata::Budget budget{100'000};
    std::vector<int> found;
    for (std::size_t i = 0; i < kLocations.size(); ++i) {
        const boost::json::value row =
            boost::json::object{{"id", i}, {"location", boost::json::parse(kLocations[i])}};
        const odata::JsonRow location{EntityType::Location, row};
        if (evaluator->matches(location, budget).value()) {
            found.push_back(static_cast<int>(i));
        }
    }
    return found;
}

using Found = std::vector<int>;

TEST(GeometryFunctions, AnswerAsThePublicSuiteExpects) {
    EXPECT_EQ(located("geo.distance(location, geography'POINT(8 54.1)') lt 1"), Found({3}));
    EXPECT_EQ(
        located("geo.distance(location, geography'POINT(8 54.1)') gt 1"),
        Found({0, 1, 2, 4, 5, 6, 7})
    );
    EXPECT_EQ(
        located("geo.intersects(location, geography'LINESTRING(7.5 51, 7.5 54)')"), Found({4, 7})
    );
    EXPECT_EQ(located("geo.length(location) gt 1"), Found({6, 7}));
    EXPECT_EQ(located("geo.length(location) eq 1"), Found({5}));
    EXPECT_EQ(located("geo.length(location) lt 4"), Found({0, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(located("st_contains(" + kSquare + ", location)"), Found({1, 2}));
    EXPECT_EQ(located("st_within(location, " + kSquare + ")"), Found({1, 2}));
    EXPECT_EQ(
        located("st_crosses(geography'LINESTRING(7.5 51.5, 7.5 53.5)', location)"), Found({4, 7})
    );
    EXPECT_EQ(located("st_disjoint(" + kSquare + ", location)"), Found({0, 3, 5, 6}));
    EXPECT_EQ(located("not st_disjoint(location, " + kSquare + ")"), Found({1, 2, 4, 7}));
    EXPECT_EQ(located("st_equals(location, geography'POINT(8 53)')"), Found({2}));
    EXPECT_EQ(
        located("st_intersects(location, geography'LINESTRING(7.5 51, 7.5 54)')"), Found({4, 7})
    );
    EXPECT_EQ(located("st_overlaps(" + kSquare + ", location)"), Found({4}));
    EXPECT_EQ(located("st_relate(" + kSquare + ", location, 'T********')"), Found({1, 2, 4, 7}));
    EXPECT_EQ(
        located("st_touches(geography'POLYGON((8 53, 7.5 54.5, 8.5 54.5, 8 53))', location)"),
        Found({2, 4})
    );
    EXPECT_EQ(located("st_within(geography'POINT(7.5 52.75)', location)"), Found({4}));
    EXPECT_EQ(located("location/type eq 'Point' and location/coordinates/1 gt 52"), Found({2, 3}));
}

TEST(GeometryFunctions, AreNullForWhatIsNoGeometry) {
    const auto expression = odata::parse_filter(
        info(EntityType::Location), "st_disjoint(location, geography'POINT(8 53)')"
    );
    auto evaluator = odata::Evaluator::compile(*expression, Instant{});
    odata::Budget budget{1'000};
    for (const std::string_view text :
         {R"({"location": {"street": "Main"}})",
          R"({"location": null})",
          R"({})",
          R"({"location": {"type":"Polygon",
              "coordinates":[[[7,52],[9,54],[9,52],[7,54],[7,52]]]}})",
          R"({"location": {"type":"GeometryCollection","geometries":[
              {"type":"Point","coordinates":[8,53]}]}})"}) {
        const auto json = boost::json::parse(text);
        const odata::JsonRow row{EntityType::Location, json};
        EXPECT_FALSE(evaluator->matches(row, budget).value()) << text;
    }
}

TEST(GeometryEngine, GivesTheSameAnswersForWhatItRemembers) {
    const std::vector<std::string> texts{
        "POINT(1 1)",
        "POINT(0 0)",
        "LINESTRING(0 0,2 2)",
        "LINESTRING(2 0,0 2)",
        "POLYGON((0 0,2 0,2 2,0 2,0 0))",
        "POLYGON((1 1,3 1,3 3,1 3,1 1))",
        "MULTIPOINT((0 0),(5 5))",
        "MULTIPOLYGON(((4 4,5 4,5 5,4 4)))",
    };
    for (const auto& one : texts) {
        for (const auto& other : texts) {
            for (int i = 0; i < 8; ++i) {
                const auto relation = static_cast<Relation>(i);
                const auto left = wkt(one);
                const auto right = wkt(other);
                const auto plain = GeometryEngine().relate(relation, *left, *right);
                GeometryEngine knows_left;
                knows_left.remember(left);
                GeometryEngine knows_right;
                knows_right.remember(right);
                EXPECT_TRUE(plain.has_value());
                EXPECT_EQ(knows_left.relate(relation, *left, *right), plain)
                    << one << ' ' << i << ' ' << other;
                EXPECT_EQ(knows_right.relate(relation, *left, *right), plain)
                    << one << ' ' << i << ' ' << other;
            }
        }
    }
}

TEST(GeometryEngine, SaysWhyAnOutlineIsInvalid) {
    GeometryEngine engine;
    EXPECT_EQ(engine.why_invalid(*wkt("POLYGON((0 0,1 0,1 1,0 0))")), "");
    EXPECT_EQ(
        engine.why_invalid(*wkt("POLYGON((0 0,1 1,1 0,0 1,0 0))")), "Self-intersection[0.5 0.5]"
    );
}

}  // namespace
}  // namespace chengshu::sensing
