#include "domain/sensing/odata/functions.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace chengshu::sensing::odata {
namespace {

constexpr TypeSet kText = set_of(Type::Text);
constexpr TypeSet kNumber = set_of(Type::Number);
constexpr TypeSet kTime = set_of(Type::Time);
constexpr TypeSet kDayTypes = kTime | set_of(Type::Date);
constexpr TypeSet kClock = kTime | set_of(Type::TimeOfDay);
constexpr TypeSet kGeo = set_of(Type::Geometry);

// In the order of Function.
constexpr std::array kFunctions{
    FunctionInfo{Function::None, ""},
    FunctionInfo{Function::SubstringOf, "substringof", 2, 2, {kText, kText}, Type::Bool},
    FunctionInfo{Function::Contains, "contains", 2, 2, {kText, kText}, Type::Bool},
    FunctionInfo{Function::StartsWith, "startswith", 2, 2, {kText, kText}, Type::Bool},
    FunctionInfo{Function::EndsWith, "endswith", 2, 2, {kText, kText}, Type::Bool},
    FunctionInfo{Function::Length, "length", 1, 1, {kText}, Type::Number},
    FunctionInfo{Function::IndexOf, "indexof", 2, 2, {kText, kText}, Type::Number},
    FunctionInfo{Function::Substring, "substring", 2, 3, {kText, kNumber, kNumber}, Type::Text},
    FunctionInfo{Function::ToLower, "tolower", 1, 1, {kText}, Type::Text},
    FunctionInfo{Function::ToUpper, "toupper", 1, 1, {kText}, Type::Text},
    FunctionInfo{Function::Trim, "trim", 1, 1, {kText}, Type::Text},
    FunctionInfo{Function::Concat, "concat", 2, 2, {kText, kText}, Type::Text},
    FunctionInfo{Function::Year, "year", 1, 1, {kDayTypes}, Type::Number},
    FunctionInfo{Function::Month, "month", 1, 1, {kDayTypes}, Type::Number},
    FunctionInfo{Function::Day, "day", 1, 1, {kDayTypes}, Type::Number},
    FunctionInfo{Function::Hour, "hour", 1, 1, {kClock}, Type::Number},
    FunctionInfo{Function::Minute, "minute", 1, 1, {kClock}, Type::Number},
    FunctionInfo{Function::Second, "second", 1, 1, {kClock}, Type::Number},
    FunctionInfo{Function::FractionalSeconds, "fractionalseconds", 1, 1, {kClock}, Type::Number},
    FunctionInfo{Function::DateOf, "date", 1, 1, {kTime}, Type::Date},
    FunctionInfo{Function::TimeOf, "time", 1, 1, {kTime}, Type::TimeOfDay},
    FunctionInfo{Function::TotalOffsetMinutes, "totaloffsetminutes", 1, 1, {kTime}, Type::Number},
    FunctionInfo{Function::Now, "now", 0, 0, {}, Type::Time},
    FunctionInfo{Function::MinDateTime, "mindatetime", 0, 0, {}, Type::Time},
    FunctionInfo{Function::MaxDateTime, "maxdatetime", 0, 0, {}, Type::Time},
    FunctionInfo{Function::Round, "round", 1, 1, {kNumber}, Type::Number},
    FunctionInfo{Function::Floor, "floor", 1, 1, {kNumber}, Type::Number},
    FunctionInfo{Function::Ceiling, "ceiling", 1, 1, {kNumber}, Type::Number},
    FunctionInfo{Function::GeoDistance, "geo.distance", 2, 2, {kGeo, kGeo}, Type::Number},
    FunctionInfo{Function::GeoLength, "geo.length", 1, 1, {kGeo}, Type::Number},
    FunctionInfo{Function::GeoIntersects, "geo.intersects", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StEquals, "st_equals", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StDisjoint, "st_disjoint", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StTouches, "st_touches", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StWithin, "st_within", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StOverlaps, "st_overlaps", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StCrosses, "st_crosses", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StIntersects, "st_intersects", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StContains, "st_contains", 2, 2, {kGeo, kGeo}, Type::Bool},
    FunctionInfo{Function::StRelate, "st_relate", 3, 3, {kGeo, kGeo, kText}, Type::Bool},
    FunctionInfo{Function::Before, "before", 2, 2, {kTime, kTime}, Type::Bool},
    FunctionInfo{Function::After, "after", 2, 2, {kTime, kTime}, Type::Bool},
    FunctionInfo{Function::Meets, "meets", 2, 2, {kTime, kTime}, Type::Bool},
    FunctionInfo{Function::During, "during", 2, 2, {kTime, kTime}, Type::Bool},
    FunctionInfo{Function::Overlaps, "overlaps", 2, 2, {kTime, kTime}, Type::Bool},
    FunctionInfo{Function::Starts, "starts", 2, 2, {kTime, kTime}, Type::Bool},
    FunctionInfo{Function::Finishes, "finishes", 2, 2, {kTime, kTime}, Type::Bool},
};

constexpr auto kNames = [] {
    std::array<std::string_view, kFunctions.size() - 1> names{};
    for (std::size_t i = 1; i < kFunctions.size(); ++i) {
        names[i - 1] = kFunctions[i].name;
    }
    return names;
}();

constexpr bool in_order() {
    for (std::size_t i = 0; i < kFunctions.size(); ++i) {
        if (static_cast<std::size_t>(kFunctions[i].function) != i) {
            return false;
        }
    }
    return true;
}

static_assert(in_order());

bool open(Type type) {
    return type == Type::Any || type == Type::Null;
}

}  // namespace

std::string_view describe(Type type) {
    switch (type) {
        case Type::Any:
            return "a value";
        case Type::Null:
            return "null";
        case Type::Bool:
            return "a condition";
        case Type::Number:
            return "a number";
        case Type::Text:
            return "a text";
        case Type::Time:
            return "a time";
        case Type::Date:
            return "a date";
        case Type::TimeOfDay:
            return "a time of day";
        case Type::Period:
            return "a duration";
        case Type::Geometry:
            return "a geometry";
    }
    return "a value";
}

Type type_of(const Value& literal) {
    // In the order of Value's alternatives.
    constexpr std::array kTypes{
        Type::Null,
        Type::Bool,
        Type::Number,
        Type::Number,
        Type::Text,
        Type::Time,
        Type::Time,
        Type::Period,
        Type::Date,
        Type::TimeOfDay,
        Type::Geometry,
        Type::Any,
    };
    static_assert(kTypes.size() == std::variant_size_v<Value>);
    return kTypes[literal.index()];
}

Type type_of(const Property& property, bool inside) {
    switch (property.kind) {
        case PropertyKind::Id:
            return Type::Number;
        case PropertyKind::Link:
        case PropertyKind::String:
            return Type::Text;
        case PropertyKind::Time:
        case PropertyKind::Interval:
        case PropertyKind::Moment:
            return Type::Time;
        case PropertyKind::Geometry:
            return inside ? Type::Any : Type::Geometry;
        case PropertyKind::Object:
        case PropertyKind::Array:
        case PropertyKind::Json:
            return Type::Any;
    }
    return Type::Any;
}

const FunctionInfo* find_function(std::string_view name) {
    const auto found = std::find_if(kFunctions.begin() + 1, kFunctions.end(), [&](const auto& row) {
        return row.name == name;
    });
    return found == kFunctions.end() ? nullptr : &*found;
}

const FunctionInfo& info(Function function) {
    const auto index = static_cast<std::size_t>(function);
    CS_ASSERT(index < kFunctions.size());
    return kFunctions[index];
}

std::span<const std::string_view> function_names() {
    return kNames;
}

std::string_view spelling(Operation operation) {
    switch (operation) {
        case Operation::And:
            return "and";
        case Operation::Or:
            return "or";
        case Operation::Equal:
            return "eq";
        case Operation::NotEqual:
            return "ne";
        case Operation::Greater:
            return "gt";
        case Operation::GreaterEqual:
            return "ge";
        case Operation::Less:
            return "lt";
        case Operation::LessEqual:
            return "le";
        case Operation::In:
            return "in";
        case Operation::Add:
            return "add";
        case Operation::Subtract:
            return "sub";
        case Operation::Multiply:
            return "mul";
        case Operation::Divide:
            return "div";
        case Operation::Modulo:
            return "mod";
        default:
            return {};
    }
}

int precedence(Operation operation) {
    switch (operation) {
        case Operation::Or:
            return 1;
        case Operation::And:
            return 2;
        case Operation::Not:
            return 3;
        case Operation::Equal:
        case Operation::NotEqual:
        case Operation::Greater:
        case Operation::GreaterEqual:
        case Operation::Less:
        case Operation::LessEqual:
        case Operation::In:
            return 4;
        case Operation::Add:
        case Operation::Subtract:
            return 5;
        case Operation::Multiply:
        case Operation::Divide:
        case Operation::Modulo:
            return 6;
        case Operation::Negate:
            return 7;
        default:
            return 8;
    }
}

ArithmeticType arithmetic_type(Operation operation, Type left, Type right) {
    const auto numeric = [](Type type) { return type == Type::Number || open(type); };
    const auto lasting = [](Type type) { return type == Type::Period || open(type); };
    const bool both_open = open(left) && open(right);
    if (both_open) {
        return {true, Type::Any};
    }
    if (numeric(left) && numeric(right)) {
        // A number may also stretch a duration that only the row knows.
        const bool certain = !open(left) && !open(right);
        return {true, certain ? Type::Number : Type::Any};
    }
    const bool sum = operation == Operation::Add || operation == Operation::Subtract;
    if (sum) {
        if (left == Type::Time && right == Type::Time) {
            return {operation == Operation::Subtract, Type::Period};
        }
        if (left == Type::Date && right == Type::Date) {
            return {operation == Operation::Subtract, Type::Period};
        }
        if ((left == Type::Time || left == Type::Date) && lasting(right)) {
            return {true, open(right) ? Type::Any : left};
        }
        if (open(left) && (right == Type::Time || right == Type::Date)) {
            return {true, Type::Any};
        }
        if (operation == Operation::Add && left == Type::Period &&
            (right == Type::Time || right == Type::Date)) {
            return {true, right};
        }
        return {lasting(left) && lasting(right), both_open ? Type::Any : Type::Period};
    }
    if (operation == Operation::Multiply) {
        const bool stretched =
            (left == Type::Period && numeric(right)) || (right == Type::Period && numeric(left));
        return {stretched, Type::Period};
    }
    if (operation == Operation::Divide) {
        return {left == Type::Period && numeric(right), Type::Period};
    }
    return {false, Type::Any};
}

}  // namespace chengshu::sensing::odata
