#include "domain/indicators/expression.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace chengshu::indicators {
namespace {

const Names kNames = {
    {"filed", {Name::Kind::Term, 1}},
    {"closed", {Name::Kind::Term, 2}},
    {"closed_on_time", {Name::Kind::Term, 3}},
    {"rate", {Name::Kind::Term, 0}},
    {"none", {Name::Kind::Term, 7}},
    {"curve",
     {Name::Kind::Curve,
      0,
      std::make_shared<const Curve>(Curve{"curve", {{0, 0}, {35, 50}, {75, 100}}, false})}},
    {"open",
     {Name::Kind::Curve, 0, std::make_shared<const Curve>(Curve{"open", {{10, 1}, {20, 2}}, true})}
    },
};

using Terms = std::vector<std::optional<double>>;

/// Of the terms none has a value, unless given.
std::optional<double> value_of(std::string_view text, const Terms& terms = {}) {
    ExpressionMistake wrong;
    const auto parsed = Expression::parse(text, kNames, wrong);
    EXPECT_TRUE(parsed) << wrong.message.en << '\n' << point_at(text, wrong);
    return parsed ? parsed->evaluate(terms) : std::nullopt;
}

ExpressionMistake mistake_of(std::string_view text) {
    ExpressionMistake wrong;
    EXPECT_FALSE(Expression::parse(text, kNames, wrong)) << text;
    EXPECT_FALSE(wrong.message.zh.empty()) << text;
    EXPECT_FALSE(wrong.message.en.empty()) << text;
    return wrong;
}

TEST(Expression, Arithmetic) {
    EXPECT_EQ(value_of("1 + 2 * 3"), 7);
    EXPECT_EQ(value_of("(1 + 2) * 3"), 9);
    EXPECT_EQ(value_of("10 - 2 - 3"), 5);
    EXPECT_EQ(value_of("24 / 4 / 2"), 3);
    EXPECT_EQ(value_of("-2 * -3"), 6);
    EXPECT_EQ(value_of("2--3"), 5);
    EXPECT_EQ(value_of("0.5 * 4"), 2);
    EXPECT_EQ(value_of("\n 1\t+ 1 "), 2);
    EXPECT_EQ(value_of("min(3, 1, 2)"), 1);
    EXPECT_EQ(value_of("max(3, 1, 2)"), 3);
    EXPECT_EQ(value_of("ceil(1.2) + floor(-1.2)"), 0);
    EXPECT_EQ(value_of("filed - closed", {1, 10, 4}), 6);
    EXPECT_EQ(value_of("closed_on_time", {1, 10, 4}), std::nullopt);
}

TEST(Expression, Conditions) {
    EXPECT_EQ(value_of("if(1 < 2, 10, 20)"), 10);
    EXPECT_EQ(value_of("if(2 <= 1, 10, 20)"), 20);
    EXPECT_EQ(value_of("if(1 == 1, 10, 20)"), 10);
    EXPECT_EQ(value_of("if(1 != 1, 10, 20)"), 20);
    EXPECT_EQ(value_of("if(2 >= 2, 10, 20)"), 10);
    EXPECT_EQ(value_of("if((2 > 3), 10, if(1 > 0, 30, 40))"), 30);
}

TEST(Expression, NoBasisIsNeitherZeroNorHundred) {
    EXPECT_EQ(value_of("closed / filed", {1, 0, 0}), std::nullopt);
    EXPECT_EQ(value_of("closed / filed", {1, 0, 5}), std::nullopt);
    EXPECT_EQ(value_of("1 + closed / filed", {1, 0, 0}), std::nullopt);
    EXPECT_EQ(value_of("max(1, closed / filed)", {1, 0, 0}), std::nullopt);
    EXPECT_EQ(value_of("-(closed / filed)", {1, 0, 0}), std::nullopt);
    EXPECT_EQ(value_of("if(closed / filed > 0, 1, 2)", {1, 0, 0}), std::nullopt);
    EXPECT_EQ(value_of("0 * (closed / filed)", {1, 0, 0}), std::nullopt);
    EXPECT_EQ(value_of("if(filed > 0, closed / filed, 100)", {1, 0, 0}), 100)
        << "only the branch taken counts";
}

TEST(Expression, Logic) {
    EXPECT_EQ(value_of("if(1 < 2 and 2 < 3, 1, 0)"), 1);
    EXPECT_EQ(value_of("if(1 < 2 and 3 < 2, 1, 0)"), 0);
    EXPECT_EQ(value_of("if(3 < 2 or 1 < 2, 1, 0)"), 1);
    EXPECT_EQ(value_of("if(not 1 < 2, 1, 0)"), 0);
    EXPECT_EQ(value_of("if(not not (1 < 2), 1, 0)"), 1);
    EXPECT_EQ(value_of("if(1 > 2 and 1 > 2 or 1 < 2, 1, 0)"), 1) << "and binds closer than or";
    EXPECT_EQ(value_of("if(none > 1 and 2 < 1, 1, 0)"), 0) << "one false side decides";
    EXPECT_EQ(value_of("if(none > 1 or 1 < 2, 1, 0)"), 1) << "one true side decides";
    EXPECT_EQ(value_of("if(none > 1 and 1 < 2, 1, 0)"), std::nullopt);
    EXPECT_EQ(value_of("if(known(none), 1, 0)"), 0);
    EXPECT_EQ(value_of("if(not known(none), 1)"), 1);
    EXPECT_EQ(value_of("if(known(none), 1)"), std::nullopt) << "no second branch, no value";
}

TEST(Expression, WhatIsNotKnownCanBePassedOver) {
    EXPECT_EQ(value_of("known_max(1, none, 3)"), 3);
    EXPECT_EQ(value_of("known_min(2, none, 3)"), 2);
    EXPECT_EQ(value_of("known_sum(none, 2, 3)"), 5);
    EXPECT_EQ(value_of("known_count(none, 2, 3)"), 2);
    EXPECT_EQ(value_of("known_mean(none, 2, 4)"), 3);
    EXPECT_EQ(value_of("known_mean(none, none)"), std::nullopt);
    EXPECT_EQ(value_of("known_max(none, none)"), std::nullopt);
    EXPECT_EQ(value_of("known_count(none)"), 0);
}

TEST(Expression, RoundsHalvesToEvenAndForgivesTheLastBit) {
    EXPECT_EQ(value_of("round(2.5)"), 2);
    EXPECT_EQ(value_of("round(3.5)"), 4);
    EXPECT_EQ(value_of("round(-2.5)"), -2);
    EXPECT_EQ(value_of("round(2.51)"), 3);
    EXPECT_EQ(value_of("round(1.25, 1)"), 1.2);
    EXPECT_EQ(value_of("round(1.15, 1)"), 1.2) << "1.15 is a little less in binary";
    EXPECT_EQ(value_of("ceil(0.1 + 0.2 - 0.3 + 5)"), 5);
    EXPECT_EQ(value_of("floor(2 - (0.1 + 0.2 - 0.3))"), 2);
    EXPECT_EQ(value_of("abs(-3)"), 3);
}

TEST(Expression, Curves) {
    EXPECT_EQ(value_of("interpolate(curve, 35)"), 50);
    EXPECT_EQ(value_of("ceil(interpolate(curve, 50))"), 69);
    EXPECT_EQ(value_of("interpolate(curve, 76)"), std::nullopt);
    EXPECT_EQ(value_of("interpolate(curve, -1)"), std::nullopt);
    EXPECT_EQ(value_of("interpolate(open, 15)"), 1.5);
    EXPECT_EQ(value_of("interpolate(open, 99)"), 2);
    EXPECT_EQ(value_of("interpolate(open, -99)"), 1);
    EXPECT_EQ(value_of("interpolate(open, none)"), std::nullopt);
}

/// What is used twice inside is calculated once: this would take 2^30 steps otherwise.
TEST(Expression, CostIsThatOfItsLength) {
    std::string text = "1";
    for (int i = 0; i < 28; ++i) {
        text = "known_mean(" + text + ")";
    }
    EXPECT_EQ(value_of(text), 1);
}

TEST(Expression, NumbersItsTermsAnew) {
    ExpressionMistake wrong;
    auto parsed = Expression::parse("none + rate", kNames, wrong);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->compact_terms(), (std::vector<int>{0, 7}));
    EXPECT_EQ(parsed->evaluate(Terms{1, 2}), 3);
}

TEST(Expression, ResultsThatAreNotFiniteHaveNoValue) {
    const std::string huge(200, '9');
    EXPECT_EQ(value_of(huge + " * " + huge), std::nullopt);
    EXPECT_EQ(value_of(huge + " * " + huge + " - " + huge + " * " + huge), std::nullopt);
}

TEST(Expression, Terms) {
    ExpressionMistake wrong;
    const auto parsed = Expression::parse("100 * rate", kNames, wrong);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->evaluate(Terms{0.5}), 50);
    EXPECT_EQ(parsed->evaluate({}), std::nullopt);
}

TEST(Expression, KnowsItsTerms) {
    ExpressionMistake wrong;
    const auto parsed = Expression::parse("closed_on_time / filed + filed", kNames, wrong);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->terms(), (std::vector<int>{1, 3}));
    EXPECT_EQ(Expression().evaluate({}), std::nullopt);
}

TEST(ExpressionMistakes, SayWhereAndWhat) {
    struct Vector {
        std::string_view text;
        std::size_t offset;
        std::string_view says;
    };

    for (const auto& [text, offset, says] : std::vector<Vector>{
             {"50 * closed_on_tim / filed", 5, "no measure or indicator named closed_on_tim"},
             {"", 0, "ends too early"},
             {"1 +", 3, "ends too early"},
             {"(1 + 2", 6, "\")\" is expected"},
             {"1 2", 2, "not expected"},
             {"1 + * 2", 4, "not expected"},
             {"filed closed", 6, "not expected"},
             {"1.2.3", 0, "not a number"},
             {"12a", 0, "not a number"},
             {"1.", 0, "not a number"},
             {".5", 0, "not a number"},
             {"1e999", 0, "not a number"},
             {"min(1)", 5, "\",\" is expected"},
             {"min(1,)", 6, "not expected"},
             {"if(1, 2, 3)", 3, "a condition is expected"},
             {"if(1 < 2)", 8, "\",\" is expected"},
             {"if(1 < 2 and 3, 1, 2)", 13, "a condition is expected"},
             {"not 1 < 2", 0, "a number is expected"},
             {"1 and 2", 0, "a condition is expected"},
             {"round(1, 77)", 10, "\")\" is expected"},
             {"round(1, x)", 9, "number of decimal places"},
             {"interpolate(curv, 1)", 12, "no curve named curv"},
             {"interpolate(filed, 1)", 12, "no curve named filed"},
             {"curve + 1", 0, "is a curve"},
             {"known(1)", 0, "a number is expected"},
             {"if(1 < 2, 2, 3 < 4)", 13, "a number is expected"},
             {"filed < closed", 0, "a number is expected"},
             {"1 + (filed < closed)", 4, "a number is expected"},
             {"-(1 < 2)", 1, "a number is expected"},
             {"1 < 2 < 3", 6, "not expected"},
             {"avg(1, 2)", 0, "no function avg"},
             {"1 + min", 4, "needs its parentheses"},
             {"filed × 2", 6, "\"×\" is not expected"},
             {"filed（1）", 5, "not expected"},
             {"filed = 2", 6, "not expected"},
         }) {
        const auto wrong = mistake_of(text);
        EXPECT_EQ(wrong.offset, offset) << text << "\n" << point_at(text, wrong);
        EXPECT_NE(wrong.message.en.find(says), std::string::npos)
            << text << ": " << wrong.message.en;
    }
}

TEST(ExpressionMistakes, SuggestAndPoint) {
    const auto wrong = mistake_of("50 * closed_on_tim / filed");
    EXPECT_EQ(wrong.hint.en, "did you mean closed_on_time?");
    EXPECT_EQ(
        point_at("50 * closed_on_tim / filed", wrong),
        "50 * closed_on_tim / filed\n     ^^^^^^^^^^^^^"
    );
    EXPECT_EQ(point_at("甲 + 乙", mistake_of("甲 + 乙")), "甲 + 乙\n^");
}

TEST(ExpressionMistakes, BoundedLengthDepthAndSize) {
    EXPECT_NE(
        mistake_of(std::string(kExpressionBytesMax + 1, ' ')).message.en.find("too long"),
        std::string::npos
    );
    for (const auto* const opening : {"(", "-", "min(1,", "if(1<"}) {
        std::string deep;
        while (deep.size() < 900) {
            deep += opening;
        }
        EXPECT_NE(mistake_of(deep).message.en.find("too deep"), std::string::npos) << opening;
    }
    std::string wide = "1";
    for (int i = 0; i < 200; ++i) {
        wide += "+1";
    }
    EXPECT_NE(mistake_of(wide).message.en.find("too many parts"), std::string::npos);
}

TEST(ExpressionMistakes, HostileBytesAreRefusedNotObeyed) {
    using namespace std::string_view_literals;
    for (const auto text : {"\0"sv, "1\0"sv, "\xff\xfe"sv, "1 + \xe4\xb8"sv, "\xc0\x80"sv}) {
        mistake_of(text);
    }
}

/// Any text either parses or has a mistake within its bounds; what parses can be evaluated.
TEST(ExpressionProperty, AnyTextIsParsedOrPointedAt) {
    constexpr std::string_view kPieces[] = {
        "1",      "filed",  "rate",        "+",      "-",
        "*",      "/",      "(",           ")",      "<=",
        "==",     "min(",   ",",           " ",      "if(",
        "closed", "max(",   "0",           "and",    "or",
        "not ",   "known(", "known_mean(", "round(", "interpolate(curve,"
    };
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SeededRandom random(seed);
        std::string text;
        const auto count = random.below(14);
        for (std::uint64_t i = 0; i < count; ++i) {
            text += kPieces[random.below(std::size(kPieces))];
        }
        ExpressionMistake wrong;
        const auto parsed = Expression::parse(text, kNames, wrong);
        if (parsed) {
            const auto value = parsed->evaluate(Terms{0.5, 3, 0, 7});
            EXPECT_TRUE(!value || std::isfinite(*value)) << "seed " << seed << ": " << text;
        } else {
            EXPECT_LE(wrong.offset, text.size()) << "seed " << seed << ": " << text;
            EXPECT_FALSE(wrong.message.en.empty()) << "seed " << seed << ": " << text;
        }
    }
}

}  // namespace
}  // namespace chengshu::indicators
