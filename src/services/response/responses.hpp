#pragma once

#include "domain/access/principal.hpp"
#include "domain/response/plan.hpp"
#include "services/response/tracked.hpp"
#include "services/unit_of_work.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// Tasks that one commit makes cases of.
inline constexpr int kTasksPerCommit = 50;

/// Carries the plans that the alert triggers: starts or proposes, follows the alert's level, ends.
/// The same alert never starts a plan twice, whatever was committed before. Stages; gives the ids
/// of the responses that have changed.
Result<std::vector<std::string>> follow_alert(UnitOfWork& work, const response::Alert& alert);

/// What a post asks for.
struct StartByHand {
    std::string plan;
    response::Grade grade = response::Grade::None;
    std::string area;
    std::optional<city::Point> point;
    bool exercise = false;
    std::string cause;  ///< names the cause: a second start for the same one gives the first
    std::string note;
};

/// NotPermitted for who holds no post that the plan names for the grade and whose area holds the
/// response's; UnknownCode for a plan, grade or area that is not there.
Result<response::Response>
start_by_hand(UnitOfWork& work, const access::Principal& who, const StartByHand& wish);

/// What a post does with a response.
enum class Command { Confirm, Decline, Order, Report, Review };

struct ResponseCommand {
    Command command = Command::Confirm;
    response::Grade grade = response::Grade::None;  ///< of an order; None: the end
    std::string kind;                               ///< of a report
    std::string text;
};

/// NotFound for a response that is not there or not within the caller's sight.
Result<response::Response> command_response(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    const ResponseCommand& command
);

/// Whether a post of the caller's that has the permission reaches the area path.
bool reaches(
    const access::Principal& who,
    access::Permission permission,
    const std::vector<std::string>& path
);

/// Whether the caller may read what concerns the area path: within a post's area, or around it.
bool sees(
    const access::Principal& who,
    const std::vector<std::string>& path,
    const city::City& city
);

/// Opens the cases of tasks that wait for it, at most kTasksPerCommit; gives them. A task's
/// case is opened once, whatever was committed before.
Result<std::vector<CaseId>>
give_tasks(UnitOfWork& work, const std::string& response, bool generated);

/// Sends resources that have become free to the tasks that wait for them, response by response.
Status send_freed_resources(UnitOfWork& work, const std::vector<std::string>& responses);

/// Says that reports are late; true when something was staged.
Result<bool> tend_response(UnitOfWork& work, const std::string& response);

}  // namespace chengshu::services
