#include "adapters/crypto/openssl_secrets.hpp"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace chengshu::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSha256Bytes = 32;
/// A longer password is refused: hashing megabytes would be a way to keep the server busy.
constexpr std::size_t kPasswordBytesMax = 1024;
/// Stored hashes come from our own store, but a damaged one must not take all memory.
constexpr std::uint32_t kMemoryKibMax = 1 << 20;

/// Without good randomness the server must not go on.
void fill_random(std::span<unsigned char> bytes) {
    CS_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
}

std::string hex(std::span<const unsigned char> bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0xf];
    }
    return text;
}

std::string base64url(std::span<const unsigned char> bytes) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    std::uint32_t pending = 0;
    int bits = 0;
    for (const unsigned char byte : bytes) {
        pending = (pending << 8) | byte;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text += kAlphabet[(pending >> bits) & 0x3f];
        }
    }
    if (bits > 0) {
        text += kAlphabet[(pending << (6 - bits)) & 0x3f];
    }
    return text;
}

const unsigned char* bytes_of(std::string_view text) {
    // OpenSSL takes bytes; the standard allows looking at any object as unsigned char.
    return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT(*-reinterpret-cast)
}

/// "…$m=19456,t=2,p=1$…" must not ask for more memory than we ever would.
bool memory_is_sane(std::string_view encoded) {
    const auto at = encoded.find("$m=");
    if (at == std::string_view::npos) {
        return false;
    }
    std::uint64_t kib = 0;
    for (const char c : encoded.substr(at + 3)) {
        if (c < '0' || c > '9' || kib > kMemoryKibMax) {
            break;
        }
        kib = kib * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return kib <= kMemoryKibMax;
}

}  // namespace

std::string OpensslSecrets::random_token(std::size_t bytes) {
    std::vector<unsigned char> random(bytes);
    fill_random(random);
    return base64url(random);
}

Result<std::string> OpensslSecrets::hash_password(std::string_view password) {
    if (password.size() > kPasswordBytesMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a password has at most {} bytes", kPasswordBytesMax),
            "password"
        );
    }
    std::array<unsigned char, kSaltBytes> salt{};
    fill_random(salt);
    const auto size = argon2_encodedlen(
        cost_.passes, cost_.memory_kib, cost_.lanes, kSaltBytes, kHashBytes, Argon2_id
    );
    std::string encoded(size, '\0');
    const int code = argon2id_hash_encoded(
        cost_.passes,
        cost_.memory_kib,
        cost_.lanes,
        password.data(),
        password.size(),
        salt.data(),
        salt.size(),
        kHashBytes,
        encoded.data(),
        encoded.size()
    );
    if (code != ARGON2_OK) {
        return fail(
            ErrorCode::Internal,
            fmt::format("the password was not hashed: {}", argon2_error_message(code))
        );
    }
    encoded.resize(encoded.find('\0'));
    return encoded;
}

bool OpensslSecrets::verify_password(std::string_view password, std::string_view encoded) {
    if (password.size() > kPasswordBytesMax || !memory_is_sane(encoded)) {
        return false;
    }
    const std::string terminated{encoded};
    return argon2id_verify(terminated.c_str(), password.data(), password.size()) == ARGON2_OK;
}

std::string OpensslSecrets::sha256(std::string_view bytes) {
    std::array<unsigned char, kSha256Bytes> digest{};
    unsigned int size = 0;
    // Looked up once: EVP_sha256() would be at each use, which takes longer than a short text does.
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kAlgorithm{
        EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free
    };
    CS_ASSERT(
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, kAlgorithm.get(), nullptr) == 1
    );
    CS_ASSERT(size == kSha256Bytes);
    return hex(digest);
}

std::string OpensslSecrets::hmac_sha256(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, kSha256Bytes> digest{};
    unsigned int size = 0;
    const auto* done = HMAC(
        EVP_sha256(),
        key.empty() ? "" : key.data(),
        static_cast<int>(key.size()),
        bytes_of(bytes),
        bytes.size(),
        digest.data(),
        &size
    );
    CS_ASSERT(done != nullptr);
    CS_ASSERT(size == kSha256Bytes);
    return hex(digest);
}

}  // namespace chengshu::crypto
