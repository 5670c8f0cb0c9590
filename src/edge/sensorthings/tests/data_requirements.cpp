// The data model, the links that every entity has, and the addresses of all of it.

#include "edge/sensorthings/tests/requirements.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;

/// A station with one observation, so that every type has an entity. Ids are all 1.
void fill(World& world) {
    world.make_station("one");
    world.make(
        "Datastreams(1)/Observations",
        R"({"result":21.5,"phenomenonTime":"2025-09-16T00:00:00Z",
            "resultTime":"2025-09-16T00:00:01Z",
            "resultQuality":"good","validTime":"2025-09-16T00:00:00Z/2025-09-16T01:00:00Z",
            "parameters":{"depth":2}})"
    );
}

std::vector<std::string> members(const json::value& entity) {
    std::vector<std::string> out;
    for (const auto& member : entity.as_object()) {
        out.emplace_back(member.key());
    }
    return out;
}

void has(const json::value& entity, std::vector<std::string> names) {
    const auto found = members(entity);
    for (const auto& name : names) {
        EXPECT_NE(std::find(found.begin(), found.end(), name), found.end())
            << name << " in " << json::serialize(entity);
    }
}

template <int kEntity>
void properties(World& world) {
    fill(world);
    static const std::vector<std::pair<const char*, std::vector<std::string>>> kAll{
        {"Things(1)", {"name", "description", "properties"}},
        {"Locations(1)", {"name", "description", "encodingType", "location"}},
        {"HistoricalLocations(1)", {"time"}},
        {"Datastreams(1)",
         {"name",
          "description",
          "observationType",
          "unitOfMeasurement",
          "observedArea",
          "phenomenonTime",
          "resultTime"}},
        {"Sensors(1)", {"name", "description", "encodingType", "metadata"}},
        {"ObservedProperties(1)", {"name", "definition", "description"}},
        {"Observations(1)",
         {"phenomenonTime", "result", "resultTime", "resultQuality", "validTime", "parameters"}},
        {"FeaturesOfInterest(1)", {"name", "description", "encodingType", "feature"}},
    };
    has(world.get(kAll[kEntity].first), kAll[kEntity].second);
    if (kEntity == 3) {
        const auto stream = world.get("Datastreams(1)");
        EXPECT_EQ(text(stream, "phenomenonTime"), "2025-09-16T00:00:00Z/2025-09-16T00:00:00Z");
        EXPECT_EQ(text(stream, "resultTime"), "2025-09-16T00:00:01Z/2025-09-16T00:00:01Z");
        EXPECT_EQ(text(stream.at("observedArea"), "type"), "Point");
    }
}

template <int kEntity>
void relations(World& world) {
    fill(world);
    static const std::vector<std::pair<const char*, std::vector<std::string>>> kAll{
        {"Things", {"Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams"}},
        {"Locations", {"Things", "HistoricalLocations"}},
        {"HistoricalLocations", {"Thing", "Locations"}},
        {"Datastreams", {"Thing", "Sensor", "ObservedProperty", "Observations"}},
        {"Sensors", {"Datastreams", "MultiDatastreams"}},
        {"ObservedProperties", {"Datastreams", "MultiDatastreams"}},
        {"Observations", {"Datastream", "FeatureOfInterest"}},
        {"FeaturesOfInterest", {"Observations"}},
    };
    const auto& [set, navigations] = kAll[kEntity];
    const auto entity = world.get(fmt::format("{}(1)", set));
    for (const auto& navigation : navigations) {
        const auto link = text(entity, navigation + "@iot.navigationLink");
        EXPECT_EQ(
            link, fmt::format("http://city.example/sensorthings/v1.1/{}(1)/{}", set, navigation)
        );
        const auto behind = world.get(fmt::format("{}(1)/{}", set, navigation));
        const bool many = navigation.ends_with("s") || navigation.ends_with("ies");
        if (!many) {
            EXPECT_EQ(behind.at("@iot.id").as_int64(), 1) << navigation;
        } else if (navigation != "MultiDatastreams") {
            ASSERT_EQ(behind.at("value").as_array().size(), 1U) << link;
            EXPECT_EQ(behind.at("value").at(0).at("@iot.id").as_int64(), 1) << navigation;
        }
    }
}

void data_model(World& world) {
    fill(world);
    std::vector<std::string> sets;
    const auto root = world.get("");
    for (const auto& item : root.at("value").as_array()) {
        sets.push_back(text(item, "name"));
        EXPECT_EQ(text(item, "url"), "http://city.example/sensorthings/v1.1/" + text(item, "name"));
        EXPECT_EQ(world.status(text(item, "name")), 200);
    }
    std::sort(sets.begin(), sets.end());
    EXPECT_EQ(
        sets,
        (std::vector<std::string>{
            "Datastreams",
            "FeaturesOfInterest",
            "HistoricalLocations",
            "Locations",
            "MultiDatastreams",
            "Observations",
            "ObservedProperties",
            "Sensors",
            "Things"
        })
    );
}

void control_information(World& world) {
    fill(world);
    for (const auto* set :
         {"Things",
          "Locations",
          "HistoricalLocations",
          "Datastreams",
          "Sensors",
          "ObservedProperties",
          "Observations",
          "FeaturesOfInterest"}) {
        const auto one = world.get(fmt::format("{}(1)", set));
        EXPECT_EQ(one.at("@iot.id").as_int64(), 1);
        const auto link = text(one, "@iot.selfLink");
        EXPECT_EQ(link, fmt::format("http://city.example/sensorthings/v1.1/{}(1)", set));
        EXPECT_EQ(world.get(link.substr(std::string("http://city.example").size())), one);
    }
    const auto old = world.get("/sensorthings/v1.0/Things(1)");
    EXPECT_EQ(text(old, "@iot.selfLink"), "http://city.example/sensorthings/v1.0/Things(1)");
}

void resource_paths(World& world) {
    fill(world);
    EXPECT_EQ(
        world
            .get("Things(1)/Datastreams(1)/Observations(1)/FeatureOfInterest/Observations(1)/result"
            )
            .at("result"),
        json::value(21.5)
    );
    EXPECT_EQ(text(world.get("Observations(1)/Datastream/Thing"), "name"), "one");
    EXPECT_EQ(text(world.get("Things(1)/name"), "name"), "one");
    EXPECT_EQ(world.ask("GET", "Things(1)/name/$value").body, "one");
    EXPECT_EQ(world.ask("GET", "Observations(1)/result/$value").body, "21.5");
    EXPECT_EQ(
        text(world.get("Things(1)/Datastreams/$ref").at("value").at(0), "@iot.selfLink"),
        "http://city.example/sensorthings/v1.1/Datastreams(1)"
    );
    EXPECT_EQ(world.ask("GET", "Observations/$count").body, "1");
    EXPECT_EQ(text(world.get("Datastreams(1)/unitOfMeasurement/symbol"), "symbol"), "degC");
    EXPECT_EQ(world.ask("GET", "/sensorthings/v1.1/Things%281%29").status, 200);
    for (const auto* missing :
         {"Things(2)",
          "Thing",
          "Nothings",
          "Things(1)/nonsense",
          "Things(1)/Datastreams(2)",
          "Things('x')",
          "Things(1)/Sensors",
          "Datastreams(1)/unitOfMeasurement/nothing",
          "/sensorthings/v2/Things",
          "/sensorthings/v1.11/Things"}) {
        EXPECT_EQ(world.status(missing), 404) << missing;
    }
    for (const auto* malformed : {"Things(", "Things(1", "Things(1))", "Things%zz"}) {
        EXPECT_EQ(world.status(malformed), 400) << malformed;
    }
    EXPECT_EQ(world.status("Things(1)/MultiDatastreams"), 200);
}

constexpr Requirement kData[] = {
    {"datamodel", data_model},
    {"datamodel/thing/properties", properties<0>},
    {"datamodel/thing/relations", relations<0>},
    {"datamodel/location/properties", properties<1>},
    {"datamodel/location/relations", relations<1>},
    {"datamodel/historical-location/properties", properties<2>},
    {"datamodel/historical-location/relations", relations<2>},
    {"datamodel/datastream/properties", properties<3>},
    {"datamodel/datastream/relations", relations<3>},
    {"datamodel/sensor/properties", properties<4>},
    {"datamodel/sensor/relations", relations<4>},
    {"datamodel/observed-property/properties", properties<5>},
    {"datamodel/observed-property/relations", relations<5>},
    {"datamodel/observation/properties", properties<6>},
    {"datamodel/observation/relations", relations<6>},
    {"datamodel/feature-of-interest/properties", properties<7>},
    {"datamodel/feature-of-interest/relations", relations<7>},
    {"entity-control-information/common-control-information", control_information},
    {"resource-path/resource-path-to-entities", resource_paths},
};

}  // namespace

std::span<const Requirement> data_requirements() {
    return kData;
}

}  // namespace chengshu::sensorthings
