#include "domain/access/rate.hpp"

#include <gtest/gtest.h>

namespace chengshu::access {
namespace {

using std::chrono::seconds;

Instant start() {
    return parse_rfc3339("2026-11-20T08:00:00Z").value();
}

TEST(TokenBuckets, ABurstThenAtTheRate) {
    TokenBuckets buckets({3, seconds{10}, 100});
    auto now = start();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(buckets.take(1, now), Duration{}) << i;
    }
    EXPECT_EQ(buckets.take(1, now), seconds{10});
    EXPECT_EQ(buckets.take(2, now), Duration{}) << "another caller has a bucket of its own";
    now += seconds{4};
    EXPECT_EQ(buckets.take(1, now), seconds{6}) << "a refusal costs nothing";
    now += seconds{6};
    EXPECT_EQ(buckets.take(1, now), Duration{});
    EXPECT_EQ(buckets.take(1, now), seconds{10});
    now += seconds{30};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(buckets.take(1, now), Duration{}) << i;
    }
    EXPECT_NE(buckets.take(1, now), Duration{}) << "a bucket holds no more than the burst";
}

TEST(TokenBuckets, ForgetWhoeverHasBeenQuiet) {
    TokenBuckets buckets({3, seconds{10}, 100});
    auto now = start();
    for (std::uint64_t key = 0; key < 10; ++key) {
        buckets.take(key, now);
    }
    EXPECT_EQ(buckets.callers(), 10U);
    now += seconds{10};
    buckets.take(77, now);
    EXPECT_EQ(buckets.callers(), 1U);
}

TEST(TokenBuckets, AreBounded) {
    TokenBuckets buckets({3, seconds{10}, 100});
    for (std::uint64_t key = 0; key < 5000; ++key) {
        EXPECT_EQ(buckets.take(key, start()), Duration{});
        EXPECT_LE(buckets.callers(), 100U);
    }
    // Whoever came last is still known.
    buckets.take(4999, start());
    buckets.take(4999, start());
    EXPECT_EQ(buckets.take(4999, start()), seconds{10});
}

TEST(TokenBuckets, AClockThatGoesBackNeitherGivesNorLocks) {
    TokenBuckets buckets({2, seconds{10}, 100});
    auto now = start();
    buckets.take(1, now);
    buckets.take(1, now);
    now -= std::chrono::hours{24};
    EXPECT_EQ(buckets.take(1, now), seconds{10});
    now += seconds{10};
    EXPECT_EQ(buckets.take(1, now), Duration{});
}

}  // namespace
}  // namespace chengshu::access
