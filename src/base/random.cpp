#include "base/random.hpp"

#include "base/assert.hpp"

#include <bit>

namespace chengshu {
namespace {

/// splitmix64: spreads any seed, also 0, over the whole state.
std::uint64_t spread(std::uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

}  // namespace

SeededRandom::SeededRandom(std::uint64_t seed)
    : state_{spread(seed), spread(seed), spread(seed), spread(seed)} {}

std::uint64_t SeededRandom::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t SeededRandom::below(std::uint64_t bound) {
    CS_ASSERT(bound > 0);
    // 2^64 mod bound: values under it would make the small results more likely than the others.
    const std::uint64_t excess = (0 - bound) % bound;
    std::uint64_t value = next();
    while (value < excess) {
        value = next();
    }
    return value % bound;
}

std::int64_t SeededRandom::between(std::int64_t low, std::int64_t high) {
    CS_ASSERT(low <= high);
    const std::uint64_t span =
        static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t offset = span == 0 ? next() : below(span);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

bool SeededRandom::chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
}

double SeededRandom::unit() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

}  // namespace chengshu
