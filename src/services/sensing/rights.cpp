#include "services/sensing/rights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::services {
namespace {

using access::Permission;
using sensing::EntityKey;
using sensing::EntityType;
using sensing::Tag;

/// Things of a shared location, and users of a catalogue entry, that are looked at; with more, the
/// caller needs a post that reaches everything.
constexpr std::size_t kUsersMax = 1'000;

bool is_whole_city(const access::Post& post, const city::City& city) {
    return post.kind != "handler" && (post.kind == "administrator" || post.area.empty() ||
                                      post.area == city::root_area(city).code);
}

std::size_t navigation_at(EntityType type, std::string_view name) {
    return sensing::navigation_position(type, name);
}

}  // namespace

Result<PublicSight> parse_public_sight(std::string_view text) {
    if (text == "nothing") {
        return PublicSight::Nothing;
    }
    if (text == "marked") {
        return PublicSight::Marked;
    }
    if (text == "everything") {
        return PublicSight::Everything;
    }
    return fail(
        ErrorCode::UnknownCode,
        fmt::format("\"{}\" is none of nothing, marked, everything", text),
        "sensing.public"
    );
}

SensingRights::SensingRights(
    const access::Principal& who,
    const city::City& city,
    PublicSight sight,
    Find find,
    Linked linked
)
    : who_(who),
      city_(city),
      sight_(sight),
      find_(std::move(find)),
      linked_(std::move(linked)),
      read_(reach_of(Permission::ReadThings)),
      manage_(reach_of(Permission::ManageThings)),
      observe_(reach_of(Permission::Observe)) {
    // Whoever has signed in sees at least what everybody sees, whatever his posts; a token that was
    // given for something else does not even see that.
    const bool restricted = who_.token_scopes && !access::may(who_, Permission::ReadThings);
    if (!restricted && sight_ != PublicSight::Nothing) {
        read_.any = true;
        read_.all = read_.all || sight_ == PublicSight::Everything;
        read_.marked = true;
    }
}

SensingRights::Reach SensingRights::reach_of(Permission permission) const {
    Reach out;
    if (who_.kind == access::PrincipalKind::System) {
        out.any = true;
        out.all = true;
        return out;
    }
    if (!access::may(who_, permission)) {
        return out;
    }
    for (const auto& post : who_.posts) {
        if (access::has(post.kind, permission)) {
            out.any = true;
            out.all = out.all || is_whole_city(post, city_);
            out.posts.push_back(&post);
        }
    }
    return out;
}

Status SensingRights::may_read() const {
    return read_.any ? ok() : access::require(who_, Permission::ReadThings);
}

Status SensingRights::may_manage() const {
    return manage_.any ? ok() : access::require(who_, Permission::ManageThings);
}

Status SensingRights::may_observe() const {
    return observe_.any ? ok() : access::require(who_, Permission::Observe);
}

bool SensingRights::covers(const Reach& reach, std::string_view department, std::string_view area)
    const {
    if (reach.all) {
        return true;
    }
    return std::any_of(reach.posts.begin(), reach.posts.end(), [&](const access::Post* post) {
        if (post->kind == "handler") {
            return !post->department.empty() && post->department == department;
        }
        return !area.empty() && city_.is_within(area, post->area);
    });
}

bool SensingRights::reaches_thing(Reach& reach, const sensing::Entity& thing) {
    if (reach.all || (reach.marked && thing.tag(Tag::Public) == "true")) {
        return true;
    }
    if (reach.posts.empty()) {
        return false;
    }
    const auto department = thing.tag(Tag::Department);
    const bool by_department =
        std::any_of(reach.posts.begin(), reach.posts.end(), [&](const access::Post* post) {
            return post->kind == "handler" && !department.empty() && post->department == department;
        });
    if (by_department) {
        return true;
    }
    const auto* identity = thing.tag_identity(Tag::Area);
    if (identity == nullptr) {
        return false;  // no area: posts of the whole city only, and those have been asked
    }
    const auto [found, fresh] = reach.areas.try_emplace(identity, false);
    if (fresh) {
        found->second = covers(reach, {}, thing.tag(Tag::Area));
    }
    return found->second;
}

bool SensingRights::reaches_any(Reach& reach, const std::vector<std::int64_t>& things) {
    return std::any_of(things.begin(), things.end(), [&](std::int64_t id) {
        const auto thing = find_({EntityType::Thing, id});
        return thing && reaches_thing(reach, *thing);
    });
}

bool SensingRights::reaches_location(Reach& reach, const sensing::Entity& location) {
    static const auto kThings = navigation_at(EntityType::Location, "Things");
    static const auto kHistory = navigation_at(EntityType::Location, "HistoricalLocations");
    static const auto kThing =
        static_cast<std::uint8_t>(navigation_at(EntityType::HistoricalLocation, "Thing"));
    if (reaches_any(reach, linked_(location.key(), kThings, kUsersMax))) {
        return true;
    }
    std::vector<std::int64_t> former;
    for (const auto id : linked_(location.key(), kHistory, kUsersMax)) {
        if (const auto history = find_({EntityType::HistoricalLocation, id})) {
            former.push_back(history->link(kThing));
        }
    }
    return reaches_any(reach, former);
}

/// Sensors and observed properties: every thing that uses the entry.
bool SensingRights::reaches_all_users(Reach& reach, const sensing::Entity& entity) {
    for (const auto type : {EntityType::Datastream, EntityType::MultiDatastream}) {
        const auto set = sensing::info(type).set;
        const auto streams =
            linked_(entity.key(), navigation_at(entity.type(), set), kUsersMax + 1);
        if (streams.size() > kUsersMax) {
            return false;
        }
        for (const auto id : streams) {
            const auto stream = find_({type, id});
            if (stream && !reaches(reach, *stream)) {
                return false;
            }
        }
    }
    return true;
}

bool SensingRights::reaches(Reach& reach, const sensing::Entity& entity) {
    if (reach.all) {
        return true;
    }
    if (!reach.any) {
        return false;
    }
    switch (entity.type()) {
        case EntityType::Thing:
            return reaches_thing(reach, entity);
        case EntityType::Datastream:
        case EntityType::MultiDatastream:
        case EntityType::HistoricalLocation: {
            const auto link =
                entity.link(static_cast<std::uint8_t>(navigation_at(entity.type(), "Thing")));
            const auto thing = find_({EntityType::Thing, link});
            return thing && reaches_thing(reach, *thing);
        }
        case EntityType::Location:
            return reaches_location(reach, entity);
        case EntityType::FeatureOfInterest: {
            const auto made_from = entity.link(sensing::kMadeFrom);
            const auto location = find_({EntityType::Location, made_from});
            if (made_from != 0) {
                return location && reaches_location(reach, *location);
            }
            return &reach == &read_ && !reach.posts.empty();
        }
        case EntityType::Sensor:
        case EntityType::ObservedProperty:
            return &reach == &read_ || reaches_all_users(reach, entity);
        case EntityType::Observation:
            break;
    }
    return false;
}

bool SensingRights::reads(const sensing::Entity& entity) {
    return reaches(read_, entity);
}

bool SensingRights::manages(const sensing::Entity& entity) {
    return reaches(manage_, entity);
}

bool SensingRights::observes(const sensing::Entity& stream) {
    return reaches(observe_, stream);
}

bool SensingRights::manages_place(std::string_view department, std::string_view area) {
    return covers(manage_, department, area);
}

}  // namespace chengshu::services
