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

}  // namespace
}  // namespace chengshu::api
