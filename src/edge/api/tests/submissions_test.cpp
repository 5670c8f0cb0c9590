// Figures entered and approved over HTTP: survey_satisfaction of the shipped scenario.

#include "edge/api/tests/api_fixture.hpp"

#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

constexpr const char* kStreet = "110102001";

json::object survey(double value, const char* area = kStreet) {
    return {
        {"indicator", "survey_satisfaction"},
        {"area", area},
        {"day", "2025-09-16"},
        {"value", value},
        {"note", "400 forms"}
    };
}

std::string value_of(World& world, const std::string& area) {
    return world.get("", "/indicators/survey_satisfaction/values?area=" + area + "&from=2025-09-16")
        .text_at("items.0.value");
}

std::string live_value_of(World& world, const std::string& area) {
    return world.get("leader", "/feed?indicators=survey_satisfaction&areas=" + area)
        .text_at("cells.0.value");
}

TEST(Submissions, EnteredApprovedSeenAndOpened) {
    World world;
    EXPECT_EQ(live_value_of(world, "110000"), "");
    const auto entered = world.post("evaluator", "/submissions", survey(91.5));
    ASSERT_EQ(entered.status, 201) << entered.text;
    const auto id = entered.text_at("id");
    EXPECT_EQ(id, "survey_satisfaction:110102001:20250901");
    EXPECT_EQ(entered.text_at("day"), "2025-09-01");
    EXPECT_EQ(entered.text_at("pending.by"), "evaluator");
    EXPECT_EQ(value_of(world, kStreet), "");
    const auto list = world.get("shift_leader", "/submissions");
    ASSERT_EQ(list.list("items").size(), 1U) << list.text;
    EXPECT_EQ(list.text_at("items.0.id"), id);
    EXPECT_TRUE(world.get("leader-west", "/submissions").list("items").empty());
    const auto approved = world.post("leader", "/submissions/" + id + "/approval", {{"number", 1}});
    ASSERT_EQ(approved.status, 200) << approved.text;
    EXPECT_EQ(approved.text_at("approved.value"), "9.15E1");
    EXPECT_TRUE(world.get("shift_leader", "/submissions").list("items").empty());
    for (const auto* area : {kStreet, "110102", "110000"}) {
        EXPECT_EQ(value_of(world, area), "9.15E1");
        EXPECT_EQ(live_value_of(world, area), "9.15E1");
    }
    // A correction: the value follows when it is approved.
    ASSERT_EQ(world.post("evaluator", "/submissions", survey(90)).status, 201);
    EXPECT_EQ(live_value_of(world, kStreet), "9.15E1");
    ASSERT_EQ(
        world.post("leader", "/submissions/" + id + "/approval", {{"number", 2}}).status, 200
    );
    EXPECT_EQ(live_value_of(world, "110000"), "90");
    EXPECT_EQ(value_of(world, "110000"), "90");
    EXPECT_EQ(world.get("evaluator", "/submissions/" + id).list("steps").size(), 4U);
    // The city's value opens into its streets, a street's into who entered it.
    const auto city =
        world.get("leader", "/indicators/survey_satisfaction/inputs?at=2025-09-16T00:00:00Z");
    EXPECT_EQ(city.list("inputs").size(), 4U) << city.text;
    EXPECT_TRUE(city.at("submission").is_null());
    const std::string address =
        "/indicators/survey_satisfaction/inputs?at=2025-09-16T00:00:00Z&area=110102001";
    const auto street = world.get("leader", address);
    EXPECT_EQ(street.text_at("submission.id"), id) << street.text;
    EXPECT_EQ(street.text_at("submission.by"), "evaluator");
    EXPECT_EQ(street.text_at("submission.approved_by"), "leader");
    EXPECT_EQ(street.text_at("submission.note"), "400 forms");
    EXPECT_EQ(street.text_at("indicator.entered_by.1"), "evaluator");
    const auto outside = world.get("", address);
    EXPECT_EQ(outside.text_at("submission.value"), "90");
    EXPECT_TRUE(outside.at("submission.by").is_null()) << "names are for the service";
    EXPECT_TRUE(outside.at("submission.note").is_null());
    const auto live = world.get(
        "leader", "/feed/value?indicator=survey_satisfaction&area=110102001&at=2025-09-16T00:00:00Z"
    );
    EXPECT_EQ(live.text_at("submission.approved_by"), "leader") << live.text;
    EXPECT_EQ(live.text_at("exact"), "90");
}

TEST(Submissions, ReturnedWithAReason) {
    World world;
    const auto id = world.post("evaluator", "/submissions", survey(50)).text_at("id");
    EXPECT_EQ(world.post("leader", "/submissions/" + id + "/return", {{"number", 1}}).status, 400);
    const auto returned = world.post(
        "leader", "/submissions/" + id + "/return", {{"number", 1}, {"reason", "too few forms"}}
    );
    ASSERT_EQ(returned.status, 200) << returned.text;
    EXPECT_TRUE(returned.at("pending").is_null());
    EXPECT_EQ(returned.text_at("steps.1.text"), "too few forms");
    EXPECT_EQ(
        world.post("leader", "/submissions/" + id + "/approval", {{"number", 1}}).status, 409
    );
    EXPECT_EQ(value_of(world, kStreet), "");
}

TEST(Submissions, ARetryHasOneEffect) {
    World world;
    const auto body = json::serialize(survey(70));
    const auto first =
        world.call("evaluator", "POST", "/submissions", body, {{"Idempotency-Key", "k1"}});
    const auto second =
        world.call("evaluator", "POST", "/submissions", body, {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(first.status, 201) << first.text;
    EXPECT_EQ(second.text, first.text);
    EXPECT_EQ(
        world.get("evaluator", "/submissions/" + first.text_at("id")).list("steps").size(), 1U
    );
}

TEST(Submissions, WhoMayAndWhatIsRefused) {
    World world;
    EXPECT_EQ(world.post("", "/submissions", survey(1)).status, 401);
    EXPECT_EQ(world.post("administrator", "/submissions", survey(1)).status, 403);
    EXPECT_EQ(world.post("leader", "/submissions", survey(1)).status, 403);
    EXPECT_EQ(world.post("acceptor-west", "/submissions", survey(1)).status, 403);
    EXPECT_EQ(world.post("acceptor-west", "/submissions", survey(1, "110101001")).status, 201);
    EXPECT_EQ(world.post("evaluator", "/submissions", survey(101)).status, 422);
    EXPECT_EQ(world.post("evaluator", "/submissions", survey(1, "110102")).status, 422);
    EXPECT_EQ(world.post("evaluator", "/submissions", survey(1, "x")).status, 422);
    auto wrong = survey(1);
    wrong["indicator"] = "filing_rate";
    EXPECT_EQ(world.post("evaluator", "/submissions", wrong).status, 422);
    wrong = survey(1);
    wrong["value"] = "1";
    EXPECT_EQ(world.post("evaluator", "/submissions", wrong).status, 400);
    wrong = survey(1);
    wrong["day"] = "2025-10-01";
    EXPECT_EQ(world.post("evaluator", "/submissions", wrong).status, 422);
    wrong = survey(1);
    wrong["note"] = std::string(501, 'a');
    EXPECT_EQ(world.post("evaluator", "/submissions", wrong).status, 413);
    const auto id = world.post("evaluator", "/submissions", survey(1)).text_at("id");
    for (const auto* who : {"evaluator", "acceptor", "handler-san"}) {
        EXPECT_EQ(world.post(who, "/submissions/" + id + "/approval", {{"number", 1}}).status, 403);
    }
    EXPECT_EQ(
        world.post("leader-west", "/submissions/" + id + "/approval", {{"number", 1}}).status, 404
    );
    EXPECT_EQ(world.get("leader-west", "/submissions/" + id).status, 404);
    EXPECT_EQ(world.get("leader", "/submissions/nothing").status, 404);
    EXPECT_EQ(world.get("", "/submissions").status, 401);
    EXPECT_EQ(world.get("auditor", "/submissions").status, 403);
}

}  // namespace
}  // namespace chengshu::api
