#include "simulation/journal_checker.hpp"

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "simulation/clock_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace json = boost::json;

namespace chengshu::simulation {
namespace {

constexpr int kPage = 10'000;

/// RFC 7386, written once more.
void patch(json::object& target, const json::object& changes) {
    for (const auto& [key, value] : changes) {
        if (value.is_null()) {
            target.erase(key);
        } else if (value.is_object()) {
            auto& inner = target[key];
            if (!inner.is_object()) {
                inner = json::object{};
            }
            patch(inner.get_object(), value.get_object());
        } else {
            target[key] = value;
        }
    }
}

bool has_effect(const cases::Transition& transition, cases::Effect::Kind kind) {
    return std::any_of(
        transition.effects.begin(),
        transition.effects.end(),
        [&](const auto& effect) { return effect.kind == kind; }
    );
}

}  // namespace

void JournalChecker::say(const Step& step, const std::string& what) {
    findings_.add(fmt::format(
        "{}: entry {} \"{}\" by {}: {}",
        step.name,
        step.row.seq.value,
        step.row.type,
        step.row.actor,
        what
    ));
}

const cases::Workflow* JournalChecker::workflow(const std::string& code) const {
    const auto found = city_.definitions->workflows.find(code);
    return found == city_.definitions->workflows.end() ? nullptr : &found->second;
}

bool JournalChecker::done(const cases::Case& value) const {
    const auto* flow = workflow(value.workflow);
    const auto* state = flow == nullptr ? nullptr : flow->state(value.state);
    return state != nullptr && state->done();
}

void JournalChecker::catch_up(memory::MemoryStore& store, const Listener& listener) {
    touched_.clear();
    ended_.clear();
    const auto rows = store.journal(last_, kPage);
    for (const auto& row : *rows) {
        if (row.seq.value != last_.value + 1) {
            findings_.add(fmt::format("journal: entry {} follows {}", row.seq.value, last_.value));
        }
        last_ = row.seq;
        entry(row, listener);
    }
    for (const auto id : touched_) {
        const auto& known = cases_.at(id);
        const auto stored = store.find_case(id);
        if (!*stored) {
            findings_.add(fmt::format("case {} has entries and no row", id.value));
            continue;
        }
        if (json::parse((*stored)->body) != json::value(known.document)) {
            findings_.add(fmt::format(
                "case {}: stored {} is not the fold {}",
                id.value,
                (*stored)->body,
                json::serialize(known.document)
            ));
        }
        if ((*stored)->version != known.version || (*stored)->state != known.value.state) {
            findings_.add(fmt::format(
                "case {}: stored version {} {}, journal {} {}",
                id.value,
                (*stored)->version,
                (*stored)->state,
                known.version,
                known.value.state
            ));
        }
    }
    families();
}

void JournalChecker::entry(const ports::JournalRow& row, const Listener& listener) {
    const auto parsed = json::parse(row.body);
    const auto& body = parsed.as_object();
    listener(row, body);
    const auto* changes = body.if_contains("changes");
    if (changes == nullptr || !row.case_id) {
        return;  // alerts, responses and submissions have changes, too
    }
    const Step step{
        row,
        body,
        changes->as_object(),
        fmt::format("case {}", row.case_id.value),
        text_of(body, "from"),
        text_of(body, "to")
    };
    const bool fresh = !cases_.contains(row.case_id);
    auto& known = cases_[row.case_id];
    const auto before = known.value;
    patch(known.document, step.changes);
    auto value = cases::case_from_json(known.document);
    if (!value) {
        say(step, "the fold cannot be read: " + value.error().context);
        return;
    }
    known.value = std::move(*value);
    known.version += 1;
    known.last = row.seq;
    touched_.insert(row.case_id);
    if (fresh != (row.type == "report")) {
        say(step, fresh ? "the first entry of a case is its report" : "a case is reported once");
    }
    if (known.value.state != step.to) {
        say(step,
            fmt::format("says that it leads to {}, the case is in {}", step.to, known.value.state));
    }
    if (fresh) {
        opened(step, known);
    } else {
        moved(step, before, known.value);
    }
    if (const auto* flow = workflow(known.value.workflow)) {
        check_clocks(
            city_,
            *flow,
            fresh ? nullptr : &before,
            known.value,
            from_millis(row.at),
            step.name,
            findings_
        );
    } else {
        say(step, "leads into an unknown workflow " + known.value.workflow);
    }
}

void JournalChecker::opened(const Step& step, const KnownCase& now) {
    const auto& value = now.value;
    const auto digits = std::to_string(step.row.case_id.value);
    std::int64_t serial = 0;
    std::from_chars(digits.data() + 14, digits.data() + digits.size(), serial);
    auto& last = numbers_[std::stoll(digits.substr(0, 14))];
    if (digits.size() != 19 || serial != last + 1) {
        say(step, fmt::format("serial {} of {} follows {}", serial, digits.substr(0, 14), last));
    }
    last = serial;
    const auto day = city_.calendar->zone().local_date(from_millis(step.row.at));
    const auto expected = value.path.back().substr(0, 6) + std::to_string(date_key(day));
    if (digits.substr(0, 14) != expected) {
        say(step, "its number should begin with " + expected);
    }
    const auto* flow = workflow(value.workflow);
    if (flow != nullptr && value.state != flow->start) {
        say(step, "begins in " + value.state);
    }
}

void JournalChecker::kept(
    const Step& step,
    const cases::Case& before,
    const cases::Case& after,
    std::set<std::string_view> may_change
) {
    if (after.state != before.state || step.from != before.state) {
        say(step, fmt::format("does not move a case, but {} → {}", before.state, after.state));
    }
    for (const auto& [key, value] : step.changes) {
        if (!may_change.contains(key)) {
            say(step, fmt::format("must not change {}", std::string_view(key)));
        }
    }
}

void JournalChecker::moved(const Step& step, const cases::Case& before, const cases::Case& after) {
    const auto& type = step.row.type;
    if (type == "join") {
        return kept(step, before, after, {"counters", "attachments"});
    }
    if (type == "adopt") {
        return kept(step, before, after, {"children"});
    }
    if (type == "remind" || type == "overdue") {
        return kept(step, before, after, {"clocks"});
    }
    if (type == "hand_over") {
        return kept(step, before, after, {});
    }
    const auto* flow = workflow(before.workflow);
    const auto* transition = flow == nullptr ? nullptr : flow->transition(type, before.state);
    if (transition == nullptr || step.from != before.state) {
        say(step,
            fmt::format("there is no such edge from {} of {}", before.state, before.workflow));
        return;
    }
    const auto target = transition->to == "="         ? before.state
                        : transition->to == "@before" ? before.state_before
                                                      : transition->to;
    if (after.state != target) {
        say(step, fmt::format("leads to {}, not to {}", target, after.state));
    }
    permitted(step, *transition, before);
    automatic(step, *flow);
    if (has_effect(*transition, cases::Effect::Kind::CloseChildren)) {
        ended_[after.id] = {true, step.row.seq};
    }
    if (has_effect(*transition, cases::Effect::Kind::ReopenChildren)) {
        ended_[after.id] = {false, step.row.seq};
    }
    if (type == "close_with_parent") {
        const auto parent = cases_.find(before.parent);
        if (parent == cases_.end() || !done(parent->second.value)) {
            say(step, fmt::format("its parent {} is not at an end", before.parent.value));
        }
    }
}

void JournalChecker::automatic(const Step& step, const cases::Workflow& flow) {
    const auto rule = text_of(step.body, "rule");
    if (rule.empty() || rule.starts_with("clock/")) {
        return;
    }
    std::size_t number = 0;
    const auto slash = rule.rfind('/');
    std::from_chars(rule.data() + slash + 1, rule.data() + rule.size(), number);
    if (rule.substr(0, slash) != flow.code + "/automatic" || number == 0 ||
        number > flow.automatic.size()) {
        say(step, "names a rule that does not exist: " + rule);
        return;
    }
    const auto& found = flow.automatic[number - 1];
    if (found.action != step.row.type || !contains(found.in, step.from)) {
        say(step, fmt::format("{} does not do this in {}", rule, step.from));
    }
}

void JournalChecker::permitted(
    const Step& step,
    const cases::Transition& transition,
    const cases::Case& before
) {
    if (step.row.actor == "system") {
        if (!contains(transition.by, "system")) {
            say(step, "is not for the system");
        }
        return;
    }
    const auto code = text_of(step.body, "post");
    const auto& city = *city_.definitions->city;
    const auto* post = city.post(code);
    const auto accounts = city.demo_accounts();
    const bool his = std::any_of(accounts.begin(), accounts.end(), [&](const auto& account) {
        return account.login == step.row.actor && contains(account.posts, code);
    });
    if (post == nullptr || !his || !contains(transition.by, post->kind)) {
        say(step, fmt::format("post \"{}\" of {} may not do this", code, step.row.actor));
        return;
    }
    const bool ended = before.marks.contains("closed") || before.marks.contains("voided");
    const bool in_area = contains(before.path, post->area);
    const bool own = before.collector == step.row.actor || before.holder == step.row.actor;
    const bool reaches = post->kind == "handler" ? before.department == post->department ||
                                                       contains(before.assisting, post->department)
                         : post->kind == "collector" ? own || (in_area && !ended)
                                                     : in_area;
    if (!reaches) {
        say(step, fmt::format("the case is outside the scope of {}", code));
    }
}

void JournalChecker::families() {
    for (const auto& [id, how] : ended_) {
        const auto& [closing, when] = how;
        for (const auto child_id : cases_.at(id).value.children) {
            const auto found = cases_.find(child_id);
            if (found == cases_.end()) {
                findings_.add(fmt::format(
                    "case {} names a child {} that does not exist", id.value, child_id.value
                ));
                continue;
            }
            const auto& child = found->second;
            // Later steps of the child itself, or of a parent that it has gone to since, are its
            // own affair.
            const bool parent_moved_on = ended_.at(id).second != when || child.value.parent != id;
            const auto* flow = workflow(child.value.workflow);
            if (child.last > when || parent_moved_on || flow == nullptr) {
                continue;
            }
            const bool stayed =
                closing ? !done(child.value) : child.value.flags.contains("closed_with_parent");
            const char* follow = closing ? "close_with_parent" : "reopen_with_parent";
            if (stayed && flow->transition(follow, child.value.state) != nullptr) {
                findings_.add(fmt::format(
                    "case {} has {}, its child {} stays in {}",
                    id.value,
                    closing ? "closed" : "reopened",
                    child_id.value,
                    child.value.state
                ));
            }
        }
    }
}

}  // namespace chengshu::simulation
