#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace chengshu::sensing {

/// One reading of a Datastream or MultiDatastream, as a value. All times are ms UTC.
struct Observation {
    std::int64_t id = 0;  ///< assigned by ingest: positive, ascending, never reused
    std::int64_t stream = 0;
    std::int64_t phenomenon_from = 0;
    std::int64_t phenomenon_to = 0;  ///< == phenomenon_from for an instant, never before it
    std::optional<std::int64_t> result_time;
    std::int64_t received_at = 0;
    std::optional<double> number;  ///< a result that is a number; finite
    std::string result;            ///< JSON text of any other result; empty when `number` is set
    std::int64_t feature = 0;      ///< id of the FeatureOfInterest; 0 = none
    std::uint32_t quality = 0;     ///< flag bits of quality.hpp
    std::string extra;  ///< JSON object {resultQuality?, validTime?, parameters?}, or empty

    friend bool operator==(const Observation&, const Observation&) = default;
};

/// By what observations can be ordered; the id breaks ties, in the same direction. Ascending, a
/// missing result time comes first, and numbers come before other results, which are compared as
/// bytes of their JSON text.
enum class ObservationOrder : std::uint8_t { Id, PhenomenonTime, ResultTime, Result };

/// Where a page ended: what the order looks at in the page's last row.
struct ObservationCursor {
    std::int64_t id = 0;
    std::optional<std::int64_t> time;  ///< phenomenon_from or result_time, as the order asks
    std::optional<double> number;
    std::string result;

    friend bool operator==(const ObservationCursor&, const ObservationCursor&) = default;
};

/// The cursor that continues after `row`.
ObservationCursor cursor_after(ObservationOrder order, const Observation& row);

/// Below 0, 0 or above 0 as `row` comes before, at or after the cursor in ascending order.
int compare(ObservationOrder order, const Observation& row, const ObservationCursor& cursor);

/// InvalidInput, naming the field, for a row that no store takes: ids not positive, times reversed
/// or outside the years 1 to 9999, a number that is not finite, both or neither kind of result,
/// texts that are not UTF-8 or hold a NUL.
Status check(const Observation& row);

/// All that is known of a stream's stored observations without reading them. Compared with a
/// recomputation by tests.
struct StreamSummary {
    std::int64_t stream = 0;
    std::int64_t count = 0;             ///< stored rows; those down-sampled away no longer count
    std::int64_t first_phenomenon = 0;  ///< least phenomenon_from
    std::int64_t last_phenomenon = 0;   ///< greatest phenomenon_to
    std::optional<std::int64_t> first_result_time;
    std::optional<std::int64_t> last_result_time;
    std::int64_t last_id = 0;
    Observation latest;  ///< the row with the greatest (phenomenon_from, id)

    friend bool operator==(const StreamSummary&, const StreamSummary&) = default;
};

/// Takes one more row into the summary of its stream; an empty summary has count 0.
void add(StreamSummary& summary, const Observation& row);

/// What remains of one hour of a stream after down-sampling. Mean = sum / count.
struct HourlyValue {
    std::int64_t stream = 0;
    std::int64_t hour = 0;    ///< ms UTC, start of the hour that holds phenomenon_from
    std::int64_t count = 0;   ///< rows with a number
    std::int64_t others = 0;  ///< rows with another result
    double sum = 0;
    double min = 0;  ///< 0 when count is 0, as max and sum
    double max = 0;

    friend bool operator==(const HourlyValue&, const HourlyValue&) = default;
};

}  // namespace chengshu::sensing
