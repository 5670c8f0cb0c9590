#include "edge/api/internal/dimensions.hpp"

#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/views.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::api {
namespace {

template <class List>
std::vector<std::string> codes_of(const List& list) {
    std::vector<std::string> out;
    for (const auto& item : list) {
        out.push_back(item.code);
    }
    return out;
}

}  // namespace

Result<Breakdown> breakdown_of(const Call& call, const char* by, const char* member) {
    Breakdown out;
    const auto code = call.parameter(by);
    out.member = call.parameter(member).value_or("");
    if (!code) {
        return out.member.empty() ? Result<Breakdown>(std::move(out))
                                  : fail(ErrorCode::InvalidInput, "name its dimension", by);
    }
    const auto& evaluation = call.definitions->evaluation;
    out.dimension = evaluation.dimension(*code);
    if (out.dimension == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format(
                "\"{}\" is not a dimension{}",
                *code,
                suggestion(*code, codes_of(evaluation.dimensions))
            ),
            by
        );
    }
    if (!out.member.empty() && out.dimension->member(out.member) == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format(
                "\"{}\" is not a member of {}{}",
                out.member,
                *code,
                suggestion(out.member, codes_of(out.dimension->members))
            ),
            member
        );
    }
    return out;
}

Status check_one(const Breakdown& breakdown) {
    return breakdown.dimension == nullptr || !breakdown.member.empty()
               ? ok()
               : Status(fail(ErrorCode::InvalidInput, "name one member", "member"));
}

Status check_breaks_down(const Breakdown& breakdown, const indicators::Indicator& indicator) {
    const auto& those = indicator.dimensions;
    if (breakdown.dimension == nullptr ||
        std::find(those.begin(), those.end(), breakdown.dimension->code) != those.end()) {
        return ok();
    }
    return fail(
        ErrorCode::InvalidInput,
        fmt::format(
            "{} has no values by {}: only what is made of an area's counts of cases has",
            indicator.code,
            breakdown.dimension->code
        ),
        "by"
    );
}

Result<std::vector<indicators::Place>>
places_in(const Call& call, const Breakdown& breakdown, const std::string& area) {
    const auto* dimension = breakdown.dimension;
    if (dimension == nullptr) {
        return std::vector<indicators::Place>{{0, area}};
    }
    if (call.city().area(area) == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area");
    }
    if (!dimension->areas.contains(area)) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "area {} has no counts by {}; levels that have: {}",
                area,
                dimension->code,
                fmt::join(dimension->levels, ", ")
            ),
            "by"
        );
    }
    std::vector<indicators::Place> out;
    for (const auto& member : dimension->members) {
        if (breakdown.member.empty() || breakdown.member == member.code) {
            out.push_back(indicators::member_place({area, dimension->code, member.code}));
        }
    }
    return out;
}

void put_places(json::object& out, const Call& call, const std::vector<indicators::Place>& places) {
    const auto first = indicators::area_member(places.front());
    if (!first) {
        put_place(out, places.front());
        return;
    }
    out["area"] = first->area;
    out["by"] = first->dimension;
    json::array members;
    for (const auto& place : places) {
        const auto of = indicators::area_member(place);
        const auto* member =
            call.definitions->evaluation.dimension(of->dimension)->member(of->member);
        members.emplace_back(named(member->code, member->name));
    }
    out["members"] = std::move(members);
}

Result<Outcome> list_dimensions(const Call& call) {
    json::array items;
    for (const auto& dimension : call.definitions->evaluation.dimensions) {
        auto item = named(dimension.code, dimension.name);
        item["levels"] = json::array(dimension.levels.begin(), dimension.levels.end());
        json::array members;
        for (const auto& member : dimension.members) {
            members.emplace_back(named(member.code, member.name));
        }
        item["members"] = std::move(members);
        items.emplace_back(std::move(item));
    }
    return Outcome{list_answer(std::move(items), "")};
}

}  // namespace chengshu::api
