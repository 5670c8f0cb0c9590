#pragma once

#include "domain/indicators/calculation.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chengshu::indicators {

/// One figure of a sheet: the area's value among those of its peers.
struct SheetLine {
    const Indicator* indicator = nullptr;
    Value value;
    int place = 0;               ///< 1 is the best; 0: it has no value, or neither way is better
    int of = 0;                  ///< peers that have a value, the area included
    std::optional<double> best;  ///< among the peers
};

/// What an area would gain if one figure that its score is made from were as good as the best of
/// its peers.
struct Pull {
    const Indicator* indicator = nullptr;
    double value = 0;
    double best = 0;
    double gain = 0;  ///< in the score's unit; positive
};

struct SheetReport {
    SheetLine score;
    std::vector<SheetLine> items;
    std::vector<Pull> pulls;  ///< the largest gain first
};

/// The sheet of an area for a period. `peers` are the areas that it is compared with, itself among
/// them. What no version holds for is left out; a score without a version has a null indicator.
SheetReport report_of(
    Calculation& calculation,
    const Sheet& sheet,
    const std::string& area,
    std::span<const std::string> peers,
    const Period& period
);

}  // namespace chengshu::indicators
