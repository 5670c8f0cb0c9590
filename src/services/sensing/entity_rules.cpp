// What follows from a change by rule: places, histories, features, the ledger of terminals.

#include "base/json_text.hpp"
#include "domain/sensing/geometry.hpp"
#include "domain/sensing/odata/value.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/entity_work.hpp"
#include "services/sensing/ledger.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityKey;
using sensing::EntityPtr;
using sensing::EntityType;
using sensing::EntityValue;

/// Things of a Location that is moved, whose area is found anew.
constexpr std::size_t kThingsMoved = 1'000;
constexpr std::size_t kHistoryRead = 10'000;

std::uint8_t navigation(EntityType type, std::string_view name) {
    return static_cast<std::uint8_t>(sensing::navigation_position(type, name));
}

std::size_t property(EntityType type, std::string_view name) {
    return sensing::property_position(type, name);
}

std::vector<std::int64_t> links_of(const EntityValue& value, std::uint8_t navigation) {
    std::vector<std::int64_t> out;
    for (const auto& link : value.links) {
        if (link.navigation == navigation) {
            out.push_back(link.id);
        }
    }
    return out;
}

std::vector<std::int64_t> places_of(const EntityValue& thing) {
    return links_of(thing, navigation(EntityType::Thing, "Locations"));
}

Instant time_of(const sensing::Entity& history) {
    const auto text = history.property(property(EntityType::HistoricalLocation, "time"));
    const auto parsed =
        sensing::odata::parse_moment(text.substr(1, text.size() < 2 ? 0 : text.size() - 2));
    const auto* time = parsed ? std::get_if<Instant>(&*parsed) : nullptr;
    return time == nullptr ? Instant() : *time;
}

std::optional<city::Box> box_of(std::string_view geometry_json) {
    if (geometry_json.empty()) {
        return std::nullopt;
    }
    const auto parsed = parse_json(geometry_json, "a geometry");
    if (!parsed) {
        return std::nullopt;
    }
    const auto geometry = sensing::parse_geojson(*parsed);
    return geometry && (*geometry)->points > 0 ? std::optional((*geometry)->box) : std::nullopt;
}

std::string area_text(const city::Box& box) {
    if (box.west == box.east && box.south == box.north) {
        return json_text(json::object{{"type", "Point"}, {"coordinates", {box.west, box.south}}});
    }
    const json::array ring{
        {box.west, box.south},
        {box.east, box.south},
        {box.east, box.north},
        {box.west, box.north},
        {box.west, box.south}
    };
    json::object out{{"type", "Polygon"}};
    out["coordinates"] = json::array{ring};
    return json_text(out);
}

}  // namespace

/// A HistoricalLocation that a client makes, later than all others of the thing, moves the thing.
Status EntityWork::follow_history() {
    const auto kThing = navigation(EntityType::HistoricalLocation, "Thing");
    const auto kLocations = navigation(EntityType::HistoricalLocation, "Locations");
    std::vector<EntityKey> made;
    for (const auto& [key, touched] : touched_) {
        if (key.type == EntityType::HistoricalLocation && !touched.original && !touched.by_system) {
            made.push_back(key);
        }
    }
    for (const auto key : made) {
        const auto history = find(key);
        const auto thing = history ? find({EntityType::Thing, history->link(kThing)}) : EntityPtr();
        if (!thing) {
            continue;
        }
        const auto at = time_of(*history);
        const auto others = linked(
            thing->key(),
            sensing::navigation_position(EntityType::Thing, "HistoricalLocations"),
            kHistoryRead
        );
        const bool latest = std::all_of(others.begin(), others.end(), [&](std::int64_t id) {
            const auto other = find({EntityType::HistoricalLocation, id});
            return !other || id == key.id || time_of(*other) <= at;
        });
        if (!latest) {
            continue;
        }
        auto value = thing->value();
        const auto position = navigation(EntityType::Thing, "Locations");
        std::erase_if(value.links, [&](const auto& link) { return link.navigation == position; });
        for (const auto id : history->links(kLocations)) {
            value.links.push_back({position, id});
        }
        placed_by_history_.insert(thing->id());
        CS_CHECK(stage(std::move(value), ""));
    }
    return ok();
}

/// A thing that has come to another place leaves a HistoricalLocation.
Status EntityWork::keep_history(const EntityValue& thing, const sensing::Entity* before) {
    const auto places = places_of(thing);
    const auto old = before == nullptr ? std::vector<std::int64_t>()
                                       : before->links(navigation(EntityType::Thing, "Locations"));
    if (places.empty() || places == old || placed_by_history_.contains(thing.key.id)) {
        return ok();
    }
    EntityValue history;
    history.key = {EntityType::HistoricalLocation, next_id(EntityType::HistoricalLocation)};
    history.properties = {"\"" + format_utc(now()) + "\""};
    history.links.push_back({navigation(history.key.type, "Thing"), thing.key.id});
    for (const auto id : places) {
        history.links.push_back({navigation(history.key.type, "Locations"), id});
    }
    return stage(std::move(history), "", true);
}

/// The area follows the place, unless the same change names an area.
Status EntityWork::place_thing(EntityValue& thing, const sensing::Entity* before) {
    const auto position = property(EntityType::Thing, "properties");
    const auto places = places_of(thing);
    if (places.empty()) {
        return ok();
    }
    const auto area = text_member(thing.properties[position], "area");
    const auto old_area =
        before == nullptr ? std::string() : std::string(before->tag(sensing::Tag::Area));
    if (!area.empty() && area != old_area) {
        return ok();
    }
    const auto location = find({EntityType::Location, places.front()});
    const auto moved = touched_.find({EntityType::Location, places.front()});
    const bool place_changed = moved != touched_.end() && !moved->second.by_system;
    const bool other_place =
        before == nullptr || before->links(navigation(EntityType::Thing, "Locations")) != places;
    if (!location || (!area.empty() && !place_changed && !other_place)) {
        return ok();
    }
    const auto point = point_of(location->property(property(EntityType::Location, "location")));
    if (point) {
        const auto today = work_.city().calendar().zone().local_date(now());
        thing.properties[position] =
            with_area(thing.properties[position], work_.city(), *point, today);
    }
    return ok();
}

Status EntityWork::finish_thing(EntityKey key, const Touched& touched) {
    const auto entity = find(key);
    if (!entity) {
        return ok();
    }
    auto value = entity->value();
    const auto before = touched.original;
    const auto where = touched.where;
    const bool by_system = touched.by_system;
    CS_CHECK(place_thing(value, before.get()));
    const auto today = work_.city().calendar().zone().local_date(now());
    CS_CHECK(check_ledger(value, before.get(), work_.city(), today, where));
    value.tags = tags_of(value);
    const auto& code = value.tags[static_cast<std::size_t>(sensing::Tag::Code)];
    const auto other = code.empty() ? 0 : thing_by_code(code, key.id);
    if (other != 0) {
        const auto field = at(at(where, "properties"), "code");
        return fail(
            ErrorCode::Conflict,
            fmt::format("{}: {} is the code of Things({}) already", field, code, other),
            field
        );
    }
    const auto position = property(EntityType::Thing, "properties");
    const auto old_state =
        before ? text_member(before->property(position), "state") : std::string();
    const auto state = text_member(value.properties[position], "state");
    if (before && state != old_state) {
        work_.stage_entry(
            "sensing.state",
            who_.account.empty() ? "system" : who_.account,
            {},
            json::serialize(
                json::object{{"thing", key.id}, {"code", code}, {"from", old_state}, {"to", state}}
            )
        );
    }
    CS_CHECK(keep_history(value, before.get()));
    if (value.properties != entity->value().properties) {
        return stage(std::move(value), where, by_system);
    }
    return ok();
}

Status EntityWork::check_things() {
    CS_CHECK(follow_history());
    // Things that stand where a Location has been moved.
    std::vector<EntityKey> moved;
    for (const auto& [key, touched] : touched_) {
        if (key.type == EntityType::Location && touched.original && !touched.by_system) {
            moved.push_back(key);
        }
    }
    for (const auto location : moved) {
        const auto things = linked(
            location, sensing::navigation_position(EntityType::Location, "Things"), kThingsMoved
        );
        for (const auto id : things) {
            CS_CHECK(touch({EntityType::Thing, id}, "", true));
        }
    }
    std::vector<std::pair<EntityKey, Touched>> things;
    for (const auto& [key, touched] : touched_) {
        if (key.type == EntityType::Thing) {
            things.emplace_back(key, touched);
        }
    }
    for (const auto& [key, touched] : things) {
        CS_CHECK(finish_thing(key, touched));
    }
    return ok();
}

Result<std::int64_t> EntityWork::feature_of(const sensing::Entity& stream, std::string_view where) {
    const EntityKey thing{EntityType::Thing, stream.link(navigation(stream.type(), "Thing"))};
    const auto places =
        linked(thing, sensing::navigation_position(EntityType::Thing, "Locations"), 1);
    const auto location =
        places.empty() ? EntityPtr() : find({EntityType::Location, places.front()});
    if (!location) {
        const auto field = at(where, "FeatureOfInterest");
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "{}: must be given, because {} has no Location that it could be made from",
                field,
                entity_label(thing)
            ),
            field
        );
    }
    const auto place = location->property(property(EntityType::Location, "location"));
    const auto known = find({EntityType::FeatureOfInterest, location->link(sensing::kMadeFeature)});
    if (known && known->property(property(EntityType::FeatureOfInterest, "feature")) == place) {
        return known->id();
    }
    EntityValue feature;
    feature.key = {EntityType::FeatureOfInterest, next_id(EntityType::FeatureOfInterest)};
    feature.properties.resize(sensing::info(EntityType::FeatureOfInterest).properties.size());
    for (const auto& [to, from] :
         {std::pair("name", "name"),
          std::pair("description", "description"),
          std::pair("encodingType", "encodingType"),
          std::pair("feature", "location")}) {
        feature.properties[property(EntityType::FeatureOfInterest, to)] =
            location->property(property(EntityType::Location, from));
    }
    feature.links.push_back({sensing::kMadeFrom, location->id()});
    auto changed = location->value();
    std::erase_if(changed.links, [](const auto& link) {
        return link.navigation == sensing::kMadeFeature;
    });
    changed.links.push_back({sensing::kMadeFeature, feature.key.id});
    const auto id = feature.key.id;
    CS_CHECK(stage(std::move(feature), where, true));
    CS_CHECK(stage(std::move(changed), where, true));
    return id;
}

std::string widened_area(std::string_view area, std::string_view feature) {
    const auto more = box_of(feature);
    if (!more) {
        return std::string(area);
    }
    auto box = box_of(area).value_or(*more);
    box.west = std::min(box.west, more->west);
    box.south = std::min(box.south, more->south);
    box.east = std::max(box.east, more->east);
    box.north = std::max(box.north, more->north);
    return area_text(box);
}

Status EntityWork::widen_area(EntityKey key, std::int64_t feature_id) {
    areas_.emplace_back(key.id, feature_id);
    const auto stream = find(key);
    const auto feature = find({EntityType::FeatureOfInterest, feature_id});
    if (!stream || !feature) {
        return ok();
    }
    const auto position = property(key.type, "observedArea");
    auto text = widened_area(
        stream->property(position), feature->property(property(feature->type(), "feature"))
    );
    if (text == stream->property(position)) {
        return ok();
    }
    auto value = stream->value();
    value.properties[position] = std::move(text);
    return stage(std::move(value), "", true);
}

}  // namespace chengshu::services
