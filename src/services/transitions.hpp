#pragma once

#include "domain/access/principal.hpp"
#include "domain/cases/decide.hpp"
#include "services/unit_of_work.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// A person's action on a case.
struct ActionRequest {
    CaseId id;
    std::string action;
    cases::Inputs inputs;
    std::optional<std::int64_t>
        version;  ///< what the caller has seen; Conflict when it is not current
    /// For "split": the new cases, one for each department.
    std::vector<std::string> split_departments;
};

/// Authorises, decides and stages. Closing or reopening a parent takes its children along; "merge"
/// tells the parent; "split" opens a child for each department. Gives the case after.
Result<CasePtr> act(UnitOfWork& work, const access::Principal& who, const ActionRequest& request);

/// Everything that is due on one case at the unit's time.
Status fire_timers(UnitOfWork& work, CaseId id);

/// An action that the caller may do on the case now, and what it needs.
struct PossibleAction {
    const cases::Transition* transition;
};

std::vector<PossibleAction> possible_actions(
    const cases::Case& value,
    const access::Principal& who,
    const Definitions& definitions,
    Instant now
);

}  // namespace chengshu::services
