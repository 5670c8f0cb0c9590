#include "domain/city/tests/small_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {
namespace {

/// One mistake in an otherwise sound city, and the finding it must lead to.
struct Mistake {
    std::string name;
    std::string file;
    std::string from;  ///< empty: `to` is appended
    std::string to;
    int line = 0;
    int column = 0;
    std::string message;  ///< part of the English message
    std::string hint;     ///< part of the English hint
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
    return out << mistake.name;
}

std::string describe(const std::vector<Finding>& findings) {
    std::string all;
    for (const Finding& finding : findings) {
        all += fmt::format(
            "{}:{}:{} {} ({})\n",
            finding.path,
            finding.line,
            finding.column,
            finding.message.en,
            finding.hint.en
        );
    }
    return all;
}

class BadCity : public testing::TestWithParam<Mistake> {};

TEST_P(BadCity, IsReportedWithItsPlace) {
    const Mistake& mistake = GetParam();
    SmallCity files;
    if (mistake.from.empty()) {
        files.append(mistake.file, mistake.to);
    } else {
        files.replace(mistake.file, mistake.from, mistake.to);
    }
    const ParsedCity parsed = files.parse();
    EXPECT_EQ(parsed.city, nullptr);
    bool found = false;
    for (const Finding& finding : parsed.findings) {
        found = found || (finding.error && finding.path.ends_with(mistake.file) &&
                          finding.line == mistake.line && finding.column == mistake.column &&
                          finding.message.en.find(mistake.message) != std::string::npos &&
                          finding.hint.en.find(mistake.hint) != std::string::npos);
        EXPECT_FALSE(finding.message.zh.empty());
        EXPECT_FALSE(finding.hint.zh.empty());
        EXPECT_FALSE(finding.hint.en.empty());
    }
    EXPECT_TRUE(found) << describe(parsed.findings);
}

std::string unescaped(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        if (text.starts_with("\\n")) {
            result += '\n';
            text.remove_prefix(2);
        } else if (text.starts_with("\\xC0")) {
            result += '\xC0';
            text.remove_prefix(4);
        } else {
            result += text.front();
            text.remove_prefix(1);
        }
    }
    return result;
}

std::vector<Mistake> read_mistakes() {
    std::ifstream input{std::string{CS_SOURCE_DIR} + "/src/domain/city/tests/mistakes.txt"};
    std::vector<Mistake> mistakes;
    for (std::string line; std::getline(input, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::string rest = unescaped(line.size() > 2 ? line.substr(2) : std::string{});
        switch (line.front()) {
            case '-':
                mistakes.back().from = rest;
                break;
            case '+':
                mistakes.back().to = rest;
                break;
            case '=':
                mistakes.back().message = rest;
                break;
            case '>':
                mistakes.back().hint = rest;
                break;
            default: {
                Mistake& mistake = mistakes.emplace_back();
                char colon = 0;
                std::istringstream{line} >> mistake.name >> mistake.file >> mistake.line >> colon >>
                    mistake.column;
            }
        }
    }
    return mistakes;
}

std::string test_name(const testing::TestParamInfo<Mistake>& test) {
    return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(Mistakes, BadCity, testing::ValuesIn(read_mistakes()), test_name);

TEST(BadCities, TheListOfMistakesIsThere) {
    EXPECT_GT(read_mistakes().size(), 80U);
}

TEST(BadCities, MissingFiles) {
    EXPECT_EQ(parse_city("toy", {}).city, nullptr);
    const ParsedCity no_yaml = SmallCity{}.remove("city.yaml").parse();
    ASSERT_EQ(no_yaml.findings.size(), 1U);
    EXPECT_NE(no_yaml.findings[0].message.en.find("city.yaml is missing"), std::string::npos);
    EXPECT_EQ(SmallCity{}.remove("areas.csv").parse().city, nullptr);
    EXPECT_EQ(SmallCity{}.set("areas.csv", "").parse().city, nullptr);
    EXPECT_EQ(SmallCity{}.set("city.yaml", "").parse().city, nullptr);
    EXPECT_EQ(SmallCity{}.set("city.yaml", "- a\n").parse().city, nullptr);
}

TEST(BadCities, UnknownFilesAreWarnings) {
    const ParsedCity parsed = SmallCity{}.set("resposibilities.csv", "x\n").parse();
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_NE(parsed.findings[0].hint.en.find("responsibilities.csv"), std::string::npos);
    EXPECT_NE(parsed.city, nullptr);
}

TEST(BadCities, ABoundaryOutsideItsParentIsAWarning) {
    const ParsedCity parsed = SmallCity{}
                                  .set(
                                      "boundaries.geojson",
                                      collection(
                                          {rectangle("110108", 116.0, 40.0, 116.2, 40.4),
                                           rectangle("110108001", 116.3, 40.0, 116.4, 40.4)}
                                      )
                                  )
                                  .parse();
    ASSERT_EQ(parsed.findings.size(), 1U) << describe(parsed.findings);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_EQ(parsed.findings[0].line, 3);
}

TEST(BadCities, AGridCodeThatContradictsItsParentIsAWarning) {
    const ParsedCity parsed = SmallCity{}
                                  .replace("areas.csv", "110108001001001,", "110108002001001,")
                                  .remove("boundaries.geojson")
                                  .parse();
    ASSERT_EQ(parsed.findings.size(), 1U) << describe(parsed.findings);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_EQ(parsed.findings[0].line, 9);
}

TEST(BadCities, AtMostTwoHundredFindings) {
    SmallCity files;
    for (int i = 0; i < 500; ++i) {
        files.append("areas.csv", fmt::format("x{},nowhere{},nolevel,,,maybe,,,\n", i, i));
        files.set(fmt::format("strange{}.csv", i), "x");
    }
    const ParsedCity parsed = files.parse();
    EXPECT_EQ(parsed.city, nullptr);
    EXPECT_LE(parsed.findings.size(), 200U);
    EXPECT_GE(parsed.findings.size(), 150U);
}

TEST(BadCities, TooMuchData) {
    const std::string big(17U << 20U, ' ');
    const ParsedCity parsed = SmallCity{}.set("components-more.csv", big).parse();
    ASSERT_EQ(parsed.findings.size(), 1U) << describe(parsed.findings);
    EXPECT_NE(parsed.findings[0].message.en.find("larger than 16 MiB"), std::string::npos);
    SmallCity many;
    for (int i = 0; i < 5; ++i) {
        many.set(fmt::format("components-{}.csv", i), std::string(14U << 20U, ' '));
    }
    const ParsedCity total = many.parse();
    ASSERT_EQ(total.findings.size(), 1U);
    EXPECT_NE(total.findings[0].message.en.find("64 MiB in all"), std::string::npos);
}

TEST(BadCities, DeepYamlAndJsonAreRefused) {
    EXPECT_EQ(SmallCity{}.set("city.yaml", std::string(100'000, '[')).parse().city, nullptr);
    const std::string deep =
        "{\"features\":[" + std::string(100'000, '[') + std::string(100'000, ']') + "]}";
    EXPECT_EQ(SmallCity{}.set("boundaries.geojson", deep).parse().city, nullptr);
}

}  // namespace
}  // namespace chengshu::city
