#include "adapters/crypto/openssl_secrets.hpp"

#include "adapters/crypto/system_clock.hpp"

#include <gtest/gtest.h>

#include <set>

namespace chengshu::crypto {
namespace {

OpensslSecrets cheap() {
    return OpensslSecrets{PasswordCost{.memory_kib = 64, .passes = 1, .lanes = 1}};
}

TEST(OpensslSecrets, DigestsMatchPublishedVectors) {
    auto secrets = cheap();
    EXPECT_EQ(
        secrets.sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    EXPECT_EQ(
        secrets.sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    // RFC 4231, test case 2.
    EXPECT_EQ(
        secrets.hmac_sha256("Jefe", "what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    EXPECT_EQ(
        secrets.hmac_sha256("", ""),
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    );
}

TEST(OpensslSecrets, TokensAreUnguessableUrlText) {
    auto secrets = cheap();
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto token = secrets.random_token(32);
        EXPECT_EQ(token.size(), 43U);
        EXPECT_EQ(
            token.find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            ),
            std::string::npos
        );
        EXPECT_TRUE(seen.insert(token).second);
    }
    EXPECT_EQ(secrets.random_token(0), "");
}

TEST(OpensslSecrets, PasswordsVerifyWithTheirOwnHashOnly) {
    auto secrets = cheap();
    const auto first = secrets.hash_password("城枢 correct horse");
    const auto second = secrets.hash_password("城枢 correct horse");
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    EXPECT_TRUE(first->starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << *first;
    EXPECT_NE(*first, *second) << "each hash has its own salt";
    EXPECT_TRUE(secrets.verify_password("城枢 correct horse", *first));
    EXPECT_FALSE(secrets.verify_password("城枢 correct horsf", *first));
    EXPECT_FALSE(secrets.verify_password("", *first));
    // A hash of another cost is still good after the cost has been raised.
    OpensslSecrets dearer{PasswordCost{.memory_kib = 128, .passes = 2, .lanes = 1}};
    EXPECT_TRUE(dearer.verify_password("城枢 correct horse", *first));
}

TEST(OpensslSecrets, RefusesWhatIsNotAHash) {
    auto secrets = cheap();
    for (const auto* encoded :
         {"",
          "x",
          "$argon2id$",
          "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
          "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA"}) {
        EXPECT_FALSE(secrets.verify_password("x", encoded)) << encoded;
    }
    const auto huge = secrets.hash_password(std::string(2000, 'x'));
    ASSERT_FALSE(huge);
    EXPECT_EQ(huge.error().code, ErrorCode::TooLarge);
}

TEST(SystemClock, IsInThisCentury) {
    SystemClock clock;
    const auto now = clock.now();
    EXPECT_GT(to_millis(now), 1'700'000'000'000);
    EXPECT_GE(clock.now(), now - Duration{60'000});
}

}  // namespace
}  // namespace chengshu::crypto
