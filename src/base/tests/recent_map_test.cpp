#include "base/recent_map.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu {
namespace {

TEST(RecentMap, KeepsWhatWasUsedLately) {
    RecentMap<int, std::string> map(3);
    for (int i = 0; i < 5; ++i) {
        map.put(i, std::to_string(i));
    }
    ASSERT_NE(map.find(0), nullptr) << "no more than twice as many as are kept";
    EXPECT_EQ(*map.find(0), "0");
    for (int i = 10; i < 13; ++i) {
        map.put(i, std::to_string(i));
    }
    EXPECT_NE(map.find(0), nullptr) << "it was asked for since";
    EXPECT_EQ(map.find(1), nullptr);
    EXPECT_EQ(map.find(2), nullptr);
    EXPECT_NE(map.find(12), nullptr);
}

TEST(RecentMap, HasOneValueOfAKey) {
    RecentMap<int, std::string> map(2);
    map.put(1, "first");
    map.put(2, "other");
    map.put(3, "other");  // 1 and 2 are the older ones now
    map.put(1, "second");
    ASSERT_NE(map.find(1), nullptr);
    EXPECT_EQ(*map.find(1), "second");
    int seen = 0;
    map.each([&](const std::string&) { ++seen; });
    EXPECT_EQ(seen, 3);
    map.erase(1);
    map.erase(2);
    EXPECT_EQ(map.find(1), nullptr);
    EXPECT_EQ(map.find(2), nullptr);
}

TEST(RecentMap, IsBounded) {
    RecentMap<int, int> map(10);
    for (int i = 0; i < 1000; ++i) {
        map.put(i, i);
        map.find(i / 2);
    }
    int left = 0;
    map.each([&](int) { ++left; });
    EXPECT_LE(left, 20);
    EXPECT_GE(left, 10);
}

}  // namespace
}  // namespace chengshu
