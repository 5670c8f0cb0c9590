// Live values equal a calculation from the rows on stores as cities have them.

#include "contract/live_values.hpp"

namespace chengshu::contract {
namespace {

class LiveOnStores : public services::Live {
protected:
    LiveOnStores() : Live(real_stores()) {}
};

TEST_F(LiveOnStores, EqualsACalculationFromTheRowsWhateverHappens) {
    for (std::uint64_t seed = 11; seed <= 12; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        live_through(random, 40);
        if (HasFatalFailure()) {
            return;
        }
    }
}

}  // namespace
}  // namespace chengshu::contract
