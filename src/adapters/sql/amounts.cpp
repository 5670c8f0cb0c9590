#include "adapters/sql/amounts.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chengshu::sql {

std::string join_amounts(std::span<const std::int64_t> values) {
    return fmt::format("{}", fmt::join(values, ","));
}

Result<std::vector<std::int64_t>> split_amounts(std::string_view text) {
    std::vector<std::int64_t> values;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        std::int64_t value = 0;
        const auto parsed = std::from_chars(at, end, value);
        if (parsed.ec != std::errc{} || (parsed.ptr != end && *parsed.ptr != ',')) {
            return fail(ErrorCode::StorageUnavailable, "a statistics cell is damaged");
        }
        values.push_back(value);
        at = parsed.ptr == end ? end : parsed.ptr + 1;
    }
    return values;
}

}  // namespace chengshu::sql
