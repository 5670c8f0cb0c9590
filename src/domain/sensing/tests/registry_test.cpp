#include "domain/sensing/registry.hpp"

#include "base/random.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace chengshu::sensing {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

std::uint8_t link_of(EntityType type, std::string_view name) {
    return static_cast<std::uint8_t>(navigation_position(type, name));
}

EntityValue thing(std::int64_t id, const std::string& name = "\"t\"") {
    EntityValue out{{EntityType::Thing, id}, {name, "\"a thing\"", ""}, {}, {}};
    return out;
}

EntityValue datastream(std::int64_t id, std::int64_t of_thing) {
    EntityValue out;
    out.key = {EntityType::Datastream, id};
    out.properties.resize(info(EntityType::Datastream).properties.size());
    out.properties[0] = fmt::format("\"stream {}\"", id);
    out.properties[3] = R"({"name":"degree Celsius","symbol":"°C","definition":"ucum:Cel"})";
    out.links = {{link_of(EntityType::Datastream, "Thing"), of_thing}};
    return out;
}

void put(Registry& registry, const EntityValue& value) {
    const Change change{value.key, Entity::make(value, registry.pool())};
    registry.apply({&change, 1});
}

void erase(Registry& registry, EntityKey key) {
    const Change change{key, {}};
    registry.apply({&change, 1});
}

std::vector<std::int64_t> linked(const Registry& registry, EntityKey key, std::string_view name) {
    return registry.linked(key, navigation_position(key.type, name), 0, kAll);
}

TEST(Registry, GivesBackWhatWasPut) {
    Registry registry;
    auto value = thing(1, "\"lamp\"");
    value.properties[2] = R"({"code":"A1"})";
    value.tags = {"A1", "SAN", "110101", ""};
    value.links = {{link_of(EntityType::Thing, "Locations"), 7}};
    put(registry, value);
    const auto found = registry.find({EntityType::Thing, 1});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->value(), value);
    EXPECT_EQ(found->property(0), "\"lamp\"");
    EXPECT_EQ(found->tag(Tag::Department), "SAN");
    EXPECT_EQ(registry.thing_by_code("A1"), 1);
    EXPECT_EQ(registry.thing_by_code("A2"), 0);
    EXPECT_FALSE(registry.find({EntityType::Thing, 2}));
    EXPECT_FALSE(registry.find({EntityType::Thing, 0}));
    EXPECT_FALSE(registry.find({EntityType::Thing, -5}));
    EXPECT_FALSE(registry.find({EntityType::Thing, INT64_MAX}));
    EXPECT_EQ(linked(registry, {EntityType::Location, 7}, "Things"), std::vector<std::int64_t>{})
        << "a location that is not there has no things";
}

TEST(Registry, KeepsBothSidesOfARelation) {
    Registry registry;
    put(registry, datastream(5, 1));  // before its thing, as when a store is read
    put(registry, thing(1));
    put(registry, thing(2));
    put(registry, datastream(3, 1));
    const EntityKey one{EntityType::Thing, 1};
    const EntityKey two{EntityType::Thing, 2};
    EXPECT_EQ(linked(registry, one, "Datastreams"), (std::vector<std::int64_t>{3, 5}));
    put(registry, datastream(3, 2));
    EXPECT_EQ(linked(registry, one, "Datastreams"), (std::vector<std::int64_t>{5}));
    EXPECT_EQ(linked(registry, two, "Datastreams"), (std::vector<std::int64_t>{3}));
    EXPECT_TRUE(registry.is_linked(two, navigation_position(two.type, "Datastreams"), 3));
    EXPECT_FALSE(registry.is_linked(two, navigation_position(two.type, "Datastreams"), 5));
    erase(registry, {EntityType::Datastream, 3});
    EXPECT_TRUE(linked(registry, two, "Datastreams").empty());
    EXPECT_EQ(registry.count(EntityType::Datastream), 1U);
    EXPECT_EQ(registry.last_id(EntityType::Datastream), 5);
}

TEST(Registry, KeepsTheOrderThatAnEntityStores) {
    Registry registry;
    EntityValue value;
    value.key = {EntityType::MultiDatastream, 1};
    value.properties.resize(info(EntityType::MultiDatastream).properties.size());
    const auto navigation = link_of(EntityType::MultiDatastream, "ObservedProperties");
    value.links = {{navigation, 9}, {navigation, 2}, {navigation, 5}};
    put(registry, value);
    EXPECT_EQ(
        linked(registry, value.key, "ObservedProperties"), (std::vector<std::int64_t>{9, 2, 5})
    );
}

TEST(Registry, PagesInBothDirections) {
    Registry registry;
    for (const std::int64_t id : {1, 2, 255, 256, 257, 5000}) {
        put(registry, thing(id));
    }
    const auto ids = [&](std::int64_t after, std::size_t limit, bool descending) {
        std::vector<std::int64_t> out;
        for (const auto& entity : registry.page(EntityType::Thing, after, limit, descending)) {
            out.push_back(entity->id());
        }
        return out;
    };
    EXPECT_EQ(ids(0, 3, false), (std::vector<std::int64_t>{1, 2, 255}));
    EXPECT_EQ(ids(255, 9, false), (std::vector<std::int64_t>{256, 257, 5000}));
    EXPECT_EQ(ids(INT64_MAX, 2, true), (std::vector<std::int64_t>{5000, 257}));
    EXPECT_EQ(ids(257, 9, true), (std::vector<std::int64_t>{256, 255, 2, 1}));
    EXPECT_TRUE(ids(5000, 9, false).empty());
    EXPECT_TRUE(ids(1, 9, true).empty());
}

/// Random changes against plain maps.
TEST(Registry, AgreesWithPlainMaps) {
    const std::uint64_t seed = 20260101;
    SCOPED_TRACE(fmt::format("seed {}", seed));
    SeededRandom random(seed);
    Registry registry;
    std::map<std::int64_t, std::int64_t> thing_of;  // datastream → thing
    for (std::int64_t id = 1; id <= 20; ++id) {
        put(registry, thing(id));
    }
    for (int i = 0; i < 5000; ++i) {
        const auto id = random.between(1, 400);
        if (random.chance(1, 3)) {
            erase(registry, {EntityType::Datastream, id});
            thing_of.erase(id);
        } else {
            const auto owner = random.between(1, 20);
            put(registry, datastream(id, owner));
            thing_of[id] = owner;
        }
    }
    EXPECT_EQ(registry.count(EntityType::Datastream), thing_of.size());
    for (std::int64_t owner = 1; owner <= 20; ++owner) {
        std::vector<std::int64_t> expected;
        for (const auto& [id, of] : thing_of) {
            if (of == owner) {
                expected.push_back(id);
            }
        }
        EXPECT_EQ(linked(registry, {EntityType::Thing, owner}, "Datastreams"), expected);
        EXPECT_EQ(
            registry.linked_count(
                {EntityType::Thing, owner}, navigation_position(EntityType::Thing, "Datastreams")
            ),
            expected.size()
        );
    }
}

TEST(TextPool, ForgetsWhatNobodyHolds) {
    TextPool pool;
    for (int i = 0; i < 10'000; ++i) {
        pool.get(fmt::format("a text that is used once, number {}", i))->drop();
    }
    EXPECT_LT(pool.size(), 3000U);
    const auto* one = pool.get("the same text");
    const auto* two = pool.get("the same text");
    EXPECT_EQ(one, two);
    one->drop();
    two->drop();
}

/// What a city's ledger costs: a thing, its location and its stream, named and described as a real
/// one. docs/sensorthings.md quotes the number that this prints.
TEST(Registry, IsSmall) {
    constexpr std::int64_t kThings = 20'000;
    Registry registry;
    for (std::int64_t id = 1; id <= kThings; ++id) {
        auto lamp = thing(id, fmt::format("\"井盖监测终端 {:06}\"", id));
        lamp.properties[1] = "\"智能井盖倾斜与水位监测终端\"";
        lamp.properties[2] = fmt::format(
            R"({{"code":"11010800{:08}","type":"manhole","department":"SAN",)"
            R"("area":"110108011","state":"active","builder":"城管委","manager":"环卫局"}})",
            id
        );
        lamp.tags = {fmt::format("11010800{:08}", id), "SAN", "110108011", ""};
        lamp.links = {{link_of(EntityType::Thing, "Locations"), id}};
        put(registry, lamp);
        EntityValue place;
        place.key = {EntityType::Location, id};
        place.properties = {
            fmt::format("\"中关村街道 {}\"", id),
            "\"终端所在位置\"",
            "\"application/geo+json\"",
            fmt::format(R"({{"type":"Point","coordinates":[116.{:06},39.{:06}]}})", id, id),
            ""
        };
        put(registry, place);
        auto stream = datastream(id, id);
        stream.properties[1] = "\"井盖倾斜角度，每十分钟一次\"";
        stream.properties[2] =
            "\"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement\"";
        stream.links.push_back({link_of(EntityType::Datastream, "Sensor"), 1});
        stream.links.push_back({link_of(EntityType::Datastream, "ObservedProperty"), 1});
        put(registry, stream);
    }
    const auto bytes = registry.bytes();
    const auto each = bytes.total() / static_cast<std::size_t>(kThings);
    RecordProperty("bytes_per_thing_location_datastream", static_cast<int>(each));
    fmt::print(
        "bytes per thing + location + datastream: {} (entities {}, index {}, shared {} in all)\n",
        each,
        bytes.entities / static_cast<std::size_t>(kThings),
        bytes.index / static_cast<std::size_t>(kThings),
        bytes.shared
    );
    EXPECT_LT(each, 1100U);
}

}  // namespace
}  // namespace chengshu::sensing
