#include "domain/access/principal.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace chengshu::access {
namespace {

Principal principal_with(std::vector<Post> posts) {
    return {"wang", {"王", "Wang"}, std::move(posts), PrincipalKind::Person, std::nullopt};
}

Post post_of(std::string kind) {
    return {kind, kind, "", "110000"};
}

TEST(Permissions, TableIsWhole) {
    std::set<std::string_view> codes;
    for (const auto& row : permissions()) {
        EXPECT_TRUE(codes.insert(row.code).second) << row.code;
        EXPECT_FALSE(row.zh.empty());
        EXPECT_FALSE(row.en.empty());
        EXPECT_EQ(&permission_info(row.permission), &row);
        EXPECT_EQ(parse_permission(row.code).value(), row.permission);
        bool somebody = false;
        for (const auto* kind :
             {"collector",
              "acceptor",
              "shift_leader",
              "dispatcher",
              "handler",
              "evaluator",
              "leader",
              "administrator",
              "auditor"}) {
            EXPECT_TRUE(is_post_kind(kind));
            somebody = somebody || has(kind, row.permission);
        }
        EXPECT_TRUE(somebody) << row.code;
    }
    EXPECT_FALSE(parse_permission("rule_the_world"));
    EXPECT_FALSE(parse_permission(""));
    EXPECT_FALSE(is_post_kind("system"));
}

/// The whole table once more, so that a change of it is meant.
TEST(Permissions, WhoHasWhat) {
    const std::map<std::string, std::string> expected = {
        {"collector",
         "report read_case act read_statistics read_things observe read_alerts submit_figures "},
        {"acceptor",
         "report read_case read_personal_data act read_statistics read_things read_alerts "
         "acknowledge submit_figures "},
        {"shift_leader",
         "report read_case read_personal_data act consult read_statistics read_person_scores "
         "export read_things manage_things observe read_alerts acknowledge command submit_figures "
        },
        {"dispatcher",
         "report read_case act consult read_statistics read_things read_alerts acknowledge command "
         "submit_figures "},
        {"handler",
         "report read_case read_personal_data act read_statistics read_things manage_things "
         "observe read_alerts submit_figures "},
        {"evaluator",
         "report read_case act read_statistics read_person_scores export read_things read_alerts "
         "submit_figures "},
        {"leader",
         "report read_case act read_statistics read_person_scores export read_things read_alerts "
         "acknowledge command submit_figures "},
        {"administrator",
         "manage_accounts manage_webhooks load_city read_things manage_things observe "},
        {"auditor", "read_audit "},
        {"", ""},
        {"system", ""},
        {"read", ""},
    };
    for (const auto& [kind, codes] : expected) {
        std::string found;
        for (const auto& row : permissions()) {
            if (has(kind, row.permission)) {
                found += std::string(row.code) + " ";
            }
        }
        EXPECT_EQ(found, codes) << kind;
    }
}

TEST(May, ThePublicOnlyReports) {
    const Principal nobody;
    for (const auto& row : permissions()) {
        EXPECT_EQ(may(nobody, row.permission), row.permission == Permission::Report) << row.code;
    }
    Principal claims;
    claims.posts = {post_of("administrator")};
    EXPECT_FALSE(may(claims, Permission::ManageAccounts))
        << "posts count only for who has signed in";
    EXPECT_EQ(require(nobody, Permission::ReadCase).error().code, ErrorCode::NotAuthenticated);
}

TEST(May, AnyPostWillDo) {
    const auto who = principal_with({post_of("collector"), post_of("leader")});
    EXPECT_TRUE(may(who, Permission::Export));
    EXPECT_FALSE(may(who, Permission::ReadPersonalData));
    const auto refused = require(who, Permission::ReadPersonalData);
    EXPECT_EQ(refused.error().code, ErrorCode::NotPermitted);
    EXPECT_NE(refused.error().context.find("acceptor shift_leader handler"), std::string::npos);
    EXPECT_FALSE(may(principal_with({}), Permission::ReadCase));
}

TEST(May, ATokenGivesLessNeverMore) {
    auto who = principal_with({post_of("acceptor")});
    who.token_scopes = {Permission::ReadCase, Permission::ManageAccounts};
    EXPECT_TRUE(may(who, Permission::ReadCase));
    EXPECT_FALSE(may(who, Permission::Act));
    EXPECT_FALSE(may(who, Permission::Report));
    EXPECT_FALSE(may(who, Permission::ManageAccounts)) << "the post does not have it";
    EXPECT_NE(require(who, Permission::Act).error().context.find("token"), std::string::npos);
    who.token_scopes.emplace();
    for (const auto& row : permissions()) {
        EXPECT_FALSE(may(who, row.permission)) << row.code;
    }
}

TEST(May, SystemsNeverReadPersonalDataOrManageAccounts) {
    auto who = principal_with({post_of("acceptor"), post_of("administrator")});
    who.kind = PrincipalKind::Integration;
    EXPECT_FALSE(may(who, Permission::ReadPersonalData));
    EXPECT_FALSE(may(who, Permission::ManageAccounts));
    EXPECT_TRUE(may(who, Permission::Act));
    EXPECT_NE(
        require(who, Permission::ManageAccounts).error().context.find("only people"),
        std::string::npos
    );
}

TEST(May, TheServerItself) {
    const Principal server{"system", {}, {}, PrincipalKind::System, std::nullopt};
    for (const auto& row : permissions()) {
        EXPECT_TRUE(may(server, row.permission)) << row.code;
    }
}

TEST(Separation, OneAccountOneDuty) {
    const auto check = [](std::vector<std::string> kinds) {
        std::vector<Post> posts;
        for (const auto& kind : kinds) {
            posts.push_back(post_of(kind));
        }
        return check_separation(posts).has_value();
    };
    EXPECT_TRUE(check({}));
    EXPECT_TRUE(check({"auditor"}));
    EXPECT_TRUE(check({"administrator", "administrator"}));
    EXPECT_TRUE(check({"acceptor", "shift_leader", "collector"}));
    EXPECT_FALSE(check({"administrator", "auditor"}));
    EXPECT_FALSE(check({"acceptor", "administrator"}));
    EXPECT_FALSE(check({"auditor", "leader"}));
    EXPECT_FALSE(check({"acceptor", "collector", "auditor"}));
}

}  // namespace
}  // namespace chengshu::access
