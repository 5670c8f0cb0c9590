#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chengshu::sensing {

/// A reading as a gateway has written it. Texts are valid until the sink returns.
struct Reading {
    std::int64_t row = 0;              ///< line of the text, from 1
    std::int64_t stream = 0;           ///< id; 0: the thing and the Datastream are named instead
    std::string_view thing;            ///< unified code
    std::string_view datastream;       ///< name
    std::optional<std::int64_t> from;  ///< ms UTC; absent: when it was received
    std::int64_t to = 0;               ///< only with `from`; equal for an instant
    std::optional<std::int64_t> result_time;
    std::optional<double> number;  ///< finite
    std::string_view result;       ///< compact JSON of any other result; empty with `number`
    std::string_view extra;        ///< compact JSON object, or empty; see Observation
};

/// Why a row is not taken.
struct RowError {
    std::int64_t row = 0;
    std::string field;  ///< member or field to blame; empty: the line
    std::string what;
    std::string hint;  ///< how to mend it; may be empty
};

/// Takes what a parser finds, in the order of the text. False ends the parsing.
class ReadingSink {
public:
    virtual ~ReadingSink() = default;
    virtual bool reading(const Reading& reading) = 0;
    virtual bool wrong(RowError error) = 0;
};

/// Unit of a time that is written as an integer.
enum class TimeUnit : std::uint8_t { Nanoseconds, Microseconds, Milliseconds, Seconds };

/// "ns", "us", "ms", "s".
std::optional<TimeUnit> parse_time_unit(std::string_view text);

/// Longer lines are a row error.
inline constexpr std::size_t kIngestLineMax = 256 * 1024;

/// One JSON object a line (application/x-ndjson), members in any order:
///   stream      id of a Datastream or MultiDatastream, or instead of it:
///   thing       unified code, and
///   datastream  name of one of its Datastreams
///   result      any JSON; required
///   time        phenomenon time: RFC 3339 time or interval, or an integer in `unit` since 1970
///   resultTime  one such time
///   resultQuality, validTime, parameters  as in SensorThings
/// Empty lines are skipped.
void read_ndjson(std::string_view text, TimeUnit unit, ReadingSink& sink);

/// Influx line protocol: `measurement,code=A1 pm25=12.5,pm10=30i 1465839830100400200`, the time in
/// `unit` since 1970. The tag `code` is the thing's unified code; each field is a reading for the
/// Datastream of its name, a field named "value" for the Datastream named as the measurement.
/// Other tags say nothing. Empty lines and those that begin with # are skipped. A line with a
/// mistake in it gives no reading.
void read_lines(std::string_view text, TimeUnit unit, ReadingSink& sink);

// What the parsers share.

/// A JSON number that is the whole text; nullopt when it is none or too large for a double.
std::optional<double> parse_json_number(std::string_view text);
/// An integer in the unit since 1970 as ms UTC; nullopt outside the years 1 to 9999.
std::optional<std::int64_t> millis_of(std::int64_t value, TimeUnit unit);
/// "2026-01-01T08:00:00[.123](Z|+08:00)" as ms UTC; nullopt for anything else that RFC 3339 or the
/// calendar does not know.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace chengshu::sensing
