#pragma once

#include "base/label.hpp"
#include "base/time.hpp"
#include "domain/city/city.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensing {

enum class Comparison : std::uint8_t { Above, AtLeast, Below, AtMost };

/// "value beyond a limit for a while opens a case", as a row of alarms.yaml.
struct AlarmRule {
    std::string code;
    Label name;
    std::string property;    ///< code of the observed property
    std::string thing_type;  ///< empty: any
    std::string thing;       ///< unified code of the one thing; empty: any
    Comparison when = Comparison::Above;
    double limit = 0;
    Duration lasts{};  ///< 0: the first reading beyond the limit raises it
    Duration gap{};    ///< a longer silence proves nothing: waiting begins anew; 0 = any silence
    double clear_limit = 0;  ///< not beyond this value: on the way back
    Duration clear_lasts{};
    std::uint32_t ignore = 0;  ///< readings with any of these quality flags are passed over
    std::vector<std::string> categories;  ///< of the case: the first one valid on the day
    std::string source = "iot";
    bool urgent = false;
    Label text;  ///< with {thing} {code} {property} {value} {unit} {limit} {since} {at} {minutes}

    friend bool operator==(const AlarmRule&, const AlarmRule&) = default;
};

enum class AlarmPhase : std::uint8_t {
    Quiet,
    Rising,   ///< beyond the limit, not long enough yet
    Raised,   ///< has been reported
    Falling,  ///< back behind the clear limit, not long enough yet
};

/// Where a rule is on one stream. Times are ms UTC.
struct AlarmState {
    AlarmPhase phase = AlarmPhase::Quiet;
    std::int64_t since = 0;    ///< Rising, Raised, Falling: first reading beyond the limit
    std::int64_t falling = 0;  ///< Falling: first reading back
    std::int64_t at = 0;       ///< end of the newest reading; older ones are passed over
    double value = 0;          ///< of that reading
    double extreme = 0;        ///< furthest value since `since`
    bool seen = false;

    friend bool operator==(const AlarmState&, const AlarmState&) = default;
};

enum class AlarmEvent : std::uint8_t { None, Raised, Cleared };

struct AlarmReading {
    std::int64_t from = 0;  ///< phenomenon time, ms UTC; `to` == `from` for an instant
    std::int64_t to = 0;
    double value = 0;
};

/// Takes the next reading of the stream. One that does not end after the newest (late or twice) is
/// passed over, so that readings can be given again.
AlarmEvent advance(const AlarmRule& rule, AlarmState& state, const AlarmReading& reading);

/// What the text of a case says; times in the reader's zone, numbers as people write them.
struct AlarmFacts {
    std::string thing;
    std::string code;
    std::string property;
    std::string unit;
    std::string value;
    std::string since;
    std::string at;
    std::int64_t minutes = 0;
};

std::string alarm_text(const AlarmRule& rule, std::string_view text, const AlarmFacts& facts);

std::string_view phase_name(AlarmPhase phase);
/// Quiet for a name that is none.
AlarmPhase phase_of(std::string_view name);

struct ParsedAlarms {
    std::vector<AlarmRule> rules;
    std::vector<city::Finding> findings;
};

/// Reads every alarms.yaml among the definitions and checks it against the city: properties,
/// things, categories. Mistakes come with line and column; rules are given only without an error.
ParsedAlarms parse_alarms(std::span<const city::DefinitionFile> files, const city::City& city);

}  // namespace chengshu::sensing
