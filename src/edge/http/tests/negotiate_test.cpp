#include "edge/http/negotiate.hpp"

#include <gtest/gtest.h>

namespace chengshu::http {
namespace {

Headers with(const char* name, const char* value) {
    Headers headers;
    headers.add(name, value);
    return headers;
}

TEST(Cookies, ReadsPairsAndSkipsNonsense) {
    Headers headers = with("Cookie", "a=1; chengshu_session=\"x y\";; b ; =c; d=e=f");
    headers.add("cookie", "g=");
    EXPECT_EQ(cookie(headers, "chengshu_session"), "x y");
    EXPECT_EQ(cookie(headers, "d"), "e=f");
    EXPECT_EQ(cookie(headers, "g"), "");
    EXPECT_EQ(cookie(headers, "b"), std::nullopt);
    EXPECT_EQ(cookies(headers).size(), 4U);
}

TEST(AcceptsLanguage, PrefersTheHigherQuality) {
    const auto language = [](const char* value) {
        return accepts_language(with("Accept-Language", value));
    };
    EXPECT_EQ(accepts_language(Headers{}), "zh");
    EXPECT_EQ(language("en"), "en");
    EXPECT_EQ(language("EN-gb, zh;q=0.9"), "en");
    EXPECT_EQ(language("zh-CN,zh;q=0.9,en;q=0.8"), "zh");
    EXPECT_EQ(language("fr, en;q=0.5"), "en");
    EXPECT_EQ(language("fr"), "zh");
    EXPECT_EQ(language("en;q=0"), "zh");
    EXPECT_EQ(language("en;q=nonsense"), "zh");
    EXPECT_EQ(language("en;q=0.001, zh;q=0"), "en");
    EXPECT_EQ(language(",;;=,,"), "zh");
}

TEST(AcceptsGzip, FollowsTheStandard) {
    const auto gzip = [](const char* value) {
        return accepts_gzip(with("Accept-Encoding", value));
    };
    EXPECT_FALSE(accepts_gzip(Headers{}));
    EXPECT_TRUE(gzip("gzip, deflate, br"));
    EXPECT_TRUE(gzip("*"));
    EXPECT_TRUE(gzip("br;q=1.0, GZIP;q=0.1"));
    EXPECT_FALSE(gzip("gzip;q=0, *"));
    EXPECT_FALSE(gzip("identity"));
    EXPECT_FALSE(gzip("gzip;q=0.000"));
}

TEST(MediaType, DropsParametersAndCase) {
    EXPECT_EQ(media_type(" Text/HTML ; charset=utf-8"), "text/html");
    EXPECT_EQ(media_type(""), "");
}

TEST(MatchesEtag, ComparesWeakly) {
    EXPECT_TRUE(matches_etag("\"a\", W/\"b\"", "\"b\""));
    EXPECT_TRUE(matches_etag("\"b\"", "W/\"b\""));
    EXPECT_TRUE(matches_etag("*", "\"b\""));
    EXPECT_FALSE(matches_etag("\"a\"", "\"b\""));
    EXPECT_FALSE(matches_etag("", "\"b\""));
}

}  // namespace
}  // namespace chengshu::http
