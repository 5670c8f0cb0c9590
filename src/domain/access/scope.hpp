#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/cases/case.hpp"
#include "domain/cases/decide.hpp"
#include "domain/cases/workflow.hpp"
#include "domain/city/city.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::access {

/// Whether a post, held by the account, reaches the case:
///  - collector: what he reported, what he holds, and cases of his area that are not at an end;
///  - handler: cases that his department leads or assists in;
///  - acceptor, shift_leader, dispatcher, evaluator, leader: cases of their area;
///  - administrator, auditor: none (三员分立).
/// An area is the case's own path; areas that have moved since are found by the city of today.
bool covers(
    const Post& post,
    std::string_view account,
    const cases::Case& value,
    const city::City& city
);

/// Whether the caller sees the case from inside. Everybody else gets the public view, without
/// description and personal data. `false` for the public; `true` for the server itself.
bool can_see(const Principal& who, const cases::Case& value, const city::City& city);

/// Whether the caller may ask for the personal data of who reported the case: by a post that has
/// the permission and reaches this case.
bool can_reveal(const Principal& who, const cases::Case& value, const city::City& city);

/// The first of the caller's posts that the transition is for and that reaches the case.
/// NotPermitted with the reason: wrong kind of post, other area, other department, or a token given
/// for less.
Result<cases::Actor> acting_post(
    const Principal& who,
    const cases::Case& value,
    const cases::Transition& transition,
    const city::City& city
);

/// Which cases a caller's lists hold, in the terms of a case query.
struct ListScope {
    bool everything = false;
    /// (column, value), any of which must hold; the columns are area_1, area_2, path, department
    /// and collector. Nothing at all when empty and not `everything`.
    std::vector<std::pair<std::string, std::string>> any;

    [[nodiscard]] bool nothing() const { return !everything && any.empty(); }
};

/// Lists are coarser than can_see() by what no column says: cases that a department assists in and
/// cases held outside one's area are not listed; closed cases of a collector's area are, and
/// can_see() then refuses their inner view.
ListScope list_scope(const Principal& who, const city::City& city);

}  // namespace chengshu::access
