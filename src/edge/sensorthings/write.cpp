#include "base/json_text.hpp"
#include "domain/sensing/json_patch.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/sensorthings/internal/changes.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/observation_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using Kind = EntityChange::Kind;
using sensing::EntityKey;
using sensing::EntityType;

Result<Kind> kind_of(const http::Request& request, bool collection) {
    const auto& method = request.method;
    if (collection && method == "POST") {
        return Kind::Create;
    }
    if (!collection && method == "PATCH") {
        const auto type = http::media_type(request.headers.get("Content-Type"));
        return type == "application/json-patch+json" ? Kind::Patch : Kind::Merge;
    }
    if (!collection && method == "PUT") {
        return Kind::Replace;
    }
    if (!collection && method == "DELETE") {
        return Kind::Remove;
    }
    return fail(
        ErrorCode::MethodNotAllowed,
        collection ? "a collection takes GET and POST"
                   : "an entity takes GET, PATCH, PUT and DELETE"
    );
}

Result<json::value> read_body(const http::Request& request, Kind kind) {
    if (kind == Kind::Remove) {
        return json::value();
    }
    const auto type = http::media_type(request.headers.get("Content-Type"));
    if (!type.empty() && type != "application/json" && !type.ends_with("+json")) {
        return fail(
            ErrorCode::UnsupportedMedia, "send the body as application/json", "Content-Type"
        );
    }
    CS_TRY(body, parse_json(request.body, "the body"));
    if (kind != Kind::Patch && !body.is_object()) {
        return fail(ErrorCode::InvalidInput, "the body must be a JSON object");
    }
    return body;
}

bool prefers_representation(const http::Request& request) {
    return request.headers.get("Prefer").find("return=representation") != std::string_view::npos;
}

/// An observation for a stream that is there, whose feature is known: no entity changes.
Result<std::optional<sensing::Observation>>
plain_observation(Context& context, const EntityChange& change) {
    const std::optional<sensing::Observation> no;
    if (change.type != EntityType::Observation || change.kind != Kind::Create) {
        return no;
    }
    const auto& body = change.body.get_object();
    EntityKey stream{};
    std::int64_t feature = 0;
    if (change.parent) {
        if (change.parent->key.type == EntityType::FeatureOfInterest) {
            return no;
        }
        stream = change.parent->key;
    }
    for (const auto& navigation : sensing::info(EntityType::Observation).navigations) {
        const auto* given = body.if_contains(navigation.name);
        if (given == nullptr) {
            continue;
        }
        const auto* object = given->if_object();
        const auto* id = object == nullptr ? nullptr : object->if_contains("@iot.id");
        const bool one = stream.id == 0 || navigation.target == EntityType::FeatureOfInterest;
        if (id == nullptr || !id->is_int64() || !one) {
            return no;  // a deep insert, or a mistake: looked at with all care elsewhere
        }
        if (navigation.target == EntityType::FeatureOfInterest) {
            feature = id->get_int64();
        } else {
            stream = {navigation.target, id->get_int64()};
        }
    }
    const auto entity = stream.id == 0 ? sensing::EntityPtr() : context.registry().find(stream);
    if (!entity || !context.rights.observes(*entity)) {
        return no;
    }
    feature = feature == 0 ? context.ports.entities.known_feature(*entity) : feature;
    const bool held = feature != 0 && context.ports.entities.area_holds(stream.id, feature) &&
                      context.registry().find({EntityType::FeatureOfInterest, feature});
    if (!held) {
        return no;
    }
    CS_TRY(row, services::read_observation(body, context.now, ""));
    CS_CHECK(services::check_result(row, services::result_size(*entity), ""));
    row.stream = stream.id;
    row.feature = feature;
    return std::optional(std::move(row));
}

Status link_observation(Context& context, sensing::Observation& row, const json::object& body) {
    for (const auto& navigation : sensing::info(EntityType::Observation).navigations) {
        const auto* given = body.if_contains(navigation.name);
        if (given == nullptr) {
            continue;
        }
        const std::string field(navigation.name);
        const auto* object = given->if_object();
        auto id = object == nullptr ? Result<std::optional<std::int64_t>>(std::nullopt)
                                    : services::reference_of(*object, field);
        CS_CHECK(id);
        const EntityKey key{navigation.target, id->value_or(0)};
        const auto found = context.registry().find(key);
        if (!found) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{}: must be {{\"@iot.id\": …}} of one that is there", field),
                field
            );
        }
        if (navigation.target == EntityType::FeatureOfInterest) {
            row.feature = key.id;
            continue;
        }
        if (!context.rights.manages(*found)) {
            return fail(ErrorCode::NotPermitted, field + ": your posts do not reach it", field);
        }
        row.stream = key.id;
    }
    return ok();
}

/// Replaces, changes or erases an observation that is stored.
Status change_stored(Context& context, const EntityChange& change) {
    CS_TRY(row, context.observations().store().find(change.key.id));
    const auto stream =
        row ? services::find_stream(context.registry(), row->stream) : sensing::EntityPtr();
    if (!stream) {
        return fail(
            ErrorCode::NotFound, fmt::format("there is no {}", services::entity_label(change.key))
        );
    }
    CS_CHECK(context.rights.may_manage());
    if (!context.rights.manages(*stream)) {
        return fail(
            ErrorCode::NotPermitted,
            fmt::format("your posts do not reach {}", services::entity_label(stream->key()))
        );
    }
    if (change.kind == Kind::Remove) {
        return context.observations().erase({&change.key.id, 1});
    }
    auto body = change.body;
    if (change.kind == Kind::Patch) {
        json::value document = json::object();
        for (const auto& property : sensing::info(EntityType::Observation).properties) {
            const auto text = services::observation_property(*row, property.name);
            if (!text.empty()) {
                CS_TRY(value, parse_json(text, property.name));
                document.get_object()[property.name] = std::move(value);
            }
        }
        CS_CHECK(sensing::apply_patch(document, change.body));
        body = std::move(document);
    }
    const auto* object = body.if_object();
    if (object == nullptr) {
        return fail(ErrorCode::InvalidInput, "after the patch this is no object any more");
    }
    const bool whole = change.kind != Kind::Merge;
    CS_CHECK(services::change_observation(*row, *object, whole, context.now, ""));
    CS_CHECK(link_observation(context, *row, *object));
    const auto now = services::find_stream(context.registry(), row->stream);
    CS_CHECK(services::check_result(*row, now ? services::result_size(*now) : std::nullopt, ""));
    return context.observations().update(*row);
}

}  // namespace

Result<EntityChange>
read_change(Context& context, const http::Request& request, std::string_view target) {
    const auto decoded = decode(target.substr(0, std::min(target.find('?'), target.size())));
    if (!decoded) {
        return fail(ErrorCode::InvalidInput, "the address is malformed");
    }
    CS_TRY(path, odata::parse_path(*decoded));
    if (path.steps.empty() || path.property != nullptr || path.end != odata::PathEnd::Plain) {
        return fail(ErrorCode::MethodNotAllowed, "this address takes GET alone");
    }
    EntityChange out;
    out.type = path.steps.back().type;
    CS_TRY(kind, kind_of(request, path.many()));
    out.kind = kind;
    CS_CHECK(
        out.type == EntityType::Observation && kind == Kind::Create ? context.rights.may_observe()
        : kind == Kind::Create && out.type == EntityType::FeatureOfInterest &&
                context.rights.may_observe()
            ? ok()
            : context.rights.may_manage()
    );
    context.set_changing(true);
    auto found = follow(context, path);
    context.set_changing(false);
    CS_TRY(place, std::move(found));
    if (place.item) {
        out.key = key_of(*place.item);
    } else if (place.source->behind) {
        out.parent =
            services::EntityParent{place.source->behind->first, place.source->behind->second};
    }
    CS_TRY(body, read_body(request, kind));
    out.body = std::move(body);
    return out;
}

Result<EntityKey> apply_change(services::EntityWork& work, const EntityChange& change) {
    switch (change.kind) {
        case Kind::Create:
            return work.create(change.type, change.body.get_object(), change.parent);
        case Kind::Merge:
            CS_CHECK(work.merge(change.key, change.body.get_object()));
            break;
        case Kind::Replace:
            CS_CHECK(work.replace(change.key, change.body.get_object()));
            break;
        case Kind::Patch:
            CS_CHECK(work.patch(change.key, change.body));
            break;
        case Kind::Remove:
            CS_CHECK(work.remove(change.key));
            break;
    }
    return change.key;
}

http::Response
changed_response(Context& context, const http::Request& request, Kind kind, EntityKey key) {
    http::Response out = json_response(kind == Kind::Create ? 201 : 200, "");
    if (kind == Kind::Create) {
        out.headers.set("Location", context.self_link(key));
    }
    if (kind == Kind::Remove || !prefers_representation(request)) {
        return out;
    }
    const auto target = services::entity_label(key);
    if (auto shown = get(context, target)) {
        out.body = std::move(shown->body);
        out.headers.set("Preference-Applied", "return=representation");
    }
    return out;
}

void change(
    std::shared_ptr<Context> context,
    const http::Request& request,
    std::string_view target,
    Answer answer
) {
    auto read = read_change(*context, request, target);
    auto key = idempotency_key(*context, request);
    if (!read || !key) {
        answer(Failure{read ? key.error() : read.error()});
        return;
    }
    auto fingerprint = key->empty() ? std::string()
                                    : context->ports.secrets.sha256(fmt::format(
                                          "{}\n{}\n{}", request.method, target, request.body
                                      ));
    const auto kind = read->kind;
    // The request may end before the answer: what is needed of it is kept.
    http::Request kept;
    kept.headers = request.headers;
    const auto respond = [context, kind, kept, answer](Result<EntityKey> done) {
        if (!done) {
            answer(Failure{std::move(done).error()});
            return;
        }
        answer(changed_response(*context, kept, kind, *done));
    };
    if (read->type == EntityType::Observation && kind != Kind::Create) {
        const auto done = change_stored(*context, *read);
        respond(done ? Result<EntityKey>(read->key) : Failure{done.error()});
        return;
    }
    auto row = plain_observation(*context, *read);
    if (!row) {
        answer(Failure{std::move(row).error()});
        return;
    }
    if (*row) {
        services::ObservationRows rows{std::move(*key), std::move(fingerprint), {}};
        rows.client = context->who.account;
        rows.rows.push_back(std::move(**row));
        context->observations().submit(
            std::move(rows),
            [respond](Result<std::vector<std::int64_t>> ids) {
                respond(
                    ids ? Result<EntityKey>(EntityKey{EntityType::Observation, ids->back()})
                        : Failure{std::move(ids).error()}
                );
            }
        );
        return;
    }
    services::SensingCommand command;
    command.who = context->who;
    command.idempotency_key = std::move(*key);
    command.fingerprint = std::move(fingerprint);
    command.work = [change = std::make_shared<const EntityChange>(std::move(*read)
                    )](services::EntityWork& work) { return apply_change(work, *change); };
    context->ports.entities.submit(
        context->ports.submitter,
        std::move(command),
        [respond](Result<services::SensingOutcome> done) {
            respond(done ? Result<EntityKey>(done->key) : Failure{std::move(done).error()});
        }
    );
}

}  // namespace chengshu::sensorthings
