#pragma once

#include "domain/access/principal.hpp"
#include "services/response/tracked.hpp"
#include "services/unit_of_work.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// Alerts of one rule that are open at once; beyond it places share the city's.
inline constexpr std::int64_t kOpenAlertsOfRuleMax = 200;

/// What a rule has found at one place.
struct PlaceChange {
    const response::Rule* rule = nullptr;
    response::Site site;
    response::RuleState before;
    response::RuleState after;
    response::Judgement judgement;
};

struct AlertsOutcome {
    int fired = 0;
    int raised = 0;
    int lowered = 0;
    int cleared = 0;
    std::vector<CaseId> cases;           ///< that were opened
    std::vector<std::string> responses;  ///< that were started or have changed
    std::vector<std::string> problems;   ///< why cases were refused
};

/// Takes changes of places into the alerts they belong to, opens cases and starts plans. Each
/// alert is written once, however many places have changed. Stages.
class AlertTaker {
public:
    AlertTaker(UnitOfWork& work, bool generated) : work_(work), generated_(generated) {}

    /// The state afterwards remembers the alert that the place belongs to.
    Status take(PlaceChange& change);
    /// Stages what has become of the alerts.
    Result<AlertsOutcome> finish();

private:
    struct Held {
        std::optional<response::Alert> before;
        response::Alert after;
        const response::Rule* rule = nullptr;
        std::string group;
        std::string what;  ///< of the gravest that happened
    };

    /// The alert that the place belongs to; a new one when there is none.
    Result<Held*> alert_of(const PlaceChange& change);
    Status open_case(Held& held);

    UnitOfWork& work_;
    bool generated_;
    std::map<std::string, Held> held_;  ///< by rule and group
    std::map<std::string, std::int64_t> open_;
    AlertsOutcome outcome_;
};

/// Somebody has seen the alert. NotFound for one that is not there or not in reach.
Result<response::Alert> acknowledge_alert(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    const std::string& note
);

/// A message by which an alert is made known outside.
struct WrittenMessage {
    std::string identifier;
    std::string sent;
    std::string kind;
    std::string xml;
};

/// Writes the message of an alert as it is now, with a serial number for messages of one second.
using WriteMessage =
    std::function<WrittenMessage(const response::Alert&, const response::Issuer&, int serial)>;

/// Issues the alert (发布): the message is kept as it was written. RuleViolation when the city
/// names no issuer, when nothing has changed since the last message, or when the alert is somebody
/// else's; Conflict when the second's ten identifiers are used up.
Result<response::Alert> issue_alert(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    const WriteMessage& write
);

/// The XML of an issued message; none when there is none of that identifier.
Result<std::optional<std::string>>
issued_message(ports::Store& store, const std::string& identifier);

/// The rule of the alert that places of a group share is gone: the alert ends. False when there is
/// none. Stages.
Result<bool> end_alert_of(UnitOfWork& work, const std::string& group);

/// Escalates what nobody has acknowledged and ends foreign warnings that have run out; true when
/// something was staged.
Result<bool> tend_alert(UnitOfWork& work, const std::string& id);

}  // namespace chengshu::services
