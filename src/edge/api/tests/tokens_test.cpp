// Tokens that are given for less than their account may do.

#include "edge/api/internal/call.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

Reply make(
    World& world,
    const std::string& login,
    const json::array& scopes,
    const char* kind = "personal",
    const std::vector<std::pair<std::string, std::string>>& headers = {}
) {
    const json::object body{{"label", "test"}, {"kind", kind}, {"scopes", scopes}};
    return world.call(
        headers.empty() ? "administrator" : "",
        "POST",
        "/accounts/" + login + "/tokens",
        json::serialize(body),
        headers
    );
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers bearer(const Reply& made) {
    return {{"Authorization", "Bearer " + made.text_at("token")}};
}

/// A request that is well formed as far as the gate is concerned.
Reply knock(World& world, const Route& route, const std::string& number, const Headers& headers) {
    std::string path(route.path);
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
        const auto close = path.find('}');
        const auto name = path.substr(open + 1, close - open - 1);
        path.replace(open, close - open + 1, name == "case" ? number : "1");
    }
    return world.call("", route.method, path, route.body.empty() ? "" : "{}", headers);
}

TEST(Tokens, DoWhatTheyWereGivenForAndNothingElse) {
    World world;
    const auto number = world.report(testing::category::kRubbish);
    for (const auto& info : access::permissions()) {
        for (const char* login : {"acceptor", "shift_leader", "administrator", "auditor"}) {
            const auto made = make(world, login, {info.code});
            const auto where = fmt::format("{} for {}", login, info.code);
            if (!access::has(login, info.permission) && !info.without_post) {
                EXPECT_EQ(made.status, 422) << where << made.text;
                EXPECT_EQ(made.text_at("field"), "scopes") << where;
                continue;
            }
            ASSERT_EQ(made.status, 201) << where << made.text;
            EXPECT_EQ(made.text_at("scopes.0"), info.code) << where;
            const auto me = world.call("", "GET", "/me", "", bearer(made));
            ASSERT_EQ(me.list("permissions").size(), 1U) << where << me.text;
            EXPECT_EQ(me.text_at("permissions.0"), info.code);
            for (const auto& route : routes()) {
                if (route.gate.kind != Gate::Kind::Permitted) {
                    continue;
                }
                const auto reply = knock(world, route, number, bearer(made));
                const auto what = fmt::format("{} {} by {}", route.method, route.path, where);
                if (route.gate.permission != info.permission) {
                    EXPECT_EQ(reply.status, 403) << what << reply.text;
                } else if (route.name != "getScores") {
                    EXPECT_NE(reply.status, 403) << what << reply.text;
                }
            }
        }
    }
}

TEST(Tokens, SeeCasesFromOutsideUnlessGivenForThem) {
    World world;
    const auto number = world.report(testing::category::kRubbish);
    for (const auto& [scope, inner] : std::vector<std::pair<const char*, const char*>>{
             {"report", "false"}, {"read_case", "true"}
         }) {
        const auto made = make(world, "acceptor", {scope}, "integration");
        ASSERT_EQ(made.status, 201) << made.text;
        const auto reply = world.call("", "GET", "/cases/" + number, "", bearer(made));
        EXPECT_EQ(reply.text_at("inner"), inner) << scope;
        EXPECT_EQ(reply.at("description").is_null(), inner == std::string("false")) << scope;
        const json::object note{{"action", "note"}, {"reason", "x"}};
        const auto act = world.call(
            "", "POST", "/cases/" + number + "/transitions", json::serialize(note), bearer(made)
        );
        EXPECT_EQ(act.status, 403) << scope << act.text;
    }
}

TEST(Tokens, NeverDoMoreThanTheirAccountDoesToday) {
    World world;
    const auto made = make(world, "leader", {"export", "read_case"});
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(world.call("", "GET", "/cases.csv", "", bearer(made)).status, 200);
    const json::object fewer{
        {"login", "leader"}, {"name", {{"zh", "领导"}, {"en", "Leader"}}}, {"posts", {"acceptor"}}
    };
    ASSERT_EQ(world.post("administrator", "/accounts", fewer).status, 201);
    EXPECT_EQ(world.call("", "GET", "/cases.csv", "", bearer(made)).status, 403);
}

TEST(Tokens, ScopesThatMeanNothingAreRefused) {
    World world;
    const auto unknown = make(world, "acceptor", {"reports"});
    EXPECT_EQ(unknown.status, 422);
    EXPECT_EQ(unknown.text_at("code"), "unknown_code");
    EXPECT_NE(unknown.text_at("detail").find("report, read_case"), std::string::npos);
    EXPECT_EQ(make(world, "acceptor", {}).status, 400);
    EXPECT_EQ(make(world, "acceptor", {"read_personal_data"}).status, 201);
    EXPECT_EQ(make(world, "acceptor", {"read_personal_data"}, "integration").status, 422)
        << "systems never have it";
    EXPECT_EQ(make(world, "acceptor", {"report", "report"}).list("scopes").size(), 1U);
    const auto listed = world.get("administrator", "/accounts/acceptor/tokens");
    bool seen = false;
    for (const auto& item : listed.list("items")) {
        seen = seen || item.as_object().contains("scopes");
    }
    EXPECT_TRUE(seen) << listed.text;
}

TEST(Tokens, MakeNoTokensThatAreGivenForMore) {
    World world;
    const auto narrow = make(world, "administrator", {"manage_accounts"});
    ASSERT_EQ(narrow.status, 201) << narrow.text;
    const auto wide = world.call(
        "",
        "POST",
        "/accounts/administrator/tokens",
        R"({"label":"x","kind":"personal"})",
        bearer(narrow)
    );
    EXPECT_EQ(wide.status, 403) << wide.text;
    EXPECT_EQ(make(world, "acceptor", {"report"}, "personal", bearer(narrow)).status, 403);
    EXPECT_EQ(
        make(world, "administrator", {"manage_accounts"}, "personal", bearer(narrow)).status, 201
    );
    const auto own = make(world, "acceptor", {"report"});
    const json::object change{{"password", "Another-Word-77"}, {"current", "right acceptor"}};
    const auto refused =
        world.call("", "POST", "/accounts/acceptor/password", json::serialize(change), bearer(own));
    EXPECT_EQ(refused.status, 403) << refused.text;
}

}  // namespace
}  // namespace chengshu::api
