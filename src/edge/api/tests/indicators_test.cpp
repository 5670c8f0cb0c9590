#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

/// Opens a value down to its cases: each count must list exactly as many. Gives how many counts
/// there were.
int open_values(World& world, const std::string& who, const std::string& address, int depth = 0) {
    const auto opened = world.get(who, address);
    EXPECT_EQ(opened.status, 200) << address << opened.text;
    if (opened.at("indicator.rule") == "counted") {
        const auto list = world.get(who, opened.text_at("cases") + "&limit=200");
        EXPECT_EQ(list.status, 200) << list.text;
        EXPECT_EQ(
            static_cast<double>(list.list("items").size()), opened.at("value").to_number<double>()
        ) << address;
        return 1;
    }
    int counts = 0;
    const auto query = address.substr(address.find('?'));
    for (const auto& input : opened.list("inputs")) {
        if (depth < 8) {
            const std::string code(std::string_view(input.at("indicator").as_string()));
            counts += open_values(world, who, "/indicators/" + code + "/inputs" + query, depth + 1);
        }
    }
    return counts;
}

/// Two cases in the east, one of them handled and closed, one in the west.
World& three_cases(World& world) {
    const auto number = world.report(kRubbish);
    world.report(kRubbish, testing::kEast1.lon + 0.01, testing::kEast1.lat);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    world.act("handler-san", number, {{"action", "accept"}});
    world.act("handler-san", number, {{"action", "resolve"}, {"result", "x"}});
    return world;
}

TEST(CaseIndicators, ValuesOfMeasuresByAnyPeriod) {
    World made;
    auto& world = three_cases(made);
    for (const auto* period :
         {"day",
          "week",
          "ten_days",
          "month",
          "month_from_19",
          "quarter",
          "half_year",
          "year",
          "30_days"}) {
        const auto values = world.get(
            "", fmt::format("/indicators/reported/values?period={}&from=2025-09-16", period)
        );
        ASSERT_EQ(values.status, 200) << values.text;
        ASSERT_EQ(values.list("items").size(), 1U) << period;
        EXPECT_EQ(values.text_at("items.0.value"), "3") << period;
        EXPECT_EQ(values.text_at("period"), period);
    }
    const auto days = world.get("", "/indicators/reported/values?from=2025-09-15&to=2025-09-17");
    ASSERT_EQ(days.list("items").size(), 3U);
    EXPECT_EQ(days.text_at("items.0.value"), "0");
    EXPECT_EQ(days.text_at("items.1.value"), "3");
    EXPECT_EQ(
        world.get("", "/indicators/reported/values?area=110101&from=2025-09-16")
            .text_at("items.0.value"),
        "1"
    );
    const auto wrong = world.get("", "/indicators/reported/values?period=hour");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_NE(wrong.text.find("known: day"), std::string::npos) << wrong.text;
}

TEST(CaseIndicators, ComparedWithThePeriodBeforeAndTheYearBefore) {
    World world;
    double lon = 116.12;
    // It is the 16th: what came later in the other months does not stand beside this one.
    for (const auto* day : {"2024-09-16", "2024-09-17", "2025-08-16", "2025-08-16", "2025-08-17"}) {
        world.clock.set(*parse_rfc3339(std::string(day) + "T02:00:00Z"));
        world.report(kRubbish, lon += 0.02);
    }
    world.clock.set(*parse_rfc3339("2025-09-16T02:00:00Z"));
    for (int i = 0; i < 3; ++i) {
        world.report(kRubbish, 116.32 + 0.02 * i, 40.05);
    }
    const auto month =
        world.get("", "/indicators/reported/values?period=month&from=2025-09-16&compare=both");
    ASSERT_EQ(month.status, 200) << month.text;
    EXPECT_EQ(month.text_at("items.0.value"), "3");
    EXPECT_EQ(month.text_at("items.0.previous.value"), "2");
    EXPECT_EQ(month.text_at("items.0.previous.change"), "1");
    EXPECT_EQ(month.at("items.0.previous.rate").to_number<double>(), 0.5);
    EXPECT_EQ(month.text_at("items.0.last_year.value"), "1");
    EXPECT_EQ(month.text_at("items.0.last_year.from"), "2024-08-31T16:00:00Z");
    EXPECT_EQ(month.text_at("items.0.last_year.to"), "2024-09-16T16:00:00Z");
    const auto over =
        world.get("", "/indicators/reported/values?period=month&from=2025-08-16&compare=both");
    EXPECT_EQ(over.text_at("items.0.value"), "3");
    EXPECT_EQ(over.text_at("items.0.previous.to"), "2025-07-31T16:00:00Z");
    // Of a percentage the difference is in percentage points, without a rate.
    const auto rate = world.get(
        "", "/indicators/filing_rate/values?period=month&from=2025-09-16&compare=previous"
    );
    EXPECT_EQ(rate.at("items.0.previous.change").to_number<double>(), 0);
    EXPECT_TRUE(rate.at("items.0.previous.rate").is_null());
}

TEST(CaseIndicators, OpenIntoExactlyTheirCases) {
    World made;
    auto& world = three_cases(made);
    for (const auto* indicator :
         {"composite", "health_score", "on_time_handling_rate", "filing_rate"}) {
        for (const auto* place :
             {"area=110000", "area=110102", "area=110102001", "area=110101002"}) {
            const auto counts = open_values(
                world,
                "leader",
                fmt::format(
                    "/indicators/{}/inputs?period=month&at=2025-09-16T03:00:00Z&{}",
                    indicator,
                    place
                )
            );
            EXPECT_GT(counts, 1) << indicator;
        }
    }
    EXPECT_GT(
        open_values(
            world,
            "leader",
            "/indicators/department_score/inputs?period=week&at=2025-09-16T03:00:00Z"
            "&kind=department&subject=SAN"
        ),
        3
    );
}

TEST(CaseIndicators, SubjectsAndWhoSeesThem) {
    World made;
    auto& world = three_cases(made);
    const std::string handler =
        "/indicators/handled/values?kind=handler&subject=handler-san&from=2025-09-16";
    EXPECT_EQ(world.get("leader", handler).text_at("items.0.value"), "1");
    EXPECT_EQ(world.get("leader", handler).text_at("kind"), "handler");
    EXPECT_EQ(world.get("acceptor", handler).status, 403) << "persons are for their superiors";
    const std::string department =
        "/indicators/handled/values?kind=department&subject=SAN&from=2025-09-16";
    EXPECT_EQ(world.get("acceptor", department).text_at("items.0.value"), "1");
    EXPECT_EQ(world.get("", department).status, 401);
    EXPECT_EQ(
        world.get("leader", "/indicators/composite/values?kind=handler&subject=x").status, 422
    );
    EXPECT_EQ(world.get("leader", "/indicators/handled/values?kind=department").status, 400);
    EXPECT_EQ(world.get("leader", "/indicators/handled/values?area=x").status, 422);
}

TEST(CaseIndicators, ListedWithWhatTheyAre) {
    World world;
    const auto list = world.get("", "/indicators?day=2025-09-16");
    ASSERT_EQ(list.status, 200) << list.text;
    bool found = false;
    for (const auto& item : list.list("items")) {
        if (item.at("code") == "overdue_share") {
            found = true;
            EXPECT_EQ(item.at("better"), "lower");
            EXPECT_EQ(item.at("parent"), "case_handling");
            EXPECT_EQ(item.at("thresholds").as_array().size(), 4U);
            EXPECT_EQ(item.at("periods").as_array().back(), "days");
        }
    }
    EXPECT_TRUE(found);
}

TEST(Sheets, CheckUpOfAStreet) {
    World made;
    auto& world = three_cases(made);
    EXPECT_EQ(world.get("", "/sheets").text_at("items.0.code"), "street_checkup");
    const auto report = world.get("leader", "/sheets/street_checkup?area=110102001&day=2025-09-16");
    ASSERT_EQ(report.status, 200) << report.text;
    EXPECT_EQ(report.text_at("area.code"), "110102001");
    EXPECT_EQ(report.text_at("period"), "month");
    EXPECT_FALSE(report.list("items").empty());
    bool reported = false;
    for (const auto& item : report.list("items")) {
        const auto& object = item.as_object();
        ASSERT_TRUE(object.contains("previous") && object.contains("last_year"));
        open_values(world, "leader", std::string(std::string_view(item.at("open").as_string())));
        if (item.at("indicator").at("code") == "filed") {
            reported = true;
            EXPECT_EQ(item.at("value").to_number<double>(), 2);
            EXPECT_FALSE(object.contains("place")) << "neither more nor fewer cases is better";
        }
    }
    EXPECT_TRUE(reported);
    EXPECT_EQ(world.get("leader", "/sheets/street_checkup?area=110102").status, 400);
    EXPECT_EQ(world.get("leader", "/sheets/street_checkup?area=x").status, 422);
    EXPECT_EQ(world.get("leader", "/sheets/street_chekup?area=110102001").status, 404);
    EXPECT_EQ(world.get("", "/sheets/street_checkup?area=110102001").status, 401);
}

}  // namespace
}  // namespace chengshu::api
