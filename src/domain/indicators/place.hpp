#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chengshu::indicators {

/// Where a value is asked for: one terminal, an area, a member of a dimension in an area, or
/// another subject of cases.
struct Place {
    std::int64_t thing = 0;     ///< 0: a subject
    std::string code{};         ///< of the subject
    std::string kind = "area";  ///< of the subject: area, department, source, handler …

    [[nodiscard]] bool is_area() const { return thing == 0 && kind == "area"; }

    friend auto operator<=>(const Place&, const Place&) = default;
};

/// One member of a dimension (维度) in an area, e.g. what the public has reported in 110108. It is
/// a subject of its own kind, so that whatever is made of counts is made of its counts too.
struct AreaMember {
    std::string area;
    std::string dimension;
    std::string member;
};

/// "area/source": no kind that data names, for these are codes.
std::string member_kind(std::string_view dimension);
/// "110108/public".
std::string member_code(std::string_view area, std::string_view member);
Place member_place(const AreaMember& of);
/// What member_place() was made of; nothing for other places.
std::optional<AreaMember> area_member(const Place& place);

}  // namespace chengshu::indicators
