#include "domain/sensing/observation.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

namespace chengshu::sensing {
namespace {

constexpr std::int64_t kFirstTime = -62'135'596'800'000;  // 0001-01-01
constexpr std::int64_t kLastTime = 253'402'300'799'999;   // 9999-12-31

template <class T>
int three_way(const T& left, const T& right) {
    return left < right ? -1 : right < left ? 1 : 0;
}

int compare_results(const Observation& row, const ObservationCursor& cursor) {
    if (row.number.has_value() != cursor.number.has_value()) {
        return row.number ? -1 : 1;
    }
    return row.number ? three_way(*row.number, *cursor.number)
                      : three_way(row.result.compare(cursor.result), 0);
}

Failure bad(const Observation& row, std::string_view field, std::string_view why) {
    return fail(
        ErrorCode::InvalidInput, fmt::format("observation {}: {}", row.id, why), std::string{field}
    );
}

bool is_time(std::int64_t time) {
    return time >= kFirstTime && time <= kLastTime;
}

bool is_storable(std::string_view text) {
    return text.find('\0') == std::string_view::npos && is_utf8(text);
}

void widen(
    std::optional<std::int64_t>& first,
    std::optional<std::int64_t>& last,
    const std::optional<std::int64_t>& time
) {
    if (time) {
        first = first ? std::min(*first, *time) : *time;
        last = last ? std::max(*last, *time) : *time;
    }
}

}  // namespace

ObservationCursor cursor_after(ObservationOrder order, const Observation& row) {
    ObservationCursor cursor{.id = row.id, .time = {}, .number = {}, .result = {}};
    if (order == ObservationOrder::PhenomenonTime) {
        cursor.time = row.phenomenon_from;
    } else if (order == ObservationOrder::ResultTime) {
        cursor.time = row.result_time;
    } else if (order == ObservationOrder::Result) {
        cursor.number = row.number;
        cursor.result = row.result;
    }
    return cursor;
}

int compare(ObservationOrder order, const Observation& row, const ObservationCursor& cursor) {
    int first = 0;
    switch (order) {
        case ObservationOrder::Id:
            break;
        case ObservationOrder::PhenomenonTime:
            first = three_way(std::optional{row.phenomenon_from}, cursor.time);
            break;
        case ObservationOrder::ResultTime:
            first = three_way(row.result_time, cursor.time);
            break;
        case ObservationOrder::Result:
            first = compare_results(row, cursor);
            break;
    }
    return first != 0 ? first : three_way(row.id, cursor.id);
}

Status check(const Observation& row) {
    if (row.id <= 0) {
        return bad(row, "id", "the id must be above 0");
    }
    if (row.stream <= 0) {
        return bad(row, "stream", "the stream's id must be above 0");
    }
    if (row.feature < 0) {
        return bad(row, "feature", "the feature's id must not be negative");
    }
    if (!is_time(row.phenomenon_from) || !is_time(row.phenomenon_to)) {
        return bad(row, "phenomenonTime", "the phenomenon time is outside the years 1 to 9999");
    }
    if (row.phenomenon_to < row.phenomenon_from) {
        return bad(row, "phenomenonTime", "the phenomenon time ends before it begins");
    }
    if (row.result_time && !is_time(*row.result_time)) {
        return bad(row, "resultTime", "the result time is outside the years 1 to 9999");
    }
    if (!is_time(row.received_at)) {
        return bad(row, "received_at", "the time of arrival is outside the years 1 to 9999");
    }
    if (row.number && !std::isfinite(*row.number)) {
        return bad(row, "result", "the number is not finite");
    }
    if (row.number.has_value() != row.result.empty()) {
        return bad(row, "result", "a result is a number or another JSON value, one of them");
    }
    if (!is_storable(row.result)) {
        return bad(row, "result", "the result is not UTF-8 or holds a NUL");
    }
    if (!is_storable(row.extra)) {
        return bad(row, "parameters", "the parameters are not UTF-8 or hold a NUL");
    }
    return ok();
}

void add(StreamSummary& summary, const Observation& row) {
    const bool first = summary.count == 0;
    if (first) {
        summary = {};
        summary.stream = row.stream;
        summary.first_phenomenon = row.phenomenon_from;
        summary.last_phenomenon = row.phenomenon_to;
    }
    ++summary.count;
    summary.first_phenomenon = std::min(summary.first_phenomenon, row.phenomenon_from);
    summary.last_phenomenon = std::max(summary.last_phenomenon, row.phenomenon_to);
    widen(summary.first_result_time, summary.last_result_time, row.result_time);
    summary.last_id = std::max(summary.last_id, row.id);
    const auto& latest = summary.latest;
    if (first ||
        std::tie(latest.phenomenon_from, latest.id) < std::tie(row.phenomenon_from, row.id)) {
        summary.latest = row;
    }
}

}  // namespace chengshu::sensing
