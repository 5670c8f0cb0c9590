#include "domain/cases/workflow.hpp"
#include "domain/evaluation/measures.hpp"
#include "domain/evaluation/tests/shipped.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <set>

namespace chengshu::evaluation {
namespace {

using chengshu::testing::to_text;

constexpr std::string_view kSmall = R"(evaluation: small
name: {zh: 小, en: Small}
source: made up
subjects:
  - {kind: area, name: {zh: 区域, en: Areas}, of: path}
measures:
  - {code: reported, name: {zh: 上报, en: Reported}, bit: 0, day: reported}
  - {code: closed, name: {zh: 结案, en: Closed}, bit: 1, day: reported, count_if: [mark closed]}
funnel: [reported, closed]
)";

using testing::test_city;

ParsedEvaluation parse(std::string content) {
    const city::DefinitionFile file{"scenarios/x/evaluation.yaml", std::move(content)};
    return parse_evaluation({&file, 1}, test_city());
}

/// The small file with one place changed.
std::string changed(std::string_view from, std::string_view to) {
    std::string out(kSmall);
    const auto found = out.find(from);
    EXPECT_NE(found, std::string::npos) << from;
    return out.replace(found, from.size(), to);
}

TEST(EvaluationReader, TheSmallFileIsRight) {
    const auto parsed = parse(std::string(kSmall));
    EXPECT_TRUE(parsed.findings.empty()) << to_text(parsed.findings);
    EXPECT_EQ(parsed.evaluation.measures.size(), 2U);
    EXPECT_EQ(parsed.evaluation.funnel, (std::vector<std::string>{"reported", "closed"}));
}

TEST(EvaluationReader, ShippedFilesAreRightAndAgree) {
    const auto& urban = testing::shipped("city-management");
    const auto& requests = testing::shipped("service-requests");
    for (const auto& measure : requests.measures) {
        const auto* same = urban.measure(measure.code);
        if (same != nullptr) {
            EXPECT_EQ(same->bit, measure.bit) << measure.code;
            EXPECT_EQ(same->day, measure.day) << measure.code;
        }
        for (const auto& other : urban.measures) {
            EXPECT_TRUE(other.bit != measure.bit || other.code == measure.code)
                << measure.code << " has the bit of " << other.code;
        }
    }
    for (const auto* evaluation : {&urban, &requests}) {
        EXPECT_LE(evaluation->atoms.size(), kAtomsMax);
    }
}

TEST(EvaluationReader, EverySubjectIsRankedBySomething) {
    constexpr Date kToday{std::chrono::year{2026}, std::chrono::month{11}, std::chrono::day{20}};
    for (const auto* scenario : {"city-management", "service-requests"}) {
        const auto& catalogue = testing::shipped_indicators(scenario);
        for (const auto& subject : testing::shipped(scenario).subjects) {
            EXPECT_FALSE(catalogue.rankings(subject.kind, kToday).empty()) << subject.kind;
        }
    }
    const auto& urban = testing::shipped_indicators("city-management");
    EXPECT_EQ(urban.rankings("area", kToday).front()->code, "composite");
}

TEST(EvaluationReader, MistakesHaveAPlace) {
    struct Vector {
        std::string_view from;
        std::string_view to;
        int line;
        std::string_view says;
    };

    for (const auto& [from, to, line, says] : std::vector<Vector>{
             {"source: made up", "sauce: made up", 3, "unknown: sauce"},
             {"of: path", "of: paths", 5, "unknown: paths"},
             {"bit: 1", "bit: 0", 8, "bit 0 belongs to reported"},
             {"bit: 1", "bit: 63", 8, "bit lies between"},
             {"bit: 1", "bit: -1", 8, "bit lies between"},
             {"bit: 1", "bit: one", 8, "wrong structure"},
             {"code: closed", "code: reported", 8, "reported occurs twice"},
             {"code: closed", "code: min", 8, "min cannot be a code"},
             {"code: closed", "code: Closed", 8, "Closed cannot be a code"},
             {"day: reported, count_if", "day: closing, count_if", 8, "unknown: closing"},
             {"[mark closed]", "[mark]", 8, "is not a condition"},
             {"[mark closed]", "[owner is one]", 8, "looks beyond the case"},
             {"[mark closed]", "mark closed", 8, "count_if is a list"},
             {"count_if: [mark closed]", "minus: 1", 8, "minus goes with sum"},
             {"count_if: [mark closed]", "raw: opened", 8, "unknown: opened"},
             {"funnel: [reported, closed]", "funnel: [reported, close]", 9, "unknown: close"},
             {"name: {zh: 小, en: Small}", "name: Small", 2, "needs both zh and en"},
             {"subjects:\n", "subjects: [\n", 0, "YAML syntax"},
         }) {
        const auto parsed = parse(changed(from, to));
        ASSERT_FALSE(parsed.findings.empty()) << to;
        bool found = false;
        for (const auto& finding : parsed.findings) {
            found = found || (finding.error && finding.message.en.find(says) != std::string::npos &&
                              (line == 0 || finding.line == line) && finding.column > 0 &&
                              !finding.message.zh.empty());
        }
        EXPECT_TRUE(found) << to << "\n" << to_text(parsed.findings);
        EXPECT_TRUE(parsed.evaluation.measures.empty()) << "nothing half-read is handed on";
    }
}

constexpr std::string_view kDivided = R"(evaluation: small
name: {zh: 小, en: Small}
source: made up
sources:
  - {code: hotline, name: {zh: 热线, en: Hotline}}
  - {code: iot, name: {zh: 感知, en: Sensors}}
subjects:
  - {kind: area, name: {zh: 区域, en: Areas}, of: path}
dimensions:
  - {code: source, name: {zh: 来源, en: Source}, of: source, levels: [city]}
  - {code: type, name: {zh: 大类, en: Class}, of: class, levels: [district, street]}
measures:
  - {code: reported, name: {zh: 上报, en: Reported}, bit: 0, day: reported}
funnel: [reported]
)";

TEST(EvaluationReader, DimensionsTakeTheirMembersFromTheData) {
    const auto parsed = parse(std::string(kDivided));
    ASSERT_TRUE(parsed.findings.empty()) << to_text(parsed.findings);
    const auto& evaluation = parsed.evaluation;
    EXPECT_EQ(
        evaluation.cell_kinds(), (std::vector<std::string>{"area", "area/source", "area/type"})
    );
    const auto codes = [](const Dimension& dimension) {
        std::vector<std::string> out;
        for (const auto& member : dimension.members) {
            EXPECT_FALSE(member.name.zh.empty() || member.name.en.empty()) << member.code;
            out.push_back(member.code);
        }
        return out;
    };
    const auto& source = *evaluation.dimension("source");
    EXPECT_EQ(codes(source), (std::vector<std::string>{"hotline", "iot"}));
    EXPECT_EQ(source.areas.size(), 1U);
    const auto& type = *evaluation.dimension("type");
    EXPECT_EQ(
        codes(type), (std::vector<std::string>{"TEST/matter/01", "TEST/component/02", "none"})
    );
    EXPECT_TRUE(type.areas.contains("110101001"));
    EXPECT_FALSE(type.areas.contains("110000")) << "no level that it names";
    EXPECT_EQ(
        type.categories_of("TEST/component/02"),
        (std::vector<std::string>{"TEST/component/02", "TEST/component/0201"})
    );
    EXPECT_EQ(type.categories_of("none"), (std::vector<std::string>{""}));
}

TEST(EvaluationReader, MistakesInDimensionsHaveAPlace) {
    struct Vector {
        std::string_view from;
        std::string_view to;
        int line;
        std::string_view says;
        std::string_view hint;
    };

    for (const auto& [from, to, line, says, hint] : std::vector<Vector>{
             {"of: class", "of: clas", 11, "unknown: clas", "did you mean class?"},
             {"street]}", "streat]}", 11, "unknown: streat", "did you mean street?"},
             {"street]}", "district]}", 11, "district occurs twice", ""},
             {"levels: [city]", "levels: []", 10, "levels names none", "known: city"},
             {"levels: [city]", "level: [city]", 10, "unknown: level", "did you mean levels?"},
             {"code: type", "code: source", 11, "source occurs twice", ""},
             {"kind: area", "kind: place", 10, "no areas are among the subjects", "add {kind"},
             {"sources:\n  - {code: hotline, name: {zh: 热线, en: Hotline}}\n"
              "  - {code: iot, name: {zh: 感知, en: Sensors}}\n",
              "",
              7,
              "no sources are listed",
              "under sources"},
         }) {
        std::string content(kDivided);
        const auto found = content.find(from);
        ASSERT_NE(found, std::string::npos) << from;
        const auto parsed = parse(content.replace(found, from.size(), to));
        bool said = false;
        for (const auto& finding : parsed.findings) {
            said = said || (finding.error && finding.line == line && finding.column > 0 &&
                            finding.message.en.find(says) != std::string::npos &&
                            finding.hint.en.find(hint) != std::string::npos);
        }
        EXPECT_TRUE(said) << to << "\n" << to_text(parsed.findings);
    }
}

TEST(EvaluationReader, NamesMustBeWhatTheWorkflowsSet) {
    auto files = testing::shipped_files("city-management");
    const auto workflows = cases::parse_workflows(files);
    ASSERT_TRUE(workflows.findings.empty()) << to_text(workflows.findings);
    const auto with = [&](std::string_view from, std::string_view to) {
        auto changed_files = files;
        auto& content = changed_files[0].content;
        content.replace(content.find(from), from.size(), to);
        return parse_evaluation(changed_files, test_city());
    };
    for (const auto& [from, to, hint] : std::vector<std::array<std::string_view, 3>>{
             {"mark voided", "mark voidd", "did you mean voided?"},
             {"clock filing overdue", "clock fileing overdue", "did you mean filing?"},
             {"sum: verifications", "sum: verification", "did you mean verifications?"},
             {"state in suspended", "state in suspend", "did you mean suspended?"},
             {"actions: [dispatch]", "actions: [dispach]", "did you mean dispatch?"},
         }) {
        const auto parsed = with(from, to);
        ASSERT_EQ(parsed.findings.size(), 1U) << to << "\n" << to_text(parsed.findings);
        EXPECT_EQ(parsed.findings[0].hint.en, hint);
    }
}

TEST(EvaluationReader, RetiredBitsStayUnused) {
    const auto parsed = parse(changed("measures:", "retired: [1]\nmeasures:"));
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_NE(parsed.findings[0].message.en.find("bit 1 belongs to retired"), std::string::npos);
}

TEST(EvaluationReader, OneFileAndNoMore) {
    const auto none = parse_evaluation({}, test_city());
    ASSERT_EQ(none.findings.size(), 1U);
    EXPECT_FALSE(none.findings[0].error) << "a city without scores can still work";
    const city::DefinitionFile two[] = {
        {"scenarios/a/evaluation.yaml", std::string(kSmall)},
        {"scenarios/b/evaluation.yaml", std::string(kSmall)},
    };
    const auto parsed = parse_evaluation(two, test_city());
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_TRUE(parsed.findings[0].error);
}

TEST(EvaluationReader, HostileFilesAreRefused) {
    for (const auto* content :
         {"",
          "[]",
          "5",
          "a: [",
          "evaluation: {}",
          "measures: 3",
          "- - -",
          "&a [*a]",
          "measures: [[[[]]]]",
          "subjects: [{kind: {}}]"}) {
        const auto parsed = parse(content);
        EXPECT_FALSE(parsed.findings.empty()) << content;
        EXPECT_TRUE(parsed.evaluation.measures.empty()) << content;
    }
    std::string deep;
    for (int i = 0; i < 20000; ++i) {
        deep += '[';
    }
    EXPECT_FALSE(parse(deep).findings.empty());
}

}  // namespace
}  // namespace chengshu::evaluation
