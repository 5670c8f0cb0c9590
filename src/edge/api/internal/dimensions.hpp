#pragma once

#include "domain/evaluation/measures.hpp"
#include "domain/indicators/definition.hpp"
#include "domain/indicators/place.hpp"
#include "edge/api/internal/call.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace chengshu::api {

/// By what an area is broken down: `by` names a dimension, `member` one of its members.
struct Breakdown {
    const evaluation::Dimension* dimension = nullptr;  ///< null: not at all
    std::string member;                                ///< empty: all of them
};

/// What the parameters of these names ask for; UnknownCode for what the data does not have.
Result<Breakdown>
breakdown_of(const Call& call, const char* by = "by", const char* member = "member");
/// InvalidInput when there is a dimension and no member.
Status check_one(const Breakdown& breakdown);
/// InvalidInput when the indicator has no values by the dimension.
Status check_breaks_down(const Breakdown& breakdown, const indicators::Indicator& indicator);
/// The area itself, the member in it, or all members in the data's order. InvalidInput when its
/// level has no counts by the dimension.
Result<std::vector<indicators::Place>>
places_in(const Call& call, const Breakdown& breakdown, const std::string& area);

/// As `area`, `by` and `members`, when the places are members; else the only place.
void put_places(
    boost::json::object& out,
    const Call& call,
    const std::vector<indicators::Place>& places
);

}  // namespace chengshu::api
