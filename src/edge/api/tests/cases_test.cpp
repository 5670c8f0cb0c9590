#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

namespace chengshu::api {
namespace {

using testing::category::kLamp;
using testing::category::kPothole;
using testing::category::kRubbish;

/// From dispatched to closed.
void finish(World& world, const std::string& number) {
    EXPECT_EQ(world.act("handler-san", number, {{"action", "accept"}}), "handling");
    EXPECT_EQ(
        world.act("handler-san", number, {{"action", "resolve"}, {"result", "清理完毕"}}),
        "checking"
    );
    EXPECT_EQ(world.act("acceptor", number, {{"action", "check_pass"}}), "checked");
    EXPECT_EQ(
        world.act(
            "acceptor",
            number,
            {{"action", "call_back"},
             {"contacted", "yes"},
             {"resolved", "yes"},
             {"satisfaction", "satisfied"}}
        ),
        "closed"
    );
}

std::string drain(http::BodyStream& stream) {
    std::string out;
    while (auto piece = stream.next()) {
        if (piece->empty()) {
            break;
        }
        out += *piece;
    }
    return out;
}

TEST(Cases, GoFromReportToCloseOverHttp) {
    World world;
    const auto number = world.report(kRubbish);
    ASSERT_EQ(number.size(), 19U);
    auto view = world.get("handler-san", "/cases/" + number);
    EXPECT_EQ(view.text_at("state.code"), "dispatched");
    EXPECT_EQ(view.text_at("department.code"), "SAN");
    EXPECT_EQ(view.text_at("standard.limit.unit"), "work_hour");
    EXPECT_EQ(view.text_at("area_path.1.name.en"), "East");
    EXPECT_EQ(view.headers.get("ETag"), fmt::format("\"{}\"", view.text_at("version")));
    EXPECT_EQ(view.text_at("reporter.phone"), "138****5678");
    EXPECT_EQ(view.text_at("description").find("13812345678"), std::string::npos);
    finish(world, number);
    view = world.get("handler-san", "/cases/" + number);
    EXPECT_EQ(view.text_at("facts.satisfaction"), "satisfied");
    EXPECT_NE(view.text_at("closed_at"), "");
    const auto timeline = world.get("acceptor", "/cases/" + number + "/timeline");
    const auto entries = timeline.list("items");
    EXPECT_EQ(static_cast<std::int64_t>(entries.size()), view.at("version").as_int64());
    EXPECT_EQ(timeline.text_at("items.0.action.code"), "report");
    std::set<std::string> automatic;
    for (const auto& entry : entries) {
        if (entry.at("automatic").as_bool()) {
            EXPECT_TRUE(entry.as_object().contains("rule")) << entry;
            EXPECT_FALSE(entry.at("reason").at("zh").as_string().empty()) << entry;
            automatic.insert(std::string(std::string_view(entry.at("action").at("code").as_string())
            ));
        }
    }
    EXPECT_TRUE(
        automatic.contains("file") && automatic.contains("dispatch_to_owner") &&
        automatic.contains("close")
    );
}

TEST(Cases, TransitionsAreRefusedForTheRightReasons) {
    World world;
    const auto number = world.report(kRubbish);
    EXPECT_EQ(world.act("handler-san", number, {{"action", "file"}}), "illegal_transition");
    EXPECT_EQ(world.act("handler-road", number, {{"action", "accept"}}), "not_found");
    EXPECT_EQ(world.act("dispatcher", number, {{"action", "accept"}}), "not_permitted");
    EXPECT_EQ(world.act("handler-san", number, {{"action", "return"}}), "invalid_input");
    const auto slip = world.post(
        "handler-san",
        "/cases/" + number + "/transitions",
        {{"action", "return"}, {"reasn", "not ours"}}
    );
    EXPECT_EQ(slip.status, 400);
    EXPECT_EQ(slip.text_at("field"), "reasn");
    EXPECT_NE(slip.text_at("detail").find("reason"), std::string::npos);
    EXPECT_EQ(world.act("handler-san", "1101022025091699999", {{"action", "accept"}}), "not_found");
    EXPECT_EQ(world.act("handler-san", "12", {{"action", "accept"}}), "not_found");
    const auto stale = world.call(
        "handler-san",
        "POST",
        "/cases/" + number + "/transitions",
        R"({"action":"accept"})",
        {{"If-Match", "\"1\""}}
    );
    EXPECT_EQ(stale.text_at("code"), "conflict");
    const auto garbled = world.call(
        "handler-san",
        "POST",
        "/cases/" + number + "/transitions",
        R"({"action":"accept"})",
        {{"If-Match", "x"}}
    );
    EXPECT_EQ(garbled.status, 400);
    const auto version = world.get("handler-san", "/cases/" + number).text_at("version");
    const auto fresh = world.call(
        "handler-san",
        "POST",
        "/cases/" + number + "/transitions",
        R"({"action":"accept"})",
        {{"If-Match", "\"" + version + "\""}, {"Idempotency-Key", "a"}}
    );
    EXPECT_EQ(fresh.status, 200) << fresh.text;
    // The same request again gives the same answer, although the version has moved on.
    const auto again = world.call(
        "handler-san",
        "POST",
        "/cases/" + number + "/transitions",
        R"({"action":"accept"})",
        {{"If-Match", "\"" + version + "\""}, {"Idempotency-Key", "a"}}
    );
    EXPECT_EQ(again.text, fresh.text);
    EXPECT_EQ(again.headers.get("ETag"), fresh.headers.get("ETag"));
}

TEST(Cases, ActionsAreThoseThatWouldBeAccepted) {
    World world;
    const auto number = world.report(kRubbish);
    const auto actions = world.get("handler-san", "/cases/" + number + "/actions");
    std::set<std::string> codes;
    for (const auto& item : actions.list("items")) {
        codes.insert(std::string(std::string_view(item.at("code").as_string())));
    }
    EXPECT_TRUE(codes.contains("accept") && codes.contains("return") && codes.contains("resolve"));
    EXPECT_FALSE(codes.contains("dispatch") || codes.contains("appeal"));
}

TEST(Cases, PersonalDataIsRevealedOnlyWithAReasonAndATrace) {
    World world;
    const auto number = world.report(kRubbish);
    EXPECT_EQ(
        world.post("handler-san", "/cases/" + number + "/reveal", {{"reason", ""}}).status, 400
    );
    EXPECT_EQ(world.post("leader", "/cases/" + number + "/reveal", {{"reason", "x"}}).status, 403);
    const auto reply =
        world.post("handler-san", "/cases/" + number + "/reveal", {{"reason", "call back"}});
    EXPECT_EQ(reply.text_at("phone"), "13812345678");
    EXPECT_EQ(reply.text_at("reports.0.name"), "张三丰");
    const auto audit = world.get("auditor", "/audit?type=data.revealed");
    EXPECT_EQ(audit.text_at("items.0.actor"), "handler-san");
    EXPECT_EQ(audit.text_at("items.0.case"), number);
    EXPECT_EQ(audit.text_at("items.0.data.reason"), "call back");
    EXPECT_EQ(audit.text.find("13812345678"), std::string::npos);
    // It is no step of the case.
    EXPECT_EQ(
        world.get("handler-san", "/cases/" + number + "/timeline").text.find("revealed"),
        std::string::npos
    );
}

TEST(Cases, AreFoundByEachFilter) {
    World world;
    const auto rubbish = world.report(kRubbish, 116.35, 40.05);
    world.clock.pass(std::chrono::minutes{1});
    const auto lamp = world.report(kLamp, 116.15, 40.05);
    const auto found = [&](std::string_view query) {
        std::set<std::string> out;
        const auto reply = world.get("acceptor", "/cases?" + std::string(query));
        EXPECT_EQ(reply.status, 200) << query << reply.text;
        const auto items = reply.at("items");
        for (const auto& item : items.is_array() ? items.get_array() : json::array()) {
            out.insert(std::string(std::string_view(item.at("id").as_string())));
        }
        return out;
    };
    using Numbers = std::set<std::string>;
    EXPECT_EQ(found(""), (Numbers{rubbish, lamp}));
    EXPECT_EQ(found("number=" + lamp), Numbers{lamp});
    EXPECT_EQ(found("number=5"), Numbers{});
    EXPECT_EQ(found("q=%E5%9E%83%E5%9C%BE"), (Numbers{rubbish, lamp}));
    EXPECT_EQ(found("q=%E8%B7%AF%E7%81%AF"), Numbers{lamp});
    EXPECT_EQ(found("area=110102"), Numbers{rubbish});
    EXPECT_EQ(found("area=110102&measure=reported&measure_area=110101"), Numbers{});
    EXPECT_EQ(found("state=dispatched&open=true"), (Numbers{rubbish, lamp}));
    EXPECT_EQ(found("open=false"), Numbers{});
    EXPECT_EQ(found("category=TEST/matter/*"), Numbers{rubbish});
    EXPECT_EQ(found("department=LAMP"), Numbers{lamp});
    EXPECT_EQ(found("source=video"), Numbers{});
    EXPECT_EQ(found("from=2025-09-16&to=2025-09-16"), (Numbers{rubbish, lamp}));
    EXPECT_EQ(found("from=2025-09-17"), Numbers{});
    EXPECT_EQ(found("to=2025-09-16T02:00:30Z"), Numbers{rubbish});
    EXPECT_EQ(found("near=116.35,40.05,100"), Numbers{rubbish});
    EXPECT_EQ(found("near=116.352,40.05,100"), Numbers{});
    EXPECT_EQ(found("queue=handler"), (Numbers{rubbish, lamp}));
    EXPECT_EQ(found("holder=me"), Numbers{});
    world.act("handler-lamp", lamp, {{"action", "accept"}});
    EXPECT_EQ(found("holder=handler-lamp"), Numbers{lamp});
    EXPECT_EQ(world.get("acceptor", "/cases?area=999999").status, 422);
    EXPECT_EQ(world.get("acceptor", "/cases?measure=none").status, 422);
}

TEST(Cases, PagesAreWholeAndDoNotOverlap) {
    World world;
    std::set<std::string> all;
    for (int i = 0; i < 7; ++i) {
        all.insert(world.report(kPothole, 116.32 + 0.01 * i, 40.05));
        if (i % 2 == 0) {
            world.clock.pass(std::chrono::seconds{1});  // some at the same instant
        }
    }
    ASSERT_EQ(all.size(), 7U);
    for (const std::string filter : {"", "&near=116.35,40.05,20000"}) {
        std::set<std::string> seen;
        std::string cursor;
        int pages = 0;
        do {
            const auto page = world.get(
                "acceptor", "/cases?limit=3" + filter + (cursor.empty() ? "" : "&cursor=" + cursor)
            );
            const auto items = page.list("items");
            EXPECT_LE(items.size(), 3U);
            for (const auto& item : items) {
                EXPECT_TRUE(
                    seen.insert(std::string(std::string_view(item.at("id").as_string()))).second
                );
            }
            cursor = page.text_at("next");
            ++pages;
        } while (!cursor.empty() && pages < 10);
        EXPECT_EQ(seen, all) << filter;
        EXPECT_EQ(pages, 3) << filter;
    }
}

TEST(Cases, ThePublicCannotSearchInWhatItDoesNotSee) {
    World world;
    world.report(kRubbish, 116.35049, 40.05);
    EXPECT_EQ(world.get("", "/cases?q=x").status, 401);
    EXPECT_EQ(world.get("", "/cases?holder=x").status, 401);
    EXPECT_EQ(world.get("auditor", "/cases?q=x").status, 403);
    EXPECT_EQ(world.get("", "/cases?scope=mine").status, 401);
    const auto list = world.get("", "/cases");
    EXPECT_EQ(list.text_at("items.0.lon"), "1.1635E2");
    EXPECT_TRUE(list.at("items.0.description").is_null());
    // Circles see the rounded place only.
    EXPECT_EQ(world.get("", "/cases?near=116.35,40.05,10").list("items").size(), 1U);
    EXPECT_EQ(world.get("", "/cases?near=116.35049,40.05,10").list("items").size(), 0U);
    EXPECT_EQ(world.get("acceptor", "/cases?near=116.35049,40.05,10").list("items").size(), 1U);
}

TEST(Cases, CsvIsSafeForSpreadsheets) {
    World world;
    world.post(
        "acceptor",
        "/reports",
        {{"source", "hotline"},
         {"category", kRubbish},
         {"lon", 116.35},
         {"lat", 40.05},
         {"description", "=HYPERLINK(\"http://x\",\"y\")"},
         {"address", "a, \"b\""}}
    );
    EXPECT_EQ(world.get("acceptor", "/cases.csv").status, 403);
    const auto reply = world.get("leader", "/cases.csv");
    ASSERT_NE(reply.stream, nullptr);
    const auto text = drain(*reply.stream);
    EXPECT_TRUE(text.starts_with("\xef\xbb\xbfNumber,State"));
    EXPECT_NE(text.find("\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""), std::string::npos) << text;
    EXPECT_NE(text.find("\"a, \"\"b\"\"\""), std::string::npos) << text;
    EXPECT_NE(text.find(",116.35,40.05,2025-09-16T10:00:00,"), std::string::npos) << text;
    const auto zh = world.call("leader", "GET", "/cases.csv", "", {{"Accept-Language", "zh"}});
    EXPECT_NE(drain(*zh.stream).find("案件编号"), std::string::npos);
}

TEST(Cases, ACheckGoesToTheCollectorWhoIsNearest) {
    World world;
    const auto put = [&](std::string_view who, double lon, double lat) {
        return world.call(
            who, "PUT", "/me/position", json::serialize(json::object{{"lon", lon}, {"lat", lat}})
        );
    };
    EXPECT_EQ(put("", 116.351, 40.05).status, 401);
    EXPECT_EQ(put("handler-san", 116.351, 40.05).status, 403);
    EXPECT_EQ(put("collector", 10, 10).text_at("code"), "outside_city");
    EXPECT_EQ(put("collector", 116.351, 40.05).status, 204);
    const auto number = world.report(kRubbish);
    world.act("handler-san", number, {{"action", "accept"}});
    world.act("handler-san", number, {{"action", "resolve"}, {"result", "done"}});
    EXPECT_EQ(world.get("acceptor", "/cases/" + number).text_at("holder.account"), "collector");
    // Who has gone far away is no longer the nearest.
    EXPECT_EQ(put("collector", 116.2, 40.05).status, 204);
    const auto next = world.report(kRubbish, 116.36, 40.06);
    world.act("handler-san", next, {{"action", "accept"}});
    world.act("handler-san", next, {{"action", "resolve"}, {"result", "done"}});
    EXPECT_EQ(world.get("acceptor", "/cases/" + next).text_at("holder.account"), "");
}

TEST(Cases, AnExportThatTheStoreRefusesIsRefusedBeforeItBegins) {
    World world;
    std::string words = "/cases.csv?q=a";
    for (char c = 'a'; c <= 'z'; ++c) {
        words += std::string("%20") + c + "a%20" + c + "b%20" + c + "c";
    }
    const auto refused = world.get("leader", words);
    EXPECT_EQ(refused.status, 400) << refused.text;
    EXPECT_EQ(refused.stream, nullptr);
    const auto before_the_city = "/cases.csv?measure=filed&measure_from=1012-09-01";
    EXPECT_EQ(world.get("leader", before_the_city).status, 200);
}

TEST(Reports, OfACaseAreListedWithMaskedPeople) {
    World world;
    const auto number = world.report(kRubbish);
    world.report(kRubbish);
    const auto list = world.get("acceptor", "/reports?case=" + number);
    ASSERT_EQ(list.list("items").size(), 2U);
    EXPECT_EQ(list.text_at("items.0.state"), "duplicate");
    EXPECT_EQ(list.text.find("13812345678"), std::string::npos);
    const auto one = world.get("acceptor", "/reports/" + list.text_at("items.1.id"));
    EXPECT_EQ(one.text_at("state"), "filed_as_case");
    EXPECT_EQ(world.get("acceptor-west", "/reports/" + list.text_at("items.1.id")).status, 404);
    EXPECT_EQ(world.get("acceptor-west", "/reports").list("items").size(), 0U);
    EXPECT_EQ(world.get("acceptor", "/reports/0").status, 404);
}

TEST(Consultations, EndInADispatchAndAResponsibility) {
    World world;
    const auto number = world.report(kPothole);
    const auto opened = world.post(
        "dispatcher",
        "/consultations",
        {{"cases", json::array{number}},
         {"departments", json::array{"SAN", "ROAD"}},
         {"question", "whose?"}}
    );
    ASSERT_EQ(opened.status, 201) << opened.text;
    EXPECT_EQ(world.get("dispatcher", "/cases/" + number).text_at("state.code"), "consulting");
    EXPECT_EQ(world.get("dispatcher", "/consultations").text_at("items.0.question"), "whose?");
    EXPECT_EQ(
        world
            .post(
                "acceptor", "/consultations/000001/conclusion", {{"lead", "ROAD"}, {"basis", "x"}}
            )
            .status,
        403
    );
    const auto done = world.post(
        "dispatcher",
        "/consultations/000001/conclusion",
        {{"lead", "ROAD"}, {"basis", "minutes of 16 September"}}
    );
    ASSERT_EQ(done.status, 200) << done.text;
    EXPECT_EQ(world.get("dispatcher", "/cases/" + number).text_at("department.code"), "ROAD");
    EXPECT_EQ(
        world
            .post(
                "dispatcher", "/consultations/000009/conclusion", {{"lead", "ROAD"}, {"basis", "x"}}
            )
            .status,
        404
    );
}

}  // namespace
}  // namespace chengshu::api
