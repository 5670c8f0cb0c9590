#include "services/sensing/ledger.hpp"

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "domain/sensing/geometry.hpp"
#include "domain/sensing/registry.hpp"
#include "services/sensing/entity_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityType;

constexpr std::size_t kCodeMax = 64;
constexpr std::size_t kNameMax = 200;

constexpr std::array<ThingState, 5> kStates{{
    {"registered", "已登记", "registered", "installed retired"},
    {"installed", "已安装", "installed", "active faulty retired"},
    {"active", "在用", "active", "faulty retired"},
    {"faulty", "故障", "faulty", "active installed retired"},
    {"retired", "报废", "retired", ""},
}};

const ThingState* state_of(std::string_view code) {
    const auto* found = std::find_if(kStates.begin(), kStates.end(), [&](const auto& state) {
        return state.code == code;
    });
    return found == kStates.end() ? nullptr : found;
}

std::size_t properties_position() {
    static const auto kPosition = sensing::property_position(EntityType::Thing, "properties");
    return kPosition;
}

json::object object_of(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    auto parsed = parse_json(text, "properties");
    return parsed && parsed->is_object() ? std::move(parsed->get_object()) : json::object();
}

bool is_code(std::string_view code) {
    return !code.empty() && code.size() <= kCodeMax &&
           std::all_of(code.begin(), code.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

Status check_texts(const json::object& properties, const std::string& where) {
    for (const auto* name : {"code", "type", "department", "area", "state", "builder", "manager"}) {
        const auto* value = properties.if_contains(name);
        if (value == nullptr) {
            continue;
        }
        const bool good = value->is_string() && !value->get_string().empty() &&
                          utf8_length(std::string_view(value->get_string())) <= kNameMax;
        if (!good) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "{} of a terminal is a text of 1 to {} characters", at(where, name), kNameMax
                ),
                at(where, name)
            );
        }
    }
    if (const auto code = text_of(properties, "code"); !code.empty() && !is_code(code)) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "{}: a unified code is 1 to {} letters, digits, -, _ and .",
                at(where, "code"),
                kCodeMax
            ),
            at(where, "code")
        );
    }
    if (const auto* mark = properties.if_contains("public"); mark != nullptr && !mark->is_bool()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} is true or false", at(where, "public")),
            at(where, "public")
        );
    }
    return ok();
}

Status check_state(
    const json::object& properties,
    const json::object& before,
    bool is_new,
    const std::string& where
) {
    const auto field = at(where, "state");
    const auto now = text_of(properties, "state");
    const auto* state = state_of(now);
    if (!now.empty() && state == nullptr) {
        std::string known;
        for (const auto& row : kStates) {
            known += fmt::format("{}{}", known.empty() ? "" : ", ", row.code);
        }
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("{}: \"{}\" is none of {}", field, now, known),
            field
        );
    }
    const auto* old = state_of(text_of(before, "state"));
    if (is_new || old == nullptr || old == state) {
        return ok();
    }
    if (state == nullptr) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("{}: the state of a terminal cannot be taken away", field),
            field
        );
    }
    if (!has_word(old->next, state->code)) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format(
                "{}: a terminal that is {} cannot become {}; allowed: {}",
                field,
                old->code,
                state->code,
                old->next.empty() ? "nothing" : old->next
            ),
            field
        );
    }
    return ok();
}

}  // namespace

std::span<const ThingState> thing_states() {
    return kStates;
}

std::array<std::string, sensing::kTags> tags_of(const sensing::EntityValue& thing) {
    const auto properties = object_of(thing.properties[properties_position()]);
    const auto* mark = properties.if_contains("public");
    const bool is_public = mark != nullptr && mark->is_bool() && mark->get_bool();
    return {
        text_of(properties, "code"),
        text_of(properties, "department"),
        text_of(properties, "area"),
        is_public ? "true" : ""
    };
}

Status check_ledger(
    const sensing::EntityValue& thing,
    const sensing::Entity* before,
    const city::City& city,
    Date today,
    std::string_view where
) {
    const auto properties = object_of(thing.properties[properties_position()]);
    const auto old =
        before == nullptr ? json::object() : object_of(before->property(properties_position()));
    const auto inside = at(where, "properties");
    CS_CHECK(check_texts(properties, inside));
    CS_CHECK(check_state(properties, old, before == nullptr, inside));
    // What has not changed may name what has been abolished since.
    const auto department = text_of(properties, "department");
    if (!department.empty() && department != text_of(old, "department")) {
        const auto* known = city.department(department);
        if (known == nullptr || !known->validity.holds(today)) {
            const auto field = at(inside, "department");
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("{}: the city has no department {}", field, department),
                field
            );
        }
    }
    const auto area = text_of(properties, "area");
    if (!area.empty() && area != text_of(old, "area")) {
        const auto* known = city.area(area);
        if (known == nullptr || !known->validity.holds(today)) {
            const auto field = at(inside, "area");
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("{}: the city has no area {}", field, area),
                field
            );
        }
    }
    return ok();
}

std::string
with_area(std::string_view properties, const city::City& city, city::Point point, Date today) {
    const auto place = city.locate(point, today);
    if (!place || place->path.empty()) {
        return std::string(properties);
    }
    auto object = object_of(properties);
    object["area"] = place->path.back();
    return json_text(object);
}

std::optional<city::Point> point_of(std::string_view location_json) {
    const auto parsed = parse_json(location_json, "location");
    if (!parsed) {
        return std::nullopt;
    }
    const auto geometry = sensing::parse_geojson(*parsed);
    if (!geometry || (*geometry)->points == 0) {
        return std::nullopt;
    }
    const auto& box = (*geometry)->box;
    return city::Point{(box.west + box.east) / 2, (box.south + box.north) / 2};
}

std::string text_member(std::string_view object_json, std::string_view name) {
    return text_of(object_of(object_json), name);
}

}  // namespace chengshu::services
