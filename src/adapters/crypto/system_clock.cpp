#include "adapters/crypto/system_clock.hpp"

namespace chengshu::crypto {

Instant SystemClock::now() {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

}  // namespace chengshu::crypto
