// The shipped flood pack, on made-up rain and water.

#include "services/tests/responding.hpp"

namespace chengshu::services {
namespace {

/// The shipped flood pack over gauges of the test city, whose categories take the place of the
/// national ones.
DefinitionsPtr flood_city() {
    const auto shipped = [](const std::string& name) {
        auto text = testing::source_file("scenarios/flood/" + name);
        const std::string codes = "GBT47678.5-2026/matter/02007, GBT30428.2-2013/matter/0506";
        for (auto at = text.find(codes); at != std::string::npos; at = text.find(codes)) {
            text.replace(at, codes.size(), "TEST/matter/0104");
        }
        return city::CityFile{"cities/testcity/" + name, text};
    };
    auto files = city_files(1);
    std::erase_if(files, [](const city::CityFile& file) {
        return file.path.starts_with("cities/testcity/") &&
               (file.path.ends_with("/observed.csv") || file.path.ends_with("/things.csv") ||
                file.path.ends_with("/streams.csv") || file.path.ends_with("/indicators.yaml") ||
                file.path.ends_with("/rules.yaml") || file.path.ends_with("/plans.yaml"));
    });
    for (const auto* name :
         {"observed.csv", "indicators-flood.yaml", "rules-flood.yaml", "plans-flood.yaml"}) {
        files.push_back(shipped(name));
    }
    files.push_back(
        {"cities/testcity/things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "R,rain_gauge,雨,Rain,116.35,40.05,ROAD,active,true\n"
         "U,underpass_gauge,桥,Bridge,116.35,40.05,ROAD,active,true\n"
         "V,underpass_gauge,洞,Tunnel,116.36,40.05,ROAD,active,true\n"}
    );
    files.push_back(
        {"cities/testcity/streams.csv",
         "thing,property,sensor,interval_s\nR,rain,gauge,3600\nU,water_depth,gauge,300\n"
         "V,water_depth,gauge,300\n"}
    );
    files.push_back(
        {"cities/testcity/response.yaml",
         "lists:\n  - {code: underpasses, name: {zh: 桥, en: U}, source: t, objects: [{code: u1, "
         "name: {zh: 桥, en: U}, area: '110102001', point: [116.35, 40.05], department: ROAD}]}\n"
         "resources:\n"
         "  - {code: far, type: pump_truck, name: {zh: 远, en: Far}, point: [116.15, 40.05]}\n"
         "  - {code: near, type: pump_truck, name: {zh: 近, en: Near}, point: [116.34, 40.05]}\n"}
    );
    auto parsed = parse_definitions("testcity", files);
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

TEST(FloodPack, RainRaisesTheResponseStepByStep) {
    Responding world(flood_city());
    std::string levels;
    for (const double rain : {18.0, 20.0, 15.0, 40.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.0}) {
        world.read("R", "rain", rain);
        world.clock.at += 1h + 15min;  // the hour's values have come
        world.look();
        world.clock.at -= 15min;
        const auto open = world.alerts(kAlert, "rainstorm");
        levels +=
            open.empty() ? "-" : std::string(response::level_name(open[0].level)).substr(0, 1);
    }
    // 53 mm in 3 hours; 105 in 3 from the fifth hour on; lower grades count after two hours.
    EXPECT_EQ(levels, "--oorrooyy");
    std::optional<response::Response> flood;
    for (auto& value : world.responses()) {
        if (value.plan == "flood") {
            flood = std::move(value);
        }
    }
    ASSERT_TRUE(flood);
    EXPECT_EQ(flood->area, "110102");
    EXPECT_EQ(flood->timeline.front().what, "proposed") << "grades II and I wait for a leader";
    EXPECT_EQ(flood->state, response::ResponseState::Active) << "grade III starts by itself";
    EXPECT_EQ(flood->grade, response::Grade::III);
    EXPECT_EQ(flood->tasks.at("underpasses/u1").resources, std::vector<std::string>{"near"});
    EXPECT_EQ(world.verified(), "");
}

TEST(FloodPack, WaterInAnUnderpassIsPumpedOutByTheNearestTruck) {
    Responding world(flood_city());
    std::string levels;
    for (const double depth : {5.0, 16.0, 28.0, 41.0, 20.0, 9.0, 8.0}) {
        world.read("U", "water_depth", depth);
        world.clock.at += 1min;  // while the five minutes still run
        world.look();
        world.clock.at += 4min;
        world.look();
        const auto open = world.alerts(kAlert, "underpass-water");
        levels +=
            open.empty() ? "-" : std::string(response::level_name(open[0].level)).substr(0, 1);
    }
    EXPECT_EQ(levels, "-yoryy-");
    const auto past = world.responses(kResponsePast);
    ASSERT_EQ(past.size(), 1U);
    EXPECT_EQ(past[0].plan, "underpass");
    EXPECT_EQ(past[0].peak, response::Grade::I);
    EXPECT_TRUE(past[0].tasks.at("pump").case_id);
    EXPECT_TRUE(past[0].tasks.at("block").case_id);
    EXPECT_EQ(world.verified(), "");
}

/// The resources of open responses, by the place of the alert.
std::map<std::string, std::vector<std::string>> sent(Responding& world) {
    std::map<std::string, std::vector<std::string>> out;
    for (const auto& value : world.responses()) {
        if (value.open()) {
            out[value.alert.substr(value.alert.rfind('.') + 1)] = value.tasks.at("pump").resources;
        }
    }
    return out;
}

/// Water in both underpasses for five minutes.
void stand(Responding& world, double u, double v) {
    world.read("U", "water_depth", u);
    world.read("V", "water_depth", v);
    world.clock.at += 5min;
    world.look();
}

TEST(FloodPack, OneTruckIsSentToOneUnderpass) {
    Responding world(flood_city());
    stand(world, 28, 28);  // both in one commit
    auto trucks = sent(world);
    ASSERT_EQ(trucks.size(), 2U);
    std::set<std::string> all;
    for (const auto& [place, codes] : trucks) {
        EXPECT_EQ(codes.size(), 1U) << place;
        all.insert(codes.begin(), codes.end());
    }
    EXPECT_EQ(all, (std::set<std::string>{"far", "near"}));
    EXPECT_EQ(world.verified(), "");

    for (int i = 0; i < 3; ++i) {
        stand(world, 5, 5);
    }
    ASSERT_TRUE(sent(world).empty()) << "both are over";
    stand(world, 5, 28);
    trucks = sent(world);
    ASSERT_EQ(trucks.size(), 1U);
    EXPECT_EQ(trucks.begin()->second, std::vector<std::string>{"near"}) << "it is free again";
    EXPECT_EQ(world.verified(), "");
}

TEST(FloodPack, ATruckThatIsFreeAgainGoesWhereOneIsWaitedFor) {
    Responding world(flood_city());
    ASSERT_TRUE(world.run([](UnitOfWork& work) -> Status {
        StartByHand wish;
        wish.plan = "underpass";
        wish.grade = response::Grade::III;
        wish.area = "110102001";
        wish.cause = "drill";
        wish.point = city::Point{116.35, 40.05};
        CS_TRY(begun, start_by_hand(work, person("leader"), wish));
        return ok();
    }));
    stand(world, 28, 28);
    auto trucks = sent(world);
    ASSERT_EQ(trucks.size(), 3U);
    const auto waits = std::find_if(trucks.begin(), trucks.end(), [](const auto& one) {
        return one.second.empty();
    });
    ASSERT_NE(waits, trucks.end()) << "there are two trucks";
    const auto place = waits->first;
    EXPECT_EQ(world.verified(), "");
    ASSERT_TRUE(world.run([&](UnitOfWork& work) -> Status {
        ResponseCommand command;
        command.command = Command::Order;
        command.text = "over";
        for (const auto& value : world.responses()) {
            if (value.alert.empty()) {
                CS_CHECK(command_response(work, person("leader"), value.id, command));
            }
        }
        return ok();
    }));
    world.tend();
    EXPECT_EQ(sent(world).at(place).size(), 1U);
    EXPECT_EQ(world.verified(), "");
}

}  // namespace
}  // namespace chengshu::services
