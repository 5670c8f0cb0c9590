#include "domain/cases/condition.hpp"

#include "domain/cases/decide.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

namespace chengshu::cases {
namespace {

/// A case and surroundings in which every condition of kHolding is true.
class ConditionTest : public ::testing::Test {
protected:
    ConditionTest() : city_(testing::test_city({.auto_close_sources = {"iot*"}})) {
        value_.marks["filed"] = {};
        value_.flags = {"urgent"};
        value_.clocks["running"] = {};
        value_.clocks["paused"].paused = Instant{};
        value_.clocks["stopped"].stopped = Instant{};
        value_.clocks["stopped"].paused = Instant{};
        value_.clocks["late"].overdue = true;
        value_.clocks["late"].exempt = true;
        value_.counters["rework"] = 3;
        value_.source = "iot_water";
        value_.category = "GBT47678.5-2026/matter/06010";
        value_.state = "handling";
        value_.facts["satisfaction"] = "satisfied";
        value_.attachments.push_back({"", "", 0, "after", {}, ""});
        value_.department = "SAN";
        value_.parent = CaseId{4};
        value_.holder = "li";
        value_.done_by["resolve"] = "wang";
        actor_ = {"li", "handler-san", "handler", "SAN"};
        around_.city = city_.get();
        around_.actor = &actor_;
        around_.owner = [] { return "several"; };
        around_.standard = [] { return "ambiguous"; };
        around_.open_children = true;
    }

    bool is(std::string_view text) {
        const auto condition = parse_condition(text);
        EXPECT_TRUE(condition) << text << ": " << condition.error().context;
        return condition && holds(*condition, value_, &around_);
    }

    city::CityPtr city_;
    Case value_;
    Actor actor_;
    Surroundings around_;
};

TEST_F(ConditionTest, EachFormHoldsAndItsOppositeDoesNot) {
    for (const std::string text :
         {"mark filed",
          "flag urgent",
          "clock running running",
          "clock paused paused",
          "clock stopped stopped",
          "clock late overdue",
          "clock late exempt",
          "clock late running",
          "source in collector|iot_water",
          "source in iot*",
          "category in GBT47678.5-2026/matter/06*|x",
          "state in handling|handled",
          "fact satisfaction in satisfied",
          "attached after",
          "assigned",
          "parent",
          "held",
          "setting auto_file",
          "setting auto_dispatch",
          "setting auto_close_source",
          "other than resolve",
          "children open",
          "same department",
          "holder"}) {
        EXPECT_TRUE(is(text)) << text;
        EXPECT_FALSE(is("not " + text)) << text;
    }
    for (const auto* text :
         {"owner is several",
          "standard is ambiguous",
          "count rework >= 3",
          "count rework <= 3",
          "count rework == 3",
          "count rework > 2",
          "count rework < 4",
          "count nothing == 0"}) {
        EXPECT_TRUE(is(text)) << text;
    }
}

TEST_F(ConditionTest, EachFormCanFail) {
    for (const std::string text :
         {"mark closed",
          "flag calm",
          "clock running paused",
          "clock running stopped",
          "clock running overdue",
          "clock running exempt",
          "clock stopped running",
          "clock stopped paused",
          "clock paused running",
          "clock absent running",
          "source in collector",
          "category in GBT47678.5-2026/component/*",
          "state in handled",
          "fact satisfaction in dissatisfied",
          "fact other in x",
          "attached before"}) {
        EXPECT_FALSE(is(text)) << text;
        EXPECT_TRUE(is("not " + text)) << text;
    }
    for (const auto* text :
         {"owner is one",
          "owner is none",
          "standard is certain",
          "standard is none",
          "count rework > 3",
          "count rework < 3",
          "count rework >= 4",
          "count rework <= 2",
          "count rework == 2"}) {
        EXPECT_FALSE(is(text)) << text;
    }
    value_.department.clear();
    value_.holder.clear();
    value_.parent = {};
    value_.source = "public";
    value_.done_by["resolve"] = "li";
    around_.open_children = false;
    actor_.department.clear();
    actor_.account.clear();
    for (const auto* text :
         {"assigned",
          "held",
          "parent",
          "same department",
          "holder",
          "children open",
          "setting auto_close_source"}) {
        EXPECT_FALSE(is(text)) << text;
    }
    actor_.account = "li";
    EXPECT_FALSE(is("other than resolve"));
}

TEST_F(ConditionTest, MeasuresAskTheCaseAlone) {
    EXPECT_TRUE(holds(*parse_condition("mark filed"), value_, nullptr));
    for (const auto* text :
         {"owner is one",
          "standard is none",
          "setting auto_file",
          "other than file",
          "children open",
          "same department",
          "holder"}) {
        EXPECT_TRUE(parse_condition(text)->needs_surroundings()) << text;
    }
    for (const auto* text :
         {"mark filed",
          "flag a",
          "clock a running",
          "count a > 1",
          "source in a",
          "category in a",
          "state in a",
          "fact a in b",
          "attached after",
          "assigned",
          "parent",
          "held"}) {
        EXPECT_FALSE(parse_condition(text)->needs_surroundings()) << text;
    }
}

TEST(Condition, MistakesAreRefusedWithTheForms) {
    for (const auto* text :
         {"",
          "not",
          "not not mark filed",
          "mark",
          "mark a b",
          "flag",
          "clock handle",
          "clock handle late",
          "count rework",
          "count rework >= x",
          "count rework >= 3.5",
          "count rework >= 99999999999",
          "count rework => 3",
          "not count rework >= 3",
          "source collector",
          "source in",
          "source in a|",
          "source in |a",
          "source in a||b",
          "owner is two",
          "not owner is one",
          "standard is odd",
          "setting auto_fly",
          "other than",
          "children",
          "same",
          "Mark filed",
          "marked filed"}) {
        const auto condition = parse_condition(text);
        ASSERT_FALSE(condition) << text;
        EXPECT_EQ(condition.error().code, ErrorCode::InvalidInput);
        EXPECT_FALSE(condition.error().context.empty());
    }
    EXPECT_NE(parse_condition("what").error().context.find("other than"), std::string::npos);
}

TEST(Condition, BlanksDoNotMatter) {
    const auto condition = parse_condition("  not   mark  filed ");
    ASSERT_TRUE(condition);
    EXPECT_TRUE(condition->negated);
    EXPECT_EQ(condition->name, "filed");
}

}  // namespace
}  // namespace chengshu::cases
