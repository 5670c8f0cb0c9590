// Creating, changing and deleting, alone and in batches.

#include "edge/sensorthings/tests/requirements.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;
using Ids = std::vector<std::int64_t>;

constexpr const char* kThing = R"({"name":"t","description":"d"})";
constexpr const char* kPlace =
    R"({"name":"p","description":"d","encodingType":"application/geo+json",
    "location":{"type":"Point","coordinates":[116.15,40.05]}})";
constexpr const char* kSensor =
    R"({"name":"s","description":"d","encodingType":"text/html","metadata":"m"})";
constexpr const char* kProperty =
    R"({"name":"o","definition":"https://example.org","description":"d"})";
const std::string kStreamHead =
    R"({"name":"x","description":"d","observationType":"OM_Measurement",
        "unitOfMeasurement":{"name":null,"symbol":null,"definition":null})";

std::string stream_of(int thing, int sensor, int property) {
    return fmt::format(
        R"({},"Thing":{{"@iot.id":{}}},"Sensor":{{"@iot.id":{}}},)"
        R"("ObservedProperty":{{"@iot.id":{}}}}})",
        kStreamHead,
        thing,
        sensor,
        property
    );
}

void create_entity(World& world) {
    const auto made = world.ask("POST", "Things", kThing);
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.headers.get("Location"), "http://city.example/sensorthings/v1.1/Things(1)");
    EXPECT_EQ(world.make("Things", kThing), 2);
    EXPECT_EQ(world.make("Locations", kPlace), 1);
    EXPECT_EQ(world.make("Sensors", kSensor), 1);
    EXPECT_EQ(world.make("ObservedProperties", kProperty), 1);
    EXPECT_EQ(world.make("Datastreams", stream_of(1, 1, 1)), 1);
    EXPECT_EQ(
        world.make(
            "FeaturesOfInterest",
            R"({"name":"f","description":"d","encodingType":"application/geo+json",
                "feature":{"type":"Point","coordinates":[1,2]}})"
        ),
        1
    );
    EXPECT_EQ(
        world.make(
            "Observations",
            R"({"result":5,"Datastream":{"@iot.id":1},"FeatureOfInterest":{"@iot.id":1}})"
        ),
        1
    );
    // Without a time the server's is taken, without a result time there is none.
    const auto row = world.get("Observations(1)");
    EXPECT_EQ(text(row, "phenomenonTime"), "2025-09-16T01:00:00Z");
    EXPECT_TRUE(row.at("resultTime").is_null());
    for (const auto* result : {"\"text\"", "true", "null", "[1,2]", R"({"a":1})"}) {
        const auto id = world.make(
            "Datastreams(1)/Observations",
            fmt::format(R"({{"result":{},"FeatureOfInterest":{{"@iot.id":1}}}})", result)
        );
        EXPECT_EQ(
            json::serialize(world.get(fmt::format("Observations({})?$select=result", id))),
            fmt::format(R"({{"result":{}}})", result)
        );
    }
    const auto shown =
        world.ask("POST", "Things", kThing, "administrator", {{"Prefer", "return=representation"}});
    EXPECT_EQ(text(json_of(shown), "name"), "t");

    refused(world, "Things", R"({"name":"t"})", "description");
    refused(world, "Things", R"({"name":5,"description":"d"})", "name");
    refused(world, "Things", R"({"name":"t","description":"d","colour":"red"})", "colour");
    refused(world, "Things", R"({"name":"t","description":"d","properties":[]})", "properties");
    refused(world, "Datastreams", stream_of(9, 1, 1), "Thing");
    refused(world, "Datastreams", kStreamHead + "}", "Thing");
    refused(world, "Observations", R"({"Datastream":{"@iot.id":1}})", "result");
    refused(world, "Observations", R"({"result":1})", "Datastream");
    refused(world, "Observations", R"({"result":1,"Datastream":{"@iot.id":9}})", "Datastream");
    refused(
        world,
        "Observations",
        R"({"result":1,"phenomenonTime":"now","Datastream":{"@iot.id":1}})",
        "phenomenonTime"
    );
    refused(
        world,
        "Locations",
        R"({"name":"p","description":"d","encodingType":"application/geo+json",
            "location":{"type":"Point","coordinates":[500,40]}})",
        "location"
    );
    EXPECT_EQ(world.ask("POST", "Things", "{").status, 400);
    EXPECT_EQ(world.ask("POST", "Things", "[]").status, 400);
    EXPECT_EQ(world.ask("POST", "Things(9)/Datastreams", kThing).status, 404);
    EXPECT_EQ(
        world.ask("POST", "Things", kThing, "administrator", {{"Content-Type", "text/xml"}}).status,
        415
    );
}

void link_to_existing(World& world) {
    world.make("Locations", kPlace);
    world.make("Sensors", kSensor);
    world.make("ObservedProperties", kProperty);
    world.make("Things", R"({"name":"t","description":"d","Locations":[{"@iot.id":1}]})");
    EXPECT_EQ(world.ids("Things(1)/Locations"), (Ids{1}));
    EXPECT_EQ(world.ids("Locations(1)/Things"), (Ids{1}));
    const auto id = world.make(
        "Things(1)/Datastreams",
        kStreamHead + R"(,"Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}})"
    );
    EXPECT_EQ(world.ids("Things(1)/Datastreams"), (Ids{id}));
    EXPECT_EQ(world.ids("Sensors(1)/Datastreams"), (Ids{id}));
    // From the other side: the thing that is named gets the new place.
    world.make("Things", kThing);
    const auto other = world.make(
        "Locations",
        R"({"name":"q","description":"d","encodingType":"text/plain","location":"upstairs",
            "Things":[{"@iot.id":2}]})"
    );
    EXPECT_EQ(world.ids("Things(2)/Locations"), (Ids{other}));
    EXPECT_EQ(world.make("Things(2)/Locations", kPlace), 3);
    EXPECT_EQ(world.ids("Things(2)/Locations"), (Ids{3}));
}

void deep_insert(World& world) {
    const auto id = world.make_station("deep");
    const auto whole = world.get(
        fmt::format("Things({})?$expand=Locations,Datastreams($expand=Sensor,ObservedProperty)", id)
    );
    EXPECT_EQ(text(whole.at("Locations").at(0), "name"), "deep street");
    EXPECT_EQ(text(whole.at("Datastreams").at(0).at("Sensor"), "name"), "DHT");
    // Upwards as well: an observation brings its stream, and that its thing.
    const auto row = world.make(
        "Observations",
        fmt::format(
            R"({{"result":1,"FeatureOfInterest":{{"name":"f","description":"d","encodingType":"x",
                "feature":"there"}},"Datastream":{},"Thing":{},"Sensor":{},
                "ObservedProperty":{}}}}})",
            kStreamHead,
            kThing,
            kSensor,
            kProperty
        )
    );
    EXPECT_EQ(text(world.get(fmt::format("Observations({})/Datastream/Thing", row)), "name"), "t");
    // Downwards to the observations.
    const auto with_rows = world.make(
        "Things(1)/Datastreams",
        fmt::format(
            R"({},"Sensor":{},"ObservedProperty":{},"Observations":[{{"result":1}},)"
            R"({{"result":2}}]}})",
            kStreamHead,
            kSensor,
            kProperty
        )
    );
    EXPECT_EQ(
        json::serialize(
            world.get(fmt::format("Datastreams({})/Observations?$select=result", with_rows))
                .at("value")
        ),
        R"([{"result":1},{"result":2}])"
    );
}

void deep_insert_status(World& world) {
    auto body = station("x", "{}", testing::kEast1);
    const auto at = body.find("\"DHT\"");
    body.replace(at, 5, "7");
    refused(world, "Things", body, "Datastreams/0/Sensor/name");
    // Nothing of it is left.
    for (const auto* set :
         {"Things", "Locations", "Datastreams", "Sensors", "HistoricalLocations"}) {
        EXPECT_EQ(world.get(std::string(set) + "?$count=true").at("@iot.count").as_int64(), 0)
            << set;
    }
    EXPECT_EQ(world.make("Things", kThing), 1);
    std::string deep = "1";
    for (int i = 0; i < 20; ++i) {
        deep =
            R"({"name":"t","description":"d","Datastreams":[{"name":"n","Thing":)" + deep + "}]}";
    }
    EXPECT_EQ(world.ask("POST", "Things", deep).status, 400);
}

void update_entity(World& world) {
    world.make_station("a", R"({"x":1})");
    world.make_station("b");
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"name":"renamed"})").status, 200);
    const auto thing = world.get("Things(1)");
    EXPECT_EQ(text(thing, "name"), "renamed");
    EXPECT_EQ(text(thing, "description"), "an air station");
    EXPECT_EQ(thing.at("properties").at("x").as_int64(), 1);
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"properties":{"y":2}})").status, 200);
    EXPECT_FALSE(world.get("Things(1)").at("properties").as_object().contains("x"));
    EXPECT_EQ(world.ask("PATCH", "Datastreams(1)", R"({"Thing":{"@iot.id":2}})").status, 200);
    EXPECT_EQ(world.ids("Things(2)/Datastreams"), (Ids{1, 2}));
    EXPECT_EQ(world.ids("Things(1)/Datastreams"), Ids{});
    // Through a relation to one, too.
    EXPECT_EQ(world.ask("PATCH", "Datastreams(2)/Sensor", R"({"name":"better"})").status, 200);
    EXPECT_EQ(text(world.get("Sensors(2)"), "name"), "better");
    world.make("Datastreams(1)/Observations", R"({"result":1})");
    EXPECT_EQ(
        world.ask("PATCH", "Observations(1)", R"({"result":2,"parameters":{"p":1}})").status, 200
    );
    EXPECT_EQ(world.get("Observations(1)").at("result").as_int64(), 2);
    for (const auto& [target, body] : std::vector<std::pair<const char*, std::string>>{
             {"Things(1)", R"({"name":null})"},
             {"Things(1)", R"({"nonsense":1})"},
             {"Things(1)", "[]"},
             {"Datastreams(1)", R"({"Thing":{"@iot.id":99}})"},
             {"Datastreams(1)", fmt::format(R"({{"Sensor":{}}})", kSensor)},
             {"Things(1)", fmt::format(R"({{"Locations":[{}]}})", kPlace)},
             {"Observations(1)", R"({"phenomenonTime":5})"},
             {"Observations(1)", R"({"Datastream":{"@iot.id":99}})"}
         }) {
        EXPECT_EQ(world.ask("PATCH", target, body).status, 400) << target << body;
    }
    EXPECT_EQ(world.ask("PATCH", "Things(9)", "{}").status, 404);
}

void update_put(World& world) {
    world.make_station("a", R"({"x":1})");
    EXPECT_EQ(world.ask("PUT", "Things(1)", kThing).status, 200);
    const auto thing = world.get("Things(1)");
    EXPECT_EQ(text(thing, "name"), "t");
    EXPECT_EQ(json::serialize(thing.at("properties")), R"({"area":"110102001"})")
        << "which follows from its place";
    EXPECT_EQ(world.ids("Things(1)/Datastreams"), (Ids{1}));
    EXPECT_EQ(world.ask("PUT", "Things(1)", R"({"name":"t"})").status, 400);
    // What an answer of ours carries may come back as it is.
    const auto before = world.get("Datastreams(1)");
    EXPECT_EQ(world.ask("PUT", "Datastreams(1)", json::serialize(before)).status, 200);
    EXPECT_EQ(world.get("Datastreams(1)"), before);
    world.make("Datastreams(1)/Observations", R"({"result":1,"parameters":{"p":1}})");
    EXPECT_EQ(world.ask("PUT", "Observations(1)", R"({"result":"x"})").status, 200);
    const auto row = world.get("Observations(1)");
    EXPECT_EQ(text(row, "result"), "x");
    EXPECT_FALSE(row.as_object().contains("parameters"));
    EXPECT_EQ(world.ask("PUT", "Observations(1)", "{}").status, 400);
}

void update_json_patch(World& world) {
    world.make_station("a", R"({"x":1})");
    world.make("Datastreams(1)/Observations", R"({"result":1,"parameters":{"p":[1]}})");
    const auto patch = [&](const char* target, const char* body) {
        return world
            .ask(
                "PATCH",
                target,
                body,
                "administrator",
                {{"Content-Type", "application/json-patch+json"}}
            )
            .status;
    };
    EXPECT_EQ(
        patch(
            "Things(1)",
            R"([{"op":"test","path":"/properties/x","value":1},
                {"op":"move","from":"/properties/x","path":"/properties/y"},
                {"op":"replace","path":"/name","value":"n"}])"
        ),
        200
    );
    const auto thing = world.get("Things(1)");
    EXPECT_EQ(text(thing, "name"), "n");
    EXPECT_EQ(thing.at("properties").at("y").as_int64(), 1);
    EXPECT_FALSE(thing.at("properties").as_object().contains("x"));
    EXPECT_EQ(
        patch("Observations(1)", R"([{"op":"add","path":"/parameters/p/-","value":2}])"), 200
    );
    EXPECT_EQ(
        json::serialize(world.get("Observations(1)?$select=parameters")),
        R"({"parameters":{"p":[1,2]}})"
    );
    EXPECT_EQ(patch("Things(1)", R"([{"op":"test","path":"/name","value":"m"}])"), 400);
    EXPECT_EQ(patch("Things(1)", R"([{"op":"remove","path":"/name"}])"), 400);
    EXPECT_EQ(patch("Things(1)", R"([{"op":"add","path":"/nonsense","value":1}])"), 400);
    EXPECT_EQ(patch("Things(1)", R"({})"), 400);
    EXPECT_EQ(patch("Things(9)", R"([])"), 404);
    EXPECT_EQ(text(world.get("Things(1)"), "name"), "n");
}

Ids counts(World& world) {
    Ids out;
    for (const auto* set :
         {"Things",
          "Locations",
          "HistoricalLocations",
          "Datastreams",
          "Sensors",
          "ObservedProperties",
          "Observations",
          "FeaturesOfInterest"}) {
        out.push_back(
            world.get(std::string(set) + "?$count=true&$top=0").at("@iot.count").as_int64()
        );
    }
    return out;
}

void delete_entity(World& world) {
    const auto fresh = [](World& one) {
        one.make_station("a");
        one.make_station("b");
        one.make("Datastreams(1)/Observations", R"({"result":1})");
        one.make("Datastreams(2)/Observations", R"({"result":2})");
    };
    // Things, Locations, HistoricalLocations, Datastreams, Sensors, ObservedProperties,
    // Observations, FeaturesOfInterest
    const std::vector<std::pair<const char*, Ids>> cases{
        {"Things(1)", {1, 2, 1, 1, 2, 2, 1, 2}},
        {"Locations(1)", {2, 1, 1, 2, 2, 2, 2, 2}},
        {"HistoricalLocations(1)", {2, 2, 1, 2, 2, 2, 2, 2}},
        {"Datastreams(1)", {2, 2, 2, 1, 2, 2, 1, 2}},
        {"Sensors(1)", {2, 2, 2, 1, 1, 2, 1, 2}},
        {"ObservedProperties(1)", {2, 2, 2, 1, 2, 1, 1, 2}},
        {"Observations(1)", {2, 2, 2, 2, 2, 2, 1, 2}},
        {"FeaturesOfInterest(1)", {2, 2, 2, 2, 2, 2, 1, 1}},
    };
    for (const auto& [target, expected] : cases) {
        World one;
        fresh(one);
        EXPECT_EQ(one.ask("DELETE", target).status, 200) << target;
        EXPECT_EQ(one.status(target), 404);
        EXPECT_EQ(one.ask("DELETE", target).status, 404);
        EXPECT_EQ(counts(one), expected) << target;
        one.restart();
        EXPECT_EQ(counts(one), expected) << target << " after a restart";
    }
    fresh(world);
    EXPECT_EQ(world.ask("DELETE", "Things").status, 405);
    // An id is not given again, not even that of the last, not even after a restart.
    EXPECT_EQ(world.ask("DELETE", "Things(2)").status, 200);
    world.restart();
    EXPECT_EQ(world.make("Things", kThing), 3);
}

void history_automatic(World& world) {
    const auto id = world.make_station("a");
    ASSERT_EQ(world.ids("Things(1)/HistoricalLocations"), (Ids{1}));
    EXPECT_EQ(text(world.get("HistoricalLocations(1)"), "time"), "2025-09-16T01:00:00Z");
    EXPECT_EQ(world.ids("HistoricalLocations(1)/Locations"), (Ids{1}));
    world.clock.set("2025-09-17T01:00:00Z");
    EXPECT_EQ(world.make(fmt::format("Things({})/Locations", id), kPlace), 2);
    EXPECT_EQ(world.ids("Things(1)/Locations"), (Ids{2}));
    EXPECT_EQ(world.ids("Things(1)/HistoricalLocations"), (Ids{1, 2}));
    EXPECT_EQ(text(world.get("HistoricalLocations(2)"), "time"), "2025-09-17T01:00:00Z");
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"Locations":[{"@iot.id":1}]})").status, 200);
    EXPECT_EQ(world.ids("HistoricalLocations(3)/Locations"), (Ids{1}));
    // The place that it has already is no move.
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"Locations":[{"@iot.id":1}]})").status, 200);
    EXPECT_EQ(world.ids("Things(1)/HistoricalLocations"), (Ids{1, 2, 3}));
}

void history_manual(World& world) {
    world.make_station("a");
    world.make("Locations", kPlace);
    const auto history = [&](const char* time) {
        return world.make(
            "HistoricalLocations",
            fmt::format(
                R"({{"time":"{}","Thing":{{"@iot.id":1}},"Locations":[{{"@iot.id":2}}]}})", time
            )
        );
    };
    history("2020-01-01T00:00:00Z");
    EXPECT_EQ(world.ids("Things(1)/Locations"), (Ids{1})) << "the past does not move it";
    history("2025-10-01T00:00:00Z");
    EXPECT_EQ(world.ids("Things(1)/Locations"), (Ids{2}));
    EXPECT_EQ(world.ids("Things(1)/HistoricalLocations").size(), 3U);
    refused(world, "HistoricalLocations", R"({"time":"x","Thing":{"@iot.id":1}})", "time");
}

void create_update_delete(World& world) {
    const auto id = world.make("Things", kThing);
    EXPECT_EQ(world.ask("PATCH", fmt::format("Things({})", id), R"({"name":"n"})").status, 200);
    EXPECT_EQ(world.ask("DELETE", fmt::format("Things({})", id)).status, 200);
    EXPECT_EQ(world.status(fmt::format("Things({})", id)), 404);
}

constexpr Requirement kChanges[] = {
    {"create-update-delete", create_update_delete},
    {"create-update-delete/create-entity", create_entity},
    {"create-update-delete/link-to-existing-entities", link_to_existing},
    {"create-update-delete/deep-insert", deep_insert},
    {"create-update-delete/deep-insert-status-code", deep_insert_status},
    {"create-update-delete/update-entity", update_entity},
    {"create-update-delete/update-entity-put", update_put},
    {"create-update-delete/update-entity-jsonpatch", update_json_patch},
    {"create-update-delete/delete-entity", delete_entity},
    {"create-update-delete/historical-location-auto-creation", history_automatic},
    {"create-update-delete/historical-location-manual-creation", history_manual},
};

}  // namespace

std::span<const Requirement> change_requirements() {
    return kChanges;
}

}  // namespace chengshu::sensorthings
