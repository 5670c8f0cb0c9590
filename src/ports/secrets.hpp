#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace chengshu::ports {

/// Randomness and password hashing for what must not be guessed. Thread-safe.
class Secrets {
public:
    virtual ~Secrets() = default;
    /// `bytes` random bytes, base64url without padding.
    virtual std::string random_token(std::size_t bytes) = 0;
    /// An encoded argon2id hash with its own salt and parameters.
    virtual Result<std::string> hash_password(std::string_view password) = 0;
    /// Takes the same time whether or not it matches.
    virtual bool verify_password(std::string_view password, std::string_view encoded) = 0;
    /// SHA-256 in lower-case hex.
    virtual std::string sha256(std::string_view bytes) = 0;
    /// HMAC-SHA256 in lower-case hex, for webhook signatures.
    virtual std::string hmac_sha256(std::string_view key, std::string_view bytes) = 0;
};

}  // namespace chengshu::ports
