#include "domain/response/alert.hpp"

#include "domain/response/tests/world.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace chengshu::response {
namespace {

using namespace std::chrono_literals;

const Instant kNow = *parse_rfc3339("2026-07-01T08:00:00Z");

Alert alert() {
    Alert out;
    out.id = "20260701T080000Z.flood.110000";
    out.rule = "flood";
    out.source = "rule";
    return out;
}

TEST(Alerts, AreAsGraveAsTheirGravestPlace) {
    auto value = alert();
    EXPECT_EQ(take(value, "thing/1", Level::None, Level::Blue, kNow), Change::Fired);
    EXPECT_EQ(take(value, "thing/2", Level::None, Level::Red, kNow + 1min), Change::Raised);
    EXPECT_EQ(take(value, "thing/3", Level::None, Level::Blue, kNow), Change::None);
    EXPECT_EQ(value.places.at(Level::Blue), 2);
    EXPECT_EQ(take(value, "thing/2", Level::Red, Level::Yellow, kNow), Change::Lowered);
    EXPECT_EQ(value.peak, Level::Red);
    EXPECT_EQ(take(value, "thing/2", Level::Yellow, Level::None, kNow), Change::Lowered);
    EXPECT_EQ(take(value, "thing/1", Level::Blue, Level::None, kNow), Change::None);
    EXPECT_EQ(take(value, "thing/3", Level::Blue, Level::None, kNow + 1h), Change::Cleared);
    EXPECT_FALSE(value.open());
    EXPECT_TRUE(value.members.empty());
}

TEST(Alerts, CountTenThousandPlacesAndNameTheFirst) {
    auto value = alert();
    for (int i = 0; i < 10'000; ++i) {
        take(value, fmt::format("thing/{}", i), Level::None, Level::Orange, kNow);
    }
    EXPECT_EQ(value.places.at(Level::Orange), 10'000);
    EXPECT_EQ(value.members.size(), kMembersMax);
    for (int i = 0; i < 10'000; ++i) {
        take(value, fmt::format("thing/{}", i), Level::Orange, Level::None, kNow);
    }
    EXPECT_FALSE(value.open());
}

TEST(Alerts, AcknowledgementHoldsUntilItGetsGraver) {
    auto value = alert();
    take(value, "a", Level::None, Level::Blue, kNow);
    EXPECT_TRUE(acknowledge(value, "li", "seen", kNow));
    EXPECT_TRUE(acknowledge(value, "wang", "", kNow + 1min));
    EXPECT_EQ(value.acknowledged_by, "li");
    EXPECT_EQ(value.steps.size(), 1U);
    take(value, "a", Level::Blue, Level::Red, kNow + 2min);
    EXPECT_FALSE(value.acknowledged);
    take(value, "a", Level::Red, Level::None, kNow + 3min);
    EXPECT_FALSE(acknowledge(value, "li", "", kNow + 4min));
}

TEST(Alerts, EscalateByTimeAndLevelUntilSomebodyAcknowledges) {
    const auto rule =
        rule_of(daily("levels: {red: aqi > 1}, escalate: [{minutes: 60, to: leader, from: red}, "
                      "{minutes: 10, to: "
                      "shift_leader}]"));
    auto value = alert();
    take(value, "a", Level::None, Level::Orange, kNow);
    EXPECT_EQ(escalate(value, rule, kNow + 9min), nullptr);
    const auto* first = escalate(value, rule, kNow + 10min);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->to, "shift_leader");
    EXPECT_EQ(escalate(value, rule, kNow + 11min), nullptr);
    EXPECT_EQ(escalate(value, rule, kNow + 2h), nullptr) << "orange is not for the leader";
    take(value, "a", Level::Orange, Level::Red, kNow + 3h);
    EXPECT_EQ(escalate(value, rule, kNow + 3h + 10min)->to, "shift_leader");
    EXPECT_EQ(escalate(value, rule, kNow + 4h)->to, "leader");
    ASSERT_TRUE(acknowledge(value, "li", "", kNow + 5h));
    EXPECT_EQ(escalate(value, rule, kNow + 9h), nullptr);
}

TEST(Alerts, AreReadAsTheyWereWritten) {
    auto value = alert();
    value.name = {"积水", "Water"};
    value.place = {17, {}};
    value.path = {"110000", "110101"};
    value.point = city::Point{116.4, 39.9};
    value.since = kNow;
    value.raised = kNow;
    value.exercise = true;
    value.case_id = CaseId{1101012026070100001};
    take(value, "thing/17", Level::None, Level::Red, kNow);
    value.evidence = {{"depth", "depth_hour", {17, {}}, kNow, kNow + 1h, 41.5}};
    add_step(value, {kNow, "fired", Level::Red, "system", ""});
    const auto read = alert_from_json(to_json(value));
    ASSERT_TRUE(read) << read.error().context;
    EXPECT_EQ(to_json(*read), to_json(value));
    EXPECT_FALSE(alert_from_json(boost::json::parse(R"({"id": 3})")));
    EXPECT_FALSE(alert_from_json(boost::json::parse("[]")));
}

}  // namespace
}  // namespace chengshu::response
