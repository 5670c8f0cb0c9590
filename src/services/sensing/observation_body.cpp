#include "services/sensing/observation_body.hpp"

#include "base/json_text.hpp"
#include "domain/sensing/odata/value.hpp"
#include "domain/sensing/registry.hpp"
#include "services/sensing/entity_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityType;
using sensing::Observation;

constexpr const char* kExtras[] = {"resultQuality", "validTime", "parameters"};

Status check_names(const json::object& body, std::string_view where) {
    const auto& info = sensing::info(EntityType::Observation);
    for (const auto& member : body) {
        const std::string_view name = member.key();
        if (name.find("@iot.") == std::string_view::npos && info.property(name) == nullptr &&
            info.navigation(name) == nullptr) {
            return wrong(
                at(where, name),
                "an Observation has no such member; it has phenomenonTime, result, resultTime, "
                "resultQuality, validTime, parameters, Datastream, MultiDatastream, "
                "FeatureOfInterest"
            );
        }
    }
    return ok();
}

Result<sensing::odata::Value> moment_of(const json::value& value, std::string field) {
    if (value.is_string()) {
        if (auto parsed = sensing::odata::parse_moment(std::string_view(value.get_string()))) {
            return std::move(*parsed);
        }
    }
    return wrong(
        std::move(field), "must be a time such as 2026-01-01T08:00:00Z, or two with / between"
    );
}

Status set_phenomenon_time(Observation& row, const json::value& value, std::string field) {
    CS_TRY(moment, moment_of(value, std::move(field)));
    if (const auto* interval = std::get_if<sensing::odata::TimeInterval>(&moment)) {
        row.phenomenon_from = to_millis(interval->from);
        row.phenomenon_to = to_millis(interval->to);
    } else {
        row.phenomenon_from = to_millis(std::get<Instant>(moment));
        row.phenomenon_to = row.phenomenon_from;
    }
    return ok();
}

Status set_result_time(Observation& row, const json::value& value, std::string field) {
    if (value.is_null()) {
        row.result_time.reset();
        return ok();
    }
    CS_TRY(moment, moment_of(value, field));
    const auto* time = std::get_if<Instant>(&moment);
    if (time == nullptr) {
        return wrong(std::move(field), "must be one time, not an interval");
    }
    row.result_time = to_millis(*time);
    return ok();
}

Status set_result(Observation& row, const json::value& value, std::string field) {
    row.number.reset();
    row.result.clear();
    if (value.is_number()) {
        row.number = value.to_number<double>();
        return ok();
    }
    row.result = json_text(value);
    if (row.result.size() > kEntityPropertyMax) {
        return wrong(std::move(field), fmt::format("has at most {} bytes", kEntityPropertyMax));
    }
    return ok();
}

Status set_extras(Observation& row, const json::object& body, bool whole, std::string_view where) {
    json::object extra;
    if (!row.extra.empty() && !whole) {
        CS_TRY(parsed, parse_json(row.extra, "extra"));
        extra = parsed.is_object() ? std::move(parsed.get_object()) : json::object();
    }
    for (const char* name : kExtras) {
        const auto* value = body.if_contains(name);
        if (value == nullptr) {
            continue;
        }
        if (value->is_null()) {
            extra.erase(name);
            continue;
        }
        const std::string_view word(name);
        if (word == "parameters" && !value->is_object()) {
            return wrong(at(where, name), "must be an object");
        }
        if (word == "validTime") {
            CS_TRY(moment, moment_of(*value, at(where, name)));
            if (!std::holds_alternative<sensing::odata::TimeInterval>(moment)) {
                return wrong(at(where, name), "must be an interval");
            }
        }
        extra[name] = *value;
    }
    row.extra = extra.empty() ? std::string() : json_text(extra);
    if (row.extra.size() > kEntityPropertyMax) {
        return wrong(at(where, "parameters"), "is too large");
    }
    return ok();
}

std::string json_string(const std::string& text) {
    return "\"" + text + "\"";
}

std::string time_text(std::int64_t millis) {
    return format_utc(from_millis(millis));
}

}  // namespace

std::optional<std::size_t> result_size(const sensing::Entity& stream) {
    if (stream.type() != EntityType::MultiDatastream) {
        return std::nullopt;
    }
    static const auto kProperties = static_cast<std::uint8_t>(
        sensing::navigation_position(EntityType::MultiDatastream, "ObservedProperties")
    );
    return stream.links(kProperties).size();
}

Status change_observation(
    Observation& row,
    const json::object& body,
    bool whole,
    Instant now,
    std::string_view where
) {
    CS_CHECK(check_names(body, where));
    if (const auto* value = body.if_contains("phenomenonTime");
        value != nullptr && !value->is_null()) {
        CS_CHECK(set_phenomenon_time(row, *value, at(where, "phenomenonTime")));
    } else if (whole) {
        row.phenomenon_from = to_millis(now);
        row.phenomenon_to = row.phenomenon_from;
    }
    if (const auto* value = body.if_contains("resultTime")) {
        CS_CHECK(set_result_time(row, *value, at(where, "resultTime")));
    } else if (whole) {
        row.result_time.reset();
    }
    if (const auto* value = body.if_contains("result")) {
        CS_CHECK(set_result(row, *value, at(where, "result")));
    } else if (whole) {
        return wrong(at(where, "result"), "an Observation must have it");
    }
    return set_extras(row, body, whole, where);
}

Result<Observation>
read_observation(const json::object& body, Instant now, std::string_view where) {
    Observation row;
    row.received_at = to_millis(now);
    CS_CHECK(change_observation(row, body, true, now, where));
    return row;
}

Status
check_result(const Observation& row, std::optional<std::size_t> size, std::string_view where) {
    if (!size) {
        return ok();
    }
    auto parsed = row.result.empty() ? Result<json::value>(json::value())
                                     : parse_json(row.result, "the result");
    CS_CHECK(parsed);
    const auto* values = parsed->if_array();
    if (values == nullptr || values->size() != *size) {
        return wrong(
            at(where, "result"),
            fmt::format(
                "of a MultiDatastream with {} observed properties is an array of {} values",
                *size,
                *size
            )
        );
    }
    return ok();
}

std::string observation_property(const Observation& row, std::string_view name) {
    if (name == "result") {
        if (!row.number) {
            return row.result;
        }
        std::string out;
        append_json_number(out, *row.number);
        return out;
    }
    if (name == "phenomenonTime") {
        auto out = time_text(row.phenomenon_from);
        if (row.phenomenon_to != row.phenomenon_from) {
            out += "/" + time_text(row.phenomenon_to);
        }
        return json_string(out);
    }
    if (name == "resultTime") {
        return row.result_time ? json_string(time_text(*row.result_time)) : "null";
    }
    if (row.extra.empty()) {
        return {};
    }
    const auto parsed = parse_json(row.extra, "extra");
    const auto* object = parsed ? parsed->if_object() : nullptr;
    const auto* value = object == nullptr ? nullptr : object->if_contains(name);
    return value == nullptr ? std::string() : json_text(*value);
}

json::value to_json(const Observation& row) {
    json::array out{row.stream, row.phenomenon_from, row.phenomenon_to};
    out.emplace_back(row.result_time ? json::value(*row.result_time) : json::value());
    out.emplace_back(row.received_at);
    out.emplace_back(row.number ? json::value(*row.number) : json::value());
    out.emplace_back(row.result);
    out.emplace_back(row.feature);
    out.emplace_back(row.extra);
    return out;
}

Result<Observation> observation_from_json(const json::value& value) {
    const auto* list = value.if_array();
    const auto whole = [&](std::size_t i) { return (*list)[i].is_int64(); };
    if (list == nullptr || list->size() != 9 || !whole(0) || !whole(1) || !whole(2) || !whole(4) ||
        !whole(7) || !(*list)[6].is_string() || !(*list)[8].is_string()) {
        return fail(ErrorCode::Internal, "a kept observation is damaged");
    }
    Observation row;
    row.stream = (*list)[0].get_int64();
    row.phenomenon_from = (*list)[1].get_int64();
    row.phenomenon_to = (*list)[2].get_int64();
    if (whole(3)) {
        row.result_time = (*list)[3].get_int64();
    }
    row.received_at = (*list)[4].get_int64();
    if ((*list)[5].is_number()) {
        row.number = (*list)[5].to_number<double>();
    }
    row.result = std::string(std::string_view((*list)[6].get_string()));
    row.feature = (*list)[7].get_int64();
    row.extra = std::string(std::string_view((*list)[8].get_string()));
    return row;
}

}  // namespace chengshu::services
