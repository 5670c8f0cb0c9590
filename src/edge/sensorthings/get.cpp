#include "base/json_text.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "edge/sensorthings/internal/data_array.hpp"
#include "edge/sensorthings/internal/service.hpp"
#include "services/sensing/entity_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using odata::PathEnd;
using sensing::EntityKey;
using sensing::EntityType;

Failure nothing_there(std::string_view what) {
    return fail(ErrorCode::NotFound, fmt::format("there is no {}", what));
}

Result<Item> find_item(Context& context, EntityKey key) {
    if (key.type != EntityType::Observation) {
        auto entity = context.visible(key);
        if (!entity) {
            return nothing_there(services::entity_label(key));
        }
        return Item(std::move(entity));
    }
    CS_TRY(row, context.observations().store().find(key.id));
    if (!row || !context.visible(*row)) {
        return nothing_there(services::entity_label(key));
    }
    return Item(std::move(*row));
}

EntityKey one_behind(const Item& item, const sensing::Navigation& navigation) {
    if (const auto* row = std::get_if<sensing::Observation>(&item)) {
        const bool feature = navigation.target == EntityType::FeatureOfInterest;
        return {navigation.target, feature ? row->feature : row->stream};
    }
    const auto& entity = std::get<sensing::EntityPtr>(item);
    const auto position = sensing::navigation_position(entity->type(), navigation);
    return {navigation.target, entity->link(static_cast<std::uint8_t>(position))};
}

Status enter(Context& context, const odata::PathStep& step, Place& place) {
    if (!step.via) {
        Source source{step.type, {}, std::string(sensing::info(step.type).set)};
        place.source = std::move(source);
    } else {
        const auto& item = *place.item;
        const auto key = key_of(item);
        if (!step.via->many) {
            const auto other = one_behind(item, *step.via);
            auto found = other.id == 0 ? Result<Item>(nothing_there(step.via->name))
                                       : find_item(context, other);
            if (!found) {
                return fail(
                    found.error().code,
                    fmt::format("{} has no {}", services::entity_label(key), step.via->name)
                );
            }
            place.item = std::move(*found);
            place.source.reset();
            return ok();
        }
        Source source;
        source.type = step.type;
        source.behind = {key, sensing::navigation_position(key.type, *step.via)};
        source.path = fmt::format("{}/{}", services::entity_label(key), step.via->name);
        place.source = std::move(source);
    }
    if (!step.key) {
        place.item.reset();
        return ok();
    }
    const auto* id = std::get_if<std::int64_t>(&*step.key);
    const EntityKey wanted{step.type, id == nullptr ? 0 : *id};
    if (id == nullptr) {
        return nothing_there(
            fmt::format("{}('{}')", sensing::info(step.type).set, std::get<std::string>(*step.key))
        );
    }
    CS_TRY(found, find_item(context, wanted));
    if (place.source->behind &&
        !is_behind(context, place.source->behind->first, place.source->behind->second, found)) {
        return nothing_there(fmt::format("{}({})", place.source->path, wanted.id));
    }
    place.item = std::move(found);
    place.source.reset();
    return ok();
}

http::Response empty_response() {
    http::Response out;
    out.status = 204;
    out.headers.set("Cache-Control", "no-store");
    return out;
}

/// The text of what a path's keys lead to inside a property; empty when it is not there.
std::string inside(std::string text, const std::vector<std::string>& keys) {
    if (keys.empty() || text.empty()) {
        return text;
    }
    auto parsed = parse_json(text, "a property");
    const auto* at = parsed ? &*parsed : nullptr;
    for (const auto& key : keys) {
        if (at == nullptr) {
            break;
        }
        if (const auto* object = at->if_object()) {
            at = object->if_contains(key);
        } else if (const auto* array = at->if_array()) {
            std::size_t position = 0;
            const auto* const end = key.data() + key.size();
            const auto read = std::from_chars(key.data(), end, position);
            const bool whole = read.ec == std::errc{} && read.ptr == end;
            at = whole && position < array->size() ? &(*array)[position] : nullptr;
        } else {
            at = nullptr;
        }
    }
    return at == nullptr ? std::string() : json_text(*at);
}

/// {"name": text}, by the name of what the path ends at.
std::string named(const odata::ResourcePath& path, const std::string& text) {
    const std::string_view name = !path.keys.empty()                         ? path.keys.back()
                                  : path.property == &sensing::id_property() ? "@iot.id"
                                  : path.property == &sensing::self_link_property()
                                      ? "@iot.selfLink"
                                      : path.property->name;
    std::string out = "{";
    append_json_text(out, name);
    return out + ":" + text + "}";
}

Result<http::Response>
property_response(Context& context, const Item& item, const odata::ResourcePath& path) {
    const auto text = inside(property_text(context, item, *path.property), path.keys);
    if (context.trouble) {
        return Failure{*context.trouble};
    }
    if (text.empty() && !path.keys.empty()) {
        return nothing_there(path.keys.back());
    }
    if (text.empty() || text == "null") {
        return empty_response();
    }
    if (path.end != PathEnd::RawValue) {
        return json_response(200, named(path, text));
    }
    if (text.front() != '"') {
        auto out = json_response(200, text);
        if (text.front() != '{' && text.front() != '[') {
            out.headers.set("Content-Type", "text/plain; charset=utf-8");
        }
        return out;
    }
    CS_TRY(value, parse_json(text, "a property"));
    auto out = json_response(200, std::string(std::string_view(value.as_string())));
    out.headers.set("Content-Type", "text/plain; charset=utf-8");
    return out;
}

void append_head(const Page& page, std::string& out) {
    out += '{';
    if (page.count) {
        out += fmt::format("\"@iot.count\":{},", *page.count);
    }
    if (!page.next.empty()) {
        out += "\"@iot.nextLink\":";
        append_json_text(out, page.next);
        out += ',';
    }
    out += "\"value\":[";
}

Result<http::Response> collection_response(
    Context& context,
    const Source& source,
    const odata::Query& query,
    PathEnd end
) {
    if (end == PathEnd::Count) {
        auto counting = query;
        counting.count = true;
        counting.top = 0;
        CS_TRY(page, fetch(context, source, counting));
        auto out = json_response(200, std::to_string(page.count.value_or(0)));
        out.headers.set("Content-Type", "text/plain; charset=utf-8");
        return out;
    }
    if (query.format == odata::ResultFormat::DataArray) {
        if (source.type != EntityType::Observation) {
            return fail(
                ErrorCode::InvalidInput,
                "$resultFormat=dataArray is for Observations",
                "$resultFormat"
            );
        }
        return data_array_response(context, source, query);
    }
    if (query.format != odata::ResultFormat::Default) {
        return fail(
            ErrorCode::InvalidInput,
            "$resultFormat: this server offers dataArray alone",
            "$resultFormat"
        );
    }
    CS_TRY(page, fetch(context, source, query));
    std::string body;
    append_head(page, body);
    CS_CHECK(read_ahead(context, page.items, query));
    for (std::size_t i = 0; i < page.items.size(); ++i) {
        body += i == 0 ? "" : ",";
        if (end == PathEnd::Ref) {
            body += "{\"@iot.selfLink\":";
            append_json_text(body, context.self_link(key_of(page.items[i])));
            body += "}";
        } else {
            CS_CHECK(append_item(context, page.items[i], query, body));
        }
    }
    body += "]}";
    return json_response(200, std::move(body));
}

}  // namespace

bool is_behind(Context& context, EntityKey from, std::size_t navigation, const Item& item) {
    if (const auto* row = std::get_if<sensing::Observation>(&item)) {
        if (from.type == EntityType::FeatureOfInterest) {
            return row->feature == from.id;
        }
        return row->stream == from.id && context.registry().find(from);
    }
    return context.registry().is_linked(from, navigation, key_of(item).id);
}

std::optional<std::string>
property_json(Context& context, const Item& item, const odata::ResourcePath& path) {
    const auto text = inside(property_text(context, item, *path.property), path.keys);
    if (text.empty() && !path.keys.empty()) {
        return std::nullopt;
    }
    return named(path, text.empty() ? "null" : text);
}

Result<Place> follow(Context& context, const odata::ResourcePath& path) {
    Place place;
    for (const auto& step : path.steps) {
        CS_CHECK(enter(context, step, place));
    }
    return place;
}

Result<http::Response> get(Context& context, std::string_view target) {
    const auto question = std::min(target.find('?'), target.size());
    const auto decoded = decode(target.substr(0, question));
    if (!decoded) {
        return fail(ErrorCode::InvalidInput, "the address is malformed");
    }
    CS_TRY(path, odata::parse_path(*decoded));
    const auto options = target.substr(std::min(question + 1, target.size()));
    if (path.steps.empty()) {
        return service_document(context);
    }
    CS_CHECK(context.rights.may_read());
    odata::Limits limits;
    limits.top_max = context.ports.options.page_max;
    CS_TRY(query, odata::parse_query(*path.target(), options, limits));
    CS_TRY(place, follow(context, path));
    if (place.source) {
        return collection_response(context, *place.source, query, path.end);
    }
    if (path.property != nullptr) {
        return property_response(context, *place.item, path);
    }
    if (path.end == PathEnd::Ref) {
        std::string body = "{\"@iot.selfLink\":";
        append_json_text(body, context.self_link(key_of(*place.item)));
        return json_response(200, body + "}");
    }
    std::string body;
    CS_CHECK(append_item(context, *place.item, query, body));
    return json_response(200, std::move(body));
}

}  // namespace chengshu::sensorthings
