#include "base/result.hpp"

#include "base/label.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace chengshu {
namespace {

TEST(ErrorTable, NamesAreUniqueSnakeCase) {
    std::set<std::string_view> names;
    for (const ErrorInfo& row : all_errors()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        for (const char c : row.name) {
            EXPECT_TRUE(c == '_' || (c >= 'a' && c <= 'z')) << row.name;
        }
    }
    EXPECT_FALSE(names.empty());
}

TEST(ErrorTable, EachRowSpeaksBothLanguages) {
    std::set<std::string_view> english;
    std::set<std::string_view> chinese;
    for (const ErrorInfo& row : all_errors()) {
        EXPECT_TRUE(row.meaning_en.ends_with(".")) << row.name;
        EXPECT_TRUE(is_utf8(row.meaning_zh)) << row.name;
        EXPECT_TRUE(row.meaning_zh.ends_with("。")) << row.name;
        EXPECT_LT(utf8_length(row.meaning_zh), row.meaning_zh.size()) << row.name;
        EXPECT_TRUE(english.insert(row.meaning_en).second) << row.name;
        EXPECT_TRUE(chinese.insert(row.meaning_zh).second) << row.name;
    }
}

TEST(ErrorTable, StatusFitsRetrying) {
    for (const ErrorInfo& row : all_errors()) {
        EXPECT_GE(row.http_status, 400) << row.name;
        EXPECT_LT(row.http_status, 600) << row.name;
        // A client that may retry is told so by the status too: 429, 503 and 504 and no other.
        const bool says_retry =
            row.http_status == 429 || row.http_status == 503 || row.http_status == 504;
        EXPECT_EQ(row.retryable, says_retry) << row.name;
        EXPECT_EQ(&error_info(row.code), &row);
    }
}

Result<int> half(int value) {
    if (value % 2 != 0) {
        return fail(ErrorCode::InvalidInput, "odd", "value");
    }
    return value / 2;
}

Result<int> quarter(int value) {
    CS_TRY(first, half(value));
    CS_TRY(second, half(first));
    return second;
}

Status is_even(int value) {
    CS_CHECK(half(value));
    return ok();
}

TEST(Result, TryPassesValuesAndErrors) {
    EXPECT_EQ(quarter(8).value(), 2);
    const auto failed = quarter(6);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(failed.error().context, "odd");
    EXPECT_EQ(failed.error().field, "value");
    EXPECT_TRUE(is_even(2));
    EXPECT_FALSE(is_even(3));
}

TEST(Result, CarriesMoveOnlyValues) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
    const std::unique_ptr<int> taken = std::move(result).value();
    EXPECT_EQ(*taken, 5);
}

TEST(ResultDeathTest, LookingAtTheWrongHalfAborts) {
    const Result<int> failed = half(1);
    const Result<int> fine = half(2);
    EXPECT_DEATH(static_cast<void>(failed.value()), "has_value");
    EXPECT_DEATH(static_cast<void>(fine.error()), "has_value");
}

TEST(Label, FallsBackToTheOtherLanguage) {
    const Label both{"城管", "city management"};
    EXPECT_EQ(both.of("zh"), "城管");
    EXPECT_EQ(both.of("en"), "city management");
    EXPECT_EQ(both.of("fr"), "城管");
    EXPECT_EQ((Label{"城管", ""}.of("en")), "城管");
    EXPECT_EQ((Label{"", "city"}.of("zh")), "city");
}

}  // namespace
}  // namespace chengshu
