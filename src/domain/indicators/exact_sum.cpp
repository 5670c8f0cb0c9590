#include "domain/indicators/exact_sum.hpp"

#include <algorithm>
#include <cmath>

namespace chengshu::indicators {
namespace {

__extension__ using Signed = __int128;

constexpr int kFine = 64;
constexpr int kCoarse = 9;
constexpr double kLarge = 8'796'093'022'208;  // 2^43
constexpr double kMost = 0x1p98;

}  // namespace

void ExactSum::apply(double number, bool negative) {
    const bool large = std::abs(number) >= kLarge;
    const double scaled = large ? std::ldexp(std::clamp(number, -kMost, kMost), kCoarse)
                                : std::nearbyint(std::ldexp(number, kFine));
    const auto steps = static_cast<Wide>(static_cast<Signed>(scaled));
    auto& sum = large ? large_ : small_;
    sum += negative ? Wide{0} - steps : steps;
}

double ExactSum::value() const {
    const auto of = [](Wide sum, int grid) {
        return std::ldexp(static_cast<double>(static_cast<Signed>(sum)), -grid);
    };
    return of(large_, kCoarse) + of(small_, kFine);
}

}  // namespace chengshu::indicators
