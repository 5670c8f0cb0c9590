#pragma once

#include "base/time.hpp"
#include "domain/sensing/geometry.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace chengshu::sensing::odata {

struct Null {
    friend bool operator==(Null, Null) = default;
};

/// `from` belongs to it, `to` does not; never reversed. An interval without length is a time.
struct TimeInterval {
    Instant from;
    Instant to;

    friend bool operator==(const TimeInterval&, const TimeInterval&) = default;
};

/// An ISO 8601 duration. Months and milliseconds never have different signs.
struct Period {
    std::int64_t months = 0;
    std::int64_t millis = 0;

    friend bool operator==(const Period&, const Period&) = default;
};

struct TimeOfDay {
    std::int64_t millis = 0;  ///< since midnight

    friend bool operator==(const TimeOfDay&, const TimeOfDay&) = default;
};

/// A JSON value and what keeps it alive: a part of a document shares the document
/// (`Json{document, &document->at("a")}`).
using Json = std::shared_ptr<const boost::json::value>;

/// What expressions work on. Pointers in it are never null: that is Null.
using Value = std::variant<
    Null,
    bool,
    std::int64_t,
    double,
    std::string,
    Instant,
    TimeInterval,
    Period,
    Date,
    TimeOfDay,
    GeometryPtr,
    Json>;

/// Scalars of JSON as scalars (numbers as std::int64_t where they are, else double); objects and
/// arrays stay Json.
Value from_json(const Json& json);

/// "2026-01-01T00:00:00Z", "…/…" (time/time, time/duration, duration/time), seconds optional, zone
/// required. Nullopt otherwise, and where the end is before the begin.
std::optional<Value> parse_moment(std::string_view text);
/// "P1DT2H", "-P1Y"; nullopt otherwise.
std::optional<Period> parse_period(std::string_view text);
std::string format_period(const Period& period);
/// "from/to", or "time" when it has no length.
std::string format_interval(const TimeInterval& interval);

/// Moved by a duration, forwards (1) or backwards (-1); the last day of the month where a month has
/// no such day. Nullopt outside the years 1 to 9999.
std::optional<Instant> shifted(Instant start, const Period& period, int sign);
/// The first and the last time that there is.
Instant earliest_time();
Instant latest_time();

/// The interval of a time or an interval.
std::optional<TimeInterval> interval_of(const Value& value);

/// A literal as a filter spells it; parsing it again gives the same value. Not for Json.
std::string print(const Value& value);

/// Same type and same value; geometries and JSON by what they hold.
bool same(const Value& left, const Value& right);

}  // namespace chengshu::sensing::odata
