// What if: history under a draft of definitions.

#include "base/random.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

constexpr const char* kTwoYears = "area=110102&period=day&from=2023-09-18&to=2025-09-16";

/// Reports over two years, some days with several, in both districts; some cases are closed.
void fill(World& world, std::uint64_t seed) {
    SeededRandom random(seed);
    const auto start = *parse_rfc3339("2023-09-18T02:00:00Z");
    for (int day = 0; day < 730; day += static_cast<int>(random.below(60)) + 1) {
        world.clock.set(start + std::chrono::days{day});
        for (auto left = random.below(3) + 1; left > 0; --left) {
            const auto number = world.report(
                kRubbish,
                (random.below(3) == 0 ? 116.12 : 116.32) + 0.001 * static_cast<double>(day % 60),
                40.05
            );
            if (random.below(2) == 0) {
                world.act("handler-san", number, {{"action", "accept"}});
                world.act("handler-san", number, {{"action", "resolve"}, {"result", "x"}});
            }
        }
    }
    world.clock.set(*parse_rfc3339("2025-09-16T02:00:00Z"));
}

std::vector<double> numbers(World& world, const std::string& code, const std::string& query) {
    const auto got = world.get("leader", "/indicators/" + code + "/values?" + query);
    EXPECT_EQ(got.status, 200) << got.text;
    std::vector<double> out;
    for (const auto& item : got.list("items")) {
        const auto* value = item.as_object().if_contains("value");
        out.push_back(value == nullptr ? NAN : value->to_number<double>());
    }
    return out;
}

Reply draft(
    World& world,
    const std::string& code,
    const std::string& text,
    const std::string& query = kTwoYears,
    const std::string& who = "leader"
) {
    return world.post(who, "/indicators/" + code + "/draft?" + query, {{"definitions", text}});
}

std::string entry(std::string_view code, std::string_view rest) {
    return fmt::format(
        "- {{code: {}, name: {{zh: 试, en: Try}}, source: draft, period: days, {}}}\n", code, rest
    );
}

TEST(Drafts, TwoYearsOfDaysAsCalculatedByHand) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        World world;
        fill(world, seed);
        const auto reported = numbers(world, "reported", kTwoYears);
        const auto filed = numbers(world, "filed", kTwoYears);
        const auto present = numbers(world, "filing_rate", kTwoYears);
        ASSERT_EQ(reported.size(), 730U);
        const auto got = draft(
            world,
            "filing_rate",
            "curves:\n- {code: points_filing, source: d, extends: true, points: [[0, 0], [2, 30], "
            "[5, 40]]}\n"
            "indicators:\n" +
                entry(
                    "filing_rate",
                    "precision: 6, formula: 'extra + interpolate(points_filing, reported)'"
                ) +
                entry("extra", "formula: filed / 4 - 1")
        );
        ASSERT_EQ(got.status, 200) << got.text;
        EXPECT_TRUE(got.list("mistakes").empty()) << got.text;
        const auto items = got.list("items");
        ASSERT_EQ(items.size(), reported.size());
        int busy = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto x = reported[i];
            busy += x > 0 ? 1 : 0;
            const auto points = x <= 2 ? x * 15 : 30 + (x - 2) * 10 / 3;
            const auto expected = filed[i] / 4 - 1 + points;
            const auto& item = items[i].as_object();
            ASSERT_NEAR(item.at("value").to_number<double>(), expected, 1e-6) << i;
            const auto& now = item.at("now").as_object();
            ASSERT_EQ(now.contains("value"), !std::isnan(present[i])) << i;
            ASSERT_EQ(item.contains("difference"), !std::isnan(present[i])) << i;
            if (now.contains("value")) {
                ASSERT_EQ(now.at("value").to_number<double>(), present[i]) << i;
                ASSERT_NEAR(
                    item.at("difference").to_number<double>(), expected - present[i], 0.006
                );
            }
        }
        EXPECT_GT(busy, 10);
    }
}

TEST(Drafts, AreasRollUpAsTheDraftSays) {
    World world;
    fill(world, 7);
    const std::string query = "area=110000&period=year&from=2023-01-01&to=2025-12-31";
    const auto east =
        numbers(world, "reported", "area=110102&period=year&from=2023-01-01&to=2025-12-31");
    const auto west =
        numbers(world, "reported", "area=110101&period=year&from=2023-01-01&to=2025-12-31");
    const auto got = draft(
        world,
        "spread",
        "indicators:\n" + entry("spread", "areas: {as: max, level: district}, formula: reported"),
        query
    );
    ASSERT_EQ(got.list("items").size(), 3U) << got.text;
    const auto items = got.list("items");
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& item = items[i].as_object();
        EXPECT_EQ(item.at("value").to_number<double>(), std::max(east[i], west[i]));
        EXPECT_FALSE(item.contains("now")) << "a new code has no rule in force";
    }
}

TEST(Drafts, ChangeNothing) {
    World world;
    fill(world, 2);
    const auto list = world.get("", "/indicators").text;
    const auto values =
        world.get("leader", "/indicators/filing_rate/values?" + std::string(kTwoYears)).text;
    const auto head = *world.store.head();
    const auto sequence = world.live.sequence();
    EXPECT_EQ(
        draft(world, "filing_rate", "indicators:\n" + entry("filing_rate", "formula: reported"))
            .status,
        200
    );
    EXPECT_EQ(world.get("", "/indicators").text, list);
    EXPECT_EQ(
        world.get("leader", "/indicators/filing_rate/values?" + std::string(kTwoYears)).text, values
    );
    EXPECT_EQ(*world.store.head(), head);
    EXPECT_EQ(world.live.sequence(), sequence);
}

TEST(Drafts, MistakesArePointedAt) {
    World world;
    const auto wrong = draft(
        world,
        "filing_rate",
        "indicators:\n" + entry("filing_rate", "formula: filed / reprted") +
            entry("b", "formula: 1 +")
    );
    ASSERT_EQ(wrong.status, 200) << wrong.text;
    EXPECT_TRUE(wrong.list("items").empty());
    ASSERT_EQ(wrong.list("mistakes").size(), 2U) << wrong.text;
    EXPECT_EQ(wrong.text_at("mistakes.0.line"), "2");
    EXPECT_EQ(wrong.text_at("mistakes.1.line"), "3");
    const auto line = entry("filing_rate", "formula: filed / reprted");
    EXPECT_EQ(
        wrong.at("mistakes.0.column").as_int64(),
        static_cast<std::int64_t>(line.find("reprted")) + 1 - 2
    ) << "columns are characters: the Chinese name has one of three bytes";
    EXPECT_NE(wrong.text_at("mistakes.0.message.en").find('^'), std::string::npos);
    EXPECT_NE(wrong.text_at("mistakes.0.hint.en").find("reported"), std::string::npos);
    // What it breaks elsewhere is named with its file.
    const auto breaks = draft(
        world,
        "filing_rate",
        "indicators:\n- {code: on_time_closing_rate, name: {zh: 试, en: T}, source: s, period: "
        "hour, formula: '1'}\n"
    );
    ASSERT_FALSE(breaks.list("mistakes").empty());
    bool elsewhere = false;
    for (const auto& mistake : breaks.list("mistakes")) {
        const auto* file = mistake.as_object().if_contains("file");
        elsewhere = elsewhere || (file != nullptr && *file == "scenarios/test/indicators.yaml");
    }
    EXPECT_TRUE(elsewhere) << breaks.text;
    EXPECT_FALSE(draft(world, "x", "a: [").list("mistakes").empty());
}

TEST(Drafts, WhoMayAndHowMuch) {
    World world;
    const auto text = "indicators:\n" + entry("a", "formula: reported");
    EXPECT_EQ(draft(world, "a", text, kTwoYears, "").status, 401);
    EXPECT_EQ(draft(world, "a", text, kTwoYears, "administrator").status, 403);
    EXPECT_EQ(draft(world, "b", text).status, 404);
    EXPECT_EQ(draft(world, "a", text, "area=nowhere").status, 422);
    EXPECT_EQ(draft(world, "a", text, "from=2020-01-01&to=2025-01-01").status, 413);
    EXPECT_EQ(draft(world, "a", "").status, 400);
    EXPECT_EQ(draft(world, "a", std::string(300'000, '#')).status, 413);
    EXPECT_EQ(world.post("leader", "/indicators/a/draft", {{"rules", text}}).status, 400);
    // Persons are for whoever judges them, under a draft too.
    const auto person = "indicators:\n" + entry("a", "subjects: [handler], formula: handled");
    EXPECT_EQ(draft(world, "a", person, "kind=handler&subject=handler-san").status, 200);
    EXPECT_EQ(
        draft(world, "a", person, "kind=handler&subject=handler-san", "acceptor").status, 403
    );
}

TEST(Drafts, ALargeOneIsStopped) {
    World world;
    std::string text = "indicators:\n";
    for (int i = 0; i < 1'100; ++i) {
        text += entry(fmt::format("a{}", i), fmt::format("formula: reported + {}", i));
    }
    for (int i = 0; i < 11; ++i) {
        std::string sum = "0";
        for (int j = 0; j < 100; ++j) {
            sum += fmt::format("+a{}", i * 100 + j);
        }
        text += entry(fmt::format("s{}", i), "formula: " + sum);
    }
    text += entry("all", "formula: s0+s1+s2+s3+s4+s5+s6+s7+s8+s9+s10");
    const auto small = draft(world, "all", text, "from=2025-09-16");
    ASSERT_EQ(small.status, 200) << small.text;
    EXPECT_EQ(small.at("items.0.value").to_number<double>(), 1'100 * 1'099 / 2);
    const auto large = draft(world, "all", text, "from=2023-01-01&to=2025-09-16");
    EXPECT_EQ(large.status, 413) << large.text.substr(0, 300);
}

TEST(Drafts, AreReads) {
    EXPECT_TRUE(only_reads(
        {.method = "POST",
         .target = "/api/v1/indicators/a/draft?area=1",
         .headers = {},
         .body = "",
         .peer = ""}
    ));
    EXPECT_FALSE(only_reads(
        {.method = "POST", .target = "/api/v1/reports", .headers = {}, .body = "", .peer = ""}
    ));
    EXPECT_FALSE(
        only_reads({.method = "POST", .target = "/%", .headers = {}, .body = "", .peer = ""})
    );
}

}  // namespace
}  // namespace chengshu::api
