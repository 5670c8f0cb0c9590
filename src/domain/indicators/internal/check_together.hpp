#pragma once

#include "domain/indicators/definition.hpp"

#include <cstddef>
#include <functional>
#include <span>

namespace chengshu::indicators {

/// Says which of the indicators, what is wrong and how to mend it.
using Complain = std::function<void(std::size_t at, Label message, Label hint)>;

/// What can only be said of all indicators together: versions of one code do not overlap and share
/// their periods and subjects, inputs have periods that fit and the same subjects, nothing is built
/// from itself. Sets what terminals each leads to.
void check_together(std::span<Indicator> indicators, const Complain& complain);

}  // namespace chengshu::indicators
