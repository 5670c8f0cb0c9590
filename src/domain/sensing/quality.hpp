#pragma once

#include "base/label.hpp"
#include "base/result.hpp"
#include "domain/sensing/observation.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensing {

/// What can be wrong with a reading; bits of Observation::quality. Wire values: never renumbered.
/// A flagged reading is stored like any other.
enum class QualityFlag : std::uint32_t {
    BelowRange = 1U << 0,  ///< less than the instrument or nature allows
    AboveRange = 1U << 1,
    Jump = 1U << 2,        ///< changed faster than the property can
    FlatLine = 1U << 3,    ///< the same value for too long
    Late = 1U << 4,        ///< arrived long after it was observed
    Duplicate = 1U << 5,   ///< same phenomenon time and number as the stream's newest reading
    OutOfOrder = 1U << 6,  ///< older than the stream's newest reading
    AfterGap = 1U << 7,    ///< the first reading after readings were missing
    Future = 1U << 8,      ///< observed after it arrived: a clock is wrong
    NotANumber = 1U << 9,  ///< no number where the rule has limits for numbers
};

struct QualityFlagInfo {
    QualityFlag flag;
    std::string_view name;  ///< in the API: "below_range"
    std::string_view label_zh;
    std::string_view label_en;
};

/// One row per flag, by ascending bit.
std::span<const QualityFlagInfo> quality_flags();
/// The names of the flags that are set, by ascending bit.
std::vector<std::string_view> quality_names(std::uint32_t flags);
/// UnknownCode, naming all flags, for an unknown name.
Result<QualityFlag> quality_flag(std::string_view name);

/// What is expected of the readings of an observed property, or of one stream. What is not set is
/// not checked. Durations are ms.
struct QualityRule {
    std::optional<double> min;  ///< lowest possible result
    std::optional<double> max;
    /// Greatest credible change per `step_per`; readings nearer than that are held to it whole.
    std::optional<double> max_step;
    std::int64_t step_per = 60'000;
    /// Flat when at least `flat_count` readings and `flat_after` ms show one value (whichever of
    /// the two is 0 is not asked for; both 0: not checked).
    int flat_count = 0;
    std::int64_t flat_after = 0;
    std::int64_t late_after = 0;         ///< arrival this long after observation is late; 0 = off
    std::int64_t future_after = 0;       ///< a phenomenon time this far ahead; 0 = off
    std::int64_t expected_interval = 0;  ///< between readings; 0 = irregular
    std::int64_t gap_after = 0;          ///< 0 = twice the expected interval
    std::int64_t offline_after = 0;      ///< 0 = three times the expected interval

    friend bool operator==(const QualityRule&, const QualityRule&) = default;
};

/// InvalidInput, naming the field, when limits are reversed, not finite or negative.
Status check(const QualityRule& rule);

/// Fields that `own` sets replace those of `base`: a stream's rule over its property's.
QualityRule merged(const QualityRule& base, const QualityRule& own);

/// What judging a stream's next reading needs of those before; follows the reading with the
/// greatest phenomenon time.
struct QualityState {
    std::int64_t newest = 0;       ///< its phenomenon_to
    std::int64_t received_at = 0;  ///< arrival of the last reading, in whatever order
    std::int64_t flat_since = 0;   ///< phenomenon_from of the first reading with this value
    double value = 0;              ///< of the newest reading with a credible number
    std::int64_t value_at = 0;     ///< its phenomenon_to
    std::uint32_t flat_count = 0;  ///< readings with this value; 0 = no number yet
    bool seen = false;
    bool newest_counts = false;  ///< the newest reading is the value, not one that is incredible

    friend bool operator==(const QualityState&, const QualityState&) = default;
};

/// The flags of the next reading; takes it into the state. A value out of range is not what the
/// next one is compared with; a jump is, so that of a new level only the first reading is flagged.
std::uint32_t judge(const QualityRule& rule, QualityState& state, const Observation& row);

/// A state to go on with after a restart: as if only the latest reading had been seen.
QualityState resume(const StreamSummary& summary);

enum class StreamHealth : std::uint8_t { Unknown, Online, Late, Offline };

/// By the phenomenon time of the newest reading; Unknown when there is none or the rule expects
/// no interval and sets no offline_after.
StreamHealth health(const QualityRule& rule, const QualityState& state, std::int64_t now);
/// When `health` will next change without another reading; none when it will not. For timers.
std::optional<std::int64_t>
next_change(const QualityRule& rule, const QualityState& state, std::int64_t now);

/// "online", …, and for people.
std::string_view health_name(StreamHealth health);
Label health_label(StreamHealth health);

}  // namespace chengshu::sensing
