#include "domain/sensing/alarm.hpp"
#include "domain/sensing/quality.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace chengshu::sensing {
namespace {

constexpr std::string_view kSound = R"(alarms:
  - code: smoke
    name: {zh: 烟, en: Smoke}
    property: PM2.5
    thing_type: air_station
    when: above
    limit: 250
    lasts: 10 min
    gap: 1 h
    clear: {limit: 150, lasts: 90 s}
    ignore: [jump, above_range]
    categories: [TEST/matter/0103]
    text: {zh: "{thing} 超 {limit}", en: "{thing} above {limit}"}
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

ParsedAlarms parse(std::string_view content) {
    const city::DefinitionFile file{"scenarios/base/alarms.yaml", std::string(content)};
    return parse_alarms({&file, 1}, city());
}

TEST(AlarmReader, ReadsARule) {
    const auto parsed = parse(kSound);
    ASSERT_EQ(parsed.rules.size(), 1U) << chengshu::testing::to_text(parsed.findings);
    AlarmRule expected;
    expected.code = "smoke";
    expected.name = {"烟", "Smoke"};
    expected.property = "PM2.5";
    expected.thing_type = "air_station";
    expected.limit = 250;
    expected.lasts = std::chrono::minutes{10};
    expected.gap = std::chrono::hours{1};
    expected.clear_limit = 150;
    expected.clear_lasts = std::chrono::seconds{90};
    expected.ignore = static_cast<std::uint32_t>(QualityFlag::Jump) |
                      static_cast<std::uint32_t>(QualityFlag::AboveRange);
    expected.categories = {"TEST/matter/0103"};
    expected.text = {"{thing} 超 {limit}", "{thing} above {limit}"};
    EXPECT_EQ(parsed.rules[0], expected);
}

TEST(AlarmReader, WithoutAClearConditionTheLimitClears) {
    std::string content(kSound);
    content.erase(
        content.find("    clear"), content.find("    ignore") - content.find("    clear")
    );
    const auto parsed = parse(content);
    ASSERT_EQ(parsed.rules.size(), 1U) << chengshu::testing::to_text(parsed.findings);
    EXPECT_EQ(parsed.rules[0].clear_limit, 250);
    EXPECT_EQ(parsed.rules[0].clear_lasts, Duration{});
}

struct Slip {
    std::string name;
    std::string from;
    std::string to;
    std::string finding;  ///< "line:column message", its beginning
};

std::ostream& operator<<(std::ostream& out, const Slip& slip) {
    return out << slip.name;
}

class BadAlarms : public ::testing::TestWithParam<Slip> {};

TEST_P(BadAlarms, AreReportedWithTheirPlace) {
    std::string content(kSound);
    const auto at = content.find(GetParam().from);
    ASSERT_NE(at, std::string::npos);
    content.replace(at, GetParam().from.size(), GetParam().to);
    const auto parsed = parse(content);
    EXPECT_TRUE(parsed.rules.empty());
    ASSERT_FALSE(parsed.findings.empty());
    const auto& first = parsed.findings.front();
    const auto said =
        std::to_string(first.line) + ":" + std::to_string(first.column) + " " + first.message.en;
    EXPECT_EQ(said.substr(0, GetParam().finding.size()), GetParam().finding);
    EXPECT_FALSE(first.message.zh.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BadAlarms,
    ::testing::Values(
        Slip{"Key", "limit: 250", "limt: 250", "7:5 unknown key 'limt'"},
        Slip{"Missing", "    lasts: 10 min\n", "", "2:5 lasts is missing"},
        Slip{"Property", "PM2.5", "PM25", "4:15 'PM25' is not in observed.csv"},
        Slip{"Comparison", "above\n", "over\n", "6:11 this must be above, at_least"},
        Slip{"Limit", "250", "much", "7:12 this must be a number"},
        Slip{"Infinite", "250", "inf", "7:12 this must be a number"},
        Slip{"Duration", "10 min", "10 minutes", "8:12 this must be a duration"},
        Slip{"LongDuration", "10 min", "367 d", "8:12 this must be a duration"},
        Slip{"HugeDuration", "10 min", "99999999999999999999 d", "8:12 this must be a duration"},
        Slip{"Clear", "limit: 150", "limit: 300", "10:20 an alarm cannot clear at a value"},
        Slip{"Flag", "jump", "jumps", "11:14 "},
        Slip{"Category", "0103", "9999", "12:18 there is no category 'TEST/matter/9999'"},
        Slip{"NoCategory", "[TEST/matter/0103]", "[]", "12:17 at least one category"},
        Slip{"Placeholder", "above {limit}", "above {limits}", "13:43 unknown placeholder"},
        Slip{"Code", "code: smoke", "code: Smoke!", "2:11 a code consists of"},
        Slip{"Rules", "alarms:", "alarms: 1\nx:", "2:1 unknown key 'x'"},
        Slip{"Syntax", "[jump, above_range]", "[jump", "12:"},
        Slip{
            "Twice",
            "alarms:\n",
            "alarms:\n  - &one {code: smoke, name: {en: S}, property: PM2.5, when: above, limit: "
            "1, lasts: 1 s, categories: [TEST/matter/0103], text: {en: S}}\n",
            "3:11 rule 'smoke' is defined twice"
        }
    ),
    [](const auto& test) { return test.param.name; }
);

}  // namespace
}  // namespace chengshu::sensing
