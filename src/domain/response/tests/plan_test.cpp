#include "domain/response/plan.hpp"

#include "domain/response/tests/world.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace chengshu::response {
namespace {

using namespace std::chrono_literals;

const Instant kPlanNow = *parse_rfc3339("2026-07-01T08:00:00Z");

constexpr auto kPlans = R"(lists:
  - code: works
    name: {zh: 企业, en: Works}
    source: test
    objects:
      - {code: big, name: {zh: 大, en: Big}, area: '110101001', emission: 50, grade: D,
         cut: {III: 50, I: 100}}
      - {code: clean, name: {zh: 净, en: Clean}, area: '110101001', emission: 30, grade: A,
         cut: {I: 20}}
      - {code: heat, name: {zh: 热, en: Heat}, area: '110101001', emission: 15, grade: D,
         exempt: true, cut: {IV: 100}}
      - {code: small, name: {zh: 小, en: Small}, area: '110102001', emission: 5, grade: C,
         department: LAMP, cut: {III: 40}}
plans:
  - code: air
    name: {zh: 重污染, en: Heavy pollution}
    source: test
    rules: [air]
    grades:
      - {grade: III, alert: yellow, automatic: true, confirmed_by: [shift_leader]}
      - {grade: I, alert: red, confirmed_by: [leader]}
    reports: {first: 60, next: 1440, last: 2880}
    resources:
      - {code: p1, type: pump, name: {zh: 泵一, en: Pump 1}, point: [116.10, 40.05]}
      - {code: p2, type: pump, name: {zh: 泵二, en: Pump 2}, point: [116.16, 40.05]}
    roster:
      - {weekday: 3, from_hour: 8, to_hour: 20, post: shift-leader, name: {zh: 甲, en: A}}
      - {post: leader, name: {zh: 乙, en: B}}
    tasks:
      - code: clean-roads
        name: {zh: 洒水, en: Clean}
        from: III
        department: SAN
        categories: [TEST/matter/0101]
        limit_minutes: 240
        text: {zh: 洒水, en: Clean}
        send: {type: pump, count: 1}
      - code: limit
        name: {zh: 限产, en: Limit}
        from: III
        department: SAN
        categories: [TEST/matter/0101]
        text: {zh: 限产, en: Limit}
        targets: {list: works, reach: {III: 10, I: 40}}
      - code: stop
        name: {zh: 停, en: Stop}
        from: I
        department: ROAD
        categories: [TEST/matter/0101]
        text: {zh: 停, en: Stop}
)";

ParsedPlans parse(const std::string& content) {
    const auto rules = rules_of(daily("levels: {red: aqi > 1}"));
    const city::DefinitionFile file{"scenarios/air/plans.yaml", content};
    return parse_plans({&file, 1}, test_world(), rules.book);
}

const PlanBook& book() {
    static const auto kParsed = parse(kPlans);
    EXPECT_TRUE(kParsed.findings.empty()) << chengshu::testing::to_text(kParsed.findings);
    return kParsed.book;
}

PlanContext context(Instant now = kPlanNow, std::string by = "system") {
    return {book().all().front(), book(), test_world(), now, std::move(by), {}};
}

std::string codes(const std::vector<const PlanObject*>& objects) {
    std::string out;
    for (const auto* object : objects) {
        out += (out.empty() ? "" : " ") + object->code;
    }
    return out;
}

std::string given(const Response& response) {
    std::string out;
    for (const auto& [key, task] : response.tasks) {
        if (task.state != TaskState::Lifted) {
            out += (out.empty() ? "" : " ") + key;
        }
    }
    return out;
}

Response begun(Grade grade = Grade::III) {
    Response out;
    out.id = "air.x";
    out.area = "110000";
    out.point = chengshu::testing::kWest1;
    begin(out, *book().all().front().grade(grade), context());
    return out;
}

TEST(Plans, TakeTheLargestSaversUntilTheShareIsReached) {
    const auto& list = *book().list("works");
    Targets targets;
    targets.list = "works";
    EXPECT_EQ(codes(targets_of(targets, list, Grade::I, "", test_world())), "big clean small");
    targets.reach = {{Grade::III, 10}, {Grade::I, 56}};
    EXPECT_EQ(codes(targets_of(targets, list, Grade::III, "", test_world())), "big");
    const auto gravest = targets_of(targets, list, Grade::I, "", test_world());
    EXPECT_EQ(codes(gravest), "big clean");
    EXPECT_DOUBLE_EQ(saved_percent(gravest, list, Grade::I, "", test_world()), 56);
    EXPECT_EQ(codes(targets_of(targets, list, Grade::III, "110102", test_world())), "small");
    targets.grades = {"C"};
    EXPECT_EQ(codes(targets_of(targets, list, Grade::I, "", test_world())), "small");
}

TEST(Plans, StartUpgradeLowerAndEnd) {
    auto value = begun();
    EXPECT_EQ(value.state, ResponseState::Active);
    EXPECT_EQ(given(value), "clean-roads limit/big");
    EXPECT_EQ(value.tasks.at("clean-roads").due, kPlanNow + 4h);
    EXPECT_EQ(value.tasks.at("clean-roads").resources, std::vector<std::string>{"p2"});
    const auto& plan = book().all().front();
    follow(value, plan.triggered_by(Level::Orange), context());
    EXPECT_EQ(value.timeline.size(), 1U) << "orange asks for what is done already";
    follow(value, plan.triggered_by(Level::Red), context());
    EXPECT_EQ(value.proposed, Grade::I);
    EXPECT_EQ(value.grade, Grade::III);
    ASSERT_TRUE(confirm(value, context(kPlanNow, "mayor"), "now"));
    EXPECT_EQ(value.grade, Grade::I);
    EXPECT_EQ(given(value), "clean-roads limit/big stop");
    EXPECT_FALSE(confirm(value, context(), ""));
    follow(value, plan.triggered_by(Level::Yellow), context());
    EXPECT_EQ(value.grade, Grade::III);
    EXPECT_EQ(given(value), "clean-roads limit/big");
    follow(value, nullptr, context(kPlanNow + 48h));
    EXPECT_EQ(value.state, ResponseState::Ended);
    EXPECT_EQ(value.peak, Grade::I);
    follow(value, plan.triggered_by(Level::Red), context());
    EXPECT_EQ(value.state, ResponseState::Ended) << "what is over does not start again";
}

TEST(Plans, WhatIsProposedWaitsForAPost) {
    auto value = begun(Grade::I);
    EXPECT_EQ(value.state, ResponseState::Proposed);
    EXPECT_TRUE(value.tasks.empty());
    auto declined = value;
    ASSERT_TRUE(decline(declined, context(kPlanNow, "mayor"), "no"));
    EXPECT_EQ(declined.state, ResponseState::Declined);
    ASSERT_TRUE(confirm(value, context(kPlanNow, "mayor"), ""));
    EXPECT_EQ(value.state, ResponseState::Active);
    follow(value, nullptr, context());
    EXPECT_TRUE(value.ending);
    EXPECT_EQ(value.state, ResponseState::Active);
    ASSERT_TRUE(confirm(value, context(kPlanNow, "mayor"), ""));
    EXPECT_EQ(value.state, ResponseState::Ended);
}

TEST(Plans, ReportsHaveTimeLimits) {
    auto value = begun();
    EXPECT_EQ(value.report_due, kPlanNow + 1h);
    EXPECT_FALSE(report(value, "next", "x", context()));
    EXPECT_FALSE(note_late(value, context(kPlanNow + 1h)));
    EXPECT_TRUE(note_late(value, context(kPlanNow + 61min)));
    EXPECT_FALSE(note_late(value, context(kPlanNow + 62min)));
    ASSERT_TRUE(report(value, "first", "x", context(kPlanNow + 2h)));
    EXPECT_TRUE(value.reports.back().late);
    EXPECT_EQ(value.report_due, kPlanNow + 26h);
    EXPECT_FALSE(report(value, "first", "x", context(kPlanNow + 3h)));
    ASSERT_TRUE(report(value, "next", "x", context(kPlanNow + 3h)));
    EXPECT_FALSE(review(value, "x", context()));
    follow(value, nullptr, context(kPlanNow + 10h));
    EXPECT_EQ(value.report_kind, "last");
    ASSERT_TRUE(report(value, "last", "x", context(kPlanNow + 11h)));
    EXPECT_FALSE(value.report_due);
    ASSERT_TRUE(review(value, "learnt", context(kPlanNow + 12h)));
}

TEST(Plans, OrdersOfAPost) {
    auto value = begun();
    EXPECT_FALSE(order(value, Grade::II, context(), "")) << "the plan has no such grade";
    EXPECT_FALSE(order(value, Grade::III, context(), ""));
    ASSERT_TRUE(order(value, Grade::I, context(), "worse"));
    ASSERT_TRUE(order(value, Grade::None, context(), "over"));
    EXPECT_FALSE(order(value, Grade::I, context(), ""));
}

TEST(Plans, AreReadAsTheyWereWritten) {
    auto value = begun();
    value.exercise = true;
    ASSERT_TRUE(report(value, "first", "text", context(kPlanNow + 2h)));
    const auto read = response_from_json(to_json(value));
    ASSERT_TRUE(read) << read.error().context;
    EXPECT_EQ(to_json(*read), to_json(value));
    EXPECT_FALSE(response_from_json(boost::json::parse(R"({"id": "x", "state": "odd"})")));
}

TEST(Plans, WhoIsOnDuty) {
    const auto& roster = book().all().front().roster;
    const auto local = zone().to_local(kPlanNow);  // Wednesday, 16:00
    EXPECT_EQ(on_duty(roster, local).size(), 2U);
    EXPECT_EQ(on_duty(roster, local + 4h).size(), 1U);
    EXPECT_EQ(on_duty(roster, local + 24h).size(), 1U);
}

TEST(PlanReader, PointsAtMistakes) {
    const auto mistakes = [](std::string from, const std::string& to) {
        std::string content = kPlans;
        const auto at = content.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        content.replace(at, from.size(), to);
        const auto parsed = parse(content);
        return chengshu::testing::to_text(parsed.findings);
    };
    EXPECT_NE(
        mistakes("rules: [air]", "rules: [water]").find("no rule 'water'"), std::string::npos
    );
    EXPECT_NE(mistakes("list: works", "list: shops").find("no list 'shops'"), std::string::npos);
    EXPECT_NE(mistakes("[leader]", "[chief]").find("no post 'chief'"), std::string::npos);
    EXPECT_NE(
        mistakes("department: ROAD", "department: X").find("no department"), std::string::npos
    );
    EXPECT_NE(
        mistakes("type: pump, count", "type: boat, count").find("the city has none"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes("grade: III, alert", "grade: V, alert").find("IV, III, II or I"), std::string::npos
    );
    EXPECT_NE(mistakes("code: small", "code: big").find("there twice"), std::string::npos);
    EXPECT_NE(mistakes("code: small", "cod: small").find("plans.yaml:12:"), std::string::npos);
}

}  // namespace
}  // namespace chengshu::response
