#pragma once

#include "ports/secrets.hpp"

#include <cstdint>

namespace chengshu::crypto {

/// What one argon2id hash costs. The default is OWASP's: 19 MiB, two passes, one lane (about 20
/// ms).
struct PasswordCost {
    std::uint32_t memory_kib = 19'456;
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;
};

/// Secrets from OpenSSL and libargon2. Thread-safe.
class OpensslSecrets final : public ports::Secrets {
public:
    /// Tests pass a small cost; it is written into each hash, so hashes of another cost still
    /// verify.
    explicit OpensslSecrets(PasswordCost cost = {}) : cost_(cost) {}

    std::string random_token(std::size_t bytes) override;
    Result<std::string> hash_password(std::string_view password) override;
    bool verify_password(std::string_view password, std::string_view encoded) override;
    std::string sha256(std::string_view bytes) override;
    std::string hmac_sha256(std::string_view key, std::string_view bytes) override;

private:
    PasswordCost cost_;
};

}  // namespace chengshu::crypto
