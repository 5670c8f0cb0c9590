#pragma once

#include "domain/sensing/odata/query.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chengshu::sensing::odata {

/// What is known of a value before any row is read. Any: JSON, whose type only the row tells.
enum class Type : std::uint8_t {
    Any,
    Null,
    Bool,
    Number,
    Text,
    Time,  ///< a time or an interval
    Date,
    TimeOfDay,
    Period,
    Geometry,
};

/// For messages: "a number".
std::string_view describe(Type type);
Type type_of(const Value& literal);
/// "name" of a path as a filter sees it: keys lead into JSON.
Type type_of(const Property& property, bool inside);

/// Types as a set; what is Any or Null passes every test.
using TypeSet = std::uint16_t;

constexpr TypeSet set_of(Type type) {
    return static_cast<TypeSet>(1U << static_cast<unsigned>(type));
}

struct FunctionInfo {
    Function function = Function::None;
    std::string_view name;
    std::size_t arguments_min = 0;
    std::size_t arguments_max = 0;
    std::array<TypeSet, 3> arguments{};
    Type result = Type::Any;
};

/// By name in lower case; null when there is none.
const FunctionInfo* find_function(std::string_view name);
const FunctionInfo& info(Function function);
std::span<const std::string_view> function_names();

/// How an operator is written, "eq"; empty for what is no infix operator.
std::string_view spelling(Operation operation);
/// Greater binds closer: or 1, and 2, not 3, comparisons 4, add and sub 5, mul, div and mod 6, the
/// rest 7 and above.
int precedence(Operation operation);

/// The type of `left operation right`; nullopt when arithmetic cannot work on them.
struct ArithmeticType {
    bool possible = true;
    Type type = Type::Any;
};

ArithmeticType arithmetic_type(Operation operation, Type left, Type right);

}  // namespace chengshu::sensing::odata
