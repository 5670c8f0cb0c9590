#include "domain/response/tests/world.hpp"

#include <gtest/gtest.h>

namespace chengshu::response {
namespace {

std::string mistakes(const std::string& content) {
    const auto parsed = rules_of(content);
    EXPECT_TRUE(parsed.book.all().empty());
    return chengshu::testing::to_text(parsed.findings);
}

TEST(RuleReader, PointsAtMistakes) {
    EXPECT_NE(
        mistakes(daily("levels: {red: aqi}")).find("a condition is expected"), std::string::npos
    );
    EXPECT_NE(mistakes(daily("levels: {red: aqi > }")).find("rules.yaml:2:"), std::string::npos);
    EXPECT_NE(mistakes(daily("levels: {red: api > 3}")).find('^'), std::string::npos);
    EXPECT_NE(mistakes(daily("levels: {pink: aqi > 3}")).find("blue, yellow"), std::string::npos);
    EXPECT_NE(
        mistakes(daily("levels: {red: {when: aqi > 3, lasts: 401}}")).find("from 1 to 400"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(daily("levels: {red: {when: aqi > 3, times: 3, of: 2}}")).find("does not fit"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(daily("levels: {red: {all: [aqi > 3], when: aqi > 3}}")).find("stand alone"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(daily("levels: {red: aqi > 3}, case: {categories: [none]}")).find("no category"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(daily("levels: {red: aqi > 3}, escalate: [{minutes: 5, to: boss}]"))
            .find("kind of post"),
        std::string::npos
    );
    EXPECT_NE(mistakes(daily("levels: {}")).find("at least one"), std::string::npos);
    EXPECT_NE(mistakes("rules: 3").find("list"), std::string::npos);
    EXPECT_NE(mistakes("rules: [").find("rules.yaml:"), std::string::npos);
}

TEST(RuleReader, IndicatorsMustFitTheRule) {
    const std::string begin =
        "rules:\n- {code: air, name: {zh: z, en: e}, source: t, at: city, text: "
        "{zh: t, en: t}, levels: {red: x > 1}, ";
    EXPECT_NE(
        mistakes(begin + "every: hour, values: {x: aqi_day}}\n").find("no values of every hour"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(begin + "every: day, values: {x: nothing}}\n").find("no indicator"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(begin + "every: never, values: {x: aqi_day}}\n").find("no such period"),
        std::string::npos
    );
    EXPECT_NE(
        mistakes(begin + "every: day, values: {if: aqi_day}}\n").find("cannot be used as a name"),
        std::string::npos
    );
}

TEST(RuleReader, VersionsDoNotOverlap) {
    const auto one = daily("levels: {red: aqi > 3}");
    EXPECT_NE(mistakes(one + one.substr(7)).find("at the same time"), std::string::npos);
}

TEST(RuleReader, CostIsBounded) {
    std::string deep = "aqi > 1";
    for (int i = 0; i < 12; ++i) {
        deep = "{all: [" + deep + "]}";
    }
    EXPECT_NE(
        mistakes(daily("levels: {red: " + deep + "}")).find("too complicated"), std::string::npos
    );
    std::string many = "{any: [";
    for (int i = 0; i < 30; ++i) {
        many += "{when: aqi > 1, lasts: 400}, ";
    }
    many += "aqi > 2]}";
    EXPECT_NE(mistakes(daily("levels: {red: " + many + "}")).find("more than"), std::string::npos);
}

}  // namespace
}  // namespace chengshu::response
