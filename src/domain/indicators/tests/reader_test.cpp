#include "domain/indicators/definition.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace chengshu::indicators {
namespace {

using namespace std::chrono_literals;

const city::City& city() {
    static const city::CityPtr kCity = [] {
        chengshu::testing::TestCityOptions options;
        options.files.push_back(
            {"cities/testcity/observed.csv",
             chengshu::testing::source_file("scenarios/air-quality/observed.csv")}
        );
        return chengshu::testing::test_city(options);
    }();
    return *kCity;
}

std::uint32_t flag(std::string_view name) {
    return name == "jump" ? 4U : 0U;
}

ParsedIndicators parse_rules(std::string content) {
    const city::DefinitionFile file{"scenarios/air/indicators.yaml", std::move(content)};
    return parse_indicators({&file, 1}, city(), flag);
}

std::string mistakes_of(std::string content) {
    auto parsed = parse_rules(std::move(content));
    EXPECT_TRUE(parsed.catalogue.all().empty());
    return chengshu::testing::to_text(parsed.findings);
}

constexpr std::string_view kHour =
    "- {code: hour, name: {zh: 时, en: Hour}, period: hour, areas: mean, source: test, observed: "
    "{property: PM2.5, thing_type: air_station, ignore: [jump]}}\n";

std::string with(std::string_view more) {
    return "indicators:\n" + std::string(kHour) + std::string(more);
}

TEST(IndicatorReader, ReadsVersions) {
    const auto parsed = parse_rules(with(
        "- {code: day, name: {zh: 日, en: Day}, unit: µg/m³, precision: 1, period: day, areas: "
        "max, "
        "source: old, valid_to: 2026-03-01, roll: {of: hour, as: mean, at_least: 20}}\n"
        "- {code: day, name: {zh: 日, en: Day}, period: day, source: new, valid_from: 2026-03-01, "
        "roll: {of: hour, as: max}}\n"
        "- {code: twice, name: {zh: 倍, en: Twice}, period: day, source: test, formula: day * 2}\n"
    ));
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    const auto* old = parsed.catalogue.find("day", 2026y / 2 / 28);
    ASSERT_NE(old, nullptr);
    EXPECT_EQ(old->source, "old");
    EXPECT_EQ(old->unit.zh, "µg/m³");
    EXPECT_EQ(old->precision, 1);
    EXPECT_EQ(old->areas, Fold::Maximum);
    EXPECT_EQ(std::get<Roll>(old->rule).at_least, 20);
    EXPECT_EQ(parsed.catalogue.find("day", 2026y / 3 / 1)->source, "new");
    EXPECT_EQ(parsed.catalogue.find("week", 2026y / 3 / 1), nullptr);
    EXPECT_EQ(
        parsed.catalogue.find("twice", 2026y / 3 / 1)->inputs(), std::vector<std::string>{"day"}
    );
    EXPECT_EQ(std::get<Observed>(parsed.catalogue.find("hour", 2026y / 3 / 1)->rule).ignore, 4U);
}

TEST(IndicatorReader, ReadsWhatIsShipped) {
    const auto parsed =
        parse_rules(chengshu::testing::source_file("scenarios/air-quality/indicators.yaml"));
    // The test's own flags are not those of the product.
    for (const auto& finding : parsed.findings) {
        EXPECT_NE(finding.message.en.find("quality flag"), std::string::npos) << finding.message.en;
    }
}

ParsedIndicators parse_draft(std::string_view in_force, std::string_view draft) {
    const city::DefinitionFile file{"scenarios/air/indicators.yaml", std::string(in_force)};
    const city::DefinitionFile text{"draft", std::string(draft)};
    return parse_indicators({&file, 1}, city(), flag, {}, &text);
}

TEST(IndicatorReader, ADraftTakesThePlaceOfItsCodes) {
    const std::string in_force = with(
        "- {code: day, name: {zh: 日, en: Day}, period: day, source: one, valid_to: 2026-03-01, "
        "roll: {of: hour, as: mean}}\n"
        "- {code: day, name: {zh: 日, en: Day}, period: day, source: two, valid_from: 2026-03-01, "
        "roll: {of: hour, as: max}}\n"
        "- {code: points, name: {zh: 分, en: Points}, period: day, source: t, formula: "
        "'interpolate(line, day)'}\n"
        "curves:\n- {code: line, source: one, points: [[0, 0], [1, 1]]}\n"
        "groups:\n- {code: top, name: {zh: 上, en: Top}, level: 1}\n"
    );
    const auto parsed = parse_draft(
        in_force,
        "groups:\n- {code: top, name: {zh: 顶, en: Summit}, level: 2}\n"
        "curves:\n- {code: line, source: two, extends: true, points: [[0, 0], [1, 2]]}\n"
        "indicators:\n"
        "- {code: day, name: {zh: 日, en: Day}, period: day, source: draft, parent: top, roll: "
        "{of: "
        "hour, as: min}}\n"
        "- {code: more, name: {zh: 多, en: More}, period: day, source: draft, formula: points * "
        "3}\n"
    );
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    EXPECT_EQ(parsed.catalogue.all().size(), 4U);
    for (const auto date : {2020y / 1 / 1, 2026y / 4 / 1}) {
        const auto* day = parsed.catalogue.find("day", date);
        ASSERT_NE(day, nullptr);
        EXPECT_EQ(day->source, "draft");
        EXPECT_EQ(std::get<Roll>(day->rule).as, Fold::Minimum);
    }
    ASSERT_EQ(parsed.catalogue.groups().size(), 1U);
    EXPECT_EQ(parsed.catalogue.groups()[0].name.en, "Summit");
    const auto& points = std::get<Computed>(parsed.catalogue.any("points")->rule);
    EXPECT_EQ(points.expression.evaluate(std::vector<std::optional<double>>{0.5}), 1.0);
}

TEST(IndicatorReader, WhatADraftBreaksIsNamedWhereItStands) {
    const std::string in_force = with(
        "- {code: day, name: {zh: 日, en: Day}, period: day, source: one, roll: {of: hour, as: "
        "mean}}\n"
        "- {code: points, name: {zh: 分, en: Points}, period: day, source: t, formula: day + 1}\n"
    );
    const auto said = [&](std::string_view draft) {
        const auto parsed = parse_draft(in_force, draft);
        EXPECT_TRUE(parsed.catalogue.all().empty());
        return chengshu::testing::to_text(parsed.findings);
    };
    const std::string day = "indicators:\n- {code: day, name: {zh: 日, en: D}, source: s, ";
    EXPECT_NE(
        said(day + "period: month, roll: {of: hour, as: mean}}")
            .find("scenarios/air/indicators.yaml:4"),
        std::string::npos
    );
    const auto formula = said(day + "period: day, formula: points + pionts}");
    EXPECT_NE(formula.find("draft:2:"), std::string::npos) << formula;
    EXPECT_NE(formula.find("did you mean points?"), std::string::npos) << formula;
    EXPECT_NE(
        said(day + "period: day, formula: points}").find("built from itself"), std::string::npos
    );
    EXPECT_NE(said("indicators: [").find("draft:"), std::string::npos);
    EXPECT_NE(said("- 7").find("draft:1"), std::string::npos);
}

TEST(IndicatorReader, NamesEveryMistake) {
    struct Case {
        std::string content;
        std::string_view says;
    };

    const std::string name = "name: {zh: 甲, en: A}, source: test";
    const auto one = [&](const std::string& rest) {
        return with("- {" + name + ", " + rest + "}\n");
    };
    const Case cases[] = {
        {"indicators: 7\n", ":1:13"},
        {"indicator: []\n", "did you mean 'indicators'?"},
        {"indicators: [[]]\n", "a map"},
        {"indicators:\n- {code: A b}\n", "cannot be a code"},
        {one("code: round, period: day, formula: hour"), "cannot be a code"},
        {one("code: a, period: fortnight, formula: '1'"), "'fortnight' is not known here"},
        {one("code: a, period: hour, formula: hou + 1"), "did you mean hour?"},
        {one("code: a, period: hour, formula: hour +"), "ends too early"},
        {one("code: a, period: day, formula: hour"), "does not fit a"},
        {one("code: a, period: hour, roll: {of: hour, as: mean}"), "roll needs a shorter period"},
        {one("code: a, period: day, window: {of: hour, hours: 8, as: mean}"), "use roll"},
        {one("code: a, period: hour, window: {of: hour, hours: 1, as: mean}"), "2 to 744"},
        {one("code: a, period: hour, window: {of: hour, hours: 2.5, as: mean}"), "whole number"},
        {one("code: a, period: hour, formula: a + 1"), "built from itself"},
        {one("code: a, period: hour"), "exactly one rule"},
        {one("code: a, period: hour, formula: '1', which: {of: {}}"), "exactly one rule"},
        {one("code: a, period: hour, observed: {property: PM25, thing_type: x}, areas: mean"),
         "did you mean 'PM2.5'?"},
        {one("code: a, period: hour, observed: {property: O3, thing_type: x}"), "areas"},
        {one("code: a, period: hour, which: {of: {x: hou}}"), "did you mean 'hour'?"},
        {one("code: hour, period: hour, formula: '1'"), "valid twice"},
        {one("code: a, period: hour, valid_from: 2026-02-30, formula: '1'"), "2026-02-30"},
        {one("code: a, period: hour, valid_from: 2026-02-03, valid_to: 2026-02-03, formula: '1'"),
         "valid_to lies after"},
        {one("code: a, period: hour, entered: {by: [leader], approved_by: [leader]}"),
         "one period of the calendar"},
        {one("code: a, period: [month, year], entered: {by: [leader], approved_by: [leader]}"),
         "one period of the calendar"},
        {one("code: a, period: 30_days, entered: {by: [leader], approved_by: [leader]}"),
         "one period of the calendar"},
        {one("code: a, period: month, areas: own, entered: {by: [leader], approved_by: [leader]}"),
         "of areas only"},
        {one("code: a, period: month, entered: {by: [leder], approved_by: [leader]}"),
         "did you mean 'leader'?"},
        {one("code: a, period: month, entered: {by: [leader], approved_by: [auditor]}"),
         "no kind of post 'auditor'"},
        {one("code: a, period: month, entered: {by: [], approved_by: [leader]}"),
         "at least one kind of post"},
        {one("code: a, period: month, entered: {by: [leader]}"), "'approved_by' is missing"},
        {one("code: a, period: month, entered: {by: [leader], approved_by: [leader], min: 3, max: "
             "2}"),
         "not a number from 3"},
        {one("code: a, period: month, formula: '1', entered: {by: [leader], approved_by: "
             "[leader]}"),
         "exactly one rule"},
        {"curves:\n- {code: c, source: s, points: [[0, 0]]}\n", "at least two points"},
        {"curves:\n- {code: c, source: s, points: [[0, 0], [0, 1]]}\n", "must ascend"},
        {"curves:\n- {code: c, source: s, points: [[0, 0], [1]]}\n", "a pair of numbers"},
        {"curves:\n- {code: c, points: [[0, 0], [1, 1]]}\n", "'source' is missing"},
        {"indicators: [\n", "YAML"},
    };
    for (const auto& [content, says] : cases) {
        const auto said = mistakes_of(content);
        EXPECT_NE(said.find(says), std::string::npos) << content << "\n" << said;
    }
}

}  // namespace
}  // namespace chengshu::indicators
