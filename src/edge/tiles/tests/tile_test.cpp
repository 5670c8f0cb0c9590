#include "edge/tiles/tile.hpp"

#include "edge/tiles/internal/shapes.hpp"

#include <gtest/gtest.h>
#include <protozero/pbf_reader.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace chengshu::tiles {
namespace {

struct Feature {
    int type = 0;
    std::vector<Outline> rings;  ///< or one ring of one spot for a point
    std::map<std::string, std::string> properties;
};

struct Layer {
    int version = 0;
    int extent = 0;
    std::vector<Feature> features;
};

std::string value_text(protozero::pbf_reader reader) {
    while (reader.next()) {
        switch (reader.tag()) {
            case 1:
                return reader.get_string();
            case 4:
                return std::to_string(reader.get_int64());
            case 7:
                return reader.get_bool() ? "true" : "false";
            default:
                reader.skip();
        }
    }
    return "?";
}

/// By the specification's own words, not by our encoder's.
std::vector<Outline> decode_geometry(const std::vector<std::uint32_t>& commands) {
    std::vector<Outline> out;
    Spot at;
    for (std::size_t i = 0; i < commands.size();) {
        const auto id = commands[i] & 7U;
        const auto count = commands[i] >> 3U;
        ++i;
        if (id == 7) {
            continue;
        }
        for (std::uint32_t k = 0; k < count; ++k, i += 2) {
            at.x += protozero::decode_zigzag32(commands.at(i));
            at.y += protozero::decode_zigzag32(commands.at(i + 1));
            if (id == 1) {
                out.emplace_back();
            }
            out.back().push_back(at);
        }
    }
    return out;
}

Layer decode_layer(protozero::pbf_reader reader, std::string& name) {
    Layer out;
    std::vector<protozero::pbf_reader> features;
    std::vector<std::string> keys;
    std::vector<std::string> values;
    while (reader.next()) {
        switch (reader.tag()) {
            case 15:
                out.version = static_cast<int>(reader.get_uint32());
                break;
            case 1:
                name = reader.get_string();
                break;
            case 2:
                features.push_back(reader.get_message());
                break;
            case 3:
                keys.push_back(reader.get_string());
                break;
            case 4:
                values.push_back(value_text(reader.get_message()));
                break;
            case 5:
                out.extent = static_cast<int>(reader.get_uint32());
                break;
            default:
                reader.skip();
        }
    }
    for (auto& item : features) {
        Feature feature;
        std::vector<std::uint32_t> tags;
        while (item.next()) {
            if (item.tag() == 2) {
                for (const auto tag : item.get_packed_uint32()) {
                    tags.push_back(tag);
                }
            } else if (item.tag() == 3) {
                feature.type = item.get_enum();
            } else if (item.tag() == 4) {
                const auto range = item.get_packed_uint32();
                feature.rings = decode_geometry({range.begin(), range.end()});
            } else {
                item.skip();
            }
        }
        for (std::size_t i = 0; i + 1 < tags.size(); i += 2) {
            feature.properties[keys.at(tags[i])] = values.at(tags[i + 1]);
        }
        out.features.push_back(std::move(feature));
    }
    return out;
}

std::map<std::string, Layer> decode(const std::string& tile) {
    std::map<std::string, Layer> out;
    protozero::pbf_reader reader(tile);
    while (reader.next(3)) {
        std::string name;
        auto layer = decode_layer(reader.get_message(), name);
        out[name] = std::move(layer);
    }
    return out;
}

city::Ring square(double west, double south, double east, double north) {
    return {{west, south}, {east, south}, {east, north}, {west, north}, {west, south}};
}

AreaFeature area(const city::MultiPolygon& boundary) {
    return {"110101", "西区", "West", "district", true, 12, 3, &boundary};
}

TEST(Tile, CornersAreWhereTheMapHasThem) {
    EXPECT_EQ(project({0, 0, 0}, {0, 0}), (Spot{2048, 2048}));
    EXPECT_EQ(project({1, 1, 0}, {0, 0}), (Spot{0, 4096}));
    EXPECT_EQ(project({0, 0, 0}, {-180, 85.0511287798066}), (Spot{0, 0}));
    EXPECT_EQ(project({0, 0, 0}, {180, -90}), (Spot{4096, 4096}));
    const auto box = box_of({1, 1, 0});
    EXPECT_NEAR(box.west, 0, 4);
    EXPECT_NEAR(box.east, 180, 1e-9);
    EXPECT_NEAR(box.south, 0, 4);
}

TEST(Tile, AddressesHaveTheirBounds) {
    EXPECT_TRUE((TileAddress{0, 0, 0}.valid()));
    EXPECT_TRUE((TileAddress{18, (1 << 18) - 1, 0}.valid()));
    for (const TileAddress bad :
         {TileAddress{19, 0, 0}, TileAddress{-1, 0, 0}, TileAddress{1, 2, 0}, TileAddress{1, 0, -1}
         }) {
        EXPECT_FALSE(bad.valid());
    }
}

TEST(Tile, HoldsAreasWithTheirNumbers) {
    const city::MultiPolygon boundary{{square(116.1, 40, 116.3, 40.2)}};
    const AreaFeature areas[] = {area(boundary)};
    const auto layers = decode(encode({9, 421, 193}, areas, {}));
    ASSERT_EQ(layers.size(), 1U);
    const auto& layer = layers.at("areas");
    EXPECT_EQ(layer.version, 2);
    EXPECT_EQ(layer.extent, 4096);
    ASSERT_EQ(layer.features.size(), 1U);
    const auto& feature = layer.features[0];
    EXPECT_EQ(feature.type, 3);
    EXPECT_EQ(feature.properties.at("name_zh"), "西区");
    EXPECT_EQ(feature.properties.at("open"), "12");
    EXPECT_EQ(feature.properties.at("schematic"), "true");
    ASSERT_EQ(feature.rings.size(), 1U);
    EXPECT_EQ(feature.rings[0].size(), 4U);
    EXPECT_GT(area_of(feature.rings[0]), 0);
}

TEST(Tile, RingsTurnAsTheSpecificationWants) {
    // Both given in the "wrong" direction.
    auto outer = square(116.1, 40, 116.3, 40.2);
    std::reverse(outer.begin(), outer.end());
    const city::MultiPolygon boundary{{outer, square(116.15, 40.05, 116.25, 40.15)}};
    const AreaFeature areas[] = {area(boundary)};
    const auto layers = decode(encode({9, 421, 193}, areas, {}));
    const auto& rings = layers.at("areas").features.at(0).rings;
    ASSERT_EQ(rings.size(), 2U);
    EXPECT_GT(area_of(rings[0]), 0);
    EXPECT_LT(area_of(rings[1]), 0);
}

TEST(Tile, GeometryStaysInTheBufferedTile) {
    const city::MultiPolygon boundary{{square(100, 30, 130, 50)}};
    const AreaFeature areas[] = {area(boundary)};
    const auto inside = decode(encode({12, 3370, 1550}, areas, {}));
    for (const auto& spot : inside.at("areas").features.at(0).rings.at(0)) {
        EXPECT_GE(spot.x, -kBuffer);
        EXPECT_LE(spot.x, kExtent + kBuffer);
        EXPECT_GE(spot.y, -kBuffer);
        EXPECT_LE(spot.y, kExtent + kBuffer);
    }
    EXPECT_EQ(encode({12, 0, 0}, areas, {}), "");
}

TEST(Tile, SimplifiesWhatCannotBeSeen) {
    city::Ring circle;
    constexpr int kCorners = 10'000;
    for (int i = 0; i <= kCorners; ++i) {
        const double angle = 2 * 3.14159265358979 * (i % kCorners) / kCorners;
        circle.push_back({116.2 + 0.1 * std::cos(angle), 40.1 + 0.1 * std::sin(angle)});
    }
    const city::MultiPolygon boundary{{circle}};
    const AreaFeature areas[] = {area(boundary)};
    const auto layers = decode(encode({9, 421, 193}, areas, {}));
    const auto corners = layers.at("areas").features.at(0).rings.at(0).size();
    EXPECT_GT(corners, 20U);
    EXPECT_LT(corners, 400U);
    // Too small for a unit: nothing is drawn.
    const city::MultiPolygon speck{{square(116.2, 40.1, 116.20001, 40.10001)}};
    const AreaFeature specks[] = {area(speck)};
    EXPECT_EQ(encode({5, 26, 12}, specks, {}), "");
}

TEST(Tile, BadBoundariesDoNoHarm) {
    const city::MultiPolygon boundaries[] = {
        {},
        {{}},
        {{{}}},
        {{{{116.2, 40.1}}}},
        {{{{116.2, 40.1}, {116.2, 40.1}, {116.2, 40.1}}}},
        {{{{116.1, 40}, {116.3, 40.2}, {116.3, 40}, {116.1, 40.2}, {116.1, 40}}}
        },  // crosses itself
        {{square(-500, -500, 500, 500)}},
    };
    for (const auto& boundary : boundaries) {
        const AreaFeature areas[] = {area(boundary)};
        decode(encode({9, 421, 193}, areas, {}));
    }
}

TEST(Tile, PointsAreBoundedAndInside) {
    std::vector<PointFeature> points;
    for (std::size_t i = 0; i < kPointsMax + 100; ++i) {
        points.push_back({"1", "filed", "0101", "video", false, 1, {116.2, 40.1}});
    }
    points.front().overdue = true;
    auto layers = decode(encode({9, 421, 193}, {}, points));
    EXPECT_EQ(layers.at("cases").features.size(), kPointsMax);
    const auto& first = layers.at("cases").features.front();
    EXPECT_EQ(first.type, 1);
    EXPECT_EQ(first.properties.at("overdue"), "true");
    EXPECT_EQ(first.properties.at("count"), "1");
    EXPECT_EQ(first.properties.at("state"), "filed");
    points.resize(1);
    points[0].point = {10, 10};
    EXPECT_EQ(encode({9, 421, 193}, {}, points), "");
}

}  // namespace
}  // namespace chengshu::tiles
