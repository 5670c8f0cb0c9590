#include "base/random.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace chengshu::api {
namespace {

using testing::category::kGraffiti;
using testing::category::kLamp;
using testing::category::kRubbish;
using testing::category::kSpill;

constexpr const char* kOrder = "TEST/matter/01";
constexpr const char* kFixtures = "TEST/component/02";

std::string report(World& world, const char* source, const char* category, city::Point point) {
    json::object body{
        {"source", source}, {"description", "x"}, {"lon", point.lon}, {"lat", point.lat}
    };
    if (category != nullptr) {
        body["category"] = category;
    }
    const auto reply = world.post("acceptor", "/reports", body);
    EXPECT_EQ(reply.status, 201) << reply.text;
    return reply.text_at("case.id");
}

/// Far enough from the others to be no duplicate.
city::Point place(const city::Point& near, int serial) {
    return {near.lon + 0.002 * serial, near.lat};
}

/// Three cases in the east, two of the hotline, one of them closed; one in the west.
World& busy(World& world) {
    const auto number = report(world, "hotline", kRubbish, place(testing::kEast1, 0));
    report(world, "hotline", kLamp, place(testing::kEast1, 1));
    report(world, "public", kRubbish, place(testing::kEast1, 2));
    report(world, "public", kRubbish, place(testing::kWest1, 3));
    world.act("handler-san", number, {{"action", "accept"}});
    world.act("handler-san", number, {{"action", "resolve"}, {"result", "x"}});
    return world;
}

std::map<std::string, std::string> values_of(const Reply& reply) {
    std::map<std::string, std::string> out;
    for (const auto& item : reply.list("items")) {
        const auto* value = item.as_object().if_contains("value");
        out[std::string(std::string_view(item.at("member").as_string()))] =
            value == nullptr ? "-" : json::serialize(*value);
    }
    return out;
}

TEST(Dimensions, AreListedWithTheirMembers) {
    World world;
    const auto list = world.get("", "/dimensions");
    ASSERT_EQ(list.status, 200) << list.text;
    EXPECT_EQ(list.text_at("items.0.code"), "source");
    EXPECT_EQ(list.text_at("items.0.levels.1"), "district");
    EXPECT_EQ(list.text_at("items.0.members.0.code"), "collector");
    EXPECT_EQ(list.text_at("items.1.name.zh"), "问题大类");
    EXPECT_EQ(list.text_at("items.1.members.0.code"), kOrder);
    EXPECT_EQ(list.text_at("items.1.members.0.name.en"), "Street order");
    EXPECT_EQ(list.text_at("items.1.members.2.code"), "none");
    const auto indicators = world.get("", "/indicators");
    for (const auto& item : indicators.list("items")) {
        const bool counted = item.at("rule").as_string() == "counted";
        EXPECT_TRUE(!counted || item.as_object().contains("dimensions")) << item.at("code");
    }
}

TEST(Dimensions, BreakAValueDownByAllMembersOrOne) {
    World made;
    auto& world = busy(made);
    const auto all = world.get("", "/indicators/reported/values?area=110102&by=source");
    ASSERT_EQ(all.status, 200) << all.text;
    EXPECT_EQ(all.text_at("area"), "110102");
    EXPECT_EQ(all.text_at("by"), "source");
    EXPECT_EQ(all.list("members").size(), 9U);
    EXPECT_EQ(all.text_at("members.4.name.en"), "Public");
    auto values = values_of(all);
    EXPECT_EQ(values.size(), 9U) << "those that have nothing too";
    EXPECT_EQ(values["hotline"], "2");
    EXPECT_EQ(values["public"], "1");
    EXPECT_EQ(values["iot"], "0");

    const auto one = world.get(
        "",
        fmt::format("/indicators/closing_rate/values?by=class&member={}&compare=previous", kOrder)
    );
    ASSERT_EQ(one.status, 200) << one.text;
    ASSERT_EQ(one.list("items").size(), 1U);
    EXPECT_EQ(one.text_at("members.0.code"), kOrder);
    EXPECT_EQ(one.text_at("items.0.member"), kOrder);
    EXPECT_TRUE(one.list("items")[0].as_object().contains("previous"));

    values = values_of(world.get("", "/indicators/filing_rate/values?area=110102001&by=class"));
    EXPECT_EQ(values[kOrder], "100");
    EXPECT_EQ(values["none"], "-") << "a rate of nothing is none";

    const auto draft = world.post(
        "leader",
        "/indicators/doubled/draft?area=110102&by=source",
        {{"definitions",
          "indicators: [{code: doubled, name: {zh: 双, en: Doubled}, period: days, source: t, "
          "formula: reported * 2}]"}}
    );
    ASSERT_EQ(draft.status, 200) << draft.text;
    EXPECT_EQ(values_of(draft)["hotline"], "4");
}

TEST(Dimensions, RefuseWhatHasNoCounts) {
    World world;
    const auto refused = [&](const std::string& path, int status, std::string_view says) {
        const auto reply = world.get("", path);
        EXPECT_EQ(reply.status, status) << path << reply.text;
        EXPECT_NE(reply.text.find(says), std::string::npos) << path << reply.text;
    };
    const std::string values = "/indicators/reported/values?";
    refused(values + "by=sauce", 422, "source");
    refused(values + "by=source&member=hotlin", 422, "hotline");
    refused(values + "member=hotline", 400, "name its dimension");
    refused(values + "by=source&area=110102001", 400, "levels that have: city, district");
    refused(values + "by=source&kind=source&subject=public", 400, "only areas are broken down");
    refused("/indicators/survey_satisfaction/values?by=source", 400, "has no values by source");
    refused(
        "/indicators/reported/inputs?at=2025-09-16T02:00:00Z&by=source", 400, "name one member"
    );
    refused("/feed?indicators=reported,survey_satisfaction&by=source", 400, "has no values by");
    refused("/feed?indicators=reported&by=source&level=street", 400, "levels that have");
    refused("/feed/value?indicator=reported&by=source", 400, "name one member");
    refused("/cases?measure=reported&measure_by=source", 400, "name one member");
    refused(
        "/cases?measure=reported&measure_by=source&measure_member=public&measure_kind=department",
        400,
        "only areas are broken down"
    );
    refused("/cases?measure=reported&measure_by=class&measure_member=x", 422, "not a member");
}

TEST(Dimensions, AreFedInEveryShape) {
    World made;
    auto& world = busy(made);
    const std::string path = "/feed?indicators=reported&by=source&areas=110000&parts=true";
    const auto page = world.get("", path + "&compare=previous");
    ASSERT_EQ(page.status, 200) << page.text;
    ASSERT_EQ(page.list("places").size(), 3U * 9U);
    EXPECT_EQ(page.text_at("places.4.area"), "110000");
    EXPECT_EQ(page.text_at("places.4.level"), "city");
    EXPECT_EQ(page.text_at("places.4.member"), "public");
    EXPECT_EQ(page.text_at("places.4.member_name.en"), "Public");
    EXPECT_EQ(page.text_at("cells.4.by"), "source");
    EXPECT_EQ(page.text_at("cells.4.member"), "public");
    EXPECT_EQ(page.text_at("cells.4.value"), "2");
    EXPECT_EQ(page.text_at("cells.4.previous.value"), "0");

    const auto ranking = world.get("", path + "&shape=ranking&top=1");
    EXPECT_EQ(ranking.list("places").size(), 1U);
    EXPECT_EQ(ranking.text_at("rankings.0.items.0.area"), "110102") << "parts of the city alone";
    EXPECT_EQ(ranking.text_at("rankings.0.items.0.member"), "hotline");
    EXPECT_EQ(ranking.text_at("rankings.0.items.0.value"), "2");
    const auto spread = world.get("", path + "&shape=distribution");
    EXPECT_EQ(spread.text_at("distributions.0.count"), "18");

    const auto reply = world.call("", "GET", path, "", {{"Accept", "text/event-stream"}});
    ASSERT_NE(reply.stream, nullptr) << reply.text;
    const auto rest = [&] {
        std::string out;
        for (auto piece = reply.stream->next(); piece && !piece->empty();
             piece = reply.stream->next()) {
            out += *piece;
        }
        return out;
    };
    EXPECT_NE(rest().find("event: values"), std::string::npos);
    report(world, "iot", kSpill, place(testing::kWest1, 7));
    const auto changes = rest();
    const std::string_view data = "data: ";
    const auto begin = changes.find(data);
    ASSERT_NE(begin, std::string::npos) << changes;
    EXPECT_NE(changes.find("event: changes"), std::string::npos);
    const auto body = json::parse(
        changes.substr(begin + data.size(), changes.find('\n', begin) - begin - data.size())
    );
    const auto& cells = body.at("cells").as_array();
    ASSERT_EQ(cells.size(), 2U) << "the member in the city and in the district";
    EXPECT_EQ(cells[1].at("area").as_string(), "110101");
    EXPECT_EQ(cells[1].at("member").as_string(), "iot");
    EXPECT_EQ(cells[1].at("value").to_number<double>(), 1);
}

/// Opens a member's value down to its cases: every count must list exactly as many, by whichever
/// door.
void open_all(World& world, const std::string& code, const std::string& query, int depth = 0) {
    const auto address = "/indicators/" + code + "/inputs?" + query;
    const auto opened = world.get("leader", address);
    ASSERT_EQ(opened.status, 200) << address << opened.text;
    const auto fed = world.get("leader", "/feed/value?indicator=" + code + "&" + query);
    ASSERT_EQ(fed.status, 200) << fed.text;
    EXPECT_EQ(fed.at("value"), opened.at("value")) << address;
    if (opened.at("indicator.rule") == "counted") {
        const auto list = world.get("leader", opened.text_at("cases") + "&limit=200");
        ASSERT_EQ(list.status, 200) << list.text;
        std::int64_t sum = 0;
        for (const auto& item : fed.list("cases")) {
            sum += item.at("counts").as_int64();
        }
        EXPECT_EQ(fed.list("cases").size(), list.list("items").size()) << address;
        EXPECT_EQ(static_cast<double>(sum), opened.at("value").to_number<double>()) << address;
        return;
    }
    for (const auto& input : opened.list("inputs")) {
        EXPECT_TRUE(input.as_object().contains("member")) << address;
        if (depth < 6) {
            open_all(
                world,
                std::string(std::string_view(input.at("indicator").as_string())),
                query,
                depth + 1
            );
        }
    }
}

TEST(DimensionsProperty, EveryNumberOpensIntoExactlyItsCases) {
    const std::vector<const char*> sources{"hotline", "public", "iot", "video"};
    const std::vector<const char*> categories{kRubbish, kGraffiti, kSpill, kLamp, nullptr};
    int unclassified = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        World world;
        for (int i = 0; i < 25; ++i) {
            const auto number = report(
                world,
                sources[random.below(sources.size())],
                categories[random.below(categories.size())],
                place(random.chance(1, 2) ? testing::kEast1 : testing::kWest1, i)
            );
            if (random.chance(1, 3)) {
                world.act("handler-san", number, {{"action", "accept"}});
                world.act("handler-san", number, {{"action", "resolve"}, {"result", "x"}});
            }
            if (random.chance(1, 4)) {
                world.act(
                    "acceptor",
                    number,
                    {{"action", "correct"}, {"category", kLamp}, {"reason", "x"}}
                );
            }
        }
        for (const auto& [by, area] : std::vector<std::pair<std::string, std::string>>{
                 {"source", "110000"},
                 {"source", "110102"},
                 {"class", "110101"},
                 {"class", "110102001"}
             }) {
            const auto whole =
                world.get("", "/indicators/reported/values?period=month&area=" + area);
            const auto parts = world.get(
                "", fmt::format("/indicators/reported/values?period=month&area={}&by={}", area, by)
            );
            double sum = 0;
            for (const auto& item : parts.list("items")) {
                sum += item.at("value").to_number<double>();
            }
            EXPECT_EQ(whole.at("items.0.value").to_number<double>(), sum) << area << " by " << by;
            const auto members = parts.list("members");
            for (const auto* code : {"reported", "closing_rate"}) {
                const auto& member = members[random.below(members.size())];
                open_all(
                    world,
                    code,
                    fmt::format(
                        "area={}&by={}&member={}&period=month&at=2025-09-16T02:00:00Z",
                        area,
                        by,
                        std::string_view(member.at("code").as_string())
                    )
                );
            }
        }
        const auto by_class = world.get("", "/indicators/reported/values?by=class");
        unclassified += std::stoi(by_class.text_at("items.2.value"));
    }
    EXPECT_GT(unclassified, 0) << "reports without a category";
}

}  // namespace
}  // namespace chengshu::api
