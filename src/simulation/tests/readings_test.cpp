#include "simulation/readings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace chengshu::simulation {
namespace {

std::string source(const std::string& path) {
    std::ifstream in(std::string(CS_SOURCE_DIR) + "/scenarios/" + path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

Outcome run(std::uint64_t seed) {
    static Cities cities(
        {source("city-management/workflows/standard.yaml"),
         source("city-management/workflows/direct.yaml"),
         source("service-requests/workflows/request.yaml"),
         source("city-management/evaluation.yaml"),
         source("service-requests/evaluation.yaml"),
         source("city-management/indicators.yaml")}
    );
    const Options options{seed, 300};
    const auto city = cities.readings();
    EXPECT_TRUE(city) << city.error().context;
    return simulate_readings(options, *city);
}

TEST(Readings, ASeedDecidesEverything) {
    const auto first = run(17);
    EXPECT_EQ(first.verdict, Verdict::Good) << first.findings.front();
    EXPECT_EQ(first.trace, run(17).trace);
    EXPECT_NE(first.trace, run(18).trace);
}

TEST(Readings, ReachWhatTheyAreMeantToReach) {
    Outcome sum;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto outcome = run(seed);
        EXPECT_EQ(outcome.verdict, Verdict::Good)
            << "seed " << seed << ": " << outcome.findings.front();
        sum.acknowledged += outcome.acknowledged;
        sum.refused += outcome.refused;
        sum.faults += outcome.faults;
        sum.crashes += outcome.crashes;
        sum.cases += outcome.cases;
        sum.alerts += outcome.alerts;
        sum.responses += outcome.responses;
    }
    EXPECT_GT(sum.acknowledged, 200);
    EXPECT_GT(sum.refused, 5);
    EXPECT_GT(sum.faults, 100);
    EXPECT_GT(sum.crashes, 20);
    EXPECT_GT(sum.cases, 30);
    EXPECT_GT(sum.alerts, 30);
    EXPECT_GT(sum.responses, 15);
}

}  // namespace
}  // namespace chengshu::simulation
