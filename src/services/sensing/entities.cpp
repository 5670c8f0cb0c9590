#include "services/sensing/entities.hpp"

#include "base/json_text.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/entity_work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::services {
namespace {

using sensing::EntityKey;
using sensing::EntityType;

constexpr int kEntitiesPage = 2'000;
constexpr std::size_t kAreasKept = 1'000'000;
constexpr auto kCounterKind = "sensing.counter";

}  // namespace

EntityType counter_of(EntityType type) {
    return type == EntityType::MultiDatastream ? EntityType::Datastream : type;
}

sensing::EntityPtr find_stream(const sensing::Registry& registry, std::int64_t id) {
    auto found = registry.find({EntityType::Datastream, id});
    return found ? found : registry.find({EntityType::MultiDatastream, id});
}

SensingEntities::SensingEntities(
    CurrentDefinitions& definitions,
    Observations& observations,
    PublicSight sight
)
    : definitions_(definitions), observations_(observations), sight_(sight) {}

Status SensingEntities::load_type(ports::Store& store, EntityType type) {
    const auto kind = document_kind(type);
    std::string after;
    while (true) {
        CS_TRY(rows, store.documents(kind, after, kEntitiesPage));
        if (rows.empty()) {
            return ok();
        }
        std::vector<sensing::Change> changes;
        for (const auto& row : rows) {
            CS_TRY(value, from_document(type, row));
            changes.push_back({value.key, sensing::Entity::make(value, registry_.pool())});
        }
        registry_.apply(changes);
        after = rows.back().id;
    }
}

Status SensingEntities::load_counters(ports::Store& store) {
    CS_TRY(rows, store.documents(kCounterKind, "", kEntitiesPage));
    for (const auto& row : rows) {
        const auto* info = sensing::find_entity(row.id);
        const auto last = parse_id(row.body);
        if (info == nullptr || !last) {
            return fail(
                ErrorCode::Internal, fmt::format("stored {} {} is damaged", row.kind, row.id)
            );
        }
        registry_.set_last_id(info->type, *last);
    }
    return ok();
}

Status SensingEntities::load(ports::Store& store) {
    for (const auto& info : sensing::all_entities()) {
        if (info.type != EntityType::Observation) {
            CS_CHECK(load_type(store, info.type));
        }
    }
    CS_CHECK(load_counters(store));
    std::vector<std::int64_t> orphans;
    CS_CHECK(observations_.store().each_summary([&](const sensing::StreamSummary& summary) {
        if (!find_stream(registry_, summary.stream)) {
            orphans.push_back(summary.stream);
        }
    }));
    return orphans.empty() ? ok() : observations_.erase_streams(orphans);
}

SensingRights SensingEntities::rights(const access::Principal& who, const city::City& city) const {
    return {
        who,
        city,
        sight_,
        [this](EntityKey key) { return registry_.find(key); },
        [this](EntityKey key, std::size_t navigation, std::size_t limit) {
            return registry_.linked(key, navigation, 0, limit);
        }
    };
}

Status SensingEntities::read_again(ports::Store& store) {
    std::vector<sensing::Change> changes;
    for (const auto key : doubtful_) {
        CS_TRY(row, store.document(document_kind(key.type), document_id(key.id)));
        sensing::Change change{key, {}};
        if (row) {
            CS_TRY(value, from_document(key.type, *row));
            change.value = sensing::Entity::make(value, registry_.pool());
        }
        changes.push_back(std::move(change));
    }
    registry_.apply(changes);
    doubtful_.clear();
    return ok();
}

void SensingEntities::settle(Effects& effects, const Status& committed) {
    const auto& changes = effects.changes;
    if (committed) {
        effects.updates = updates_of(changes);
        registry_.apply(changes);
        const std::lock_guard lock(areas_mutex_);
        if (areas_.size() > kAreasKept) {
            areas_.clear();
        }
        areas_.insert(effects.areas.begin(), effects.areas.end());
    } else if (committed.error().code == ErrorCode::OutcomeUnknown) {
        for (const auto& change : changes) {
            doubtful_.insert(change.key);
        }
        outbox_.doubt();
    }
    for (const auto& change : changes) {
        const auto found = staged_.find(change.key);
        // A later command of the batch may have changed it again: then that one settles it.
        if (found != staged_.end() && found->second.get() == change.value.get()) {
            staged_.erase(found);
        }
    }
}

void SensingEntities::listen(Listener listener) {
    const std::lock_guard lock(listener_mutex_);
    listener_ = std::move(listener);
}

std::vector<sensing::Update> SensingEntities::updates_of(std::span<const sensing::Change> changes
) const {
    std::vector<sensing::Update> out;
    const std::lock_guard lock(listener_mutex_);
    for (const auto& [key, value] : listener_ ? changes : std::span<const sensing::Change>{}) {
        auto before = registry_.find(key);
        if (value && !(before && before->value() == value->value())) {
            out.push_back({value, {}});
            if (before) {
                out.back().before = std::move(before);
            }
        }
    }
    return out;
}

void SensingEntities::tell(const Effects& effects) const {
    const std::lock_guard lock(listener_mutex_);
    if (listener_ && !effects.updates.empty()) {
        listener_(effects.updates);
    }
}

Job SensingEntities::job(SensingCommand command, Done done) {
    auto effects = std::make_shared<Effects>();
    Job out;
    out.idempotency_key = command.idempotency_key;
    out.fingerprint = command.fingerprint;
    out.work = [this,
                effects,
                who = std::move(command.who),
                work = std::move(command.work),
                row_key = command.idempotency_key,
                row_fingerprint = command.fingerprint](UnitOfWork& unit) -> Result<std::string> {
        CS_CHECK(read_again(unit.store()));
        EntityWork change(*this, unit, who);
        change.rest_.key = row_key;
        change.rest_.fingerprint = row_fingerprint;
        auto asked = work(change);
        auto reply = asked ? change.finish(*asked) : Failure{asked.error()};
        if (!reply) {
            change.revert();
            return reply;
        }
        for (const auto& [key, touched] : change.touched_) {
            effects->changes.push_back({key, change.find(key)});
        }
        effects->areas = std::move(change.areas_);
        return reply;
    };
    out.settled = [this, effects](const Result<std::string>& reply) {
        settle(*effects, reply ? ok() : Status(Failure{reply.error()}));
    };
    out.done = [this,
                effects,
                key = std::move(command.idempotency_key),
                fingerprint = std::move(command.fingerprint),
                done = std::move(done)](Result<std::string> reply) {
        if (!reply) {
            done(Failure{std::move(reply).error()});
            return;
        }
        tell(*effects);
        finish(*reply, key, fingerprint, done);
    };
    return out;
}

void SensingEntities::submit(Submitter& submitter, SensingCommand command, Done done) {
    if (!submitter.submit(job(std::move(command), done))) {
        done(fail(ErrorCode::Overloaded, "the writer's queue is full"));
    }
}

void SensingEntities::submit_steps(
    Submitter& submitter,
    access::Principal who,
    std::vector<SensingStep> steps,
    bool dry_run,
    std::function<void(Result<std::vector<SensingStepResult>>)> done
) {
    struct State {
        access::Principal who;
        std::vector<SensingStep> steps;
        std::vector<SensingStepResult> results;
        Effects effects;
    };

    auto state = std::make_shared<State>(State{std::move(who), std::move(steps), {}, {}});
    Job job;
    job.work = [this, state, dry_run](UnitOfWork& unit) -> Result<std::string> {
        CS_CHECK(read_again(unit.store()));
        std::vector<std::unique_ptr<EntityWork>> works;
        for (const auto& step : state->steps) {
            const auto mark = unit.mark();
            auto work = std::make_unique<EntityWork>(*this, unit, state->who);
            SensingStepResult result;
            auto key = step(*work);
            auto reply = key ? work->finish(*key) : Failure{key.error()};
            if (reply) {
                result.key = *key;
                const auto touched = work->touched_.find(*key);
                result.is_new = touched != work->touched_.end() && !touched->second.original;
                works.push_back(std::move(work));
            } else {
                result.error = std::move(reply).error();
                work->revert();
                unit.rollback(mark);
            }
            state->results.push_back(std::move(result));
        }
        if (dry_run) {
            for (auto work = works.rbegin(); work != works.rend(); ++work) {
                (*work)->revert();
            }
            return fail(ErrorCode::RuleViolation, "a dry run");  // leaves no trace
        }
        for (const auto& work : works) {
            for (const auto& [key, touched] : work->touched_) {
                state->effects.changes.push_back({key, work->find(key)});
            }
        }
        return std::string("{}");
    };
    const auto tried = [state, dry_run] {
        return dry_run && state->results.size() == state->steps.size();
    };
    job.settled = [this, state, tried](const Result<std::string>& reply) {
        settle(state->effects, reply || tried() ? ok() : Status(Failure{reply.error()}));
    };
    job.done = [this, state, tried, done](Result<std::string> reply) {
        if (reply || (reply.error().code != ErrorCode::OutcomeUnknown && tried())) {
            tell(state->effects);
            done(std::move(state->results));
        } else {
            done(Failure{std::move(reply).error()});
        }
    };
    if (!submitter.submit(std::move(job))) {
        done(fail(ErrorCode::Overloaded, "the writer's queue is full"));
    }
}

void SensingEntities::finish(
    const std::string& reply,
    std::string key,
    std::string fingerprint,
    Done done
) {
    auto rest = parse_rest(reply);
    if (!rest) {
        done(Failure{std::move(rest).error()});
        return;
    }
    SensingOutcome outcome{rest->entity, {}};
    if (rest->empty()) {
        done(std::move(outcome));
        return;
    }
    // The rows have the key of the whole request, so that a retry finds them stored.
    rest->key = std::move(key);
    rest->fingerprint = std::move(fingerprint);
    outbox_.carry_out(
        std::move(*rest),
        [outcome = std::move(outcome),
         done = std::move(done)](Result<std::vector<std::int64_t>> ids) mutable {
            if (!ids) {
                done(Failure{std::move(ids).error()});
                return;
            }
            outcome.observations = std::move(*ids);
            if (outcome.key.type == EntityType::Observation && !outcome.observations.empty()) {
                outcome.key.id = outcome.observations.back();
            }
            done(std::move(outcome));
        }
    );
}

/// Nobody waits for it any more; what has been deleted meanwhile takes its observations with it.
void SensingEntities::carry_out_later(SensingRest rest) {
    std::erase_if(rest.rows, [this](const sensing::Observation& row) {
        return !find_stream(registry_, row.stream) ||
               !registry_.find({EntityType::FeatureOfInterest, row.feature});
    });
    outbox_.carry_out(std::move(rest), [](const Result<std::vector<std::int64_t>>&) {});
}

Status SensingEntities::resume(ports::Store& store) {
    return SensingOutbox::each_stored(store, [this](SensingRest rest) {
        carry_out_later(std::move(rest));
    });
}

void SensingEntities::tend(Submitter& submitter) {
    if (!outbox_.busy()) {
        return;
    }
    auto step = std::make_shared<SensingOutbox::Step>();
    Job job;
    job.work = [this, step](UnitOfWork& unit) -> Result<std::string> {
        CS_CHECK(read_again(unit.store()));
        CS_TRY(next, outbox_.advance(unit));
        *step = std::move(next);
        return std::string("{}");
    };
    job.done = [this, step](const Result<std::string>& reply) {
        if (!reply) {
            return;  // the next call tries again
        }
        outbox_.settle(*step);
        for (auto& rest : step->again) {
            carry_out_later(std::move(rest));
        }
    };
    static_cast<void>(submitter.submit(std::move(job)));  // full: the next call tries again
}

std::int64_t SensingEntities::known_feature(const sensing::Entity& stream) const {
    static const auto kLocations = sensing::navigation_position(EntityType::Thing, "Locations");
    static const auto kLocation = sensing::property_position(EntityType::Location, "location");
    static const auto kFeature =
        sensing::property_position(EntityType::FeatureOfInterest, "feature");
    const auto thing =
        stream.link(static_cast<std::uint8_t>(sensing::navigation_position(stream.type(), "Thing"))
        );
    const auto places = registry_.linked({EntityType::Thing, thing}, kLocations, 0, 1);
    if (places.empty()) {
        return 0;
    }
    const auto location = registry_.find({EntityType::Location, places.front()});
    if (!location) {
        return 0;
    }
    const auto id = location->link(sensing::kMadeFeature);
    const auto feature = registry_.find({EntityType::FeatureOfInterest, id});
    const bool same = feature && feature->property(kFeature) == location->property(kLocation);
    return same ? id : 0;
}

bool SensingEntities::area_holds(std::int64_t stream, std::int64_t feature) const {
    {
        const std::lock_guard lock(areas_mutex_);
        if (areas_.contains({stream, feature})) {
            return true;
        }
    }
    // As after a start: it may have been widened long ago.
    const auto entity = find_stream(registry_, stream);
    const auto place = registry_.find({EntityType::FeatureOfInterest, feature});
    if (!entity || !place) {
        return false;
    }
    const auto area = entity->property(sensing::property_position(entity->type(), "observedArea"));
    const auto shape = place->property(sensing::property_position(place->type(), "feature"));
    if (widened_area(area, shape) != area) {
        return false;
    }
    const std::lock_guard lock(areas_mutex_);
    if (areas_.size() <= kAreasKept) {
        areas_.insert({stream, feature});
    }
    return true;
}

}  // namespace chengshu::services
