#include "services/sensing/outbox.hpp"

#include "base/json_text.hpp"
#include "services/engine.hpp"
#include "services/sensing/observation_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr auto kRestKind = "sensing.rest";
constexpr int kOutboxPage = 1'000;
constexpr std::size_t kAgain = 100;  // tried again in one step

/// The kept reply to a request has its readings' key in it: they must be known for as long.
constexpr auto kRestKeysKept = kIdempotencyKept + kObservationKeysKept;

std::int64_t whole(const json::value& value) {
    return value.is_int64() ? value.get_int64() : 0;
}

std::vector<std::int64_t> ids_of(const json::object& object, const char* name) {
    std::vector<std::int64_t> out;
    const auto* list = object.if_contains(name);
    if (list != nullptr && list->is_array()) {
        for (const auto& item : list->get_array()) {
            out.push_back(whole(item));
        }
    }
    return out;
}

}  // namespace

std::string rest_text(const SensingRest& rest) {
    json::object out{{"entity", {static_cast<std::int64_t>(rest.entity.type), rest.entity.id}}};
    if (!rest.id.empty()) {
        out["rest"] = rest.id;
    }
    if (!rest.rows.empty()) {
        json::array rows;
        for (const auto& row : rest.rows) {
            rows.push_back(to_json(row));
        }
        out["observations"] = std::move(rows);
        out["key"] = rest.key;
        out["fingerprint"] = rest.fingerprint;
    }
    if (!rest.streams.empty()) {
        out["erase_streams"] = json::array(rest.streams.begin(), rest.streams.end());
    }
    if (!rest.features.empty()) {
        out["erase_features"] = json::array(rest.features.begin(), rest.features.end());
    }
    return json::serialize(out);
}

Result<SensingRest> parse_rest(const std::string& text) {
    CS_TRY(value, parse_json(text, "the kept reply"));
    SensingRest out;
    const auto* object = value.if_object();
    const auto* entity = object == nullptr ? nullptr : object->if_contains("entity");
    if (entity == nullptr || !entity->is_array() || entity->get_array().size() != 2) {
        return fail(ErrorCode::Internal, "the kept reply of a change is damaged");
    }
    out.entity.type = static_cast<sensing::EntityType>(whole(entity->get_array()[0]));
    out.entity.id = whole(entity->get_array()[1]);
    out.id = text_of(*object, "rest");
    out.key = text_of(*object, "key");
    out.fingerprint = text_of(*object, "fingerprint");
    out.streams = ids_of(*object, "erase_streams");
    out.features = ids_of(*object, "erase_features");
    if (const auto* rows = object->if_contains("observations");
        rows != nullptr && rows->is_array()) {
        for (const auto& item : rows->get_array()) {
            CS_TRY(row, observation_from_json(item));
            out.rows.push_back(std::move(row));
        }
    }
    return out;
}

void SensingOutbox::stage(UnitOfWork& work, const SensingRest& rest) {
    work.stage_document({kRestKind, rest.id, rest_text(rest)});
}

void SensingOutbox::ended(const std::string& id, bool well) {
    if (id.empty()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (well) {
        owed_.erase(id);
        done_.insert(id);
    } else {
        owed_.insert(id);
    }
}

void SensingOutbox::carry_out(SensingRest rest, Observations::Done done) {
    auto finish = [this, id = rest.id, done = std::move(done)](Result<std::vector<std::int64_t>> ids
                  ) {
        ended(id, ids.has_value());
        if (!ids && !id.empty()) {
            ids = fail(
                ErrorCode::OutcomeUnknown,
                "the entities are stored; what belongs to them in the observation store is not yet "
                "done and will be tried again: " +
                    ids.error().context
            );
        }
        done(std::move(ids));
    };
    Status erased = rest.streams.empty() ? ok() : observations_.erase_streams(rest.streams);
    for (const auto feature : rest.features) {
        erased = erased ? observations_.erase_feature(feature) : erased;
    }
    if (!erased) {
        finish(Failure{erased.error()});
        return;
    }
    if (rest.rows.empty()) {
        finish(std::vector<std::int64_t>());
        return;
    }
    ObservationRows rows{
        std::move(rest.key), std::move(rest.fingerprint), std::move(rest.rows), kRestKeysKept
    };
    if (rows.key.empty() && !rest.id.empty()) {
        rows.key = ":rest/" + rest.id;  // no login is empty: no caller's key is like it
    }
    observations_.submit(std::move(rows), std::move(finish));
}

void SensingOutbox::doubt() {
    const std::lock_guard lock(mutex_);
    doubtful_ = true;
}

bool SensingOutbox::busy() const {
    const std::lock_guard lock(mutex_);
    return doubtful_ || !done_.empty() || !owed_.empty();
}

Status SensingOutbox::look_through(ports::Store& store) {
    const auto add = [this](const SensingRest& rest) { ended(rest.id, false); };
    if (auto seen = each_stored(store, add); !seen) {
        doubt();
        return seen;
    }
    return ok();
}

Result<SensingOutbox::Step> SensingOutbox::advance(UnitOfWork& work) {
    bool doubtful = false;
    {
        const std::lock_guard lock(mutex_);
        doubtful = std::exchange(doubtful_, false);
    }
    if (doubtful) {
        CS_CHECK(look_through(work.store()));
    }
    Step step;
    std::vector<std::string> owed;
    {
        const std::lock_guard lock(mutex_);
        step.removed.assign(done_.begin(), done_.end());
        for (auto id = owed_.begin(); id != owed_.end() && owed.size() < kAgain; ++id) {
            owed.push_back(*id);
        }
    }
    for (const auto& id : owed) {
        CS_TRY(row, work.document(kRestKind, id));
        if (!row) {
            const std::lock_guard lock(mutex_);
            owed_.erase(id);
            continue;
        }
        CS_TRY(rest, parse_rest(row->body));
        step.again.push_back(std::move(rest));
    }
    for (const auto& id : step.removed) {
        work.stage_document({kRestKind, id, ""});
    }
    return step;
}

void SensingOutbox::settle(const Step& step) {
    const std::lock_guard lock(mutex_);
    for (const auto& id : step.removed) {
        done_.erase(id);
    }
}

Status
SensingOutbox::each_stored(ports::Store& store, const std::function<void(SensingRest)>& visit) {
    std::string after;
    while (true) {
        CS_TRY(rows, store.documents(kRestKind, after, kOutboxPage));
        if (rows.empty()) {
            return ok();
        }
        for (const auto& row : rows) {
            CS_TRY(rest, parse_rest(row.body));
            visit(std::move(rest));
        }
        after = rows.back().id;
    }
}

}  // namespace chengshu::services
