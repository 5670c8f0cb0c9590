#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// Byte range of one element of the "features" array, and its 1-based position.
struct FeatureRange {
    std::size_t offset = 0;
    std::size_t length = 0;
    int line = 1;
};

struct FeatureScan {
    std::size_t array_begin = 0;  ///< offset just behind the '['
    std::size_t array_end = 0;    ///< offset of the ']'
    std::vector<FeatureRange> features;
};

/// Finds the elements of the top-level "features" array without parsing them: the JSON library does
/// not tell where a value stood in the text. Nothing when the text has no such array or is cut
/// short.
std::optional<FeatureScan> scan_features(std::string_view json);

}  // namespace chengshu::city
