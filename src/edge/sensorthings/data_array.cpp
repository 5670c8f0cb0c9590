#include "edge/sensorthings/internal/data_array.hpp"

#include "base/json_text.hpp"
#include "base/messages.hpp"
#include "edge/sensorthings/internal/changes.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/observation_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using sensing::EntityKey;
using sensing::EntityType;

constexpr std::size_t kRowsMax = 100'000;

/// What one row holds when nothing is selected.
constexpr std::array kUsual{"id", "phenomenonTime", "result", "resultTime"};

struct Group {
    EntityKey stream;
    std::vector<const Item*> rows;
};

std::vector<const sensing::Property*> components_of(const odata::Query& query) {
    const auto& info = sensing::info(EntityType::Observation);
    std::vector<const sensing::Property*> out;
    if (query.select.empty()) {
        for (const auto* name : kUsual) {
            out.push_back(info.property(name));
        }
        return out;
    }
    for (const auto& item : query.select) {
        if (item.property != nullptr &&
            std::find(out.begin(), out.end(), item.property) == out.end()) {
            out.push_back(item.property);
        }
    }
    return out;
}

std::vector<Group> group(Context& context, const std::vector<Item>& items) {
    std::vector<Group> out;
    std::map<std::int64_t, std::size_t> place;
    for (const auto& item : items) {
        const auto stream = std::get<sensing::Observation>(item).stream;
        const auto [found, fresh] = place.try_emplace(stream, out.size());
        if (fresh) {
            const auto entity = services::find_stream(context.registry(), stream);
            out.push_back({entity ? entity->key() : EntityKey{EntityType::Datastream, stream}, {}});
        }
        out[found->second].rows.push_back(&item);
    }
    return out;
}

}  // namespace

Result<http::Response>
data_array_response(Context& context, const Source& source, const odata::Query& query) {
    if (!query.expand.empty()) {
        return fail(
            ErrorCode::InvalidInput, "$expand: not together with $resultFormat=dataArray", "$expand"
        );
    }
    CS_TRY(page, fetch(context, source, query));
    const auto components = components_of(query);
    std::string body = "{";
    if (page.count) {
        body += fmt::format("\"@iot.count\":{},", *page.count);
    }
    if (!page.next.empty()) {
        body += "\"@iot.nextLink\":";
        append_json_text(body, page.next);
        body += ',';
    }
    body += "\"value\":[";
    bool first = true;
    for (const auto& item : group(context, page.items)) {
        body += first ? "{" : ",{";
        first = false;
        body += fmt::format("\"{}@iot.navigationLink\":", sensing::info(item.stream.type).name);
        append_json_text(body, context.self_link(item.stream));
        body += ",\"components\":[";
        for (std::size_t i = 0; i < components.size(); ++i) {
            body += fmt::format("{}\"{}\"", i == 0 ? "" : ",", components[i]->name);
        }
        body += fmt::format("],\"dataArray@iot.count\":{},\"dataArray\":[", item.rows.size());
        for (std::size_t i = 0; i < item.rows.size(); ++i) {
            body += i == 0 ? "[" : ",[";
            for (std::size_t n = 0; n < components.size(); ++n) {
                const auto text = property_text(context, *item.rows[i], *components[n]);
                body += n == 0 ? "" : ",";
                body += text.empty() ? "null" : text;
            }
            body += ']';
        }
        body += "]}";
    }
    body += "]}";
    return json_response(200, std::move(body));
}

namespace {

/// One row of CreateObservations: what it came to.
struct Row {
    std::optional<sensing::Observation> value;
    std::string error;
};

/// The request as read: rows in their order.
struct Reading {
    std::vector<Row> rows;
    std::set<std::int64_t> streams_without_feature;  ///< whose feature must be made first
};

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(std::string_view(value.get_string())) : std::string();
}

/// The stream that a group names.
Result<sensing::EntityPtr>
stream_of(Context& context, const json::object& group, const std::string& where) {
    for (const auto type : {EntityType::Datastream, EntityType::MultiDatastream}) {
        const auto* given = group.if_contains(sensing::info(type).name);
        if (given == nullptr) {
            continue;
        }
        const auto field = services::at(where, sensing::info(type).name);
        const auto* object = given->if_object();
        if (object == nullptr) {
            return fail(ErrorCode::InvalidInput, field + ": must be {\"@iot.id\": …}", field);
        }
        CS_TRY(id, services::reference_of(*object, field));
        const EntityKey key{type, id.value_or(0)};
        auto found = context.registry().find(key);
        if (!found) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{}: there is no {}", field, services::entity_label(key)),
                field
            );
        }
        if (!context.rights.observes(*found)) {
            return fail(
                ErrorCode::NotPermitted,
                fmt::format("{}: your posts do not reach it", services::entity_label(key)),
                field
            );
        }
        return found;
    }
    return fail(
        ErrorCode::InvalidInput,
        fmt::format("{}: names neither a Datastream nor a MultiDatastream", where),
        where
    );
}

Result<std::vector<std::string>>
components_in(const json::object& group, const std::string& where) {
    const auto field = services::at(where, "components");
    const auto* list = group.if_contains("components");
    std::vector<std::string> out;
    if (list == nullptr || !list->is_array() || list->get_array().empty()) {
        return fail(ErrorCode::InvalidInput, field + ": must be an array of names", field);
    }
    const auto& info = sensing::info(EntityType::Observation);
    for (const auto& item : list->get_array()) {
        auto name = text_of(item);
        const auto* property = info.property(name);
        const bool known = name == "FeatureOfInterest/id" ||
                           (property != nullptr && property->writable) || name == "id";
        if (!known || std::find(out.begin(), out.end(), name) != out.end()) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{}: \"{}\" is no component, or is there twice", field, name),
                field
            );
        }
        out.push_back(std::move(name));
    }
    return out;
}

Result<sensing::Observation> read_row(
    Context& context,
    const sensing::Entity& stream,
    const std::vector<std::string>& components,
    const json::value& given,
    const std::string& where
) {
    const auto* values = given.if_array();
    if (values == nullptr || values->size() != components.size()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{}: must be an array of {} values", where, components.size()),
            where
        );
    }
    json::object body;
    std::int64_t feature = 0;
    for (std::size_t i = 0; i < components.size(); ++i) {
        const auto& value = (*values)[i];
        if (components[i] == "FeatureOfInterest/id") {
            if (value.is_null()) {
                continue;
            }
            feature = value.is_int64() ? value.get_int64() : 0;
            if (!context.registry().find({EntityType::FeatureOfInterest, feature})) {
                return fail(
                    ErrorCode::InvalidInput,
                    fmt::format("{}: there is no such FeatureOfInterest", where),
                    where
                );
            }
        } else if (components[i] != "id") {
            body[components[i]] = value;
        }
    }
    CS_TRY(row, services::read_observation(body, context.now, where));
    CS_CHECK(services::check_result(row, services::result_size(stream), where));
    row.stream = stream.id();
    row.feature = feature == 0 ? context.ports.entities.known_feature(stream) : feature;
    return row;
}

Status read_group(Context& context, const json::value& given, std::size_t number, Reading& out) {
    const auto where = std::to_string(number);
    const auto* object = given.if_object();
    const auto* list = object == nullptr ? nullptr : object->if_contains("dataArray");
    if (list == nullptr || !list->is_array()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{}: must be an object with Datastream, components and dataArray", where),
            where
        );
    }
    const auto& rows = list->get_array();
    if (out.rows.size() + rows.size() > kRowsMax) {
        return fail(
            ErrorCode::TooLarge, fmt::format("one request brings at most {} rows", kRowsMax)
        );
    }
    auto stream = stream_of(context, *object, where);
    auto components = components_in(*object, where);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Row row;
        // What is wrong with the group is wrong with each of its rows: the answer has one line
        // each.
        const auto* blame = !stream ? &stream.error() : !components ? &components.error() : nullptr;
        if (blame != nullptr) {
            row.error = blame->context;
            out.rows.push_back(std::move(row));
            continue;
        }
        auto read = read_row(
            context, **stream, *components, rows[i], fmt::format("{}/dataArray/{}", where, i)
        );
        if (!read) {
            row.error = read.error().context;
        } else {
            const bool held = context.ports.entities.area_holds(read->stream, read->feature);
            if (read->feature == 0 || !held) {
                out.streams_without_feature.insert(read->stream);
            }
            row.value = std::move(*read);
        }
        out.rows.push_back(std::move(row));
    }
    return ok();
}

void store_rows(
    const std::shared_ptr<Context>& context,
    std::shared_ptr<Reading> reading,
    std::string key,
    std::string fingerprint,
    Answer answer
) {
    services::ObservationRows rows{std::move(key), std::move(fingerprint), {}};
    rows.client = context->who.account;
    for (auto& row : reading->rows) {
        if (row.value && row.value->feature == 0) {
            const auto stream = services::find_stream(context->registry(), row.value->stream);
            row.value->feature = stream ? context->ports.entities.known_feature(*stream) : 0;
            if (row.value->feature == 0) {
                row.value.reset();
                row.error = "FeatureOfInterest: must be given, because the Thing has no Location";
            }
        }
        if (row.value) {
            rows.rows.push_back(*row.value);
        }
    }
    const auto finish =
        [context, reading, answer = std::move(answer)](Result<std::vector<std::int64_t>> ids) {
            if (!ids) {
                answer(Failure{std::move(ids).error()});
                return;
            }
            std::string body = "[";
            std::size_t next = 0;
            for (const auto& row : reading->rows) {
                body += body.size() > 1 ? "," : "";
                const bool stored = row.value && next < ids->size();
                append_json_text(
                    body,
                    stored ? context->self_link({EntityType::Observation, (*ids)[next++]})
                           : "error: " + message_in(row.error, context->language)
                );
            }
            answer(json_response(201, body + "]"));
        };
    if (rows.rows.empty()) {
        finish(std::vector<std::int64_t>());
        return;
    }
    context->observations().submit(std::move(rows), finish);
}

}  // namespace

void create_observations(
    std::shared_ptr<Context> context,
    const http::Request& request,
    Answer answer
) {
    const auto read = [&]() -> Result<std::shared_ptr<Reading>> {
        CS_CHECK(context->rights.may_observe());
        CS_TRY(body, parse_json(request.body, "the body"));
        if (!body.is_array()) {
            return fail(ErrorCode::InvalidInput, "the body must be an array of groups");
        }
        auto out = std::make_shared<Reading>();
        for (std::size_t i = 0; i < body.get_array().size(); ++i) {
            CS_CHECK(read_group(*context, body.get_array()[i], i, *out));
        }
        return out;
    };
    auto reading = read();
    auto key = idempotency_key(*context, request);
    if (!reading || !key) {
        answer(Failure{reading ? key.error() : reading.error()});
        return;
    }
    auto fingerprint =
        key->empty() ? std::string() : context->ports.secrets.sha256("rows\n" + request.body);
    if ((*reading)->streams_without_feature.empty()) {
        store_rows(context, *reading, *key, std::move(fingerprint), std::move(answer));
        return;
    }
    // Features that are missing, and observed areas that grow, are changes of entities: they come
    // first, in one commit.
    services::SensingCommand command;
    command.who = context->who;
    command.work = [context,
                    rows = *reading](services::EntityWork& work) -> Result<sensing::EntityKey> {
        EntityKey last{EntityType::Datastream, *rows->streams_without_feature.begin()};
        std::set<std::pair<std::int64_t, std::int64_t>> seen;
        for (const auto& row : rows->rows) {
            const auto stream =
                row.value ? work.find_stream(row.value->stream) : sensing::EntityPtr();
            if (!stream || !seen.insert({row.value->stream, row.value->feature}).second) {
                continue;
            }
            auto feature = row.value->feature;
            if (feature == 0) {
                // A thing without a place: its rows are refused one by one, afterwards.
                auto made = work.feature_of(*stream, "");
                feature = made ? *made : 0;
            }
            if (feature != 0) {
                CS_CHECK(work.widen_area(stream->key(), feature));
            }
        }
        return last;
    };
    context->ports.entities.submit(
        context->ports.submitter,
        std::move(command),
        [context,
         rows = *reading,
         key = std::move(*key),
         fingerprint = std::move(fingerprint),
         answer = std::move(answer)](Result<services::SensingOutcome> done) {
            if (!done) {
                answer(Failure{std::move(done).error()});
                return;
            }
            store_rows(context, rows, key, fingerprint, answer);
        }
    );
}

}  // namespace chengshu::sensorthings
