#pragma once

#include "services/replay/runner.hpp"

#include <string>

namespace chengshu::services::replay {

/// People who work on made-up cases: whatever state a case is in, the post that it waits for does
/// the next sensible step after a while, now and then with a return, an extension or a rework.
class Life {
public:
    Life(const Definitions& definitions, const Cast& cast)
        : definitions_(definitions), cast_(cast) {}

    /// Schedules the case's next step. `closes`: it is closed before `end`; else it stops on its
    /// way and stays open.
    void begin(
        Runner& runner,
        const cases::Case& value,
        bool closes,
        std::uint64_t seed,
        Instant now,
        Instant end
    ) const;

private:
    struct State {
        CaseId id;
        SeededRandom random;
        bool closes = false;
        int steps_left = 0;
        Duration pause{};
        Instant end;
    };

    struct Move {
        std::string action;
        cases::Inputs inputs;
    };

    void later(Runner& runner, State state, Instant now) const;
    Status live(Runner& runner, UnitOfWork& work, State state) const;
    [[nodiscard]] std::optional<Move>
    next(const cases::Case& value, State& state, const city::City& city, Date today) const;
    [[nodiscard]] std::string
    department_for(const cases::Case& value, const city::City& city, Date today) const;

    const Definitions& definitions_;
    const Cast& cast_;
};

}  // namespace chengshu::services::replay
