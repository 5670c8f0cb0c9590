#include "domain/indicators/place.hpp"

namespace chengshu::indicators {
namespace {

constexpr std::string_view kPrefix = "area/";
constexpr char kBetween = '/';  // never in the code of an area

}  // namespace

std::string member_kind(std::string_view dimension) {
    return std::string(kPrefix).append(dimension);
}

std::string member_code(std::string_view area, std::string_view member) {
    std::string out(area);
    out += kBetween;
    return out.append(member);
}

Place member_place(const AreaMember& of) {
    return {0, member_code(of.area, of.member), member_kind(of.dimension)};
}

std::optional<AreaMember> area_member(const Place& place) {
    const auto slash = place.code.find(kBetween);
    if (place.thing != 0 || !place.kind.starts_with(kPrefix) || slash == std::string::npos ||
        slash + 1 == place.code.size()) {
        return std::nullopt;
    }
    return AreaMember{
        place.code.substr(0, slash), place.kind.substr(kPrefix.size()), place.code.substr(slash + 1)
    };
}

}  // namespace chengshu::indicators
