#include "base/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace chengshu {
namespace {

using namespace std::string_view_literals;
using Terms = std::vector<std::string>;

TEST(IsUtf8, AcceptsEveryLength) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("a\0b"sv));
    EXPECT_TRUE(is_utf8("é 井盖 𠮷 😀"));
    EXPECT_TRUE(is_utf8(
        "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"
    ));
}

TEST(IsUtf8, RefusesMalformedBytes) {
    for (const std::string_view text : {
             "\x80"sv,              // continuation without a start
             "\xC3"sv,              // cut off
             "\xE4\xBA"sv,          //
             "\xF0\x9F\x98"sv,      //
             "\xC3\x28"sv,          // not a continuation
             "\xC0\x80"sv,          // overlong
             "\xC1\xBF"sv,          //
             "\xE0\x9F\xBF"sv,      //
             "\xF0\x8F\xBF\xBF"sv,  //
             "\xED\xA0\x80"sv,      // surrogate
             "\xF4\x90\x80\x80"sv,  // over U+10FFFF
             "\xF8\x88\x80\x80\x80"sv,
             "\xFE"sv,
             "\xFF"sv,
             "\xBE\xAE\xB8\xC7"sv,  // GBK
         }) {
        EXPECT_FALSE(is_utf8(text));
        EXPECT_FALSE(is_utf8(std::string("井") + std::string(text)));
    }
}

TEST(Utf8, LengthAndPrefixCountCharacters) {
    EXPECT_EQ(utf8_length("井盖ab𠮷"), 5U);
    EXPECT_EQ(utf8_prefix("井盖ab", 0), "");
    EXPECT_EQ(utf8_prefix("井盖ab", 3), "井盖a");
    EXPECT_EQ(utf8_prefix("井盖ab", 9), "井盖ab");
}

TEST(Bigrams, PairsOfIdeographs) {
    EXPECT_EQ(bigrams("污水井盖"), (Terms{"污水", "水井", "井盖"}));
    EXPECT_EQ(bigrams("井"), (Terms{"井"}));
    EXPECT_EQ(bigrams("井，盖"), (Terms{"井", "盖"}));
    EXPECT_EQ(bigrams("破损。井盖"), (Terms{"破损", "井盖"}));
    EXPECT_EQ(bigrams("𠮷野家"), (Terms{"𠮷野", "野家"}));
}

TEST(Bigrams, WordsInSmallLetters) {
    EXPECT_EQ(bigrams("Road WORKS, no. 12-b"), (Terms{"road", "works", "no", "12", "b"}));
    EXPECT_EQ(bigrams("café Москва"), (Terms{"café", "Москва"}));
}

TEST(Bigrams, MixedScriptsSeparateEachOther) {
    EXPECT_EQ(bigrams("朝阳路12号院B座"), (Terms{"朝阳", "阳路", "12", "号院", "b", "座"}));
    EXPECT_EQ(bigrams("Ｂ座１２号"), (Terms{"b", "座", "12", "号"}));
}

TEST(Bigrams, NothingInNothingOut) {
    EXPECT_EQ(bigrams(""), Terms{});
    EXPECT_EQ(bigrams(" \n，。！😀※"), Terms{});
    EXPECT_EQ(bigrams("\xFF\xC3"), Terms{});
    EXPECT_EQ(bigrams("井\xFF盖"), (Terms{"井", "盖"}));
    EXPECT_EQ(bigrams("a\0b"sv), (Terms{"a", "b"}));
}

TEST(Bigrams, KeepsRepetitions) {
    EXPECT_EQ(bigrams("坑 坑 坑坑坑"), (Terms{"坑", "坑", "坑坑", "坑坑"}));
}

TEST(EditDistance, CountsBytesAddedRemovedOrChanged) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("http.prt", "http.port"), 1U);
    EXPECT_EQ(edit_distance("http.prt", "http.proxies"), 5U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

}  // namespace
}  // namespace chengshu
