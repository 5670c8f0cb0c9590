#pragma once

#include "domain/indicators/definition.hpp"
#include "domain/response/rule.hpp"

namespace chengshu::response {

/// Makes the levels of the rule from the colours of an indicator's thresholds: a level holds when
/// the value has been beyond the limit for the threshold's `hold`, and is kept until the value is
/// back beyond `clear`. The rule has the indicator as its only name.
void take_thresholds(Rule& rule, const indicators::Indicator& indicator);

/// In how many periods of the rule a value must have been beyond the limit.
int periods_of(const Rule& rule, const indicators::Threshold& threshold);

}  // namespace chengshu::response
