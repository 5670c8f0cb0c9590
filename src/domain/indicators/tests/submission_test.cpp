#include "domain/indicators/submission.hpp"

#include "base/random.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

namespace chengshu::indicators {
namespace {

using namespace std::chrono_literals;

const Instant kNow = *parse_rfc3339("2025-09-16T02:00:00Z");

TEST(SubmissionKey, ReadsItsIds) {
    const SubmissionKey key{"satisfaction", "110108011", 2025y / 9 / 1};
    EXPECT_EQ(key.id(), "satisfaction:110108011:20250901");
    EXPECT_EQ(submission_key(key.id()), key);
    const SubmissionKey odd{"a", "MN:01", 2025y / 9 / 1};
    EXPECT_EQ(submission_key(odd.id()), odd);
    for (const auto* wrong :
         {"",
          "a",
          "a:b",
          "a:b:",
          "a:20250901",
          "a:b:20250931",
          "a:b:2025090",
          "a:b:-2025090",
          "a:b:2025 901",
          "a:b:202509011"}) {
        EXPECT_FALSE(submission_key(wrong)) << wrong;
    }
}

TEST(Submission, CountsAfterAnotherPersonHasApproved) {
    Submission one;
    ASSERT_TRUE(enter(one, 91.5, "survey of 400", "wang", kNow));
    EXPECT_FALSE(one.approved);
    const auto own = approve(one, 1, "wang", kNow);
    ASSERT_FALSE(own);
    EXPECT_EQ(own.error().code, ErrorCode::RuleViolation);
    ASSERT_TRUE(approve(one, 1, "li", kNow + 1h));
    ASSERT_TRUE(one.approved);
    EXPECT_EQ(one.approved->value, 91.5);
    EXPECT_EQ(one.approved->by, "wang");
    EXPECT_EQ(one.approved_by, "li");
    EXPECT_FALSE(one.pending);
    // A correction counts when it is approved, not before; the first one is remembered.
    ASSERT_TRUE(enter(one, 90, "two forms were counted twice", "wang", kNow + 2h));
    EXPECT_EQ(one.approved->value, 91.5);
    ASSERT_TRUE(approve(one, 2, "li", kNow + 3h));
    EXPECT_EQ(one.approved->value, 90);
    ASSERT_EQ(one.steps.size(), 4U);
    EXPECT_EQ(one.steps[0].value, 91.5);
}

TEST(Submission, ReturnedWithAReason) {
    Submission one;
    ASSERT_TRUE(enter(one, 5, "", "wang", kNow));
    ASSERT_TRUE(send_back(one, 1, "too few forms", "li", kNow));
    EXPECT_FALSE(one.pending);
    EXPECT_FALSE(one.approved);
    EXPECT_EQ(one.steps.back().text, "too few forms");
    EXPECT_EQ(approve(one, 1, "li", kNow).error().code, ErrorCode::Conflict);
    ASSERT_TRUE(enter(one, 6, "", "wang", kNow));
    EXPECT_EQ(approve(one, 1, "li", kNow).error().code, ErrorCode::Conflict) << "not what was seen";
    EXPECT_EQ(send_back(one, 3, "x", "li", kNow).error().code, ErrorCode::Conflict);
    EXPECT_TRUE(approve(one, 2, "li", kNow));
}

TEST(Submission, WhateverPeopleDo) {
    const std::string people[] = {"wang", "li", "zhao"};
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        Submission one;
        for (int step = 0; step < 400; ++step) {
            const auto before = one;
            const auto& who = people[random.below(3)];
            const auto number = static_cast<int>(random.between(0, one.entered + 1));
            const auto did = random.below(3);
            const auto done = did == 0   ? enter(one, static_cast<double>(step), "", who, kNow)
                              : did == 1 ? approve(one, number, who, kNow)
                                         : send_back(one, number, "no", who, kNow);
            if (!done) {
                ASSERT_EQ(one, before) << "a refused step changes nothing";
                continue;
            }
            ASSERT_EQ(one.steps.size(), before.steps.size() + 1);
            ASSERT_LE(one.steps.size(), kSubmissionStepsMax);
            if (did == 1) {
                ASSERT_EQ(one.approved, before.pending);
                ASSERT_NE(one.approved->by, one.approved_by);
            } else {
                ASSERT_EQ(one.approved, before.approved) << "only an approval changes what counts";
            }
        }
        EXPECT_GE(one.steps.size(), kSubmissionStepsMax - 1);
    }
}

}  // namespace
}  // namespace chengshu::indicators
