#pragma once

#include "base/result.hpp"
#include "edge/open311/internal/call.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace chengshu::open311 {

/// Whole seconds with Z: what every client reads, and what its own comparisons of texts expect.
std::string w3c(Instant instant);
/// A date, or a time to the minute or second with Z or an offset. InvalidInput with the field.
Result<Instant> parse_w3c(std::string_view text, const char* field);

inline constexpr std::chrono::days kSpanMax{90};

/// Milliseconds UTC. Ends are whole seconds, as times are shown, and belong to the window.
struct Window {
    std::int64_t from = 0;
    std::int64_t to = 0;  ///< exclusive
};

/// start_date and end_date; 90 days from the one that is given, or up to now. InvalidInput past 90
/// days.
Result<Window> window_of(const Call& call);

struct Page {
    std::size_t skip = 0;
    std::size_t size = 0;
};

/// page (from 1) and page_size; `otherwise` rows when neither is given. InvalidInput past the
/// limits.
Result<Page> page_of(const Call& call, std::size_t otherwise, std::size_t size_max);

/// The first of the positions 1..last whose time is at or after `target`, or last + 1: times do not
/// fall as positions grow. `time_of` gives nothing for a position that lies before everything.
Result<std::int64_t> first_since(
    std::int64_t last,
    std::int64_t target,
    const std::function<Result<std::optional<std::int64_t>>(std::int64_t)>& time_of
);

}  // namespace chengshu::open311
