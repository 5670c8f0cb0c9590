#include "services/response/alerts.hpp"

#include "base/json_text.hpp"
#include "services/internal/documents.hpp"
#include "services/reports.hpp"
#include "services/response/responses.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using response::Alert;
using response::Change;
using response::Level;
using response::Rule;

/// Which open alert places of a rule share: id rule/group, body {"alert": id}.
constexpr auto kAlertOf = "alert_of";
/// How many alerts of a rule are open: id rule, body {"open": n}.
constexpr auto kAlertCount = "alert_count";
constexpr auto kSystem = "system";
/// Issued messages: id the identifier, body {"alert", "xml"}.
constexpr auto kIssued = "cap_issued";

const Label& level_label(Level level) {
    static const std::map<Level, Label> kLabels{
        {Level::None, {"无", "none"}},
        {Level::Blue, {"蓝色", "blue"}},
        {Level::Yellow, {"黄色", "yellow"}},
        {Level::Orange, {"橙色", "orange"}},
        {Level::Red, {"红色", "red"}},
    };
    return kLabels.at(level);
}

std::string compact(Instant at) {
    auto text = format_utc(at).substr(0, 19);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text + "Z";
}

std::string place_word(const indicators::Place& place) {
    return place.thing != 0 ? fmt::format("thing-{}", place.thing) : place.code;
}

std::string values_text(const std::vector<response::Evidence>& evidence) {
    constexpr std::size_t kShown = 6;
    std::string out;
    for (std::size_t i = 0; i < evidence.size() && i < kShown; ++i) {
        if (evidence[i].value) {
            out += fmt::format(
                "{}{} = {:g}", out.empty() ? "" : ", ", evidence[i].name, *evidence[i].value
            );
        }
    }
    return out;
}

/// How many alerts of a rule are open, of kAlertCount.
Result<std::int64_t> open_in(const std::optional<ports::DocumentRow>& row) {
    CS_TRY(object, row ? object_of(*row) : json::object());
    const auto* open = object.if_contains("open");
    return open != nullptr && open->is_int64() ? open->get_int64() : 0;
}

void stage_open(UnitOfWork& work, const std::string& rule, std::int64_t count) {
    work.stage_document(
        {kAlertCount, rule, count > 0 ? json_text(json::object{{"open", count}}) : std::string()}
    );
}

/// The alert is over, whatever its places say.
Status end(UnitOfWork& work, const Alert& before, const char* why) {
    Alert after = before;
    after.level = Level::None;
    after.cleared = work.now();
    response::add_step(after, {work.now(), "cleared", Level::None, kSystem, why});
    stage_alert(work, before, after, "cleared", kSystem);
    CS_CHECK(follow_alert(work, after));
    return ok();
}

int rank(std::string_view what) {
    static constexpr std::string_view kOrder[] = {"", "lowered", "cleared", "raised", "fired"};
    return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), what) - kOrder);
}

}  // namespace

Result<AlertTaker::Held*> AlertTaker::alert_of(const PlaceChange& change) {
    const auto& rule = *change.rule;
    const auto& site = change.site;
    auto place = site.place;
    if (const auto area = site.levels.find(rule.merge);
        !rule.merge.empty() && area != site.levels.end()) {
        place = {0, area->second};
    }
    const bool belongs = !change.before.group.empty();
    auto group = belongs ? change.before.group : fmt::format("{}/{}", rule.code, place_word(place));
    if (const auto known = held_.find(group); known != held_.end()) {
        return &known->second;
    }
    CS_TRY(row, work_.document(kAlertOf, group));
    auto [count, first] = open_.try_emplace(rule.code, 0);
    if (first) {
        CS_TRY(stored, work_.document(kAlertCount, rule.code));
        CS_TRY(open, open_in(stored));
        count->second = open;
    }
    if (!row && !belongs && count->second >= kOpenAlertsOfRuleMax) {
        // A flood: places share the city's alert instead of each raising one.
        place = {0, city::root_area(work_.city()).code};
        group = fmt::format("{}/{}", rule.code, place.code);
        if (const auto known = held_.find(group); known != held_.end()) {
            return &known->second;
        }
        CS_TRY(shared, work_.document(kAlertOf, group));
        row = std::move(shared);
    }
    Held held;
    held.rule = &rule;
    held.group = group;
    if (row) {
        CS_TRY(object, row ? object_of(*row) : json::object());
        const auto* id = object.if_contains("alert");
        if (id != nullptr && id->is_string()) {
            CS_TRY(found, find_alert(work_, std::string(std::string_view(id->get_string()))));
            held.before = std::move(found);
        }
    }
    if (held.before) {
        held.after = *held.before;
        return &held_.emplace(group, std::move(held)).first->second;
    }
    auto& alert = held.after;
    const auto since =
        from_millis(change.after.since != 0 ? change.after.since : change.after.judged);
    const auto base = fmt::format("{}.{}.{}", compact(since), rule.code, place_word(place));
    alert.id = base;
    for (int again = 2;; ++again) {
        // Raised and over before in the same period: the next one has a name of its own.
        CS_TRY(taken, find_alert(work_, alert.id));
        if (!taken) {
            break;
        }
        alert.id = fmt::format("{}.{}", base, again);
    }
    alert.rule = rule.code;
    alert.rule_from = rule.validity.from ? format_date(*rule.validity.from) : "";
    alert.name = rule.name;
    alert.source = "rule";
    alert.place = place;
    alert.path = place.thing != 0 ? site.path : work_.city().path(place.code);
    const auto* area = place.thing != 0 ? nullptr : work_.city().area(place.code);
    alert.place_name = area == nullptr ? site.name : area->name;
    alert.point = site.point;
    alert.since = since;
    alert.raised = work_.now();
    alert.level_at = work_.now();
    alert.event = rule.event;
    alert.category = rule.category;
    ++count->second;
    return &held_.emplace(group, std::move(held)).first->second;
}

Status AlertTaker::take(PlaceChange& change) {
    if (change.before.level == change.after.level) {
        return ok();
    }
    CS_TRY(held, alert_of(change));
    change.after.group = change.after.level == Level::None ? std::string() : held->group;
    auto& alert = held->after;
    const auto own = response::take(
        alert, change.site.key(), change.before.level, change.after.level, work_.now()
    );
    if (own == Change::None) {
        return ok();
    }
    alert.evidence = change.judgement.evidence;
    const auto what = response::change_name(own);
    if (rank(what) > rank(held->what)) {
        held->what = what;
    }
    if (own == Change::Cleared) {
        held->what = what;
    }
    response::add_step(alert, {work_.now(), std::string(what), alert.level, kSystem, {}});
    outcome_.fired += own == Change::Fired ? 1 : 0;
    outcome_.raised += own == Change::Raised ? 1 : 0;
    outcome_.lowered += own == Change::Lowered ? 1 : 0;
    outcome_.cleared += own == Change::Cleared ? 1 : 0;
    if (own != Change::Cleared) {
        const auto& level = level_label(alert.level);
        const auto values = values_text(alert.evidence);
        alert.text.zh = response::alert_text(
            held->rule->text.zh, alert.place_name.of("zh"), level.zh, alert.name.of("zh"), values
        );
        alert.text.en = response::alert_text(
            held->rule->text.en, alert.place_name.of("en"), level.en, alert.name.of("en"), values
        );
    }
    return ok();
}

Result<AlertsOutcome> AlertTaker::finish() {
    for (auto& [group, held] : held_) {
        auto& alert = held.after;
        if (!held.before && alert.level == Level::None) {
            --open_[held.rule->code];
            continue;
        }
        if (held.what.empty()) {
            // Only the number of its places has changed.
            held.what = "places";
        }
        if (held.rule->opens && alert.level >= held.rule->opens->from && !alert.case_id) {
            CS_CHECK(open_case(held));
        }
        stage_alert(work_, held.before, alert, held.what, kSystem);
        if (held.what != "places") {
            CS_TRY(changed, follow_alert(work_, alert));
            outcome_.responses.insert(outcome_.responses.end(), changed.begin(), changed.end());
        }
        work_.stage_document(
            {kAlertOf,
             held.group,
             alert.open() ? json_text(json::object{{"alert", alert.id}}) : std::string()}
        );
        open_[held.rule->code] -= alert.open() ? 0 : 1;
    }
    for (const auto& [rule, count] : open_) {
        stage_open(work_, rule, count);
    }
    held_.clear();
    open_.clear();
    return std::move(outcome_);
}

Status AlertTaker::open_case(Held& held) {
    auto& alert = held.after;
    const auto& opens = *held.rule->opens;
    const auto today = work_.city().calendar().zone().local_date(work_.now());
    intake::Report report;
    report.source = opens.source;
    for (const auto& id : opens.categories) {
        const auto* category = work_.city().category(id);
        if (category != nullptr && category->validity.holds(today)) {
            report.category = id;
            break;
        }
    }
    for (const auto& text : {alert.text.zh, alert.text.en}) {
        if (!text.empty()) {
            report.description += report.description.empty() ? "" : " / ";
            report.description += text;
        }
    }
    report.point = alert.place.thing != 0 ? alert.point : std::nullopt;
    report.area = alert.path.empty() ? "" : alert.path.back();
    report.address = alert.place_name.of("zh");
    report.external_id = alert.id;
    report.urgent = opens.urgent;
    report.generated = generated_;
    access::Principal who;
    who.kind = access::PrincipalKind::System;
    who.account = "alerts";
    const auto mark = work_.mark();
    auto filed = report.category.empty()
                     ? Result<FiledReport>(fail(
                           ErrorCode::UnknownCode,
                           fmt::format("rule {} has no category that is valid today", alert.rule)
                       ))
                     : file_report(work_, who, std::move(report));
    if (filed) {
        alert.case_id = filed->value->id;
        outcome_.cases.push_back(filed->value->id);
        return ok();
    }
    if (error_info(filed.error().code).retryable) {
        return Failure{std::move(filed).error()};
    }
    work_.rollback(mark);
    outcome_.problems.push_back(fmt::format("alert {}: {}", alert.id, filed.error().context));
    response::add_step(
        alert, {work_.now(), "case_refused", alert.level, kSystem, filed.error().context}
    );
    return ok();
}

Result<Alert> acknowledge_alert(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    const std::string& note
) {
    CS_CHECK(access::require(who, access::Permission::Acknowledge));
    CS_TRY(before, find_alert(work, id));
    if (!before || !reaches(who, access::Permission::Acknowledge, before->path)) {
        return fail(ErrorCode::NotFound, "there is no such alert");
    }
    Alert after = *before;
    CS_CHECK(response::acknowledge(after, who.account, note, work.now()));
    if (after.steps.size() != before->steps.size() || !before->acknowledged) {
        stage_alert(work, before, after, "acknowledged", who.account);
    }
    return after;
}

Result<Alert> issue_alert(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    const WriteMessage& write
) {
    constexpr int kSerials = 10;
    CS_CHECK(access::require(who, access::Permission::Command));
    CS_TRY(before, find_alert(work, id));
    if (!before || !reaches(who, access::Permission::Command, before->path)) {
        return fail(ErrorCode::NotFound, "there is no such alert");
    }
    const auto& issuer = work.definitions().plans.issuer();
    if (!issuer) {
        return fail(
            ErrorCode::RuleViolation, "the city's response.yaml names no issuer of warnings"
        );
    }
    if (!before->sender.empty()) {
        return fail(ErrorCode::RuleViolation, "a warning of somebody else's is not issued again");
    }
    if (before->issued.empty()
            ? !before->open()
            : before->issued.back().kind == "Cancel" ||
                  (before->open() && before->issued.back().level == before->level)) {
        return fail(ErrorCode::RuleViolation, "nothing has changed since the last message");
    }
    if (before->issued.size() >= response::kIssuedMax) {
        return fail(ErrorCode::TooLarge, "there are too many messages of this alert");
    }
    for (int serial = 0; serial < kSerials; ++serial) {
        auto message = write(*before, *issuer, serial);
        CS_TRY(taken, work.document(kIssued, message.identifier));
        if (taken) {
            continue;
        }
        Alert after = *before;
        after.issued.push_back({message.identifier, message.sent, message.kind, before->level});
        response::add_step(
            after, {work.now(), "message", before->level, who.account, message.identifier}
        );
        stage_alert(work, before, after, "message", who.account);
        work.stage_document(
            {kIssued,
             message.identifier,
             json_text(json::object{{"alert", id}, {"xml", message.xml}})}
        );
        return after;
    }
    return fail(ErrorCode::Conflict, "too many messages were issued in this second; try again");
}

Result<std::optional<std::string>>
issued_message(ports::Store& store, const std::string& identifier) {
    CS_TRY(row, store.document(kIssued, identifier));
    CS_TRY(object, row ? object_of(*row) : json::object());
    const auto* xml = object.if_contains("xml");
    if (xml == nullptr || !xml->is_string()) {
        return std::optional<std::string>();
    }
    return std::optional(std::string(std::string_view(xml->get_string())));
}

Result<bool> end_alert_of(UnitOfWork& work, const std::string& group) {
    CS_TRY(row, work.document(kAlertOf, group));
    CS_TRY(object, row ? object_of(*row) : json::object());
    const auto* id = object.if_contains("alert");
    if (id == nullptr || !id->is_string()) {
        return false;
    }
    CS_TRY(alert, find_alert(work, std::string(std::string_view(id->get_string()))));
    work.stage_document({kAlertOf, group, ""});
    if (!alert || !alert->open()) {
        return false;
    }
    CS_TRY(counted, work.document(kAlertCount, alert->rule));
    CS_TRY(open, open_in(counted));
    stage_open(work, alert->rule, open - 1);
    CS_CHECK(end(work, *alert, "the rule is gone"));
    return true;
}

Result<bool> tend_alert(UnitOfWork& work, const std::string& id) {
    CS_TRY(before, find_alert(work, id));
    if (!before || !before->open()) {
        return false;
    }
    Alert after = *before;
    const bool expired = after.expires && work.now() >= *after.expires;
    if (expired) {
        CS_CHECK(end(work, *before, "expired"));
        return true;
    }
    const auto today = work.city().calendar().zone().local_date(work.now());
    const auto* rule = work.definitions().rules.find(after.rule, today);
    if (rule == nullptr || response::escalate(after, *rule, work.now()) == nullptr) {
        return false;
    }
    stage_alert(work, before, after, "escalated", kSystem);
    return true;
}

}  // namespace chengshu::services
