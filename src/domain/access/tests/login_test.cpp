#include "domain/access/login.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::access {
namespace {

using namespace std::chrono_literals;

const Instant kNow = from_millis(1'763'600'000'000);

TEST(LoginWait, GrowsAndEnds) {
    for (int failures = -1; failures < 5; ++failures) {
        EXPECT_EQ(login_wait(failures, kNow, kNow), 0ms) << failures;
    }
    EXPECT_EQ(login_wait(5, kNow, kNow), 30s);
    EXPECT_EQ(login_wait(6, kNow, kNow), 60s);
    EXPECT_EQ(login_wait(7, kNow, kNow), 120s);
    EXPECT_EQ(login_wait(50, kNow, kNow), 30min);
    EXPECT_EQ(login_wait(2'000'000'000, kNow, kNow), 30min);
    EXPECT_EQ(login_wait(5, kNow, kNow + 10s), 20s);
    EXPECT_EQ(login_wait(5, kNow, kNow + 30s), 0ms);
    EXPECT_EQ(login_wait(50, kNow, kNow + 24h), 0ms);
}

TEST(LoginWait, AClockThatGoesBackNeverLocksOutForLonger) {
    EXPECT_EQ(login_wait(5, kNow + 240h, kNow), 30s);
}

TEST(LoginWaitProperty, MoreFailuresNeverWaitLess) {
    for (int failures = 0; failures < 40; ++failures) {
        for (const auto passed : {0s, 10s, 45s, 600s, 100'000s}) {
            EXPECT_LE(
                login_wait(failures, kNow, kNow + passed),
                login_wait(failures + 1, kNow, kNow + passed)
            );
        }
    }
}

TEST(Password, WhatIsAccepted) {
    for (const std::string& password : std::initializer_list<std::string>{
             "Hangzhou-42",
             "mix3dCase!",
             "一二三四五六七八九Aa1",
             "correct horse battery staple",
             "Zq8#Zq8#Zq8#"
         }) {
        EXPECT_TRUE(check_password(password, "wang")) << password;
    }
}

TEST(Password, WhatIsNot) {
    for (const std::string& password : std::initializer_list<std::string>{
             "",
             "Ab1!",
             "onlysmallletters",
             "ALLCAPITALS1",
             "Wang-lei-77",
             "MyPassword-1",
             "Qwerty-2026!",
             "X123456y!!",
             "Tab\tinside1A",
             std::string("Nul\0inside1A", 12),
             "Bad\xff\xfe"
             "bytes1A",
             std::string(129, 'x') + "A1",
             std::string(2000, 'x'),
             "zzzzzzzzzzzzzzzzzzzzzzzz"
         }) {
        const auto checked = check_password(password, "wang-lei");
        ASSERT_FALSE(checked) << password;
        EXPECT_EQ(checked.error().field, "password");
        if (password.size() > 3) {
            EXPECT_EQ(checked.error().context.find(password), std::string::npos)
                << "it is never repeated";
        }
    }
    EXPECT_TRUE(check_password("Hangzhou-42", "ang")) << "a short login occurs by chance";
}

TEST(Password, Age) {
    EXPECT_FALSE(password_expired(kNow, kNow + 24h * 1000));
    PasswordPolicy policy;
    policy.age_max = 24h * 90;
    EXPECT_FALSE(password_expired(kNow, kNow + 24h * 90 - 1ms, policy));
    EXPECT_TRUE(password_expired(kNow, kNow + 24h * 90, policy));
}

TEST(Session, EndsWhenIdleOrOld) {
    EXPECT_EQ(session_end(kNow, kNow), kNow + 2h);
    EXPECT_EQ(session_end(kNow, kNow + 1h), kNow + 3h);
    EXPECT_EQ(session_end(kNow, kNow + 11h), kNow + 12h);
    EXPECT_EQ(session_end(kNow, kNow - 5h), kNow + 2h)
        << "use before it was opened counts for nothing";
    EXPECT_TRUE(session_holds(kNow, kNow, kNow + 2h - 1ms));
    EXPECT_FALSE(session_holds(kNow, kNow, kNow + 2h));
}

TEST(TokenExpiry, Bounds) {
    EXPECT_EQ(token_expiry(kNow, std::nullopt).value(), kNow + 24h * 90);
    EXPECT_EQ(token_expiry(kNow, kNow + 1h).value(), kNow + 1h);
    EXPECT_EQ(token_expiry(kNow, kNow + 24h * 366).value(), kNow + 24h * 366);
    for (const auto wish : {kNow, kNow - 1h, kNow + 24h * 366 + 1ms}) {
        const auto refused = token_expiry(kNow, wish);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().field, "expires");
    }
}

}  // namespace
}  // namespace chengshu::access
