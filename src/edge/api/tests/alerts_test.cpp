// Rules, alerts, warnings, plans and responses over the REST interface, and who may do what.

#include "adapters/memory/memory_observations.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "edge/cap/message.hpp"
#include "services/response/watch.hpp"
#include "services/sensing/terminals.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using namespace std::chrono_literals;

services::DefinitionsPtr city_with_gauges() {
    testing::TestCityOptions options;
    options.files = {
        {"cities/testcity/observed.csv",
         "code,name_zh,name_en,definition,unit,ucum,min,max\n"
         "depth,水深,Depth,https://example.org/depth,cm,cm,0,500\n"},
        {"cities/testcity/sensors.csv",
         "code,name_zh,name_en,encoding,metadata\ngauge,水尺,Gauge,text/plain,none\n"},
        {"cities/testcity/things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "E,gauge,东尺,East,116.35,40.05,ROAD,active,false\n"},
        {"cities/testcity/streams.csv", "thing,property,sensor,interval_s\nE,depth,gauge,3600\n"},
        {"cities/testcity/indicators.yaml",
         "indicators:\n  - {code: depth_hour, name: {zh: 深, en: Depth}, period: hour, areas: max, "
         "source: test, observed: {property: depth, thing_type: gauge}}\n"},
        {"cities/testcity/rules.yaml", R"(rules:
  - code: water
    name: {zh: 积水, en: Water}
    source: then
    valid_to: 2026-01-01
    every: hour
    wait_minutes: 0
    at: {things: gauge}
    values: {depth: depth_hour}
    levels: {yellow: depth > 15, red: depth > 40}
    event: 11A01
    category: Infra
    text: {zh: "{place}{level}", en: "{place}: {level}"}
  - code: water
    name: {zh: 积水, en: Water}
    source: now
    valid_from: 2026-01-01
    every: hour
    at: {things: gauge}
    values: {depth: depth_hour}
    levels: {red: depth > 15}
    text: {zh: w, en: w}
)"},
        {"cities/testcity/plans.yaml", R"(plans:
  - code: flood
    name: {zh: 防汛, en: Flood}
    source: test
    rules: [water]
    grades:
      - {grade: III, alert: yellow, confirmed_by: [leader]}
    tasks:
      - code: watch
        name: {zh: 看, en: Watch}
        from: III
        department: ROAD
        categories: [TEST/matter/0101]
        text: {zh: 看, en: Watch}
)"},
        {"cities/testcity/response.yaml",
         "issuer: {sender: warnings@example.org, name: {zh: 市, en: City}}\n"},
    };
    auto files = testing::test_city_files(options);
    for (auto& file : files) {
        if (file.path == "cities/testcity/posts.csv") {
            file.content += "leader-west,leader,,110101,西区领导,Leader West\n";
        }
    }
    auto parsed = services::parse_definitions("testcity", files);
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

/// The world of the other tests, with a gauge in the eastern district.
class Warnings : public ::testing::Test {
protected:
    Warnings()
        : definitions(city_with_gauges()),
          entities(definitions, door, services::PublicSight::Marked),
          engine(world.store, world.clock, definitions),
          submitter(engine),
          watch(definitions, entities) {
        EXPECT_TRUE(services::add_terminals(engine, entities, *definitions.get()->city));
        EXPECT_TRUE(watch.load(world.store));
        Options options;
        options.principals = &world.principals;
        options.entities = &entities;
        api = std::make_unique<Api>(
            world.store, world.clock, world.secrets, world.blobs, definitions, submitter, options
        );
        look();
    }

    Reply call(
        std::string_view who,
        std::string_view method,
        std::string_view path,
        std::string body = "",
        std::string_view type = "application/json"
    ) {
        http::Request request;
        request.method = method;
        request.target = fmt::format("{}{}", kBasePath, path);
        if (!who.empty()) {
            request.headers.set("Authorization", "Bearer " + World::token_of(who));
        }
        if (!body.empty()) {
            request.headers.set("Content-Type", std::string(type));
            request.body = std::move(body);
        }
        Reply out;
        api->handle(std::move(request), [&](http::Response response) {
            out.status = response.status;
            out.headers = std::move(response.headers);
            out.text = std::move(response.body);
            out.stream = std::move(response.stream);
        });
        return out;
    }

    Reply get(std::string_view who, std::string_view path) { return call(who, "GET", path); }

    void look() {
        while (true) {
            auto page = watch.next(world.clock.now());
            ASSERT_TRUE(page) << page.error().context;
            if (!page->due()) {
                break;
            }
            std::vector<services::Job> jobs;
            jobs.push_back(watch.job(std::move(*page), [](const Result<services::AlertsOutcome>&) {
            }));
            engine.run(std::move(jobs));
        }
        services::ResponseTending tending(world.store);
        auto jobs = tending.round(world.clock.now(), false, [](Status) {});
        ASSERT_TRUE(jobs);
        engine.run(std::move(*jobs));
    }

    void hour(double depth) {
        const auto& registry = entities.registry();
        sensing::Observation row;
        row.id = ++last_id;
        row.stream = services::stream_of(registry, registry.thing_by_code("E"), "depth");
        row.phenomenon_from = to_millis(world.clock.now());
        row.phenomenon_to = row.phenomenon_from;
        row.number = depth;
        ports::ObservationBatch batch;
        batch.rows = {row};
        ASSERT_TRUE(observations.append({&batch, 1}));
        world.clock.pass(1h);
        look();
    }

    World world;
    services::CurrentDefinitions definitions;
    memory::MemoryObservations observations{::testing::TempDir()};
    services::DirectObservations door{observations, world.clock};
    services::SensingEntities entities;
    services::Engine engine;
    InlineSubmitter submitter;
    services::RuleWatch watch;
    std::unique_ptr<Api> api;
    std::int64_t last_id = 0;
};

TEST_F(Warnings, AlertsAreSeenWhereTheyConcernSomebody) {
    hour(20);
    EXPECT_EQ(get("", "/alerts").status, 401);
    EXPECT_EQ(get("administrator", "/alerts").status, 403);
    EXPECT_EQ(get("leader-west", "/alerts").list("items").size(), 0U);
    const auto found = get("leader", "/alerts");
    ASSERT_EQ(found.status, 200);
    ASSERT_EQ(found.list("items").size(), 1U);
    EXPECT_EQ(found.text_at("items.0.level"), "yellow");
    EXPECT_EQ(found.text_at("items.0.text.en"), "东尺 East: yellow");
    EXPECT_EQ(get("leader", "/alerts?level=red").list("items").size(), 0U);
    const auto id = found.text_at("items.0.id");
    EXPECT_EQ(get("leader", "/alerts/" + id).status, 200);
    EXPECT_EQ(get("leader-west", "/alerts/" + id).status, 404);
    EXPECT_EQ(get("leader", "/alerts/none").status, 404);
    hour(5);
    EXPECT_EQ(get("leader", "/alerts").list("items").size(), 0U);
    EXPECT_EQ(get("leader", "/alerts?open=false&level=yellow").list("items").size(), 1U);
}

TEST_F(Warnings, AreListedTheNewestFirst) {
    for (const double depth : {20, 5, 20, 5, 20}) {
        hour(depth);
    }
    std::vector<std::string> raised;
    std::string page = "/alerts?open=false&limit=1";
    for (std::string next = "start"; !next.empty();) {
        const auto found = get("leader", page);
        ASSERT_EQ(found.status, 200) << found.text;
        for (std::size_t i = 0; i < found.list("items").size(); ++i) {
            raised.push_back(found.text_at(fmt::format("items.{}.raised", i)));
        }
        next = found.text_at("next");
        page = "/alerts?open=false&limit=1&cursor=" + next;
    }
    ASSERT_EQ(raised.size(), 2U);
    EXPECT_GT(raised[0], raised[1]);
    const auto responses = get("leader", "/responses?open=false");
    ASSERT_EQ(responses.list("items").size(), 2U) << "nobody confirmed them";
    EXPECT_GT(responses.text_at("items.0.created"), responses.text_at("items.1.created"));
}

TEST_F(Warnings, AreAcknowledgedByWhoeverReachesThem) {
    hour(20);
    const auto id = get("leader", "/alerts").text_at("items.0.id");
    const auto path = "/alerts/" + id + "/acknowledgement";
    EXPECT_EQ(call("", "POST", path, "{}").status, 401);
    EXPECT_EQ(call("handler-san", "POST", path, "{}").status, 403);
    EXPECT_EQ(call("leader-west", "POST", path, "{}").status, 404);
    const auto done = call("leader", "POST", path, R"({"note": "seen"})");
    EXPECT_EQ(done.status, 200);
    EXPECT_EQ(done.text_at("acknowledged_by"), "leader");
}

TEST_F(Warnings, AreIssuedUpdatedAndCancelledAsCap) {
    hour(20);
    const auto id = get("leader", "/alerts").text_at("items.0.id");
    const auto path = "/alerts/" + id + "/messages";
    EXPECT_EQ(call("handler-san", "POST", path, "{}").status, 403);
    EXPECT_EQ(call("leader-west", "POST", path, "{}").status, 404);
    const auto first = call("leader", "POST", path, "{}");
    ASSERT_EQ(first.status, 201) << first.text;
    EXPECT_EQ(call("leader", "POST", path, "{}").status, 422) << "nothing has changed";
    hour(50);
    ASSERT_EQ(call("leader", "POST", path, "{}").status, 201);
    hour(5);
    const auto last = call("leader", "POST", path, "{}");
    ASSERT_EQ(last.status, 201) << last.text;
    EXPECT_EQ(call("leader", "POST", path, "{}").status, 422);
    std::vector<std::string> kinds;
    for (int i = 0; i < 3; ++i) {
        const auto identifier = last.text_at(fmt::format("issued.{}.identifier", i));
        EXPECT_EQ(identifier.size(), 31U) << identifier;
        const auto xml = get("", "/warnings/" + identifier);
        ASSERT_EQ(xml.status, 200) << "an issued warning is public";
        const auto message = cap::read(xml.text);
        ASSERT_TRUE(message) << message.error().context;
        EXPECT_EQ(message->identifier, identifier);
        EXPECT_EQ(cap::references_of(*message)->size(), static_cast<std::size_t>(i));
        kinds.push_back(message->kind + " " + message->infos.at(0).severity);
    }
    EXPECT_EQ(
        kinds, (std::vector<std::string>{"Alert Moderate", "Update Extreme", "Cancel Extreme"})
    );
    EXPECT_EQ(get("", "/warnings/none").status, 404);
}

TEST_F(Warnings, OfOthersAreTaken) {
    response::Alert foreign;
    foreign.id = "x";
    foreign.name = {"暴雨", "Rainstorm"};
    foreign.level = response::Level::Orange;
    foreign.peak = foreign.level;
    foreign.path = {"110000", "110102"};
    foreign.place_name = {"东区", "East"};
    foreign.text = {"暴雨", "Rain"};
    foreign.event = "11B03";
    foreign.category = "Met";
    const auto& zone = definitions.get()->city->calendar().zone();
    const response::Issuer issuer{"met@example.org", "000", "000", {"气象台", "Met office"}};
    const auto xml = [&](const std::string& identifier) {
        return cap::write(cap::message_of(foreign, issuer, identifier, world.clock.now(), zone));
    };
    const auto send = [&](std::string_view who, std::string body) {
        return call(who, "POST", "/warnings", std::move(body), "application/cap+xml");
    };
    EXPECT_EQ(send("", xml("m1")).status, 401);
    EXPECT_EQ(send("handler-san", xml("m1")).status, 403);
    EXPECT_EQ(send("leader-west", xml("m1")).status, 403);
    EXPECT_EQ(call("leader", "POST", "/warnings", xml("m1")).status, 415);
    EXPECT_EQ(send("leader", "<alert/>").status, 400);
    EXPECT_EQ(
        send("leader", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + xml("m1"))
            .status,
        400
    );
    const auto taken = send("leader", xml("m1"));
    ASSERT_EQ(taken.status, 200) << taken.text;
    EXPECT_EQ(taken.text_at("level"), "orange");
    EXPECT_EQ(taken.text_at("area"), "110102");
    EXPECT_EQ(taken.text_at("source"), "met@example.org");
    foreign.issued.push_back({"m1", "2025-09-16T10:00:00+08:00", "Alert", foreign.level});
    foreign.cleared = world.clock.now();
    world.clock.pass(1h);
    const auto over = send("leader", xml("m2"));
    ASSERT_EQ(over.status, 200) << over.text;
    EXPECT_EQ(over.text_at("level"), "none");
    EXPECT_FALSE(over.text_at("cleared").empty());
    const auto path = "/alerts/" + over.text_at("id") + "/messages";
    EXPECT_EQ(call("leader", "POST", path, "{}").status, 422) << "not ours to issue";
}

TEST_F(Warnings, HistoryIsJudgedUnderOtherRules) {
    hour(20);
    hour(50);
    EXPECT_EQ(get("", "/rules").status, 401);
    EXPECT_EQ(get("leader", "/rules").list("items").size(), 2U);
    const auto then = get("leader", "/rules/water/history?from=2025-09-16");
    ASSERT_EQ(then.status, 200) << then.text;
    ASSERT_EQ(then.list("items").size(), 24U);
    EXPECT_EQ(then.text_at("items.10.level"), "yellow");
    EXPECT_EQ(then.text_at("items.11.level"), "red");
    EXPECT_EQ(then.text_at("items.11.change"), "raised");
    const auto now = get("leader", "/rules/water/history?from=2025-09-16&rules=2026-02-01");
    EXPECT_EQ(now.text_at("items.10.level"), "red");
    EXPECT_EQ(get("leader", "/alerts?open=false").list("items").size(), 0U)
        << "nothing was raised or cleared by asking";
    EXPECT_EQ(get("leader", "/rules/none/history").status, 404);
    EXPECT_EQ(get("leader", "/rules/water/history?area=110101").status, 404);
    EXPECT_EQ(get("leader-west", "/rules/water/history").status, 404);
}

TEST_F(Warnings, PlansAreProposedAndConfirmedByTheNamedPost) {
    hour(20);
    EXPECT_EQ(get("", "/plans").status, 401);
    EXPECT_EQ(get("leader", "/plans").text_at("items.0.code"), "flood");
    const auto open = get("leader", "/responses");
    ASSERT_EQ(open.list("items").size(), 1U) << open.text;
    EXPECT_EQ(open.text_at("items.0.state"), "proposed");
    EXPECT_EQ(get("leader-west", "/responses").list("items").size(), 0U);
    const auto id = open.text_at("items.0.id");
    EXPECT_EQ(get("leader-west", "/responses/" + id).status, 404);
    const auto path = "/responses/" + id + "/commands";
    const std::string confirm = R"({"command": "confirm", "text": "go"})";
    EXPECT_EQ(call("", "POST", path, confirm).status, 401);
    EXPECT_EQ(call("handler-san", "POST", path, confirm).status, 403);
    EXPECT_EQ(call("dispatcher", "POST", path, confirm).status, 403) << "the plan names leaders";
    EXPECT_EQ(call("leader-west", "POST", path, confirm).status, 404);
    ASSERT_EQ(call("leader", "POST", path, confirm).status, 200);
    EXPECT_EQ(call("leader", "POST", path, confirm).status, 422);
    look();
    const auto active = get("leader", "/responses/" + id);
    EXPECT_EQ(active.text_at("state"), "active");
    EXPECT_EQ(active.text_at("tasks.watch.state"), "given");
    const auto number = active.text_at("tasks.watch.case_id");
    EXPECT_EQ(get("leader", "/cases/" + number).text_at("department.code"), "ROAD");
    EXPECT_EQ(
        call("leader", "POST", path, R"({"command": "report", "kind": "first", "text": "x"})")
            .status,
        200
    );
    EXPECT_EQ(
        call("leader", "POST", path, R"({"command": "report", "kind": "first"})").status, 400
    );
    EXPECT_EQ(call("leader", "POST", path, R"({"command": "end", "text": "over"})").status, 200);
    EXPECT_EQ(call("leader", "POST", path, R"({"command": "review", "text": "ok"})").status, 200);
    EXPECT_EQ(get("leader", "/responses?open=false").list("items").size(), 1U);
}

TEST_F(Warnings, ExercisesAreStartedByHandAndMarked) {
    const std::string body =
        R"({"plan": "flood", "grade": "III", "area": "110102", "cause": "d", "exercise": true})";
    EXPECT_EQ(call("dispatcher", "POST", "/responses", body).status, 403);
    EXPECT_EQ(call("leader-west", "POST", "/responses", body).status, 403);
    const auto started = call("leader", "POST", "/responses", body);
    ASSERT_EQ(started.status, 201) << started.text;
    EXPECT_TRUE(started.at("exercise").is_bool());
    EXPECT_EQ(call("leader", "POST", "/responses", body).text_at("id"), started.text_at("id"));
    EXPECT_EQ(get("leader", "/responses").list("items").size(), 1U);
    look();
    const auto number = get("leader", "/responses").text_at("items.0.tasks.watch.case_id");
    EXPECT_NE(get("leader", "/cases/" + number).text.find("演练"), std::string::npos);
}

TEST_F(Warnings, AreEventsForThoseWhoMayReadThem) {
    hour(20);
    const auto told = [&](std::string_view who, std::string_view query = "") {
        const auto reply = get(who, fmt::format("/events?after=0{}", query));
        EXPECT_EQ(reply.status, 200);
        std::string all;
        for (int i = 0; i < 50 && reply.stream; ++i) {
            const auto piece = reply.stream->next();
            if (!piece || piece->empty()) {
                break;
            }
            all += *piece;
        }
        return all;
    };
    EXPECT_NE(told("leader").find("event: alert"), std::string::npos);
    EXPECT_NE(told("leader").find("event: response"), std::string::npos);
    EXPECT_NE(told("leader", "&area=110102").find("event: alert"), std::string::npos);
    EXPECT_EQ(told("leader", "&area=110101").find("event: alert"), std::string::npos);
    EXPECT_EQ(told("leader-west").find("event: alert"), std::string::npos);
    EXPECT_EQ(told("").find("event: alert"), std::string::npos);
}

}  // namespace
}  // namespace chengshu::api
