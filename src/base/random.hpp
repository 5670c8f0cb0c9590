#pragma once

#include <cstdint>

namespace chengshu {

/// A seeded generator (xoshiro256**) with its own distributions, so that a seed gives the same
/// choices with every compiler and library. Not for secrets: see ports/random.hpp.
class SeededRandom {
public:
    explicit SeededRandom(std::uint64_t seed);

    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [low, high], both included.
    std::int64_t between(std::int64_t low, std::int64_t high);
    /// True with probability numerator/denominator.
    bool chance(std::uint64_t numerator, std::uint64_t denominator);
    /// Uniform in [0, 1).
    double unit();

private:
    std::uint64_t state_[4]{};
};

}  // namespace chengshu
