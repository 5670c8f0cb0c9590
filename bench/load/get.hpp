#pragma once

#include "load/scenario.hpp"

#include <string>
#include <vector>

namespace chengshu::load {

/// GET of one or several targets in turn: a job is one request. Good is 2xx.
class GetScenario final : public Scenario {
public:
    /// `targets` is not empty; `headers` are lines ended by CRLF.
    GetScenario(std::vector<std::string> targets, std::string headers)
        : targets_(std::move(targets)), headers_(std::move(headers)) {}

    [[nodiscard]] std::vector<std::string> steps() const override { return targets_; }

    std::unique_ptr<Script> script(std::size_t connection) override;

private:
    std::vector<std::string> targets_;
    std::string headers_;
};

}  // namespace chengshu::load
