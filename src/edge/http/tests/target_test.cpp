#include "edge/http/message.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;
using Path = std::vector<std::string>;

TEST(ParseTarget, SplitsPathAndQuery) {
    const auto target = parse_target("/api/v1/cases?limit=10&q=%E4%BA%95%E7%9B%96&q=b+c&open");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, (Path{"api", "v1", "cases"}));
    EXPECT_EQ(target->query, (Fields{{"limit", "10"}, {"q", "井盖"}, {"q", "b c"}, {"open", ""}}));
    EXPECT_EQ(target->get("q"), "井盖");
    EXPECT_EQ(target->get("none"), std::nullopt);
}

TEST(ParseTarget, RootHasNoSegments) {
    EXPECT_EQ(parse_target("/")->path, Path{});
    EXPECT_EQ(parse_target("/?a=1")->path, Path{});
}

TEST(ParseTarget, EmptySegmentsAreKept) {
    EXPECT_EQ(parse_target("/cases/")->path, (Path{"cases", ""}));
    EXPECT_EQ(parse_target("/a//b")->path, (Path{"a", "", "b"}));
}

TEST(ParseTarget, EncodedSlashStaysInsideItsSegment) {
    EXPECT_EQ(parse_target("/a%2Fb/c")->path, (Path{"a/b", "c"}));
}

TEST(ParseTarget, PlusIsASpaceOnlyInTheQuery) {
    const auto target = parse_target("/a+b?c+d=e+f");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, Path{"a+b"});
    EXPECT_EQ(target->query, (Fields{{"c d", "e f"}}));
}

TEST(ParseTarget, RefusesMalformedTargets) {
    for (const std::string bad :
         {"",
          "api",
          "*",
          "/%",
          "/%4",
          "/%zz",
          "/%00",
          "/?a=%00",
          "/a b",
          "/a\tb",
          "/a#b",
          "/\x7f",
          "/%c0%af",
          "/%ed%a0%80",
          "/%f4%90%80%80",
          "/%e4%ba",
          "/?q=%ff",
          "/\xff",
          "http://h/"}) {
        EXPECT_FALSE(parse_target(bad)) << bad;
    }
}

TEST(ParseTarget, RefusesOver8KiB) {
    EXPECT_TRUE(parse_target("/" + std::string(8191, 'a')));
    EXPECT_FALSE(parse_target("/" + std::string(8192, 'a')));
}

TEST(ParseForm, DecodesFields) {
    EXPECT_EQ(
        parse_form("a=1&b=%26&c=&=d&&e"),
        (Fields{{"a", "1"}, {"b", "&"}, {"c", ""}, {"", "d"}, {"e", ""}})
    );
    EXPECT_EQ(parse_form(""), Fields{});
    EXPECT_EQ(parse_form("a=b=c"), (Fields{{"a", "b=c"}}));
}

TEST(ParseForm, RefusesMalformedBodies) {
    EXPECT_FALSE(parse_form("a=%"));
    EXPECT_FALSE(parse_form("%gg=1"));
    EXPECT_FALSE(parse_form("a=%80"));
}

TEST(ParseForm, RefusesMoreThan1000Fields) {
    std::string body;
    for (int i = 0; i < 1000; ++i) {
        body += "a=1&";
    }
    EXPECT_EQ(parse_form(body)->size(), 1000U);
    EXPECT_FALSE(parse_form(body + "a=1"));
}

}  // namespace
}  // namespace chengshu::http
