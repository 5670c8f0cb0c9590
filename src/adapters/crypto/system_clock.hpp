#pragma once

#include "ports/clock.hpp"

namespace chengshu::crypto {

/// The machine's clock. The one place of the program that reads it. Thread-safe.
class SystemClock final : public ports::Clock {
public:
    Instant now() override;
};

}  // namespace chengshu::crypto
