#pragma once

#include "domain/sensing/odata/evaluate.hpp"
#include "domain/sensing/odata/query.hpp"

#include <cstdint>
#include <span>

namespace chengshu::sensing::odata {

enum class Truth : std::uint8_t { False, True, Null };

constexpr Truth truth_of(bool value) {
    return value ? Truth::True : Truth::False;
}

/// A value as a condition: booleans are themselves, everything else is Null.
Truth truth_of(const Value& value);
Value value_of(Truth truth);

/// `operation` is one of the six comparisons. Never Null: null equals null and nothing else, has no
/// order, and values of different types do not compare.
Truth compare(Operation operation, const Value& left, const Value& right);
/// A number as it is written; anything else as it is.
Value as_text(const Value& value);

/// Null where an operand is null or has the wrong type, at a division by zero and where the result
/// is not finite.
Value arithmetic(Operation operation, const Value& left, const Value& right);
Value negated(const Value& value);

/// What functions need besides their arguments.
struct Surroundings {
    Instant now;
    GeometryEngine& geometries;
    Budget& budget;
};

/// Null where an argument is null or has the wrong type.
Value call(Function function, std::span<const Value> arguments, const Surroundings& around);

}  // namespace chengshu::sensing::odata
