#include "edge/api/internal/views.hpp"

#include "domain/access/masking.hpp"
#include "domain/access/scope.hpp"
#include "edge/api/internal/text.hpp"

#include <algorithm>
#include <cmath>

namespace chengshu::api {
namespace {

void put(json::object& out, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        out[name] = value;
    }
}

void put_mark(
    json::object& out,
    std::string_view name,
    const cases::Case& value,
    const char* mark
) {
    if (const auto found = value.marks.find(mark); found != value.marks.end()) {
        out[name] = format_utc(found->second);
    }
}

template <class Map>
json::object object_of(const Map& map) {
    json::object out;
    for (const auto& [name, value] : map) {
        out[name] = value;
    }
    return out;
}

json::object limit_view(const city::TimeLimit& limit) {
    return {{"value", limit.value}, {"unit", city::to_string(limit.unit)}};
}

json::array clocks_view(const services::Definitions& definitions, const cases::Case& value) {
    const auto flow = definitions.workflows.find(value.workflow);
    json::array out;
    for (const auto& [code, clock] : value.clocks) {
        const auto* known =
            flow == definitions.workflows.end() ? nullptr : flow->second.clock(code);
        json::object item{
            {"code", code}, {"name", label(known == nullptr ? Label{} : known->name)}
        };
        if (clock.limit.value > 0) {
            item["limit"] = limit_view(clock.limit);
        }
        item["started"] = format_utc(clock.started);
        if (clock.due) {
            item["due"] = format_utc(*clock.due);
        }
        if (clock.stopped) {
            item["stopped"] = format_utc(*clock.stopped);
        }
        item["paused"] = clock.paused.has_value();
        item["overdue"] = clock.overdue;
        item["exempt"] = clock.exempt;
        item["extensions"] = clock.extensions;
        out.emplace_back(std::move(item));
    }
    return out;
}

/// What summary and case have in common, in the schema's order as far as it goes.
void put_common(
    json::object& out,
    const services::Definitions& definitions,
    const cases::Case& value,
    Sight sight
) {
    const auto& city = *definitions.city;
    const bool inner = sight == Sight::Inner;
    if (!value.category.empty()) {
        const auto* category = city.category(value.category);
        out["category"] = json::object{
            {"id", value.category},
            {"code", category == nullptr ? value.category : category->code},
            {"name", label(category == nullptr ? Label{} : category->name)}
        };
    }
    out["area_path"] = area_path(city, value.path);
    if (value.point) {
        out["lon"] = inner ? value.point->lon : coarse(value.point->lon);
        out["lat"] = inner ? value.point->lat : coarse(value.point->lat);
    }
    if (!value.department.empty()) {
        out["department"] = department_name(city, value.department);
    }
    out["source"] = value.source;
    put(out, "address", inner ? value.address : access::mask_address(value.address));
    if (inner || city.settings().public_sees_description) {
        put(out, "description", access::mask_text(value.description));
    }
    out["reported_at"] = format_utc(value.reported_at);
    if (const auto due = due_of(value)) {
        out["due"] = format_utc(*due);
    }
    out["overdue"] = is_overdue(value);
    put_mark(out, "closed_at", value, "closed");
    out["generated"] = value.generated;
}

json::object reporter_view(const ports::ReportRow& report, bool clear) {
    json::object out;
    boost::system::error_code error;
    const auto stored =
        report.reporter.empty() ? json::value() : json::parse(report.reporter, error);
    if (error || !stored.is_object()) {
        return out;
    }
    const auto& object = stored.get_object();
    const auto name = text_of(object, "name");
    const auto phone = text_of(object, "phone");
    const auto email = text_of(object, "email");
    const auto account = text_of(object, "account");
    put(out, "name", clear ? name : access::mask_name(name));
    put(out, "phone", clear ? phone : access::mask_phone(phone));
    put(out, "email", clear ? email : access::mask_email(email));
    put(out, "account", clear ? account : access::mask_name(account));
    return out;
}

Label label_of(const json::value* pair) {
    Label out;
    if (pair != nullptr && pair->is_array() && pair->get_array().size() == 2) {
        const auto& list = pair->get_array();
        out.zh = list[0].is_string() ? std::string(std::string_view(list[0].get_string())) : "";
        out.en = list[1].is_string() ? std::string(std::string_view(list[1].get_string())) : "";
    }
    return out;
}

json::object actor_view(
    const services::Definitions& definitions,
    const ports::JournalRow& row,
    const json::object& body,
    Sight sight
) {
    const bool system = row.actor == "system";
    const bool outside = row.actor == "public" || row.actor.empty();
    json::object out{{"kind", system ? "system" : outside ? "public" : "person"}};
    if (system || outside || sight == Sight::Public) {
        return out;
    }
    out["account"] = row.actor;
    if (const auto post = text_of(body, "post"); !post.empty()) {
        const auto* known = definitions.city->post(post);
        out["post"] = named(post, known == nullptr ? Label{} : known->name);
    }
    return out;
}

}  // namespace

Sight sight_of(const access::Principal& who, const cases::Case& value, const city::City& city) {
    return access::can_see(who, value, city) ? Sight::Inner : Sight::Public;
}

json::object label(const Label& name) {
    return {{"zh", name.zh}, {"en", name.en}};
}

json::object named(std::string_view code, const Label& name) {
    return {{"code", code}, {"name", label(name)}};
}

json::object department_name(const city::City& city, const std::string& code) {
    const auto* found = city.department(code);
    return named(code, found == nullptr ? Label{code, code} : found->name);
}

json::object state_view(
    const services::Definitions& definitions,
    const std::string& workflow,
    const std::string& code
) {
    const auto flow = definitions.workflows.find(workflow);
    const auto* state = flow == definitions.workflows.end() ? nullptr : flow->second.state(code);
    // A case that a department's own flow has taken over was in states of the flow before it.
    for (auto other = definitions.workflows.begin();
         state == nullptr && other != definitions.workflows.end();
         ++other) {
        state = other->second.state(code);
    }
    if (state == nullptr) {
        return named(code, {code, code});
    }
    auto out = named(code, state->name);
    out["phase"] = state->phase;
    put(out, "queue", state->queue);
    return out;
}

json::array area_path(const city::City& city, const std::vector<std::string>& path) {
    json::array out;
    for (const auto& code : path) {
        const auto* area = city.area(code);
        out.emplace_back(json::object{
            {"code", code},
            {"level", area == nullptr ? std::string() : area->level},
            {"name", label(area == nullptr ? Label{code, code} : area->name)}
        });
    }
    return out;
}

json::object standard_view(const city::Standard& standard) {
    json::object out{
        {"code", standard.code},
        {"category", standard.category},
        {"condition", label(standard.condition)}
    };
    if (standard.limit.value > 0) {
        out["limit"] = limit_view(standard.limit);
    }
    out["closing"] = label(standard.closing);
    out["automatic"] = standard.automatic;
    return out;
}

json::array needs_view(const cases::Transition& transition) {
    json::array out;
    for (const auto& need : transition.needs) {
        json::object item{{"name", need.name}, {"required", need.required}};
        if (!need.one_of.empty()) {
            item["one_of"] = json::array(need.one_of.begin(), need.one_of.end());
        }
        out.emplace_back(std::move(item));
    }
    return out;
}

json::object
principal_view(const access::Principal& who, const services::Definitions& definitions) {
    json::array posts;
    for (const auto& post : who.posts) {
        const auto* known = definitions.city->post(post.code);
        json::object item{
            {"code", post.code},
            {"kind", post.kind},
            {"name", label(known == nullptr ? Label{} : known->name)}
        };
        put(item, "department", post.department);
        put(item, "area", post.area);
        posts.emplace_back(std::move(item));
    }
    json::array permissions;
    for (const auto& row : access::permissions()) {
        if (access::may(who, row.permission)) {
            permissions.emplace_back(row.code);
        }
    }
    return {
        {"login", who.account},
        {"name", label(who.name)},
        {"posts", std::move(posts)},
        {"permissions", std::move(permissions)}
    };
}

json::object
account_view(const services::Account& account, const services::Definitions& definitions) {
    auto out = principal_view(services::principal_of(account, definitions), definitions);
    if (account.disabled) {
        out["disabled"] = true;
    }
    return out;
}

std::string cases_link(
    std::string_view measure,
    const std::string& kind,
    const std::string& subject,
    Date from,
    Date to
) {
    const auto of = indicators::area_member({0, subject, kind});
    return "/cases?" + query_text(
                           {{"measure", std::string(measure)},
                            {"measure_kind", of ? "area" : kind},
                            {"measure_subject", of ? of->area : subject},
                            {"measure_by", of ? of->dimension : ""},
                            {"measure_member", of ? of->member : ""},
                            {"measure_from", format_date(from)},
                            {"measure_to", format_date(to)}}
                       );
}

double coarse(double degrees) {
    return std::round(degrees * 1000) / 1000;
}

std::optional<Instant> due_of(const cases::Case& value) {
    std::optional<Instant> out;
    for (const auto& [code, clock] : value.clocks) {
        if (clock.running() && clock.due && (!out || *clock.due < *out)) {
            out = clock.due;
        }
    }
    return out;
}

bool is_overdue(const cases::Case& value) {
    return std::any_of(value.clocks.begin(), value.clocks.end(), [](const auto& item) {
        return item.second.overdue;
    });
}

json::object summary_view(
    const services::Definitions& definitions,
    const cases::Case& value,
    std::int64_t version,
    Sight sight
) {
    json::object out{
        {"id", cases::format_case_id(value.id)},
        {"version", version},
        {"state", state_view(definitions, value.workflow, value.state)}
    };
    put_common(out, definitions, value, sight);
    return out;
}

json::object case_view(
    const services::Definitions& definitions,
    const cases::Case& value,
    std::int64_t version,
    Sight sight
) {
    const auto& city = *definitions.city;
    const bool inner = sight == Sight::Inner;
    json::object out{
        {"id", cases::format_case_id(value.id)},
        {"version", version},
        {"inner", inner},
        {"state", state_view(definitions, value.workflow, value.state)},
        {"workflow", value.workflow}
    };
    put_common(out, definitions, value, sight);
    if (const auto* standard = city.standard(value.standard)) {
        out["standard"] = standard_view(*standard);
    }
    put(out, "component", inner ? value.component : std::string());
    json::array assisting;
    for (const auto& code : value.assisting) {
        assisting.emplace_back(department_name(city, code));
    }
    out["assisting"] = std::move(assisting);
    const auto flow = definitions.workflows.find(value.workflow);
    const auto* state =
        flow == definitions.workflows.end() ? nullptr : flow->second.state(value.state);
    if (inner && state != nullptr && (!state->queue.empty() || !value.holder.empty())) {
        json::object holder;
        put(holder, "post_kind", state->queue);
        put(holder, "account", value.holder);
        out["holder"] = std::move(holder);
    }
    put(out, "collector", inner ? value.collector : std::string());
    out["clocks"] = clocks_view(definitions, value);
    out["counters"] = object_of(value.counters);
    out["flags"] = json::array(value.flags.begin(), value.flags.end());
    out["facts"] = inner ? object_of(value.facts) : json::object();
    put(out, "result", access::mask_text(value.result));
    if (value.parent) {
        out["parent"] = cases::format_case_id(value.parent);
    }
    json::array children;
    for (const auto id : value.children) {
        children.emplace_back(cases::format_case_id(id));
    }
    out["children"] = std::move(children);
    put_mark(out, "filed_at", value, "filed");
    put_mark(out, "dispatched_at", value, "dispatched");
    put_mark(out, "handled_at", value, "handled");
    if (value.resume_at) {
        out["resume_at"] = format_utc(*value.resume_at);
    }
    json::array attachments;
    for (const auto& item : value.attachments) {
        if (inner) {
            attachments.emplace_back(json::object{
                {"sha256", item.sha256},
                {"kind", item.kind},
                {"media_type", item.media_type},
                {"size", item.size_bytes},
                {"at", format_utc(item.at)}
            });
        }
    }
    out["attachments"] = std::move(attachments);
    out["can_reveal"] = false;
    return out;
}

json::object masked_reporter(const ports::ReportRow& report) {
    return reporter_view(report, false);
}

json::object clear_reporter(const ports::ReportRow& report) {
    return reporter_view(report, true);
}

Result<json::object> whole_case(
    ports::Store& store,
    const services::Definitions& definitions,
    const access::Principal& who,
    const cases::Case& value,
    std::int64_t version
) {
    const auto sight = sight_of(who, value, *definitions.city);
    auto out = case_view(definitions, value, version, sight);
    if (sight == Sight::Inner) {
        CS_TRY(report, store.find_report(value.report));
        if (report) {
            if (auto reporter = masked_reporter(*report); !reporter.empty()) {
                out["reporter"] = std::move(reporter);
            }
        }
        out["can_reveal"] = access::can_reveal(who, value, *definitions.city);
    }
    return out;
}

EntryView entry_view(
    const services::Definitions& definitions,
    const ports::JournalRow& row,
    const std::string& workflow,
    Sight sight
) {
    EntryView out;
    boost::system::error_code error;
    const auto body = json::parse(row.body, error);
    if (error || !body.is_object() || !body.get_object().contains("changes")) {
        return out;
    }
    const auto& object = body.get_object();
    const bool automatic = object.contains("automatic");
    out.shown = true;
    auto& entry = out.object;
    entry["seq"] = row.seq.value;
    entry["at"] = format_utc(from_millis(row.at));
    entry["action"] = named(row.type, label_of(object.if_contains("name")));
    for (const char* end : {"from", "to"}) {
        if (const auto code = text_of(object, end); !code.empty()) {
            entry[end] = state_view(definitions, workflow, code);
        }
    }
    entry["actor"] = actor_view(definitions, row, object, sight);
    entry["automatic"] = automatic;
    auto reason = label_of(object.if_contains("reason"));
    if ((automatic || sight == Sight::Inner) && !(reason.zh.empty() && reason.en.empty())) {
        if (!automatic) {
            reason = {access::mask_text(reason.zh), access::mask_text(reason.en)};
        }
        entry["reason"] = label(reason);
    }
    if (const auto rule = text_of(object, "rule"); !rule.empty()) {
        entry["rule"] = rule;
    }
    if (const auto confidence = number_of(object, "confidence")) {
        entry["confidence"] = *confidence;
    }
    if (sight == Sight::Inner && object.at("changes").is_object()) {
        auto changes = object.at("changes").get_object();
        for (const char* text : {"description", "result"}) {
            if (auto* member = changes.if_contains(text);
                member != nullptr && member->is_string()) {
                *member = access::mask_text(std::string_view(member->get_string()));
            }
        }
        entry["changes"] = std::move(changes);
    }
    return out;
}

}  // namespace chengshu::api
