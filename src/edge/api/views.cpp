#include "edge/api/internal/views.hpp"

#include "domain/access/masking.hpp"
#include "domain/access/scope.hpp"
#include "edge/api/internal/case_view.hpp"
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

json::object masked_reporter(const ports::ReportRow& report) {
    return reporter_view(report, false);
}

json::object clear_reporter(const ports::ReportRow& report) {
    return reporter_view(report, true);
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
