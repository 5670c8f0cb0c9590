#pragma once

#include "base/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace chengshu {

/// UTC, millisecond resolution. Everything stored and compared is an Instant; local times exist
/// only in calendars and on screens.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;
using Date = std::chrono::year_month_day;
/// Wall-clock time in a zone that the context names.
using LocalTime = std::chrono::local_time<std::chrono::milliseconds>;

inline std::int64_t to_millis(Instant instant) {
    return instant.time_since_epoch().count();
}

inline Instant from_millis(std::int64_t millis) {
    return Instant{Duration{millis}};
}

/// An IANA time zone, e.g. "Asia/Shanghai", from the system's tzdata. Immutable, cheap to copy.
class TimeZone {
public:
    /// UnknownCode when the system has no such zone.
    static Result<TimeZone> find(std::string_view name);

    [[nodiscard]] LocalTime to_local(Instant instant) const;
    /// A local time that a DST jump skips maps to the instant after the jump; one that occurs twice
    /// maps to the first.
    [[nodiscard]] Instant to_instant(LocalTime local) const;

    [[nodiscard]] const std::string& name() const { return name_; }

    /// The local calendar day that contains the instant.
    [[nodiscard]] Date local_date(Instant instant) const;

private:
    TimeZone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}

    std::string name_;
    const void* zone_;  // date::time_zone; hidden so that its large header stays in one .cpp
};

/// "2026-11-20T08:30:00.000Z"; milliseconds are left out when zero.
std::string format_utc(Instant instant);
/// Enough for the text of any instant.
inline constexpr std::size_t kUtcBytes = 40;
/// format_utc into memory that has room for kUtcBytes; gives the end.
char* write_utc(char* to, Instant instant);
/// RFC 3339 with any offset or Z, seconds required, fraction optional. InvalidInput otherwise.
Result<Instant> parse_rfc3339(std::string_view text);
/// "2026-11-20".
std::string format_date(Date date);
Result<Date> parse_date(std::string_view text);
/// 20261120, for compact keys.
int date_key(Date date);
Result<Date> date_from_key(int key);

}  // namespace chengshu
