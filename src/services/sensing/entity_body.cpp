#include "services/sensing/entity_body.hpp"

#include "base/json_text.hpp"
#include "base/time.hpp"
#include "domain/sensing/geometry.hpp"
#include "domain/sensing/odata/value.hpp"
#include "domain/sensing/registry.hpp"
#include "services/sensing/ledger.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityType;
using sensing::EntityValue;
using sensing::Property;
using sensing::PropertyKind;

constexpr std::string_view kLinks = "@links";
constexpr std::string_view kComplexObservation =
    "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";

const char* wanted(PropertyKind kind) {
    switch (kind) {
        case PropertyKind::String:
            return "a text";
        case PropertyKind::Object:
            return "an object";
        case PropertyKind::Array:
            return "an array";
        case PropertyKind::Time:
            return "a time such as 2026-01-01T08:00:00Z";
        case PropertyKind::Interval:
            return "an interval such as 2026-01-01T08:00:00Z/2026-01-01T09:00:00Z";
        case PropertyKind::Moment:
            return "a time or an interval";
        default:
            return "JSON";
    }
}

bool is_moment(const json::value& value, PropertyKind kind) {
    if (!value.is_string()) {
        return false;
    }
    const auto parsed = sensing::odata::parse_moment(std::string_view(value.get_string()));
    if (!parsed) {
        return false;
    }
    const bool interval = std::holds_alternative<sensing::odata::TimeInterval>(*parsed);
    return kind == PropertyKind::Moment || interval == (kind == PropertyKind::Interval);
}

bool is_of_kind(const json::value& value, PropertyKind kind) {
    switch (kind) {
        case PropertyKind::String:
            return value.is_string();
        case PropertyKind::Object:
            return value.is_object();
        case PropertyKind::Array:
            return value.is_array();
        case PropertyKind::Time:
        case PropertyKind::Interval:
        case PropertyKind::Moment:
            return is_moment(value, kind);
        default:
            return true;
    }
}

Result<std::string>
property_text(const Property& property, const json::value& value, const std::string& field) {
    if (!is_of_kind(value, property.kind)) {
        return wrong(field, fmt::format("must be {}", wanted(property.kind)));
    }
    const bool text = property.kind == PropertyKind::String;
    if (text && value.get_string().size() > kEntityTextMax) {
        return wrong(field, fmt::format("has at most {} bytes", kEntityTextMax));
    }
    auto out = json_text(value);
    if (out.size() > kEntityPropertyMax) {
        return wrong(field, fmt::format("has at most {} bytes", kEntityPropertyMax));
    }
    return out;
}

std::string suggestion(const sensing::EntityInfo& info) {
    std::string out;
    for (const auto& property : info.properties) {
        if (property.writable) {
            out += fmt::format("{}{}", out.empty() ? "" : ", ", property.name);
        }
    }
    for (const auto& navigation : info.navigations) {
        out += fmt::format(", {}", navigation.name);
    }
    return out;
}

Status
check_names(const json::object& body, const sensing::EntityInfo& info, std::string_view where) {
    for (const auto& member : body) {
        const std::string_view name = member.key();
        // What an earlier answer of ours carried may come back: ids and links are not changed by
        // it.
        if (name.find("@iot.") != std::string_view::npos || name == "id" || name == "selfLink" ||
            info.navigation(name) != nullptr || info.property(name) != nullptr) {
            continue;
        }
        return wrong(
            at(where, name),
            fmt::format("a {} has no such member; it has {}", info.name, suggestion(info))
        );
    }
    return ok();
}

Status check_unit(const json::value& unit, const std::string& field) {
    const auto* object = unit.if_object();
    if (object == nullptr) {
        return wrong(field, "must be an object with name, symbol and definition");
    }
    for (const char* name : {"name", "symbol", "definition"}) {
        const auto* member = object->if_contains(name);
        if (member != nullptr && !member->is_string() && !member->is_null()) {
            return wrong(at(field, name), "must be a text or null");
        }
    }
    return ok();
}

Result<json::value> value_of(const EntityValue& value, std::string_view name) {
    const auto& text = value.properties[sensing::property_position(value.key.type, name)];
    return text.empty() ? Result<json::value>(json::value()) : parse_json(text, "a property");
}

bool is_geojson(const json::value& encoding) {
    if (!encoding.is_string()) {
        return false;
    }
    const std::string_view text = encoding.get_string();
    return text == "application/geo+json" || text == "application/vnd.geo+json";
}

Status check_geometry(const EntityValue& value, std::string_view name, std::string_view where) {
    CS_TRY(encoding, value_of(value, "encodingType"));
    if (!is_geojson(encoding)) {
        return ok();
    }
    CS_TRY(geometry, value_of(value, name));
    if (auto parsed = sensing::parse_geojson(geometry); !parsed) {
        return wrong(at(where, name), parsed.error().context);
    }
    return ok();
}

Status check_multi(const EntityValue& value, std::string_view where) {
    CS_TRY(type, value_of(value, "observationType"));
    if (!type.is_null() && type.get_string() != kComplexObservation) {
        return wrong(at(where, "observationType"), fmt::format("must be {}", kComplexObservation));
    }
    CS_TRY(types, value_of(value, "multiObservationDataTypes"));
    CS_TRY(units, value_of(value, "unitOfMeasurements"));
    const auto& list = types.get_array();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!list[i].is_string()) {
            return wrong(at(at(where, "multiObservationDataTypes"), i), "must be a text");
        }
    }
    const auto& unit_list = units.get_array();
    for (std::size_t i = 0; i < unit_list.size(); ++i) {
        CS_CHECK(check_unit(unit_list[i], at(at(where, "unitOfMeasurements"), i)));
    }
    const auto navigation =
        static_cast<std::uint8_t>(sensing::navigation_position(value.key.type, "ObservedProperties")
        );
    const auto properties = static_cast<std::size_t>(std::count_if(
        value.links.begin(),
        value.links.end(),
        [&](const auto& link) { return link.navigation == navigation; }
    ));
    if (list.empty() || list.size() != unit_list.size() || list.size() != properties) {
        return wrong(
            at(where, "multiObservationDataTypes"),
            fmt::format(
                "types, units and ObservedProperties must be equally many and at least one; they "
                "are {}, {} and {}",
                list.size(),
                unit_list.size(),
                properties
            )
        );
    }
    return ok();
}

}  // namespace

Failure wrong(std::string field, std::string_view why) {
    auto context = fmt::format("{}: {}", field, why);
    return fail(ErrorCode::InvalidInput, std::move(context), std::move(field));
}

std::string at(std::string_view where, std::string_view name) {
    return where.empty() ? std::string(name) : fmt::format("{}/{}", where, name);
}

std::string at(std::string_view where, std::size_t index) {
    return fmt::format("{}/{}", where, index);
}

Status read_properties(
    const json::object& body,
    BodyMode mode,
    std::string_view where,
    EntityValue& value
) {
    const auto& info = sensing::info(value.key.type);
    CS_CHECK(check_names(body, info, where));
    for (std::size_t i = 0; i < info.properties.size(); ++i) {
        const auto& property = info.properties[i];
        const auto* given = body.if_contains(property.name);
        if (!property.writable) {
            continue;  // an answer of ours that comes back: the server keeps these
        }
        const bool absent = given == nullptr || given->is_null();
        // A metadata or location may be null in a request, but not missing.
        if (absent && property.required && (mode != BodyMode::Merge || given != nullptr)) {
            return wrong(
                at(where, property.name),
                fmt::format("a {} must have it: {}", info.name, wanted(property.kind))
            );
        }
        if (absent) {
            if (mode != BodyMode::Merge || given != nullptr) {
                value.properties[i].clear();
            }
            continue;
        }
        CS_TRY(text, property_text(property, *given, at(where, property.name)));
        value.properties[i] = std::move(text);
    }
    return ok();
}

Status check_entity(const EntityValue& value, std::string_view where) {
    switch (value.key.type) {
        case EntityType::Location:
            return check_geometry(value, "location", where);
        case EntityType::FeatureOfInterest:
            return check_geometry(value, "feature", where);
        case EntityType::Datastream: {
            CS_TRY(unit, value_of(value, "unitOfMeasurement"));
            return check_unit(unit, at(where, "unitOfMeasurement"));
        }
        case EntityType::MultiDatastream:
            return check_multi(value, where);
        default:
            return ok();
    }
}

Result<std::optional<std::int64_t>> reference_of(const json::object& body, std::string_view where) {
    const auto* id = body.if_contains("@iot.id");
    if (id == nullptr) {
        return std::optional<std::int64_t>{};
    }
    if (!id->is_int64() || id->get_int64() <= 0) {
        return wrong(at(where, "@iot.id"), "must be a positive whole number");
    }
    return std::optional{id->get_int64()};
}

std::string entity_label(sensing::EntityKey key) {
    return fmt::format("{}({})", sensing::info(key.type).set, key.id);
}

std::string document_kind(EntityType type) {
    std::string out = "sensing.";
    for (const char c : sensing::info(type).name) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string document_id(std::int64_t id) {
    return fmt::format("{:019}", id);
}

ports::DocumentRow to_document(const EntityValue& value) {
    const auto& info = sensing::info(value.key.type);
    std::string body = "{";
    for (std::size_t i = 0; i < info.properties.size(); ++i) {
        if (!value.properties[i].empty()) {
            body += fmt::format(
                "{}\"{}\":{}",
                body.size() > 1 ? "," : "",
                info.properties[i].name,
                value.properties[i]
            );
        }
    }
    if (!value.links.empty()) {
        body += body.size() > 1 ? ",\"@links\":[" : "\"@links\":[";
        for (std::size_t i = 0; i < value.links.size(); ++i) {
            const auto& link = value.links[i];
            const std::string_view name = link.navigation < info.navigations.size()
                                              ? info.navigations[link.navigation].name
                                          : link.navigation == sensing::kMadeFrom ? "@madeFrom"
                                                                                  : "@madeFeature";
            body += fmt::format("{}[\"{}\",{}]", i == 0 ? "" : ",", name, link.id);
        }
        body += "]";
    }
    body += "}";
    return {document_kind(value.key.type), document_id(value.key.id), std::move(body)};
}

Result<EntityValue> from_document(EntityType type, const ports::DocumentRow& row) {
    const auto damaged = [&] {
        return fail(ErrorCode::Internal, fmt::format("stored {} {} is damaged", row.kind, row.id));
    };
    const auto& info = sensing::info(type);
    EntityValue out;
    out.key.type = type;
    const auto [end, error] =
        std::from_chars(row.id.data(), row.id.data() + row.id.size(), out.key.id);
    auto parsed = parse_json(row.body, "a stored entity");
    if (error != std::errc{} || end != row.id.data() + row.id.size() || out.key.id <= 0 ||
        !parsed || !parsed->is_object()) {
        return damaged();
    }
    out.properties.resize(info.properties.size());
    for (const auto& member : parsed->get_object()) {
        const std::string_view name = member.key();
        if (name == kLinks) {
            continue;
        }
        const auto* property = info.property(name);
        if (property == nullptr || property == &sensing::id_property() ||
            property == &sensing::self_link_property()) {
            return damaged();
        }
        out.properties[static_cast<std::size_t>(property - info.properties.data())] =
            json_text(member.value());
    }
    if (const auto* links = parsed->get_object().if_contains(kLinks)) {
        if (!links->is_array()) {
            return damaged();
        }
        for (const auto& item : links->get_array()) {
            const auto* pair = item.if_array();
            if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
                !(*pair)[1].is_int64() || (*pair)[1].get_int64() <= 0) {
                return damaged();
            }
            const std::string_view name = (*pair)[0].get_string();
            const auto* navigation = info.navigation(name);
            if (navigation == nullptr && name != "@madeFrom" && name != "@madeFeature") {
                return damaged();
            }
            const auto position =
                navigation == nullptr
                    ? (name == "@madeFrom" ? sensing::kMadeFrom : sensing::kMadeFeature)
                    : static_cast<std::uint8_t>(navigation - info.navigations.data());
            out.links.push_back({position, (*pair)[1].get_int64()});
        }
    }
    if (type == EntityType::Thing) {
        out.tags = tags_of(out);
    }
    return out;
}

}  // namespace chengshu::services
