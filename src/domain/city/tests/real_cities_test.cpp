#include "domain/city/tests/city_folder.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace chengshu::city {
namespace {

class RealCity : public testing::TestWithParam<std::string> {};

TEST_P(RealCity, HasNoMistakes) {
    const ParsedCity parsed = parse_city(GetParam(), read_city_folder(GetParam()));
    for (const Finding& finding : parsed.findings) {
        EXPECT_FALSE(finding.error) << finding.path << ':' << finding.line << ':' << finding.column
                                    << ' ' << finding.message.en << " (" << finding.hint.en << ')';
    }
    ASSERT_NE(parsed.city, nullptr);
    EXPECT_FALSE(parsed.city->code_sets(parse_date("2026-11-20").value()).empty());
}

INSTANTIATE_TEST_SUITE_P(Cities, RealCity, testing::ValuesIn(city_folders()), [](const auto& test) {
    std::string name = test.param;
    for (char& c : name) {
        c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    return name;
});

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealCity);

}  // namespace
}  // namespace chengshu::city
