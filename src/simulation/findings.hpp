#pragma once

#include <string>
#include <utility>
#include <vector>

namespace chengshu::simulation {

/// What the checkers hold against the system. Each text stands alone.
class Findings {
public:
    void add(std::string text) { texts_.push_back(std::move(text)); }

    [[nodiscard]] bool empty() const { return texts_.empty(); }

    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

private:
    std::vector<std::string> texts_;
};

}  // namespace chengshu::simulation
