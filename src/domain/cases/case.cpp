#include "domain/cases/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chengshu::cases {

city::Point rounded(city::Point point) {
    constexpr double kScale = 1e7;
    return {std::round(point.lon * kScale) / kScale, std::round(point.lat * kScale) / kScale};
}

double rounded_limit(double value) {
    constexpr double kScale = 1e9;
    constexpr double kExactMax = 1e6;  // beyond it a billionth has no digit of its own
    return std::abs(value) > kExactMax ? value : std::round(value * kScale) / kScale;
}

std::string format_case_id(CaseId id) {
    return fmt::format("{:019}", id.value);
}

Result<CaseId> parse_case_id(std::string_view text) {
    CaseId id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (text.size() != 19 || error != std::errc{} || end != text.data() + text.size() ||
        text.front() == '0' || text.front() == '-') {
        return fail(
            ErrorCode::InvalidInput, "a case number has 19 digits and does not begin with 0", "id"
        );
    }
    return id;
}

NumberRange numbers_of(std::string_view division, Date day) {
    std::int64_t prefix = 0;
    const auto [end, error] =
        std::from_chars(division.data(), division.data() + division.size(), prefix);
    CS_ASSERT(error == std::errc{} && division.size() == 6 && prefix >= 100000 && prefix <= 922336);
    const std::int64_t base = (prefix * 100'000'000 + date_key(day)) * 100'000;
    return {CaseId{base + 1}, CaseId{base + 99'999}};
}

std::optional<Instant> next_timer(const Case& value) {
    std::optional<Instant> next = value.resume_at;
    const auto consider = [&](Instant at) { next = next ? std::min(*next, at) : at; };
    for (const auto& [name, clock] : value.clocks) {
        if (!clock.running()) {
            continue;
        }
        if (clock.remind && !clock.reminded && !clock.overdue) {
            consider(*clock.remind);
        }
        if (clock.due && !clock.overdue) {
            consider(*clock.due + Duration{1});  // due itself is still in time
        }
    }
    return next;
}

}  // namespace chengshu::cases
