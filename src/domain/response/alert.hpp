#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "domain/response/rule.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::response {

inline constexpr std::size_t kStepsMax = 200;    ///< kept of an alert's life
inline constexpr std::size_t kMembersMax = 100;  ///< places of a merged alert that are named
inline constexpr std::size_t kNoteMax = 2'000;   ///< bytes of what people write

/// Something that happened to an alert. `what` is one of: fired, raised, lowered, cleared,
/// acknowledged, escalated, issued, updated, cancelled.
struct AlertStep {
    Instant at;
    std::string what;
    Level level = Level::None;
    std::string by;    ///< account, or "system"
    std::string note;  ///< what was written; of an escalation: the kind of post that is told
};

/// A message by which an alert was made known outside (CAP).
struct IssuedMessage {
    std::string identifier;
    std::string sent;
    std::string kind;  ///< Alert, Update, Cancel
    Level level = Level::None;
};

inline constexpr std::size_t kIssuedMax = 50;  ///< of one alert

/// A warning that has been raised (预警), for one place or for several that share it.
struct Alert {
    std::string id;         ///< names its cause: same cause, same id
    std::string rule;       ///< code; of a foreign warning: its event
    std::string rule_from;  ///< first day of the rule's version; empty: it has always held
    Label name;
    std::string source;  ///< "rule", or the sender of a CAP message
    Level level = Level::None;
    Level peak = Level::None;
    bool exercise = false;
    indicators::Place place;
    Label place_name;
    std::vector<std::string> path;  ///< area codes from the city down
    std::optional<city::Point> point;
    Instant since;     ///< begin of the period that fired it
    Instant raised;    ///< when it was told
    Instant level_at;  ///< when it got its level
    std::optional<Instant> cleared;
    std::optional<Instant> expires;  ///< of a foreign warning
    std::optional<Instant> acknowledged;
    std::string acknowledged_by;
    int escalated = 0;  ///< steps of the rule's escalation that have been taken at this level
    /// How many places have which level; the gravest is the alert's.
    std::map<Level, std::int64_t> places;
    std::map<std::string, Level> members;  ///< keys of the first places
    std::vector<Evidence> evidence;        ///< of its newest change
    std::vector<AlertStep> steps;          ///< the first and the newest
    std::vector<IssuedMessage> issued;     ///< in order
    CaseId case_id;
    Label text;
    std::string event;     ///< code of the kind of event, for CAP
    std::string category;  ///< of CAP
    // Of a foreign warning: the newest message.
    std::string sender;
    std::string identifier;
    std::string sent;

    [[nodiscard]] bool open() const { return !cleared.has_value(); }
};

/// The document: members at their default are left out; instants are RFC 3339.
boost::json::object to_json(const Alert& value);
/// InvalidInput for a document that is damaged.
Result<Alert> alert_from_json(const boost::json::value& document);

boost::json::object to_json(const Evidence& value);

/// Adds a step; of a long life the first and the newest are kept.
void add_step(Alert& alert, AlertStep step);

/// Takes a place's change from one level to another into an alert that it belongs to; the alert's
/// own change follows.
Change take(Alert& alert, const std::string& member, Level from, Level to, Instant at);

/// Somebody has seen it. RuleViolation when it is over; a second time changes nothing.
Status acknowledge(Alert& alert, const std::string& by, const std::string& note, Instant at);

/// The next step of the rule's escalation that is due and was not taken, taken; null: none is.
const Escalation* escalate(Alert& alert, const Rule& rule, Instant now);

}  // namespace chengshu::response
