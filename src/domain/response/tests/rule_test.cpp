#include "domain/response/tests/world.hpp"

#include <gtest/gtest.h>

#include <random>

namespace chengshu::response {
namespace {

/// The levels after each of the days whose values are given; -1: no value.
std::string levels(const Rule& rule, const std::vector<double>& values) {
    Given given;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] >= 0) {
            given.known[{"aqi_day", {0, "110000"}, day(static_cast<int>(i) + 1).from}] = values[i];
        }
    }
    RuleState state;
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        advance(rule, state, city_site(), given, day(static_cast<int>(i) + 1), zone(), true);
        out += level_name(state.level)[0];
    }
    return out;
}

TEST(Rules, GradesByHowLongAConditionLasts) {
    const auto rule = rule_of(daily(
        "levels: {yellow: {when: aqi > 200, lasts: 2}, orange: {when: aqi > 200, lasts: 3}, "
        "red: {any: [{all: [{when: aqi > 200, lasts: 4}, {when: aqi > 300, times: 2, of: 4}]}, "
        "aqi >= 500]}}"
    ));
    EXPECT_EQ(levels(rule, {201, 201, 201, 201, 201, 100}), "nyooon");
    EXPECT_EQ(levels(rule, {201, 301, 301, 201, 199, 500}), "nyornr");
    EXPECT_EQ(levels(rule, {201, -1, 201, 201}), "nnny") << "a day without a value breaks the run";
}

TEST(Rules, HysteresisHoldAndClear) {
    const auto rule =
        rule_of(daily("levels: {blue: aqi > 100, red: aqi > 300}, clear: aqi <= 80, hold: 2"));
    EXPECT_EQ(levels(rule, {101, 90, 85, 80, 80, 50}), "bbbbnn");
    EXPECT_EQ(levels(rule, {301, 150, 301, 150, 150}), "rrrrb");
    EXPECT_EQ(levels(rule, {101, -1, -1, -1}), "bbbb") << "nothing known clears nothing";
}

TEST(Rules, RateAbsenceAndNot) {
    const auto rate = rule_of(
        "rules:\n- {code: air, name: {zh: z, en: e}, source: t, every: day, at: city, values: "
        "{aqi: "
        "aqi_day, before: {of: aqi_day, ago: 1}}, levels: {red: aqi - before > 50}, text: {zh: t, "
        "en: t}}\n"
    );
    EXPECT_EQ(levels(rate, {10, 61, 62, -1, 200}), "nrnnn");
    EXPECT_EQ(looks_back(rate), 1);
    const auto absent = rule_of(daily("levels: {blue: {when: not known(aqi), lasts: 2}}"));
    EXPECT_EQ(levels(absent, {10, -1, -1, -1, 5}), "nnbbn");
    const auto inverse = rule_of(daily("levels: {blue: {not: aqi <= 100}}"));
    EXPECT_EQ(levels(inverse, {101, 100, -1}), "bnn") << "what is not known is not the opposite";
}

TEST(Rules, ParametersOfTheDeepestAreaCount) {
    const auto rule = rule_of(daily(
        "parameters: {limit: {value: 100, areas: {'110101': 50, '110101001': 20}}}, levels: {red: "
        "aqi > limit}"
    ));
    Given given;
    const auto judge = [&](std::vector<std::string> path, double value) {
        Site site;
        site.place = {0, path.back()};
        site.path = std::move(path);
        given.known[{"aqi_day", site.place, day(1).from}] = value;
        RuleState state;
        return advance(rule, state, site, given, day(1), zone(), true).grade;
    };
    EXPECT_EQ(judge({"110000"}, 60), Level::None);
    EXPECT_EQ(judge({"110000", "110101"}, 60), Level::Red);
    EXPECT_EQ(judge({"110000", "110101"}, 30), Level::None);
    EXPECT_EQ(judge({"110000", "110101", "110101001"}, 30), Level::Red);
}

TEST(Rules, ValuesOfTheAreaAboveArePartOfACondition) {
    const auto rule = rule_of(
        "rules:\n- {code: air, name: {zh: z, en: e}, source: t, every: day, at: {level: street}, "
        "values: {here: aqi_day, there: {of: aqi_day, level: district}}, levels: {red: here > "
        "there "
        "+ 10}, text: {zh: t, en: t}}\n"
    );
    Given given;
    Site site;
    site.place = {0, "110101001"};
    site.path = {"110000", "110101", "110101001"};
    site.levels = {{"district", "110101"}};
    given.known[{"aqi_day", site.place, day(1).from}] = 50;
    given.known[{"aqi_day", {0, "110101"}, day(1).from}] = 20;
    RuleState state;
    const auto judged = advance(rule, state, site, given, day(1), zone(), true);
    EXPECT_EQ(judged.change, Change::Fired);
    ASSERT_EQ(judged.evidence.size(), 2U);
    EXPECT_EQ(judged.evidence[1].place.code, "110101");
    EXPECT_EQ(judged.evidence[1].value, 20);
}

TEST(Rules, PeriodsThatComeAgainOrLateChangeNothing) {
    const auto rule = rule_of(daily("levels: {red: aqi > 100}"));
    Given given;
    given.known[{"aqi_day", {0, "110000"}, day(2).from}] = 200;
    RuleState state;
    EXPECT_EQ(advance(rule, state, city_site(), given, day(2), zone(), true).change, Change::Fired);
    const auto after = state;
    for (const int n : {1, 2}) {
        EXPECT_EQ(
            advance(rule, state, city_site(), given, day(n), zone(), true).change, Change::None
        );
    }
    EXPECT_EQ(state, after);
}

TEST(Rules, ARunningPeriodOnlyGetsGraver) {
    const auto rule = rule_of(daily("levels: {blue: aqi > 100, red: aqi > 300}"));
    Given given;
    RuleState state;
    const auto look = [&](int n, double value, bool ended) {
        given.known[{"aqi_day", {0, "110000"}, day(n).from}] = value;
        return advance(rule, state, city_site(), given, day(n), zone(), ended).change;
    };
    EXPECT_EQ(look(1, 150, false), Change::Fired);
    EXPECT_EQ(look(1, 90, false), Change::None);
    EXPECT_EQ(look(1, 310, false), Change::Raised);
    EXPECT_EQ(look(1, 90, true), Change::Cleared);
}

/// Against a plain reading of the definition: the level is the gravest grade of the day's run.
TEST(Rules, EqualAPlainCountOfDays) {
    const auto rule = rule_of(daily(
        "levels: {blue: aqi > 200, yellow: {when: aqi > 200, lasts: 2}, orange: {when: aqi > 200, "
        "lasts: 3}, red: {when: aqi > 300, times: 2, of: 5}}"
    ));
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        std::vector<double> values(40);
        for (auto& value : values) {
            value = static_cast<double>(random() % 450);
            value = value > 420 ? -1 : value;
        }
        std::string expected;
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::size_t run = 0;
            while (run <= i && values[i - run] > 200) {
                ++run;
            }
            int high = 0;
            for (std::size_t back = 0; back < 5 && back <= i; ++back) {
                high += values[i - back] > 300 ? 1 : 0;
            }
            expected += high >= 2 ? 'r' : run >= 3 ? 'o' : run == 2 ? 'y' : run == 1 ? 'b' : 'n';
        }
        EXPECT_EQ(levels(rule, values), expected) << "seed " << seed;
    }
}

TEST(Rules, JudgeHistoryUnderTheRulesOfAnotherDay) {
    auto parsed = rules_of(
        "rules:\n"
        "- {code: air, name: {zh: z, en: e}, source: then, valid_to: 2016-01-01, every: day, at: "
        "city, values: {aqi: aqi_day}, levels: {red: {when: aqi > 300, lasts: 3}}, text: {zh: t, "
        "en: t}}\n"
        "- {code: air, name: {zh: z, en: e}, source: now, valid_from: 2016-01-01, every: day, at: "
        "city, values: {aqi: aqi_day}, levels: {yellow: aqi > 200}, text: {zh: t, en: t}}\n"
    );
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    Given given;
    std::vector<indicators::Period> periods;
    for (int n = 1; n <= 3; ++n) {
        given.known[{"aqi_day", {0, "110000"}, day(n).from}] = 310;
        periods.push_back(day(n));
    }
    using namespace std::chrono_literals;
    const auto then =
        judge_history(parsed.book, "air", std::nullopt, city_site(), given, periods, zone());
    EXPECT_EQ(then[1].level, Level::None);
    EXPECT_EQ(then[2].level, Level::Red);
    const auto now =
        judge_history(parsed.book, "air", 2026y / 1 / 1, city_site(), given, periods, zone());
    EXPECT_EQ(now[0].level, Level::Yellow);
    EXPECT_EQ(now[0].change, Change::Fired);
    EXPECT_EQ(now[2].change, Change::None);
}

}  // namespace
}  // namespace chengshu::response
