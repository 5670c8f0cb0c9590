#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sql {

/// The values of a statistics cell as its column holds them: "1,2,3".
std::string join_amounts(std::span<const std::int64_t> values);

/// StorageUnavailable when the column holds anything else.
Result<std::vector<std::int64_t>> split_amounts(std::string_view text);

}  // namespace chengshu::sql
