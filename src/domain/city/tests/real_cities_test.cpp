#include "domain/city/tests/city_folder.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <span>
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

/// The figures add up to the total that the census states beside them.
TEST(RealTables, ResidentsOfTheCensus) {
    const auto total = [](const std::string& code) {
        const auto parsed = parse_city(code, read_city_folder(code));
        double sum = 0;
        const auto table = parsed.city == nullptr ? nullptr : parsed.city->table("population");
        for (const auto& row : table == nullptr ? std::span<const TableRow>{} : table->rows) {
            sum += std::get<double>(row.cells.at(table->column("residents").value()));
        }
        return sum;
    };
    EXPECT_EQ(total("beijing"), 21'893'095);
    EXPECT_EQ(total("newyork"), 8'804'190);
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
