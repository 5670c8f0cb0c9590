#include "simulation/readings.hpp"
#include "simulation/simulation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <unistd.h>

namespace {

using chengshu::simulation::Cities;
using chengshu::simulation::Options;
using chengshu::simulation::Outcome;
using chengshu::simulation::Plant;
using chengshu::simulation::ScenarioFiles;
using chengshu::simulation::SimCity;
using chengshu::simulation::Verdict;

// What CI and scripts see; 1 and 2 are left to wrong usage and the system.
constexpr int kSafety = 3;
constexpr int kLiveness = 4;
constexpr int kCrash = 5;
constexpr int kNotDeterministic = 6;

struct Arguments {
    std::uint64_t seed = 0;  ///< 0: several
    std::uint64_t seeds = 100;
    std::uint64_t first = 1;
    int steps = 400;
    int twice_every = 20;
    std::string plant = "none";
    bool readings = false;
    std::string root = CS_SOURCE_DIR;
};

const std::map<std::string, Plant> kPlants = {
    {"none", Plant::None},
    {"lost-ack", Plant::LostAck},
    {"lost-sync", Plant::LostSync},
    {"double-apply", Plant::DoubleApply},
    {"wrong-deadline", Plant::WrongDeadline},
};

/// How to see it again; prepared before each seed so that a signal handler only has to write it.
char replay_command[256];

std::string again(const Arguments& arguments, std::uint64_t seed) {
    return fmt::format(
        "./dev sim --seed {} --steps {}{}{}",
        seed,
        arguments.steps,
        arguments.readings ? " --readings" : "",
        arguments.plant == "none" ? "" : " --plant " + arguments.plant
    );
}

extern "C" void on_abort(int) {
    // Only what a signal handler may call.
    const std::string_view text(replay_command);
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
    _exit(kCrash);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        fmt::print(stderr, "cannot read {}\n", path);
        std::exit(1);
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

ScenarioFiles read_scenarios(const std::string& root) {
    const auto scenarios = root + "/scenarios/";
    return {
        read_file(scenarios + "city-management/workflows/standard.yaml"),
        read_file(scenarios + "city-management/workflows/direct.yaml"),
        read_file(scenarios + "service-requests/workflows/request.yaml"),
        read_file(scenarios + "city-management/evaluation.yaml"),
        read_file(scenarios + "service-requests/evaluation.yaml"),
        read_file(scenarios + "city-management/indicators.yaml"),
    };
}

void show(std::uint64_t seed, const Outcome& outcome) {
    fmt::print(
        "seed {}: trace {:016x}, {} requests ({} done, {} refused, {} given up), {} cases, {} "
        "entries, "
        "{} faults, {} crashes, {:.1f} days\n",
        seed,
        outcome.trace,
        outcome.requests,
        outcome.acknowledged,
        outcome.refused,
        outcome.given_up,
        outcome.cases,
        outcome.entries,
        outcome.faults,
        outcome.crashes,
        static_cast<double>(outcome.lived.count()) / 86'400'000.0
    );
}

int complain(const Arguments& arguments, std::uint64_t seed, const Outcome& outcome) {
    const bool safety = outcome.verdict == Verdict::Safety;
    fmt::print(stderr, "seed {} FAILED ({}):\n", seed, safety ? "safety" : "liveness");
    for (const auto& text : outcome.findings) {
        fmt::print(stderr, "  {}\n", text);
    }
    fmt::print(stderr, "replay: {}\n", again(arguments, seed));
    return safety ? kSafety : kLiveness;
}

/// The world that was asked for.
Outcome simulate_seed(
    const Arguments& arguments,
    const Options& options,
    const SimCity& city,
    const chengshu::simulation::ReadingsCity& readings
) {
    if (arguments.readings) {
        return chengshu::simulation::simulate_readings(options, readings);
    }
    return simulate(options, city);
}

int run_seed(const Arguments& arguments, Cities& cities, std::uint64_t seed, bool twice) {
    const Options options{seed, arguments.steps, kPlants.at(arguments.plant)};
    const auto text = fmt::format("\nthe process died; replay: {}\n", again(arguments, seed));
    text.copy(replay_command, sizeof replay_command - 1);
    replay_command[std::min(text.size(), sizeof replay_command - 1)] = '\0';
    const auto city = cities.of(options);
    const auto readings = cities.readings();
    if (!city || !readings) {
        fmt::print(stderr, "{}\n", (city ? readings.error() : city.error()).context);
        return 1;
    }
    try {
        const auto outcome = simulate_seed(arguments, options, **city, *readings);
        if (arguments.seed != 0) {
            show(seed, outcome);
        }
        if (outcome.verdict != Verdict::Good) {
            return complain(arguments, seed, outcome);
        }
        if (twice && simulate_seed(arguments, options, **city, *readings).trace != outcome.trace) {
            fmt::print(
                stderr,
                "seed {} FAILED: its second run differs from its first\nreplay: {}\n",
                seed,
                again(arguments, seed)
            );
            return kNotDeterministic;
        }
    } catch (const std::exception& error) {
        fmt::print(
            stderr,
            "seed {} FAILED: exception: {}\nreplay: {}\n",
            seed,
            error.what(),
            again(arguments, seed)
        );
        return kCrash;
    }
    return 0;
}

int run(const Arguments& arguments) {
    Cities cities(read_scenarios(arguments.root));
    if (arguments.seed != 0) {
        return run_seed(arguments, cities, arguments.seed, true);
    }
    for (auto seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
        const bool twice = arguments.twice_every > 0 &&
                           seed % static_cast<std::uint64_t>(arguments.twice_every) == 0;
        if (const int code = run_seed(arguments, cities, seed, twice); code != 0) {
            return code;
        }
    }
    fmt::print(
        "{} seeds from {}, {} steps each: nothing wrong\n",
        arguments.seeds,
        arguments.first,
        arguments.steps
    );
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{
        "Runs the services in virtual time under faults; every choice is the seed's. Exit codes: 3 "
        "safety, 4 liveness, "
        "5 crash, 6 not deterministic."
    };
    app.add_option("--seed", arguments.seed, "Run this seed alone, twice, and say what happened")
        ->check(CLI::PositiveNumber);
    app.add_option("--seeds", arguments.seeds, "How many seeds")->check(CLI::PositiveNumber);
    app.add_option("--first", arguments.first, "The first of them")->check(CLI::PositiveNumber);
    app.add_option("--steps", arguments.steps, "Steps of the phase with faults")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option(
           "--twice-every",
           arguments.twice_every,
           "Run every n-th seed twice and compare the traces; 0: none"
    )
        ->check(CLI::Range(0, 1'000'000));
    app.add_flag(
        "--readings", arguments.readings, "Readings, alarms and warnings instead of cases"
    );
    app.add_option("--plant", arguments.plant, "Plant a mistake that the checkers must find")
        ->check(CLI::IsMember({"none", "lost-ack", "lost-sync", "double-apply", "wrong-deadline"}));
    app.add_option("--root", arguments.root, "The source tree, for its scenarios")
        ->check(CLI::ExistingDirectory);
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGABRT, on_abort);
    return run(arguments);
}
