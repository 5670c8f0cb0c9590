#include "domain/sensing/alarm.hpp"

#include "base/random.hpp"
#include "domain/sensing/quality.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::sensing {
namespace {

constexpr std::int64_t kMinute = 60'000;

AlarmRule rule() {
    AlarmRule out;
    out.code = "hot";
    out.when = Comparison::Above;
    out.limit = 100;
    out.lasts = std::chrono::minutes{10};
    out.gap = std::chrono::minutes{5};
    out.clear_limit = 80;
    out.clear_lasts = std::chrono::minutes{4};
    return out;
}

/// The minutes at which something happened: "+12 -20".
struct Trace {
    AlarmRule rule = sensing::rule();
    AlarmState state;
    std::string events;

    void read(std::int64_t minute, double value) {
        const auto event = advance(rule, state, {minute * kMinute, minute * kMinute, value});
        if (event != AlarmEvent::None) {
            events += (events.empty() ? "" : " ") +
                      std::string(event == AlarmEvent::Raised ? "+" : "-") + std::to_string(minute);
        }
    }
};

TEST(Alarm, IsRaisedWhenTheValueHasBeenBeyondTheLimitForItsTime) {
    Trace trace;
    for (std::int64_t minute = 0; minute <= 12; minute += 2) {
        trace.read(minute, 101);
    }
    EXPECT_EQ(trace.events, "+10");
    EXPECT_EQ(trace.state.since, 0);
}

TEST(Alarm, TheLimitItselfIsNotAboveIt) {
    Trace trace;
    for (std::int64_t minute = 0; minute <= 30; ++minute) {
        trace.read(minute, 100);
    }
    EXPECT_EQ(trace.events, "");
    trace.rule.when = Comparison::AtLeast;
    for (std::int64_t minute = 31; minute <= 41; ++minute) {
        trace.read(minute, 100);
    }
    EXPECT_EQ(trace.events, "+41");
}

TEST(Alarm, OneReadingBackBeginsTheWaitAnew) {
    Trace trace;
    for (std::int64_t minute = 0; minute <= 20; ++minute) {
        trace.read(minute, minute == 9 ? 100 : 150);
    }
    EXPECT_EQ(trace.events, "+20");
    EXPECT_EQ(trace.state.since, 10 * kMinute);
}

TEST(Alarm, ASilenceProvesNothing) {
    Trace trace;
    trace.read(0, 150);
    trace.read(11, 150);
    EXPECT_EQ(trace.events, "");
    EXPECT_EQ(trace.state.since, 11 * kMinute);
    trace.rule.gap = {};
    trace.read(30, 150);
    EXPECT_EQ(trace.events, "+30");
}

TEST(Alarm, IsRaisedOnceUntilTheValueHasBeenBackForItsTime) {
    Trace trace;
    const std::vector<double> values{150, 150, 150, 150, 150, 150, 150, 150, 150, 150, 150,
                                     90,  70,  70,  90,  150, 70,  70,  70,  70,  70,  150};
    for (std::size_t i = 0; i < values.size(); ++i) {
        trace.read(static_cast<std::int64_t>(i), values[i]);
    }
    EXPECT_EQ(trace.events, "+10 -20");
    EXPECT_EQ(trace.state.phase, AlarmPhase::Rising);
}

TEST(Alarm, PassesOverLateAndRepeatedReadings) {
    Trace trace;
    for (std::int64_t minute = 0; minute <= 8; minute += 2) {
        trace.read(minute, 150);
        trace.read(minute, 10);      // the same time again
        trace.read(minute - 3, 10);  // late
    }
    trace.read(10, 150);
    EXPECT_EQ(trace.events, "+10");
}

TEST(Alarm, LooksDownwardsToo) {
    Trace trace;
    trace.rule.when = Comparison::Below;
    trace.rule.limit = 10;
    trace.rule.clear_limit = 20;
    trace.rule.lasts = {};
    trace.rule.clear_lasts = {};
    trace.read(0, 10);
    trace.read(1, 9);
    trace.read(2, 15);
    trace.read(3, 5);
    trace.read(4, 20);
    EXPECT_EQ(trace.events, "+1 -4");
    EXPECT_EQ(trace.state.extreme, 5);
}

TEST(Alarm, AnIntervalCountsWithItsLength) {
    AlarmState state;
    const auto hour = 60 * kMinute;
    EXPECT_EQ(advance(rule(), state, {0, hour, 150}), AlarmEvent::Raised);
}

/// Readings given again from any point on change nothing that has been decided.
TEST(Alarm, ReadingsCanBeGivenAgain) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SeededRandom random(seed);
        Trace once;
        Trace twice;
        std::vector<double> values;
        for (int minute = 0; minute < 200; ++minute) {
            values.push_back(random.chance(1, 8) ? 60 : 130);
            once.read(minute, values.back());
            twice.read(minute, values.back());
            if (random.chance(1, 10)) {
                for (auto again = random.below(values.size()); again < values.size(); ++again) {
                    twice.read(static_cast<std::int64_t>(again), values[again]);
                }
            }
        }
        EXPECT_EQ(once.events, twice.events) << "seed " << seed;
        EXPECT_EQ(once.state, twice.state) << "seed " << seed;
    }
}

TEST(Alarm, TextsAreFilledInOnce) {
    AlarmFacts facts;
    facts.thing = "{value}";
    facts.value = "151";
    EXPECT_EQ(
        alarm_text(rule(), "{thing} has {value} of {limit}", facts), "{value} has 151 of 100"
    );
}

TEST(Alarm, PhasesHaveNames) {
    for (const auto phase :
         {AlarmPhase::Quiet, AlarmPhase::Rising, AlarmPhase::Raised, AlarmPhase::Falling}) {
        EXPECT_EQ(phase_of(phase_name(phase)), phase);
    }
}

}  // namespace
}  // namespace chengshu::sensing
