#include "edge/http/message.hpp"

#include <gtest/gtest.h>

namespace chengshu::http {
namespace {

TEST(Headers, NamesCompareWithoutCase) {
    Headers headers;
    headers.add("Content-Type", "text/plain");
    EXPECT_EQ(headers.get("content-TYPE"), "text/plain");
    EXPECT_EQ(headers.get("Content-Typ"), "");
}

TEST(Headers, GetReturnsTheFirstOfSeveral) {
    Headers headers;
    headers.add("Set-Cookie", "a=1");
    headers.add("set-cookie", "b=2");
    EXPECT_EQ(headers.get("Set-Cookie"), "a=1");
    EXPECT_EQ(headers.all().size(), 2U);
}

TEST(Headers, SetReplacesEveryFieldOfTheName) {
    Headers headers;
    headers.add("X", "1");
    headers.add("Y", "2");
    headers.add("x", "3");
    headers.set("X", "4");
    ASSERT_EQ(headers.all().size(), 2U);
    EXPECT_EQ(headers.get("x"), "4");
    EXPECT_EQ(headers.get("y"), "2");
}

}  // namespace
}  // namespace chengshu::http
