#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>
#include <unordered_set>

namespace chengshu {
namespace {

using namespace std::chrono_literals;

TEST(StrongId, ComparesAndHashes) {
    EXPECT_LT(CaseId{1}, CaseId{2});
    EXPECT_FALSE(CaseId{});
    EXPECT_TRUE(CaseId{1});
    const std::unordered_set<Seq> set{Seq{1}, Seq{1}, Seq{2}};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_EQ(to_string(CaseId{1101052026112000001}), "1101052026112000001");
}

TEST(ParseId, OneSpellingOnly) {
    EXPECT_EQ(parse_id("1").value(), 1);
    EXPECT_EQ(parse_id("9223372036854775807").value(), 9223372036854775807);
    for (const std::string_view text :
         {"",
          "0",
          "01",
          "-1",
          "+1",
          " 1",
          "1 ",
          "1.0",
          "1e3",
          "0x10",
          "9223372036854775808",
          "99999999999999999999",
          "１"}) {
        EXPECT_FALSE(parse_id(text)) << text;
    }
}

TEST(MakeCaseId, HasNineteenDigits) {
    EXPECT_EQ(to_string(make_case_id(110105, 2026y / 11 / 20, 1).value()), "1101052026112000001");
    EXPECT_EQ(
        to_string(make_case_id(922336, 9999y / 12 / 31, 99999).value()), "9223369999123199999"
    );
    EXPECT_EQ(to_string(make_case_id(100000, 1000y / 1 / 1, 1).value()).size(), 19U);
}

TEST(MakeCaseId, RefusesPartsOutOfRange) {
    const Date day = 2026y / 11 / 20;
    EXPECT_FALSE(make_case_id(99'999, day, 1));
    EXPECT_FALSE(make_case_id(922'337, day, 1));
    EXPECT_FALSE(make_case_id(-110'105, day, 1));
    EXPECT_FALSE(make_case_id(110'105, day, 0));
    EXPECT_FALSE(make_case_id(110'105, day, 100'000));
    EXPECT_FALSE(make_case_id(110'105, 2026y / 2 / 30, 1));
    EXPECT_FALSE(make_case_id(110'105, 999y / 1 / 1, 1));
    EXPECT_FALSE(make_case_id(110'105, 10000y / 1 / 1, 1));
}

}  // namespace
}  // namespace chengshu
