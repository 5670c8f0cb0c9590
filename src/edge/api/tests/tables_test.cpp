// Catalogued tables, and figures that are read off them.

#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

TEST(Tables, TheCatalogueSaysWhatThereIs) {
    World world;
    const auto all = world.get("leader", "/tables");
    ASSERT_EQ(all.status, 200) << all.text;
    ASSERT_EQ(all.list("items").size(), 2U);
    EXPECT_EQ(all.text_at("items.0.code"), "people");
    EXPECT_EQ(all.text_at("items.0.licence"), "CC0-1.0");
    EXPECT_EQ(all.text_at("items.0.updated"), "2025-09-01");
    EXPECT_EQ(all.text_at("items.0.file"), "cities/testcity/table-people.csv");
    EXPECT_EQ(all.text_at("items.0.rows"), "3");
    EXPECT_EQ(all.text_at("items.0.columns.1.type"), "number");
    EXPECT_EQ(all.text_at("items.0.columns.1.unit.en"), "people");
    EXPECT_EQ(all.text_at("items.1.owner.code"), "SAN");
    EXPECT_EQ(all.text_at("items.1.every.en"), "every month");

    const auto open = world.get("", "/tables");
    ASSERT_EQ(open.list("items").size(), 1U) << open.text;
    EXPECT_EQ(open.text_at("items.0.code"), "people");
}

TEST(Tables, RowsByAreaAndDayPageByPage) {
    World world;
    const auto all = world.get("", "/tables/people/rows");
    ASSERT_EQ(all.status, 200) << all.text;
    ASSERT_EQ(all.list("items").size(), 3U);
    EXPECT_EQ(all.text_at("items.0.line"), "2");
    EXPECT_EQ(all.text_at("items.0.area"), "110101");
    EXPECT_EQ(all.text_at("items.0.valid_to"), "2025-09-10");
    EXPECT_EQ(all.text_at("items.0.values.residents"), "50000");

    const auto west = world.get("", "/tables/people/rows?area=110101&at=2025-09-10");
    ASSERT_EQ(west.list("items").size(), 1U) << west.text;
    EXPECT_EQ(west.text_at("items.0.line"), "3");
    EXPECT_EQ(world.get("", "/tables/people/rows?at=2024-12-31").list("items").size(), 1U);
    EXPECT_EQ(world.get("", "/tables/people/rows?area=110101001").list("items").size(), 0U);
    EXPECT_EQ(world.get("", "/tables/people/rows?area=nowhere").status, 422);
    EXPECT_EQ(world.get("", "/tables/people/rows?at=today").status, 400);

    // Streets of the west, one row after the other.
    std::string address = "/tables/firms/rows?area=110101&limit=1";
    std::vector<std::string> lines;
    for (auto page = world.get("leader", address); lines.size() < 9;
         page = world.get("leader", address + "&cursor=" + page.text_at("next"))) {
        ASSERT_EQ(page.list("items").size(), 1U) << page.text;
        lines.push_back(page.text_at("items.0.line"));
        if (page.at("next").is_null()) {
            break;
        }
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"2", "3", "4"}));
    const auto second = world.get("leader", "/tables/firms/rows?area=110101001");
    EXPECT_EQ(second.text_at("items.0.values.founded"), "2020-01-01");
    EXPECT_TRUE(second.at("items.1.values.founded").is_null()) << "none is none";
}

TEST(Tables, OthersAreForWhoMayReadStatistics) {
    World world;
    EXPECT_EQ(world.get("", "/tables/firms/rows").status, 404);
    EXPECT_EQ(world.get("leader", "/tables/firms/rows").status, 200);
    EXPECT_EQ(world.get("leader", "/tables/farms/rows").status, 404);

    // The figure is everybody's, as counts of areas are; its rows are not.
    const std::string opened = "/indicators/shops/inputs?area=110101001&at=2025-09-16T02:00:00Z";
    const auto outside = world.get("", opened);
    ASSERT_EQ(outside.status, 200) << outside.text;
    EXPECT_EQ(outside.text_at("value"), "2");
    EXPECT_EQ(outside.text_at("table.source"), "made up");
    EXPECT_EQ(outside.list("table.items").size(), 0U);
    EXPECT_EQ(outside.text_at("table.complete"), "false");
    const auto inside = world.get("leader", opened);
    ASSERT_EQ(inside.list("table.items").size(), 2U) << inside.text;
    EXPECT_EQ(inside.text_at("table.items.1.line"), "3");
    EXPECT_EQ(inside.text_at("table.complete"), "true");
}

TEST(Tables, AFigurePerResidentOpensIntoItsRows) {
    World world;
    world.report(kRubbish);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    world.report(kRubbish, testing::kWest1.lon + 0.01, testing::kWest1.lat);
    const auto number = [&](const std::string& address) {
        const auto got = world.get("", address);
        EXPECT_EQ(got.status, 200) << got.text;
        const auto value = got.at("items.0.value");
        return value.is_null() ? -1 : value.to_number<double>();
    };
    const std::string of = "/indicators/reports_per_10000/values?from=2025-09-16";
    EXPECT_EQ(number(of + "&area=110101"), 0.33);
    EXPECT_EQ(number(of + "&area=110102"), 0.5);
    EXPECT_EQ(number(of), 0.38) << "3 of 80,000";
    EXPECT_EQ(number(of + "&area=110101001"), -1) << "none, not 0";
    EXPECT_EQ(number(of + "&period=month"), 0.38);
    const std::string residents = "/indicators/residents/values?from=";
    EXPECT_EQ(number(residents + "2025-09-09&area=110101"), 50'000);
    EXPECT_EQ(number(residents + "2025-09-09&area=110101&period=month"), 60'000) << "the last day";
    EXPECT_EQ(number(residents + "2025-09-09"), 70'000);
    EXPECT_EQ(number(residents + "2024-12-31"), 50'000) << "the east has none then";

    const std::string at = "?area=110101&at=2025-09-16T02:00:00Z";
    const auto city = world.get("", "/indicators/residents/inputs?at=2025-09-16T02:00:00Z");
    EXPECT_EQ(city.list("inputs").size(), 2U) << city.text;
    EXPECT_TRUE(city.at("table").is_null());
    const auto west = world.get("", "/indicators/residents/inputs" + at);
    EXPECT_EQ(west.list("inputs").size(), 0U);
    EXPECT_EQ(west.text_at("indicator.rule"), "table");
    EXPECT_EQ(west.text_at("indicator.table"), "people");
    EXPECT_EQ(west.text_at("table.code"), "people");
    EXPECT_EQ(west.text_at("table.file"), "cities/testcity/table-people.csv");
    EXPECT_EQ(west.text_at("table.column"), "residents");
    EXPECT_EQ(west.text_at("table.at"), "2025-09-16");
    ASSERT_EQ(west.list("table.items").size(), 1U);
    EXPECT_EQ(west.text_at("table.items.0.line"), "3");

    const std::string feed = "/feed/value?indicator=residents&period=day&at=2025-09-16T02:00:00Z";
    const auto live = world.get("", feed + "&area=110101");
    ASSERT_EQ(live.status, 200) << live.text;
    EXPECT_EQ(live.at("value").to_number<double>(), 60'000);
    EXPECT_EQ(live.text_at("table.items.0.line"), "3");
    EXPECT_EQ(world.get("", feed).list("inputs").size(), 2U);
}

TEST(Tables, ADraftMayReadATable) {
    World world;
    world.report(kRubbish);
    const std::string query = "/draft?area=110102&period=day&from=2025-09-16";
    const auto good = world.post(
        "leader",
        "/indicators/share" + query,
        {{"definitions",
          "indicators:\n"
          "- {code: share, name: {en: Share}, source: d, period: days, precision: 3,\n"
          "   formula: 1000 * reported / households}\n"
          "- {code: households, name: {en: H}, source: d, period: days,\n"
          "   table: {of: people, column: residents, as: max}}\n"}}
    );
    ASSERT_EQ(good.status, 200) << good.text;
    EXPECT_TRUE(good.list("mistakes").empty()) << good.text;
    EXPECT_EQ(good.at("items.0.value").to_number<double>(), 0.05);

    const auto bad = world.post(
        "leader",
        "/indicators/share" + query,
        {{"definitions",
          "indicators:\n"
          "- {code: share, name: {en: Share}, source: d, period: days,\n"
          "   table: {of: peple, column: residents, as: max}}\n"}}
    );
    ASSERT_EQ(bad.list("mistakes").size(), 1U) << bad.text;
    EXPECT_EQ(bad.text_at("mistakes.0.line"), "3");
    EXPECT_NE(bad.text_at("mistakes.0.hint.en").find("people"), std::string::npos) << bad.text;
}

}  // namespace
}  // namespace chengshu::api
