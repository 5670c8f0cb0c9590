// A CSV file of terminals.

#include "edge/sensorthings/tests/world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;

constexpr const char* kHead = "code,name,type,department,lon,lat,state,floor\n";

json::value import(
    World& world,
    const std::string& csv,
    bool dry_run = false,
    const std::string& as = "administrator"
) {
    const auto response = world.ask(
        "POST",
        fmt::format("/sensorthings/import/things?dry_run={}", dry_run),
        csv,
        as,
        {{"Content-Type", "text/csv"}}
    );
    EXPECT_EQ(response.status, 200) << response.body;
    return json_of(response);
}

std::int64_t number(const json::value& report, const char* name) {
    return report.at(name).as_int64();
}

TEST(Import, RegistersAndReports) {
    World world;
    const std::string csv = std::string(kHead) +
                            "M-1,井盖一,manhole,SAN,116.35,40.05,active,1\n"
                            "M-2,井盖二,manhole,NOBODY,116.15,40.05,active,1\n"
                            "M-3,,manhole,SAN,116.15,40.05,active,1\n"
                            "M-4,井盖四,manhole,SAN,east,40.05,active,1\n"
                            "M-1,again,manhole,SAN,116.15,40.05,active,1\n"
                            "M-6,\"井盖六, 备用\",camera,,,,,\n";
    const auto tried = import(world, csv, true);
    EXPECT_TRUE(tried.at("dry_run").as_bool());
    EXPECT_EQ(number(tried, "created"), 2);
    EXPECT_TRUE(world.ids("Things").empty()) << "a dry run changes nothing";
    const auto done = import(world, csv);
    EXPECT_EQ(number(done, "rows"), 6);
    EXPECT_EQ(number(done, "created"), 2);
    EXPECT_EQ(number(done, "refused"), 4);
    std::vector<std::pair<std::int64_t, std::string>> findings;
    for (const auto& row : done.at("findings").as_array()) {
        findings.emplace_back(row.at("row").as_int64(), text(row, "field"));
        EXPECT_FALSE(text(row.at("what"), "zh").empty());
        EXPECT_FALSE(text(row.at("what"), "en").empty());
    }
    EXPECT_EQ(
        findings,
        (std::vector<std::pair<std::int64_t, std::string>>{
            {3, "department"}, {4, "name"}, {5, "lon"}, {6, "code"}
        })
    );
    const auto thing = world.get("Things?$filter=properties/code%20eq%20'M-1'&$expand=Locations")
                           .at("value")
                           .at(0);
    EXPECT_EQ(text(thing, "name"), "井盖一");
    EXPECT_EQ(text(thing.at("properties"), "area"), "110102001");
    EXPECT_EQ(text(thing.at("properties"), "floor"), "1");
    EXPECT_EQ(thing.at("Locations").as_array().size(), 1U);
}

TEST(Import, ChangesWhatItKnowsAndLeavesTheRest) {
    World world;
    import(world, std::string(kHead) + "M-1,one,manhole,SAN,116.35,40.05,active,1\n");
    const auto same =
        import(world, std::string(kHead) + "M-1,one,manhole,SAN,116.35,40.05,active,1\n");
    EXPECT_EQ(number(same, "unchanged"), 1);
    EXPECT_EQ(number(same, "changed"), 0);
    const auto other = import(world, "code,name,lon,lat\nM-1,two,116.15,40.05\n");
    EXPECT_EQ(number(other, "changed"), 1);
    const auto thing = world.get("Things(1)?$expand=Locations");
    EXPECT_EQ(text(thing, "name"), "two");
    EXPECT_EQ(text(thing.at("properties"), "department"), "SAN");
    EXPECT_EQ(text(thing.at("properties"), "area"), "110101001");
    EXPECT_EQ(world.ids("Things(1)/HistoricalLocations").size(), 2U);
    // Life goes along its steps here, too.
    const auto back = import(world, "code,name,state\nM-1,two,registered\n");
    EXPECT_EQ(number(back, "refused"), 1);
    EXPECT_EQ(text(back.at("findings").at(0), "field"), "state");
}

TEST(Import, FollowsTheRights) {
    World world;
    const std::string csv =
        std::string(kHead) + "A,a,x,SAN,116.35,40.05,,\nB,b,x,ROAD,116.35,40.05,,\n";
    const auto done = import(world, csv, false, "handler-san");
    EXPECT_EQ(number(done, "created"), 1);
    EXPECT_EQ(number(done, "refused"), 1);
    EXPECT_EQ(done.at("findings").at(0).at("row").as_int64(), 3);
    for (const auto* login : {"leader", "auditor", ""}) {
        EXPECT_EQ(
            world
                .ask(
                    "POST",
                    "/sensorthings/import/things",
                    csv,
                    login,
                    {{"Content-Type", "text/csv"}}
                )
                .status,
            std::string(login).empty() ? 401 : 403
        );
    }
}

TEST(Import, RefusesWhatIsNoFileOfTerminals) {
    World world;
    const auto status = [&](const std::string& csv, const char* type = "text/csv") {
        return world
            .ask(
                "POST",
                "/sensorthings/import/things",
                csv,
                "administrator",
                {{"Content-Type", type}}
            )
            .status;
    };
    EXPECT_EQ(status(""), 400);
    EXPECT_EQ(status("name,type\na,b\n"), 400);
    EXPECT_EQ(status("code,name,code\na,b,c\n"), 400);
    EXPECT_EQ(status("code,name\n\"a,b\n"), 400);
    EXPECT_EQ(status("code,name\n\xff,b\n"), 400);
    EXPECT_EQ(status("{}", "application/json"), 415);
    EXPECT_EQ(world.ask("GET", "/sensorthings/import/things").status, 405);
    EXPECT_EQ(
        world
            .ask(
                "POST",
                "/sensorthings/import/things?dry_run=maybe",
                "code,name\n",
                "administrator",
                {{"Content-Type", "text/csv"}}
            )
            .status,
        400
    );
}

TEST(Import, GoesOnOverManyCommits) {
    World world;
    std::string csv = "code,name\n";
    for (int i = 0; i < 450; ++i) {
        csv += fmt::format("N-{},number {}\n", i, i);
    }
    EXPECT_EQ(number(import(world, csv, true), "created"), 450);
    EXPECT_EQ(number(import(world, csv), "created"), 450);
    EXPECT_EQ(number(import(world, csv), "unchanged"), 450);
    world.restart();
    EXPECT_EQ(world.get("Things?$count=true&$top=0").at("@iot.count").as_int64(), 450);
}

}  // namespace
}  // namespace chengshu::sensorthings
