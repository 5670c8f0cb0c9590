#include "edge/api/internal/text.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "services/accounts.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

const json::object kReport{
    {"source", "hotline"},
    {"category", kRubbish},
    {"lon", 116.35},
    {"lat", 40.05}
};

TEST(Requests, AreRefusedWithTheNameOfWhatIsWrong) {
    World world;

    struct Row {
        const char* body;
        int status;
        const char* field;
        const char* hint;
    };

    const Row rows[] = {
        {"{", 400, "", "not JSON"},
        {"[]", 400, "the body", "object"},
        {R"({"source":"hotline","lon":1e999,"lat":1})", 400, "", "too large"},
        {R"({"sorce":"hotline"})", 400, "source", "missing"},
        {R"({"source":"hotline","categry":"x"})", 400, "categry", "did you mean \"category\"?"},
        {R"({"source":"hotline","lon":"116"})", 400, "lon", "a number"},
        {R"({"source":"hotline","lon":116})", 400, "lat", "belong together"},
        {R"({"source":"hotline","datum":"wgs48","lon":1,"lat":1})",
         400,
         "datum",
         "did you mean \"wgs84\"?"},
        {R"({"source":"hotline","reporter":{"fone":"1"}})",
         400,
         "reporter.fone",
         "did you mean \"phone\"?"},
        {R"({"source":"hotline","attachments":["x"]})", 400, "attachments[0]", ""},
        {R"({"source":"hotline"})", 400, "lon", "say where"},
        {R"({"source":"hotline","lon":10,"lat":10})", 422, "", ""},
        {R"({"source":"hotline","category":"TEST/matter/9999","lon":116.35,"lat":40.05})",
         422,
         "category",
         "not known"},
        {R"({"source":"collector","lon":116.35,"lat":40.05})", 403, "source", "collector"},
        {R"({"source":"hotlines","lon":116.35,"lat":40.05})", 422, "source", "nearest: hotline"},
        {R"({"source":"Hotline","lon":116.35,"lat":40.05})", 400, "source", "lower-case"},
    };
    for (const auto& row : rows) {
        const auto reply = world.call("acceptor", "POST", "/reports", row.body);
        EXPECT_EQ(reply.status, row.status) << row.body << reply.text;
        EXPECT_EQ(reply.text_at("field"), row.field) << row.body << reply.text;
        EXPECT_NE(reply.text_at("detail").find(row.hint), std::string::npos)
            << row.body << reply.text;
    }
    EXPECT_TRUE(world.get("acceptor", "/cases").list("items").empty());
}

TEST(Requests, DeepJsonIsRefused) {
    World world;
    const auto deep = std::string(40, '[') + std::string(40, ']');
    EXPECT_EQ(world.call("acceptor", "POST", "/reports", deep).status, 400);
}

TEST(Requests, NeedAContentType) {
    World world;
    const auto reply = world.call(
        "acceptor", "POST", "/reports", json::serialize(kReport), {{"Content-Type", "text/plain"}}
    );
    EXPECT_EQ(reply.status, 415);
}

TEST(Requests, UnknownParametersAndMethodsAreNamed) {
    World world;
    const auto unknown = world.get("", "/cases?catgory=x");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.text_at("field"), "catgory");
    EXPECT_NE(unknown.text_at("detail").find("category"), std::string::npos);
    EXPECT_EQ(world.get("", "/cases?limit=201").status, 400);
    EXPECT_EQ(world.get("", "/cases?limit=5&limit=6").status, 400);
    EXPECT_EQ(world.get("", "/cases?near=1,2").status, 400);
    EXPECT_EQ(world.get("", "/cases?near=116,40,99999").status, 400);
    EXPECT_EQ(world.get("", "/cases?cursor=%21").status, 400);
    EXPECT_EQ(world.get("", "/cases?cursor=YWJj").status, 400);
    const auto method = world.call("", "DELETE", "/cases");
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(method.headers.get("Allow"), "GET");
    EXPECT_EQ(world.get("", "/nothing").status, 404);
    EXPECT_EQ(world.get("", "/cases/%zz").status, 400);
}

TEST(Requests, ProblemsSpeakTheReadersLanguage) {
    World world;
    const auto zh = world.call("", "GET", "/me", "", {{"Accept-Language", "zh-CN"}});
    EXPECT_EQ(zh.text_at("title"), error_info(ErrorCode::NotAuthenticated).meaning_zh);
    EXPECT_EQ(zh.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(zh.text_at("status"), "401");
    EXPECT_NE(zh.text_at("request_id"), "");
    EXPECT_EQ(
        world.get("", "/me").text_at("title"), error_info(ErrorCode::NotAuthenticated).meaning_en
    );
}

TEST(Requests, AFullQueueSaysWhenToComeAgain) {
    World world;
    world.submitter.full = true;
    const auto reply = world.post("acceptor", "/reports", kReport);
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.headers.get("Retry-After"), "1");
    EXPECT_EQ(reply.text_at("code"), "overloaded");
}

TEST(Requests, ARepeatedKeyGivesTheFirstAnswer) {
    World world;
    const auto body = json::serialize(kReport);
    const auto first =
        world.call("acceptor", "POST", "/reports", body, {{"Idempotency-Key", "k1"}});
    const auto second =
        world.call("acceptor", "POST", "/reports", body, {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(first.text, second.text);
    EXPECT_EQ(second.status, 201);
    auto other = kReport;
    other["description"] = "something else";
    const auto third = world.call(
        "acceptor", "POST", "/reports", json::serialize(other), {{"Idempotency-Key", "k1"}}
    );
    EXPECT_EQ(third.text_at("code"), "idempotency_mismatch");
    const auto somebody =
        world.call("dispatcher", "POST", "/reports", body, {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(somebody.text_at("report.state"), "duplicate");
    EXPECT_EQ(
        world.call("acceptor", "POST", "/reports", body, {{"Idempotency-Key", "a b"}}).status, 400
    );
}

TEST(Requests, ThePublicReportsOnlyAsPublic) {
    World world;
    auto body = kReport;
    EXPECT_EQ(world.post("", "/reports", body).status, 401);
    body["source"] = "public";
    const auto reply = world.post("", "/reports", body);
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.text_at("report.state"), "filed_as_case");
    EXPECT_TRUE(reply.at("case.description").is_null());
}

TEST(Sessions, SignInGivesACookieThatNeedsTheCsrfHeader) {
    World world;
    const auto reply =
        world.post("", "/sessions", {{"login", "dispatcher"}, {"password", "right dispatcher"}});
    ASSERT_EQ(reply.status, 201) << reply.text;
    const std::string cookie(reply.headers.get("Set-Cookie"));
    EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
    EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
    const auto pair = cookie.substr(0, cookie.find(';'));
    EXPECT_EQ(world.call("", "GET", "/me", "", {{"Cookie", pair}}).text_at("login"), "dispatcher");
    EXPECT_EQ(world.call("", "DELETE", "/sessions/current", "", {{"Cookie", pair}}).status, 403);
    EXPECT_EQ(
        world
            .call(
                "", "DELETE", "/sessions/current", "", {{"Cookie", pair}, {"X-Chengshu-CSRF", "1"}}
            )
            .status,
        204
    );
    EXPECT_EQ(world.call("", "GET", "/me", "", {{"Cookie", pair}}).status, 401);
    // A stale cookie does not close what is open to everybody.
    EXPECT_EQ(world.call("", "GET", "/city", "", {{"Cookie", pair}}).status, 200);
    EXPECT_EQ(world.call("", "GET", "/city", "", {{"Authorization", "Bearer wrong"}}).status, 401);
}

TEST(Sessions, WrongPasswordsLookAlikeAndSlowDown) {
    World world;
    const auto unknown = world.post("", "/sessions", {{"login", "nobody"}, {"password", "x"}});
    const auto wrong = world.post("", "/sessions", {{"login", "leader"}, {"password", "x"}});
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(unknown.text_at("detail"), wrong.text_at("detail"));
    for (int i = 0; i < 6; ++i) {
        world.post("", "/sessions", {{"login", "leader"}, {"password", "x"}});
    }
    const auto throttled =
        world.post("", "/sessions", {{"login", "leader"}, {"password", "right leader"}});
    EXPECT_EQ(throttled.status, 429);
    EXPECT_NE(throttled.headers.get("Retry-After"), "");
    world.clock.pass(std::chrono::hours{1});
    EXPECT_EQ(
        world.post("", "/sessions", {{"login", "leader"}, {"password", "right leader"}}).status, 201
    );
}

TEST(Sessions, ExpireAfterTheirLife) {
    World world;
    const auto reply =
        world.post("", "/sessions", {{"login", "leader"}, {"password", "right leader"}});
    const auto header =
        std::pair<std::string, std::string>("Authorization", "Bearer " + reply.text_at("token"));
    EXPECT_EQ(world.call("", "GET", "/me", "", {header}).status, 200);
    world.clock.pass(services::kSessionLife);
    EXPECT_EQ(world.call("", "GET", "/me", "", {header}).status, 401);
}

TEST(Accounts, AreManagedByAdministratorsAndAudited) {
    World world;
    const json::object account{
        {"login", "new"},
        {"name", {{"zh", "新"}, {"en", "New"}}},
        {"posts", json::array{"acceptor"}},
        {"password", "Long enough 123"}
    };
    EXPECT_EQ(world.post("administrator", "/accounts", account).status, 201);
    EXPECT_EQ(
        world.post("", "/sessions", {{"login", "new"}, {"password", "Long enough 123"}}).status, 201
    );
    auto weak = account;
    weak["password"] = "short";
    EXPECT_EQ(world.post("administrator", "/accounts", weak).status, 400);
    auto both = account;
    both["posts"] = json::array{"acceptor", "auditor"};
    EXPECT_EQ(world.post("administrator", "/accounts", both).text_at("code"), "rule_violation");
    const auto token =
        world.post("administrator", "/accounts/new/tokens", {{"label", "camera system"}});
    ASSERT_EQ(token.status, 201) << token.text;
    const auto header =
        std::pair<std::string, std::string>("Authorization", "Bearer " + token.text_at("token"));
    EXPECT_EQ(world.call("", "GET", "/me", "", {header}).status, 200);
    EXPECT_EQ(
        world.get("administrator", "/accounts/new/tokens").text.find(token.text_at("token")),
        std::string::npos
    );
    EXPECT_EQ(
        world.call("administrator", "DELETE", "/accounts/new/tokens/" + token.text_at("id")).status,
        204
    );
    EXPECT_EQ(world.call("", "GET", "/me", "", {header}).status, 401);
    EXPECT_EQ(world.call("administrator", "DELETE", "/accounts/administrator").status, 422);
    EXPECT_EQ(world.call("administrator", "DELETE", "/accounts/new").status, 204);
    const auto audit = world.get("auditor", "/audit?type=account.deleted");
    EXPECT_EQ(audit.text_at("items.0.actor"), "administrator");
    const auto page = world.get("auditor", "/audit?type=account.created&limit=2");
    const auto rest =
        world.get("auditor", "/audit?type=account.created&cursor=" + page.text_at("next"));
    EXPECT_EQ(page.list("items").size(), 2U);
    EXPECT_EQ(rest.list("items").size(), world.definitions.get()->city->demo_accounts().size() - 1);
    EXPECT_EQ(world.get("auditor", "/audit?limit=200").text.find("hashed:"), std::string::npos);
}

TEST(Accounts, OnesOwnPasswordNeedsTheCurrentOne) {
    World world;
    const auto path = "/accounts/leader/password";
    EXPECT_EQ(world.post("leader", path, {{"password", "Another one 1"}}).status, 403);
    EXPECT_EQ(world.post("acceptor", path, {{"password", "Another one 1"}}).status, 403);
    EXPECT_EQ(
        world.post("leader", path, {{"password", "Another one 1"}, {"current", "right leader"}})
            .status,
        204
    );
    EXPECT_EQ(
        world.post("", "/sessions", {{"login", "leader"}, {"password", "Another one 1"}}).status,
        201
    );
    EXPECT_EQ(world.post("administrator", path, {{"password", "Another one 2"}}).status, 204);
}

TEST(City, IsReadByEverybody) {
    World world;
    const auto city = world.get("", "/city");
    EXPECT_EQ(city.text_at("code"), "testcity");
    EXPECT_EQ(city.text_at("name.en"), "Test City");
    EXPECT_TRUE(city.at("day").is_null());
    world.report(kRubbish);
    EXPECT_EQ(world.get("", "/city").text_at("day"), "2025-09-16");
    EXPECT_EQ(world.get("", "/areas?parent=110000").list("items").size(), 2U);
    EXPECT_EQ(world.get("", "/areas?level=street&limit=3").list("items").size(), 3U);
    const auto next = world.get("", "/areas?level=street&limit=3").text_at("next");
    EXPECT_EQ(world.get("", "/areas?level=street&limit=3&cursor=" + next).list("items").size(), 1U);
    EXPECT_EQ(world.get("", "/categories?q=%E5%9E%83%E5%9C%BE").text_at("items.0.id"), kRubbish);
    EXPECT_EQ(world.get("", "/categories?q=RUBBISH").text_at("items.0.id"), kRubbish);
    EXPECT_EQ(
        world.get("", std::string("/standards?category=") + kRubbish).list("items").size(), 1U
    );
    EXPECT_EQ(world.get("", "/departments").list("items").size(), 4U);
    EXPECT_EQ(world.get("", "/workflows/standard").text_at("start"), "reported");
    EXPECT_EQ(world.get("", "/workflows/none").status, 404);
    const auto place = world.get("", "/locate?lon=116.35&lat=40.05");
    EXPECT_EQ(place.text_at("area_path.2.code"), "110102001");
    EXPECT_EQ(world.get("", "/locate?lon=10&lat=10").status, 422);
    EXPECT_EQ(world.get("", "/locate?lon=x&lat=10").status, 400);
    EXPECT_EQ(world.get("", "/locate?lon=1").status, 400);
    EXPECT_GT(world.get("", "/errors").list("items").size(), 10U);
    EXPECT_EQ(world.get("", "/openapi.json").text, openapi_document());
}

TEST(Text, CursorsSurviveTheirCoding) {
    for (const std::string text : {"", "a", "ab", "abc", "1758000000000.1101022025091600001"}) {
        EXPECT_EQ(from_base64url(base64url(text)), text);
    }
    EXPECT_EQ(from_base64url("a+b"), std::nullopt);
}

TEST(Requests, DetailsSpeakTheReadersLanguage) {
    World world;

    struct Row {
        const char* body;
        const char* en;
        const char* zh;
    };

    const Row rows[] = {
        {R"({"source":"hotline","categry":"x"})",
         "unknown member \"categry\"; did you mean \"category\"?",
         "未知成员“categry”；是否指“category”？"},
        {R"({"source":"hotline","lon":"116"})", "lon must be a number", "lon 应为数值"},
        {R"({"source":"hotline"})",
         "say where: lon and lat, a component code, or an area code",
         "请给出位置：经纬度（lon、lat）、部件编码或区域代码"},
        {R"({"source":"hotline","area":"西城 区"})",
         "area 西城 区 is not known or not valid on the date",
         "区域 西城 区 不存在或在该日期无效"},
    };
    for (const auto& row : rows) {
        const auto en = world.call("acceptor", "POST", "/reports", row.body);
        EXPECT_EQ(en.text_at("detail"), row.en);
        const auto zh = world.call(
            "acceptor", "POST", "/reports", row.body, {{"Accept-Language", "zh-CN,en;q=0.5"}}
        );
        EXPECT_EQ(zh.text_at("detail"), row.zh);
        EXPECT_EQ(zh.text_at("field"), en.text_at("field"));
    }
}

}  // namespace
}  // namespace chengshu::api
