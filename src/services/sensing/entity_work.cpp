#include "services/sensing/entity_work.hpp"

#include "base/json_text.hpp"
#include "domain/sensing/json_patch.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/observation_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityKey;
using sensing::EntityType;
using sensing::EntityValue;
using sensing::Navigation;
using sensing::Registry;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

Failure missing(EntityKey key, std::string field) {
    return fail(
        ErrorCode::NotFound, fmt::format("there is no {}", entity_label(key)), std::move(field)
    );
}

/// Where the navigation leads back to its type.
std::uint8_t back_position(const Navigation& navigation) {
    return static_cast<std::uint8_t>(
        sensing::navigation_position(navigation.target, sensing::inverse(navigation))
    );
}

void set_links(EntityValue& value, std::uint8_t navigation, std::vector<std::int64_t> ids) {
    std::erase_if(value.links, [&](const auto& link) { return link.navigation == navigation; });
    for (const auto id : ids) {
        value.links.push_back({navigation, id});
    }
}

bool has_link(const EntityValue& value, std::size_t navigation) {
    return std::any_of(value.links.begin(), value.links.end(), [&](const auto& link) {
        return link.navigation == navigation;
    });
}

}  // namespace

Result<std::int64_t> EntityWork::resolve(
    const Navigation& navigation,
    const json::value& given,
    const std::string& where,
    int depth
) {
    const auto* object = given.if_object();
    if (object == nullptr) {
        return wrong(where, "must be an object: {\"@iot.id\": …}, or a new entity");
    }
    CS_TRY(id, reference_of(*object, where));
    if (id) {
        const EntityKey key{navigation.target, *id};
        if (!find(key)) {
            return wrong(where, fmt::format("there is no {}", entity_label(key)));
        }
        return *id;
    }
    if (depth < 0) {
        return wrong(where, "a change refers to what is there: {\"@iot.id\": …}");
    }
    CS_TRY(made, make(navigation.target, *object, std::nullopt, where, depth + 1));
    return made.id;
}

Status EntityWork::read_link(
    const Navigation& navigation,
    std::size_t position,
    const json::value& given,
    const std::string& where,
    int depth,
    EntityValue& value
) {
    const auto nav = static_cast<std::uint8_t>(position);
    const auto field = at(where, navigation.name);
    if (!navigation.many) {
        CS_TRY(id, resolve(navigation, given, field, depth));
        set_links(value, nav, {id});
        return ok();
    }
    const auto* list = given.if_array();
    if (list == nullptr) {
        return wrong(field, "must be an array");
    }
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < list->size(); ++i) {
        CS_TRY(id, resolve(navigation, (*list)[i], at(field, i), depth));
        // A MultiDatastream may observe the same property twice; elsewhere twice is once.
        const bool again = value.key.type != EntityType::MultiDatastream &&
                           std::find(ids.begin(), ids.end(), id) != ids.end();
        if (!again) {
            ids.push_back(id);
        }
    }
    if (ids.size() > kLinksMax) {
        return wrong(field, fmt::format("has at most {} entries", kLinksMax));
    }
    set_links(value, nav, std::move(ids));
    return ok();
}

/// Relates `one` to an entity that stores the relation: `other`.
Status EntityWork::attach(
    EntityKey one,
    const Navigation& navigation,
    std::int64_t other,
    const std::string& where
) {
    const EntityKey key{navigation.target, other};
    const auto found = find(key);
    if (!found) {
        return missing(key, where);
    }
    auto value = found->value();
    const auto& back = sensing::inverse(navigation);
    const auto position = back_position(navigation);
    // A thing is at one place at a time: a new Location takes the place of those before it.
    const bool replaces = !back.many || key.type == EntityType::Thing;
    if (replaces) {
        set_links(value, position, {one.id});
    } else {
        value.links.push_back({position, one.id});
    }
    if (value.links.size() > kLinksMax) {
        return wrong(where, fmt::format("an entity stores at most {} links", kLinksMax));
    }
    return stage(std::move(value), where);
}

Status EntityWork::make_children(
    EntityKey key,
    const json::object& body,
    const std::string& where,
    int depth
) {
    const auto navigations = sensing::info(key.type).navigations;
    for (std::size_t i = 0; i < navigations.size(); ++i) {
        const auto& navigation = navigations[i];
        const auto* given = body.if_contains(navigation.name);
        if (given == nullptr || Registry::owns(key.type, i)) {
            continue;
        }
        const auto field = at(where, navigation.name);
        const auto* list = given->if_array();
        if (list == nullptr) {
            return wrong(field, "must be an array");
        }
        for (std::size_t n = 0; n < list->size(); ++n) {
            const auto inside = at(field, n);
            const auto* object = (*list)[n].if_object();
            if (object == nullptr) {
                return wrong(inside, "must be an object");
            }
            CS_TRY(id, reference_of(*object, inside));
            if (id && navigation.target != EntityType::Observation) {
                CS_CHECK(attach(key, navigation, *id, inside));
            } else if (depth < 0) {
                return wrong(inside, "a change refers to what is there: {\"@iot.id\": …}");
            } else {
                CS_CHECK(make(navigation.target, *object, EntityParent{key, i}, inside, depth + 1));
            }
        }
    }
    return ok();
}

Result<EntityKey> EntityWork::make(
    EntityType type,
    const json::object& body,
    const std::optional<EntityParent>& parent,
    const std::string& where,
    int depth
) {
    if (depth > kInsertDepthMax) {
        return wrong(where, fmt::format("entities nest at most {} deep", kInsertDepthMax));
    }
    if (++made_ > kEntitiesPerChange) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("one request makes at most {} entities", kEntitiesPerChange),
            where
        );
    }
    if (type == EntityType::Observation) {
        return make_observation(body, parent, where, depth);
    }
    const auto& info = sensing::info(type);
    EntityValue value;
    value.key.type = type;
    value.properties.resize(info.properties.size());
    CS_CHECK(read_properties(body, BodyMode::Create, where, value));
    const Navigation* to_parent = nullptr;
    if (parent) {
        to_parent =
            &sensing::inverse(sensing::info(parent->key.type).navigations[parent->navigation]);
    }
    for (std::size_t i = 0; i < info.navigations.size(); ++i) {
        const auto& navigation = info.navigations[i];
        if (!Registry::owns(type, i)) {
            continue;
        }
        if (const auto* given = body.if_contains(navigation.name)) {
            CS_CHECK(read_link(navigation, i, *given, where, depth, value));
        }
        if (to_parent == &navigation) {
            auto ids = navigation.many ? std::vector<std::int64_t>() : std::vector{parent->key.id};
            if (navigation.many) {
                value.links.push_back({static_cast<std::uint8_t>(i), parent->key.id});
            } else {
                set_links(value, static_cast<std::uint8_t>(i), std::move(ids));
            }
        }
        if (navigation.required && !has_link(value, i)) {
            return wrong(at(where, navigation.name), fmt::format("a {} must have it", info.name));
        }
    }
    value.key.id = next_id(type);
    const auto key = value.key;
    CS_CHECK(stage(std::move(value), where));
    if (parent && !Registry::owns(type, sensing::navigation_position(type, *to_parent))) {
        CS_CHECK(attach(key, *to_parent, parent->key.id, where));
    }
    CS_CHECK(make_children(key, body, where, depth));
    return key;
}

Result<EntityKey> EntityWork::make_observation(
    const json::object& body,
    const std::optional<EntityParent>& parent,
    const std::string& where,
    int depth
) {
    CS_TRY(row, read_observation(body, now(), where));
    const auto& info = sensing::info(EntityType::Observation);
    EntityKey stream{};
    if (parent && parent->key.type == EntityType::FeatureOfInterest) {
        row.feature = parent->key.id;
    } else if (parent) {
        stream = parent->key;
    }
    for (const auto& navigation : info.navigations) {
        const auto* given = body.if_contains(navigation.name);
        if (given == nullptr || given->is_null()) {
            continue;
        }
        const auto field = at(where, navigation.name);
        CS_TRY(id, resolve(navigation, *given, field, depth));
        if (navigation.target == EntityType::FeatureOfInterest) {
            row.feature = id;
        } else if (stream.id != 0 && stream != EntityKey{navigation.target, id}) {
            return wrong(field, "an Observation belongs to one Datastream or one MultiDatastream");
        } else {
            stream = {navigation.target, id};
        }
    }
    const auto found = stream.id == 0 ? sensing::EntityPtr() : find(stream);
    if (!found) {
        return wrong(at(where, "Datastream"), "an Observation must have it, or a MultiDatastream");
    }
    row.stream = stream.id;
    CS_CHECK(observe(std::move(row), *found, where));
    return EntityKey{EntityType::Observation, 0};
}

Status EntityWork::observe(
    sensing::Observation row,
    const sensing::Entity& stream,
    std::string_view where
) {
    const auto new_stream = touched_.find(stream.key());
    const bool is_new = new_stream != touched_.end() && !new_stream->second.original;
    if (!is_new && !rights_.observes(stream)) {
        CS_CHECK(rights_.may_observe());
        return fail(
            ErrorCode::NotPermitted,
            fmt::format("your posts do not reach {}", entity_label(stream.key())),
            std::string(where)
        );
    }
    CS_CHECK(check_result(row, result_size(stream), where));
    if (row.feature == 0) {
        CS_TRY(feature, feature_of(stream, where));
        row.feature = feature;
    }
    CS_CHECK(widen_area(stream.key(), row.feature));
    // What no store takes is refused before the entities are committed.
    row.id = 1;
    CS_CHECK(sensing::check(row));
    row.id = 0;
    rest_.rows.push_back(std::move(row));
    return ok();
}

Result<EntityKey> EntityWork::create(
    EntityType type,
    const json::object& body,
    const std::optional<EntityParent>& parent
) {
    if (parent && !find(parent->key)) {
        return missing(parent->key, "");
    }
    return make(type, body, parent, "", 0);
}

/// -1 as depth: nothing new may come with a change.
Status EntityWork::change(EntityKey key, const json::object& body, bool whole) {
    const auto found = find(key);
    if (!found) {
        return missing(key, "");
    }
    auto value = found->value();
    CS_CHECK(read_properties(body, whole ? BodyMode::Replace : BodyMode::Merge, "", value));
    const auto& info = sensing::info(key.type);
    for (std::size_t i = 0; i < info.navigations.size(); ++i) {
        const auto& navigation = info.navigations[i];
        const auto* given = body.if_contains(navigation.name);
        if (given == nullptr || !Registry::owns(key.type, i)) {
            continue;
        }
        CS_CHECK(read_link(navigation, i, *given, "", -1, value));
        if (navigation.required && !has_link(value, i)) {
            return wrong(std::string(navigation.name), fmt::format("a {} must have it", info.name));
        }
    }
    CS_CHECK(stage(std::move(value), ""));
    return make_children(key, body, "", -1);
}

Status EntityWork::merge(EntityKey key, const json::object& body) {
    return change(key, body, false);
}

Status EntityWork::replace(EntityKey key, const json::object& body) {
    return change(key, body, true);
}

Status EntityWork::patch(EntityKey key, const json::value& operations) {
    const auto found = find(key);
    if (!found) {
        return missing(key, "");
    }
    json::value document = json::object();
    const auto& info = sensing::info(key.type);
    for (std::size_t i = 0; i < info.properties.size(); ++i) {
        const auto text = found->property(i);
        if (info.properties[i].writable && !text.empty()) {
            CS_TRY(value, parse_json(text, info.properties[i].name));
            document.get_object()[info.properties[i].name] = std::move(value);
        }
    }
    CS_CHECK(sensing::apply_patch(document, operations));
    const auto* object = document.if_object();
    if (object == nullptr) {
        return fail(ErrorCode::InvalidInput, "after the patch this is no object any more");
    }
    return change(key, *object, true);
}

Status EntityWork::remove_dependents(EntityKey key) {
    const auto navigations = sensing::info(key.type).navigations;
    for (std::size_t i = 0; i < navigations.size(); ++i) {
        const auto& navigation = navigations[i];
        if (Registry::owns(key.type, i)) {
            continue;
        }
        if (navigation.target == EntityType::Observation) {
            auto& erased =
                key.type == EntityType::FeatureOfInterest ? rest_.features : rest_.streams;
            erased.push_back(key.id);
            continue;
        }
        for (const auto id : linked(key, i, kAll)) {
            const EntityKey other{navigation.target, id};
            if (navigation.target != EntityType::Thing) {
                CS_CHECK(remove(other));
                continue;
            }
            // A thing outlives its place.
            auto value = find(other)->value();
            std::erase_if(value.links, [&](const auto& link) {
                return link.navigation == back_position(navigation) && link.id == key.id;
            });
            CS_CHECK(stage(std::move(value), "", true));
        }
    }
    return ok();
}

Status EntityWork::remove(EntityKey key) {
    if (!find(key)) {
        return missing(key, "");
    }
    // Looked at before what it depends on is gone.
    CS_CHECK(touch(key, "", false));
    if (touched_.size() > kEntitiesPerChange) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format(
                "more than {} entities would go with it; delete those first", kEntitiesPerChange
            )
        );
    }
    CS_CHECK(remove_dependents(key));
    return erase(key);
}

}  // namespace chengshu::services
