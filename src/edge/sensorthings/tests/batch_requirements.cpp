// MultiDatastreams, and many requests in one.

#include "edge/sensorthings/tests/requirements.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;
using Ids = std::vector<std::int64_t>;

constexpr const char* kMulti = R"({"name":"wind","description":"d",
    "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation",
    "multiObservationDataTypes":["OM_Measurement","OM_Measurement"],
    "unitOfMeasurements":[{"name":"m/s","symbol":"m/s","definition":"d"},
                          {"name":"degree","symbol":"deg","definition":"d"}],
    "Sensor":{"name":"s","description":"d","encodingType":"e","metadata":"m"},
    "ObservedProperties":[{"name":"speed","definition":"d","description":"d"},
                          {"name":"direction","definition":"d","description":"d"}]})";

void multi(World& world) {
    world.make_station("a");
    EXPECT_EQ(world.make("Things(1)/MultiDatastreams", kMulti), 2) << "one counter for both";
    const auto id = world.make("MultiDatastreams(2)/Observations", R"({"result":[5.5,270]})");
    EXPECT_EQ(
        json::serialize(world.get(fmt::format("Observations({})?$select=result", id))),
        R"({"result":[5.5E0,270]})"
    );
    EXPECT_EQ(world.status(fmt::format("Observations({})/Datastream", id)), 404);
    EXPECT_EQ(text(world.get(fmt::format("Observations({})/MultiDatastream", id)), "name"), "wind");
    EXPECT_EQ(world.ids("MultiDatastreams(2)/Observations"), (Ids{id}));
    EXPECT_EQ(world.ids("Observations?$filter=MultiDatastream/name%20eq%20'wind'"), (Ids{id}));
    EXPECT_EQ(world.status("Datastreams(2)"), 404);
    const auto group = world.get("MultiDatastreams(2)/Observations?$resultFormat=dataArray");
    EXPECT_TRUE(group.at("value").at(0).as_object().contains("MultiDatastream@iot.navigationLink"));
}

void multi_properties(World& world) {
    world.make_station("a");
    world.make("Things(1)/MultiDatastreams", kMulti);
    const auto stream = world.get("MultiDatastreams(2)");
    for (const auto* name :
         {"name",
          "description",
          "observationType",
          "multiObservationDataTypes",
          "unitOfMeasurements"}) {
        EXPECT_TRUE(stream.as_object().contains(name)) << name;
    }
    world.make("MultiDatastreams(2)/Observations", R"({"result":[1,2]})");
    EXPECT_EQ(
        text(world.get("MultiDatastreams(2)"), "phenomenonTime"),
        "2025-09-16T01:00:00Z/2025-09-16T01:00:00Z"
    );
}

void multi_relations(World& world) {
    world.make_station("a");
    world.make("Things(1)/MultiDatastreams", kMulti);
    EXPECT_EQ(text(world.get("MultiDatastreams(2)/Thing"), "name"), "a");
    EXPECT_EQ(text(world.get("MultiDatastreams(2)/Sensor"), "name"), "s");
    EXPECT_EQ(world.ids("MultiDatastreams(2)/ObservedProperties"), (Ids{2, 3}));
    EXPECT_EQ(world.ids("ObservedProperties(3)/MultiDatastreams"), (Ids{2}));
    EXPECT_EQ(world.ids("Things(1)/MultiDatastreams"), (Ids{2}));
    EXPECT_EQ(
        world
            .ask(
                "PATCH",
                "MultiDatastreams(2)",
                R"({"ObservedProperties":[{"@iot.id":3},{"@iot.id":2}]})"
            )
            .status,
        200
    );
    EXPECT_EQ(world.ids("MultiDatastreams(2)/ObservedProperties"), (Ids{3, 2})) << "order counts";
}

void multi_constraints(World& world) {
    world.make_station("a");
    const auto without = [](const std::string& part) {
        std::string body = kMulti;
        const auto at = body.find(part);
        return at == std::string::npos ? body : body.erase(at, part.size());
    };
    refused(
        world,
        "Things(1)/MultiDatastreams",
        without(",\"OM_Measurement\""),
        "multiObservationDataTypes"
    );
    refused(
        world, "Things(1)/MultiDatastreams", without("OM_ComplexObservation"), "observationType"
    );
    world.make("Things(1)/MultiDatastreams", kMulti);
    for (const auto* result : {"5", "[1]", "[1,2,3]", "\"x\"", "{}"}) {
        EXPECT_EQ(
            world
                .ask(
                    "POST",
                    "MultiDatastreams(2)/Observations",
                    fmt::format(R"({{"result":{}}})", result)
                )
                .status,
            400
        ) << result;
    }
    EXPECT_EQ(
        world.ask("PATCH", "MultiDatastreams(2)", R"({"ObservedProperties":[{"@iot.id":2}]})")
            .status,
        400
    );
    EXPECT_EQ(
        world
            .ask("POST", "Observations", R"({"result":[1,2],"Datastream":{"@iot.id":1},
                  "MultiDatastream":{"@iot.id":2}})")
            .status,
        400
    );
}

const std::string kMixed = "multipart/mixed; boundary=b1";

std::string crlf(std::string text) {
    std::string out;
    for (const char c : text) {
        out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    }
    return out;
}

void batch_multipart(World& world) {
    const auto body = crlf(R"(--b1
Content-Type: application/http

GET /sensorthings/v1.1/Things HTTP/1.1
Host: city.example


--b1
Content-Type: multipart/mixed; boundary=c1

--c1
Content-Type: application/http
Content-ID: 1

POST /sensorthings/v1.1/Things HTTP/1.1
Content-Type: application/json

{"name":"t","description":"d"}
--c1
Content-Type: application/http
Content-ID: 2

POST $1/Locations HTTP/1.1
Content-Type: application/json

{"name":"p","description":"d","encodingType":"x","location":"here"}
--c1
Content-Type: application/http
Content-ID: 3

PATCH $1 HTTP/1.1
Content-Type: application/json

{"name":"renamed"}
--c1--
--b1
Content-Type: application/http

GET Things(1)?$select=name&$expand=Locations($select=name) HTTP/1.1


--b1
Content-Type: application/http

DELETE Things(99) HTTP/1.1


--b1--
)");
    const auto response =
        world.ask("POST", "$batch", body, "administrator", {{"Content-Type", kMixed}});
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_TRUE(response.headers.get("Content-Type").starts_with("multipart/mixed; boundary="));
    const auto& out = response.body;
    EXPECT_NE(out.find("HTTP/1.1 201"), std::string::npos) << out;
    EXPECT_NE(
        out.find("Location: http://city.example/sensorthings/v1.1/Things(1)"), std::string::npos
    ) << out;
    EXPECT_NE(out.find("Content-ID: 2"), std::string::npos);
    EXPECT_NE(out.find(R"({"name":"renamed","Locations":[{"name":"p"}]})"), std::string::npos)
        << out;
    EXPECT_NE(out.find("HTTP/1.1 404"), std::string::npos);
    EXPECT_NE(out.find(R"({"value":[]})"), std::string::npos) << "before the change set";

    // A change set is all or nothing.
    const auto broken = crlf(R"(--b1
Content-Type: multipart/mixed; boundary=c1

--c1
Content-Type: application/http

POST Things HTTP/1.1

{"name":"lost","description":"d"}
--c1
Content-Type: application/http

POST Things HTTP/1.1

{"name":"bad"}
--c1--
--b1--)");
    const auto refused_set =
        world.ask("POST", "$batch", broken, "administrator", {{"Content-Type", kMixed}});
    EXPECT_EQ(refused_set.status, 200);
    EXPECT_NE(refused_set.body.find("HTTP/1.1 409"), std::string::npos) << refused_set.body;
    EXPECT_NE(refused_set.body.find("HTTP/1.1 400"), std::string::npos);
    EXPECT_EQ(world.ids("Things"), (Ids{1}));
    for (const auto* bad : {"", "--b1", "--b1\r\n\r\nGET", "--b2--"}) {
        EXPECT_EQ(
            world.ask("POST", "$batch", bad, "administrator", {{"Content-Type", kMixed}}).status,
            400
        ) << bad;
    }
    EXPECT_EQ(
        world.ask("POST", "$batch", body, "administrator", {{"Content-Type", "multipart/mixed"}})
            .status,
        400
    );
}

void batch_json(World& world) {
    world.make_station("a");
    const auto response = world.ask(
        "POST",
        "$batch",
        R"({"requests":[
            {"id":"1","method":"post","url":"Things","body":{"name":"t","description":"d"}},
            {"id":"2","atomicityGroup":"g","method":"post","url":"Datastreams(1)/Observations",
             "body":{"result":7}},
            {"id":"3","atomicityGroup":"g","method":"post","url":"/v1.1/Sensors",
             "body":{"name":"s","description":"d","encodingType":"e","metadata":"m"}},
            {"id":"4","method":"get","url":"Observations?$select=result"},
            {"id":"5","method":"get","url":"Nothings"}]})"
    );
    EXPECT_EQ(response.status, 200) << response.body;
    const auto answers = json_of(response).at("responses");
    ASSERT_EQ(answers.as_array().size(), 5U);
    EXPECT_EQ(answers.at(0).at("status").as_int64(), 201);
    EXPECT_EQ(id_in(text(answers.at(0), "location")), 2);
    EXPECT_EQ(
        text(answers.at(1), "location"), "http://city.example/sensorthings/v1.1/Observations(1)"
    );
    EXPECT_EQ(answers.at(2).at("status").as_int64(), 201);
    EXPECT_EQ(json::serialize(answers.at(3).at("body").at("value")), R"([{"result":7}])");
    EXPECT_EQ(answers.at(4).at("status").as_int64(), 404);
    EXPECT_EQ(world.ask("POST", "$batch", "[]").status, 400);
    std::string many = R"({"requests":[)";
    for (int i = 0; i < 101; ++i) {
        many += std::string(i == 0 ? "" : ",") + R"({"id":"1","method":"get","url":"Things"})";
    }
    EXPECT_EQ(world.ask("POST", "$batch", many + "]}").status, 413);
}

void batch_request(World& world) {
    batch_multipart(world);
    World other;
    batch_json(other);
}

constexpr Requirement kBatches[] = {
    {"batch-request/batch-request", batch_request},
    {"multi-datastream", multi},
    {"multi-datastream/properties", multi_properties},
    {"multi-datastream/relations", multi_relations},
    {"multi-datastream/constraints", multi_constraints},
};

}  // namespace

std::span<const Requirement> batch_requirements() {
    return kBatches;
}

}  // namespace chengshu::sensorthings
