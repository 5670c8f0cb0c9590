#include "base/random.hpp"
#include "domain/indicators/calculation.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <string>

namespace chengshu::indicators {
namespace {

using namespace std::chrono_literals;

const TimeZone& shanghai() {
    static const auto kZone = TimeZone::find("Asia/Shanghai").value();
    return kZone;
}

/// Daily counts of two measures, by subject; readings of one terminal in each street.
class Counts final : public Facts {
public:
    std::map<std::pair<std::string, Date>, std::array<std::int64_t, 3>> cells;
    std::map<std::string, std::vector<std::string>> below;
    std::map<std::int64_t, double> readings;
    std::map<std::string, std::vector<std::int64_t>> stations;

    std::optional<double> observed(std::int64_t thing, const Observed&, const Period&) override {
        const auto found = readings.find(thing);
        return found == readings.end() ? std::nullopt : std::optional(found->second);
    }

    const std::vector<std::int64_t>& things(std::string_view area, std::string_view) override {
        return stations[std::string(area)];
    }

    const std::vector<std::string>&
    areas(std::string_view area, std::string_view level, const Period&) override {
        return below[std::string(area) + (level.empty() ? "" : "/" + std::string(level))];
    }

    std::int64_t counted(const Place& subject, int bit, const Period& days) override {
        std::int64_t sum = 0;
        const auto [from, to] = days_of(days, shanghai());
        for (const auto& [key, values] : cells) {
            if (key.first == subject.kind + "/" + subject.code && from <= key.second &&
                key.second <= to) {
                sum += values.at(static_cast<std::size_t>(bit));
            }
        }
        return sum;
    }
};

const CaseMeasures& measures() {
    static const CaseMeasures kMeasures{
        {{"filed", {"立案", "Filed"}, {0, 0}, "evaluation.yaml", 1},
         {"closed", {"结案", "Closed"}, {1, 2}, "evaluation.yaml", 2}},
        {"area", "department", "handler"},
        {{"source", {"city", "district"}, {"collector", "public"}}, {"class", {"city"}, {"none"}}}
    };
    return kMeasures;
}

ParsedIndicators parse(const std::string& content) {
    chengshu::testing::TestCityOptions options;
    options.files.push_back(
        {"cities/testcity/observed.csv",
         chengshu::testing::source_file("scenarios/air-quality/observed.csv")}
    );
    static const auto kCity = chengshu::testing::test_city(options);
    const city::DefinitionFile file{"scenarios/x/indicators.yaml", content};
    return parse_indicators({&file, 1}, *kCity, [](std::string_view) { return 1U; }, measures());
}

std::string one(const std::string& rest) {
    return "- {name: {zh: 甲, en: A}, source: test, " + rest + "}\n";
}

Catalogue read(const std::string& content) {
    auto parsed = parse(content);
    EXPECT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    return std::move(parsed.catalogue);
}

Period month() {
    return period_at(
        PeriodKind::Month,
        shanghai().to_instant(std::chrono::local_days{2026y / 10 / 5}),
        shanghai()
    );
}

TEST(CaseMeasures, AreIndicatorsOfTheirOwnCode) {
    const auto catalogue = read("indicators: []\n");
    const auto* filed = catalogue.any("filed");
    ASSERT_NE(filed, nullptr);
    EXPECT_TRUE(filed->has_period(*cycle_of("month_from_19")));
    EXPECT_TRUE(filed->has_period(*cycle_of("77_days")));
    EXPECT_FALSE(filed->has_period(PeriodKind::Hour));
    EXPECT_TRUE(filed->is_for("handler"));
    Counts counts;
    counts.cells[{"handler/li", 2026y / 9 / 30}] = {5, 5, 5};
    counts.cells[{"handler/li", 2026y / 10 / 1}] = {3, 2, 1};
    counts.cells[{"handler/li", 2026y / 10 / 31}] = {1, 1, 1};
    counts.cells[{"area/li", 2026y / 10 / 31}] = {9, 9, 9};
    Calculation calculation(catalogue, shanghai(), counts);
    EXPECT_EQ(calculation.value("filed", Place{0, "li", "handler"}, month()).number, 4);
    EXPECT_EQ(calculation.value("closed", Place{0, "li", "handler"}, month()).number, 3);
    Calculation raw(catalogue, shanghai(), counts, CalculationOptions{std::nullopt, true, nullptr});
    EXPECT_EQ(raw.value("closed", Place{0, "li", "handler"}, month()).number, 2);
    EXPECT_EQ(calculation.value("filed", Place{0, "li", "source"}, month()).number, std::nullopt);
    EXPECT_EQ(calculation.value("filed", Place{7}, month()).number, std::nullopt);
}

TEST(Dimensions, BreakDownWhatIsMadeOfAnAreasOwnCountsAlone) {
    const auto catalogue = read(
        "indicators:\n" + one("code: rate, period: days, formula: 100 * closed / filed") +
        one("code: points, period: days, formula: 'min(rate, 50)'") +
        one("code: busiest, period: month, roll: {of: filed, as: max}") +
        one("code: parts, period: days, areas: max, formula: filed") +
        one("code: of_parts, period: days, formula: parts + filed") +
        one("code: staff, period: days, subjects: [department], formula: filed") +
        one("code: air, period: hour, areas: mean, observed: {property: PM2.5, thing_type: s}") +
        one("code: told, period: month, entered: {by: [evaluator], approved_by: [leader]}") +
        one("code: mixed, period: month, formula: filed + told") +
        one("code: none, period: days, formula: 1 + 1")
    );
    const std::vector<std::string> all{"source", "class"};
    for (const auto* code : {"filed", "closed", "rate", "points", "busiest"}) {
        EXPECT_EQ(catalogue.any(code)->dimensions, all) << code;
        EXPECT_TRUE(catalogue.any(code)->is_for("area/class")) << code;
    }
    for (const auto* code : {"parts", "of_parts", "staff", "air", "told", "mixed", "none"}) {
        EXPECT_TRUE(catalogue.any(code)->dimensions.empty()) << code;
        EXPECT_FALSE(catalogue.any(code)->is_for("area/class")) << code;
    }
    Counts counts;
    counts.cells[{"area/source/east/public", 2026y / 10 / 1}] = {40, 10, 10};
    counts.cells[{"area/source/east/public", 2026y / 10 / 2}] = {10, 5, 5};
    counts.cells[{"area/east", 2026y / 10 / 1}] = {90, 45, 45};
    Calculation calculation(catalogue, shanghai(), counts);
    const auto value = [&](std::string_view code, const char* member) {
        return calculation.value(code, member_place({"east", "source", member}), month()).number;
    };
    EXPECT_EQ(value("filed", "public"), 50);
    EXPECT_EQ(value("rate", "public"), 30);
    EXPECT_EQ(value("busiest", "public"), 40);
    EXPECT_EQ(value("parts", "public"), std::nullopt);
    EXPECT_EQ(value("filed", "hotline"), 0);
    EXPECT_EQ(value("rate", "hotline"), std::nullopt);
}

TEST(Places, OfAMemberAreToldApart) {
    const auto place = member_place({"110108", "class", "GBT47678.5-2026/matter/06"});
    EXPECT_FALSE(place.is_area());
    const auto of = area_member(place);
    ASSERT_TRUE(of);
    EXPECT_EQ(of->area, "110108");
    EXPECT_EQ(of->dimension, "class");
    EXPECT_EQ(of->member, "GBT47678.5-2026/matter/06");
    for (const auto& other :
         {Place{7},
          Place{0, "110108"},
          Place{0, "110108/x", "department"},
          Place{0, "110108", "area/class"},
          Place{0, "110108/", "area/class"}}) {
        EXPECT_FALSE(area_member(other)) << other.kind << ' ' << other.code;
    }
}

TEST(AreaParts, FoldedWhereItIsSaidElseOwn) {
    const auto catalogue = read(
        "indicators:\n" + one("code: own, period: days, formula: 100 * closed / filed") +
        one("code: mean, period: days, areas: mean, formula: 100 * closed / filed") +
        one("code: weighted, period: days, areas: {as: mean, weights: filed}, formula: 100 * "
            "closed / "
            "filed") +
        one("code: worst, period: days, areas: {as: min, level: street}, formula: 100 * closed / "
            "filed")
    );
    Counts counts;
    counts.below["city"] = {"east", "west"};
    counts.below["city/street"] = {"e1", "e2"};
    counts.cells[{"area/city", 2026y / 10 / 1}] = {100, 60, 60};
    counts.cells[{"area/east", 2026y / 10 / 1}] = {90, 45, 45};
    counts.cells[{"area/west", 2026y / 10 / 1}] = {10, 10, 10};
    counts.cells[{"area/e1", 2026y / 10 / 1}] = {4, 1, 1};
    counts.cells[{"area/e2", 2026y / 10 / 1}] = {2, 2, 2};
    Calculation calculation(catalogue, shanghai(), counts);
    const auto value = [&](std::string_view code, const std::string& area) {
        return calculation.value(code, Place{0, area}, month()).number;
    };
    EXPECT_EQ(value("own", "city"), 60);
    EXPECT_EQ(value("mean", "city"), 75);
    EXPECT_EQ(value("weighted", "city"), 55);
    EXPECT_EQ(value("worst", "city"), 25);
    EXPECT_EQ(value("mean", "west"), 100) << "an area without parts stands for itself";
    const auto* weighted = catalogue.any("weighted");
    EXPECT_EQ(calculation.inputs(*weighted, {0, "city"}, month()).size(), 4U)
        << "each part and its weight";
}

TEST(AreaParts, ReadingsOfTerminals) {
    const std::string observed =
        "observed: {property: PM2.5, thing_type: air_station}, period: hour";
    const auto catalogue = read(
        "indicators:\n" + one("code: pm, areas: mean, " + observed) +
        one("code: terminal_only, areas: own, " + observed) +
        one("code: by_street, areas: {as: mean, level: street}, " + observed)
    );
    Counts counts;
    counts.readings = {{1, 10}, {2, 20}, {3, 60}};
    counts.stations["city"] = {1, 2, 3};
    counts.stations["a"] = {1, 2};
    counts.stations["b"] = {3};
    counts.below["city/street"] = {"a", "b"};
    const auto hour = period_at(
        PeriodKind::Hour, shanghai().to_instant(std::chrono::local_days{2026y / 10 / 1}), shanghai()
    );
    Calculation calculation(catalogue, shanghai(), counts);
    EXPECT_EQ(calculation.value("pm", Place{0, "city"}, hour).number, 30);
    EXPECT_EQ(calculation.value("by_street", Place{0, "city"}, hour).number, 37.5);
    EXPECT_EQ(calculation.value("by_street", Place{0, "a"}, hour).number, 15);
    EXPECT_EQ(calculation.value("terminal_only", Place{0, "city"}, hour).number, std::nullopt);
    EXPECT_EQ(calculation.value("terminal_only", Place{3}, hour).number, 60);
}

TEST(Thresholds, ColoursWithHysteresis) {
    const auto catalogue = read(
        "indicators:\n" +
        one("code: a, period: days, formula: filed, thresholds: [{colour: red, above: 100, clear: "
            "90}, "
            "{colour: blue, at_least: 50, clear: 40, hold: 10 min}, {colour: yellow, below: 10}]")
    );
    const auto& thresholds = catalogue.any("a")->thresholds;
    ASSERT_EQ(thresholds.size(), 3U);
    EXPECT_EQ(thresholds[0].hold, std::chrono::minutes{10});
    EXPECT_EQ(colour_at(thresholds, 49), std::nullopt);
    EXPECT_EQ(colour_at(thresholds, 50), Colour::Blue);
    EXPECT_EQ(colour_at(thresholds, 45, Colour::Blue), Colour::Blue) << "not yet back";
    EXPECT_EQ(colour_at(thresholds, 39, Colour::Blue), std::nullopt);
    EXPECT_EQ(colour_at(thresholds, 100), Colour::Blue);
    EXPECT_EQ(colour_at(thresholds, 101), Colour::Red);
    EXPECT_EQ(colour_at(thresholds, 95, Colour::Red), Colour::Red);
    EXPECT_EQ(colour_at(thresholds, 95, Colour::Blue), Colour::Blue) << "it never was red";
    EXPECT_EQ(colour_at(thresholds, 80, Colour::Red), Colour::Blue);
    EXPECT_EQ(colour_at(thresholds, 9), Colour::Yellow);
    EXPECT_EQ(colour_at(thresholds, std::nullopt, Colour::Red), std::nullopt);
}

TEST(Scoring, TargetReverseIntervalAndBottomLine) {
    const auto catalogue = read(
        "curves:\n"
        "- {code: target, source: t, extends: true, points: [[60, 0], [95, 100]]}\n"
        "- {code: reverse, source: t, extends: true, points: [[2, 100], [20, 0]]}\n"
        "- {code: interval, source: t, extends: true, points: [[20, 0], [40, 100], [60, 100], [80, "
        "0]]}\n"
        "indicators:\n" +
        one("code: x, period: days, formula: filed") +
        one("code: at_target, period: days, formula: 'interpolate(target, x)'") +
        one("code: in_reverse, period: days, formula: 'interpolate(reverse, x)'") +
        one("code: in_interval, period: days, formula: 'interpolate(interval, x)'") +
        one("code: bottom_line, period: days, formula: 'if(x >= 70, 100, 0)'")
    );
    const auto value = [&](std::string_view code, std::int64_t x) {
        Counts counts;
        counts.cells[{"area/a", 2026y / 10 / 1}] = {x, 0, 0};
        Calculation calculation(catalogue, shanghai(), counts);
        return calculation.value(code, Place{0, "a"}, month()).number;
    };
    EXPECT_EQ(value("at_target", 50), 0);
    EXPECT_EQ(value("at_target", 95), 100);
    EXPECT_EQ(value("at_target", 100), 100);
    EXPECT_EQ(value("in_reverse", 1), 100);
    EXPECT_EQ(value("in_reverse", 11), 50);
    EXPECT_EQ(value("in_interval", 30), 50);
    EXPECT_EQ(value("in_interval", 50), 100);
    EXPECT_EQ(value("in_interval", 70), 50);
    EXPECT_EQ(value("bottom_line", 69), 0);
    EXPECT_EQ(value("bottom_line", 70), 100);
}

TEST(Comparison, ChangesAndPercentagePoints) {
    const auto catalogue = read(
        "indicators:\n" + one("code: count, period: days, formula: filed") +
        one("code: rate, unit: '%', period: days, formula: filed")
    );
    const auto with = month();
    const auto counts = compare(*catalogue.any("count"), {6.0, {}}, {4.0, {}}, with);
    EXPECT_EQ(counts.change, 2);
    EXPECT_EQ(counts.rate, 0.5);
    const auto rates = compare(*catalogue.any("rate"), {60.0, {}}, {40.0, {}}, with);
    EXPECT_EQ(rates.change, 20);
    EXPECT_EQ(rates.rate, std::nullopt) << "percentage points have no rate";
    EXPECT_EQ(compare(*catalogue.any("count"), {6.0, {}}, {0.0, {}}, with).rate, std::nullopt);
    EXPECT_EQ(compare(*catalogue.any("count"), {6.0, {}}, {}, with).change, std::nullopt);
}

TEST(CaseIndicatorReader, NamesEveryMistake) {
    const std::pair<std::string, std::string_view> cases[] = {
        {one("code: filed, period: days, formula: '1'"), "filed is taken already"},
        {one("code: a, period: days, formula: filde"), "did you mean filed?"},
        {one("code: a, period: hour, formula: filed"), "does not fit a by hour"},
        {one("code: a, period: [month, days], formula: b") +
             one("code: b, period: month, formula: filed"),
         "does not fit a by days"},
        {one("code: a, period: days, roll: {of: filed, as: sum}, subjects: [area, gardener]"),
         "no kind of subject 'gardener'"},
        {one("code: a, period: days, subjects: [department], formula: b") +
             one("code: b, period: days, formula: filed"),
         "no values for the kind 'department'"},
        {one("code: a, period: week, roll: {of: b, as: sum}") +
             one("code: b, period: month, formula: filed"),
         "roll needs a shorter period"},
        {one("code: a, period: days, level: 5, formula: filed"), "1 to 4"},
        {one("code: a, period: days, parent: nobody, formula: filed"), "there is no parent nobody"},
        {one("code: a, period: days, parent: b, formula: filed") +
             one("code: b, period: days, formula: filed"),
         "not above level 4"},
        {one("code: a, period: days, owner: SAND, formula: filed"), "there is no department SAND"},
        {one("code: a, period: days, better: up, formula: filed"), "'up' is not known here"},
        {one("code: a, period: days, grades: five, formula: filed"), "there are no grades five"},
        {one("code: a, period: month, ranks: true, formula: filed"), "any run of days"},
        {one("code: a, period: days, areas: {as: sum, weights: filed}, formula: filed"),
         "weights belong to as: mean"},
        {one("code: a, period: days, areas: {as: sum, level: village}, formula: filed"),
         "the city has no level village"},
        {one("code: a, period: days, formula: filed, thresholds: [{colour: pink, above: 1}]"),
         "'pink' is not known here"},
        {one("code: a, period: days, formula: filed, thresholds: [{colour: red}]"),
         "exactly one limit"},
        {one("code: a, period: days, formula: filed, thresholds: [{colour: red, above: 1, clear: "
             "2}]"),
         "the safe side"},
        {one("code: a, period: days, formula: filed, thresholds: [{colour: red, above: 1, hold: 5}]"
         ),
         "not a duration"},
        {one("code: a, period: days, formula: filed, thresholds: [{colour: red, above: 1}, "
             "{colour: "
             "blue, above: 2}]"),
         "not in order"},
    };
    for (const auto& [content, says] : cases) {
        const auto said = chengshu::testing::to_text(parse("indicators:\n" + content).findings);
        EXPECT_NE(said.find(says), std::string::npos) << content << "\n" << said;
    }
    const std::pair<std::string, std::string_view> others[] = {
        {"groups:\n- {code: filed, name: {zh: 甲, en: A}, level: 1}\n", "filed is taken already"},
        {"groups:\n- {code: g, name: {zh: 甲, en: A}, level: 4}\n", "1 to 3"},
        {"grades:\n- {code: g, source: s, bands: [{code: a, name: {zh: 甲, en: A}, colour: "
         "pink}]}\n",
         "'pink' is not known here"},
        {"grades:\n- {code: g, source: s, bands: [{code: a, name: {zh: 甲, en: A}, colour: red}, "
         "{code: "
         "b, name: {zh: 甲, en: A}, colour: red, from: 1}]}\n",
         "from best to worst"},
        {"sheets:\n- {code: s, name: {zh: 甲, en: A}, source: s, level: street, period: hour, "
         "score: "
         "filed, items: []}\n",
         "no values of areas for the period hour"},
        {"sheets:\n- {code: s, name: {zh: 甲, en: A}, source: s, level: village, period: day, "
         "score: "
         "filed, items: [filed]}\n",
         "the city has no level village"},
    };
    for (const auto& [content, says] : others) {
        const auto said = chengshu::testing::to_text(parse(content).findings);
        EXPECT_NE(said.find(says), std::string::npos) << content << "\n" << said;
    }
}

TEST(CaseIndicatorReader, PointsIntoTheFormula) {
    for (const std::string quote : {"", "\"", "'"}) {
        const auto parsed = parse(
            "indicators:\n- code: a\n  name: {zh: 甲, en: A}\n  source: test\n  period: days\n  "
            "formula: " +
            quote + "100 * clsed / filed" + quote + "\n"
        );
        ASSERT_EQ(parsed.findings.size(), 1U);
        EXPECT_EQ(parsed.findings[0].line, 6);
        EXPECT_EQ(parsed.findings[0].column, 18 + static_cast<int>(quote.size()));
        EXPECT_EQ(parsed.findings[0].hint.en, "did you mean closed?");
    }
}

/// The value of a measure is the sum of its days, whatever the period and the subject.
TEST(CaseIndicatorProperty, AnyPeriodIsTheSumOfItsDays) {
    const auto catalogue = read("indicators: []\n");
    const char* const cycles[] = {
        "day",
        "week",
        "ten_days",
        "month",
        "month_from_19",
        "quarter",
        "half_year",
        "year",
        "13_days"
    };
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SeededRandom random(seed);
        Counts counts;
        const auto first = std::chrono::sys_days{2025y / 11 / 1};
        for (int i = 0; i < 60; ++i) {
            const Date date = first + std::chrono::days(random.below(500));
            counts.cells[{"area/a", date}] = {random.between(0, 9), random.between(0, 9), 0};
        }
        const Date day = first + std::chrono::days(random.below(500));
        const auto at = shanghai().to_instant(std::chrono::local_days{day} + 12h);
        const auto period = period_at(*cycle_of(cycles[random.below(9)]), at, shanghai());
        Calculation calculation(catalogue, shanghai(), counts);
        double sum = 0;
        for (const auto& part :
             periods_between(PeriodKind::Day, period.from, period.to, shanghai(), 400)) {
            sum += *calculation.value("filed", Place{0, "a"}, part).number;
        }
        ASSERT_EQ(calculation.value("filed", Place{0, "a"}, period).number, sum) << "seed " << seed;
    }
}

}  // namespace
}  // namespace chengshu::indicators
