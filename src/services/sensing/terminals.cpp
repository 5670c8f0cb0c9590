#include "services/sensing/terminals.hpp"

#include "services/sensing/entity_work.hpp"
#include "services/sensing/ledger.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityKey;
using sensing::EntityType;

/// Things that one commit makes, so that no batch grows with the city.
constexpr std::size_t kThingsPerChange = 100;
constexpr std::size_t kStreamsMax = 1'000;
constexpr auto kMeasurement =
    "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement";
constexpr auto kAnyObservation =
    "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation";
constexpr std::int64_t kSecond = 1'000;

std::string both_languages(const Label& label) {
    return label.zh.empty() || label.en.empty() || label.zh == label.en ? label.of("zh")
                                                                        : label.zh + " " + label.en;
}

json::object reference(std::int64_t id) {
    return {{"@iot.id", id}};
}

json::object names(const Label& label, std::string_view code) {
    return {{"code", code}, {"name_zh", label.zh}, {"name_en", label.en}};
}

/// Ids of a type by the code in their properties.
std::map<std::string, std::int64_t> by_code(const sensing::Registry& registry, EntityType type) {
    constexpr std::size_t kPage = 1'000;
    std::map<std::string, std::int64_t> out;
    std::int64_t after = 0;
    while (true) {
        const auto page = registry.page(type, after, kPage);
        if (page.empty()) {
            return out;
        }
        for (const auto& entity : page) {
            if (auto code = member_of(*entity, "code"); !code.empty()) {
                out.emplace(std::move(code), entity->id());
            }
        }
        after = page.back()->id();
    }
}

class Loader {
public:
    Loader(Engine& engine, SensingEntities& entities, const city::City& city)
        : engine_(engine), entities_(entities), terminals_(city.terminals()) {}

    Result<TerminalsAdded> run() {
        quantities_ = by_code(entities_.registry(), EntityType::ObservedProperty);
        sensors_ = by_code(entities_.registry(), EntityType::Sensor);
        for (const auto& stream : terminals_.streams) {
            streams_[stream.thing].push_back(&stream);
        }
        CS_CHECK(add_catalogue());
        for (std::size_t first = 0; first < terminals_.things.size(); first += kThingsPerChange) {
            const auto last = std::min(first + kThingsPerChange, terminals_.things.size());
            CS_CHECK(change([&](EntityWork& work) -> Status {
                for (auto i = first; i < last; ++i) {
                    CS_CHECK(add_thing(work, terminals_.things[i]));
                }
                return ok();
            }));
        }
        return added_;
    }

private:
    Status change(const std::function<Status(EntityWork&)>& work) {
        SensingCommand command;
        command.who.kind = access::PrincipalKind::System;
        command.who.account = "operator";
        command.work = [&](EntityWork& unit) -> Result<EntityKey> {
            CS_CHECK(work(unit));
            return EntityKey{EntityType::Thing, 0};
        };
        Status reply = ok();
        std::vector<Job> jobs;
        jobs.push_back(entities_.job(std::move(command), [&](Result<SensingOutcome> done) {
            reply = done ? ok() : Status(Failure{std::move(done).error()});
        }));
        engine_.run(std::move(jobs));
        return reply;
    }

    /// Only what the city's streams use: scenarios list more than one city measures.
    Status add_catalogue() {
        std::set<std::string> quantities;
        std::set<std::string> sensors;
        for (const auto& stream : terminals_.streams) {
            quantities.insert(stream.quantity);
            sensors.insert(stream.sensor);
        }
        std::erase_if(quantities, [&](const auto& code) { return quantities_.contains(code); });
        std::erase_if(sensors, [&](const auto& code) { return sensors_.contains(code); });
        if (quantities.empty() && sensors.empty()) {
            return ok();
        }
        return change([&](EntityWork& work) -> Status {
            for (const auto& code : quantities) {
                const auto& row = *terminals_.quantity(code);
                CS_TRY(
                    key,
                    work.create(
                        EntityType::ObservedProperty,
                        {{"name", code},
                         {"definition", row.definition},
                         {"description", both_languages(row.name)},
                         {"properties", names(row.name, code)}},
                        std::nullopt
                    )
                );
                quantities_[code] = key.id;
                ++added_.quantities;
            }
            for (const auto& code : sensors) {
                const auto& row = *terminals_.sensor(code);
                CS_TRY(
                    key,
                    work.create(
                        EntityType::Sensor,
                        {{"name", both_languages(row.name)},
                         {"description", both_languages(row.name)},
                         {"encodingType", row.encoding},
                         {"metadata", row.metadata},
                         {"properties", names(row.name, code)}},
                        std::nullopt
                    )
                );
                sensors_[code] = key.id;
                ++added_.sensors;
            }
            return ok();
        });
    }

    json::object stream_body(const city::TerminalStream& stream) const {
        const auto& quantity = *terminals_.quantity(stream.quantity);
        const bool has_unit = !quantity.unit.empty();
        json::object unit{{"name", nullptr}, {"symbol", nullptr}, {"definition", nullptr}};
        if (has_unit) {
            unit = {
                {"name", quantity.unit},
                {"symbol", quantity.unit},
                {"definition", "ucum:" + quantity.ucum}
            };
        }
        json::object properties;
        if (stream.interval_s > 0) {
            properties["interval_s"] = stream.interval_s;
        }
        if (!quantity.ucum.empty()) {
            properties["ucum"] = quantity.ucum;
        }
        return {
            {"name", stream.quantity},
            {"description", both_languages(quantity.name)},
            {"observationType", has_unit ? kMeasurement : kAnyObservation},
            {"unitOfMeasurement", std::move(unit)},
            {"properties", std::move(properties)},
            {"Sensor", reference(sensors_.at(stream.sensor))},
            {"ObservedProperty", reference(quantities_.at(stream.quantity))}
        };
    }

    json::object thing_body(const city::Terminal& thing, json::array streams) const {
        auto properties = names(thing.name, thing.code);
        properties["type"] = thing.type;
        properties["state"] = thing.state;
        if (!thing.department.empty()) {
            properties["department"] = thing.department;
        }
        if (thing.is_public) {
            properties["public"] = true;
        }
        if (thing.schematic) {
            properties["schematic"] = true;
        }
        if (!thing.source.empty()) {
            properties["source"] = thing.source;
        }
        json::object place{
            {"name", both_languages(thing.name)},
            {"description", both_languages(thing.name)},
            {"encodingType", "application/geo+json"},
            {"location",
             json::object{
                 {"type", "Point"}, {"coordinates", json::array{thing.point.lon, thing.point.lat}}
             }}
        };
        return {
            {"name", both_languages(thing.name)},
            {"description", both_languages(thing.name)},
            {"properties", std::move(properties)},
            {"Locations", json::array{std::move(place)}},
            {"Datastreams", std::move(streams)}
        };
    }

    Status add_thing(EntityWork& work, const city::Terminal& thing) {
        static const auto kStreams = sensing::navigation_position(EntityType::Thing, "Datastreams");
        auto id = work.thing_by_code(thing.code);
        std::set<std::string> has;
        if (id != 0) {
            ++added_.known;
            for (const auto stream : work.linked({EntityType::Thing, id}, kStreams, kStreamsMax)) {
                if (const auto entity = work.find({EntityType::Datastream, stream})) {
                    has.insert(name_of(*entity));
                }
            }
        }
        json::array bodies;
        for (const auto* stream : streams_[thing.code]) {
            if (!has.contains(stream->quantity)) {
                bodies.emplace_back(stream_body(*stream));
            }
        }
        added_.streams += static_cast<int>(bodies.size());
        if (id == 0) {
            ++added_.things;
            CS_TRY(
                key,
                work.create(EntityType::Thing, thing_body(thing, std::move(bodies)), std::nullopt)
            );
            id = key.id;
        } else {
            for (const auto& body : bodies) {
                CS_CHECK(work.create(
                    EntityType::Datastream,
                    body.get_object(),
                    EntityParent{{EntityType::Thing, id}, kStreams}
                ));
            }
        }
        // Every observation of a stream is about a feature; with it here, gateways need not wait
        // for the first one to make it.
        for (const auto stream : work.linked({EntityType::Thing, id}, kStreams, kStreamsMax)) {
            CS_CHECK(work.feature_of(*work.find({EntityType::Datastream, stream}), ""));
        }
        return ok();
    }

    Engine& engine_;
    SensingEntities& entities_;
    const city::Terminals& terminals_;
    std::map<std::string, std::int64_t> quantities_;
    std::map<std::string, std::int64_t> sensors_;
    std::map<std::string, std::vector<const city::TerminalStream*>> streams_;
    TerminalsAdded added_;
};

}  // namespace

Result<TerminalsAdded>
add_terminals(Engine& engine, SensingEntities& entities, const city::City& city) {
    return Loader(engine, entities, city).run();
}

StreamPlace place_of(const sensing::Registry& registry, const sensing::Entity& stream) {
    static const auto kThing =
        static_cast<std::uint8_t>(sensing::navigation_position(EntityType::Datastream, "Thing"));
    static const auto kQuantity = static_cast<std::uint8_t>(
        sensing::navigation_position(EntityType::Datastream, "ObservedProperty")
    );
    static const auto kProperties =
        sensing::property_position(EntityType::Datastream, "properties");
    StreamPlace out;
    out.stream = stream.id();
    out.thing = stream.link(kThing);
    const auto quantity = registry.find({EntityType::ObservedProperty, stream.link(kQuantity)});
    if (quantity) {
        out.quantity = member_of(*quantity, "code");
        if (out.quantity.empty()) {
            out.quantity = name_of(*quantity);
        }
    }
    boost::system::error_code error;
    const auto properties = json::parse(stream.property(kProperties), error);
    const auto* object = error ? nullptr : properties.if_object();
    const auto* interval = object == nullptr ? nullptr : object->if_contains("interval_s");
    if (interval != nullptr && interval->is_int64() && interval->get_int64() > 0) {
        out.interval_s = interval->get_int64();
    }
    return out;
}

sensing::QualityRule
quality_rule(const city::City& city, std::string_view quantity, std::int64_t interval_s) {
    sensing::QualityRule out;
    out.expected_interval = interval_s * kSecond;
    // Half an interval late is a reading that was missed, not one that was slow.
    out.gap_after = out.expected_interval * 3 / 2;
    const auto* row = city.terminals().quantity(quantity);
    if (row == nullptr) {
        return out;
    }
    out.min = row->min;
    out.max = row->max;
    out.max_step = row->max_step;
    out.step_per = row->step_per_s * kSecond;
    out.flat_count = row->flat_count;
    out.late_after = row->late_after_s * kSecond;
    return out;
}

std::int64_t
stream_of(const sensing::Registry& registry, std::int64_t thing, std::string_view name) {
    static const auto kStreams = sensing::navigation_position(EntityType::Thing, "Datastreams");
    for (const auto id : registry.linked({EntityType::Thing, thing}, kStreams, 0, kStreamsMax)) {
        const auto stream = registry.find({EntityType::Datastream, id});
        if (stream && name_of(*stream) == name) {
            return id;
        }
    }
    return 0;
}

std::string member_of(const sensing::Entity& entity, std::string_view name) {
    const auto properties = sensing::property_position(entity.type(), "properties");
    const auto text = entity.property(properties);
    return text.empty() ? std::string() : text_member(text, name);
}

std::string name_of(const sensing::Entity& entity) {
    boost::system::error_code error;
    const auto name =
        json::parse(entity.property(sensing::property_position(entity.type(), "name")), error);
    return error || !name.is_string() ? std::string()
                                      : std::string(std::string_view(name.get_string()));
}

}  // namespace chengshu::services
