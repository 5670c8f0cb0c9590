#include "domain/access/scope.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::access {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool lies_in(const cases::Case& value, const std::string& area, const city::City& city) {
    if (area.empty() || contains(value.path, area)) {
        return true;
    }
    return !value.path.empty() && city.is_within(value.path.back(), area);
}

bool is_at_an_end(const cases::Case& value) {
    return value.marks.contains("closed") || value.marks.contains("voided");
}

bool department_has(const Post& post, const cases::Case& value) {
    return !post.department.empty() &&
           (post.department == value.department || contains(value.assisting, post.department));
}

bool reaches_by_area(std::string_view kind) {
    return kind == "acceptor" || kind == "shift_leader" || kind == "dispatcher" ||
           kind == "evaluator" || kind == "leader";
}

/// Why a post of the right kind does not reach the case.
std::string why_not(const Post& post, const cases::Case& value) {
    if (post.kind == "handler") {
        return value.department.empty()
                   ? fmt::format(
                         "no department has the case; {} acts for {}", post.code, post.department
                     )
                   : fmt::format(
                         "the case is with {}; {} acts for {}",
                         value.department,
                         post.code,
                         post.department
                     );
    }
    if (post.kind == "collector" && is_at_an_end(value)) {
        return fmt::format("the case is at an end, and {} did not report it", post.code);
    }
    return fmt::format(
        "the case lies in {}; {} covers {}",
        value.path.empty() ? "no area" : value.path.back(),
        post.code,
        post.area
    );
}

cases::Actor actor_of(const Principal& who, const Post& post) {
    return {who.account, post.code, post.kind, post.department};
}

std::vector<std::string> kinds_of(const Principal& who) {
    std::vector<std::string> out;
    for (const auto& post : who.posts) {
        if (!contains(out, post.kind)) {
            out.push_back(post.kind);
        }
    }
    return out;
}

/// Adds the rows of one post; false when it reaches everything.
bool add_rows(const Principal& who, const Post& post, const city::City& city, ListScope& out) {
    const auto add = [&](std::string column, std::string value) {
        std::pair row{std::move(column), std::move(value)};
        if (std::find(out.any.begin(), out.any.end(), row) == out.any.end()) {
            out.any.push_back(std::move(row));
        }
    };
    if (post.kind == "handler") {
        if (!post.department.empty()) {
            add("department", post.department);
        }
        return true;
    }
    if (post.kind != "collector" && !reaches_by_area(post.kind)) {
        return true;
    }
    if (post.kind == "collector" && !who.account.empty()) {
        add("collector", who.account);
    }
    if (post.area.empty()) {
        return false;
    }
    const auto path = city.path(post.area);
    if (path.size() == 1) {
        return false;  // the city itself
    }
    if (!path.empty()) {
        add(path.size() == 2 ? "area_1" : path.size() == 3 ? "area_2" : "path", post.area);
    }
    return true;
}

}  // namespace

bool covers(
    const Post& post,
    std::string_view account,
    const cases::Case& value,
    const city::City& city
) {
    if (post.kind == "handler") {
        return department_has(post, value);
    }
    if (post.kind == "collector") {
        const bool his =
            !account.empty() && (value.collector == account || value.holder == account);
        return his || (!is_at_an_end(value) && lies_in(value, post.area, city));
    }
    return reaches_by_area(post.kind) && lies_in(value, post.area, city);
}

bool can_see(const Principal& who, const cases::Case& value, const city::City& city) {
    if (who.kind == PrincipalKind::System) {
        return true;
    }
    return may(who, Permission::ReadCase) &&
           std::any_of(who.posts.begin(), who.posts.end(), [&](const Post& post) {
               return has(post.kind, Permission::ReadCase) &&
                      covers(post, who.account, value, city);
           });
}

bool can_reveal(const Principal& who, const cases::Case& value, const city::City& city) {
    return may(who, Permission::ReadPersonalData) &&
           std::any_of(who.posts.begin(), who.posts.end(), [&](const Post& post) {
               return has(post.kind, Permission::ReadPersonalData) &&
                      covers(post, who.account, value, city);
           });
}

Result<cases::Actor> acting_post(
    const Principal& who,
    const cases::Case& value,
    const cases::Transition& transition,
    const city::City& city
) {
    if (who.kind == PrincipalKind::System) {
        if (contains(transition.by, "system")) {
            return cases::Actor{"system", "", "system", ""};
        }
        return fail(
            ErrorCode::NotPermitted, fmt::format("\"{}\" is not for the system", transition.code)
        );
    }
    CS_CHECK(require(who, Permission::Act));
    std::string reason;
    for (const auto& post : who.posts) {
        // "system" in a definition means the server alone: no post of that name opens it.
        if (!contains(transition.by, post.kind) || !has(post.kind, Permission::Act)) {
            continue;
        }
        if (covers(post, who.account, value, city)) {
            return actor_of(who, post);
        }
        if (reason.empty()) {
            reason = why_not(post, value);
        }
    }
    if (reason.empty()) {
        auto wanted = transition.by;
        std::erase(wanted, "system");
        reason = wanted.empty() ? fmt::format("\"{}\" is done by the system alone", transition.code)
                                : fmt::format(
                                      "\"{}\" is for {}; you are {}",
                                      transition.code,
                                      fmt::join(wanted, ", "),
                                      fmt::join(kinds_of(who), ", ")
                                  );
    }
    return fail(ErrorCode::NotPermitted, std::move(reason));
}

ListScope list_scope(const Principal& who, const city::City& city) {
    ListScope out;
    if (who.kind == PrincipalKind::System) {
        out.everything = true;
        return out;
    }
    if (!may(who, Permission::ReadCase)) {
        return out;
    }
    for (const auto& post : who.posts) {
        if (!add_rows(who, post, city, out)) {
            out.everything = true;
            out.any.clear();
            return out;
        }
    }
    return out;
}

}  // namespace chengshu::access
