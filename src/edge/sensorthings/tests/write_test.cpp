// What is kept of a change: durability, retries, batches of commits, the ledger of terminals.

#include "edge/sensorthings/tests/world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;
using Ids = std::vector<std::int64_t>;

std::string thing(const std::string& properties) {
    return fmt::format(R"({{"name":"t","description":"d","properties":{}}})", properties);
}

TEST(Durability, ARestartKnowsEverything) {
    World world;
    world.make_station("a", R"({"code":"A-1","department":"SAN","state":"active"})");
    world.make("Datastreams(1)/Observations", R"({"result":1})");
    const auto all = [&] {
        std::string out;
        for (const auto& info : sensing::all_entities()) {
            out += json::serialize(world.get(std::string(info.set))) + "\n";
        }
        return out;
    };
    const auto before = all();
    world.restart();
    EXPECT_EQ(all(), before);
    // The feature that was made of the place is used again.
    world.make("Datastreams(1)/Observations", R"({"result":2})");
    EXPECT_EQ(world.ids("FeaturesOfInterest"), (Ids{1}));
    EXPECT_EQ(world.ask("POST", "Things", thing(R"({"code":"A-1"})")).status, 409);
}

TEST(Durability, AfterARestartReadingsStillNeedNoCommitOfEntities) {
    World world;
    world.make_station("a");
    world.make("Datastreams(1)/Observations", R"({"result": 1})");
    world.restart();
    world.submitter.full = true;  // whatever goes to the writer is refused
    const auto answer =
        world.ask("POST", "Datastreams(1)/Observations", R"({"result": 2})", "administrator");
    EXPECT_EQ(answer.status, 201) << answer.body;
}

TEST(Durability, WhatIsNotCommittedIsNotThere) {
    World world;
    world.make_station("a");
    world.store.mood = BrittleStore::Mood::Refuses;
    EXPECT_EQ(world.ask("POST", "Things", thing("{}")).status, 503);
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"name":"x"})").status, 503);
    EXPECT_EQ(world.ask("DELETE", "Things(1)").status, 503);
    EXPECT_EQ(text(world.get("Things(1)"), "name"), "a");
    EXPECT_EQ(world.ids("Things"), (Ids{1}));
    world.store.mood = BrittleStore::Mood::Fine;
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"description":"y"})").status, 200);
    EXPECT_EQ(text(world.get("Things(1)"), "name"), "a");
    world.submitter.full = true;
    const auto refused = world.ask("POST", "Things", thing("{}"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
}

TEST(Durability, AnUnknownOutcomeIsLookedUp) {
    for (const auto mood :
         {BrittleStore::Mood::CommitsButSaysUnknown, BrittleStore::Mood::LosesAndSaysUnknown}) {
        World world;
        world.make_station("a");
        world.store.mood = mood;
        EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"name":"x"})").status, 504);
        EXPECT_EQ(world.ask("POST", "Things", thing("{}")).status, 504);
        world.store.mood = BrittleStore::Mood::Fine;
        // The next change, whatever it is about, first finds out how things stand.
        EXPECT_EQ(world.ask("PATCH", "Sensors(1)", R"({"name":"s"})").status, 200);
        const bool kept = mood == BrittleStore::Mood::CommitsButSaysUnknown;
        EXPECT_EQ(text(world.get("Things(1)"), "name"), kept ? "x" : "a");
        EXPECT_EQ(world.ids("Things").size(), kept ? 2U : 1U);
        const auto before = json::serialize(world.get("Things"));
        world.restart();
        EXPECT_EQ(json::serialize(world.get("Things")), before);
    }
}

TEST(Retries, AKeyHasOneEffect) {
    World world;
    world.make_station("a");
    const std::vector<Field> key{{"Idempotency-Key", "k1"}};
    const auto once = [&](const char* target, const std::string& body) {
        return world.ask("POST", target, body, "administrator", key);
    };
    const auto first = once("Things", thing("{}"));
    const auto again = once("Things", thing("{}"));
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(first.headers.get("Location"), again.headers.get("Location"));
    EXPECT_EQ(world.ids("Things"), (Ids{1, 2}));
    EXPECT_EQ(once("Things", thing(R"({"x":1})")).status, 409);
    // The first observation of a stream goes another way than the later ones: one effect still.
    const std::vector<Field> other{{"Idempotency-Key", "k2"}};
    for (int i = 0; i < 3; ++i) {
        const auto row = world.ask(
            "POST", "Datastreams(1)/Observations", R"({"result":1})", "administrator", other
        );
        EXPECT_EQ(row.status, 201) << row.body;
        EXPECT_EQ(id_in(row.headers.get("Location")), 1);
        if (i == 1) {
            world.restart();
        }
    }
    EXPECT_EQ(world.ids("Observations"), (Ids{1}));
    const std::vector<Field> third{{"Idempotency-Key", "k3"}};
    const std::string rows =
        R"([{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1],[2]]}])";
    const auto batch = world.ask("POST", "CreateObservations", rows, "administrator", third);
    EXPECT_EQ(
        world.ask("POST", "CreateObservations", rows, "administrator", third).body, batch.body
    );
    EXPECT_EQ(world.ids("Observations"), (Ids{1, 2, 3}));
    EXPECT_EQ(
        world.ask("POST", "Things", thing("{}"), "administrator", {{"Idempotency-Key", "a b"}})
            .status,
        400
    );
}

/// Changes of one commit see each other, and fail one by one.
TEST(OneCommit, HoldsManyChanges) {
    World world;
    world.make_station("a");
    world.submitter.hold = true;
    std::vector<http::Response> answers(5);
    const auto send = [&](std::size_t i, const char* method, const char* target, std::string body) {
        http::Request request;
        request.method = method;
        request.target = std::string("/sensorthings/v1.1/") + target;
        request.headers.set("Authorization", "Bearer key-administrator");
        request.headers.set("Content-Type", "application/json");
        request.body = std::move(body);
        world.edge->handle(std::move(request), [&answers, i](http::Response response) {
            answers[i] = std::move(response);
        });
    };
    send(0, "POST", "Things", thing(R"({"code":"X"})"));
    send(1, "POST", "Things", thing(R"({"code":"X"})"));
    send(2, "DELETE", "Things(1)", "");
    send(
        3,
        "POST",
        "Things(1)/Locations",
        R"({"name":"p","description":"d","encodingType":"e","location":1})"
    );
    send(4, "POST", "Things", thing("{}"));
    world.submitter.hold = false;
    world.submitter.flush();
    EXPECT_EQ(answers[0].status, 201) << answers[0].body;
    EXPECT_EQ(answers[1].status, 409) << answers[1].body;
    EXPECT_EQ(answers[2].status, 200) << answers[2].body;
    EXPECT_EQ(answers[3].status, 404) << answers[3].body;
    EXPECT_EQ(answers[4].status, 201) << answers[4].body;
    EXPECT_EQ(world.ids("Things").size(), 2U);
    const auto before = json::serialize(world.get("Things?$expand=Locations"));
    world.restart();
    EXPECT_EQ(json::serialize(world.get("Things?$expand=Locations")), before);
}

TEST(Ledger, ChecksTheAgreedNames) {
    World world;
    const auto refused = [&](const std::string& properties, int status, const char* field) {
        const auto response = world.ask("POST", "Things", thing(properties));
        EXPECT_EQ(response.status, status) << properties << response.body;
        EXPECT_EQ(text(json_of(response), "field"), field);
    };
    refused(R"({"code":"no spaces"})", 400, "properties/code");
    refused(R"({"code":""})", 400, "properties/code");
    refused(R"({"type":5})", 400, "properties/type");
    refused(R"({"department":"NOBODY"})", 400, "properties/department");
    refused(R"({"department":"GONE"})", 400, "properties/department");
    refused(R"({"area":"999"})", 400, "properties/area");
    refused(R"({"state":"sleeping"})", 400, "properties/state");
    refused(R"({"public":"yes"})", 400, "properties/public");
    world.make("Things", thing(R"({"code":"C-1","type":"camera","department":"LAMP","area":"110102",
                  "state":"registered","builder":"b","manager":"m","free":{"anything":[1]}})"));
    refused(R"({"code":"C-1"})", 409, "properties/code");
    EXPECT_EQ(world.ids("Things?$filter=properties/type%20eq%20'camera'").size(), 1U);
}

TEST(Ledger, FillsTheAreaFromThePlace) {
    World world;
    const auto area = [&](const char* target) {
        return text(world.get(target).at("properties"), "area");
    };
    world.make_station("east");
    EXPECT_EQ(area("Things(1)"), "110102001");
    world.make_station("named", R"({"area":"110102"})", testing::kWest1);
    EXPECT_EQ(area("Things(2)"), "110102") << "who says it knows it";
    world.make_station("outside", "{}", testing::kOutside);
    EXPECT_EQ(area("Things(3)"), "");
    // The thing moves, then its place is corrected.
    world.make(
        "Things(1)/Locations",
        R"({"name":"p","description":"d","encodingType":"application/geo+json",
            "location":{"type":"Point","coordinates":[116.15,40.05]}})"
    );
    EXPECT_EQ(area("Things(1)"), "110101001");
    const auto place = world.ids("Things(1)/Locations").front();
    EXPECT_EQ(
        world
            .ask(
                "PATCH",
                fmt::format("Locations({})", place),
                R"({"location":{"type":"Point","coordinates":[116.35,40.15]}})"
            )
            .status,
        200
    );
    EXPECT_EQ(area("Things(1)"), "110102002");
    EXPECT_EQ(text(world.get(fmt::format("Locations({})", place)).at("location"), "type"), "Point");
}

TEST(Ledger, LifeGoesAlongTheAllowedSteps) {
    World world;
    const auto id = world.make("Things", thing(R"({"state":"registered"})"));
    const auto become = [&](const char* state) {
        return world
            .ask(
                "PATCH",
                fmt::format("Things({})", id),
                fmt::format(R"({{"properties":{{"state":"{}"}}}})", state)
            )
            .status;
    };
    EXPECT_EQ(become("active"), 400);
    EXPECT_EQ(become("installed"), 200);
    EXPECT_EQ(become("installed"), 200);
    EXPECT_EQ(become("active"), 200);
    EXPECT_EQ(become("faulty"), 200);
    EXPECT_EQ(become("active"), 200);
    EXPECT_EQ(become("registered"), 400);
    EXPECT_EQ(
        world.ask("PATCH", fmt::format("Things({})", id), R"({"properties":{}})").status, 400
    );
    EXPECT_EQ(become("retired"), 200);
    EXPECT_EQ(become("active"), 400);
    const auto journal = world.store.journal({}, 1000);
    int steps = 0;
    for (const auto& row : *journal) {
        steps += row.type == "sensing.state" ? 1 : 0;
    }
    EXPECT_EQ(steps, 5);
}

TEST(Features, AreMadeOfThePlaceAndUsedAgain) {
    World world;
    world.make_station("a");
    for (int i = 0; i < 3; ++i) {
        world.make("Datastreams(1)/Observations", R"({"result":1})");
    }
    EXPECT_EQ(world.ids("FeaturesOfInterest"), (Ids{1}));
    EXPECT_EQ(
        world.get("FeaturesOfInterest(1)/Observations?$count=true").at("@iot.count").as_int64(), 3
    );
    world.make(
        "Things(1)/Locations",
        R"({"name":"elsewhere","description":"d","encodingType":"application/geo+json",
            "location":{"type":"Point","coordinates":[116.15,40.05]}})"
    );
    const auto row = world.make("Datastreams(1)/Observations", R"({"result":1})");
    EXPECT_EQ(
        text(world.get(fmt::format("Observations({})/FeatureOfInterest", row)), "name"), "elsewhere"
    );
    EXPECT_EQ(text(world.get("Datastreams(1)").at("observedArea"), "type"), "Polygon");
    // A thing without a place needs a feature that is named.
    world.make("Things", thing("{}"));
    EXPECT_EQ(world.ask("PATCH", "Datastreams(1)", R"({"Thing":{"@iot.id":2}})").status, 200);
    const auto refused = world.ask("POST", "Datastreams(1)/Observations", R"({"result":1})");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(text(json_of(refused), "field"), "FeatureOfInterest");
}

TEST(Limits, AreKept) {
    Options small;
    small.body_max = 1000;
    small.steps_max = 200;
    World world(services::PublicSight::Everything, small);
    EXPECT_EQ(world.ask("POST", "Things", std::string(1001, ' ')).status, 413);
    for (int i = 0; i < 150; ++i) {
        world.make("Things", thing("{}"));
    }
    const auto refused = world.ask("GET", "Things?$filter=name%20eq%20'nobody'");
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.body.find("steps"), std::string::npos) << refused.body;
    EXPECT_EQ(world.ids("Things?$filter=id%20eq%2077&$count=true"), (Ids{77})) << "looks at one";
    EXPECT_EQ(world.status("Things"), 200);
}

TEST(Headers, AreForPagesOfAnyOrigin) {
    World world;
    EXPECT_EQ(world.ask("GET", "Things").headers.get("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(world.ask("OPTIONS", "Things").status, 204);
    EXPECT_EQ(world.ask("GET", "Things", {}, "", {{"Authorization", "Basic x"}}).status, 401);
    // A host that is none does not become part of a link.
    const auto page = json_of(world.ask("GET", "", {}, "", {{"Host", "evil\"><script>"}}));
    EXPECT_EQ(text(page.at("value").at(0), "url"), "/sensorthings/v1.1/Things");
}

TEST(Language, MessagesSpeakTheReadersLanguage) {
    World world;
    world.make_station("a");
    const auto said = [&](const char* language, const char* path, const char* body) {
        const auto answer = world.ask(
            *body == 0 ? "GET" : "POST",
            path,
            body,
            "administrator",
            {{"Accept-Language", language}}
        );
        return answer.body;
    };

    struct Row {
        const char* path;
        const char* body;
        const char* en;
        const char* zh;
    };

    const Row rows[] = {
        {"Things?$filter=name%20eq",
         "",
         "$filter, at character 8: expected a value, found the end",
         "$filter 第 8 个字符处：应为值，而内容已结束"},
        {"Things?$filter=nam%20eq%20'a'", "", "did you mean 'name'?", "，是否指“name”？"},
        {"Things(9)", "", "there is no Things(9)", "没有 Things(9)"},
        {"Datastreams(1)/Observations",
         R"({"result":1,"phenomenonTime":"yesterday"})",
         "phenomenonTime: must be a time such as 2026-01-01T08:00:00Z",
         "phenomenonTime: 应为时间，例如 2026-01-01T08:00:00Z"},
        {"CreateObservations",
         R"([{"Datastream":{"@iot.id":77},"components":["result"],"dataArray":[[1]]}])",
         "error: 0/Datastream: there is no Datastreams(77)",
         "error: 0/Datastream: 没有 Datastreams(77)"},
    };
    for (const auto& row : rows) {
        const auto en = said("en", row.path, row.body);
        EXPECT_NE(en.find(row.en), std::string::npos) << en;
        const auto zh = said("zh", row.path, row.body);
        EXPECT_NE(zh.find(row.zh), std::string::npos) << zh;
    }
}

}  // namespace
}  // namespace chengshu::sensorthings
