#pragma once

#include "base/time.hpp"

namespace chengshu::ports {

/// The only source of the current time. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() = 0;
};

}  // namespace chengshu::ports
