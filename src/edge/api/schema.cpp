#include "edge/api/internal/schema.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "domain/cases/case.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace json = boost::json;

namespace chengshu::api {
namespace {

constexpr std::size_t kTextMax = 16 * 1024;
constexpr std::size_t kListMax = 1000;

/// A type with its bounds: "integer(1..200)" → integer, 1, 200.
struct Bounded {
    std::string_view kind;
    bool bounded = false;
    std::int64_t low = 0;
    std::int64_t high = 0;
};

std::int64_t to_number(std::string_view text) {
    std::int64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

Bounded bounded(std::string_view type) {
    const auto open = type.find('(');
    if (open == std::string_view::npos || !type.ends_with(')')) {
        return {type};
    }
    const auto inside = type.substr(open + 1, type.size() - open - 2);
    const auto dots = inside.find("..");
    return {
        type.substr(0, open),
        true,
        to_number(inside.substr(0, dots)),
        to_number(inside.substr(dots + 2))
    };
}

std::vector<std::string> alternatives(std::string_view type) {
    std::vector<std::string> out;
    for (auto rest = type.substr(1); !rest.empty();) {
        const auto end = std::min(rest.find('|'), rest.size());
        out.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

Failure wrong(const std::string& field, std::string_view what) {
    return fail(ErrorCode::InvalidInput, fmt::format("{} must be {}", field, what), field);
}

Status check_text(std::string_view text, std::string_view type, const std::string& field);
Status check_value(const json::value& value, std::string_view type, const std::string& field);

Status check_members(const json::value& value, const Schema& schema, const std::string& field) {
    const auto inside = [&](std::string_view name) {
        return field.empty() ? std::string(name) : fmt::format("{}.{}", field, name);
    };
    if (!value.is_object()) {
        return wrong(
            field.empty() ? "the body" : field, fmt::format("an object ({})", schema.name)
        );
    }
    const auto& object = value.get_object();
    std::vector<std::string> names;
    for (const auto& item : schema.fields) {
        const bool optional = item.name.ends_with('?');
        const auto name = optional ? item.name.substr(0, item.name.size() - 1) : item.name;
        names.emplace_back(name);
        const auto* member = object.if_contains(name);
        if (member == nullptr || (optional && member->is_null())) {
            if (!optional) {
                return fail(
                    ErrorCode::InvalidInput,
                    fmt::format("{} is missing", inside(name)),
                    inside(name)
                );
            }
            continue;
        }
        CS_CHECK(check_value(*member, item.type, inside(name)));
    }
    for (const auto& member : object) {
        const std::string name(std::string_view(member.key()));
        if (std::find(names.begin(), names.end(), name) != names.end()) {
            continue;
        }
        if (!schema.open) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("unknown member \"{}\"{}", inside(name), suggestion(name, names)),
                inside(name)
            );
        }
        CS_CHECK(check_value(member.value(), "text(0..200)", inside(name)));
    }
    return ok();
}

Status check_list(const json::value& value, std::string_view item, const std::string& field) {
    if (!value.is_array()) {
        return wrong(field, "a list");
    }
    const auto& list = value.get_array();
    if (list.size() > kListMax) {
        return fail(
            ErrorCode::TooLarge, fmt::format("{} has more than {} items", field, kListMax), field
        );
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        CS_CHECK(check_value(list[i], item, fmt::format("{}[{}]", field, i)));
    }
    return ok();
}

Status check_integer(std::int64_t number, const Bounded& type, const std::string& field) {
    if (type.bounded && (number < type.low || number > type.high)) {
        return wrong(field, fmt::format("a whole number from {} to {}", type.low, type.high));
    }
    return ok();
}

Status check_value(const json::value& value, std::string_view type, const std::string& field) {
    if (const auto either = type.find(" or "); either != std::string_view::npos) {
        auto first = check_value(value, type.substr(0, either), field);
        return first ? first : check_value(value, type.substr(either + 4), field);
    }
    if (type.ends_with("[]")) {
        return check_list(value, type.substr(0, type.size() - 2), field);
    }
    if (type.starts_with("map ")) {
        if (!value.is_object()) {
            return wrong(field, "an object");
        }
        for (const auto& member : value.get_object()) {
            CS_CHECK(check_value(
                member.value(),
                type.substr(4),
                fmt::format("{}.{}", field, std::string_view(member.key()))
            ));
        }
        return ok();
    }
    if (const auto* object = schema(type)) {
        return check_members(value, *object, field);
    }
    const auto kind = bounded(type);
    if (kind.kind == "any") {
        return ok();
    }
    if (kind.kind == "flag") {
        return value.is_bool() ? ok() : Status(wrong(field, "true or false"));
    }
    if (kind.kind == "number") {
        return value.is_number() ? ok() : Status(wrong(field, "a number"));
    }
    if (kind.kind == "integer") {
        return value.is_int64() ? check_integer(value.get_int64(), kind, field)
                                : Status(wrong(field, "a whole number"));
    }
    if (!value.is_string()) {
        return wrong(field, "a string");
    }
    return check_text(std::string_view(value.get_string()), type, field);
}

Status check_text(std::string_view text, std::string_view type, const std::string& field) {
    const auto kind = bounded(type);
    if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
        return wrong(field, "text in UTF-8");
    }
    if (type.front() == '=') {
        const auto list = alternatives(type);
        if (std::find(list.begin(), list.end(), text) == list.end()) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "{} must be one of {}{}", field, fmt::join(list, ", "), suggestion(text, list)
                ),
                field
            );
        }
        return ok();
    }
    if (kind.kind == "case_id") {
        return cases::parse_case_id(text) ? ok()
                                          : Status(wrong(field, "a case number of 19 digits"));
    }
    if (kind.kind == "instant") {
        return parse_rfc3339(text)
                   ? ok()
                   : Status(wrong(field, "an instant such as 2026-11-20T08:30:00Z"));
    }
    if (kind.kind == "date") {
        return parse_date(text) ? ok() : Status(wrong(field, "a date such as 2026-11-20"));
    }
    const auto low = kind.bounded ? static_cast<std::size_t>(kind.low) : 0U;
    const auto high = kind.bounded ? static_cast<std::size_t>(kind.high) : kTextMax;
    if (text.size() < low) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} is empty", field), field);
    }
    if (text.size() > high) {
        return fail(
            ErrorCode::TooLarge, fmt::format("{} has more than {} bytes", field, high), field
        );
    }
    return ok();
}

}  // namespace

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
    const auto near = nearest_name(word.substr(0, 64), candidates);
    return near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near);
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) {
            out.push_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

const Schema* schema(std::string_view name) {
    for (const auto& item : schemas()) {
        if (item.name == name) {
            return &item;
        }
    }
    return nullptr;
}

const Parameter* parameter(std::string_view name) {
    for (const auto& item : parameters()) {
        if (item.name == name) {
            return &item;
        }
    }
    return nullptr;
}

Status check_body(const json::value& body, const Schema& schema) {
    return check_members(body, schema, "");
}

Status check_parameter(std::string_view text, const Parameter& parameter) {
    const std::string field(shown_name(parameter.name));
    const auto kind = bounded(parameter.type);
    if (kind.kind == "flag") {
        return text == "true" || text == "false" ? ok() : Status(wrong(field, "true or false"));
    }
    if (kind.kind == "number") {
        double out = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        const bool whole = error == std::errc() && end == text.data() + text.size() &&
                           std::abs(out) < std::numeric_limits<float>::max();
        return whole ? ok() : Status(wrong(field, "a number"));
    }
    if (kind.kind == "integer") {
        std::int64_t out = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        if (error != std::errc() || end != text.data() + text.size()) {
            return wrong(field, "a whole number");
        }
        return check_integer(out, kind, field);
    }
    if (kind.kind == "days") {
        return parse_date(text) || parse_rfc3339(text)
                   ? ok()
                   : Status(wrong(field, "a date or an instant (RFC 3339)"));
    }
    return check_text(text, parameter.type, field);
}

json::object type_schema(std::string_view type) {
    if (const auto either = type.find(" or "); either != std::string_view::npos) {
        return {
            {"oneOf",
             json::array{type_schema(type.substr(0, either)), type_schema(type.substr(either + 4))}}
        };
    }
    if (type.ends_with("[]")) {
        return {{"type", "array"}, {"items", type_schema(type.substr(0, type.size() - 2))}};
    }
    if (type.starts_with("map ")) {
        return {{"type", "object"}, {"additionalProperties", type_schema(type.substr(4))}};
    }
    if (schema(type) != nullptr) {
        return {{"$ref", fmt::format("#/components/schemas/{}", type)}};
    }
    if (type.front() == '=') {
        json::array list;
        for (auto& item : alternatives(type)) {
            list.emplace_back(std::move(item));
        }
        return {{"type", "string"}, {"enum", std::move(list)}};
    }
    const auto kind = bounded(type);
    if (kind.kind == "any") {
        return {};
    }
    if (kind.kind == "flag") {
        return {{"type", "boolean"}};
    }
    if (kind.kind == "number") {
        return {{"type", "number"}};
    }
    if (kind.kind == "integer") {
        json::object out{{"type", "integer"}, {"format", "int64"}};
        if (kind.bounded) {
            out["minimum"] = kind.low;
            out["maximum"] = kind.high;
        }
        return out;
    }
    json::object out{{"type", "string"}};
    if (kind.kind == "instant") {
        out["format"] = "date-time";
    } else if (kind.kind == "date") {
        out["format"] = "date";
    } else if (kind.kind == "case_id") {
        out["pattern"] = "^[1-9][0-9]{18}$";
    } else if (kind.bounded) {
        // Our limits are bytes; a character has at least one.
        if (kind.low > 0) {
            out["minLength"] = 1;
        }
        out["maxLength"] = kind.high;
    }
    return out;
}

json::object object_schema(const Schema& schema) {
    json::object properties;
    json::array required;
    for (const auto& item : schema.fields) {
        const bool optional = item.name.ends_with('?');
        const auto name = optional ? item.name.substr(0, item.name.size() - 1) : item.name;
        auto type = type_schema(item.type);
        if (!item.about.empty()) {
            type["description"] = item.about;
        }
        properties[name] = std::move(type);
        if (!optional) {
            required.emplace_back(name);
        }
    }
    json::object out{{"type", "object"}};
    if (!schema.about.empty()) {
        out["description"] = schema.about;
    }
    out["properties"] = std::move(properties);
    if (!required.empty()) {
        out["required"] = std::move(required);
    }
    if (schema.open) {
        out["additionalProperties"] = json::object{{"type", "string"}, {"maxLength", 200}};
    }
    return out;
}

}  // namespace chengshu::api
