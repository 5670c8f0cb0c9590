#pragma once

#include "base/label.hpp"
#include "base/result.hpp"
#include "domain/cases/condition.hpp"
#include "domain/city/city.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::cases {

/// A deadline that cases of the workflow have.
struct ClockDefinition {
    std::string code;
    Label name;
    bool from_standard = false;            ///< the limit is the filing standard's
    std::optional<city::TimeLimit> limit;  ///< a fixed limit
    std::vector<std::string> chain;        ///< due = these clocks' limits one after another
    double remind = 0;  ///< share of the limit that is left when a reminder is due; 0 = none
};

struct StateDefinition {
    std::string code;
    Label name;
    std::string phase;  ///< intake, dispatch, handle, check, suspended, done
    std::string queue;  ///< kind of post whose queue holds the case; empty when nobody's

    [[nodiscard]] bool done() const { return phase == "done"; }
};

/// What a transition does besides changing the state.
struct Effect {
    enum class Kind {
        Start,
        Stop,
        PauseClocks,
        ResumeClocks,
        Extend,
        Exempt,
        Mark,
        Unmark,
        Count,
        Flag,
        Unflag,
        SetStandard,
        AssignInput,
        AssignOwner,
        Unassign,
        Claim,
        Release,
        HoldInput,
        HoldNearest,
        Until,
        ClearUntil,
        CloseChildren,
        ReopenChildren,
    };

    Kind kind = Kind::Mark;
    std::string name;  ///< clock, mark, counter or flag; "*" stops every clock
};

/// What the person must (or may) give with an action.
struct Need {
    std::string name;  ///< reason, standard, department, assisting, account, until, attachment,
                       ///< into, category, result, or a fact
    bool required = true;
    std::vector<std::string> one_of;  ///< allowed answers of a fact
};

struct Transition {
    std::string code;
    Label name;
    std::vector<std::string> from;  ///< state codes; "*" = any state that is not done
    std::string to;               ///< a state, "=" (stays) or "@before" (where a suspension began)
    std::vector<std::string> by;  ///< kinds of post; "system" for automatic steps
    std::vector<Need> needs;
    std::vector<Condition> guards;
    std::vector<Effect> effects;
};

/// A step that the system takes by itself, or the reason why it leaves the case to a queue.
struct AutomaticStep {
    std::vector<std::string> in;  ///< states
    std::vector<Condition> when;
    std::string action;  ///< transition code, or "hand_over"
    Label because;       ///< may hold {category} {area} {department} {standard} {basis} {count}
    double confidence = 1;
};

/// The life of a case type, as data (scenarios/*/workflows/*.yaml).
struct Workflow {
    std::string code;
    Label name;
    std::string path;   ///< the file it came from
    std::string start;  ///< state of a new case
    std::vector<ClockDefinition> clocks;
    std::vector<StateDefinition> states;
    std::vector<Transition> transitions;
    std::vector<AutomaticStep> automatic;

    [[nodiscard]] const StateDefinition* state(std::string_view code) const;
    [[nodiscard]] const ClockDefinition* clock(std::string_view code) const;
    /// The transition of that code that leaves `from`, or null.
    [[nodiscard]] const Transition* transition(std::string_view code, std::string_view from) const;
};

using WorkflowSet = std::map<std::string, Workflow, std::less<>>;

struct ParsedWorkflows {
    WorkflowSet workflows;
    std::vector<city::Finding> findings;
};

/// Parses and validates every workflow file of a city (paths with "/workflows/"): all names must
/// resolve, every state must be reachable, every state that is not done must have a way out.
ParsedWorkflows parse_workflows(std::span<const city::DefinitionFile> files);

/// The workflow as a Mermaid state diagram, in the language ("zh" or "en").
std::string diagram(const Workflow& workflow, std::string_view language);

/// The workflow in which a case of the category begins: that of its longest pattern, else the
/// city's default.
std::string usual_workflow(const city::Settings& settings, std::string_view category);

/// Names of the inputs that commands know (decide.hpp); other needs are recorded as facts.
bool is_known_input(std::string_view name);

}  // namespace chengshu::cases
