// Rules that are judged while their periods run: at once, at what has changed, and to the same end
// as somebody who looks at everything every time.

#include "base/random.hpp"
#include "services/reports.hpp"
#include "services/tests/responding.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace chengshu::services {
namespace {

constexpr auto kRunning = R"(rules:
  - code: water
    name: {zh: 积水, en: Water}
    source: test
    every: hour
    running: true
    at: {things: gauge}
    values: {depth: depth_hour}
    levels: {blue: depth > 15, orange: depth > 27, red: depth > 40}
    clear: depth < 10
    case: {categories: [TEST/matter/0101], from: orange}
    text: {zh: w, en: w}
  - code: many
    name: {zh: 多, en: Many}
    source: test
    every: day
    running: true
    at: {level: district}
    values: {reports: reported}
    levels: {yellow: reports > 2}
    text: {zh: m, en: m}
)";

TEST(Running, AReadingIsAnAlertACaseAndAPlanAtOnce) {
    Responding world(definitions(3, kRunning));
    world.read(1, 30);
    world.look();
    const auto open = world.alerts(kAlert, "water");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].level, Level::Orange);
    EXPECT_TRUE(open[0].case_id);
    ASSERT_EQ(world.responses().size(), 1U);
    EXPECT_EQ(world.responses()[0].state, response::ResponseState::Active);
    EXPECT_EQ(world.cases(), 3) << "the alert's own and two tasks";
    EXPECT_EQ(world.verified(), "");
}

TEST(Running, AReportIsAnAlertAtOnce) {
    Responding world(definitions(1, kRunning));
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(world.alerts(kAlert, "many").empty());
        intake::Report report;
        report.source = "hotline";
        report.category = "TEST/matter/0101";
        report.description = fmt::format("rubbish {}", i);
        report.point = {testing::kEast1.lon + 0.004 * i, testing::kEast1.lat};
        ASSERT_TRUE(world.run([&](UnitOfWork& work) -> Status {
            CS_CHECK(file_report(work, person("acceptor"), report));
            return ok();
        }));
        world.look();
    }
    const auto open = world.alerts(kAlert, "many");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].place.code, "110102");
}

TEST(Running, WhatIsStillAwaitedRaisesWhatIsJudgedDoesNot) {
    Responding world(definitions(3, kRunning));
    world.clock.at += 35min;  // 09:05
    const auto late = [&](int gauge, Duration before) {
        world.clock.at -= before;
        world.read(gauge, 30);
        world.clock.at += before;
        world.look();
    };
    late(1, 10min);
    EXPECT_EQ(world.alerts(kAlert, "water").size(), 1U) << "08:55 is judged at 09:10";
    world.clock.at += 10min;
    world.look();
    late(2, 20min);
    EXPECT_EQ(world.alerts(kAlert, "water").size(), 1U) << "it was judged at 09:10";
}

TEST(Running, AnEarlierPeriodThatEndsDoesNotLowerWhatALaterOneHasRaised) {
    Responding world(definitions(1, kRunning));
    world.clock.at += 35min;
    world.read(1, 50);
    world.look();
    ASSERT_EQ(world.alerts(kAlert, "water").size(), 1U);
    const auto id = world.alerts(kAlert, "water")[0].id;
    world.clock.at += 10min;  // 08:00 is judged: nothing was there
    world.look();
    ASSERT_EQ(world.alerts(kAlert, "water").size(), 1U);
    EXPECT_EQ(world.alerts(kAlert, "water")[0].id, id);
    EXPECT_EQ(world.alerts(kAlert, "water")[0].level, Level::Red);
    world.clock.at += 30min;
    world.read(1, 0);  // the mean is 25 now, which lowers only at the end
    world.look();
    EXPECT_EQ(world.alerts(kAlert, "water")[0].level, Level::Red);
    world.clock.at += 40min;
    world.look();
    EXPECT_EQ(world.alerts(kAlert, "water")[0].level, Level::Blue);
}

TEST(Running, ALookCostsWhatHasChanged) {
    constexpr int kGauges = 400;
    Responding world(definitions(kGauges, kRunning));
    const auto calculated = [&] { return world.live->counters().calculated; };
    auto before = calculated();
    world.look();
    EXPECT_EQ(calculated(), before) << "nothing has changed";
    world.read(7, 30);
    world.look();
    EXPECT_LE(calculated() - before, 4U);
    EXPECT_EQ(world.alerts(kAlert, "water").size(), 1U);
    world.look();  // at the cases of the tasks, which the other rule counts
    before = calculated();
    world.clock.at -= 48h;
    world.read(8, 30);
    world.clock.at += 48h;
    world.look();
    EXPECT_EQ(calculated(), before) << "no judgement reaches back so far";
}

/// One page is one commit, and who drives the watch hands over the next one when it is made: what
/// others have sent meanwhile comes between.
TEST(Running, TenThousandPlacesAtOnceAreMergedAndLeaveRoomForOthers) {
    constexpr int kGauges = 10'000;
    Responding world(definitions(kGauges, kRunning));
    for (int gauge = 1; gauge <= kGauges; ++gauge) {
        world.read(gauge, 20);
    }
    std::int64_t cases = 0;
    int pages = 0;
    for (auto before = *world.store.head(); world.step(); before = *world.store.head()) {
        ++pages;
        EXPECT_LE(
            world.store.head()->value - before.value,
            2 * static_cast<std::int64_t>(kChangesPerCommit)
        ) << "an alert and a response for each place at most";
        intake::Report report;
        report.source = "hotline";
        report.category = "TEST/matter/0101";
        report.description = fmt::format("rubbish {}", pages);
        report.point = {
            testing::kEast1.lon + 0.001 * (pages % 20), testing::kEast1.lat + 0.001 * (pages / 20)
        };
        ASSERT_TRUE(world.run([&](UnitOfWork& work) -> Status {
            CS_CHECK(file_report(work, person("acceptor"), report));
            return ok();
        }));
        EXPECT_GT(world.cases(), cases);
        cases = world.cases();
    }
    EXPECT_GE(pages, kGauges / static_cast<int>(kChangesPerCommit));
    const auto open = world.alerts(kAlert, "water");
    EXPECT_EQ(static_cast<std::int64_t>(open.size()), kOpenAlertsOfRuleMax + 1);
    std::int64_t places = 0;
    for (const auto& alert : open) {
        places += alert.places.at(Level::Blue);
    }
    EXPECT_EQ(places, kGauges);
}

/// Looks at everything every time, by the rows alone.
class Naive {
public:
    Naive(int gauges, Instant begin) : judged_(hour_of(begin) - 1) {
        places_.resize(static_cast<std::size_t>(gauges) + 1);
    }

    void take(int gauge, Instant at, double value) {
        auto& [sum, count] = places_[static_cast<std::size_t>(gauge)].hours[hour_of(at)];
        sum += value;
        ++count;
    }

    void look(Instant now) {
        while (from_millis((judged_ + 2) * kHour) + 10min <= now) {
            ++judged_;
            for (auto& place : places_) {
                judge(place, judged_, true);
            }
        }
        for (auto hour = std::max(judged_ + 1, hour_of(now) - 7); hour <= hour_of(now); ++hour) {
            for (auto& place : places_) {
                judge(place, hour, false);
            }
        }
    }

    [[nodiscard]] Level level(int gauge) const {
        return places_[static_cast<std::size_t>(gauge)].level;
    }

private:
    static constexpr std::int64_t kHour = 3'600'000;

    struct Place {
        std::map<std::int64_t, std::pair<double, int>> hours;
        Level level = Level::None;
        std::int64_t level_at = -1;
    };

    static std::int64_t hour_of(Instant at) { return to_millis(at) / kHour; }

    static void judge(Place& place, std::int64_t hour, bool ended) {
        const auto found = place.hours.find(hour);
        const bool known = found != place.hours.end();
        const double depth = known ? found->second.first / found->second.second : 0;
        auto grade = Level::None;
        if (known) {
            grade = depth > 40   ? Level::Red
                    : depth > 27 ? Level::Orange
                    : depth > 15 ? Level::Blue
                                 : Level::None;
        }
        const bool holds_on = grade == Level::None && (!known || depth >= 10);
        if (grade < place.level && (!ended || hour < place.level_at || holds_on)) {
            return;
        }
        if (grade != place.level) {
            place.level = grade;
            place.level_at = hour;
        }
    }

    std::vector<Place> places_;
    std::int64_t judged_;
};

TEST(Running, FindsWhatOneWhoLooksAtEverythingFinds) {
    constexpr int kGauges = 6;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        Responding world(definitions(kGauges, kRunning));
        Naive naive(kGauges, world.clock.at);
        for (int step = 0; step < 60; ++step) {
            for (auto rows = random.between(0, 3); rows > 0; --rows) {
                const auto gauge = static_cast<int>(random.between(1, kGauges));
                const auto back =
                    std::chrono::minutes{random.chance(1, 3) ? random.between(0, 200) : 0};
                const auto value = static_cast<double>(random.between(0, 60));
                world.clock.at -= back;
                world.read(gauge, value);
                naive.take(gauge, world.clock.at, value);
                world.clock.at += back;
            }
            if (random.chance(1, 10)) {
                world.start();
            }
            if (random.chance(1, 6)) {
                world.store.fault =
                    random.chance(1, 2) ? ShakyStore::Fault::Refused : ShakyStore::Fault::Lost;
                world.step();
                world.store.fault = ShakyStore::Fault::None;
            }
            world.look();
            naive.look(world.clock.at);
            std::map<std::string, Level> open;
            for (const auto& alert : world.alerts(kAlert, "water")) {
                open[alert.place_name.en] = alert.level;
            }
            for (int gauge = 1; gauge <= kGauges; ++gauge) {
                const auto name = fmt::format("尺{0} Gauge {0}", gauge);
                const auto found = open.find(name);
                ASSERT_EQ(found == open.end() ? Level::None : found->second, naive.level(gauge))
                    << name << " at step " << step << ", " << format_utc(world.clock.at);
            }
            world.clock.at += std::chrono::minutes{random.between(0, 50)};
        }
        EXPECT_EQ(world.verified(), "");
    }
}

}  // namespace
}  // namespace chengshu::services
