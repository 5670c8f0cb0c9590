#include "services/response/alerts.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/response_views.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"
#include "edge/cap/message.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"
#include "services/response/foreign.hpp"
#include "services/response/responses.hpp"
#include "services/response/watch.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chengshu::api {
namespace {

using response::Alert;
using response::Level;

constexpr std::size_t kPeriodsMax = 1'000;
/// Rows of the store that one page looks at, when few of them are in the caller's areas.
constexpr int kAlertsLookedAtMax = 2'000;

json::object rule_view(const response::Rule& rule) {
    json::object out{
        {"code", rule.code},
        {"name", label(rule.name)},
        {"source", rule.source},
        {"every", indicators::period_name(rule.every)}
    };
    if (rule.validity.from) {
        out["valid_from"] = format_date(*rule.validity.from);
    }
    if (rule.validity.to) {
        out["valid_to"] = format_date(*rule.validity.to);
    }
    json::array levels;
    for (const auto& [level, condition] : rule.grades) {
        levels.emplace_back(response::level_name(level));
    }
    out["levels"] = std::move(levels);
    json::array indicators;
    for (const auto& term : rule.terms) {
        if (!term.indicator.empty()) {
            indicators.emplace_back(term.indicator);
        }
    }
    out["indicators"] = std::move(indicators);
    if (!rule.merge.empty()) {
        out["merge"] = rule.merge;
    }
    return out;
}

/// The place of a rule that is asked for; without a wish, the only one it watches.
Result<response::Site> site_of(const Call& call, const response::Rule& rule) {
    if (call.ports.options.entities == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no terminals");
    }
    const auto sites = services::sites_of(
        rule,
        call.city(),
        call.ports.options.entities->registry(),
        rule.validity.from.value_or(call.today())
    );
    const auto area = call.parameter("area");
    const auto thing = call.parameter("thing");
    if (!area && !thing && sites.size() == 1) {
        return sites.front();
    }
    for (const auto& site : sites) {
        if ((area && site.place.thing == 0 && site.place.code == *area) ||
            (thing && site.place.thing != 0 && std::to_string(site.place.thing) == *thing)) {
            return site;
        }
    }
    return fail(
        ErrorCode::NotFound,
        fmt::format("rule {} does not watch that place; say which with area or thing", rule.code)
    );
}

services::ForeignWarning::Kind kind_of(const cap::Message& message) {
    using Kind = services::ForeignWarning::Kind;
    return message.kind == "Cancel"   ? Kind::Cancel
           : message.kind == "Update" ? Kind::Update
                                      : Kind::Alert;
}

/// The info in a language, else the first.
const cap::Info& info_in(const cap::Message& message, std::string_view language) {
    for (const auto& info : message.infos) {
        const std::string_view written =
            info.language.empty() ? std::string_view("en-US") : std::string_view(info.language);
        if (written.starts_with(language)) {
            return info;
        }
    }
    return message.infos.front();
}

std::string text_of_info(const cap::Info& info) {
    constexpr std::size_t kShown = 4'000;
    auto out = info.headline.empty() ? info.description : info.headline;
    if (!info.headline.empty() && !info.description.empty()) {
        out += "\n" + info.description;
    }
    if (out.size() > kShown) {
        out.resize(kShown);
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) {
            out.pop_back();
        }
        if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0U) {
            out.pop_back();
        }
    }
    return out;
}

Result<services::ForeignWarning> warning_of(const cap::Message& message) {
    if (message.status != "Actual" && message.status != "Exercise") {
        return fail(
            ErrorCode::RuleViolation, "only real warnings and exercises are taken", "status"
        );
    }
    if (message.kind == "Ack" || message.kind == "Error") {
        return fail(ErrorCode::RuleViolation, "this message warns of nothing", "msgType");
    }
    services::ForeignWarning out;
    out.kind = kind_of(message);
    out.sender = message.sender;
    out.identifier = message.identifier;
    out.sent = message.sent;
    out.exercise = message.status == "Exercise";
    CS_TRY(references, cap::references_of(message));
    for (auto& reference : references) {
        out.references.push_back({std::move(reference.sender), std::move(reference.identifier)});
    }
    if (message.infos.empty()) {
        if (out.kind != services::ForeignWarning::Kind::Cancel) {
            return fail(ErrorCode::InvalidInput, "the message has no info", "info");
        }
        out.event = "unknown";
        return out;
    }
    const auto& first = message.infos.front();
    out.level = cap::level_of_severity(first.severity);
    if (out.level == Level::None) {
        out.level = Level::Blue;  // a warning of unknown severity is one all the same
    }
    out.name = {info_in(message, "zh").event, info_in(message, "en").event};
    out.text = {text_of_info(info_in(message, "zh")), text_of_info(info_in(message, "en"))};
    out.event = first.event_codes.empty() ? "other" : first.event_codes.front().value;
    out.category = first.categories.front();
    for (const auto& area : first.areas) {
        out.area_text += (out.area_text.empty() ? "" : "; ") + area.description;
        for (const auto& geocode : area.geocodes) {
            out.area_codes.push_back(geocode.value);
        }
        if (!out.point && !area.circles.empty()) {
            const std::string_view circle = area.circles.front();
            const auto comma = circle.find(',');
            city::Point point{};
            std::from_chars(circle.data(), circle.data() + comma, point.lat);
            std::from_chars(circle.data() + comma + 1, circle.data() + circle.size(), point.lon);
            out.point = point;
        }
    }
    if (!first.expires.empty()) {
        CS_TRY(expires, parse_rfc3339(first.expires));
        out.expires = expires;
    }
    return out;
}

}  // namespace

json::object alert_view(const Alert& alert) {
    auto out = response::to_json(alert);
    if (alert.case_id) {
        out.erase("case");
        out["case_id"] = cases::format_case_id(alert.case_id);
    }
    return out;
}

Result<Outcome> list_rules(const Call& call) {
    json::array items;
    for (const auto& rule : call.definitions->rules.all()) {
        items.emplace_back(rule_view(rule));
    }
    return Outcome{list_answer(std::move(items), "")};
}

Result<Outcome> judge_rule(const Call& call) {
    const auto& book = call.definitions->rules;
    const auto& code = call.in_path("rule");
    const auto& zone = call.city().calendar().zone();
    std::optional<Date> rules;
    if (const auto day = call.parameter("rules")) {
        CS_TRY(date, parse_date(*day));
        rules = date;
    }
    CS_TRY(from, parse_date(call.parameter("from").value_or(format_date(call.today()))));
    CS_TRY(to, parse_date(call.parameter("to").value_or(format_date(from))));
    const auto* rule = book.find(code, rules.value_or(from));
    for (const auto& other : book.all()) {
        rule = rule == nullptr && other.code == code ? &other : rule;
    }
    if (rule == nullptr) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no rule {}{}", code, suggestion(code, book.codes()))
        );
    }
    CS_TRY(site, site_of(call, *rule));
    if (to < from) {
        return fail(ErrorCode::InvalidInput, "from comes before to", "to");
    }
    const auto periods = indicators::periods_between(
        rule->every,
        zone.to_instant(std::chrono::local_days{from}),
        zone.to_instant(std::chrono::local_days{to} + std::chrono::days{1}),
        zone,
        kPeriodsMax + 1
    );
    if (periods.size() > kPeriodsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("at most {} values can be asked for at once", kPeriodsMax),
            "to"
        );
    }
    services::StoredValues values(
        call.ports.store, *call.ports.options.entities, call.definitions, call.who
    );
    values.set_rules(rules);
    values.set_now(call.now);
    if (!periods.empty()) {
        values.set_span(*rule, periods.front().from, periods.back().to);
    }
    const auto judged = response::judge_history(book, code, rules, site, values, periods, zone);
    CS_CHECK(values.status());
    json::array items;
    for (const auto& one : judged) {
        json::object item{
            {"from", format_utc(one.period.from)},
            {"to", format_utc(one.period.to)},
            {"grade", response::level_name(one.grade)},
            {"level", response::level_name(one.level)}
        };
        if (one.change != response::Change::None) {
            item["change"] = response::change_name(one.change);
        }
        if (one.rule != nullptr && one.rule->validity.from) {
            item["rule_from"] = format_date(*one.rule->validity.from);
        }
        items.emplace_back(std::move(item));
    }
    json::object out{{"rule", code}, {"items", std::move(items)}};
    if (site.place.thing != 0) {
        out["thing"] = std::to_string(site.place.thing);
    } else {
        out["area"] = site.place.code;
    }
    return Outcome{json_answer(out)};
}

Result<Outcome> list_alerts(const Call& call) {
    CS_TRY(cursor, cursor_of(call));
    const auto limit = static_cast<std::size_t>(call.integer("limit", kPageDefault));
    const bool past = call.parameter("open").value_or("true") == "false";
    const auto level = call.parameter("level");
    const auto rule = call.parameter("rule");
    json::array items;
    bool more = true;
    for (int looked = 0; more && looked < kAlertsLookedAtMax && items.size() < limit;) {
        CS_TRY(
            page,
            services::newest_alerts(
                call.ports.store, past ? services::kAlertPast : services::kAlert, cursor, 200
            )
        );
        more = !page.empty();
        for (const auto& alert : page) {
            ++looked;
            cursor = services::newest_key(alert);
            if ((!level || response::level_name(past ? alert.peak : alert.level) == *level) &&
                (!rule || alert.rule == *rule) &&
                services::sees(call.who, alert.path, call.city())) {
                items.emplace_back(alert_view(alert));
            }
            if (items.size() == limit) {
                break;
            }
        }
    }
    return Outcome{list_answer(std::move(items), more ? make_cursor(cursor) : "")};
}

Result<Outcome> get_alert(const Call& call) {
    CS_TRY(alert, services::find_alert(call.ports.store, call.in_path("alert")));
    if (!alert || !services::sees(call.who, alert->path, call.city())) {
        return fail(ErrorCode::NotFound, "there is no such alert");
    }
    return Outcome{json_answer(alert_view(*alert))};
}

Result<Outcome> post_acknowledgement(const Call& call) {
    Write write;
    write.work = [who = call.who,
                  id = call.in_path("alert"),
                  note = call.text("note")](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(alert, services::acknowledge_alert(work, who, id, note));
        return json_text(alert_view(alert));
    };
    return Outcome{std::move(write)};
}

Result<Outcome> post_message(const Call& call) {
    Write write;
    write.work = [who = call.who,
                  id = call.in_path("alert")](services::UnitOfWork& work) -> Result<std::string> {
        const auto& city = work.city();
        const auto write_message =
            [&](const Alert& alert, const response::Issuer& issuer, int serial) {
                const auto& zone = city.calendar().zone();
                const auto area = alert.path.empty() ? std::string() : alert.path.back();
                const auto identifier =
                    cap::identifier_of(issuer, city.division_of(area), work.now(), zone, serial);
                const auto message = cap::message_of(alert, issuer, identifier, work.now(), zone);
                return services::WrittenMessage{
                    message.identifier, message.sent, message.kind, cap::write(message)
                };
            };
        CS_TRY(alert, services::issue_alert(work, who, id, write_message));
        return json_text(alert_view(alert));
    };
    return Outcome{std::move(write)};
}

Result<Outcome> get_message(const Call& call) {
    CS_TRY(xml, services::issued_message(call.ports.store, call.in_path("identifier")));
    if (!xml) {
        return fail(ErrorCode::NotFound, "no warning of that identifier was issued");
    }
    Answer out;
    out.content_type = "application/cap+xml";
    out.body = std::move(*xml);
    return Outcome{std::move(out)};
}

Result<Outcome> post_warning(const Call& call) {
    const auto type = http::media_type(call.request.headers.get("Content-Type"));
    if (type != "application/cap+xml" && type != "application/xml" && type != "text/xml") {
        return fail(
            ErrorCode::UnsupportedMedia, "send a warning as application/cap+xml", "Content-Type"
        );
    }
    CS_TRY(message, cap::read(call.request.body));
    CS_TRY(warning, warning_of(message));
    Write write;
    write.work = [who = call.who,
                  warning = std::move(warning)](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(alert, services::take_warning(work, who, warning));
        return json_text(alert_view(alert));
    };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::api
