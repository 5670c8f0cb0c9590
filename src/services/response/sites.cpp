#include "services/response/sites.hpp"

#include "services/sensing/ledger.hpp"
#include "services/sensing/terminals.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chengshu::services {
namespace {

using response::Rule;
using response::Site;
using sensing::EntityType;

constexpr std::size_t kThingsPage = 2'000;

void put_area(Site& site, const city::City& city, std::string_view code) {
    site.path = city.path(code);
    for (const auto& step : site.path) {
        if (const auto* area = city.area(step)) {
            site.levels[area->level] = step;
        }
    }
}

std::optional<city::Point>
point_of_thing(const sensing::Registry& registry, const sensing::Entity& thing) {
    static const auto kLocations = sensing::navigation_position(EntityType::Thing, "Locations");
    static const auto kLocation = sensing::property_position(EntityType::Location, "location");
    for (const auto id : registry.linked(thing.key(), kLocations, 0, 1)) {
        if (const auto location = registry.find({EntityType::Location, id})) {
            return point_of(location->property(kLocation));
        }
    }
    return std::nullopt;
}

Site site_of_thing(
    const sensing::Entity& thing,
    const city::City& city,
    const sensing::Registry& registry
) {
    Site site;
    site.place = {thing.id(), {}};
    const auto name = name_of(thing);
    site.name = {name, name};
    const std::string area(thing.tag(sensing::Tag::Area));
    put_area(site, city, city.area(area) == nullptr ? city::root_area(city).code : area);
    site.point = point_of_thing(registry, thing);
    return site;
}

void add_areas(const Rule& rule, const city::City& city, Date today, std::vector<Site>& out) {
    for (const auto& area : city.areas()) {
        const bool wanted =
            rule.at.level.empty()
                ? area.code == rule.at.area
                : area.level == rule.at.level && area.validity.holds(today) &&
                      (rule.at.area.empty() || city.is_within(area.code, rule.at.area));
        if (wanted) {
            Site site;
            site.place = {0, area.code};
            site.name = area.name;
            put_area(site, city, area.code);
            out.push_back(std::move(site));
        }
    }
}

void add_things(
    const Rule& rule,
    const city::City& city,
    const sensing::Registry& registry,
    std::vector<Site>& out
) {
    std::int64_t after = 0;
    while (true) {
        const auto page = registry.page(EntityType::Thing, after, kThingsPage);
        for (const auto& thing : page) {
            if (member_of(*thing, "type") != rule.at.things ||
                (!rule.at.area.empty() &&
                 !city.is_within(thing->tag(sensing::Tag::Area), rule.at.area))) {
                continue;
            }
            auto site = site_of_thing(*thing, city, registry);
            const bool near =
                !rule.at.center ||
                (site.point && city::distance_m(*site.point, *rule.at.center) <= rule.at.radius_m);
            if (near) {
                out.push_back(std::move(site));
            }
        }
        if (page.size() < kThingsPage) {
            return;
        }
        after = page.back()->id();
    }
}

}  // namespace

std::vector<Site>
sites_of(const Rule& rule, const city::City& city, const sensing::Registry& registry, Date today) {
    std::vector<Site> out;
    if (rule.at.things.empty()) {
        add_areas(rule, city, today, out);
    } else {
        add_things(rule, city, registry, out);
    }
    return out;
}

Site site_of_key(std::string_view key, const city::City& city, const sensing::Registry& registry) {
    Site out;
    const auto word = key.substr(key.find('/') + 1);
    if (key.starts_with("area/")) {
        out.place = {0, std::string(word)};
        put_area(out, city, word);
        return out;
    }
    std::int64_t id = 0;
    for (const char digit : word) {
        id = id * 10 + (digit - '0');
    }
    if (const auto thing = registry.find({EntityType::Thing, id})) {
        return site_of_thing(*thing, city, registry);
    }
    out.place = {id, {}};
    return out;
}

}  // namespace chengshu::services
