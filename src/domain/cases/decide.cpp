#include "domain/cases/decide.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace json = boost::json;

namespace chengshu::cases {
namespace {

/// A chain of automatic steps longer than this is a mistake in the workflow.
constexpr int kAutomaticStepsMax = 16;

const Actor kSystem{"system", "", "system", ""};

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

/// Works on a copy of a case; every `record` turns what has changed since the last one into an entry.
class Run {
public:
    Run(Case value, const Context& context)
        : context_(context), document_(to_json(value)) {
        decision_.after = std::move(value);
    }

    /// A case that nobody has seen yet: its first entry carries the whole document.
    static Run from_nothing(Case value, const Context& context) {
        Run run(std::move(value), context);
        run.document_.clear();
        return run;
    }

    Status find_workflow() {
        const auto found = context_.workflows.find(subject().workflow);
        if (found == context_.workflows.end()) {
            return fail(ErrorCode::UnknownCode, fmt::format("workflow {} is not defined", subject().workflow), "workflow");
        }
        workflow_ = &found->second;
        return ok();
    }

    Case& subject() { return decision_.after; }

    [[nodiscard]] const Workflow& workflow() const { return *workflow_; }

    Surroundings surroundings(const Actor& actor) {
        Surroundings out;
        out.city = &context_.city;
        out.workflow = workflow_;
        out.now = context_.now;
        out.actor = &actor;
        out.owner = owner_status();
        out.standard = standard_status();
        out.open_children = context_.open_children;
        return out;
    }

    Status act(const Command& command, const AutomaticStep* step, int step_index);
    Status automatic_steps();

    void record(std::string action, Label name, const Actor& actor, std::string from, Label reason) {
        auto next = to_json(subject());
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
        entry.changes = json::serialize(merge_diff(document_, next));
        document_ = std::move(next);
        decision_.entries.push_back(std::move(entry));
    }

    void explain(std::string rule, std::optional<double> confidence) {
        decision_.entries.back().rule = std::move(rule);
        decision_.entries.back().confidence = confidence;
    }

    void entered() { entered_ = true; }

    Status start_clock(const std::string& code);
    Decision finish() { return std::move(decision_); }

private:
    Date today() const { return context_.city.calendar().zone().local_date(context_.now); }

    const city::Owners& owners() {
        if (!owners_ || owners_category_ != subject().category) {
            owners_ = context_.city.owners(subject().category, subject().path, today());
            owners_category_ = subject().category;
        }
        return *owners_;
    }

    std::string_view owner_status() {
        const auto count = owners().leads.size();
        return count == 1 ? "one" : count == 0 ? "none" : "several";
    }

    /// The standard that a report of this category is filed on without asking anybody, or null.
    const city::Standard* certain_standard() {
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

    std::string_view standard_status() {
        if (certain_standard() != nullptr) {
            return "certain";
        }
        return context_.city.standards_of(subject().category, today()).empty() ? "none" : "ambiguous";
    }

    Status check_needs(const Transition& transition, const Inputs& inputs) const;
    Status take_inputs(const Transition& transition, const Inputs& inputs, const Actor& actor);
    Status apply(const Effect& effect, const Inputs& inputs, const Actor& actor);
    Status apply_clock(const Effect& effect);
    Status set_standard(const std::string& wanted);
    Status assign(const std::string& department, std::vector<std::string> assisting);
    void stop_clock(Clock& clock) const;
    Status pause_or_resume(bool pause);
    Label because(const AutomaticStep& step);

    const Context& context_;
    const Workflow* workflow_ = nullptr;
    json::object document_;
    Decision decision_;
    std::optional<city::Owners> owners_;
    std::string owners_category_;
    bool entered_ = false;
    std::set<int> fired_;
};

Status check_guards(const Transition& transition, const Case& value, const Surroundings& around) {
    for (const auto& guard : transition.guards) {
        if (!holds(guard, value, &around)) {
            return fail(ErrorCode::RuleViolation,
                        fmt::format("\"{}\" is refused: it needs \"{}\"", transition.code, guard.text));
        }
    }
    return ok();
}

Status check_post(const Transition& transition, const Case& value, const Actor& actor) {
    if (!contains(transition.by, actor.post_kind)) {
        return fail(ErrorCode::NotPermitted,
                    fmt::format("\"{}\" is not for the post \"{}\"", transition.code, actor.post_kind));
    }
    if (actor.post_kind == "handler" && actor.department != value.department &&
        !contains(value.assisting, actor.department)) {
        return fail(ErrorCode::NotPermitted, "the case is with another department");
    }
    return ok();
}

Status Run::check_needs(const Transition& transition, const Inputs& inputs) const {
    for (const auto& need : transition.needs) {
        const auto& name = need.name;
        if (!need.one_of.empty()) {
            const auto found = inputs.facts.find(name);
            if (found == inputs.facts.end() || !contains(need.one_of, found->second)) {
                return fail(ErrorCode::InvalidInput,
                            fmt::format("\"{}\" needs {}: one of {}", transition.code, name, fmt::join(need.one_of, ", ")), name);
            }
            continue;
        }
        const bool given = name == "reason"       ? !inputs.reason.empty()
                           : name == "standard"   ? !inputs.standard.empty() || !decision_.after.standard.empty()
                           : name == "category"   ? !inputs.category.empty()
                           : name == "department" ? !inputs.department.empty()
                           : name == "assisting"  ? !inputs.assisting.empty()
                           : name == "account"    ? !inputs.account.empty()
                           : name == "until"      ? inputs.until.has_value()
                           : name == "attachment" ? !inputs.attachments.empty()
                           : name == "into"       ? static_cast<bool>(inputs.into)
                                                  : !inputs.result.empty();
        if (need.required && !given) {
            return fail(ErrorCode::InvalidInput, fmt::format("\"{}\" needs {}", transition.code, name), name);
        }
    }
    return ok();
}

Status Run::take_inputs(const Transition& transition, const Inputs& inputs, const Actor& actor) {
    auto& value = subject();
    if (!inputs.category.empty() && inputs.category != value.category) {
        const auto* category = context_.city.category(inputs.category);
        if (category == nullptr || !category->validity.holds(today())) {
            return fail(ErrorCode::UnknownCode, fmt::format("category {} is not known or not valid today", inputs.category), "category");
        }
        value.category = inputs.category;
        value.standard.clear();
    }
    if (value.attachments.size() + inputs.attachments.size() > 64) {
        return fail(ErrorCode::TooLarge, "a case holds at most 64 attachments", "attachments");
    }
    for (auto item : inputs.attachments) {
        item.at = context_.now;
        item.by = actor.account;
        value.attachments.push_back(std::move(item));
    }
    for (const auto& need : transition.needs) {
        if (!need.one_of.empty()) {
            value.facts[need.name] = inputs.facts.at(need.name);
        }
    }
    if (inputs.into) {
        if (inputs.into == value.id) {
            return fail(ErrorCode::InvalidInput, "a case cannot be part of itself", "into");
        }
        value.parent = inputs.into;
    }
    if (!inputs.result.empty()) {
        value.result = inputs.result;
    }
    return ok();
}

Status Run::set_standard(const std::string& wanted) {
    const auto* standard = wanted.empty() ? certain_standard() : context_.city.standard(wanted);
    if (standard == nullptr) {
        return wanted.empty() ? fail(ErrorCode::InvalidInput, "choose the standard on which the case is filed", "standard")
                              : fail(ErrorCode::UnknownCode, fmt::format("standard {} is not known", wanted), "standard");
    }
    if (standard->category != subject().category) {
        return fail(ErrorCode::RuleViolation,
                    fmt::format("standard {} is for {}, the case is {}", standard->code, standard->category, subject().category), "standard");
    }
    if (!standard->validity.holds(today())) {
        return fail(ErrorCode::UnknownCode, fmt::format("standard {} is not valid today", standard->code), "standard");
    }
    subject().standard = standard->code;
    return ok();
}

Status Run::assign(const std::string& department, std::vector<std::string> assisting) {
    auto everyone = assisting;
    everyone.push_back(department);
    for (const auto& code : everyone) {
        const auto* found = context_.city.department(code);
        if (found == nullptr || !found->validity.holds(today())) {
            return fail(ErrorCode::UnknownCode, fmt::format("department {} is not known or not valid today", code), "department");
        }
    }
    auto& value = subject();
    value.department = department;
    value.assisting = std::move(assisting);
    value.holder.clear();
    const auto& shorter = context_.city.settings().workflow_by_department;
    if (const auto found = shorter.find(department); found != shorter.end() && found->second != value.workflow) {
        value.workflow = found->second;
        CS_CHECK(find_workflow());
    }
    return ok();
}

Status Run::start_clock(const std::string& code) {
    const auto* definition = workflow_->clock(code);
    if (definition == nullptr) {
        return fail(ErrorCode::Internal, fmt::format("workflow {} has no clock {}", workflow_->code, code));
    }
    const auto& calendar = context_.city.calendar();
    const auto limit_of = [&](const ClockDefinition& item) -> city::TimeLimit {
        if (item.from_standard) {
            const auto* standard = context_.city.standard(subject().standard);
            return standard != nullptr ? standard->limit : city::TimeLimit{};
        }
        return item.limit.value_or(city::TimeLimit{});
    };
    Clock clock;
    clock.started = context_.now;
    if (definition->chain.empty()) {
        clock.limit = limit_of(*definition);
        if (clock.limit.value > 0) {
            clock.due = calendar.add(context_.now, clock.limit);
        }
        if (clock.due && definition->remind > 0) {
            clock.remind = calendar.add(context_.now, {clock.limit.value * (1 - definition->remind), clock.limit.unit});
        }
    } else {
        Instant due = context_.now;
        bool bounded = true;
        for (const auto& link : definition->chain) {
            const auto limit = limit_of(*workflow_->clock(link));
            bounded = bounded && limit.value > 0;
            due = limit.value > 0 ? calendar.add(due, limit) : due;
        }
        if (bounded) {
            clock.due = due;
            clock.limit = {std::chrono::duration<double, std::ratio<3600>>(due - context_.now).count(), city::TimeUnit::UrgentHour};
        }
    }
    subject().clocks[code] = clock;
    return ok();
}

void Run::stop_clock(Clock& clock) const {
    if (clock.stopped) {
        return;
    }
    clock.stopped = context_.now;
    clock.overdue = clock.overdue || (clock.due && !clock.paused && context_.now > *clock.due);
}

Status Run::pause_or_resume(bool pause) {
    const auto& calendar = context_.city.calendar();
    for (auto& [code, clock] : subject().clocks) {
        if (clock.stopped || clock.paused.has_value() == pause) {
            continue;
        }
        if (pause) {
            clock.overdue = clock.overdue || (clock.due && context_.now > *clock.due);
            clock.left = clock.due ? calendar.remaining(context_.now, *clock.due, clock.limit.unit) : Duration{};
            clock.paused = context_.now;
        } else {
            if (clock.due && clock.left > Duration{}) {
                clock.due = calendar.resume(context_.now, clock.left, clock.limit.unit);
                clock.remind.reset();
            }
            clock.left = Duration{};
            clock.paused.reset();
        }
    }
    return ok();
}

Status Run::apply_clock(const Effect& effect) {
    auto& clocks = subject().clocks;
    if (effect.kind == Effect::Kind::Start) {
        return start_clock(effect.name);
    }
    if (effect.kind == Effect::Kind::Stop && effect.name == "*") {
        for (auto& [code, clock] : clocks) {
            stop_clock(clock);
        }
        return ok();
    }
    const auto found = clocks.find(effect.name);
    if (found == clocks.end()) {
        return ok();  // a clock that never ran: a shorter path skipped it
    }
    auto& clock = found->second;
    if (effect.kind == Effect::Kind::Stop) {
        stop_clock(clock);
    } else if (effect.kind == Effect::Kind::Exempt) {
        clock.exempt = true;
    } else if (clock.due && clock.running()) {
        // One extension adds the original limit once more to the deadline as it stands.
        clock.due = context_.city.calendar().add(*clock.due, clock.limit);
        clock.extensions += 1;
        clock.remind.reset();
    }
    return ok();
}

Status Run::apply(const Effect& effect, const Inputs& inputs, const Actor& actor) {
    auto& value = subject();
    using Kind = Effect::Kind;
    switch (effect.kind) {
        case Kind::Start:
        case Kind::Stop:
        case Kind::Extend:
        case Kind::Exempt:
            return apply_clock(effect);
        case Kind::PauseClocks:
            return pause_or_resume(true);
        case Kind::ResumeClocks:
            return pause_or_resume(false);
        case Kind::Mark:
            value.marks[effect.name] = context_.now;
            break;
        case Kind::Unmark:
            value.marks.erase(effect.name);
            break;
        case Kind::Count:
            value.counters[effect.name] += 1;
            break;
        case Kind::Flag:
            value.flags.insert(effect.name);
            break;
        case Kind::Unflag:
            value.flags.erase(effect.name);
            break;
        case Kind::SetStandard:
            return set_standard(inputs.standard);
        case Kind::AssignInput:
            return assign(inputs.department, inputs.assisting);
        case Kind::AssignOwner: {
            std::vector<std::string> assisting;
            if (owners().leads.size() != 1) {
                return fail(ErrorCode::RuleViolation, "the responsibility list names no single owner");
            }
            for (const auto* row : owners().assists) {
                assisting.push_back(row->department);
            }
            return assign(owners().leads.front()->department, std::move(assisting));
        }
        case Kind::Unassign:
            value.department.clear();
            value.assisting.clear();
            value.holder.clear();
            break;
        case Kind::Claim:
            value.holder = actor.account;
            break;
        case Kind::Release:
            value.holder.clear();
            break;
        case Kind::HoldInput:
            value.holder = inputs.account;
            break;
        case Kind::HoldNearest:
            value.holder = context_.nearest_collector ? context_.nearest_collector(value) : std::string();
            break;
        case Kind::Until:
            if (!inputs.until || *inputs.until <= context_.now) {
                return fail(ErrorCode::InvalidInput, "the end of a suspension lies in the future", "until");
            }
            if (*inputs.until - context_.now > std::chrono::days{366}) {
                return fail(ErrorCode::RuleViolation, "a suspension ends within a year", "until");
            }
            value.resume_at = inputs.until;
            break;
        case Kind::ClearUntil:
            value.resume_at.reset();
            break;
        case Kind::CloseChildren:
            decision_.close_children = true;
            break;
        case Kind::ReopenChildren:
            decision_.reopen_children = true;
            break;
    }
    return ok();
}

Label Run::because(const AutomaticStep& step) {
    Label out = step.because;
    const auto& city = context_.city;
    const auto* category = city.category(subject().category);
    const auto* area = subject().path.empty() ? nullptr : city.area(subject().path.back());
    const auto* department = city.department(subject().department);
    const auto* standard = city.standard(subject().standard);
    const Label none;
    const auto fill = [&](std::string_view name, const Label& with) {
        replace_all(out.zh, name, with.of("zh"));
        replace_all(out.en, name, with.of("en"));
    };
    fill("{category}", category != nullptr ? category->name : none);
    fill("{area}", area != nullptr ? area->name : none);
    fill("{department}", department != nullptr ? department->name : none);
    fill("{standard}", standard != nullptr ? standard->condition : none);
    const auto basis = owners().leads.size() == 1 ? owners().leads.front()->basis : std::string();
    fill("{basis}", {basis, basis});
    const auto count = fmt::format("{}", owners().leads.size());
    fill("{count}", {count, count});
    return out;
}

Status Run::act(const Command& command, const AutomaticStep* step, int step_index) {
    auto& value = subject();
    const auto* transition = workflow_->transition(command.action, value.state);
    if (transition == nullptr) {
        return fail(ErrorCode::IllegalTransition,
                    fmt::format("\"{}\" is not possible in state \"{}\"", command.action, value.state), "action");
    }
    CS_CHECK(check_post(*transition, value, command.actor));
    CS_CHECK(check_guards(*transition, value, surroundings(command.actor)));
    const auto name = transition->name;
    const auto to = transition->to;
    if (step == nullptr) {
        CS_CHECK(check_needs(*transition, command.inputs));
    }
    CS_CHECK(take_inputs(*transition, command.inputs, command.actor));
    const auto effects = transition->effects;  // a department's own flow may replace the workflow meanwhile
    for (const auto& effect : effects) {
        CS_CHECK(apply(effect, command.inputs, command.actor));
    }
    const auto from = value.state;
    const auto* target = to == "@before" ? workflow_->state(value.state_before) : workflow_->state(to);
    if (to != "=") {
        if (target == nullptr) {
            return fail(ErrorCode::RuleViolation, fmt::format("workflow {} has no state {}", workflow_->code, to));
        }
        if (target->phase == "suspended") {
            value.state_before = from;
        } else {
            value.state_before.clear();
        }
        value.state = target->code;
        entered_ = entered_ || value.state != from;
    }
    value.done_by[command.action] = command.actor.account;
    const Label reason = step != nullptr ? because(*step) : Label{command.inputs.reason, command.inputs.reason};
    const auto workflow_code = workflow_->code;
    record(command.action, name, command.actor, from, reason);
    if (step != nullptr) {
        explain(fmt::format("{}/automatic/{}", workflow_code, step_index + 1), step->confidence);
    }
    return ok();
}

Status Run::automatic_steps() {
    for (int round = 0; round < kAutomaticStepsMax; ++round) {
        const auto around = surroundings(kSystem);
        const AutomaticStep* fitting = nullptr;
        int index = 0;
        for (const auto& step : workflow_->automatic) {
            const bool here = contains(step.in, subject().state) && !fired_.contains(index);
            const bool now = step.action != "hand_over" || entered_;
            if (here && now && std::all_of(step.when.begin(), step.when.end(), [&](const Condition& condition) {
                    return holds(condition, subject(), &around);
                })) {
                fitting = &step;
                break;
            }
            ++index;
        }
        if (fitting == nullptr) {
            return ok();
        }
        fired_.insert(index);
        if (fitting->action == "hand_over") {
            record("hand_over", {"转人工", "Handed to a person"}, kSystem, subject().state, because(*fitting));
            explain(fmt::format("{}/automatic/{}", workflow_->code, index + 1), fitting->confidence);
            continue;
        }
        const auto* before = workflow_;
        const auto step = *fitting;
        CS_CHECK(act({step.action, kSystem, {}}, &step, index));
        if (workflow_ != before) {
            fired_.clear();
        }
    }
    return fail(ErrorCode::RuleViolation, fmt::format("workflow {} does not come to rest", workflow_->code));
}

}  // namespace

Status allowed(const Case& value, const Transition& transition, const Actor& actor, const Context& context) {
    Run run(value, context);
    CS_CHECK(run.find_workflow());
    CS_CHECK(check_post(transition, value, actor));
    return check_guards(transition, value, run.surroundings(actor));
}

Result<Decision> open_case(Case draft, const Actor& reporter, const Context& context) {
    draft.reported_at = context.now;
    draft.counters["reports"] = 1;
    for (auto& item : draft.attachments) {
        item.at = context.now;
        item.by = reporter.account;
    }
    auto run = Run::from_nothing(std::move(draft), context);
    CS_CHECK(run.find_workflow());
    run.subject().state = run.workflow().start;
    for (const auto& clock : run.workflow().clocks) {
        if (clock.code == "filing") {
            CS_CHECK(run.start_clock(clock.code));
        }
    }
    run.record("report", {"上报", "Reported"}, reporter, "", {});
    run.entered();
    CS_CHECK(run.automatic_steps());
    return run.finish();
}

Result<Decision> decide(const Case& value, const Command& command, const Context& context) {
    Run run(value, context);
    CS_CHECK(run.find_workflow());
    CS_CHECK(run.act(command, nullptr, 0));
    CS_CHECK(run.automatic_steps());
    return run.finish();
}

Result<Decision> tick(const Case& value, const Context& context) {
    Run run(value, context);
    CS_CHECK(run.find_workflow());
    bool changed = false;
    for (const auto& [code, unused] : value.clocks) {
        auto& clock = run.subject().clocks[code];
        const auto* definition = run.workflow().clock(code);
        const Label name = definition != nullptr ? definition->name : Label{code, code};
        if (!clock.running() || clock.overdue) {
            continue;
        }
        if (clock.due && context.now > *clock.due) {
            clock.overdue = true;
            run.record("overdue", {name.zh + "超期", name.en + " overdue"}, kSystem, value.state,
                       {"时限已过", "The limit has passed"});
        } else if (clock.remind && !clock.reminded && context.now >= *clock.remind) {
            clock.reminded = true;
            run.record("remind", {name.zh + "临期提醒", name.en + " reminder"}, kSystem, value.state,
                       {"时限将至", "The limit is near"});
        } else {
            continue;
        }
        run.explain("clock/" + code, std::nullopt);
        changed = true;
    }
    if (value.resume_at && *value.resume_at <= context.now) {
        Command resume{"resume", kSystem, {}};
        resume.inputs.reason = "挂账到期 / The suspension has ended";
        CS_CHECK(run.act(resume, nullptr, 0));
        run.explain("clock/resume", std::nullopt);
        changed = true;
    }
    if (changed) {
        CS_CHECK(run.automatic_steps());
    }
    return run.finish();
}

Decision join_report(const Case& value, const Actor& reporter, ReportId report,
                     std::vector<Attachment> attachments, const Context& context) {
    Run run(value, context);
    run.subject().counters["reports"] += 1;
    for (auto& item : attachments) {
        if (run.subject().attachments.size() < 64) {
            item.at = context.now;
            item.by = reporter.account;
            run.subject().attachments.push_back(std::move(item));
        }
    }
    const auto text = fmt::format("#{}", report.value);
    run.record("join", {"重复上报并入", "Duplicate report joined"}, reporter, value.state, {text, text});
    return run.finish();
}

Decision link_child(const Case& parent, CaseId child, const Actor& actor, std::string reason, const Context& context) {
    Run run(parent, context);
    if (std::find(parent.children.begin(), parent.children.end(), child) == parent.children.end()) {
        run.subject().children.push_back(child);
    }
    run.record("adopt", {"并入子案件", "Child case added"}, actor, parent.state, {reason, reason});
    return run.finish();
}

}  // namespace chengshu::cases
