#include "adapters/memory/memory_observations.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "services/sensing/terminals.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

services::DefinitionsPtr city_with_stations() {
    testing::TestCityOptions options;
    options.files = {
        {"cities/testcity/observed.csv",
         "code,name_zh,name_en,definition,unit,ucum,min,max\n"
         "PM2.5,颗粒物,Particles,https://example.org/pm25,µg/m³,ug/m3,0,1500\n"
         "wd,风向,Wind direction,https://example.org/wd,,,,\n"},
        {"cities/testcity/value_classes.csv",
         "property,step,upto,name_zh,name_en\nPM2.5,1,35,优,Good\nPM2.5,2,,差,Bad\n"},
        {"cities/testcity/sensors.csv",
         "code,name_zh,name_en,encoding,metadata\nanalyser,分析仪,Analyser,text/plain,none\n"},
        {"cities/testcity/things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "A1,air_station,东站,East,116.35,40.05,SAN,active,true\n"
         "A2,air_station,西站,West,116.15,40.05,SAN,active,false\n"
         "C1,camera,相机,Camera,116.15,40.05,ROAD,active,true\n"},
        {"cities/testcity/streams.csv",
         "thing,property,sensor,interval_s\n"
         "A1,PM2.5,analyser,3600\nA1,wd,analyser,3600\nA2,PM2.5,analyser,3600\n"},
        {"cities/testcity/indicators.yaml",
         "indicators:\n"
         "- {code: pm_hour, name: {zh: 时, en: Hour}, unit: µg/m³, precision: 1, period: hour, "
         "areas: mean, source: test, observed: {property: PM2.5, thing_type: air_station, ignore: "
         "[above_range]}}\n"
         "- {code: pm_day, name: {zh: 日, en: Day}, period: day, areas: max, source: test, roll: "
         "{of: pm_hour, as: sum}}\n"
         "- {code: bad, name: {zh: 差, en: Bad}, period: day, source: old, valid_to: 2025-01-01, "
         "formula: pm_day * 2}\n"
         "- {code: bad, name: {zh: 差, en: Bad}, period: day, source: new, valid_from: 2025-01-01, "
         "formula: pm_day * 3}\n"
         "- {code: worst, name: {zh: 首要, en: Worst}, period: day, source: test, which: {of: {PM: "
         "pm_day}, when: pm_day, above: 50}}\n"},
    };
    auto parsed = services::parse_definitions("testcity", testing::test_city_files(options));
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

/// The world of the other tests, with terminals.
class Things : public ::testing::Test {
protected:
    Things()
        : definitions(city_with_stations()),
          entities(definitions, door, services::PublicSight::Marked) {
        services::Engine engine(world.store, world.clock, definitions);
        EXPECT_TRUE(services::add_terminals(engine, entities, *definitions.get()->city));
        Options options;
        options.principals = &world.principals;
        options.entities = &entities;
        api = std::make_unique<Api>(
            world.store,
            world.clock,
            world.secrets,
            world.blobs,
            definitions,
            world.submitter,
            options
        );
    }

    Reply get(std::string_view who, std::string_view path) {
        http::Request request;
        request.method = "GET";
        request.target = fmt::format("{}{}", kBasePath, path);
        if (!who.empty()) {
            request.headers.set("Authorization", "Bearer " + World::token_of(who));
        }
        Reply out;
        api->handle(std::move(request), [&](http::Response response) {
            out.status = response.status;
            out.headers = std::move(response.headers);
            out.text = std::move(response.body);
        });
        return out;
    }

    void read(
        const std::string& thing,
        const std::string& name,
        int hours_ago,
        double value,
        std::string text = ""
    ) {
        const auto& registry = entities.registry();
        sensing::Observation row;
        row.id = ++last_id;
        row.stream = services::stream_of(registry, registry.thing_by_code(thing), name);
        row.phenomenon_from = to_millis(world.clock.now()) - hours_ago * 3'600'000;
        row.phenomenon_to = row.phenomenon_from;
        if (text.empty()) {
            row.number = value;
        } else {
            row.result = std::move(text);
        }
        ports::ObservationBatch batch;
        batch.rows = {row};
        ASSERT_TRUE(observations.append({&batch, 1}));
    }

    World world;
    services::CurrentDefinitions definitions;
    memory::MemoryObservations observations{::testing::TempDir()};
    services::DirectObservations door{observations, world.clock};
    services::SensingEntities entities;
    std::unique_ptr<Api> api;
    std::int64_t last_id = 0;
};

TEST_F(Things, AreListedWithTheirLatestReadings) {
    read("A1", "PM2.5", 2, 20);
    read("A1", "PM2.5", 1, 40.5);
    read("A1", "wd", 1, 0, "\"NNW\"");
    const auto reply = get("leader", "/things?type=air_station");
    ASSERT_EQ(reply.status, 200) << reply.text;
    ASSERT_EQ(reply.list("items").size(), 2U);
    EXPECT_EQ(reply.text_at("items.0.code"), "A1");
    EXPECT_EQ(reply.text_at("items.0.name.zh"), "东站");
    EXPECT_EQ(reply.text_at("items.0.department.code"), "SAN");
    EXPECT_EQ(reply.text_at("items.0.area"), "110102001");
    EXPECT_EQ(reply.at("items.0.lon").as_double(), 116.35);
    EXPECT_EQ(reply.text_at("items.0.readings.0.name"), "PM2.5");
    EXPECT_EQ(reply.at("items.0.readings.0.value").to_number<double>(), 40.5);
    EXPECT_EQ(reply.text_at("items.0.readings.0.unit"), "µg/m³");
    EXPECT_EQ(reply.text_at("items.0.readings.0.time"), "2025-09-16T01:00:00Z");
    EXPECT_EQ(reply.text_at("items.0.readings.0.class.en"), "Bad");
    EXPECT_EQ(reply.at("items.0.readings.0.step").as_int64(), 2);
    EXPECT_EQ(reply.text_at("items.0.readings.0.health"), "online");
    EXPECT_EQ(reply.text_at("items.0.readings.1.text"), "NNW");
    EXPECT_EQ(reply.text_at("items.1.readings.0.health"), "unknown");
    EXPECT_TRUE(reply.at("items.1.readings.0.value").is_null());
}

TEST_F(Things, AreFilteredAndPaged) {
    EXPECT_EQ(get("leader", "/things").list("items").size(), 3U);
    EXPECT_EQ(get("leader", "/things?type=camera").text_at("items.0.code"), "C1");
    EXPECT_EQ(get("leader", "/things?code=A2").text_at("items.0.code"), "A2");
    EXPECT_EQ(get("leader", "/things?area=110102").list("items").size(), 1U);
    const auto first = get("leader", "/things?limit=2");
    ASSERT_EQ(first.list("items").size(), 2U);
    const auto second = get("leader", "/things?limit=2&cursor=" + first.text_at("next"));
    ASSERT_EQ(second.list("items").size(), 1U) << second.text;
    EXPECT_TRUE(second.at("next").is_null());
    EXPECT_EQ(get("leader", "/things?cursor=nonsense").status, 400);
}

TEST_F(Things, StrangersSeeWhatIsMarkedAsPublic) {
    const auto reply = get("", "/things");
    ASSERT_EQ(reply.status, 200) << reply.text;
    ASSERT_EQ(reply.list("items").size(), 2U);
    EXPECT_EQ(reply.text_at("items.0.code"), "A1");
    EXPECT_EQ(reply.text_at("items.1.code"), "C1");
    const auto& registry = entities.registry();
    const auto path = [&](const char* code) {
        return fmt::format("/things/{}/readings", registry.thing_by_code(code));
    };
    EXPECT_EQ(get("", path("A1")).status, 200);
    EXPECT_EQ(get("", path("A2")).status, 404);
    EXPECT_EQ(get("leader", path("A2")).status, 200);
    EXPECT_EQ(get("leader", "/things/999/readings").status, 404);
    EXPECT_EQ(get("leader", "/things/x/readings").status, 404);
}

TEST_F(Things, ReadingsEndWithTheNewestOneAndKeepTheirGaps) {
    read("A1", "PM2.5", 100, 1);
    read("A1", "PM2.5", 5, 2);
    read("A1", "PM2.5", 3, 3);
    read("A1", "wd", 3, 0, "\"N\"");
    const auto path = fmt::format("/things/{}/readings", entities.registry().thing_by_code("A1"));
    const auto reply = get("leader", path);
    ASSERT_EQ(reply.status, 200) << reply.text;
    EXPECT_EQ(reply.text_at("to"), "2025-09-15T23:00:00Z");
    EXPECT_EQ(reply.text_at("from"), "2025-09-12T23:00:00Z");
    EXPECT_FALSE(reply.at("cut").as_bool());
    ASSERT_EQ(reply.list("items.0.points").size(), 2U);
    EXPECT_EQ(reply.text_at("items.0.points.0.time"), "2025-09-15T21:00:00Z");
    EXPECT_EQ(reply.text_at("items.1.points.0.text"), "N");
    EXPECT_EQ(get("leader", path + "?hours=1").list("items.0.points").size(), 1U);
    EXPECT_EQ(get("leader", path + "?hours=0").status, 400);
    const auto none =
        get("leader", fmt::format("/things/{}/readings", entities.registry().thing_by_code("A2")));
    EXPECT_EQ(none.status, 200);
    EXPECT_TRUE(none.at("to").is_null());
    EXPECT_EQ(none.list("items").size(), 1U);
}

TEST_F(Things, HourlyValuesAreWhatIsLeftOfOldReadings) {
    for (const int hours_ago : {5, 5, 3, 1}) {
        read("A1", "PM2.5", hours_ago, 10 * hours_ago);
    }
    read("A1", "wd", 5, 0, "\"N\"");
    ports::RetentionStep step;
    step.raw_before = to_millis(world.clock.now()) - 2 * 3'600'000;
    ASSERT_TRUE(observations.retain(step));
    const auto& registry = entities.registry();
    const auto path = [&](const char* thing, const char* name) {
        return fmt::format(
            "/streams/{}/hours", services::stream_of(registry, registry.thing_by_code(thing), name)
        );
    };
    const auto reply = get("", path("A1", "PM2.5"));
    ASSERT_EQ(reply.status, 200) << reply.text;
    ASSERT_EQ(reply.list("items").size(), 2U);
    EXPECT_EQ(reply.text_at("items.0.hour"), "2025-09-15T21:00:00Z");
    EXPECT_EQ(reply.at("items.0.count").as_int64(), 2);
    EXPECT_EQ(reply.at("items.0.mean").to_number<double>(), 50);
    EXPECT_EQ(reply.at("items.1.min").to_number<double>(), 30);
    EXPECT_FALSE(reply.at("cut").as_bool());
    const auto text = get("", path("A1", "wd"));
    EXPECT_EQ(text.at("items.0.others").as_int64(), 1);
    EXPECT_TRUE(text.at("items.0.mean").is_null());
    const auto some = path("A1", "PM2.5") + "?from=2025-09-15T22:00:00Z&to=2025-09-16T00:00:00Z";
    EXPECT_EQ(get("", some).list("items").size(), 1U);
    EXPECT_EQ(get("", path("A1", "PM2.5") + "?from=yesterday").status, 400);
    EXPECT_EQ(get("", path("A2", "PM2.5")).status, 404);
    EXPECT_EQ(get("leader", path("A2", "PM2.5")).status, 200);
    EXPECT_EQ(get("leader", "/streams/999/hours").status, 404);
}

TEST_F(Things, AServerWithoutTerminalsSaysSo) {
    EXPECT_EQ(world.get("leader", "/things").status, 404);
}

TEST_F(Things, IndicatorsAreListedWithTheirRules) {
    const auto reply = get("", "/indicators");
    ASSERT_EQ(reply.status, 200) << reply.text;
    ASSERT_EQ(reply.list("items").size(), 5U);
    EXPECT_EQ(reply.text_at("items.1.rule"), "roll");
    EXPECT_EQ(reply.text_at("items.1.inputs.0"), "pm_hour");
    EXPECT_EQ(reply.text_at("items.2.formula"), "pm_day * 2");
    EXPECT_EQ(reply.text_at("items.2.valid_to"), "2025-01-01");
    const auto then = get("", "/indicators?day=2024-12-31");
    ASSERT_EQ(then.list("items").size(), 4U);
    EXPECT_EQ(then.text_at("items.2.source"), "old");
}

TEST_F(Things, IndicatorValuesComeOfTheReadings) {
    read("A1", "PM2.5", 2, 20);
    read("A1", "PM2.5", 1, 40.25);
    read("A2", "PM2.5", 1, 30);
    const auto a1 = entities.registry().thing_by_code("A1");
    const auto hours = get("leader", fmt::format("/indicators/pm_hour/values?thing={}", a1));
    ASSERT_EQ(hours.status, 200) << hours.text;
    ASSERT_EQ(hours.list("items").size(), 24U) << "a day has its hours, also without readings";
    EXPECT_TRUE(hours.at("items.0.value").is_null());
    EXPECT_EQ(hours.at("items.9.value").to_number<double>(), 40.3) << "as many places as it has";
    const auto day = get("leader", fmt::format("/indicators/pm_day/values?thing={}", a1));
    EXPECT_EQ(day.at("items.0.value").to_number<double>(), 60);
    EXPECT_EQ(get("leader", "/indicators/bad/values").at("items.0.value").to_number<double>(), 181)
        << "the area takes the largest of its stations, by the version of the day";
    EXPECT_EQ(
        get("leader", "/indicators/bad/values?rules=2024-06-01")
            .at("items.0.value")
            .to_number<double>(),
        121
    ) << "what if";
    EXPECT_EQ(get("leader", "/indicators/worst/values").text_at("items.0.names.0"), "PM");
    EXPECT_EQ(
        get("leader", "/indicators/pm_day/values?from=2025-08-01&to=2025-09-16")
            .list("items")
            .size(),
        47U
    );
}

TEST_F(Things, AnIndicatorOpensIntoWhatItIsMadeFrom) {
    read("A1", "PM2.5", 2, 20);
    read("A1", "PM2.5", 1, 40);
    const auto a1 = entities.registry().thing_by_code("A1");
    const auto area = get("leader", "/indicators/pm_day/inputs?at=2025-09-16T01:00:00Z");
    ASSERT_EQ(area.status, 200) << area.text;
    ASSERT_EQ(area.list("inputs").size(), 2U);
    EXPECT_EQ(area.text_at("inputs.0.thing"), std::to_string(a1));
    EXPECT_EQ(area.at("inputs.0.value").to_number<double>(), 60);
    const auto station =
        get("leader",
            fmt::format("/indicators/pm_day/inputs?thing={}&at=2025-09-16T01:00:00Z", a1));
    ASSERT_EQ(station.list("inputs").size(), 24U);
    const auto hour =
        get("leader",
            fmt::format("/indicators/pm_hour/inputs?thing={}&at=2025-09-16T01:30:00Z", a1));
    EXPECT_EQ(hour.list("inputs").size(), 0U);
    ASSERT_EQ(hour.list("readings").size(), 1U);
    EXPECT_EQ(hour.at("readings.0.value").to_number<double>(), 40);
}

TEST_F(Things, IndicatorsRefuseWhatTheyCannotSay) {
    EXPECT_EQ(get("leader", "/indicators/pm_dey/values").status, 404);
    EXPECT_NE(get("leader", "/indicators/pm_dey/values").text.find("pm_day"), std::string::npos);
    EXPECT_EQ(get("leader", "/indicators/pm_day/values?area=999").status, 422);
    EXPECT_EQ(get("leader", "/indicators/pm_day/values?from=2025-02-30").status, 400);
    EXPECT_EQ(
        get("leader", "/indicators/pm_hour/values?from=2024-01-01&to=2025-01-01").status, 413
    );
    EXPECT_EQ(get("leader", "/indicators/pm_day/values?from=2025-09-02&to=2025-09-01").status, 400);
    EXPECT_EQ(get("leader", "/indicators/pm_day/inputs").status, 400);
    EXPECT_EQ(get("", "/indicators/pm_day/values").status, 403)
        << "an area's value is for who may see all that it is made from";
    const auto a2 = entities.registry().thing_by_code("A2");
    EXPECT_EQ(get("", fmt::format("/indicators/pm_day/values?thing={}", a2)).status, 404);
    const auto a1 = entities.registry().thing_by_code("A1");
    EXPECT_EQ(get("", fmt::format("/indicators/pm_day/values?thing={}", a1)).status, 200);
    EXPECT_EQ(
        get("leader", fmt::format("/indicators/pm_day/values?area=110102&thing={}", a1)).status, 400
    );
}

}  // namespace
}  // namespace chengshu::api
