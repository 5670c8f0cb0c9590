#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/submission.hpp"
#include "services/unit_of_work.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Submissions are documents, one for each indicator, area and period; those that wait for an
// approval have a second one, empty but for being there, so that they are found without looking at
// the others. Every step is an entry of the journal with what it has changed (RFC 7386): the stored
// document is the fold of its entries, which `chengshu verify` checks.

namespace chengshu::services {

inline constexpr const char* kSubmission = "submission";
inline constexpr const char* kSubmissionPending = "submission_pending";

struct NewSubmission {
    std::string indicator;
    std::string area;
    Date day;  ///< any local day of the period
    double value = 0;
    std::string note;
};

/// A person enters a figure, or another value for it. NotPermitted unless a post that the indicator
/// names reaches the area; RuleViolation when the indicator is not entered on that day or not for
/// that area, when the period lies ahead, or when the value is beyond the indicator's bounds.
Result<indicators::Submission>
enter_figure(UnitOfWork& work, const access::Principal& who, const NewSubmission& entered);
/// Another person approves what waits, by its number: it counts from then on. NotFound;
/// NotPermitted unless a post that the indicator names for it reaches the area; see
/// indicators::approve.
Result<indicators::Submission>
approve_figure(UnitOfWork& work, const access::Principal& who, const std::string& id, int number);
/// The same post sends back what waits, with a reason.
Result<indicators::Submission> return_figure(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    int number,
    const std::string& reason
);

/// As committed; none when there never was one.
Result<std::optional<indicators::Submission>>
find_submission(ports::Store& store, const std::string& id);
/// Whether the caller has a part in submissions of the area: by a post that reaches it.
bool sees_submission(
    const access::Principal& who,
    const indicators::SubmissionKey& key,
    const city::City& city
);

struct PendingPage {
    std::vector<indicators::Submission> items;
    std::string after;  ///< id to go on from; empty: that was all
};

/// What waits and the caller sees, in the order of the ids, of one indicator or of all.
Result<PendingPage> pending_submissions(
    ports::Store& store,
    const access::Principal& who,
    const city::City& city,
    const std::string& indicator,
    const std::string& after,
    std::size_t limit
);

boost::json::object to_json(const indicators::Submission& submission);

/// What counts, by the first day of its period (YYYYMMDD).
using ApprovedValues = std::map<int, double>;

/// Of an indicator in an area, of periods that begin in the days, both included.
Result<ApprovedValues> approved_values(
    ports::Store& store,
    const std::string& indicator,
    const std::string& area,
    int day_from,
    int day_to
);

struct ApprovedValue {
    indicators::SubmissionKey key;
    std::optional<double> value;  ///< none: nothing counts yet
};

/// What a stored document says that counts; nothing for a document of another kind.
std::optional<ApprovedValue> approved_value(const ports::DocumentRow& row);

/// For `chengshu verify`: folds the entries of submissions as the journal goes by, then compares
/// with what is stored.
class SubmissionFold {
public:
    void entry(const ports::JournalRow& row);
    /// Calls `differ` with what it is, what is stored and what the journal says.
    Status compare(
        ports::Store& store,
        const std::function<void(std::string, std::string, std::string)>& differ
    );

private:
    std::map<std::string, std::string> folded_;  ///< by id; JSON as text, to take little room
};

}  // namespace chengshu::services
