#include "edge/open311/internal/window.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::open311 {
namespace {

constexpr std::size_t kPageSizeDefault = 50;
constexpr std::size_t kRowsMax = 10'000;

Result<std::size_t>
count_of(const Call& call, const char* name, std::size_t otherwise, std::size_t max) {
    const auto given = call.field(name);
    if (given.empty()) {
        return otherwise;
    }
    const auto value = parse_id(given);
    if (!value || static_cast<std::uint64_t>(*value) > max) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("{} is a number from 1 to {}", name, max), name
        );
    }
    return static_cast<std::size_t>(*value);
}

}  // namespace

std::string w3c(Instant instant) {
    return format_utc(std::chrono::floor<std::chrono::seconds>(instant));
}

Result<Instant> parse_w3c(std::string_view given, const char* field) {
    std::string value(given);
    // A plus sign that a client forgot to escape in a query arrives as a blank.
    std::replace(value.begin(), value.end(), ' ', '+');
    constexpr std::size_t kDate = 10;     // 2026-11-20
    constexpr std::size_t kMinutes = 16;  // 2026-11-20T08:30
    if (value.size() == kDate) {
        value += "T00:00:00Z";
    } else if (value.size() > kMinutes && value[kMinutes] != ':') {
        value.insert(kMinutes, ":00");
    }
    auto parsed = parse_rfc3339(value);
    if (!parsed) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} is a W3C date and time such as 2026-11-20T08:30:00Z", field),
            field
        );
    }
    return parsed;
}

Result<Window> window_of(const Call& call) {
    const auto start = call.field("start_date");
    const auto end = call.field("end_date");
    auto from = call.now - kSpanMax;
    auto to = call.now;
    if (!end.empty()) {
        CS_TRY(given, parse_w3c(end, "end_date"));
        to = given;
        from = to - kSpanMax;
    }
    if (!start.empty()) {
        CS_TRY(given, parse_w3c(start, "start_date"));
        from = given;
        to = end.empty() ? from + kSpanMax : to;
    }
    if (from > to) {
        return fail(ErrorCode::InvalidInput, "start_date is after end_date", "start_date");
    }
    if (to - from > kSpanMax) {
        return fail(
            ErrorCode::InvalidInput, "start_date and end_date are at most 90 days apart", "end_date"
        );
    }
    const auto last = std::chrono::floor<std::chrono::seconds>(to);
    const auto beyond =
        last == to ? to + std::chrono::seconds{1} : to + std::chrono::milliseconds{1};
    return Window{to_millis(from), to_millis(beyond)};
}

Result<Page> page_of(const Call& call, std::size_t otherwise, std::size_t size_max) {
    const bool paged = !call.field("page").empty();
    CS_TRY(size, count_of(call, "page_size", paged ? kPageSizeDefault : otherwise, size_max));
    CS_TRY(page, count_of(call, "page", 1, kRowsMax));
    if ((page - 1) * size > kRowsMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("pages reach {} rows; narrow start_date and end_date", kRowsMax),
            "page"
        );
    }
    return Page{(page - 1) * size, size};
}

Result<std::int64_t> first_since(
    std::int64_t last,
    std::int64_t target,
    const std::function<Result<std::optional<std::int64_t>>(std::int64_t)>& time_of
) {
    std::int64_t low = 1;
    std::int64_t high = last + 1;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        CS_TRY(time, time_of(middle));
        if (time && *time >= target) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

}  // namespace chengshu::open311
