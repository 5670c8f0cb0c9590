#include "domain/cases/internal/run.hpp"

#include "base/messages.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::cases {
namespace {

/// A chain of automatic steps longer than this is a mistake in the workflow.
constexpr int kAutomaticStepsMax = 16;

const Label kHandOver{"转人工", "Handed to a person"};

/// Puts `value_of` each {name} in its place; what is no name of a value stays.
template <class F>
std::string filled(std::string_view text, F&& value_of) {
    std::string out;
    while (!text.empty()) {
        const auto open = std::min(text.find('{'), text.size());
        out += text.substr(0, open);
        text.remove_prefix(open);
        const auto close = text.find('}');
        const auto name = text.substr(0, close == std::string_view::npos ? text.size() : close + 1);
        const std::optional<std::string> value =
            name.empty() ? std::nullopt : value_of(name.substr(1, name.size() - 2));
        out += value ? std::string_view{*value} : name.substr(0, 1);
        text.remove_prefix(value ? name.size() : std::min<std::size_t>(1, text.size()));
    }
    return out;
}

}  // namespace

const Actor kSystem{"system", "", "system", ""};

Status check_guards(const Transition& transition, const Case& value, const Surroundings& around) {
    for (const auto& guard : transition.guards) {
        if (!holds(guard, value, &around)) {
            return fail(
                ErrorCode::RuleViolation,
                fmt::format("\"{}\" is refused: it needs \"{}\"", transition.code, guard.text)
            );
        }
    }
    return ok();
}

Status check_post(const Transition& transition, const Case& value, const Actor& actor) {
    if (!contains(transition.by, actor.post_kind)) {
        return fail(
            ErrorCode::NotPermitted,
            fmt::format("\"{}\" is not for the post \"{}\"", transition.code, actor.post_kind)
        );
    }
    if (actor.post_kind == "handler" &&
        (actor.department.empty() ||
         (actor.department != value.department && !contains(value.assisting, actor.department)))) {
        return fail(ErrorCode::NotPermitted, "the case is with another department");
    }
    return ok();
}

Run::Run(const Case& value, const Context& context) : context_(context), given_(&value) {
    decision_.after = value;
}

Run Run::from_nothing(Case value, const Context& context) {
    Run run(context);
    run.decision_.after = std::move(value);
    return run;
}

Status Run::find_workflow() {
    const auto found = context_.workflows.find(subject().workflow);
    if (found == context_.workflows.end()) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("workflow {} is not defined", subject().workflow),
            "workflow"
        );
    }
    workflow_ = &found->second;
    return ok();
}

Surroundings Run::surroundings(const Actor& actor) {
    Surroundings out;
    out.city = &context_.city;
    out.workflow = workflow_;
    out.now = context_.now;
    out.actor = &actor;
    out.owner = [this] { return owner_status(); };
    out.standard = [this] { return standard_status(); };
    out.open_children = context_.open_children;
    return out;
}

void Run::record(
    std::string action,
    Label name,
    const Actor& actor,
    std::string from,
    Label reason
) {
    const auto* before = recorded_ ? &*recorded_ : given_;
    Entry entry;
    entry.case_id = subject().id;
    entry.at = context_.now;
    entry.action = std::move(action);
    entry.action_name = std::move(name);
    entry.actor = actor;
    entry.from = std::move(from);
    entry.to = subject().state;
    entry.reason = std::move(reason);
    entry.automatic = actor.post_kind == "system";
    entry.changes = before != nullptr ? changes_between(*before, subject()) : to_json(subject());
    recorded_ = subject();
    decision_.entries.push_back(std::move(entry));
}

void Run::explain(std::string rule, std::optional<double> confidence) {
    decision_.entries.back().rule = std::move(rule);
    decision_.entries.back().confidence = confidence;
}

Date Run::today() const {
    return context_.city.calendar().zone().local_date(context_.now);
}

const city::Owners& Run::owners() {
    if (!owners_ || owners_category_ != subject().category) {
        owners_ = named_owner();
        owners_category_ = subject().category;
    }
    return *owners_;
}

/// Whoever opened the case may have said whose it is (tasks of plans); else the responsibility
/// list.
city::Owners Run::named_owner() {
    const auto& facts = subject().facts;
    const auto named = facts.find(std::string(kNamedOwner));
    if (named == facts.end()) {
        return context_.city.owners(subject().category, subject().path, today());
    }
    const auto basis = facts.find(std::string(kNamedBasis));
    named_.department = named->second;
    named_.basis = basis == facts.end() ? "" : basis->second;
    city::Owners out;
    out.leads.push_back(&named_);
    return out;
}

std::string_view Run::owner_status() {
    const auto count = owners().leads.size();
    return count == 1 ? "one" : count == 0 ? "none" : "several";
}

const city::Standard* Run::certain_standard() {
    if (!subject().standard.empty()) {
        return context_.city.standard(subject().standard);
    }
    const auto all = context_.city.standards_of(subject().category, today());
    const city::Standard* automatic = nullptr;
    for (const auto* item : all) {
        if (item->automatic) {
            if (automatic != nullptr) {
                return nullptr;
            }
            automatic = item;
        }
    }
    return automatic != nullptr ? automatic : all.size() == 1 ? all.front() : nullptr;
}

std::string_view Run::standard_status() {
    if (certain_standard() != nullptr) {
        return "certain";
    }
    return context_.city.standards_of(subject().category, today()).empty() ? "none" : "ambiguous";
}

/// What stands for {name} in the reason of a step; nothing for other names.
std::optional<Label> Run::told(std::string_view name) {
    const auto& city = context_.city;
    const auto name_of = [](const auto* item) { return item == nullptr ? Label{} : item->name; };
    if (name == "category") {
        return name_of(city.category(subject().category));
    }
    if (name == "area") {
        const auto& path = subject().path;
        return name_of(path.empty() ? nullptr : city.area(path.back()));
    }
    if (name == "department") {
        return name_of(city.department(subject().department));
    }
    if (name == "standard") {
        const auto* standard = city.standard(subject().standard);
        return standard == nullptr ? Label{} : standard->condition;
    }
    if (name == "basis") {
        const auto& leads = owners().leads;
        return leads.size() == 1 ? Label{leads.front()->basis, leads.front()->basis} : Label{};
    }
    if (name == "count") {
        const auto count = std::to_string(owners().leads.size());
        return Label{count, count};
    }
    return std::nullopt;
}

Label Run::because(const AutomaticStep& step) {
    const auto in = [&](std::string_view text, std::string_view language) {
        return filled(text, [&](std::string_view name) -> std::optional<std::string> {
            const auto label = told(name);
            return label ? std::optional{label->of(language)} : std::nullopt;
        });
    };
    return {in(step.because.zh, "zh"), in(step.because.en, "en")};
}

Status Run::move_to(const std::string& to, const std::string& from) {
    auto& value = subject();
    // A department's own flow may have replaced the workflow meanwhile: even "=" is looked up
    // again.
    const auto* target = workflow_->state(
        to == "="         ? from
        : to == "@before" ? value.state_before
                          : to
    );
    if (target == nullptr) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("workflow {} has no state {}", workflow_->code, to == "=" ? from : to)
        );
    }
    if (to == "=") {
        return ok();
    }
    if (target->phase == "suspended") {
        value.state_before = from;
    } else {
        // The end of a suspension means nothing once it was left by another way.
        value.state_before.clear();
        value.resume_at.reset();
    }
    value.state = target->code;
    entered_ = entered_ || value.state != from;
    return ok();
}

Status Run::act(const Command& command, const AutomaticStep* step, int step_index) {
    auto& value = subject();
    const auto* transition = workflow_->transition(command.action, value.state);
    if (transition == nullptr) {
        return fail(
            ErrorCode::IllegalTransition,
            fmt::format("\"{}\" is not possible in state \"{}\"", command.action, value.state),
            "action"
        );
    }
    CS_CHECK(check_post(*transition, value, command.actor));
    CS_CHECK(check_unasked(*transition, command.inputs));
    CS_CHECK(check_guards(*transition, value, surroundings(command.actor)));
    // A department's own flow may replace the workflow meanwhile; this one stays where it is.
    const auto* workflow = workflow_;
    if (step == nullptr) {
        CS_CHECK(check_needs(*transition, command.inputs));
    }
    CS_CHECK(take_inputs(*transition, command.inputs, command.actor));
    for (const auto& effect : transition->effects) {
        CS_CHECK(apply(effect, command.inputs, command.actor));
    }
    const auto from = value.state;
    CS_CHECK(move_to(transition->to, from));
    value.done_by[command.action] = command.actor.account;
    const Label reason =
        step != nullptr ? because(*step) : Label{command.inputs.reason, command.inputs.reason};
    record(command.action, transition->name, command.actor, from, reason);
    if (step != nullptr) {
        explain(fmt::format("{}/automatic/{}", workflow->code, step_index + 1), step->confidence);
    }
    return ok();
}

const AutomaticStep* Run::fitting_step(int& index) {
    const auto around = surroundings(kSystem);
    index = 0;
    for (const auto& step : workflow_->automatic) {
        const bool here = contains(step.in, subject().state) && !fired_.contains(index);
        const bool now = step.action != "hand_over" || entered_;
        if (here && now &&
            std::all_of(step.when.begin(), step.when.end(), [&](const Condition& condition) {
                return holds(condition, subject(), &around);
            })) {
            return &step;
        }
        ++index;
    }
    return nullptr;
}

Status Run::leave_to_person(const AutomaticStep& step, int index, const Error& error) {
    decision_.after = recorded_ ? *recorded_ : *given_;
    CS_CHECK(find_workflow());
    if (entered_) {
        record(
            "hand_over",
            kHandOver,
            kSystem,
            subject().state,
            {fmt::format(
                 "系统未能自动执行 {}，转人工：{}", step.action, message_in(error.context, "zh")
             ),
             fmt::format("The system could not do {} by itself: {}", step.action, error.context)}
        );
        explain(fmt::format("{}/automatic/{}", workflow_->code, index + 1), 0);
    }
    return ok();
}

Status Run::automatic_steps() {
    for (int round = 0; round < kAutomaticStepsMax; ++round) {
        int index = 0;
        const auto* fitting = fitting_step(index);
        if (fitting == nullptr) {
            return ok();
        }
        fired_.insert(index);
        if (fitting->action == "hand_over") {
            record("hand_over", kHandOver, kSystem, subject().state, because(*fitting));
            explain(
                fmt::format("{}/automatic/{}", workflow_->code, index + 1), fitting->confidence
            );
            continue;
        }
        const auto* before = workflow_;
        const auto& step = *fitting;
        const bool close_children = decision_.close_children;
        const bool reopen_children = decision_.reopen_children;
        if (const auto done = act({step.action, kSystem, {}}, &step, index); !done) {
            CS_CHECK(leave_to_person(step, index, done.error()));
            decision_.close_children = close_children;
            decision_.reopen_children = reopen_children;
            continue;
        }
        if (workflow_ != before) {
            fired_.clear();
        }
    }
    return fail(
        ErrorCode::RuleViolation, fmt::format("workflow {} does not come to rest", workflow_->code)
    );
}

}  // namespace chengshu::cases
