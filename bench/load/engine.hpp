#pragma once

#include "base/result.hpp"
#include "load/histogram.hpp"
#include "load/scenario.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chengshu::load {

struct EngineConfig {
    std::string host = "127.0.0.1";  ///< an IP address
    std::uint16_t port = 8080;
    std::size_t connections = 64;
    /// 0: closed loop, every connection works without pause. Otherwise open loop: so many jobs
    /// begin per second, whatever the server does, and every job's time counts from when it should
    /// have begun.
    double jobs_per_second = 0;
    bool poisson = false;  ///< open loop: random gaps of the same mean
    /// Ends after so many jobs, warm-up included; 0: when the time is over.
    std::uint64_t jobs = 0;
    std::chrono::milliseconds warmup{1000};
    std::chrono::milliseconds duration{10'000};  ///< after the warm-up
    std::chrono::milliseconds drain{10'000};  ///< how long to wait for what is under way at the end
    std::uint64_t seed = 1;
};

struct StepResult {
    std::string name;
    Histogram latency;  ///< of all answers, good or bad
    std::uint64_t errors = 0;
};

struct LoadResult {
    std::chrono::nanoseconds measured{0};  ///< shorter than asked for when the jobs ran out
    std::uint64_t jobs_begun = 0;
    std::uint64_t jobs_good = 0;
    std::uint64_t jobs_bad = 0;
    std::uint64_t jobs_unfinished =
        0;  ///< open loop: due in the measured time, but not done at the end of the drain
    std::uint64_t transport_errors = 0;
    Histogram job_latency;
    std::vector<StepResult> steps;
    std::map<int, std::uint64_t> statuses;
    std::string
        first_error;  ///< of the first bad answer: step, status and the beginning of its body

    /// One JSON object, for machines and people.
    [[nodiscard]] std::string to_json() const;
};

/// Runs a scenario on one thread, the caller's, with epoll. InvalidInput for a bad address,
/// NotFound when the server cannot be reached at the start.
Result<LoadResult> run(const EngineConfig& config, Scenario& scenario);

}  // namespace chengshu::load
