#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

std::string text_of_stream(http::BodyStream& stream) {
    std::string out;
    for (int i = 0; i < 100; ++i) {
        const auto piece = stream.next();
        if (!piece || piece->empty()) {
            break;
        }
        out += *piece;
    }
    return out;
}

std::size_t count_events(const std::string& text) {
    std::size_t count = 0;
    for (auto at = text.find("event: entry"); at != std::string::npos;
         at = text.find("event: entry", at + 1)) {
        ++count;
    }
    return count;
}

TEST(Events, FollowWhatIsCommitted) {
    World world;
    const auto reply = world.get("", "/events");
    ASSERT_NE(reply.stream, nullptr);
    EXPECT_EQ(reply.headers.get("Content-Type"), "text/event-stream");
    EXPECT_EQ(count_events(text_of_stream(*reply.stream)), 0U);
    const auto number = world.report(kRubbish);
    const auto text = text_of_stream(*reply.stream);
    EXPECT_EQ(count_events(text), 3U) << text;  // report, file, dispatch
    EXPECT_NE(text.find(number), std::string::npos);
    EXPECT_EQ(text.find("changes"), std::string::npos) << "the public sees no fields";
    EXPECT_EQ(text_of_stream(*reply.stream), "");
    const auto inner = text_of_stream(*world.get("acceptor", "/events?after=0").stream);
    EXPECT_NE(inner.find("changes"), std::string::npos);
    EXPECT_EQ(inner.find("account.created"), std::string::npos);
}

TEST(Events, ResumeAndFilter) {
    World world;
    const auto east = world.report(kRubbish, testing::kEast1.lon, testing::kEast1.lat);
    const auto west = world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    const auto count = [&](const std::string& query) {
        return count_events(text_of_stream(*world.get("", "/events" + query).stream));
    };
    EXPECT_EQ(count("?after=0"), 6U);
    EXPECT_EQ(count("?after=0&area=110101"), 3U);
    EXPECT_EQ(count("?after=0&department=SAN"), 6U);
    EXPECT_EQ(count("?after=0&department=LAMP"), 6U) << "assisting departments too";
    EXPECT_EQ(count("?after=0&department=ROAD"), 0U);
    EXPECT_EQ(count("?after=0&case=" + west), 3U);
    EXPECT_EQ(count("?last=2"), 2U);
    EXPECT_EQ(count("?last=2&area=110102"), 2U);
    EXPECT_EQ(count("?last=50&case=" + east), 3U);
    EXPECT_EQ(count("?last=0"), 0U);
    EXPECT_EQ(count(""), 0U);
    const auto head = world.store.head()->value;
    const auto resumed = world.call(
        "", "GET", "/events?after=0", "", {{"Last-Event-ID", fmt::format("{}", head - 1)}}
    );
    EXPECT_EQ(count_events(text_of_stream(*resumed.stream)), 1U);
    EXPECT_EQ(world.get("", "/events?after=x").status, 400);
    EXPECT_EQ(world.call("", "GET", "/events", "", {{"Last-Event-ID", "x"}}).status, 400);
    EXPECT_EQ(world.get("", "/events?area=1").status, 422);
}

TEST(Events, EndWithTheirSession) {
    World world;
    const auto session =
        world.post("", "/sessions", {{"login", "leader"}, {"password", "right leader"}});
    const auto header =
        std::pair<std::string, std::string>("Authorization", "Bearer " + session.text_at("token"));
    const auto reply = world.call("", "GET", "/events", "", {header});
    text_of_stream(*reply.stream);
    EXPECT_EQ(world.call("", "DELETE", "/sessions/current", "", {header}).status, 204);
    world.clock.pass(std::chrono::minutes{2});
    EXPECT_EQ(reply.stream->next(), std::nullopt);
}

/// Every figure must list exactly the cases that it counts.
void expect_links_agree(World& world, std::string_view who, const json::array& measures) {
    for (const auto& item : measures) {
        const std::string link(std::string_view(item.at("cases").as_string()));
        const auto list = world.get(who, link + "&limit=200");
        EXPECT_EQ(list.status, 200) << link << list.text;
        EXPECT_EQ(static_cast<std::int64_t>(list.list("items").size()), item.at("value").as_int64())
            << link;
    }
}

TEST(Statistics, FunnelAndSeriesLeadToTheirCases) {
    World world;
    for (int i = 0; i < 3; ++i) {
        world.report(kRubbish, 116.32 + 0.02 * i, 40.05);
        world.report(kRubbish, 116.12 + 0.02 * i, 40.05);
    }
    const auto first = world.get("acceptor", "/cases?area=110102").text_at("items.0.id");
    world.act("handler-san", first, {{"action", "accept"}});
    world.act("handler-san", first, {{"action", "resolve"}, {"result", "x"}});
    for (const std::string who : {"", "handler-san", "acceptor-west", "auditor"}) {
        for (const std::string query :
             {"", "?area=110102", "?area=110102001&day=2025-09-16", "?day=2025-09-15"}) {
            const auto funnel = world.get(who, "/statistics/funnel" + query);
            ASSERT_EQ(funnel.status, 200) << funnel.text;
            EXPECT_FALSE(funnel.list("measures").empty());
            expect_links_agree(world, who, funnel.list("measures"));
        }
    }
    const auto funnel = world.get("", "/statistics/funnel");
    EXPECT_EQ(funnel.text_at("day"), "2025-09-16");
    EXPECT_EQ(funnel.text_at("measures.0.value"), "6");
    EXPECT_EQ(funnel.text_at("sources.0.code"), "hotline");
    EXPECT_EQ(funnel.text_at("sources.0.reported"), "6");
    const auto series = world.get("", "/statistics/series?measure=reported&area=110101&days=3");
    ASSERT_EQ(series.list("items").size(), 3U);
    expect_links_agree(world, "", series.list("items"));
    EXPECT_EQ(series.text_at("items.2.value"), "3");
    EXPECT_EQ(world.get("", "/statistics/funnel?area=x").status, 422);
    EXPECT_EQ(world.get("", "/statistics/series?measure=x").status, 422);
}

TEST(Statistics, WhatWasClosedTodayLeadsToCasesReportedBefore) {
    World world;
    const auto number = world.report(kRubbish);
    world.report(kRubbish, 116.12, 40.05);
    world.clock.pass(std::chrono::days{2});
    world.act("handler-san", number, {{"action", "accept"}});
    world.act("handler-san", number, {{"action", "resolve"}, {"result", "x"}});
    world.act("acceptor", number, {{"action", "check_pass"}});
    const auto state = world.act(
        "acceptor",
        number,
        {{"action", "call_back"},
         {"contacted", "yes"},
         {"resolved", "yes"},
         {"satisfaction", "satisfied"}}
    );
    ASSERT_EQ(state, "closed");
    for (const std::string query :
         {"measure=closings&days=5&day=2025-09-18", "measure=reported&days=5"}) {
        const auto series = world.get("", "/statistics/series?" + query);
        ASSERT_EQ(series.list("items").size(), 5U) << series.text;
        expect_links_agree(world, "acceptor", series.list("items"));
    }
    const auto closings =
        world.get("", "/statistics/series?measure=closings&days=5&day=2025-09-18");
    EXPECT_EQ(closings.text_at("items.4.value"), "1");
    EXPECT_EQ(closings.text_at("items.2.value"), "0") << "that is the day of the report";
    const auto funnel = world.get("", "/statistics/funnel");
    EXPECT_EQ(funnel.text_at("day"), "2025-09-16") << "the newest report's, whatever came later";
    EXPECT_EQ(funnel.text_at("measures.0.value"), "2");
}

TEST(Statistics, ScoresLeadToTheirCases) {
    World world;
    const auto number = world.report(kRubbish);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    world.act("handler-san", number, {{"action", "accept"}});
    world.act("handler-san", number, {{"action", "resolve"}, {"result", "x"}});
    for (const std::string subject :
         {"area", "area&level=street", "department", "source", "post&post=handler", "collector"}) {
        const auto scores = world.get("leader", "/statistics/scores?subject=" + subject);
        ASSERT_EQ(scores.status, 200) << subject << scores.text;
        for (const auto& item : scores.list("items")) {
            for (const auto& measure : item.at("measures").as_object()) {
                const std::string link(
                    std::string_view(item.at("cases").at(measure.key()).as_string())
                );
                const auto list = world.get("leader", link + "&limit=200");
                ASSERT_EQ(list.status, 200) << link << list.text;
                // A measure that adds counters may be more than its cases; none without a case.
                EXPECT_EQ(list.list("items").empty(), measure.value().as_int64() == 0) << link;
            }
        }
    }
    EXPECT_EQ(world.get("leader", "/statistics/scores?subject=area").list("items").size(), 2U);
    EXPECT_EQ(world.get("acceptor", "/statistics/scores?subject=post").status, 403);
    EXPECT_EQ(world.get("leader", "/statistics/scores?subject=aera").status, 422);
    EXPECT_EQ(world.get("leader", "/statistics/scores?from=2025-09-17&to=2025-09-16").status, 400);
    EXPECT_EQ(world.get("leader", "/statistics/scores?level=x").status, 422);
    EXPECT_EQ(world.get("leader", "/statistics/scores?formula=x").status, 422);
}

TEST(Attachments, AreReadOnlyByWhoSeesTheirCase) {
    World world;
    const std::string jpeg(
        "\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x04\x00\x00\xff\xda\x00\x04\x00\x00 data "
        "\xff\xd9",
        28
    );
    const auto stored =
        world.call("acceptor", "POST", "/attachments", jpeg, {{"Content-Type", "text/html"}});
    ASSERT_EQ(stored.status, 201) << stored.text;
    EXPECT_EQ(stored.text_at("media_type"), "image/jpeg");
    const auto sha256 = stored.text_at("sha256");
    EXPECT_EQ(world.get("handler-san", "/attachments/" + sha256).status, 404);
    EXPECT_EQ(world.get("acceptor", "/attachments/" + sha256).status, 200);
    const auto filed = world.post(
        "acceptor",
        "/reports",
        {{"source", "hotline"},
         {"category", kRubbish},
         {"lon", 116.35},
         {"lat", 40.05},
         {"attachments", json::array{sha256}}}
    );
    ASSERT_EQ(filed.status, 201) << filed.text;
    const auto read = world.get("handler-san", "/attachments/" + sha256);
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.text, jpeg);
    EXPECT_EQ(read.headers.get("Content-Type"), "image/jpeg");
    EXPECT_EQ(read.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(world.get("handler-road", "/attachments/" + sha256).status, 404);
    EXPECT_EQ(world.get("", "/attachments/" + sha256).status, 401);
    const auto number = filed.text_at("case.id");
    EXPECT_EQ(world.get("handler-san", "/cases/" + number).text_at("attachments.0.kind"), "before");
    EXPECT_TRUE(world.get("", "/cases/" + number).list("attachments").empty());
    const auto resolved = world.post(
        "handler-san",
        "/cases/" + number + "/transitions",
        {{"action", "resolve"},
         {"result", "x"},
         {"attachments", json::array{{{"sha256", sha256}, {"kind", "after"}}}}}
    );
    EXPECT_EQ(resolved.text_at("attachments.1.kind"), "after") << resolved.text;
    const auto unknown = world.post(
        "handler-san",
        "/cases/" + number + "/transitions",
        {{"action", "attach"}, {"attachments", json::array{std::string(64, 'a')}}}
    );
    EXPECT_EQ(unknown.status, 422) << unknown.text;
}

TEST(Attachments, AreWhatTheirBytesAre) {
    World world;
    const auto kind = [&](std::string_view bytes) {
        return world.call("acceptor", "POST", "/attachments", bytes).text_at("code");
    };
    EXPECT_EQ(kind("<html><script>alert(1)</script></html>"), "unsupported_media");
    EXPECT_EQ(kind("\xff\xd8\xff\xe0 not a jpeg at all, but begins like one"), "unsupported_media");
    EXPECT_EQ(
        kind("%PDF-1.7 without an end mark, long enough to be looked at"), "unsupported_media"
    );
    EXPECT_EQ(
        kind(std::string("\x89PNG\r\n\x1a\n", 8) + std::string(60, '\0')), "unsupported_media"
    );
    EXPECT_EQ(kind(""), "invalid_input");
    EXPECT_EQ(kind(std::string(10 * 1024 * 1024 + 1, 'x')), "too_large");
}

TEST(Tiles, AreServedWithATag) {
    World world;
    world.report(kRubbish);
    const auto tile = world.get("", "/tiles/9/421/193.mvt");
    ASSERT_EQ(tile.status, 200);
    EXPECT_EQ(tile.headers.get("Content-Type"), "application/vnd.mapbox-vector-tile");
    EXPECT_NE(tile.text.find("110102"), std::string::npos);
    const std::string etag(tile.headers.get("ETag"));
    EXPECT_EQ(
        world.call("", "GET", "/tiles/9/421/193.mvt", "", {{"If-None-Match", etag}}).status, 304
    );
    world.report(testing::category::kLamp);
    EXPECT_EQ(
        world.call("", "GET", "/tiles/9/421/193.mvt", "", {{"If-None-Match", etag}}).status, 200
    );
    EXPECT_EQ(world.get("", "/tiles/9/421/999.mvt").status, 404);
    EXPECT_EQ(world.get("", "/tiles/19/1/1.mvt").status, 404);
    EXPECT_EQ(world.get("", "/tiles/a/1/1.mvt").status, 404);
    EXPECT_EQ(world.get("", "/tiles/-1/1/1.mvt").status, 404);
}

}  // namespace
}  // namespace chengshu::api
