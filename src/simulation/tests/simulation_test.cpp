#include "simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace chengshu::simulation {
namespace {

std::string scenario_source(const std::string& path) {
    std::ifstream in(std::string(CS_SOURCE_DIR) + "/scenarios/" + path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

Cities& cities() {
    static Cities all(
        {scenario_source("city-management/workflows/standard.yaml"),
         scenario_source("city-management/workflows/direct.yaml"),
         scenario_source("service-requests/workflows/request.yaml"),
         scenario_source("city-management/evaluation.yaml"),
         scenario_source("service-requests/evaluation.yaml"),
         scenario_source("city-management/indicators.yaml")}
    );
    return all;
}

Outcome run(const Options& options) {
    const auto city = cities().of(options);
    EXPECT_TRUE(city) << city.error().context;
    return simulate(options, **city);
}

/// The first seed of a few that catches the planted mistake, or 0.
std::uint64_t caught(Plant plant) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        if (run({seed, 300, plant}).verdict == Verdict::Safety) {
            return seed;
        }
    }
    return 0;
}

TEST(Simulation, ASeedDecidesEverything) {
    const auto first = run({17, 150, Plant::None});
    const auto second = run({17, 150, Plant::None});
    EXPECT_EQ(first.verdict, Verdict::Good) << first.findings.front();
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_NE(first.trace, run({18, 150, Plant::None}).trace);
}

TEST(Simulation, ReachesWhatItIsMeantToReach) {
    Outcome sum;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const auto outcome = run({seed, 300, Plant::None});
        EXPECT_EQ(outcome.verdict, Verdict::Good)
            << "seed " << seed << ": " << outcome.findings.front();
        sum.acknowledged += outcome.acknowledged;
        sum.refused += outcome.refused;
        sum.faults += outcome.faults;
        sum.crashes += outcome.crashes;
        sum.cases += outcome.cases;
    }
    EXPECT_GT(sum.acknowledged, 100);
    EXPECT_GT(sum.refused, 20);
    EXPECT_GT(sum.faults, 20);
    EXPECT_GT(sum.crashes, 5);
    EXPECT_GT(sum.cases, 50);
}

// Canaries: a simulator that cannot see these sees nothing.

TEST(Simulation, SeesALostAcknowledgement) {
    EXPECT_NE(caught(Plant::LostAck), 0U);
}

TEST(Simulation, SeesAnAnswerThatTheDiskDoesNotHold) {
    EXPECT_NE(caught(Plant::LostSync), 0U);
}

TEST(Simulation, SeesACommandDoneTwice) {
    EXPECT_NE(caught(Plant::DoubleApply), 0U);
}

TEST(Simulation, SeesAWrongDeadline) {
    EXPECT_NE(caught(Plant::WrongDeadline), 0U);
}

}  // namespace
}  // namespace chengshu::simulation
