#pragma once

#include "domain/cases/decide.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::cases {

/// The system as an actor: automatic steps and timers.
extern const Actor kSystem;

/// RuleViolation naming the guard that says no.
Status check_guards(const Transition& transition, const Case& value, const Surroundings& around);
/// NotPermitted when the kind of post, or a handler's department, may not do this.
Status check_post(const Transition& transition, const Case& value, const Actor& actor);

/// One execution of a command: works on a copy of a case; every `record` turns what has changed
/// since the last one into an entry. After an error the run is used up.
class Run {
public:
    /// `value` must outlive the run.
    Run(const Case& value, const Context& context);
    /// A case that nobody has seen yet: its first entry carries the whole document.
    static Run from_nothing(Case value, const Context& context);

    /// Must succeed before anything but `record`.
    Status find_workflow();

    Case& subject() { return decision_.after; }

    [[nodiscard]] const Workflow& workflow() const { return *workflow_; }

    Surroundings surroundings(const Actor& actor);

    /// One transition. `step` is the automatic step that asks for it, or null for a person's
    /// command.
    Status act(const Command& command, const AutomaticStep* step, int step_index);
    /// Everything that the system does by itself from here.
    Status automatic_steps();
    Status start_clock(const std::string& code);

    void record(std::string action, Label name, const Actor& actor, std::string from, Label reason);
    /// Adds to the last entry what caused it.
    void explain(std::string rule, std::optional<double> confidence);

    /// The case has come into a state: queues are told why it waits there.
    void entered() { entered_ = true; }

    Decision finish() { return std::move(decision_); }

private:
    explicit Run(const Context& context) : context_(context) {}

    [[nodiscard]] Date today() const;
    const city::Owners& owners();
    city::Owners named_owner();
    std::string_view owner_status();
    /// The standard that a report of this category is filed on without asking anybody, or null.
    const city::Standard* certain_standard();
    std::string_view standard_status();

    // inputs.cpp
    /// InvalidInput for what the transition does not ask for: nothing that a person says is dropped
    /// silently, and nothing changes that the workflow does not let this action change.
    [[nodiscard]] static Status check_unasked(const Transition& transition, const Inputs& inputs);
    [[nodiscard]] Status check_needs(const Transition& transition, const Inputs& inputs) const;
    Status take_inputs(const Transition& transition, const Inputs& inputs, const Actor& actor);

    // effects.cpp
    Status apply(const Effect& effect, const Inputs& inputs, const Actor& actor);
    Status set_standard(const std::string& wanted);
    Status assign(const std::string& department, std::vector<std::string> assisting);
    Status assign_owner();
    Status use_workflow_of(const std::string& department);
    Status suspend_until(std::optional<Instant> until);

    // clocks.cpp
    Status apply_clock(const Effect& effect);
    [[nodiscard]] city::TimeLimit limit_of(const ClockDefinition& definition) const;
    void stop_clock(Clock& clock) const;
    /// The reminder that belongs to the clock's deadline as it now stands, in the limit's own time.
    void set_reminder(const std::string& code, Clock& clock) const;
    Status pause_or_resume(bool pause);

    const AutomaticStep* fitting_step(int& index);
    /// An automatic step that could not be done leaves the case as it was, to a person.
    Status leave_to_person(const AutomaticStep& step, int index, const Error& error);
    Status move_to(const std::string& to, const std::string& from);
    std::optional<Label> told(std::string_view name);
    Label because(const AutomaticStep& step);

    const Context& context_;
    const Workflow* workflow_ = nullptr;
    const Case* given_ = nullptr;   ///< what the first entry is compared with; null: with nothing
    std::optional<Case> recorded_;  ///< as it was at the last entry
    Decision decision_;
    std::optional<city::Owners> owners_;
    std::string owners_category_;
    city::Responsibility named_;
    bool entered_ = false;
    std::set<int> fired_;
};

}  // namespace chengshu::cases
