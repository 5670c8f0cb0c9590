#include "domain/sensing/retention.hpp"

#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace chengshu::sensing {
namespace {

constexpr std::string_view kSound = R"(retention:
  - code: air
    name: {zh: 空气, en: Air}
    property: PM2.5
    thing_type: air_station
    raw: 730 d
    hours: 3650 d
    source: somebody
    valid_from: 2026-01-01
    valid_to: 2027-01-01
  - code: rest
    name: {zh: 其他, en: The rest}
    area: "110108"
    raw: 1 d
    hours: none
    source: somebody
)";

const city::City& city() {
    static const city::CityPtr kCity = [] {
        chengshu::testing::TestCityOptions options;
        options.files.push_back(
            {"cities/testcity/observed.csv",
             "code,name_zh,name_en,definition\nPM2.5,颗粒物,Particles,https://example.org/pm25\n"}
        );
        return chengshu::testing::test_city(options);
    }();
    return *kCity;
}

/// An area of the test city that is not the city itself.
std::string some_area() {
    for (const auto& area : city().areas()) {
        if (!area.parent.empty()) {
            return area.code;
        }
    }
    return {};
}

std::string sound() {
    std::string out(kSound);
    const auto at = out.find("110108");
    return out.replace(at, 6, some_area());
}

ParsedRetention parse(std::string_view content) {
    const city::DefinitionFile file{"cities/testcity/retention.yaml", std::string(content)};
    return parse_retention({&file, 1}, city());
}

Date day(std::string_view text) {
    return *parse_date(text);
}

TEST(Retention, ReadsRules) {
    const auto parsed = parse(sound());
    ASSERT_EQ(parsed.rules.size(), 2U) << chengshu::testing::to_text(parsed.findings);
    const auto& rule = parsed.rules[0];
    EXPECT_EQ(rule.code, "air");
    EXPECT_EQ(rule.name, (Label{"空气", "Air"}));
    EXPECT_EQ(rule.property, "PM2.5");
    EXPECT_EQ(rule.thing_type, "air_station");
    EXPECT_EQ(rule.raw_days, 730);
    EXPECT_TRUE(rule.keep_hours);
    EXPECT_EQ(rule.hours_days, 3650);
    EXPECT_EQ(rule.source, "somebody");
    EXPECT_EQ(rule.validity.from, day("2026-01-01"));
    EXPECT_EQ(rule.validity.to, day("2027-01-01"));
    EXPECT_EQ(parsed.rules[1].area, some_area());
    EXPECT_FALSE(parsed.rules[1].keep_hours);
    EXPECT_FALSE(parsed.rules[1].hours_days);
    EXPECT_EQ(parsed.rules[1].raw_days, 1);
    EXPECT_TRUE(parse("retention: []\n").findings.empty());
}

TEST(Retention, TheFirstRuleThatFitsCounts) {
    const auto rules = parse(sound()).rules;
    ASSERT_EQ(rules.size(), 2U);
    const auto area = some_area();
    const auto found = [&](const RetentionSubject& subject, std::string_view today) {
        const auto* rule = retention_of(rules, subject, city(), day(today));
        return rule == nullptr ? std::string() : rule->code;
    };
    EXPECT_EQ(found({"PM2.5", "air_station", "x", area}, "2026-06-01"), "air");
    EXPECT_EQ(found({"PM2.5", "air_station", "x", area}, "2025-12-31"), "rest");
    EXPECT_EQ(found({"PM2.5", "air_station", "x", area}, "2027-01-01"), "rest");
    EXPECT_EQ(found({"PM2.5", "manhole", "x", area}, "2026-06-01"), "rest");
    EXPECT_EQ(found({"PM2.5", "manhole", "x", ""}, "2026-06-01"), "");
    EXPECT_EQ(found({"PM10", "air_station", "x", root_area(city()).code}, "2026-06-01"), "");
}

/// Its replay leaves a clock behind that stands in 2026.
TEST(Retention, BeijingKeepsItsWinterWhole) {
    const auto parsed = parse(chengshu::testing::source_file("cities/beijing/retention.yaml"));
    ASSERT_FALSE(parsed.rules.empty()) << chengshu::testing::to_text(parsed.findings);
    const RetentionSubject station{"PM2.5", "air_station", "1001A", ""};
    const auto* rule = retention_of(parsed.rules, station, city(), day("2026-11-17"));
    ASSERT_NE(rule, nullptr);
    constexpr int kDaysOfTwentyYears = 7'305;  // from 2015
    EXPECT_GT(rule->raw_days, kDaysOfTwentyYears);
}

struct Mistake {
    const char* name;
    std::string_view from;
    std::string_view to;
    int line;
    int column;
    std::string_view what;
};

class RetentionMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(RetentionMistakes, AreNamedWithTheirPlaceAndAHint) {
    const auto& mistake = GetParam();
    auto content = sound();
    const auto at = content.find(mistake.from);
    ASSERT_NE(at, std::string::npos);
    content.replace(at, mistake.from.size(), mistake.to);
    const auto parsed = parse(content);
    EXPECT_TRUE(parsed.rules.empty());
    ASSERT_EQ(parsed.findings.size(), 1U) << chengshu::testing::to_text(parsed.findings);
    const auto& finding = parsed.findings[0];
    EXPECT_TRUE(finding.error);
    EXPECT_EQ(finding.path, "cities/testcity/retention.yaml");
    EXPECT_EQ(finding.line, mistake.line);
    EXPECT_EQ(finding.column, mistake.column);
    EXPECT_NE(finding.message.en.find(mistake.what), std::string::npos) << finding.message.en;
    EXPECT_FALSE(finding.message.zh.empty());
    EXPECT_FALSE(finding.hint.en.empty());
    EXPECT_FALSE(finding.hint.zh.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All,
    RetentionMistakes,
    ::testing::Values(
        Mistake{"UnknownKey", "thing_type:", "thing_typ:", 5, 5, "unknown key 'thing_typ'"},
        Mistake{"NoDays", "730 d", "two years", 6, 10, "number of days"},
        Mistake{"ZeroDays", "730 d", "0 d", 6, 10, "number of days"},
        Mistake{"HoursAsDays", "3650 d", "3650 h", 7, 12, "number of days"},
        Mistake{"ShorterHours", "3650 d", "100 d", 7, 12, "shorter than readings"},
        Mistake{"NoRaw", "    raw: 730 d\n", "", 2, 5, "'raw' is missing"},
        Mistake{"NoHours", "    hours: 3650 d\n", "", 2, 5, "'hours' is missing"},
        Mistake{"NoSource", "    source: somebody\n    valid", "    valid", 2, 5, "'source' is"},
        Mistake{"Property", "property: PM2.5", "property: PM9", 4, 15, "'PM9' is not in observed"},
        Mistake{"Twice", "code: rest", "code: air", 11, 11, "'air' is defined twice"},
        Mistake{"Code", "code: rest", "code: The rest", 11, 11, "cannot be a code"},
        Mistake{"Area", "area: \"", "area: \"9", 13, 11, "there is no area"},
        Mistake{"Dates", "valid_to: 2027-01-01", "valid_to: 2026-01-01", 10, 15, "not after"}
    ),
    [](const auto& row) { return std::string(row.param.name); }
);

TEST(Retention, WhatIsNoListOrNoYamlIsSaid) {
    EXPECT_EQ(parse("retention: 5\n").findings.size(), 1U);
    EXPECT_EQ(parse("retention: [\n").findings.size(), 1U);
    EXPECT_EQ(parse("").findings.size(), 1U);
}

}  // namespace
}  // namespace chengshu::sensing
