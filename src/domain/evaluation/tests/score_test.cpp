#include "base/random.hpp"
#include "domain/evaluation/tests/shipped.hpp"
#include "domain/indicators/calculation.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace chengshu::evaluation {
namespace {

using namespace std::chrono_literals;
using indicators::Calculation;
using indicators::CalculationOptions;
using indicators::Indicator;
using testing::shipped;
using testing::values;

constexpr Date kToday{2026y / 11 / 20};
using Cell = std::vector<std::int64_t>;

const Evaluation& urban_center() {
    return shipped("city-management");
}

constexpr std::string_view kUrban = "city-management";

const Indicator& indicator(std::string_view code, std::string_view scenario = kUrban) {
    const auto* found = testing::shipped_indicators(scenario).find(code, kToday);
    EXPECT_NE(found, nullptr) << code;
    return *found;
}

std::optional<double> value_of(
    std::string_view code,
    const Cell& cell,
    bool raw = false,
    std::string_view scenario = kUrban
) {
    static const auto kZone = TimeZone::find("Asia/Shanghai").value();
    testing::Cells facts({{"x", cell}});
    Calculation calculation(
        testing::shipped_indicators(scenario),
        kZone,
        facts,
        CalculationOptions{std::nullopt, raw, nullptr}
    );
    const auto& asked = indicator(code, scenario);
    const indicators::Place place{0, "x", asked.subjects.front()};
    return calculation.value(asked, place, indicators::days_between(kToday, kToday, kZone)).number;
}

std::optional<double> score_of(
    std::string_view code,
    std::initializer_list<std::pair<std::string_view, std::int64_t>> named
) {
    return value_of(code, values(urban_center(), named));
}

/// The published example: 1000 filed, 50 within their limit, 880 closed on time, 930 closed, 20
/// reworks, 4 supervisions of which 1 is not dealt with.
TEST(Composite, WorkedExample) {
    const auto cell = values(
        urban_center(),
        {{"filed", 1000},
         {"in_limit_open", 50},
         {"should_close", 950},
         {"closed_on_time", 880},
         {"closed", 930},
         {"rework", 20},
         {"supervise", 4},
         {"supervise_open", 1}}
    );
    const auto result = value_of("composite", cell);
    ASSERT_TRUE(result);
    const double expected = 880.0 / 950 * 50 + 930.0 / 950 * 30 + 0.98 * 10 + (10 - 4 * 0.5 - 1);
    EXPECT_NEAR(*result, expected, 1e-9);
    EXPECT_EQ(indicators::format_score(*result), "92.484");
    EXPECT_EQ(value_of("composite", cell, true), result);
    const auto* grade = indicators::grade_of(result, indicator("composite").grades);
    ASSERT_NE(grade, nullptr);
    EXPECT_EQ(grade->code, "excellent");
    // The figures in between are figures of their own.
    const auto* computed = std::get_if<indicators::Computed>(&indicator("composite").rule);
    ASSERT_NE(computed, nullptr);
    EXPECT_EQ(
        computed->inputs,
        (std::vector<std::string>{
            "on_time_closing_rate", "closing_rate", "rework_rate", "supervision_points"
        })
    );
    EXPECT_EQ(
        indicators::format_score(value_of("on_time_closing_rate", cell).value_or(0)), "92.632"
    );
    EXPECT_EQ(indicators::format_score(value_of("closing_rate", cell).value_or(0)), "97.895");
    EXPECT_NEAR(value_of("rework_rate", cell).value_or(0), 2, 1e-12);
    EXPECT_NEAR(value_of("supervision_points", cell).value_or(0), 7, 1e-12);
}

TEST(Composite, NothingDueIsNoBasis) {
    EXPECT_EQ(score_of("composite", {}), std::nullopt);
    EXPECT_EQ(score_of("composite", {{"filed", 10}, {"in_limit_open", 10}}), std::nullopt);
    EXPECT_EQ(indicators::grade_of(std::nullopt, indicator("composite").grades), nullptr);
    EXPECT_EQ(value_of("composite", {}, true), std::nullopt);
}

TEST(Composite, DeductionsEndAtZero) {
    EXPECT_NEAR(
        score_of(
            "composite",
            {{"filed", 10},
             {"should_close", 10},
             {"closed", 10},
             {"closed_on_time", 10},
             {"rework", 30},
             {"supervise", 100}}
        )
            .value_or(-1),
        80,
        1e-9
    );
}

/// An upheld appeal raises the score; the raw score stays what it was.
TEST(Composite, ExemptionDoesNotHideTheRawFigure) {
    auto cell = values(
        urban_center(), {{"filed", 10}, {"should_close", 10}, {"closed", 10}, {"closed_on_time", 8}}
    );
    const auto before = value_of("composite", cell);
    const auto raw = value_of("composite", cell, true);
    cell[static_cast<std::size_t>(urban_center().measure("closed_on_time")->bit)] += 1;
    EXPECT_NEAR(value_of("composite", cell).value_or(0), before.value_or(0) + 5, 1e-9);
    EXPECT_EQ(value_of("composite", cell, true), raw);
    EXPECT_NEAR(raw.value_or(0), before.value_or(0), 1e-9);
}

TEST(Ratios, EachAsPublished) {
    struct Vector {
        std::string_view formula;
        std::initializer_list<std::pair<std::string_view, std::int64_t>> cell;
        double expected;
    };

    for (const auto& [code, cell, expected] : std::initializer_list<Vector>{
             {"on_time_closing_rate",
              {{"closed_on_time", 880}, {"should_close", 950}},
              100 * 880.0 / 950},
             {"closing_rate", {{"closed", 930}, {"should_close", 950}}, 100 * 930.0 / 950},
             {"rework_rate", {{"rework", 20}, {"filed", 1000}}, 2},
             {"handling_rate", {{"handled", 90}, {"unhandled_overdue", 10}}, 90},
             {"on_time_handling_rate",
              {{"handled", 90}, {"handled_on_time", 80}, {"unhandled_overdue", 10}},
              80},
             {"accurate_dispatch_rate", {{"accurate_dispatched", 95}, {"dispatched", 100}}, 95},
             {"on_time_dispatch_rate", {{"dispatched_on_time", 97}, {"dispatched", 100}}, 97},
             {"filing_rate", {{"reported_filed", 60}, {"reported", 80}}, 75},
             {"reported_closing_rate",
              {{"reported_closed", 1857530}, {"reported", 2040552}},
              91.0307},
             {"on_time_filing_rate", {{"filed_on_time", 99}, {"filed", 100}}, 99},
             {"return_rate", {{"returned_cases", 5}, {"dispatched", 100}}, 5},
             {"extension_rate", {{"extended_cases", 3}, {"dispatched", 100}}, 3},
             {"duplicate_rate", {{"duplicates", 25}, {"reports", 100}}, 25},
             {"response_rate", {{"contacted", 100}, {"called_back_valid", 100}}, 100},
             {"resolution_rate", {{"resolved", 74}, {"called_back_valid", 100}}, 74},
             {"satisfaction_rate",
              {{"satisfied", 50}, {"basically_satisfied", 40}, {"called_back_valid", 100}},
              86},
             {"hotline_score",
              {{"contacted", 100},
               {"resolved", 74},
               {"satisfied", 50},
               {"basically_satisfied", 40},
               {"called_back_valid", 100}},
              10 + 0.45 * 74 + 0.45 * 86},
             {"department_score",
              {{"handled", 90},
               {"handled_on_time", 80},
               {"unhandled_overdue", 10},
               {"rework", 10},
               {"filed", 100},
               {"supervise", 2}},
              40 + 27 + 9 + 9},
             {"collector_score", {{"reported_filed", 9}, {"reported", 10}}, 90},
             {"acceptor_score", {{"filed_on_time", 9}, {"filed", 10}}, 90},
             {"dispatcher_score",
              {{"accurate_dispatched", 9}, {"dispatched_on_time", 10}, {"dispatched", 10}},
              95},
             {"handler_score", {{"handled_on_time", 9}, {"handled", 10}, {"rework", 1}}, 72 + 18},
             {"checker_score", {{"checked_on_time", 9}, {"checked", 10}}, 90},
         }) {
        EXPECT_NEAR(score_of(code, cell).value_or(-1), expected, 1e-4) << code;
        EXPECT_EQ(score_of(code, {}), std::nullopt) << code << " of nothing";
    }
}

TEST(Jinhua, StepsAreLostBelowTheTargets) {
    const auto jinhua = [](std::int64_t on_time, std::int64_t closed, std::int64_t urgent_closed) {
        return score_of(
                   "jinhua",
                   {{"should_close", 110},
                    {"suspended_due", 10},
                    {"closed_on_time", on_time},
                    {"closed", closed},
                    {"urgent_should_close", 20},
                    {"urgent_closed", urgent_closed},
                    {"urgent_closed_on_time", 19}}
        )
            .value_or(-1);
    };
    EXPECT_NEAR(jinhua(70, 90, 20), 80, 1e-9) << "all targets met: full marks";
    EXPECT_NEAR(jinhua(95, 99, 20), 80, 1e-9) << "more than the target is not more than full marks";
    EXPECT_NEAR(jinhua(69, 90, 20), 79, 1e-9);
    EXPECT_NEAR(jinhua(60, 85, 20), 65, 1e-9);
    EXPECT_NEAR(jinhua(70, 90, 19), 77.5, 1e-9) << "5 points below 100 % at half a point each";
    EXPECT_NEAR(
        score_of(
            "jinhua",
            {{"should_close", 100},
             {"closed_on_time", 100},
             {"closed", 100},
             {"rework_cases", 5},
             {"rework_repeated", 2}}
        )
            .value_or(-1),
        78,
        1e-9
    ) << "no urgent case costs nothing; reworks do";
}

TEST(Grades, BandsAndDisplayAgree) {
    const auto bands = indicator("composite").grades;
    const auto grade = [&](double value) { return indicators::grade_of(value, bands)->code; };
    EXPECT_EQ(grade(100), "excellent");
    EXPECT_EQ(grade(90), "excellent");
    EXPECT_EQ(grade(89.9996), "excellent") << "shown as 90.000";
    EXPECT_EQ(grade(89.999), "good");
    EXPECT_EQ(grade(80), "good");
    EXPECT_EQ(grade(79.999), "fair");
    EXPECT_EQ(grade(60), "sufficient");
    EXPECT_EQ(grade(59.999), "poor");
    EXPECT_EQ(grade(-3), "poor");
    EXPECT_EQ(indicators::grade_of(50, nullptr), nullptr);
    EXPECT_EQ(indicators::format_score(-0.0001), "0.000");
}

TEST(Places, EqualScoresShareAndNoScoreHasNone) {
    const std::optional<double> scores[] = {90.0, std::nullopt, 95.0, 90.0001, 80.0};
    EXPECT_EQ(indicators::places(scores), (std::vector<int>{2, 0, 1, 2, 4}));
    EXPECT_EQ(indicators::places(scores, true), (std::vector<int>{2, 0, 4, 2, 1}));
    EXPECT_TRUE(indicators::places({}).empty());
}

/// Better work never lowers a score. For every cell of a seeded sample, one more case closed or
/// handled on time instead of late, one rework less, one supervision less.
TEST(ScoreProperty, BetterWorkNeverLowersAScore) {
    struct Step {
        std::string_view up;
        std::string_view down;
    };

    const auto bit = [](std::string_view code) {
        return static_cast<std::size_t>(urban_center().measure(code)->bit);
    };
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        SeededRandom random(seed);
        const auto draw = [&](std::int64_t low, std::int64_t high) {
            return random.between(low, high);
        };
        const auto filed = draw(2, 1000);
        const auto due = draw(2, filed);
        const auto closed = draw(1, due);
        const auto handled = draw(1, due);
        const auto base = values(
            urban_center(),
            {{"filed", filed},
             {"should_close", due},
             {"closed", closed},
             {"closed_on_time", draw(0, closed - 1)},
             {"handled", handled},
             {"handled_on_time", draw(0, handled - 1)},
             {"unhandled_overdue", draw(0, due)},
             {"rework", draw(1, 2 * filed)},
             {"rework_cases", draw(1, filed)},
             {"supervise", draw(1, 30)},
             {"supervise_open", draw(1, 10)}}
        );
        for (const auto& step :
             {Step{"closed_on_time", ""},
              Step{"handled_on_time", ""},
              Step{"", "rework"},
              Step{"", "rework_cases"},
              Step{"", "supervise"},
              Step{"", "supervise_open"}}) {
            auto better = base;
            if (!step.up.empty()) {
                better[bit(step.up)] += 1;
            }
            if (!step.down.empty()) {
                better[bit(step.down)] -= 1;
            }
            for (const auto* code : {"composite", "jinhua", "department_score", "handler_score"}) {
                const auto before = value_of(code, base);
                const auto after = value_of(code, better);
                ASSERT_TRUE(before && after) << "seed " << seed << ' ' << code;
                EXPECT_GE(*after, *before - 1e-9)
                    << "seed " << seed << ' ' << code << " +" << step.up << " -" << step.down;
            }
        }
    }
}

TEST(Requests, OnlyRequestsWithADueDateAreJudged) {
    const auto& requests = shipped("service-requests");
    const auto cell = values(
        requests,
        {{"filed", 100}, {"closed", 80}, {"due", 20}, {"should_close", 10}, {"closed_on_time", 7}}
    );
    constexpr auto kCode = "on_time_closing_rate";
    EXPECT_NEAR(value_of(kCode, cell, false, "service-requests").value_or(-1), 70, 1e-9);
    const auto without = values(requests, {{"filed", 100}, {"closed", 80}});
    EXPECT_EQ(value_of(kCode, without, false, "service-requests"), std::nullopt);
}

}  // namespace
}  // namespace chengshu::evaluation
