#include "domain/sensing/quality.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "services/sensing/ledger.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace chengshu::api {
namespace {

using sensing::EntityType;

/// Things that one request looks at; what is left stands behind `next`.
constexpr std::size_t kThingsSeen = 2'000;
constexpr std::size_t kStreamsMax = 200;
constexpr int kHoursDefault = 72;
constexpr std::int64_t kHour = 3'600'000;

Result<services::SensingEntities*> entities_of(const Call& call) {
    auto* const entities = call.ports.options.entities;
    if (entities == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no terminals");
    }
    return entities;
}

json::array flags_view(std::uint32_t quality) {
    json::array out;
    for (const auto name : sensing::quality_names(quality)) {
        out.emplace_back(name);
    }
    return out;
}

/// The value of a reading: `value` for a number, `text` for anything else.
void put_result(json::object& out, const sensing::Observation& row) {
    if (row.number) {
        out["value"] = *row.number;
        return;
    }
    boost::system::error_code error;
    const auto value = json::parse(row.result, error);
    out["text"] = !error && value.is_string() ? value.get_string() : json::string(row.result);
}

/// A stream's name and unit.
json::object
stream_view(const Call& call, const services::StreamPlace& place, const sensing::Entity& stream) {
    json::object out{{"stream", std::to_string(stream.id())}, {"name", services::name_of(stream)}};
    const auto* quantity = call.city().terminals().quantity(place.quantity);
    if (quantity != nullptr) {
        out["label"] = label(quantity->name);
        if (!quantity->unit.empty()) {
            out["unit"] = quantity->unit;
        }
    }
    return out;
}

std::vector<sensing::EntityPtr> streams_of(const sensing::Registry& registry, std::int64_t thing) {
    static const auto kStreams = sensing::navigation_position(EntityType::Thing, "Datastreams");
    std::vector<sensing::EntityPtr> out;
    for (const auto id : registry.linked({EntityType::Thing, thing}, kStreams, 0, kStreamsMax)) {
        if (auto stream = registry.find({EntityType::Datastream, id})) {
            out.push_back(std::move(stream));
        }
    }
    return out;
}

Result<json::object>
latest_view(const Call& call, services::SensingEntities& entities, const sensing::Entity& stream) {
    const auto place = services::place_of(entities.registry(), stream);
    auto out = stream_view(call, place, stream);
    CS_TRY(summary, entities.observations().summary(stream.id()));
    const auto rule = services::quality_rule(call.city(), place.quantity, place.interval_s);
    sensing::QualityState state;
    if (summary) {
        const auto& row = summary->latest;
        put_result(out, row);
        out["time"] = format_utc(from_millis(row.phenomenon_to));
        if (row.quality != 0) {
            out["flags"] = flags_view(row.quality);
        }
        const auto* step =
            row.number ? call.city().terminals().value_class(place.quantity, *row.number) : nullptr;
        if (step != nullptr) {
            out["step"] = step->step;
            out["class"] = label(step->name);
        }
        state = sensing::resume(*summary);
    }
    out["health"] = sensing::health_name(sensing::health(rule, state, to_millis(call.now)));
    return out;
}

std::optional<city::Point> place_of_thing(const sensing::Registry& registry, std::int64_t thing) {
    static const auto kLocations = sensing::navigation_position(EntityType::Thing, "Locations");
    static const auto kLocation = sensing::property_position(EntityType::Location, "location");
    for (const auto id : registry.linked({EntityType::Thing, thing}, kLocations, 0, 1)) {
        if (const auto location = registry.find({EntityType::Location, id})) {
            return services::point_of(location->property(kLocation));
        }
    }
    return std::nullopt;
}

Result<json::object>
thing_view(const Call& call, services::SensingEntities& entities, const sensing::Entity& thing) {
    const auto& registry = entities.registry();
    json::object out{{"id", std::to_string(thing.id())}};
    const Label name{services::member_of(thing, "name_zh"), services::member_of(thing, "name_en")};
    const bool named_both = !name.zh.empty() || !name.en.empty();
    const auto plain = services::name_of(thing);
    out["name"] = label(named_both ? name : Label{plain, plain});
    for (const auto* member : {"code", "type", "state", "area"}) {
        if (auto value = services::member_of(thing, member); !value.empty()) {
            out[member] = std::move(value);
        }
    }
    if (const auto department = services::member_of(thing, "department"); !department.empty()) {
        out["department"] = department_name(call.city(), department);
    }
    if (const auto point = place_of_thing(registry, thing.id())) {
        out["lon"] = point->lon;
        out["lat"] = point->lat;
    }
    json::array readings;
    for (const auto& stream : streams_of(registry, thing.id())) {
        CS_TRY(view, latest_view(call, entities, *stream));
        readings.emplace_back(std::move(view));
    }
    out["readings"] = std::move(readings);
    return out;
}

Result<std::int64_t> thing_id(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id <= 0) {
        return fail(ErrorCode::NotFound, "there is no such terminal");
    }
    return id;
}

bool wanted(const Call& call, const sensing::Entity& thing) {
    const auto type = call.parameter("type");
    const auto area = call.parameter("area");
    const auto code = call.parameter("code");
    return (!type || services::member_of(thing, "type") == *type) &&
           (!code || thing.tag(sensing::Tag::Code) == *code) &&
           (!area || call.city().is_within(thing.tag(sensing::Tag::Area), *area));
}

}  // namespace

Result<Outcome> list_things(const Call& call) {
    CS_TRY(entities, entities_of(call));
    auto rights = entities->rights(call.who, call.city());
    CS_CHECK(rights.may_read());
    CS_TRY(cursor, cursor_of(call));
    std::int64_t after = 0;
    if (!cursor.empty()) {
        const auto id = thing_id(cursor);
        if (!id) {
            return fail(ErrorCode::InvalidInput, "this cursor is not one of ours", "cursor");
        }
        after = *id;
    }
    const auto limit = static_cast<std::size_t>(call.integer("limit", kPageDefault));
    const auto page = entities->registry().page(EntityType::Thing, after, kThingsSeen);
    json::array items;
    std::string next = page.size() == kThingsSeen ? std::to_string(page.back()->id()) : "";
    for (std::size_t i = 0; i < page.size(); ++i) {
        if (!wanted(call, *page[i]) || !rights.reads(*page[i])) {
            continue;
        }
        CS_TRY(view, thing_view(call, *entities, *page[i]));
        items.emplace_back(std::move(view));
        if (items.size() == limit) {
            next = i + 1 < page.size() || !next.empty() ? std::to_string(page[i]->id()) : "";
            break;
        }
    }
    return Outcome{list_answer(std::move(items), next.empty() ? next : make_cursor(next))};
}

Result<Outcome> list_readings(const Call& call) {
    CS_TRY(entities, entities_of(call));
    CS_TRY(id, thing_id(call.in_path("thing")));
    auto rights = entities->rights(call.who, call.city());
    CS_CHECK(rights.may_read());
    const auto thing = entities->registry().find({EntityType::Thing, id});
    if (!thing || !rights.reads(*thing)) {
        return fail(ErrorCode::NotFound, "there is no such terminal");
    }
    const auto streams = streams_of(entities->registry(), id);
    ports::ObservationQuery query;
    std::optional<std::int64_t> newest;
    for (const auto& stream : streams) {
        query.streams.push_back(stream->id());
        CS_TRY(summary, entities->observations().summary(stream->id()));
        if (summary) {
            newest = std::max(
                newest.value_or(summary->latest.phenomenon_from), summary->latest.phenomenon_from
            );
        }
    }
    json::array items;
    std::map<std::int64_t, json::array> points;
    bool cut = false;
    const auto from = newest.value_or(0) - call.integer("hours", kHoursDefault) * kHour;
    if (newest) {
        query.phenomenon_from.from = from;
        query.phenomenon_from.after_from = true;
        query.phenomenon_from.to = *newest;
        query.phenomenon_from.up_to_to = true;
        query.order = sensing::ObservationOrder::PhenomenonTime;
        query.descending = true;
        query.limit = ports::ObservationQuery::kMaxLimit;
        CS_TRY(rows, entities->observations().store().query(query));
        cut = rows.size() == static_cast<std::size_t>(query.limit);
        for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
            json::object point{{"time", format_utc(from_millis(row->phenomenon_to))}};
            put_result(point, *row);
            if (row->quality != 0) {
                point["flags"] = flags_view(row->quality);
            }
            points[row->stream].emplace_back(std::move(point));
        }
    }
    for (const auto& stream : streams) {
        const auto place = services::place_of(entities->registry(), *stream);
        auto view = stream_view(call, place, *stream);
        if (place.interval_s > 0) {
            view["interval_s"] = place.interval_s;
        }
        view["points"] = std::move(points[stream->id()]);
        items.emplace_back(std::move(view));
    }
    json::object out{{"items", std::move(items)}, {"cut", cut}};
    if (newest) {
        out["from"] = format_utc(from_millis(from));
        out["to"] = format_utc(from_millis(*newest));
    }
    return Outcome{json_answer(out)};
}

Result<Outcome> list_hours(const Call& call) {
    constexpr int kHoursMax = 8'784;  // of a year
    constexpr std::int64_t kWeek = 7 * 24 * kHour;
    CS_TRY(entities, entities_of(call));
    CS_TRY(id, thing_id(call.in_path("stream")));
    auto rights = entities->rights(call.who, call.city());
    CS_CHECK(rights.may_read());
    const auto stream = services::find_stream(entities->registry(), id);
    if (!stream || !rights.reads(*stream)) {
        return fail(ErrorCode::NotFound, "there is no such stream");
    }
    const auto moment = [&](const char* name, std::int64_t otherwise) {
        const auto given = call.parameter(name);
        const auto read = given ? parse_rfc3339(*given) : Result<Instant>(from_millis(otherwise));
        return read ? to_millis(*read) : otherwise;  // the route has checked it
    };
    const auto to = moment("to", to_millis(call.now));
    const auto from = moment("from", to - kWeek);
    CS_TRY(rows, entities->observations().store().hours(id, from, to, kHoursMax));
    json::array items;
    for (const auto& row : rows) {
        json::object item{
            {"hour", format_utc(from_millis(row.hour))},
            {"count", row.count},
            {"others", row.others}
        };
        if (row.count > 0) {
            item["mean"] = row.sum / static_cast<double>(row.count);
            item["min"] = row.min;
            item["max"] = row.max;
        }
        items.emplace_back(std::move(item));
    }
    const bool cut = rows.size() == static_cast<std::size_t>(kHoursMax);
    return Outcome{json_answer(json::object{{"items", std::move(items)}, {"cut", cut}})};
}

}  // namespace chengshu::api
