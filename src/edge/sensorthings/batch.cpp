// $batch: many requests in one (18-088, clause 11), as multipart/mixed or as JSON. Requests outside
// a change set are answered one after another and fail one by one; a change set is one commit.

#include "base/json_text.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"
#include "edge/sensorthings/internal/changes.hpp"
#include "edge/sensorthings/internal/multipart_mixed.hpp"
#include "services/sensing/entity_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using sensing::EntityKey;
using sensing::EntityType;

/// One request of the batch.
struct Entry {
    http::Request request;
    std::string id;     ///< Content-ID or JSON id; empty: none
    std::string group;  ///< change set it belongs to; empty: none
    bool readable = true;
    Error mistake{ErrorCode::InvalidInput, "", ""};
};

struct Batch {
    std::vector<Entry> items;
    std::vector<http::Response> responses;
    bool as_json = false;
};

/// "https://city.example/sensorthings/v1.1/Things", "/sensorthings/v1.1/Things" and "Things" mean
/// the same.
std::string relative(const Context& context, std::string_view url) {
    const auto cut = [&](std::string_view prefix) {
        if (!prefix.empty() && url.starts_with(prefix)) {
            url.remove_prefix(prefix.size());
            return true;
        }
        return false;
    };
    if (!cut(context.base)) {
        const auto version = context.base.substr(context.base.rfind('/'));
        cut(context.ports.options.prefix + version) || cut(version);
    }
    while (url.starts_with('/')) {
        url.remove_prefix(1);
    }
    return std::string(url);
}

// Change sets.

/// Replaces {"@iot.id": "$1"} by the number of what the request 1 has made.
void put_references(json::value& value, const std::map<std::string, EntityKey>& made) {
    if (auto* array = value.if_array()) {
        for (auto& item : *array) {
            put_references(item, made);
        }
        return;
    }
    auto* object = value.if_object();
    if (object == nullptr) {
        return;
    }
    for (auto& member : *object) {
        if (member.key() == "@iot.id" && member.value().is_string()) {
            const std::string name(std::string_view(member.value().get_string()));
            const auto found = made.find(name);
            if (found != made.end()) {
                member.value() = found->second.id;
            }
        } else {
            put_references(member.value(), made);
        }
    }
}

/// The change that "$1" or "$1/Datastreams" stands for, on what this set has made.
Result<EntityChange> referring_change(
    Context& context,
    const http::Request& request,
    std::string_view target,
    const std::map<std::string, EntityKey>& made
) {
    const auto slash = std::min(target.find('/'), target.size());
    const auto found = made.find(std::string(target.substr(0, slash)));
    if (found == made.end()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("\"{}\" refers to no earlier request of the change set", target)
        );
    }
    // The entity cannot be looked up yet. Its set alone is read, then the key put in.
    EntityChange out;
    const auto& info = sensing::info(found->second.type);
    if (slash == target.size()) {
        out.type = info.type;
        out.key = found->second;
        out.kind = request.method == "DELETE" ? EntityChange::Kind::Remove
                   : request.method == "PUT"  ? EntityChange::Kind::Replace
                                              : EntityChange::Kind::Merge;
    } else {
        const auto* navigation = info.navigation(target.substr(slash + 1));
        if (navigation == nullptr || !navigation->many || request.method != "POST") {
            return fail(
                ErrorCode::InvalidInput, fmt::format("\"{}\" takes no {}", target, request.method)
            );
        }
        out.type = navigation->target;
        out.parent = services::EntityParent{
            found->second, sensing::navigation_position(info.type, *navigation)
        };
    }
    if (out.kind != EntityChange::Kind::Remove) {
        CS_CHECK(context.rights.may_manage());
        CS_TRY(body, parse_json(request.body, "the body"));
        if (!body.is_object()) {
            return fail(ErrorCode::InvalidInput, "the body must be a JSON object");
        }
        out.body = std::move(body);
    }
    return out;
}

/// A request of a change set, as far as it can be read before the set is carried out.
struct Step {
    std::string id;
    std::string target;
    http::Request request;
    EntityChange change;
    bool refers = false;
};

struct ChangeSet {
    std::vector<Step> steps;
    std::vector<EntityKey> keys;
    std::size_t failed = 0;  ///< the step that is to blame, when the set fails
};

Status read_step(Context& context, const Entry& item, ChangeSet& set) {
    Step step{item.id, relative(context, item.request.target), item.request, {}, false};
    step.refers = step.target.starts_with('$');
    if (!step.refers) {
        CS_TRY(change, read_change(context, item.request, step.target));
        if (change.type == EntityType::Observation && change.kind != EntityChange::Kind::Create) {
            return fail(
                ErrorCode::InvalidInput,
                "a change set makes observations, but does not change them; send that outside"
            );
        }
        step.change = std::move(change);
    }
    set.steps.push_back(std::move(step));
    return ok();
}

Result<EntityKey> carry_out(Context& context, services::EntityWork& work, ChangeSet& set) {
    std::map<std::string, EntityKey> made;
    set.keys.clear();
    for (std::size_t i = 0; i < set.steps.size(); ++i) {
        set.failed = i;
        auto& step = set.steps[i];
        auto change = step.change;
        if (step.refers) {
            CS_TRY(found, referring_change(context, step.request, step.target, made));
            change = std::move(found);
        }
        put_references(change.body, made);
        CS_TRY(key, apply_change(work, change));
        step.change.kind = change.kind;
        if (!step.id.empty()) {
            made["$" + step.id] = key;
        }
        set.keys.push_back(key);
    }
    return set.keys.back();
}

/// What the requests of a set are answered, when all is stored.
std::vector<http::Response>
set_responses(Context& context, ChangeSet& set, const std::vector<std::int64_t>& observations) {
    std::vector<http::Response> out;
    // Observations that were asked for by themselves come in order among all that were made.
    std::size_t next = 0;
    for (std::size_t i = 0; i < set.steps.size(); ++i) {
        auto key = set.keys[i];
        if (key.type == EntityType::Observation && key.id == 0 && next < observations.size()) {
            key.id = observations[next++];
        }
        out.push_back(changed_response(context, set.steps[i].request, set.steps[i].change.kind, key)
        );
    }
    return out;
}

/// All requests of a failed set have the same fate; the one to blame says why.
std::vector<http::Response>
set_refusals(const Context& context, std::size_t count, std::size_t blamed, const Error& error) {
    std::vector<http::Response> out;
    for (std::size_t i = 0; i < count; ++i) {
        const Error other{
            ErrorCode::Conflict,
            fmt::format("another request of the change set failed: number {}", blamed + 1),
            ""
        };
        out.push_back(problem(i == blamed ? error : other, context.language));
    }
    return out;
}

using SetDone = std::function<void(std::vector<http::Response>)>;

void run_set(const std::shared_ptr<Context>& context, std::span<const Entry> items, SetDone done) {
    auto set = std::make_shared<ChangeSet>();
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto read = items[i].readable ? read_step(*context, items[i], *set)
                                      : Status(Failure{items[i].mistake});
        if (!read) {
            done(set_refusals(*context, items.size(), i, read.error()));
            return;
        }
    }
    services::SensingCommand command;
    command.who = context->who;
    command.work = [context, set](services::EntityWork& work) {
        return carry_out(*context, work, *set);
    };
    context->ports.entities.submit(
        context->ports.submitter,
        std::move(command),
        [context, set, done = std::move(done)](Result<services::SensingOutcome> outcome) {
            done(
                outcome ? set_responses(*context, *set, outcome->observations)
                        : set_refusals(*context, set->steps.size(), set->failed, outcome.error())
            );
        }
    );
}

// The batch as a whole.

std::string part_of(const http::Response& response, const std::string& id) {
    std::string out = "Content-Type: application/http\r\n";
    if (!id.empty()) {
        out += "Content-ID: " + id + "\r\n";
    }
    return out + "\r\n" + print_http(response) + "\r\n";
}

http::Response mixed_response(const Batch& batch) {
    // A boundary is free to choose; this one cannot occur in JSON at the start of a line.
    constexpr std::string_view kOuter = "batch_chengshu";
    constexpr std::string_view kInner = "changeset_chengshu";
    http::Response out;
    out.headers.set("Content-Type", fmt::format("multipart/mixed; boundary={}", kOuter));
    out.headers.set("Cache-Control", "no-store");
    std::size_t i = 0;
    while (i < batch.items.size()) {
        out.body += fmt::format("--{}\r\n", kOuter);
        const auto& group = batch.items[i].group;
        if (group.empty()) {
            out.body += part_of(batch.responses[i], batch.items[i].id);
            ++i;
            continue;
        }
        out.body += fmt::format("Content-Type: multipart/mixed; boundary={}\r\n\r\n", kInner);
        for (; i < batch.items.size() && batch.items[i].group == group; ++i) {
            out.body += fmt::format("--{}\r\n", kInner);
            out.body += part_of(batch.responses[i], batch.items[i].id);
        }
        out.body += fmt::format("--{}--\r\n", kInner);
    }
    out.body += fmt::format("--{}--\r\n", kOuter);
    return out;
}

http::Response joined_json(const Batch& batch) {
    json::array list;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const auto& response = batch.responses[i];
        json::object row{{"id", batch.items[i].id}, {"status", response.status}};
        if (const auto location = response.headers.get("Location"); !location.empty()) {
            row["location"] = location;
        }
        if (!response.body.empty()) {
            auto parsed = parse_json(response.body, "an answer");
            row["body"] = parsed ? std::move(*parsed) : json::value(response.body);
        }
        list.push_back(std::move(row));
    }
    return json_response(200, json_text(json::object{{"responses", std::move(list)}}));
}

http::Response batch_response(const Batch& batch) {
    return batch.as_json ? joined_json(batch) : mixed_response(batch);
}

/// Answers the requests from number `at` on, then the batch. Reads come back at once; after a
/// change it goes on where the change ends.
void run_from(
    const std::shared_ptr<Context>& context,
    const std::shared_ptr<Batch>& batch,
    Answer answer
) {
    while (batch->responses.size() < batch->items.size()) {
        const auto at = batch->responses.size();
        const auto& item = batch->items[at];
        const auto arrived = [batch](std::vector<http::Response> responses) {
            for (auto& response : responses) {
                batch->responses.push_back(std::move(response));
            }
        };
        std::size_t size = 1;
        // Answered within the call, or later by another thread: whoever comes second goes on.
        const auto turn = std::make_shared<std::atomic<int>>(0);
        const auto next =
            [context, batch, answer, turn, arrived](std::vector<http::Response> responses) {
                arrived(std::move(responses));
                if (turn->fetch_add(1) == 1) {
                    run_from(context, batch, answer);
                }
            };
        if (!item.group.empty()) {
            while (at + size < batch->items.size() && batch->items[at + size].group == item.group) {
                ++size;
            }
            run_set(context, std::span(batch->items).subspan(at, size), next);
        } else if (!item.readable) {
            next({problem(item.mistake, context->language)});
        } else {
            answer_one(
                context,
                item.request,
                relative(*context, item.request.target),
                [next, context](Result<http::Response> response) {
                    next(
                        {response ? std::move(*response)
                                  : problem(response.error(), context->language)}
                    );
                }
            );
        }
        if (turn->fetch_add(1) == 0) {
            return;  // not answered yet
        }
    }
    answer(batch_response(*batch));
}

Status read_mixed(Context& context, const http::Request& request, Batch& batch) {
    const auto limit = context.ports.options.batch_max;
    CS_TRY(parts, split_mixed(request.headers.get("Content-Type"), request.body, limit));
    const auto read_one = [&](const MixedPart& part, const std::string& group) {
        Entry item;
        item.id = part.headers.get("Content-ID");
        item.group = group;
        auto parsed = parse_http(part.content);
        item.readable = parsed.has_value();
        if (parsed) {
            item.request = std::move(*parsed);
        } else {
            item.mistake = parsed.error();
        }
        batch.items.push_back(std::move(item));
    };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto type = parts[i].headers.get("Content-Type");
        if (http::media_type(type) != "multipart/mixed") {
            read_one(parts[i], "");
            continue;
        }
        CS_TRY(inner, split_mixed(type, parts[i].content, limit));
        for (const auto& part : inner) {
            read_one(part, fmt::format("set {}", i));
        }
    }
    return ok();
}

std::string text_member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) {
        return {};
    }
    return value->is_string() ? std::string(std::string_view(value->get_string()))
                              : json_text(*value);
}

Status read_json(const http::Request& request, Batch& batch) {
    CS_TRY(body, parse_json(request.body, "the body"));
    const auto* object = body.if_object();
    const auto* list = object == nullptr ? nullptr : object->if_contains("requests");
    if (list == nullptr || !list->is_array()) {
        return fail(ErrorCode::InvalidInput, "the body must be {\"requests\": […]}", "requests");
    }
    std::vector<std::string> closed;
    for (const auto& entry : list->get_array()) {
        const auto* row = entry.if_object();
        if (row == nullptr) {
            return fail(ErrorCode::InvalidInput, "a request must be an object", "requests");
        }
        Entry item;
        item.id = text_member(*row, "id");
        item.group = text_member(*row, "atomicityGroup");
        item.request.method = text_member(*row, "method");
        for (auto& c : item.request.method) {
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
        item.request.target = text_member(*row, "url");
        if (const auto* headers = row->if_contains("headers");
            headers != nullptr && headers->is_object()) {
            for (const auto& member : headers->get_object()) {
                if (member.value().is_string()) {
                    item.request.headers.set(
                        std::string(member.key()),
                        std::string(std::string_view(member.value().get_string()))
                    );
                }
            }
        }
        if (const auto* content = row->if_contains("body")) {
            item.request.body = json_text(*content);
        }
        const bool again = std::find(closed.begin(), closed.end(), item.group) != closed.end();
        if (!item.group.empty() && again) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("the requests of group \"{}\" must stand together", item.group),
                "atomicityGroup"
            );
        }
        if (!batch.items.empty() && batch.items.back().group != item.group &&
            !batch.items.back().group.empty()) {
            closed.push_back(batch.items.back().group);
        }
        batch.items.push_back(std::move(item));
    }
    return ok();
}

}  // namespace

void batch(std::shared_ptr<Context> context, const http::Request& request, Answer answer) {
    auto all = std::make_shared<Batch>();
    const auto type = http::media_type(request.headers.get("Content-Type"));
    all->as_json = type == "application/json";
    auto read = all->as_json ? read_json(request, *all) : read_mixed(*context, request, *all);
    const auto limit = context->ports.options.batch_max;
    if (read && all->items.size() > limit) {
        read = fail(ErrorCode::TooLarge, fmt::format("a batch has at most {} requests", limit));
    }
    if (!read) {
        answer(Failure{read.error()});
        return;
    }
    run_from(context, all, std::move(answer));
}

}  // namespace chengshu::sensorthings
