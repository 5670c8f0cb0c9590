#include "domain/city/internal/text.hpp"

#include "domain/city/internal/feature_scan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::city {
namespace {

TEST(Utf8, FindsTheFirstBadByte) {
    EXPECT_FALSE(first_bad_byte("海淀 a\xF0\x9F\x8F\x99").has_value());
    EXPECT_EQ(first_bad_byte("ab\xFF"), 2U);
    EXPECT_EQ(first_bad_byte("a\xE6\xB5"), 1U);         // cut short
    EXPECT_EQ(first_bad_byte("\xC0\x80"), 0U);          // overlong
    EXPECT_EQ(first_bad_byte("\xED\xA0\x80"), 0U);      // surrogate
    EXPECT_EQ(first_bad_byte("\xF4\x90\x80\x80"), 0U);  // beyond Unicode
    EXPECT_EQ(first_bad_byte(std::string_view("a\0b", 3)), 1U);
    EXPECT_EQ(first_bad_byte("\xBA\xA3\xB5\xED"), 0U);  // GBK
}

TEST(Positions, CountLinesAndCharacters) {
    const std::string_view text = "ab\n海淀x\n";
    EXPECT_EQ(position_of(text, 0).line, 1);
    EXPECT_EQ(position_of(text, 9).line, 2);
    EXPECT_EQ(position_of(text, 9).column, 3);
    EXPECT_EQ(position_of(text, 1000).line, 3);
}

std::string suggest(std::string_view word, std::initializer_list<std::string_view> known) {
    Suggestion suggestion{word};
    for (const std::string_view candidate : known) {
        suggestion.consider(candidate);
    }
    return suggestion.best();
}

TEST(Suggestions, OfferTheNearestSlip) {
    EXPECT_EQ(suggest("distict", {"city", "district", "street"}), "district");
    EXPECT_EQ(suggest("Name_zh", {"name_en", "name_zh"}), "name_zh");
    EXPECT_EQ(suggest("holliday", {"workday", "holiday"}), "holiday");
    EXPECT_EQ(suggest("banana", {"city", "district"}), "");
    EXPECT_EQ(suggest("x", {"lead", "assist"}), "");
    EXPECT_EQ(suggest("", {"a", ""}), "");
}

TEST(Shortened, CutsBetweenCharacters) {
    std::string text;
    for (int i = 0; i < 50; ++i) {
        text += "海";
    }
    EXPECT_EQ(shortened(text).size(), 78U);
    EXPECT_FALSE(first_bad_byte(shortened(text)).has_value());
    EXPECT_EQ(shortened("abc"), "abc");
}

TEST(FeatureScan, FindsEachFeatureAndItsLine) {
    const std::string_view json =
        "{\"type\":\"FeatureCollection\",\"note\":[{\"features\":[1]}],\n"
        " \"features\": [\n  {\"a\":\"]}\\\"\"},\n  {\n\"b\":[1,{}]} ,{}\n ], \"x\":1}";
    const auto scan = scan_features(json);
    ASSERT_TRUE(scan.has_value());
    ASSERT_EQ(scan->features.size(), 3U);
    EXPECT_EQ(
        json.substr(scan->features[0].offset, scan->features[0].length), "{\"a\":\"]}\\\"\"}"
    );
    EXPECT_EQ(scan->features[0].line, 3);
    EXPECT_EQ(scan->features[1].line, 4);
    EXPECT_EQ(scan->features[2].line, 5);
    EXPECT_EQ(json[scan->array_end], ']');
}

TEST(FeatureScan, RefusesWhatIsCutShort) {
    const std::string json = R"({"a":[1],"features":[{"a":1},{"b":"x"}],"c":2})";
    ASSERT_TRUE(scan_features(json).has_value());
    const std::size_t end = json.find("],\"c\"");
    for (std::size_t length = 0; length < end; ++length) {
        EXPECT_FALSE(scan_features(std::string_view{json}.substr(0, length)).has_value()) << length;
    }
    EXPECT_TRUE(scan_features(R"({"features":[]})").has_value());
    EXPECT_FALSE(scan_features(R"({"features":[,]})").has_value());
    EXPECT_FALSE(scan_features(R"({"features":[{}}})").has_value());
    EXPECT_FALSE(scan_features("[]").has_value());
}

}  // namespace
}  // namespace chengshu::city
