#pragma once

#include <string>
#include <utility>
#include <vector>

namespace chengshu::simulation {

/// What the checkers hold against the system. Each text stands alone.
class Findings {
public:
    /// Something wrong has happened.
    void add(std::string text) {
        texts_.push_back(std::move(text));
        wrong_ = true;
    }

    /// Something that should happen does not.
    void stuck(std::string text) { texts_.push_back(std::move(text)); }

    /// False when nothing is worse than stuck.
    [[nodiscard]] bool wrong() const { return wrong_; }

    [[nodiscard]] bool empty() const { return texts_.empty(); }

    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

private:
    std::vector<std::string> texts_;
    bool wrong_ = false;
};

}  // namespace chengshu::simulation
