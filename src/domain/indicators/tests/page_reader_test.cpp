#include "domain/indicators/definition.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::indicators {
namespace {

const CaseMeasures& counted() {
    static const CaseMeasures kMeasures{
        {{"filed", {"立案", "Filed"}, {0, 0}, "evaluation.yaml", 1},
         {"closed", {"结案", "Closed"}, {1, 1}, "evaluation.yaml", 2}},
        {"area", "handler"},
        {{"source", {"city", "district"}, {"collector", "public", "video"}}}
    };
    return kMeasures;
}

constexpr std::string_view kIndicators =
    "indicators:\n"
    "- {code: rate, name: {en: Rate}, source: s, period: [week, days], formula: closed / filed}\n"
    "- {code: low, name: {en: Low}, source: s, period: day, areas: min, formula: filed}\n"
    "- {code: his, name: {en: His}, source: s, period: day, subjects: [handler], formula: filed}\n";

ParsedIndicators
parse_pages(const std::vector<std::string>& pages, const std::string* draft = nullptr) {
    static const auto kCity = chengshu::testing::test_city({});
    std::vector<city::DefinitionFile> files{
        {"scenarios/x/indicators.yaml", std::string(kIndicators)}
    };
    for (const auto& each : pages) {
        files.push_back(
            {fmt::format("scenarios/x/indicators-{}.yaml", files.size()), "pages:\n" + each}
        );
    }
    const city::DefinitionFile text{"draft", draft == nullptr ? "" : *draft};
    const auto flag = [](std::string_view) { return 0U; };
    return parse_indicators(files, *kCity, flag, counted(), draft == nullptr ? nullptr : &text);
}

std::string page(std::string_view rest) {
    return fmt::format("- {{name: {{zh: Ye, en: Page}}, source: s, {}}}\n", rest);
}

TEST(PageReader, ReadsAllThatAPageSays) {
    const auto parsed = parse_pages(
        {page("code: plain, indicators: [rate]"),
         page("code: full, note: {en: Why}, indicators: [filed, closed], areas: ['110101', 110102],"
              " by: source, member: video, period: 7_days, periods: 12, compare: last_year"
         ) + page("code: worst, indicators: [rate], level: street, shape: ranking, top: 3")}
    );
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    const auto pages = parsed.catalogue.pages();
    ASSERT_EQ(pages.size(), 3U);
    EXPECT_EQ(pages[0].code, "plain");
    EXPECT_EQ(pages[0].name.zh, "Ye");
    EXPECT_EQ(pages[0].period, std::nullopt);
    EXPECT_EQ(pages[0].periods, 1);
    EXPECT_EQ(pages[0].shape, "table");
    const auto& full = pages[1];
    EXPECT_EQ(full.note.en, "Why");
    EXPECT_EQ(full.indicators, (std::vector<std::string>{"filed", "closed"}));
    EXPECT_EQ(full.areas, (std::vector<std::string>{"110101", "110102"}));
    EXPECT_EQ(full.dimension, "source");
    EXPECT_EQ(full.member, "video");
    EXPECT_EQ(full.period, cycle_of("7_days"));
    EXPECT_EQ(full.periods, 12);
    EXPECT_EQ(full.compare, "last_year");
    EXPECT_EQ(full.source, "s");
    EXPECT_EQ(pages[2].level, "street");
    EXPECT_EQ(pages[2].top, 3);
    EXPECT_EQ(parsed.catalogue.page("worst"), &pages[2]);
    EXPECT_EQ(parsed.catalogue.page("best"), nullptr);
}

TEST(PageReader, NamesEveryMistakeAndItsPlace) {
    struct Mistake {
        std::string rest;
        std::string_view at;  ///< the text that it points at; empty: the page
        std::string_view says;
    };

    const Mistake mistakes[] = {
        {"indicators: [rate]", "", "code"},
        {"code: Now, indicators: [rate]", "Now", "cannot be a code"},
        {"code: a", "", "indicators"},
        {"code: a, indicators: []", "[]", "at least one indicator"},
        {"code: a, indicators: [filed, rat]", "rat]", "did you mean 'rate'?"},
        {"code: a, indicators: [filed, rate, filed]", "filed]", "named twice"},
        {"code: a, indicators: [his]", "his", "no values of areas for the period day"},
        {"code: a, indicators: [filed, low], period: week", "low", "for the period week"},
        {"code: a, indicators: [rate], period: fortnight", "fortnight", "'fortnight' is not known"},
        {"code: a, indicators: [rate], periods: 401", "401", "1 to 400"},
        {"code: a, indicators: [rate], periods: 1.5", "1.5", "a whole number"},
        {"code: a, indicators: [rate], areas: ['110103']", "'110103'", "did you mean '11010"},
        {"code: a, indicators: [rate], parts: true, level: street", "street", "not both"},
        {"code: a, indicators: [rate], parts: perhaps", "perhaps", "true or false"},
        {"code: a, indicators: [rate], member: video", "video", "needs its dimension"},
        {"code: a, indicators: [rate], by: sauce", "sauce", "did you mean 'source'?"},
        {"code: a, indicators: [rate], by: source, member: vidio", "vidio", "did you mean 'video'?"
        },
        {"code: a, indicators: [filed, low], by: source", "low", "low has no values by source"},
        {"code: a, indicators: [rate], by: source, areas: ['110101'], parts: true",
         "source, areas",
         "levels that have: city, district"},
        {"code: a, indicators: [rate], compare: before", "before", "previous, last_year, both"},
        {"code: a, indicators: [rate], shape: pie", "pie", "table, ranking, distribution"},
        {"code: a, indicators: [rate], top: 3", "3", "belongs to shape: ranking"},
        {"code: a, indicators: [rate], shape: ranking, top: 1001", "1001", "1 to 1000"},
        {"code: a, indicators: [rate], things: 3", "things", "things"},
        {"code: a, indicators: [rate], level: street, by: source",
         "source}",
         "has no counts by source"},
        {"code: a, indicators: [rate, filed, closed], parts: true, by: source, periods: 400, "
         "compare: both",
         "",
         "the page has 32400 values"},
    };
    for (const auto& one : mistakes) {
        const auto text = page(one.rest);
        const auto parsed = parse_pages({text});
        const auto said = chengshu::testing::to_text(parsed.findings);
        EXPECT_EQ(parsed.findings.size(), 1U) << one.rest << "\n" << said;
        if (parsed.findings.empty()) {
            continue;
        }
        const auto& finding = parsed.findings[0];
        EXPECT_TRUE(finding.error);
        EXPECT_TRUE(parsed.catalogue.pages().empty());
        EXPECT_NE(said.find(one.says), std::string::npos) << one.rest << "\n" << said;
        EXPECT_EQ(finding.path, "scenarios/x/indicators-1.yaml");
        EXPECT_EQ(finding.line, 2);
        const auto at = one.at.empty() ? 2 : text.rfind(one.at);
        ASSERT_NE(at, std::string::npos) << one.rest;
        EXPECT_EQ(finding.column, static_cast<int>(at) + 1) << one.rest << "\n" << said;
    }
}

TEST(PageReader, ACodeStandsOnceInAllFiles) {
    const auto now = page("code: now, indicators: [rate]");
    const auto parsed = parse_pages({now, page("code: then, indicators: [rate]") + now});
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_EQ(parsed.findings[0].path, "scenarios/x/indicators-2.yaml");
    EXPECT_EQ(parsed.findings[0].line, 3);
    EXPECT_EQ(parsed.findings[0].message.en, "the name now is taken already");
}

/// A scenario serves cities with other levels, as sheets do.
TEST(PageReader, ACityWithoutTheLevelGoesWithoutThePage) {
    const auto parsed = parse_pages(
        {page("code: villages, indicators: [rate], level: village") +
         page("code: now, indicators: [rate]")}
    );
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_EQ(parsed.findings[0].message.en, "the city has no level village: there is no villages");
    ASSERT_EQ(parsed.catalogue.pages().size(), 1U);
    EXPECT_EQ(parsed.catalogue.pages()[0].code, "now");
}

TEST(PageReader, ADraftTakesThePlaceOfAPage) {
    const std::string draft = "pages:\n" + page("code: now, indicators: [filed]");
    const auto parsed = parse_pages({page("code: now, indicators: [rate]")}, &draft);
    ASSERT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    ASSERT_EQ(parsed.catalogue.pages().size(), 1U);
    EXPECT_EQ(parsed.catalogue.pages()[0].indicators, std::vector<std::string>{"filed"});
    // A page that stands on what a draft takes away is pointed at where it stands.
    const std::string away =
        "indicators:\n- {code: rate, name: {en: R}, source: s, period: month, formula: filed}\n";
    const auto broken = parse_pages({page("code: now, indicators: [rate], period: week")}, &away);
    ASSERT_EQ(broken.findings.size(), 1U);
    EXPECT_EQ(broken.findings[0].path, "scenarios/x/indicators-1.yaml");
}

}  // namespace
}  // namespace chengshu::indicators
