#pragma once

#include "base/label.hpp"
#include "base/result.hpp"
#include "domain/cases/case.hpp"
#include "domain/cases/workflow.hpp"
#include "domain/city/city.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::cases {

/// Who acts. The caller has checked that the account holds the post and that its scope covers the
/// case (domain/access); decide() checks that the workflow lets such a post do this now.
struct Actor {
    std::string account;     ///< login, "system" or "public"
    std::string post;        ///< code of the post used
    std::string post_kind;   ///< "system" for automatic steps
    std::string department;  ///< of the post
};

/// What a person says with an action. A transition takes what its `needs` name, and a reason;
/// anything else is refused.
struct Inputs {
    std::string reason;
    std::string standard;
    std::string category;
    std::string department;
    std::vector<std::string> assisting;
    std::string account;
    std::optional<Instant> until;
    std::vector<Attachment> attachments;
    CaseId into;
    std::string result;
    std::map<std::string, std::string> facts;
};

struct Command {
    std::string action;
    Actor actor;
    Inputs inputs;
};

/// One accepted change of a case.
struct Entry {
    CaseId case_id;
    Instant at;
    std::string action;
    Label action_name;
    Actor actor;
    std::string from;
    std::string to;
    Label reason;      ///< a person's words (same in both), or why the system did it
    std::string rule;  ///< what caused an automatic step, e.g. "standard/automatic/2"
    std::optional<double> confidence;
    bool automatic = false;
    std::string changes;  ///< merge patch of the case document, JSON text
};

/// The case after a command, and the entries that led there, automatic steps included.
struct Decision {
    Case after;
    std::vector<Entry> entries;
    /// The transition asked for the children to follow.
    bool close_children = false;
    bool reopen_children = false;
};

/// How many attachments a case holds at most.
inline constexpr std::size_t kAttachmentsMax = 64;

struct Context {
    Instant now;
    const city::City& city;
    const WorkflowSet& workflows;
    /// Login of the collector to whom a verification task for the case should go; may be empty.
    std::function<std::string(const Case&)> nearest_collector;
    bool open_children = false;
};

/// A case as intake hands it over: everything but state, clocks and marks.
Result<Decision> open_case(Case draft, const Actor& reporter, const Context& context);

/// A person's action. IllegalTransition, NotPermitted (wrong kind of post), InvalidInput (a need is
/// missing), UnknownCode, RuleViolation (a guard says no, and which).
Result<Decision> decide(const Case& value, const Command& command, const Context& context);

/// Reminders, overdue marks and resumptions that are due at context.now, with the automatic steps
/// they lead to. No entries when nothing is due.
Result<Decision> tick(const Case& value, const Context& context);

/// Another report of the same matter joins the case: counted, its photos kept.
Decision join_report(
    const Case& value,
    const Actor& reporter,
    ReportId report,
    std::vector<Attachment> attachments,
    const Context& context
);

/// The case is made part of another one (merge) or of its split, or follows its parent's end.
Decision link_child(
    const Case& parent,
    CaseId child,
    const Actor& actor,
    std::string reason,
    const Context& context
);

/// Why a transition cannot be done by this kind of post now; success when it can. Needs are not
/// looked at.
Status allowed(
    const Case& value,
    const Transition& transition,
    const Actor& actor,
    const Context& context
);

}  // namespace chengshu::cases
