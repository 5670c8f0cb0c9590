// Live values beside calculations from the stored rows, over random facts.

#include "services/tests/live_fixture.hpp"

namespace chengshu::services {
namespace {

TEST_F(Live, AReportIsSeenOnAllLevelsAndNotBeforeItIsDurable) {
    const Place street{0, "110102001"};
    const Place city{0, "110000"};
    EXPECT_EQ(value("reported", street, clock.at, PeriodKind::Day), 0);
    const auto before = live->sequence();
    std::vector<Job> jobs;
    jobs.push_back({report(testing::category::kRubbish, testing::kEast1), [](auto) {}, {}, {}});
    std::vector<Engine::Batch> batches;
    batches.push_back(engine->execute(std::move(jobs)));
    EXPECT_EQ(value("reported", street, clock.at, PeriodKind::Day), 0);
    // What has to be read now would be ahead of the disk.
    const auto unread = question("reported", city, clock.at, PeriodKind::Day);
    const auto refused = live->answer({&unread, 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Overloaded);
    ASSERT_TRUE(engine->acknowledge(std::move(batches)));
    EXPECT_EQ(value("reported", street, clock.at, PeriodKind::Day), 1);
    EXPECT_EQ(value("reported", city, clock.at, PeriodKind::Day), 1);
    EXPECT_EQ(value("reported", city, clock.at, PeriodKind::Year), 1);
    EXPECT_GT(live->sequence(), before);
}

TEST_F(Live, AnApprovedFigureIsSeenOnAllLevelsAndNotBeforeItIsDurable) {
    const Place street{0, "110102001"};
    const Place city{0, "110000"};
    const std::vector<std::string> codes{"mood_year", "open"};
    std::vector<Job> jobs;
    jobs.push_back({enter("110101001", clock.at, 60), [](auto) {}, {}, {}});
    std::vector<Engine::Batch> batches;
    batches.push_back(engine->execute(std::move(jobs)));
    const auto unread = question("mood", street, clock.at, PeriodKind::Month);
    const auto refused = live->answer({&unread, 1});
    ASSERT_FALSE(refused) << "what has to be read now would be ahead of the disk";
    EXPECT_EQ(refused.error().code, ErrorCode::Overloaded);
    ASSERT_TRUE(engine->acknowledge(std::move(batches)));
    EXPECT_EQ(value("mood", street, clock.at, PeriodKind::Month), std::nullopt);
    EXPECT_EQ(value("mood_year", city, clock.at, PeriodKind::Year), 60);
    const auto since = live->changed_since(live->sequence(), codes).sequence;
    // What waits for an approval changes nothing.
    ASSERT_TRUE(run(enter("110102001", clock.at, 70, false)));
    EXPECT_TRUE(live->changed_since(since, codes).items.empty());
    jobs.clear();
    jobs.push_back({enter("110102001", clock.at, 80), [](auto) {}, {}, {}});
    batches.clear();
    batches.push_back(engine->execute(std::move(jobs)));
    EXPECT_EQ(value("mood", street, clock.at, PeriodKind::Month), std::nullopt);
    ASSERT_TRUE(engine->acknowledge(std::move(batches)));
    EXPECT_EQ(value("mood", street, clock.at, PeriodKind::Month), 80);
    EXPECT_EQ(value("mood", city, clock.at, PeriodKind::Month), 70);
    EXPECT_EQ(value("mood_year", city, clock.at, PeriodKind::Year), 70);
    const auto changes = live->changed_since(since, codes);
    ASSERT_FALSE(changes.everything);
    std::set<std::string> areas;
    for (const auto& change : changes.items) {
        EXPECT_EQ(change.indicator, 0U);
        areas.insert(change.place.code);
    }
    EXPECT_EQ(areas, (std::set<std::string>{"110000", "110102", "110102001"}));
}

TEST_F(Live, ACaseMovesBetweenTheMembersOfADimension) {
    const auto of_class = [&](const char* area, const char* id) {
        return value(
            "reported", indicators::member_place({area, "class", id}), clock.at, PeriodKind::Day
        );
    };
    CaseId id;
    ASSERT_TRUE(run(report(testing::category::kGraffiti, testing::kEast1, &id)));
    EXPECT_EQ(of_class("110102001", "TEST/matter/01"), 1);
    EXPECT_EQ(of_class("110102001", "TEST/component/02"), 0) << "a member that has nothing";
    act_as("acceptor", id, "correct", testing::category::kLamp);
    for (const auto* area : {"110102001", "110102", "110000"}) {
        EXPECT_EQ(of_class(area, "TEST/matter/01"), 0) << area;
        EXPECT_EQ(of_class(area, "TEST/component/02"), 1) << area;
    }
    EXPECT_EQ(
        value(
            "worst",
            indicators::member_place({"110102", "class", "none"}),
            clock.at,
            PeriodKind::Day
        ),
        std::nullopt
    ) << "an area's value is made of its parts, which are not broken down";
}

TEST_F(Live, SaysWhatMayHaveChanged) {
    const std::vector<std::string> codes{"open", "dust_8h"};
    EXPECT_TRUE(live->changed_since(0, codes).everything);
    EXPECT_EQ(value("open", {0, "110102001"}, clock.at, PeriodKind::Day), 0);
    EXPECT_EQ(value("dust_8h", thing("A1"), clock.at, PeriodKind::Hour), std::nullopt);
    const auto since = live->changed_since(live->sequence(), codes);
    EXPECT_FALSE(since.everything);
    EXPECT_TRUE(since.items.empty());
    CaseId id;
    ASSERT_TRUE(run(report(testing::category::kRubbish, testing::kEast1, &id)));
    auto changes = live->changed_since(since.sequence, codes);
    ASSERT_FALSE(changes.everything);
    std::set<std::string> areas;
    for (const auto& change : changes.items) {
        EXPECT_EQ(change.indicator, 0U);
        EXPECT_LE(change.from, clock.at);
        EXPECT_GT(change.to, clock.at);
        areas.insert(change.place.code);
    }
    EXPECT_EQ(areas, (std::set<std::string>{"110000", "110102", "110102001"}));
    append({reading(stream("A1"), clock.at, 7)});
    changes = live->changed_since(changes.sequence, codes);
    ASSERT_FALSE(changes.items.empty());
    EXPECT_EQ(changes.items.front().indicator, 1U);
    EXPECT_EQ(changes.items.front().place, thing("A1"));
    EXPECT_EQ(live->changed_since(changes.sequence, codes).items.size(), 0U);
    // Nothing of it concerns who asks for something else.
    const std::vector<std::string> other{"gas"};
    EXPECT_TRUE(live->changed_since(since.sequence, other).items.empty());
}

TEST_F(Live, KeepsWhatHasNotChanged) {
    const auto asked = questions(clock.at);
    ASSERT_TRUE(live->answer(asked));
    const auto calculated = live->counters().calculated;
    ASSERT_TRUE(live->answer(asked));
    EXPECT_EQ(live->counters().calculated, calculated);
    append({reading(stream("A1"), clock.at, 7)});
    ASSERT_TRUE(live->answer(asked));
    const auto after = live->counters().calculated;
    EXPECT_GT(after, calculated);
    EXPECT_LT(after - calculated, calculated / 2);
}

TEST_F(Live, StaysWithinItsMemory) {
    LiveLimits limits;
    limits.values_bytes = 20'000;
    limits.measures_bytes = 40'000;
    start(limits);
    SeededRandom random(1);
    for (int day = 0; day < 30; ++day) {
        const auto asked = questions(clock.at - std::chrono::days{day});
        expect_equal(some(asked, 5, random));
        ASSERT_TRUE(live->answer(asked));
        // One call's needs are held as long as it lasts.
        EXPECT_LT(live->counters().values_bytes, 60'000U);
        EXPECT_LT(live->counters().measures_bytes, 60'000U);
    }
}

TEST_F(Live, EqualsACalculationFromTheRowsWhateverHappens) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        live_through(random, 60);
        if (HasFatalFailure()) {
            return;
        }
    }
}

}  // namespace
}  // namespace chengshu::services
