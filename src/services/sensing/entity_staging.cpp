// What an EntityWork has changed so far, and how it becomes part of the commit.

#include "base/json_text.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/entity_work.hpp"
#include "services/sensing/ledger.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::Entity;
using sensing::EntityKey;
using sensing::EntityPtr;
using sensing::EntityType;
using sensing::EntityValue;
using sensing::Registry;

/// The journal names so many entities of a change; their number is always there.
constexpr std::size_t kNamedMax = 100;

std::int64_t& counter(std::array<std::int64_t, sensing::kEntityTypes>& counters, EntityType type) {
    return counters[static_cast<std::size_t>(counter_of(type))];
}

}  // namespace

EntityWork::EntityWork(SensingEntities& entities, UnitOfWork& work, const access::Principal& who)
    : entities_(entities),
      work_(work),
      who_(who),
      rights_(
          who,
          work.city(),
          entities.sight(),
          [this](EntityKey key) { return find(key); },
          [this](EntityKey key, std::size_t navigation, std::size_t limit) {
              return linked(key, navigation, limit);
          }
      ),
      last_ids_before_(entities.last_ids_) {}

EntityPtr EntityWork::find(EntityKey key) const {
    const auto staged = entities_.staged_.find(key);
    return staged != entities_.staged_.end() ? staged->second : entities_.registry_.find(key);
}

EntityPtr EntityWork::find_stream(std::int64_t id) const {
    auto found = find({EntityType::Datastream, id});
    return found ? found : find({EntityType::MultiDatastream, id});
}

std::vector<std::int64_t>
EntityWork::linked(EntityKey key, std::size_t navigation, std::size_t limit) const {
    if (Registry::owns(key.type, navigation)) {
        const auto found = find(key);
        auto out = found ? found->links(static_cast<std::uint8_t>(navigation))
                         : std::vector<std::int64_t>();
        out.resize(std::min(out.size(), limit));
        return out;
    }
    const auto& row = sensing::info(key.type).navigations[navigation];
    if (row.target == EntityType::Observation) {
        return {};
    }
    const auto back =
        static_cast<std::uint8_t>(sensing::navigation_position(row.target, sensing::inverse(row)));
    const auto& staged = entities_.staged_;
    const auto first = staged.lower_bound({row.target, 0});
    const auto last = staged.upper_bound({row.target, std::numeric_limits<std::int64_t>::max()});
    const auto changed = static_cast<std::size_t>(std::distance(first, last));
    const auto enough =
        limit > std::numeric_limits<std::size_t>::max() - changed ? limit : limit + changed;
    auto out = entities_.registry_.linked(key, navigation, 0, enough);
    for (auto it = first; it != last; ++it) {
        const auto id = it->first.id;
        const auto place = std::lower_bound(out.begin(), out.end(), id);
        const bool is_in = place != out.end() && *place == id;
        const auto links = it->second ? it->second->links(back) : std::vector<std::int64_t>();
        const bool belongs = std::find(links.begin(), links.end(), key.id) != links.end();
        if (belongs && !is_in) {
            out.insert(place, id);
        } else if (!belongs && is_in) {
            out.erase(place);
        }
    }
    out.resize(std::min(out.size(), limit));
    return out;
}

std::int64_t EntityWork::thing_by_code(std::string_view code, std::int64_t except) const {
    // What the batch has changed goes before what is committed.
    const auto& staged = entities_.staged_;
    const auto last =
        staged.upper_bound({EntityType::Thing, std::numeric_limits<std::int64_t>::max()});
    for (auto it = staged.lower_bound({EntityType::Thing, 0}); it != last; ++it) {
        if (it->second && it->first.id != except && it->second->tag(sensing::Tag::Code) == code) {
            return it->first.id;
        }
    }
    const auto id = entities_.registry_.thing_by_code(code);
    const auto found = id == 0 || id == except ? EntityPtr() : find({EntityType::Thing, id});
    return found && found->tag(sensing::Tag::Code) == code ? id : 0;
}

std::int64_t EntityWork::next_id(EntityType type) {
    auto& last = counter(entities_.last_ids_, type);
    last = std::max(last, entities_.registry_.last_id(type));
    if (type == EntityType::Datastream || type == EntityType::MultiDatastream) {
        last = std::max(
            {last,
             entities_.registry_.last_id(EntityType::Datastream),
             entities_.registry_.last_id(EntityType::MultiDatastream)}
        );
    }
    return ++last;
}

Status EntityWork::touch(EntityKey key, std::string_view where, bool by_system) {
    const auto [place, fresh] = touched_.try_emplace(key);
    auto& touched = place->second;
    if (fresh) {
        touched.original = find(key);
        touched.where = where;
        touched.by_system = by_system;
    }
    const bool asks = !by_system && touched.original && (fresh || touched.by_system);
    touched.by_system = touched.by_system && by_system;
    if (asks) {
        CS_CHECK(rights_.may_manage());
        if (!rights_.manages(*touched.original)) {
            return fail(
                ErrorCode::NotPermitted,
                fmt::format("your posts do not reach {}", entity_label(key)),
                std::string(where)
            );
        }
    }
    return ok();
}

Status EntityWork::stage(EntityValue value, std::string_view where, bool by_system) {
    const auto key = value.key;
    CS_CHECK(touch(key, where, by_system));
    if (key.type == EntityType::Thing) {
        value.tags = tags_of(value);
    }
    auto made = Entity::make(value, entities_.registry_.pool());
    const auto [place, fresh] = entities_.staged_.try_emplace(key);
    reverted_.push_back({key, !fresh, place->second});
    place->second = std::move(made);
    return ok();
}

Status EntityWork::erase(EntityKey key) {
    CS_CHECK(touch(key, "", false));
    const auto [place, fresh] = entities_.staged_.try_emplace(key);
    reverted_.push_back({key, !fresh, place->second});
    place->second = EntityPtr();
    return ok();
}

void EntityWork::revert() {
    while (!reverted_.empty()) {
        auto& last = reverted_.back();
        if (last.was_staged) {
            entities_.staged_[last.key] = last.before;
        } else {
            entities_.staged_.erase(last.key);
        }
        reverted_.pop_back();
    }
    entities_.last_ids_ = last_ids_before_;  // nobody has been told of the ids
}

Status EntityWork::check_shapes() {
    for (const auto& [key, touched] : touched_) {
        if (const auto entity = find(key)) {
            CS_CHECK(check_entity(entity->value(), touched.where));
        }
    }
    return ok();
}

Status EntityWork::check_rights() {
    for (const auto& [key, touched] : touched_) {
        const auto entity = find(key);
        if (!entity || touched.by_system) {
            continue;
        }
        // What belongs to no thing yet may be made by whoever may make anything; a feature comes
        // with observations as well.
        const bool of_thing = key.type == EntityType::Thing || key.type == EntityType::Datastream ||
                              key.type == EntityType::MultiDatastream ||
                              key.type == EntityType::HistoricalLocation;
        const bool feature = key.type == EntityType::FeatureOfInterest;
        if (!touched.original && feature && rights_.may_observe()) {
            continue;
        }
        CS_CHECK(rights_.may_manage());
        if (!touched.original && !of_thing) {
            continue;
        }
        // With every thing taken away, a Location is nobody's: its old things have been asked.
        const bool loose = touched.original && !of_thing;
        if (!loose && !rights_.manages(*entity)) {
            return fail(
                ErrorCode::NotPermitted,
                fmt::format(
                    "{}: your posts do not reach a thing of this department and area",
                    touched.where.empty() ? sensing::info(key.type).name : touched.where
                ),
                touched.where
            );
        }
    }
    return ok();
}

bool EntityWork::stage_journal(EntityKey asked) {
    json::array made;
    json::array changed;
    json::array erased;
    std::size_t named = 0;
    for (const auto& [key, touched] : touched_) {
        const auto now = find(key);
        if (!now && !touched.original) {
            continue;
        }
        auto& list = !now ? erased : touched.original ? changed : made;
        if (++named <= kNamedMax) {
            list.emplace_back(entity_label(key));
        }
    }
    if (named == 0) {
        return false;
    }
    const auto before = touched_.find(asked);
    const bool gone = before != touched_.end() && !find(asked);
    const bool is_new = before != touched_.end() && !before->second.original;
    json::object body{{"entity", entity_label(asked)}, {"entities", named}};
    for (auto* item : {&made, &changed, &erased}) {
        if (!item->empty()) {
            body
                [item == &made      ? "created"
                 : item == &changed ? "changed"
                                    : "deleted"] = std::move(*item);
        }
    }
    work_.stage_entry(
        gone     ? "sensing.deleted"
        : is_new ? "sensing.created"
                 : "sensing.changed",
        who_.account.empty() ? "system" : who_.account,
        {},
        json::serialize(body)
    );
    return true;
}

Result<std::string> EntityWork::finish(EntityKey asked) {
    CS_CHECK(check_things());
    CS_CHECK(check_shapes());
    CS_CHECK(check_rights());
    std::set<EntityType> erased_types;
    for (const auto& [key, touched] : touched_) {
        const auto entity = find(key);
        if (entity) {
            work_.stage_document(to_document(entity->value()));
        } else if (touched.original) {
            work_.stage_document({document_kind(key.type), document_id(key.id), ""});
            erased_types.insert(counter_of(key.type));
        }
    }
    // An id is not given again, even if its entity was the last one.
    for (const auto type : erased_types) {
        auto& last = counter(entities_.last_ids_, type);
        next_id(type);
        --last;
        work_.stage_document(
            {"sensing.counter", std::string(sensing::info(type).name), std::to_string(last)}
        );
    }
    rest_.entity = asked;
    if (stage_journal(asked) && !rest_.empty()) {
        // The number of the entry may be given again when this commit fails, but not at this time.
        rest_.id = fmt::format("{:019}-{}", work_.head().value, to_millis(work_.now()));
        SensingOutbox::stage(work_, rest_);
    }
    return rest_text(rest_);
}

}  // namespace chengshu::services
