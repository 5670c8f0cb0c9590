// Rules whose levels are the colours of an indicator's thresholds.

#include "base/random.hpp"
#include "domain/response/tests/world.hpp"

#include <gtest/gtest.h>

namespace chengshu::response {
namespace {

constexpr auto kRule =
    "rules:\n- {code: air, name: {zh: 空气, en: Air}, source: test, every: day, "
    "at: city, text: {zh: t, en: t}, thresholds_of: pm_day}\n";

indicators::Catalogue catalogue(const std::string& versions) {
    const city::DefinitionFile file{
        "scenarios/air/indicators.yaml",
        "indicators:\n"
        "  - {code: pm_hour, name: {zh: 时, en: Hour}, period: hour, areas: mean, source: test,\n"
        "     observed: {property: PM2.5, thing_type: air_station}}\n" +
            versions
    };
    auto parsed = indicators::parse_indicators({&file, 1}, test_world(), [](std::string_view) {
        return std::uint32_t{0};
    });
    EXPECT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    return std::move(parsed.catalogue);
}

std::string version(const std::string& more) {
    return "  - {code: pm_day, name: {zh: 日, en: Day}, period: day, areas: mean, source: test, "
           "roll: {of: pm_hour, as: mean}, " +
           more + "}\n";
}

ParsedRules rules(const std::string& rule, const indicators::Catalogue& indicators) {
    const city::DefinitionFile file{"scenarios/air/rules.yaml", rule};
    return parse_rules({&file, 1}, test_world(), indicators);
}

constexpr auto kThresholds =
    "thresholds: [{colour: blue, above: 50, clear: 40}, {colour: orange, at_least: 80, clear: 70}, "
    "{colour: red, above: 100}, {colour: yellow, below: 10, clear: 15}, {colour: red, at_most: 2}]";

TEST(ThresholdRules, FollowTheColoursOfTheIndicator) {
    const auto indicators = catalogue(version(kThresholds));
    const auto parsed = rules(kRule, indicators);
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    ASSERT_EQ(parsed.book.all().size(), 1U);
    const auto& rule = parsed.book.all().front();
    const auto& thresholds = indicators.any("pm_day")->thresholds;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        Given values;
        RuleState state;
        std::optional<indicators::Colour> colour;
        for (int n = 1; n <= 60; ++n) {
            if (random.chance(5, 6)) {
                const auto value = static_cast<double>(random.between(0, 110));
                values.known[{"pm_day", indicators::Place{0, "110000"}, day(n).from}] = value;
                colour = indicators::colour_at(thresholds, value, colour);
            }
            advance(rule, state, city_site(), values, day(n), zone(), true);
            const auto level = colour ? static_cast<int>(*colour) + 1 : 0;
            ASSERT_EQ(static_cast<int>(state.level), level) << "day " << n;
        }
    }
}

TEST(ThresholdRules, HoldIsSoManyPeriods) {
    const auto indicators =
        catalogue(version("thresholds: [{colour: red, above: 50, hold: 60 h}]"));
    const auto parsed = rules(kRule, indicators);
    ASSERT_EQ(parsed.book.all().size(), 1U);
    Given values;
    RuleState state;
    for (int n = 1; n <= 3; ++n) {
        values.known[{"pm_day", indicators::Place{0, "110000"}, day(n).from}] = 60;
        advance(parsed.book.all().front(), state, city_site(), values, day(n), zone(), true);
        EXPECT_EQ(state.level, n < 3 ? Level::None : Level::Red) << "day " << n;
    }
}

TEST(ThresholdRules, EveryVersionOfTheIndicatorIsAVersionOfTheRule) {
    const auto indicators = catalogue(
        version("valid_to: 2015-12-05, thresholds: [{colour: red, above: 50}]") +
        version("valid_from: 2015-12-05, valid_to: 2015-12-10") +
        version("valid_from: 2015-12-10, thresholds: [{colour: blue, above: 30}]")
    );
    const auto parsed = rules(kRule, indicators);
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    const auto on = [&](unsigned n) {
        return parsed.book.find(
            "air", Date{std::chrono::year{2015}, std::chrono::month{12}, std::chrono::day{n}}
        );
    };
    ASSERT_NE(on(4), nullptr);
    EXPECT_EQ(on(4)->grades.front().first, Level::Red);
    EXPECT_EQ(on(7), nullptr) << "no thresholds then";
    ASSERT_NE(on(10), nullptr);
    EXPECT_EQ(on(10)->grades.front().first, Level::Blue);
}

TEST(ThresholdRules, MistakesArePointedAt) {
    const auto mistakes = [](std::string rule, const std::string& with, const char* thresholds) {
        rule.replace(rule.rfind('}'), 1, with + "}");
        return chengshu::testing::to_text(rules(rule, catalogue(version(thresholds))).findings);
    };
    EXPECT_EQ(mistakes(kRule, "", kThresholds), "");
    EXPECT_NE(
        mistakes(kRule, ", levels: {red: x > 3}", kThresholds).find("levels and thresholds_of"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(kRule, ", clear: x > 3", kThresholds).find("rules.yaml:2:"), std::string::npos
    );
    EXPECT_NE(mistakes(kRule, "", "precision: 1").find("has no thresholds"), std::string::npos);
    std::string other = kRule;
    other.replace(other.find("pm_day"), 6, "pm_hour");
    EXPECT_NE(mistakes(other, "", kThresholds).find("no values of every day"), std::string::npos);
    other.replace(other.find("pm_hour"), 7, "nothing");
    EXPECT_NE(mistakes(other, "", kThresholds).find("no indicator"), std::string::npos);
    std::string hourly = kRule;
    hourly.replace(hourly.find("every: day"), 10, "every: hour");
    const auto held = catalogue(
        "  - {code: pm_day, name: {zh: 时, en: Hour}, period: hour, areas: mean, source: test, "
        "observed: {property: PM2.5, thing_type: air_station}, "
        "thresholds: [{colour: red, above: 1, hold: 30 d}]}\n"
    );
    EXPECT_NE(
        chengshu::testing::to_text(rules(hourly, held).findings).find("more than 400 periods"),
        std::string::npos
    );
}

}  // namespace
}  // namespace chengshu::response
