#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

std::string rest_of(http::BodyStream& stream) {
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

Reply follow(World& world, std::string_view who, const std::string& path, std::string last = "") {
    std::vector<std::pair<std::string, std::string>> headers{{"Accept", "text/event-stream"}};
    if (!last.empty()) {
        headers.emplace_back("Last-Event-ID", std::move(last));
    }
    return world.call(who, "GET", path, "", headers);
}

/// The data of the last event in the text, with its name and id.
struct Event {
    std::string id;
    std::string name;
    json::object data;
};

std::vector<Event> events_in(const std::string& text) {
    std::vector<Event> out;
    std::size_t at = 0;
    const auto field = [&](std::string_view name) {
        const auto begin = text.find(name, at) + name.size();
        const auto end = text.find('\n', begin);
        at = end;
        return text.substr(begin, end - begin);
    };
    while (text.find("id: ", at) != std::string::npos) {
        Event event;
        event.id = field("id: ");
        event.name = field("event: ");
        event.data = json::parse(field("data: ")).as_object();
        out.push_back(std::move(event));
    }
    return out;
}

TEST(Feed, APageIsATableOfAllLevels) {
    World world;
    world.report(kRubbish);
    const auto page = world.get(
        "", "/feed?indicators=reported,filed&areas=110000,110102&parts=true&compare=previous"
    );
    ASSERT_EQ(page.status, 200) << page.text;
    EXPECT_EQ(page.list("indicators").size(), 2U);
    // The city with its two districts, the eastern district with its two streets.
    EXPECT_EQ(page.list("places").size(), 6U);
    EXPECT_EQ(page.list("cells").size(), 12U);
    EXPECT_EQ(page.text_at("cells.0.indicator"), "reported");
    EXPECT_EQ(page.text_at("cells.0.area"), "110000");
    EXPECT_EQ(page.text_at("cells.0.value"), "1");
    EXPECT_EQ(page.text_at("cells.0.previous.value"), "0");
    EXPECT_EQ(page.text_at("cells.0.previous.change"), "1");
    EXPECT_EQ(page.text_at("cells.1.area"), "110101");
    EXPECT_EQ(page.text_at("cells.1.value"), "0");
    EXPECT_EQ(page.text_at("cells.2.value"), "1");
}

TEST(Feed, IsNotSentAgainWhileNothingChanges) {
    World world;
    const std::string path = "/feed?indicators=reported&areas=110101";
    const auto first = world.get("", path);
    const std::string etag(first.headers.get("ETag"));
    ASSERT_FALSE(etag.empty());
    const auto again = [&] { return world.call("", "GET", path, "", {{"If-None-Match", etag}}); };
    EXPECT_EQ(again().status, 304);
    world.report(kRubbish);  // in the other district
    EXPECT_EQ(again().status, 304);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    const auto changed = again();
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.text_at("cells.0.value"), "1");
    // The next day begins with nothing.
    world.clock.pass(std::chrono::hours{24});
    EXPECT_EQ(world.get("", path).text_at("cells.0.value"), "0");
}

TEST(Feed, FollowersGetWhatHasChanged) {
    World world;
    const std::string path = "/feed?indicators=reported,closed&areas=110000&parts=true";
    const auto reply = follow(world, "", path);
    ASSERT_NE(reply.stream, nullptr) << reply.text;
    EXPECT_EQ(reply.headers.get("Content-Type"), "text/event-stream");
    auto events = events_in(rest_of(*reply.stream));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].name, "values");
    EXPECT_EQ(events[0].data.at("cells").as_array().size(), 6U);
    const auto id = events[0].id;
    EXPECT_EQ(rest_of(*reply.stream), "");
    world.report(kRubbish);
    events = events_in(rest_of(*reply.stream));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].name, "changes");
    const auto& cells = events[0].data.at("cells").as_array();
    ASSERT_EQ(cells.size(), 2U);  // the city and the district
    EXPECT_EQ(cells[0].at("area").as_string(), "110000");
    EXPECT_EQ(cells[0].at("value").to_number<double>(), 1);
    EXPECT_EQ(cells[1].at("area").as_string(), "110102");
    // Who comes back gets what he has missed, and nothing when he has missed nothing.
    auto resumed = events_in(rest_of(*follow(world, "", path, id).stream));
    ASSERT_EQ(resumed.size(), 1U);
    EXPECT_EQ(resumed[0].name, "changes");
    EXPECT_EQ(resumed[0].data.at("cells").as_array().size(), 2U);
    EXPECT_TRUE(events_in(rest_of(*follow(world, "", path, events[0].id).stream)).empty());
    // An id of another start is worth nothing.
    resumed = events_in(rest_of(*follow(world, "", path, "other-1").stream));
    ASSERT_EQ(resumed.size(), 1U);
    EXPECT_EQ(resumed[0].name, "values");
}

TEST(Feed, RanksAndDistributes) {
    World world;
    world.report(kRubbish);
    world.report(kRubbish, 116.34);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    const std::string path = "/feed?indicators=reported&areas=110000&level=street&shape=";
    const auto ranking = world.get("", path + "ranking&top=2");
    ASSERT_EQ(ranking.status, 200) << ranking.text;
    EXPECT_EQ(ranking.list("rankings.0.items").size(), 2U);
    EXPECT_EQ(ranking.text_at("rankings.0.items.0.area"), "110102001")
        << "streets with each other, not with their city";
    EXPECT_EQ(ranking.text_at("rankings.0.items.0.place"), "1");
    EXPECT_EQ(ranking.text_at("rankings.0.items.0.value"), "2");
    EXPECT_EQ(ranking.text_at("rankings.0.items.1.value"), "1");
    EXPECT_EQ(ranking.list("places").size(), 2U) << "those that are listed";
    const auto spread = world.get("", path + "distribution");
    EXPECT_EQ(spread.text_at("distributions.0.count"), "4");
    EXPECT_EQ(spread.text_at("distributions.0.least"), "0");
    EXPECT_EQ(spread.text_at("distributions.0.most"), "2");
    std::int64_t places = 0;
    for (const auto& band : spread.list("distributions.0.bands")) {
        places += band.at("count").as_int64();
    }
    EXPECT_EQ(places, 4);
    const auto trend = world.get("", "/feed?indicators=reported&areas=110000&periods=7");
    EXPECT_EQ(trend.list("cells").size(), 7U);
    EXPECT_EQ(trend.text_at("cells.6.value"), "3");
}

TEST(Feed, AValueOpensIntoExactlyItsRows) {
    World world;
    for (int i = 0; i < 5; ++i) {
        world.report(kRubbish, 116.32 + 0.01 * i);
    }
    for (const std::string code : {"reported", "filed", "dispatched", "closed", "reports"}) {
        for (const std::string area : {"110000", "110102", "110102001", "110101"}) {
            const auto opened = world.get(
                "leader", fmt::format("/feed/value?indicator={}&area={}&period=month", code, area)
            );
            ASSERT_EQ(opened.status, 200) << opened.text;
            EXPECT_EQ(opened.text_at("sum"), opened.text_at("value")) << code << area;
            EXPECT_EQ(opened.text_at("complete"), "true");
            EXPECT_GT(std::stoll(opened.text_at("sequence")), 0);
        }
    }
}

TEST(Feed, RefusesWhatItCannotGive) {
    World world;
    EXPECT_EQ(world.get("", "/feed").status, 400);
    EXPECT_EQ(world.get("", "/feed?indicators=nothing").status, 422);
    EXPECT_EQ(world.get("", "/feed?indicators=reported&areas=1").status, 422);
    EXPECT_EQ(world.get("", "/feed?indicators=reported&period=fortnight").status, 400);
    EXPECT_EQ(world.get("", "/feed?indicators=reported&period=hour").status, 400);
    EXPECT_EQ(world.get("", "/feed?indicators=reported&compare=better").status, 400);
    EXPECT_EQ(world.get("", "/feed?indicators=reported&shape=round").status, 400);
    EXPECT_EQ(world.get("", "/feed?indicators=reported&thing=7").status, 404);
    std::string many = "reported";
    for (int i = 0; i < 99; ++i) {
        many += ",reported";
    }
    EXPECT_EQ(world.get("", "/feed?periods=400&indicators=" + many).status, 413);
    EXPECT_EQ(world.get("", "/feed/value?indicator=nothing").status, 422);
    EXPECT_EQ(world.get("", "/feed/tiles/99/0/0.mvt?indicator=reported").status, 404);
    EXPECT_EQ(world.get("", "/feed/tiles/10/843/387.mvt?indicator=reported").status, 200);
}

TEST(Feed, EndsWithItsSession) {
    World world;
    const auto session =
        world.post("", "/sessions", {{"login", "leader"}, {"password", "right leader"}});
    const auto header =
        std::pair<std::string, std::string>("Authorization", "Bearer " + session.text_at("token"));
    const auto reply = world.call(
        "", "GET", "/feed?indicators=reported", "", {header, {"Accept", "text/event-stream"}}
    );
    rest_of(*reply.stream);
    EXPECT_EQ(world.call("", "DELETE", "/sessions/current", "", {header}).status, 204);
    world.clock.pass(std::chrono::minutes{2});
    EXPECT_EQ(reply.stream->next(), std::nullopt);
}

TEST(Feed, AMonthThatIsNotOverStandsBesideTheSameDays) {
    World world;
    double lon = 116.32;
    for (const auto* day : {"2025-08-10", "2025-08-20", "2025-09-02"}) {
        world.clock.set(*parse_rfc3339(std::string(day) + "T02:00:00Z"));
        world.report(testing::category::kRubbish, lon += 0.02);
    }
    const auto previous = [&] {
        const auto page = world.get("", "/feed?indicators=reported&period=month&compare=previous");
        EXPECT_EQ(page.text_at("cells.0.value"), "1") << page.text;
        return page.text_at("cells.0.previous.value");
    };
    world.clock.set(*parse_rfc3339("2025-09-19T15:59:00Z"));
    EXPECT_EQ(previous(), "1");
    // The next day has begun: nothing has changed but the time.
    world.clock.pass(std::chrono::minutes{1});
    EXPECT_EQ(previous(), "2");
    world.clock.pass(std::chrono::minutes{1});
    EXPECT_EQ(previous(), "2");
}

TEST(Pages, AreListedInTheirOrder) {
    World world;
    const auto pages = world.get("", "/pages");
    ASSERT_EQ(pages.status, 200) << pages.text;
    std::vector<std::string> codes;
    for (const auto& item : pages.list("items")) {
        codes.emplace_back(item.at("code").as_string());
    }
    // A city's own come after those of its scenarios.
    ASSERT_GT(codes.size(), 3U);
    EXPECT_EQ(codes.front(), "loop_today");
    const auto first = codes.size() - 3;
    EXPECT_EQ(
        json::serialize(pages.at(fmt::format("items.{}", first))),
        R"({"code":"week","name":{"zh":"一周","en":"Week"},"note":{"zh":"说明","en":"Note"},)"
        R"("source":"made up","indicators":["reported","filed"],"areas":["110102","110101"],)"
        R"("parts":true,"period":"day","periods":7,"compare":"previous","shape":"table"})"
    );
    EXPECT_EQ(
        json::serialize(pages.at(fmt::format("items.{}", first + 1))),
        R"({"code":"hotline","name":{"zh":"热线","en":"Hotline"},"source":"made up",)"
        R"("indicators":["reported"],"by":"source","member":"hotline","periods":1,"shape":"table"})"
    );
    EXPECT_EQ(
        json::serialize(pages.at(fmt::format("items.{}", first + 2))),
        R"({"code":"busiest","name":{"zh":"最忙","en":"Busiest"},"source":"made up",)"
        R"("indicators":["reported"],"level":"street","periods":1,"shape":"ranking","top":2})"
    );
}

/// Each of the data's pages can be read as it stands, by everybody.
TEST(Pages, EachCanBeRead) {
    World world;
    world.report(kRubbish);
    for (const auto& item : world.get("", "/pages").list("items")) {
        const std::string code(item.at("code").as_string());
        const auto page = world.get("", "/feed?page=" + code);
        ASSERT_EQ(page.status, 200) << code << page.text;
        EXPECT_EQ(page.list("indicators").size(), item.at("indicators").as_array().size()) << code;
    }
}

/// A page is the read that it spells out, and the query's word counts before the page's.
TEST(Pages, AreReadsOfTheFeed) {
    World world;
    world.report(kRubbish);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    const std::string week =
        "indicators=reported,filed&areas=110102,110101&parts=true&period=day&periods=7&compare=";
    const std::pair<std::string, std::string> equal[] = {
        {"page=week", week + "previous"},
        {"page=week&compare=both", week + "both"},
        {"page=week&areas=&compare=", week + "previous"},
        {"page=week&areas=110000&periods=2",
         "indicators=reported,filed&areas=110000&parts=true&period=day&periods=2&compare=previous"},
        {"page=week&indicators=closed&at=2025-09-10T00:00:00Z&period=week&periods=1",
         "indicators=closed&areas=110102,110101&parts=true&period=week&compare=previous&"
         "at=2025-09-10T00:00:00Z"},
        {"page=week&level=street&areas=110000&periods=1",
         "indicators=reported,filed&areas=110000&level=street&period=day&compare=previous"},
        {"page=week&parts=false&periods=1",
         "indicators=reported,filed&areas=110102,110101&period=day&compare=previous"},
        {"page=busiest", "indicators=reported&level=street&shape=ranking&top=2"},
        {"page=busiest&parts=true&top=1", "indicators=reported&parts=true&shape=ranking&top=1"},
        {"page=busiest&shape=distribution", "indicators=reported&level=street&shape=distribution"},
        {"page=hotline", "indicators=reported&by=source&member=hotline"},
        {"page=hotline&member=public", "indicators=reported&by=source&member=public"},
        {"page=hotline&by=class&areas=110101&parts=true",
         "indicators=reported&by=class&areas=110101&parts=true"},
    };
    for (const auto& [page, spelled_out] : equal) {
        const auto one = world.get("", "/feed?" + page);
        const auto other = world.get("", "/feed?" + spelled_out);
        ASSERT_EQ(one.status, 200) << page << one.text;
        EXPECT_EQ(one.text, other.text) << page;
        EXPECT_EQ(one.headers.get("ETag"), other.headers.get("ETag")) << page;
    }
    EXPECT_EQ(world.get("", "/feed?page=busiest").list("rankings.0.items").size(), 2U);
    EXPECT_EQ(world.get("", "/feed?page=week&areas=110102").list("places").size(), 3U);
}

TEST(Pages, RefuseWhatIsNoPage) {
    World world;
    const auto unknown = world.get("", "/feed?page=weak");
    EXPECT_EQ(unknown.status, 422);
    EXPECT_NE(unknown.text.find("week"), std::string::npos) << unknown.text;
    EXPECT_EQ(world.get("", "/feed?page=week&thing=7").status, 400);
    EXPECT_EQ(world.get("", "/feed?page=week&areas=nowhere").status, 422);
    EXPECT_EQ(world.get("", "/feed?page=week&period=hour").status, 400);
    EXPECT_EQ(world.get("", "/feed?page=week&indicators=nothing").status, 422);
    EXPECT_EQ(world.get("", "/feed?page=week&member=public").status, 400) << "of no dimension";
    EXPECT_EQ(world.get("", "/feed?page=hotline&areas=110101&parts=true").status, 400)
        << "streets have no counts by source";
    EXPECT_EQ(
        world
            .get(
                "",
                "/feed?page=week&level=street&periods=400&areas=110000,110101,110102&compare=both"
            )
            .status,
        413
    );
    EXPECT_EQ(world.get("", "/feed?page=").status, 400) << "neither page nor indicators";
}

TEST(Pages, AreFollowed) {
    World world;
    const std::string path = "/feed?page=week&areas=110102&periods=1";
    const auto reply = follow(world, "", path);
    ASSERT_NE(reply.stream, nullptr) << reply.text;
    auto events = events_in(rest_of(*reply.stream));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].name, "values");
    EXPECT_EQ(events[0].data.at("places").as_array().size(), 3U);
    world.report(kRubbish);
    events = events_in(rest_of(*reply.stream));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].name, "changes");
    EXPECT_EQ(events[0].data.at("cells").as_array().size(), 4U)
        << "reported and filed, of the district and a street";
}

}  // namespace
}  // namespace chengshu::api
