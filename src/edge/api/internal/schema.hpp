#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::api {

/// A member of an object. Types are written as:
///
///   text, text(1..200)      a string, its length in bytes
///   integer, integer(1..200), number, flag, any
///   instant, date, case_id  strings of a form
///   =a|b|c                  one of these words
///   Name                    another schema of the table
///   T[]                     a list;  map T   an object with values of a type
///   T or U                  either
struct Field {
    std::string_view name;  ///< ends in '?' when it may be absent
    std::string_view type;
    std::string_view about;
};

struct Schema {
    std::string_view name;
    std::string_view about;
    std::vector<Field> fields;
    bool open = false;  ///< may have more members, all texts
};

std::span<const Schema> schemas();
/// A part of them, in a file of its own.
std::vector<Schema> sensing_schemas();
std::vector<Schema> response_schemas();
/// Null when there is none.
const Schema* schema(std::string_view name);

/// A query parameter. A name means the same on every route, except where a colon follows:
/// "parent:area" and "parent:class" are both called `parent`.
struct Parameter {
    std::string_view name;
    std::string_view type;  ///< as for fields; "days" is a date or an instant
    std::string_view about;
};

std::span<const Parameter> parameters();
const Parameter* parameter(std::string_view name);

/// What is written in the address.
constexpr std::string_view shown_name(std::string_view name) {
    return name.substr(0, name.find(':'));
}

/// Whether a body is what the schema says: InvalidInput names the member and, for an unknown one,
/// what was probably meant.
Status check_body(const boost::json::value& body, const Schema& schema);
/// The same for a parameter's text.
Status check_parameter(std::string_view text, const Parameter& parameter);

/// JSON Schema (2020-12) of a type, with references to #/components/schemas.
boost::json::object type_schema(std::string_view type);
boost::json::object object_schema(const Schema& schema);

/// ", did you mean \"x\"?" or nothing.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

/// Words separated by single spaces.
std::vector<std::string_view> words(std::string_view text);

}  // namespace chengshu::api
