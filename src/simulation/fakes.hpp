#pragma once

#include "base/random.hpp"
#include "ports/clock.hpp"
#include "ports/secrets.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chengshu::simulation {

/// Time that moves only when the simulation says so. What the server reads is off by a skew that
/// jumps about.
class VirtualClock final : public ports::Clock {
public:
    explicit VirtualClock(Instant begin) : at_(begin) {}

    Instant now() override { return read(); }

    [[nodiscard]] Instant read() const { return at_ + skew_; }

    void advance(Duration by) { at_ += by; }

    void set_skew(Duration skew) { skew_ = skew; }

private:
    Instant at_;
    Duration skew_{};
};

/// The history of a run as one number: two runs of a seed that differ anywhere end with different
/// ones.
class Trace {
public:
    void note(std::string_view text);
    void note(std::int64_t number);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }

private:
    std::uint64_t hash_ = 14'695'981'039'346'656'037ULL;
};

/// Predictable stand-ins: nothing in a simulation is secret. Digests are FNV-1a stretched to the
/// usual length.
class FakeSecrets final : public ports::Secrets {
public:
    std::string random_token(std::size_t bytes) override;
    Result<std::string> hash_password(std::string_view password) override;
    bool verify_password(std::string_view password, std::string_view encoded) override;
    std::string sha256(std::string_view bytes) override;
    std::string hmac_sha256(std::string_view key, std::string_view bytes) override;

private:
    std::int64_t tokens_ = 0;
};

}  // namespace chengshu::simulation
