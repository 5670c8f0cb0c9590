#include "domain/sensing/quality.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace chengshu::sensing {
namespace {

using enum QualityFlag;
constexpr std::int64_t kMinute = 60'000;

std::uint32_t bits(std::initializer_list<QualityFlag> flags) {
    std::uint32_t all = 0;
    for (const auto flag : flags) {
        all |= static_cast<std::uint32_t>(flag);
    }
    return all;
}

class Quality : public testing::Test {
protected:
    /// A reading observed at the minute, arriving `delay` ms later.
    std::uint32_t reading(std::int64_t minute, double number, std::int64_t delay = 0) {
        Observation row;
        row.id = ++id_;
        row.stream = 1;
        row.phenomenon_from = row.phenomenon_to = minute * kMinute;
        row.received_at = row.phenomenon_to + delay;
        row.number = number;
        return judge(rule_, state_, row);
    }

    QualityRule rule_;
    QualityState state_;
    std::int64_t id_ = 0;
};

TEST_F(Quality, SaysNothingWithoutRules) {
    EXPECT_EQ(reading(1, 1e300), 0U);
    EXPECT_EQ(reading(1000, -1e300, 1'000'000'000), 0U);
}

TEST_F(Quality, FlagsValuesOutOfRangeAndComparesNothingWithThem) {
    rule_.min = -40;
    rule_.max = 60;
    rule_.max_step = 5;
    EXPECT_EQ(reading(1, 20), 0U);
    EXPECT_EQ(reading(2, 999), bits({AboveRange}));
    EXPECT_EQ(reading(3, -999), bits({BelowRange}));
    EXPECT_EQ(reading(4, 21), 0U);
    EXPECT_EQ(reading(5, 60), bits({Jump})) << "the limit itself is possible";
}

TEST_F(Quality, HoldsChangesToTheTimeThatPassed) {
    rule_.max_step = 2;
    rule_.step_per = 10 * kMinute;
    EXPECT_EQ(reading(0, 10), 0U);
    EXPECT_EQ(reading(10, 12), 0U);
    EXPECT_EQ(reading(20, 14.5), bits({Jump}));
    EXPECT_EQ(reading(30, 14.5), 0U) << "the new level is confirmed";
    EXPECT_EQ(reading(60, 20.5), 0U) << "three steps in three times the time";
    EXPECT_EQ(reading(61, 22), 0U) << "nearer readings are held to one whole step";
}

TEST_F(Quality, FindsFlatLinesByCountAndByTime) {
    rule_.flat_count = 3;
    rule_.flat_after = 10 * kMinute;
    EXPECT_EQ(reading(0, 5), 0U);
    EXPECT_EQ(reading(1, 5), 0U);
    EXPECT_EQ(reading(2, 5), 0U) << "three readings, but two minutes";
    EXPECT_EQ(reading(10, 5), bits({FlatLine}));
    EXPECT_EQ(reading(11, 5.1), 0U);
    EXPECT_EQ(reading(30, 5.1), 0U) << "19 minutes, but two readings";
    rule_.flat_after = 0;
    EXPECT_EQ(reading(31, 5.1), bits({FlatLine}));
}

TEST_F(Quality, ARepetitionIsADuplicateAndNotAFlatLine) {
    rule_.flat_count = 2;
    EXPECT_EQ(reading(1, 5), 0U);
    EXPECT_EQ(reading(1, 5), bits({Duplicate}));
    EXPECT_EQ(reading(1, 5), bits({Duplicate}));
    EXPECT_EQ(reading(1, 6), 0U) << "another value at the same time";
    EXPECT_EQ(reading(2, 6), bits({FlatLine}));
}

TEST_F(Quality, WhatComesAfterAnIncredibleReadingRepeatsNothing) {
    rule_.max = 100;
    EXPECT_EQ(reading(1, 5), 0U);
    EXPECT_EQ(reading(1, 999), bits({AboveRange}));
    EXPECT_EQ(reading(1, 5), 0U) << "as after a restart, when only the newest reading is known";
    EXPECT_EQ(reading(1, 5), bits({Duplicate}));
}

TEST_F(Quality, LateFutureAndOutOfOrder) {
    rule_.late_after = 5 * kMinute;
    rule_.future_after = kMinute;
    EXPECT_EQ(reading(10, 1, 5 * kMinute - 1), 0U);
    EXPECT_EQ(reading(11, 2, 5 * kMinute), bits({Late}));
    EXPECT_EQ(reading(9, 3, 6 * kMinute), bits({Late, OutOfOrder}));
    EXPECT_EQ(reading(12, 4, -kMinute), bits({Future}));
}

TEST_F(Quality, AnOldReadingDoesNotTurnTheClockBack) {
    rule_.max_step = 1;
    EXPECT_EQ(reading(10, 10), 0U);
    EXPECT_EQ(reading(5, 50), bits({OutOfOrder}));
    EXPECT_EQ(reading(11, 11), 0U);
}

TEST_F(Quality, GapsAndHealth) {
    rule_.expected_interval = 10 * kMinute;
    EXPECT_EQ(health(rule_, state_, 0), StreamHealth::Unknown);
    EXPECT_EQ(reading(0, 1), 0U);
    EXPECT_EQ(reading(20, 2), 0U) << "twice the interval is no gap yet";
    EXPECT_EQ(reading(41, 3), bits({AfterGap}));
    const auto newest = 41 * kMinute;
    EXPECT_EQ(health(rule_, state_, newest + 20 * kMinute), StreamHealth::Online);
    EXPECT_EQ(next_change(rule_, state_, newest), newest + 20 * kMinute + 1);
    EXPECT_EQ(health(rule_, state_, newest + 20 * kMinute + 1), StreamHealth::Late);
    EXPECT_EQ(next_change(rule_, state_, newest + 20 * kMinute + 1), newest + 30 * kMinute + 1);
    EXPECT_EQ(health(rule_, state_, newest + 30 * kMinute + 1), StreamHealth::Offline);
    EXPECT_EQ(next_change(rule_, state_, newest + 30 * kMinute + 1), std::nullopt);
    rule_ = {};
    EXPECT_EQ(health(rule_, state_, newest), StreamHealth::Unknown);
}

TEST_F(Quality, ATextWhereNumbersAreExpected) {
    Observation row;
    row.result = "\"broken\"";
    EXPECT_EQ(judge(rule_, state_, row), 0U);
    rule_.max = 1;
    EXPECT_EQ(judge(rule_, state_, row), bits({NotANumber}));
}

TEST_F(Quality, GoesOnAfterARestart) {
    rule_.max_step = 1;
    StreamSummary summary;
    Observation row;
    row.phenomenon_from = row.phenomenon_to = 10 * kMinute;
    row.number = 7;
    add(summary, row);
    state_ = resume(summary);
    EXPECT_EQ(reading(11, 9), bits({Jump}));
    EXPECT_EQ(reading(9, 9), bits({OutOfOrder}));
    EXPECT_EQ(resume({}), QualityState{});
}

TEST_F(Quality, RefusesImpossibleRules) {
    const std::pair<const char*, QualityRule> cases[] = {
        {"max", {.min = 2, .max = 1}},
        {"min", {.min = std::numeric_limits<double>::quiet_NaN()}},
        {"max_step", {.max_step = -1}},
        {"step_per", {.step_per = 0}},
        {"flat_count", {.flat_count = -1}},
        {"late_after", {.late_after = -1}},
        {"gap_after", {.gap_after = std::numeric_limits<std::int64_t>::max()}},
    };
    EXPECT_TRUE(check(QualityRule{}));
    for (const auto& [field, rule] : cases) {
        const auto checked = check(rule);
        ASSERT_FALSE(checked) << field;
        EXPECT_EQ(checked.error().field, field);
    }
}

TEST_F(Quality, AStreamsRuleGoesBeforeItsPropertys) {
    const auto rule = merged(
        {.min = 0, .max = 10, .max_step = 1, .late_after = 5},
        {.max = 20, .max_step = 3, .step_per = 7}
    );
    EXPECT_EQ(
        rule, (QualityRule{.min = 0, .max = 20, .max_step = 3, .step_per = 7, .late_after = 5})
    );
}

TEST_F(Quality, EveryFlagHasOneNameInBothLanguages) {
    std::set<std::string_view> names;
    std::uint32_t all = 0;
    for (const auto& info : quality_flags()) {
        names.insert(info.name);
        EXPECT_FALSE(info.label_zh.empty());
        EXPECT_FALSE(info.label_en.empty());
        EXPECT_EQ(all & static_cast<std::uint32_t>(info.flag), 0U);
        all |= static_cast<std::uint32_t>(info.flag);
        EXPECT_EQ(quality_flag(info.name).value(), info.flag);
    }
    EXPECT_EQ(names.size(), quality_flags().size());
    EXPECT_EQ(quality_names(bits({Late, Jump})), (std::vector<std::string_view>{"jump", "late"}));
    EXPECT_EQ(quality_flag("lat").error().code, ErrorCode::UnknownCode);
}

}  // namespace
}  // namespace chengshu::sensing
