#include "simulation/fakes.hpp"

#include <fmt/format.h>

namespace chengshu::simulation {
namespace {

constexpr std::uint64_t kPrime = 1'099'511'628'211ULL;

std::uint64_t fnv(std::uint64_t hash, std::string_view bytes) {
    for (const char c : bytes) {
        hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    }
    return hash;
}

}  // namespace

void Trace::note(std::string_view text) {
    hash_ = fnv(hash_, text);
    hash_ = (hash_ ^ 0xFF) * kPrime;  // no text can end like this: "ab","c" differs from "a","bc"
}

void Trace::note(std::int64_t number) {
    note(std::to_string(number));
}

std::string FakeSecrets::random_token(std::size_t bytes) {
    return fmt::format("token-{}-{}", bytes, ++tokens_);
}

Result<std::string> FakeSecrets::hash_password(std::string_view password) {
    return "hash:" + std::string(password);
}

bool FakeSecrets::verify_password(std::string_view password, std::string_view encoded) {
    return encoded == "hash:" + std::string(password);
}

std::string FakeSecrets::sha256(std::string_view bytes) {
    std::string out;
    for (std::uint64_t part = 1; part <= 4; ++part) {
        out += fmt::format("{:016x}", fnv(part * 14'695'981'039'346'656'037ULL, bytes));
    }
    return out;
}

std::string FakeSecrets::hmac_sha256(std::string_view key, std::string_view bytes) {
    return sha256(std::string(key) + "\n" + std::string(bytes));
}

}  // namespace chengshu::simulation
