#include "domain/indicators/sheet.hpp"

#include "domain/evaluation/tests/shipped.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

namespace chengshu::evaluation {
namespace {

using namespace std::chrono_literals;
using testing::shipped;
using testing::values;

using Streets = std::map<std::string, testing::Cells::Cell>;

const TimeZone& zone() {
    static const auto kZone = TimeZone::find("Asia/Shanghai").value();
    return kZone;
}

/// 100 reported, filed and due, so many of them closed, so many on time.
std::vector<std::int64_t> street(std::int64_t closed, std::int64_t on_time, std::int64_t rework) {
    return values(
        shipped("city-management"),
        {{"reported", 100},
         {"reported_filed", 90},
         {"filed", 100},
         {"should_close", 100},
         {"closed", closed},
         {"closed_on_time", on_time},
         {"overdue_open", 100 - closed},
         {"rework", rework}}
    );
}

indicators::SheetReport report(const Streets& streets, const std::string& area) {
    testing::Cells facts(streets);
    const auto& catalogue = testing::shipped_indicators("city-management");
    indicators::Calculation calculation(catalogue, zone(), facts);
    const auto* sheet = catalogue.sheet("street_checkup");
    EXPECT_NE(sheet, nullptr);
    std::vector<std::string> peers;
    for (const auto& [code, cell] : streets) {
        peers.push_back(code);
    }
    const auto period = indicators::period_at(
        sheet->period, zone().to_instant(std::chrono::local_days{2026y / 10 / 1}), zone()
    );
    return indicators::report_of(calculation, *sheet, area, peers, period);
}

TEST(StreetCheckUp, RanksAndSaysWhatPullsDown) {
    const Streets streets{
        {"good", street(98, 95, 2)},
        {"slow", street(98, 60, 2)},
        {"none", {}},
        {"poor", street(84, 78, 20)}
    };
    const auto good = report(streets, "good");
    EXPECT_EQ(good.score.value.number, 100 * (30 + 20 + 10 + 5 + 15 * 0.8) / 80)
        << "2 of 100 are overdue; nothing urgent and no call-back: their items do not count";
    EXPECT_EQ(good.score.place, 1);
    EXPECT_EQ(good.score.of, 3) << "an area without cases has no score";
    EXPECT_TRUE(good.pulls.empty()) << "nobody does anything better";

    const auto slow = report(streets, "slow");
    ASSERT_EQ(slow.pulls.size(), 1U);
    EXPECT_EQ(slow.pulls[0].indicator->code, "health_on_time");
    EXPECT_EQ(slow.pulls[0].value, 0);
    EXPECT_EQ(slow.pulls[0].best, 100);
    EXPECT_NEAR(slow.pulls[0].gain, 100 * 30.0 / 80, 1e-9);
    EXPECT_NEAR(slow.pulls[0].gain, *good.score.value.number - *slow.score.value.number, 1e-9)
        << "it is all that is between the two";

    const auto poor = report(streets, "poor");
    EXPECT_EQ(poor.score.place, 3);
    EXPECT_EQ(slow.score.place, 2);
    ASSERT_GE(poor.pulls.size(), 3U);
    for (std::size_t i = 1; i < poor.pulls.size(); ++i) {
        EXPECT_GE(poor.pulls[i - 1].gain, poor.pulls[i].gain);
    }
    const auto none = report(streets, "none");
    EXPECT_EQ(none.score.value.number, std::nullopt);
    EXPECT_EQ(none.score.place, 0);
    EXPECT_TRUE(none.pulls.empty());
    EXPECT_EQ(none.items.size(), good.items.size());
}

TEST(StreetCheckUp, WhereLessIsBetterTheLeastIsFirst) {
    const Streets streets{{"a", street(98, 95, 2)}, {"b", street(98, 95, 8)}};
    for (const auto& line : report(streets, "a").items) {
        if (line.indicator->code == "rework_rate") {
            EXPECT_EQ(line.place, 1);
            EXPECT_EQ(line.best, 2);
        }
    }
}

}  // namespace
}  // namespace chengshu::evaluation
