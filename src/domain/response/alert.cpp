#include "domain/response/alert.hpp"

#include "domain/response/internal/document.hpp"

#include <algorithm>

namespace chengshu::response {
namespace {

namespace json = boost::json;

void put_place(json::object& out, const indicators::Place& place) {
    if (place.thing != 0) {
        out["thing"] = std::to_string(place.thing);
    } else {
        out["area"] = place.code;
    }
}

json::object to_json(const AlertStep& step) {
    json::object out{
        {"at", format_utc(step.at)}, {"what", step.what}, {"level", level_name(step.level)}
    };
    put_text(out, "by", step.by);
    put_text(out, "note", step.note);
    return out;
}

Level highest(const std::map<Level, std::int64_t>& places) {
    return places.empty() ? Level::None : places.rbegin()->first;
}

}  // namespace

json::object to_json(const Evidence& value) {
    json::object out{{"name", value.name}, {"indicator", value.indicator}};
    put_place(out, value.place);
    out["from"] = format_utc(value.from);
    out["to"] = format_utc(value.to);
    if (value.value) {
        out["value"] = *value.value;
    }
    return out;
}

json::object to_json(const Alert& value) {
    json::object out{
        {"id", value.id},
        {"rule", value.rule},
        {"name", label_json(value.name)},
        {"source", value.source},
        {"level", level_name(value.level)},
        {"peak", level_name(value.peak)},
        {"since", format_utc(value.since)},
        {"raised", format_utc(value.raised)},
        {"level_at", format_utc(value.level_at)}
    };
    put_text(out, "rule_from", value.rule_from);
    if (value.exercise) {
        out["exercise"] = true;
    }
    put_place(out, value.place);
    out["place_name"] = label_json(value.place_name);
    out["path"] = texts_json(value.path);
    put_point(out, value.point);
    put_instant(out, "cleared", value.cleared);
    put_instant(out, "expires", value.expires);
    put_instant(out, "acknowledged", value.acknowledged);
    put_text(out, "acknowledged_by", value.acknowledged_by);
    if (value.escalated != 0) {
        out["escalated"] = value.escalated;
    }
    json::object places;
    for (const auto& [level, count] : value.places) {
        places[level_name(level)] = count;
    }
    out["places"] = std::move(places);
    json::object members;
    for (const auto& [member, level] : value.members) {
        members[member] = level_name(level);
    }
    out["members"] = std::move(members);
    json::array evidence;
    for (const auto& one : value.evidence) {
        evidence.emplace_back(to_json(one));
    }
    out["evidence"] = std::move(evidence);
    json::array steps;
    for (const auto& step : value.steps) {
        steps.emplace_back(to_json(step));
    }
    out["steps"] = std::move(steps);
    if (!value.issued.empty()) {
        json::array issued;
        for (const auto& message : value.issued) {
            issued.emplace_back(json::object{
                {"identifier", message.identifier},
                {"sent", message.sent},
                {"kind", message.kind},
                {"level", level_name(message.level)}
            });
        }
        out["issued"] = std::move(issued);
    }
    if (value.case_id) {
        out["case"] = value.case_id.value;
    }
    out["text"] = label_json(value.text);
    put_text(out, "event", value.event);
    put_text(out, "category", value.category);
    put_text(out, "sender", value.sender);
    put_text(out, "identifier", value.identifier);
    put_text(out, "sent", value.sent);
    return out;
}

Result<Alert> alert_from_json(const json::value& document) {
    Reader read(document);
    Alert out;
    out.id = read.text("id");
    out.rule = read.text("rule");
    out.rule_from = read.text("rule_from");
    out.name = read.label("name");
    out.source = read.text("source");
    out.level = read.level("level");
    out.peak = read.level("peak");
    out.exercise = read.flag("exercise");
    out.place.code = read.text("area");
    out.place.thing = read.number_text("thing");
    out.place_name = read.label("place_name");
    out.path = read.texts("path");
    out.point = read.point("point");
    out.since = read.instant("since");
    out.raised = read.instant("raised");
    out.level_at = read.instant("level_at");
    out.cleared = read.maybe_instant("cleared");
    out.expires = read.maybe_instant("expires");
    out.acknowledged = read.maybe_instant("acknowledged");
    out.acknowledged_by = read.text("acknowledged_by");
    out.escalated = static_cast<int>(read.whole("escalated"));
    read.each_member("places", [&](std::string_view name, Reader one) {
        out.places[level_of(name).value_or(Level::None)] = one.whole();
    });
    read.each_member("members", [&](std::string_view name, Reader one) {
        out.members[std::string(name)] = level_of(one.text()).value_or(Level::None);
    });
    read.each("evidence", [&](Reader one) {
        Evidence evidence;
        evidence.name = one.text("name");
        evidence.indicator = one.text("indicator");
        evidence.place.code = one.text("area");
        evidence.place.thing = one.number_text("thing");
        evidence.from = one.instant("from");
        evidence.to = one.instant("to");
        evidence.value = one.number("value");
        out.evidence.push_back(std::move(evidence));
    });
    read.each("steps", [&](Reader one) {
        AlertStep step;
        step.at = one.instant("at");
        step.what = one.text("what");
        step.level = one.level("level");
        step.by = one.text("by");
        step.note = one.text("note");
        out.steps.push_back(std::move(step));
    });
    read.each("issued", [&](Reader one) {
        out.issued.push_back(
            {one.text("identifier"), one.text("sent"), one.text("kind"), one.level("level")}
        );
    });
    out.case_id = CaseId{read.whole("case")};
    out.text = read.label("text");
    out.event = read.text("event");
    out.category = read.text("category");
    out.sender = read.text("sender");
    out.identifier = read.text("identifier");
    out.sent = read.text("sent");
    if (!read.ok() || out.id.empty()) {
        return fail(ErrorCode::InvalidInput, "the document of an alert is damaged");
    }
    return out;
}

void add_step(Alert& alert, AlertStep step) {
    if (alert.steps.size() >= kStepsMax) {
        alert.steps.erase(alert.steps.begin() + kStepsMax / 2);
    }
    alert.steps.push_back(std::move(step));
}

Change take(Alert& alert, const std::string& member, Level from, Level to, Instant at) {
    if (from != Level::None) {
        if (auto found = alert.places.find(from); found != alert.places.end()) {
            if (--found->second <= 0) {
                alert.places.erase(found);
            }
        }
    }
    if (to != Level::None) {
        ++alert.places[to];
    }
    if (auto known = alert.members.find(member); known != alert.members.end()) {
        if (to == Level::None) {
            alert.members.erase(known);
        } else {
            known->second = to;
        }
    } else if (to != Level::None && alert.members.size() < kMembersMax) {
        alert.members.emplace(member, to);
    }
    const auto before = alert.level;
    const auto next = highest(alert.places);
    if (next == before) {
        return Change::None;
    }
    alert.level = next;
    alert.level_at = at;
    alert.peak = std::max(alert.peak, next);
    alert.escalated = 0;
    if (next == Level::None) {
        alert.cleared = at;
        return Change::Cleared;
    }
    if (next > before) {
        // What has become graver has to be seen again.
        alert.acknowledged.reset();
        alert.acknowledged_by.clear();
    }
    return before == Level::None ? Change::Fired : next > before ? Change::Raised : Change::Lowered;
}

Status acknowledge(Alert& alert, const std::string& by, const std::string& note, Instant at) {
    if (!alert.open()) {
        return fail(ErrorCode::RuleViolation, "the alert is over");
    }
    if (alert.acknowledged) {
        return ok();
    }
    alert.acknowledged = at;
    alert.acknowledged_by = by;
    add_step(alert, {at, "acknowledged", alert.level, by, note});
    return ok();
}

const Escalation* escalate(Alert& alert, const Rule& rule, Instant now) {
    if (!alert.open() || alert.acknowledged) {
        return nullptr;
    }
    const auto taken = static_cast<std::size_t>(std::max(0, alert.escalated));
    for (auto next = taken; next < rule.escalate.size(); ++next) {
        const auto& step = rule.escalate[next];
        if (now - alert.level_at < std::chrono::minutes{step.minutes}) {
            return nullptr;
        }
        alert.escalated = static_cast<int>(next) + 1;
        if (alert.level >= step.from) {
            add_step(alert, {now, "escalated", alert.level, "system", step.to});
            return &step;
        }
    }
    return nullptr;
}

}  // namespace chengshu::response
