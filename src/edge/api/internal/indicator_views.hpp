#pragma once

#include "domain/indicators/calculation.hpp"
#include "edge/api/internal/call.hpp"

#include <boost/json.hpp>

namespace chengshu::api {

namespace json = boost::json;

/// A version of an indicator with its rule.
json::object indicator_view(const indicators::Indicator& indicator);
/// The value (rounded as the indicator says) or the names, with grade and colour where there are
/// any.
void put_value(
    json::object& out,
    const indicators::Indicator& indicator,
    const indicators::Value& value
);
void put_period(json::object& out, const indicators::Period& period);
/// As `area` (with `by` and `member`), `thing`, or `kind` and `subject`.
void put_place(json::object& out, const indicators::Place& place);
json::object
comparison_view(const indicators::Indicator& indicator, const indicators::Comparison& compared);

/// `submission`: what people have entered, where the value is just that.
Status put_entered(
    json::object& out,
    const Call& call,
    const indicators::Indicator& indicator,
    const indicators::Place& place,
    const indicators::Period& period
);

/// `table`: the rows of a catalogued table, where the value is read off them.
void put_rows(
    json::object& out,
    const Call& call,
    const indicators::Indicator& indicator,
    const indicators::Place& place,
    const indicators::Period& period
);

/// The wished cycle, which the indicator must have values for; without a wish its own.
Result<indicators::Cycle> cycle_for(const Call& call, const indicators::Indicator& indicator);

}  // namespace chengshu::api
