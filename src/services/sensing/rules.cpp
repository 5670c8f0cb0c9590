#include "services/sensing/rules.hpp"

#include "base/json_text.hpp"
#include "services/follower_job.hpp"
#include "services/reports.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/ledger.hpp"
#include "services/sensing/terminals.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::AlarmEvent;
using sensing::AlarmPhase;
using sensing::AlarmRule;
using sensing::AlarmState;
using sensing::EntityType;
using sensing::Observation;

constexpr auto kAlarmState = "sensing.alarm";  // id: rule/stream
constexpr auto kCase = "sensing.alarm_case";   // id: rule/thing
constexpr auto kAlarmCursor = "sensing.alarm_cursor";
constexpr auto kCursorId = "observations";

constexpr int kAlarmsPage = 1'000;
/// Ids that one page looks through: bounds its rows and its job.
constexpr std::int64_t kWindow = 50'000;
/// The cursor is stored without any reading when it has moved by so much.
constexpr std::int64_t kCursorStep = 5'000'000;

json::value parsed(std::string_view text) {
    boost::system::error_code error;
    auto out = json::parse(text, error);
    return error ? json::value() : out;
}

double real(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

std::string to_body(const AlarmState& state) {
    return json_text(json::object{
        {"phase", sensing::phase_name(state.phase)},
        {"since", state.since},
        {"falling", state.falling},
        {"at", state.at},
        {"value", state.value},
        {"extreme", state.extreme}
    });
}

Result<AlarmState> from_body(const ports::DocumentRow& row) {
    const auto value = parsed(row.body);
    const auto* object = value.if_object();
    const auto* phase = object == nullptr ? nullptr : object->if_contains("phase");
    if (phase == nullptr || !phase->is_string()) {
        return fail(ErrorCode::Internal, fmt::format("stored {} {} is damaged", row.kind, row.id));
    }
    AlarmState out;
    out.phase = sensing::phase_of(std::string_view(phase->get_string()));
    out.since = whole_of(*object, "since");
    out.falling = whole_of(*object, "falling");
    out.at = whole_of(*object, "at");
    out.value = real(*object, "value");
    out.extreme = real(*object, "extreme");
    out.seen = true;
    return out;
}

std::string state_id(std::string_view rule, std::int64_t stream) {
    return fmt::format("{}/{}", rule, document_id(stream));
}

bool applies(const AlarmRule& rule, const StreamPlace& place, const sensing::Entity& thing) {
    return rule.property == place.quantity &&
           (rule.thing_type.empty() || rule.thing_type == member_of(thing, "type")) &&
           (rule.thing.empty() || rule.thing == thing.tag(sensing::Tag::Code));
}

/// Worth storing beyond its change of phase: what a silence is measured by.
bool is_under_way(const AlarmState& state) {
    return state.phase != AlarmPhase::Quiet;
}

std::string local_minute(std::int64_t ms, const city::City& city) {
    const auto local = city.calendar().zone().to_local(from_millis(ms));
    auto text = format_utc(Instant{local.time_since_epoch()}).substr(0, 16);
    std::replace(text.begin(), text.end(), 'T', ' ');
    return text;
}

}  // namespace

Status AlarmRules::load(ports::Store& store) {
    CS_TRY(cursor, store.document(kAlarmCursor, kCursorId));
    cursor_ = 0;
    if (cursor) {
        const auto value = parsed(cursor->body);
        if (!value.is_object()) {
            return fail(ErrorCode::Internal, "the stored cursor of the alarm rules is damaged");
        }
        cursor_ = whole_of(value.get_object(), "id");
    }
    // Observations may have been lost or left out of a restored backup: ids then begin again below
    // the cursor, and would not be looked at.
    CS_TRY(stats, entities_.observations().store().stats());
    cursor_ = std::min(cursor_, stats.last_id);
    stored_cursor_ = cursor_;
    states_.clear();
    watched_definitions_.reset();
    std::string after;
    while (true) {
        CS_TRY(rows, store.documents(kAlarmState, after, kAlarmsPage));
        if (rows.empty()) {
            return ok();
        }
        for (const auto& row : rows) {
            const auto slash = row.id.find('/');
            if (slash == std::string::npos) {
                continue;
            }
            CS_TRY(state, from_body(row));
            std::int64_t stream = 0;
            for (const char digit : row.id.substr(slash + 1)) {
                stream = stream * 10 + (digit - '0');
            }
            states_[{row.id.substr(0, slash), stream}] = state;
        }
        after = rows.back().id;
    }
}

Status AlarmRules::watch() {
    const auto definitions = definitions_.get();
    const auto& registry = entities_.registry();
    const std::array<std::int64_t, 4> counts{
        static_cast<std::int64_t>(registry.count(EntityType::Datastream)),
        registry.last_id(EntityType::Datastream),
        static_cast<std::int64_t>(registry.count(EntityType::Thing)),
        registry.last_id(EntityType::Thing)
    };
    if (definitions == watched_definitions_ && counts == watched_counts_) {
        return ok();
    }
    watched_.clear();
    watched_definitions_ = definitions;
    watched_counts_ = counts;
    auto done = watch_streams();
    if (!done) {
        // An alarm that does not know how far it has looked would take what is late for new.
        watched_definitions_.reset();
    }
    return done;
}

Status AlarmRules::watch_streams() {
    const auto& alarms = watched_definitions_->alarms;
    if (alarms.empty()) {
        return ok();
    }
    const auto& registry = entities_.registry();
    constexpr std::size_t kPage = 1'000;
    std::int64_t after = 0;
    while (true) {
        const auto page = registry.page(EntityType::Datastream, after, kPage);
        if (page.empty()) {
            return ok();
        }
        after = page.back()->id();
        for (const auto& stream : page) {
            const auto place = place_of(registry, *stream);
            const auto thing = registry.find({EntityType::Thing, place.thing});
            for (std::size_t i = 0; thing && i < alarms.size(); ++i) {
                if (applies(alarms[i], place, *thing)) {
                    auto& watched = watched_[stream->id()];
                    watched.rules.push_back(i);
                    watched.thing = place.thing;
                    CS_CHECK(catch_up(alarms[i], stream->id()));
                }
            }
        }
    }
}

/// The time up to which the rule has looked at the stream; none when it has seen nothing yet.
Result<std::optional<std::int64_t>>
AlarmRules::looked_at(const sensing::AlarmRule& rule, std::int64_t stream) const {
    CS_TRY(summary, entities_.observations().summary(stream));
    if (!summary || cursor_ == 0) {
        return std::optional<std::int64_t>();
    }
    const auto& latest = summary->latest;
    if (latest.id <= cursor_ && latest.number && (latest.quality & rule.ignore) == 0) {
        return std::optional(latest.phenomenon_to);
    }
    ports::ObservationQuery query;
    query.streams = {stream};
    query.id.to = cursor_;
    query.id.up_to_to = true;
    query.number.from = std::numeric_limits<double>::lowest();
    query.quality_none = rule.ignore;
    query.order = sensing::ObservationOrder::PhenomenonTime;
    query.descending = true;
    query.limit = 1;
    CS_TRY(rows, entities_.observations().store().query(query));
    return rows.empty() ? std::nullopt : std::optional(rows.front().phenomenon_to);
}

Status AlarmRules::catch_up(const sensing::AlarmRule& rule, std::int64_t stream) {
    const Key key{rule.code, stream};
    const auto known = states_.find(key);
    if (known != states_.end() && is_under_way(known->second)) {
        return ok();
    }
    CS_TRY(at, looked_at(rule, stream));
    if (!at) {
        return ok();
    }
    auto& state = states_[key];
    if (!state.seen || state.at < *at) {
        state.seen = true;
        state.at = *at;
    }
    return ok();
}

Result<ReadingsPage> AlarmRules::next(std::int64_t after) {
    CS_CHECK(watch());
    auto& store = entities_.observations().store();
    CS_TRY(stats, store.stats());
    ReadingsPage page;
    page.upto = watched_.empty() ? stats.last_id : std::min(stats.last_id, after + kWindow);
    page.upto = std::max(page.upto, after);
    page.more = page.upto < stats.last_id;
    page.due = page.upto - stored_cursor_ >= kCursorStep;
    if (watched_.empty() || page.upto == after) {
        return page;
    }
    ports::ObservationQuery query;
    query.id.from = after;
    query.id.after_from = true;
    query.id.to = page.upto;
    query.id.up_to_to = true;
    auto at = watched_.begin();
    while (at != watched_.end()) {
        query.streams.clear();
        for (; at != watched_.end() && query.streams.size() < ports::ObservationQuery::kMaxStreams;
             ++at) {
            query.streams.push_back(at->first);
        }
        std::sort(query.streams.begin(), query.streams.end());
        CS_CHECK(store.each(query, [&](const Observation& row) {
            page.rows.push_back(row);
            return true;
        }));
    }
    std::sort(page.rows.begin(), page.rows.end(), [](const Observation& a, const Observation& b) {
        return std::pair(a.phenomenon_from, a.id) < std::pair(b.phenomenon_from, b.id);
    });
    page.due = page.due || !page.rows.empty();
    return page;
}

void AlarmRules::skip(const ReadingsPage& page) {
    cursor_ = std::max(cursor_, page.upto);
}

AlarmState AlarmRules::state_of(const Key& key) const {
    if (const auto staged = staged_.find(key); staged != staged_.end()) {
        return staged->second;
    }
    const auto known = states_.find(key);
    return known == states_.end() ? AlarmState{} : known->second;
}

Result<AlarmsOutcome>
AlarmRules::evaluate(UnitOfWork& work, std::span<const Observation> rows, std::int64_t upto) {
    AlarmsOutcome outcome;
    std::map<Key, AlarmPhase> touched;
    const auto& rules = watched_definitions_->alarms;
    for (const auto& row : rows) {
        const auto watched = watched_.find(row.stream);
        if (watched == watched_.end() || !row.number) {
            continue;
        }
        for (const auto position : watched->second.rules) {
            const auto& rule = rules[position];
            if ((row.quality & rule.ignore) != 0) {
                continue;
            }
            const Key key{rule.code, row.stream};
            auto state = state_of(key);
            touched.emplace(key, state.phase);
            const auto event = sensing::advance(
                rule, state, {row.phenomenon_from, row.phenomenon_to, *row.number}
            );
            if (event == AlarmEvent::Raised) {
                CS_CHECK(raise(work, rule, state, row, watched->second.thing, outcome));
            } else if (event == AlarmEvent::Cleared) {
                ++outcome.cleared;
            }
            staged_[key] = state;
        }
    }
    for (const auto& [key, before] : touched) {
        const auto& state = staged_.at(key);
        if (is_under_way(state) || state.phase != before) {
            work.stage_document({kAlarmState, state_id(key.first, key.second), to_body(state)});
        }
    }
    staged_cursor_ = upto;
    work.stage_document({kAlarmCursor, kCursorId, json_text(json::object{{"id", upto}})});
    return outcome;
}

void AlarmRules::settle(bool committed) {
    if (committed && staged_cursor_) {
        for (const auto& [key, state] : staged_) {
            states_[key] = state;
        }
        cursor_ = *staged_cursor_;
        stored_cursor_ = *staged_cursor_;
    }
    staged_.clear();
    staged_cursor_.reset();
}

Status AlarmRules::raise(
    UnitOfWork& work,
    const AlarmRule& rule,
    const AlarmState& state,
    const Observation& row,
    std::int64_t thing_id,
    AlarmsOutcome& outcome
) {
    const auto thing = entities_.registry().find({EntityType::Thing, thing_id});
    if (!thing) {
        return ok();  // removed since the page was read
    }
    const auto id = state_id(rule.code, thing_id);
    CS_TRY(earlier, work.document(kCase, id));
    if (earlier) {
        const auto value = parsed(earlier->body);
        const auto number = value.is_object() ? whole_of(value.get_object(), "case") : 0;
        if (number != 0) {
            CS_TRY(known, work.find_case(CaseId{number}));
            const auto& flows = work.definitions().workflows;
            const auto flow = known ? flows.find(known->workflow) : flows.end();
            const auto* at = flow == flows.end() ? nullptr : flow->second.state(known->state);
            if (at != nullptr && !at->done()) {
                ++outcome.held;
                return ok();
            }
        }
    }
    const auto mark = work.mark();
    auto opened = open_case(work, rule, state, row, *thing);
    json::object body{{"stream", row.stream}, {"since", format_utc(from_millis(state.since))}};
    if (opened) {
        ++outcome.raised;
        outcome.cases.push_back(*opened);
        body["case"] = opened->value;
    } else if (error_info(opened.error().code).retryable) {
        return Failure{std::move(opened).error()};
    } else {
        // Data that cannot become a case must not stop the other alarms; it is kept and said.
        work.rollback(mark);
        ++outcome.refused;
        body["refused"] = opened.error().context;
        outcome.problems.push_back(
            fmt::format("alarm {} of thing {}: {}", rule.code, thing_id, opened.error().context)
        );
        work.stage_entry(
            "alarm.refused",
            "sensing",
            {},
            json_text(json::object{
                {"rule", rule.code}, {"thing", thing_id}, {"reason", opened.error().context}
            })
        );
    }
    work.stage_document({kCase, id, json_text(body)});
    return ok();
}

Result<CaseId> AlarmRules::open_case(
    UnitOfWork& work,
    const AlarmRule& rule,
    const AlarmState& state,
    const Observation& row,
    const sensing::Entity& thing
) const {
    static const auto kLocations = sensing::navigation_position(EntityType::Thing, "Locations");
    static const auto kLocation = sensing::property_position(EntityType::Location, "location");
    const auto& city = work.city();
    const auto today = city.calendar().zone().local_date(work.now());
    const auto& registry = entities_.registry();
    intake::Report report;
    report.source = rule.source;
    for (const auto& id : rule.categories) {
        const auto* category = city.category(id);
        if (category != nullptr && category->validity.holds(today)) {
            report.category = id;
            break;
        }
    }
    if (report.category.empty()) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("rule {} has no category that is valid today", rule.code)
        );
    }
    for (const auto id : registry.linked(thing.key(), kLocations, 0, 1)) {
        if (const auto location = registry.find({EntityType::Location, id})) {
            report.point = point_of(location->property(kLocation));
        }
    }
    report.area = std::string(thing.tag(sensing::Tag::Area));
    const auto* quantity = city.terminals().quantity(rule.property);
    const auto code = std::string(thing.tag(sensing::Tag::Code));
    sensing::AlarmFacts facts;
    facts.thing = name_of(thing);
    facts.code = code;
    facts.property = rule.property;
    facts.unit = quantity == nullptr ? "" : quantity->unit;
    facts.value = fmt::format("{:g}", row.number.value_or(0));
    facts.since = local_minute(state.since, city);
    facts.at = local_minute(row.phenomenon_to, city);
    facts.minutes = (row.phenomenon_to - state.since) / 60'000;
    for (const auto& text : {rule.text.zh, rule.text.en}) {
        if (!text.empty()) {
            report.description += report.description.empty() ? "" : " / ";
            report.description += sensing::alarm_text(rule, text, facts);
        }
    }
    report.address = facts.thing;
    report.external_id = fmt::format(
        "{}/{}/{}",
        rule.code,
        code.empty() ? document_id(thing.id()) : code,
        format_utc(from_millis(state.since))
    );
    report.urgent = rule.urgent;
    report.generated = generated_;
    access::Principal who;
    who.kind = access::PrincipalKind::System;
    who.account = "sensing";
    CS_TRY(filed, file_report(work, who, std::move(report)));
    return filed.value->id;
}

Job AlarmRules::job(ReadingsPage page, std::function<void(Result<AlarmsOutcome>)> done) {
    return follower_job<AlarmsOutcome>(
        doubtful_,
        {[this](ports::Store& store) { return load(store); },
         [this, page = std::move(page)](UnitOfWork& work) {
             return evaluate(work, page.rows, page.upto);
         },
         [this](bool committed) { settle(committed); },
         std::move(done)}
    );
}

}  // namespace chengshu::services
