#include "services/sensing/gateway.hpp"

#include "base/json_text.hpp"
#include "services/sensing/entity_work.hpp"
#include "services/sensing/observation_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityType;

constexpr std::size_t kFeaturesPerChange = 2'000;
constexpr std::size_t kBytesPerRow = 48;  // about as little as a row has; for reserving

std::uint8_t thing_of(EntityType type) {
    return static_cast<std::uint8_t>(sensing::navigation_position(type, "Thing"));
}

bool has_location(const sensing::Registry& registry, const sensing::Entity& stream) {
    static const auto kLocations = sensing::navigation_position(EntityType::Thing, "Locations");
    const auto thing = stream.link(thing_of(stream.type()));
    return registry.linked_count({EntityType::Thing, thing}, kLocations) > 0;
}

std::string text_at(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string()
               ? std::string(std::string_view(value->get_string()))
               : std::string();
}

}  // namespace

std::string to_note(const GatewayReport& report) {
    json::array errors;
    for (const auto& error : report.errors) {
        errors.push_back(json::object{
            {"row", error.row}, {"field", error.field}, {"what", error.what}, {"hint", error.hint}
        });
    }
    return json_text(json::object{{"rejected", report.rejected}, {"errors", errors}});
}

Result<GatewayReport> report_from_note(std::string_view note) {
    CS_TRY(value, parse_json(note, "the kept report"));
    const auto* object = value.if_object();
    const auto* errors = object == nullptr ? nullptr : object->if_contains("errors");
    if (errors == nullptr || !errors->is_array()) {
        return fail(ErrorCode::Internal, "a kept report is damaged");
    }
    GatewayReport out;
    out.rejected = whole_of(*object, "rejected");
    for (const auto& item : errors->get_array()) {
        if (const auto* error = item.if_object()) {
            out.errors.push_back(
                {whole_of(*error, "row"),
                 text_at(*error, "field"),
                 text_at(*error, "what"),
                 text_at(*error, "hint")}
            );
        }
    }
    return out;
}

/// A request between its parsing and its answer.
struct Gateway::Batch {
    access::Principal who;
    ObservationRows rows;
    GatewayReport report;
    /// Streams whose features must be made or areas widened first, and their rows.
    std::vector<std::int64_t> unready;
    std::vector<std::size_t> unready_rows;
    std::size_t prepared = 0;  ///< of `unready`
    Done done;
};

/// Turns readings into observations of streams that the caller may send to. Holds the gateway's
/// lock for reading.
class Gateway::Reader final : public sensing::ReadingSink {
public:
    Reader(Gateway& gateway, const GatewayRequest& request, Batch& batch, std::int64_t now)
        : gateway_(gateway),
          batch_(batch),
          rights_(gateway.entities_.rights(request.who, *request.definitions->city)),
          now_(now) {}

    [[nodiscard]] Status allowed() const { return rights_.may_observe(); }

    [[nodiscard]] bool too_many() const { return too_many_; }

    bool wrong(sensing::RowError error) override {
        ++batch_.report.rejected;
        if (batch_.report.errors.size() < kGatewayErrorsMax) {
            batch_.report.errors.push_back(std::move(error));
        }
        too_many_ = ++seen_ > kGatewayRowsMax;
        return !too_many_;
    }

    bool reading(const sensing::Reading& reading) override;

    /// What was found that the gateway did not know.
    void publish(Known& known, std::uint64_t version) {
        if (known.version != version) {
            return;
        }
        for (auto& [stream, ready] : found_) {
            known.streams[stream] = std::move(ready);
        }
        for (auto& [name, stream] : found_names_) {
            known.names[name] = stream;
        }
    }

private:
    /// Null when there is no such stream, or none that the caller may send to.
    const Ready* ready(const sensing::Reading& reading);
    std::int64_t stream_id(const sensing::Reading& reading);
    bool refuse(const sensing::Reading& reading, std::string what, std::string hint);

    Gateway& gateway_;
    Batch& batch_;
    SensingRights rights_;
    std::int64_t now_;
    std::size_t seen_ = 0;
    bool too_many_ = false;
    std::string name_;
    std::int64_t last_stream_ = 0;  ///< that may be sent to
    const Ready* last_ready_ = nullptr;
    // Node-based would cost an allocation a stream; so pointers into these are not kept.
    boost::unordered_flat_map<std::int64_t, Ready> found_;
    boost::unordered_flat_map<std::string, std::int64_t> found_names_;
    boost::unordered_flat_map<std::int64_t, bool> unready_;
    Ready current_;
};

std::int64_t Gateway::Reader::stream_id(const sensing::Reading& reading) {
    if (reading.stream != 0) {
        return reading.stream;
    }
    name_.assign(reading.thing);
    name_ += '\n';
    name_ += reading.datastream;
    if (const auto known = gateway_.known_.names.find(name_);
        known != gateway_.known_.names.end()) {
        return known->second;
    }
    const auto [found, fresh] = found_names_.try_emplace(name_, 0);
    if (fresh) {
        found->second = gateway_.look_up(reading.thing, reading.datastream);
        if (found->second == 0) {
            found_names_.erase(found);  // what strangers make up is not remembered
            return 0;
        }
    }
    return found->second;
}

const Gateway::Ready* Gateway::Reader::ready(const sensing::Reading& reading) {
    const auto id = stream_id(reading);
    if (id == 0) {
        return nullptr;
    }
    if (id == last_stream_) {
        return last_ready_;
    }
    const Ready* out = nullptr;
    if (const auto known = gateway_.known_.streams.find(id);
        known != gateway_.known_.streams.end()) {
        out = &known->second;
    } else if (const auto found = found_.find(id); found != found_.end()) {
        last_stream_ = 0;  // may have been the current one
        current_ = found->second;
        out = &current_;
    } else {
        last_stream_ = 0;
        current_ = gateway_.look_up(id);
        if (current_.entity && current_.feature != 0) {
            found_.emplace(id, current_);
        }
        out = &current_;
    }
    if (!out->entity || !rights_.observes(*out->entity)) {
        return nullptr;
    }
    last_stream_ = id;
    last_ready_ = out;
    return out;
}

bool Gateway::Reader::refuse(const sensing::Reading& reading, std::string what, std::string hint) {
    const auto field = reading.stream != 0 ? std::string_view("stream") : reading.datastream;
    return wrong({reading.row, std::string(field), std::move(what), std::move(hint)});
}

bool Gateway::Reader::reading(const sensing::Reading& reading) {
    const auto* ready = this->ready(reading);
    if (ready == nullptr) {
        return refuse(
            reading,
            reading.stream != 0
                ? fmt::format("there is no stream {} that you may send to", reading.stream)
                : fmt::format(
                      "there is no thing with the code \"{}\" and a Datastream \"{}\" that you may "
                      "send to",
                      reading.thing,
                      reading.datastream
                  ),
            "a code is the member \"code\" of a Thing's properties; the name is the Datastream's"
        );
    }
    if (ready->feature == 0 && !has_location(gateway_.entities_.registry(), *ready->entity)) {
        return refuse(
            reading,
            "the thing has no Location, so that it is not known what is observed",
            "give the thing a Location"
        );
    }
    const auto stream = ready->entity->id();
    auto& row = batch_.rows.rows.emplace_back();
    row.stream = stream;
    row.phenomenon_from = reading.from.value_or(now_);
    row.phenomenon_to = reading.from ? reading.to : now_;
    row.result_time = reading.result_time;
    row.received_at = now_;
    row.number = reading.number;
    row.result = reading.result;
    row.extra = reading.extra;
    row.feature = ready->feature;
    if (ready->entity->type() == EntityType::MultiDatastream) {
        if (auto good = check_result(row, result_size(*ready->entity), ""); !good) {
            batch_.rows.rows.pop_back();
            return refuse(reading, std::move(good).error().context, "");
        }
    }
    if (row.feature == 0) {
        batch_.unready_rows.push_back(batch_.rows.rows.size() - 1);
        if (unready_.try_emplace(stream, true).second) {
            batch_.unready.push_back(stream);
        }
    }
    too_many_ = ++seen_ > kGatewayRowsMax;
    return !too_many_;
}

Gateway::Gateway(
    SensingEntities& entities,
    Ingest& ingest,
    Submitter& submitter,
    ports::Clock& clock
)
    : entities_(entities), ingest_(ingest), submitter_(submitter), clock_(clock) {}

/// Forgets what the registry no longer says.
void Gateway::refresh() {
    const auto version = entities_.registry().version();
    {
        const std::shared_lock lock(mutex_);
        if (known_.version == version) {
            return;
        }
    }
    const std::unique_lock lock(mutex_);
    known_.streams.clear();
    known_.names.clear();
    known_.version = version;
}

Gateway::Ready Gateway::look_up(std::int64_t stream) const {
    Ready out;
    out.entity = find_stream(entities_.registry(), stream);
    if (out.entity) {
        const auto feature = entities_.known_feature(*out.entity);
        out.feature = feature != 0 && entities_.area_holds(stream, feature) ? feature : 0;
    }
    return out;
}

std::int64_t Gateway::look_up(std::string_view thing, std::string_view datastream) const {
    const auto& registry = entities_.registry();
    const auto id = registry.thing_by_code(thing);
    if (id == 0) {
        return 0;
    }
    std::string quoted;
    append_json_text(quoted, datastream);
    constexpr std::size_t kPage = 200;
    for (const auto& [set, type] :
         {std::pair("Datastreams", EntityType::Datastream),
          std::pair("MultiDatastreams", EntityType::MultiDatastream)}) {
        const auto navigation = sensing::navigation_position(EntityType::Thing, set);
        const auto name = sensing::property_position(type, "name");
        std::int64_t after = 0;
        while (true) {
            const auto page = registry.linked({EntityType::Thing, id}, navigation, after, kPage);
            for (const auto stream : page) {
                const auto entity = registry.find({type, stream});
                if (entity && entity->property(name) == quoted) {
                    return stream;
                }
            }
            if (page.size() < kPage) {
                break;
            }
            after = page.back();
        }
    }
    return 0;
}

void Gateway::take(const GatewayRequest& request, std::string_view body, Done done) {
    refresh();
    auto batch = std::make_shared<Batch>();
    batch->who = request.who;
    batch->rows.key = request.key;
    batch->rows.fingerprint = request.fingerprint;
    batch->rows.client = request.who.account;
    batch->rows.rows.reserve(std::min(body.size() / kBytesPerRow + 1, kGatewayRowsMax));
    batch->done = std::move(done);
    {
        std::shared_lock lock(mutex_);
        const auto version = known_.version;
        Reader reader(*this, request, *batch, to_millis(clock_.now()));
        if (auto allowed = reader.allowed(); !allowed) {
            lock.unlock();
            batch->done(Failure{std::move(allowed).error()});
            return;
        }
        if (request.format == GatewayFormat::Ndjson) {
            sensing::read_ndjson(body, request.unit, reader);
        } else {
            sensing::read_lines(body, request.unit, reader);
        }
        lock.unlock();
        if (reader.too_many()) {
            batch->done(fail(
                ErrorCode::TooLarge,
                fmt::format("a request has at most {} rows; send several", kGatewayRowsMax)
            ));
            return;
        }
        const std::unique_lock publishing(mutex_);
        reader.publish(known_, version);
    }
    auto& report = batch->report;
    const bool nothing = request.all_or_nothing && report.rejected > 0;
    report.accepted = nothing ? 0 : static_cast<std::int64_t>(batch->rows.rows.size());
    if (report.accepted == 0 || request.dry_run) {
        batch->done(std::move(report));
        return;
    }
    make_features(batch);
}

/// The features of streams that are sent to for the first time, some at a time; then stores.
void Gateway::make_features(const std::shared_ptr<Batch>& batch) {
    if (batch->prepared == batch->unready.size()) {
        store(batch);
        return;
    }
    const auto begin = batch->prepared;
    const auto end = std::min(batch->unready.size(), begin + kFeaturesPerChange);
    batch->prepared = end;
    SensingCommand command;
    command.who = batch->who;
    command.work = [batch, begin, end](EntityWork& work) -> Result<sensing::EntityKey> {
        sensing::EntityKey last;
        for (auto i = begin; i < end; ++i) {
            const auto stream = work.find_stream(batch->unready[i]);
            if (!stream) {
                return fail(
                    ErrorCode::NotFound,
                    fmt::format("stream {} has just been deleted", batch->unready[i])
                );
            }
            CS_TRY(feature, work.feature_of(*stream, ""));
            CS_CHECK(work.widen_area(stream->key(), feature));
            last = stream->key();
        }
        return last;
    };
    entities_.submit(submitter_, std::move(command), [this, batch](Result<SensingOutcome> outcome) {
        if (!outcome) {
            batch->done(Failure{std::move(outcome).error()});
            return;
        }
        make_features(batch);
    });
}

void Gateway::store(const std::shared_ptr<Batch>& batch) {
    for (const auto index : batch->unready_rows) {
        auto& row = batch->rows.rows[index];
        const auto stream = find_stream(entities_.registry(), row.stream);
        row.feature = stream ? entities_.known_feature(*stream) : 0;
        if (row.feature == 0) {
            batch->done(fail(
                ErrorCode::Conflict,
                fmt::format("stream {} or its Location has just changed; send again", row.stream)
            ));
            return;
        }
    }
    auto note = batch->rows.key.empty() ? std::string() : to_note(batch->report);
    ingest_.take(std::move(batch->rows), std::move(note), [batch](Result<Receipt> receipt) {
        if (!receipt) {
            batch->done(Failure{std::move(receipt).error()});
            return;
        }
        auto report = std::move(batch->report);
        if (receipt->repeated) {
            auto kept = report_from_note(receipt->note);
            if (!kept) {
                batch->done(Failure{std::move(kept).error()});
                return;
            }
            report = std::move(*kept);
            report.repeated = true;
        }
        report.accepted = receipt->count;
        report.first_id = receipt->first;
        batch->done(std::move(report));
    });
}

}  // namespace chengshu::services
