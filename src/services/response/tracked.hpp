#pragma once

#include "domain/response/alert.hpp"
#include "domain/response/plan.hpp"
#include "services/unit_of_work.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Alerts and responses are documents: kind "alert" or "response" while they are open, "alert_past"
// or "response_past" afterwards, so that what is open is found without looking at what was; a
// document of kind "alert_newest" … leads to each of them in the order of time. Every change is an
// entry of the journal with what has changed (RFC 7386): the stored document is the
// fold of its entries, which `chengshu verify` checks.

namespace chengshu::services {

inline constexpr const char* kAlert = "alert";
inline constexpr const char* kAlertPast = "alert_past";
inline constexpr const char* kResponse = "response";
inline constexpr const char* kResponsePast = "response_past";
/// Which response holds a resource: id the resource, body the response.
inline constexpr const char* kHeldResource = "resource_held";

/// Whether a journal entry tells of an alert or a response.
inline bool is_warning(const ports::JournalRow& row) {
    return !row.case_id && (row.type.starts_with("alert.") || row.type.starts_with("response."));
}

/// Open or over; none when there never was such a one.
Result<std::optional<response::Alert>> find_alert(UnitOfWork& work, const std::string& id);
Result<std::optional<response::Response>> find_response(UnitOfWork& work, const std::string& id);
/// The same as committed.
Result<std::optional<response::Alert>> find_alert(ports::Store& store, const std::string& id);
Result<std::optional<response::Response>> find_response(ports::Store& store, const std::string& id);

/// Stages what an alert has become: `before` is none for a new one. The entry's type is "alert."
/// and `what`.
void stage_alert(
    UnitOfWork& work,
    const std::optional<response::Alert>& before,
    const response::Alert& after,
    std::string_view what,
    const std::string& actor
);
void stage_response(
    UnitOfWork& work,
    const std::optional<response::Response>& before,
    const response::Response& after,
    std::string_view what,
    const std::string& actor
);

/// For `chengshu verify`: folds the entries of alerts and responses as the journal goes by, then
/// compares with what is stored.
class TrackedFold {
public:
    void entry(const ports::JournalRow& row);
    /// Calls `differ` with what it is, what is stored and what the journal says.
    Status compare(
        ports::Store& store,
        const std::function<void(std::string, std::string, std::string)>& differ
    );

private:
    /// By "alert" or "response" and id; JSON as text, to take little room.
    std::map<std::pair<std::string, std::string>, std::string> folded_;
};

/// A page of committed ones in the order of their ids.
Result<std::vector<response::Alert>>
alerts_after(ports::Store& store, const char* kind, const std::string& after, int limit);
Result<std::vector<response::Response>>
responses_after(ports::Store& store, const char* kind, const std::string& after, int limit);

/// Where an alert (by when it was told) or a response (by when it was begun) stands among those of
/// its kind, the newest first.
std::string newest_key(const response::Alert& value);
std::string newest_key(const response::Response& value);

/// A page of committed ones, the newest first, behind a `newest_key`.
Result<std::vector<response::Alert>>
newest_alerts(ports::Store& store, const char* kind, const std::string& after, int limit);
Result<std::vector<response::Response>>
newest_responses(ports::Store& store, const char* kind, const std::string& after, int limit);

}  // namespace chengshu::services
