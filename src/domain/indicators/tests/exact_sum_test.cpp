#include "domain/indicators/exact_sum.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace chengshu::indicators {
namespace {

TEST(ExactSum, one_number_is_itself) {
    for (const double number : {0.0, 0.7, -0.1, 35.0, 1e12, -8.8e12, 9.1e15, 1e25, 0.0005}) {
        ExactSum sum;
        sum.add(number);
        EXPECT_EQ(sum.value(), number);
    }
}

TEST(ExactSum, tenths_add_up) {
    ExactSum sum;
    for (int i = 0; i < 10; ++i) {
        sum.add(0.1);
    }
    EXPECT_EQ(sum.value(), 1.0);  // 0.9999999999999999 when added as doubles
}

TEST(ExactSum, order_and_grouping_do_not_matter) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(seed);
        SeededRandom random(seed);
        std::vector<double> numbers;
        for (int i = 0; i < 200; ++i) {
            const auto mantissa = static_cast<double>(random.between(-1'000'000, 1'000'000));
            const auto size = static_cast<int>(random.between(-30, 60));
            numbers.push_back(std::ldexp(mantissa / 7, size));
        }
        ExactSum forwards;
        for (const auto number : numbers) {
            forwards.add(number);
        }
        ExactSum backwards;
        std::reverse(numbers.begin(), numbers.end());
        ExactSum part;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            (i % 3 == 0 ? part : backwards).add(numbers[i]);
        }
        backwards.add(part);
        EXPECT_EQ(forwards, backwards);
        for (const auto number : numbers) {
            forwards.remove(number);
        }
        EXPECT_EQ(forwards, ExactSum{});
    }
}

}  // namespace
}  // namespace chengshu::indicators
