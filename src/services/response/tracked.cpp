#include "services/response/tracked.hpp"

#include "base/json_text.hpp"
#include "domain/cases/case.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <set>

namespace chengshu::services {
namespace {

namespace json = boost::json;

using response::Alert;
using response::Response;

Result<json::value> parsed(const ports::DocumentRow& row) {
    boost::system::error_code error;
    auto out = json::parse(row.body, error);
    if (error) {
        return fail(ErrorCode::Internal, fmt::format("stored {} {} is damaged", row.kind, row.id));
    }
    return out;
}

template <class Value, class Read>
Result<std::optional<Value>> read(const std::optional<ports::DocumentRow>& row, Read from_json) {
    if (!row) {
        return std::optional<Value>();
    }
    CS_TRY(document, parsed(*row));
    CS_TRY(value, from_json(document));
    return std::optional<Value>(std::move(value));
}

template <class Value, class Source, class Read>
Result<std::optional<Value>>
find(Source& from, const char* open, const char* past, const std::string& id, Read from_json) {
    CS_TRY(row, from.document(open, id));
    if (!row) {
        CS_TRY(older, from.document(past, id));
        row = std::move(older);
    }
    return read<Value>(row, from_json);
}

/// Documents of responses stay open until their last report is in.
const char* kind_of(const Response& value) {
    return value.open() || value.report_due ? kResponse : kResponsePast;
}

const char* kind_of(const Alert& value) {
    return value.open() ? kAlert : kAlertPast;
}

/// Documents that a comparison reads in one go.
constexpr int kComparedAtOnce = 500;

std::string newest_kind(const std::string& kind) {
    return kind + "_newest";
}

/// Seconds since 1970, counted down, so that what is newer comes before what is older.
std::string newest_key_of(Instant at, const std::string& id) {
    constexpr std::int64_t kLast = 9'999'999'999;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    return fmt::format("{:010}.{}", kLast - seconds, id);
}

template <class Value>
void stage(
    UnitOfWork& work,
    const std::optional<Value>& before,
    const Value& after,
    std::string type,
    const std::string& actor,
    json::object about
) {
    const auto old = before ? response::to_json(*before) : json::object();
    const auto document = response::to_json(after);
    about["id"] = after.id;
    about["changes"] = cases::merge_diff(old, document);
    work.stage_entry(std::move(type), actor, CaseId{}, json_text(about));
    const std::string kind = kind_of(after);
    const bool moves = !before || kind_of(*before) != kind;
    if (before && moves) {
        work.stage_document({kind_of(*before), after.id, ""});
        work.stage_document({newest_kind(kind_of(*before)), newest_key(*before), ""});
    }
    if (moves) {
        work.stage_document({newest_kind(kind), newest_key(after), after.id});
    }
    work.stage_document({kind, after.id, json_text(document)});
}

json::object label_json(const Label& value) {
    return {{"zh", value.zh}, {"en", value.en}};
}

json::array path_json(const std::vector<std::string>& path) {
    json::array out;
    for (const auto& code : path) {
        out.emplace_back(code);
    }
    return out;
}

template <class Value, class Read>
Result<std::vector<Value>>
page(ports::Store& store, const char* kind, const std::string& after, int limit, Read from_json) {
    CS_TRY(rows, store.documents(kind, after, limit));
    std::vector<Value> out;
    for (const auto& row : rows) {
        CS_TRY(document, parsed(row));
        CS_TRY(value, from_json(document));
        out.push_back(std::move(value));
    }
    return out;
}

template <class Value, class Read>
Result<std::vector<Value>>
newest(ports::Store& store, const char* kind, const std::string& after, int limit, Read from_json) {
    CS_TRY(rows, store.documents(newest_kind(kind), after, limit));
    std::vector<Value> out;
    for (const auto& row : rows) {
        CS_TRY(document, store.document(kind, row.body));
        CS_TRY(value, read<Value>(document, from_json));
        if (value) {  // else it has just become past
            out.push_back(std::move(*value));
        }
    }
    return out;
}

std::set<std::string> resources_of(const Response& value) {
    std::set<std::string> out;
    for (const auto& [key, task] : value.tasks) {
        out.insert(task.resources.begin(), task.resources.end());
    }
    return out;
}

/// What a stored document is found by in the order of time.
Result<std::string> newest_key_of(const json::value& document, bool alert) {
    if (alert) {
        CS_TRY(value, response::alert_from_json(document));
        return newest_key(value);
    }
    CS_TRY(value, response::response_from_json(document));
    return newest_key(value);
}

using Differ = std::function<void(std::string, std::string, std::string)>;

/// The order of time has these keys and no others.
Status compare_newest(
    ports::Store& store,
    const std::string& kind,
    std::map<std::string, std::string> expected,
    const Differ& differ
) {
    for (std::string after;;) {
        CS_TRY(rows, store.documents(kind, after, kComparedAtOnce));
        if (rows.empty()) {
            break;
        }
        for (const auto& row : rows) {
            const auto found = expected.find(row.id);
            if (found == expected.end() || found->second != row.body) {
                differ(fmt::format("{} {}", kind, row.id), row.body, "nothing");
            }
            if (found != expected.end()) {
                expected.erase(found);
            }
        }
        after = rows.back().id;
    }
    for (const auto& [key, id] : expected) {
        differ(fmt::format("{} {}", kind, key), "nothing", id);
    }
    return ok();
}

/// Each resource that an open response has sent is held, and by one that has sent it.
Status compare_held(
    ports::Store& store,
    const std::map<std::string, std::set<std::string>>& sent,
    const Differ& differ
) {
    std::set<std::string> seen;
    for (std::string after;;) {
        CS_TRY(rows, store.documents(kHeldResource, after, kComparedAtOnce));
        if (rows.empty()) {
            break;
        }
        for (const auto& row : rows) {
            const auto found = sent.find(row.id);
            if (found == sent.end() || !found->second.contains(row.body)) {
                differ(fmt::format("{} {}", kHeldResource, row.id), row.body, "nothing");
            }
            seen.insert(row.id);
        }
        after = rows.back().id;
    }
    for (const auto& [resource, responses] : sent) {
        if (!seen.contains(resource)) {
            differ(fmt::format("{} {}", kHeldResource, resource), "nothing", *responses.begin());
        }
    }
    return ok();
}

}  // namespace

Result<std::optional<Alert>> find_alert(UnitOfWork& work, const std::string& id) {
    return find<Alert>(work, kAlert, kAlertPast, id, response::alert_from_json);
}

Result<std::optional<Alert>> find_alert(ports::Store& store, const std::string& id) {
    return find<Alert>(store, kAlert, kAlertPast, id, response::alert_from_json);
}

Result<std::optional<Response>> find_response(UnitOfWork& work, const std::string& id) {
    return find<Response>(work, kResponse, kResponsePast, id, response::response_from_json);
}

Result<std::optional<Response>> find_response(ports::Store& store, const std::string& id) {
    return find<Response>(store, kResponse, kResponsePast, id, response::response_from_json);
}

void stage_alert(
    UnitOfWork& work,
    const std::optional<Alert>& before,
    const Alert& after,
    std::string_view what,
    const std::string& actor
) {
    json::object about{
        {"of", kAlert},
        {"rule", after.rule},
        {"name", label_json(after.name)},
        {"level", response::level_name(after.level)},
        {"place", label_json(after.place_name)},
        {"path", path_json(after.path)}
    };
    if (after.exercise) {
        about["exercise"] = true;
    }
    stage(work, before, after, fmt::format("alert.{}", what), actor, std::move(about));
}

void stage_response(
    UnitOfWork& work,
    const std::optional<Response>& before,
    const Response& after,
    std::string_view what,
    const std::string& actor
) {
    json::object about{
        {"of", kResponse},
        {"plan", after.plan},
        {"name", label_json(after.name)},
        {"state", response::state_name(after.state)},
        {"grade", response::grade_name(after.grade)},
        {"path", path_json(after.path)}
    };
    if (after.exercise) {
        about["exercise"] = true;
    }
    stage(work, before, after, fmt::format("response.{}", what), actor, std::move(about));
    const auto held = before ? resources_of(*before) : std::set<std::string>();
    const auto holds = resources_of(after);
    for (const auto& resource : held) {
        if (!holds.contains(resource)) {
            work.stage_document({kHeldResource, resource, ""});
        }
    }
    for (const auto& resource : holds) {
        if (!held.contains(resource)) {
            work.stage_document({kHeldResource, resource, after.id});
        }
    }
}

Result<std::vector<Alert>>
alerts_after(ports::Store& store, const char* kind, const std::string& after, int limit) {
    return page<Alert>(store, kind, after, limit, response::alert_from_json);
}

Result<std::vector<Response>>
responses_after(ports::Store& store, const char* kind, const std::string& after, int limit) {
    return page<Response>(store, kind, after, limit, response::response_from_json);
}

std::string newest_key(const Alert& value) {
    return newest_key_of(value.raised, value.id);
}

std::string newest_key(const Response& value) {
    return newest_key_of(value.created, value.id);
}

Result<std::vector<Alert>>
newest_alerts(ports::Store& store, const char* kind, const std::string& after, int limit) {
    return newest<Alert>(store, kind, after, limit, response::alert_from_json);
}

Result<std::vector<Response>>
newest_responses(ports::Store& store, const char* kind, const std::string& after, int limit) {
    return newest<Response>(store, kind, after, limit, response::response_from_json);
}

void TrackedFold::entry(const ports::JournalRow& row) {
    if (!is_warning(row)) {
        return;
    }
    boost::system::error_code error;
    const auto body = json::parse(row.body, error);
    const auto* object = error ? nullptr : body.if_object();
    const auto* of = object == nullptr ? nullptr : object->if_contains("of");
    const auto* id = object == nullptr ? nullptr : object->if_contains("id");
    const auto* changes = object == nullptr ? nullptr : object->if_contains("changes");
    if (of == nullptr || id == nullptr || changes == nullptr || !of->is_string() ||
        !id->is_string() || !changes->is_object()) {
        return;  // alarms of readings and others that track nothing
    }
    auto& text = folded_[{
        std::string(std::string_view(of->get_string())),
        std::string(std::string_view(id->get_string()))
    }];
    json::object target;
    if (!text.empty()) {
        target = json::parse(text).as_object();
    }
    cases::merge_apply(target, changes->get_object());
    text = json_text(target);
}

Status TrackedFold::compare(
    ports::Store& store,
    const std::function<void(std::string, std::string, std::string)>& differ
) {
    std::map<std::string, std::set<std::string>> sent;
    for (const auto* kind : {kAlert, kAlertPast, kResponse, kResponsePast}) {
        const std::string of = std::string_view(kind).starts_with(kAlert) ? kAlert : kResponse;
        std::map<std::string, std::string> keys;
        for (std::string after;;) {
            CS_TRY(rows, store.documents(kind, after, kComparedAtOnce));
            if (rows.empty()) {
                break;
            }
            for (const auto& row : rows) {
                const auto found = folded_.find({of, row.id});
                boost::system::error_code error;
                const auto stored = json::parse(row.body, error);
                if (!error) {
                    CS_TRY(key, newest_key_of(stored, of == kAlert));
                    keys.emplace(std::move(key), row.id);
                }
                if (!error && of == kResponse) {
                    CS_TRY(value, response::response_from_json(stored));
                    for (const auto& resource : resources_of(value)) {
                        sent[resource].insert(row.id);
                    }
                }
                if (error || found == folded_.end() || json::parse(found->second) != stored) {
                    differ(
                        fmt::format("{} {}", kind, row.id),
                        row.body,
                        found == folded_.end() ? "nothing" : found->second
                    );
                }
                if (found != folded_.end()) {
                    folded_.erase(found);
                }
            }
            after = rows.back().id;
        }
        CS_CHECK(compare_newest(store, newest_kind(kind), std::move(keys), differ));
    }
    CS_CHECK(compare_held(store, sent, differ));
    for (const auto& [key, text] : folded_) {
        differ(fmt::format("{} {}", key.first, key.second), "nothing", text);
    }
    return ok();
}

}  // namespace chengshu::services
