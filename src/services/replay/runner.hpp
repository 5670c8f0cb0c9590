#pragma once

#include "base/random.hpp"
#include "domain/access/principal.hpp"
#include "services/engine.hpp"
#include "services/unit_of_work.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace chengshu::services::replay {

class Runner;

/// Something that happens at an instant of the replayed past. It may schedule what follows.
using Happening = std::function<Status(Runner&, UnitOfWork&)>;

struct Outcome {
    std::int64_t happenings = 0;
    std::int64_t timers = 0;
    std::int64_t refused = 0;
    std::vector<std::string> problems;  ///< at most 20 of what was refused
    Instant end;
};

/// Moves virtual time through a sequence of happenings, in order of time, with the reminders and
/// overdue marks that fall between them, through the same services as live work. Commits in
/// batches.
class Runner {
public:
    /// `batch`: happenings that one commit holds.
    Runner(Engine& engine, std::size_t batch) : engine_(engine), batch_(batch) {}

    /// Calls `source` for the next thing that comes from outside, in ascending order of time, until
    /// it gives none. `as_of`: where virtual time ends (timers up to it fire).
    using Source = std::function<std::optional<std::pair<Instant, Happening>>()>;
    Result<Outcome> run(
        const Source& source,
        std::optional<Instant> as_of,
        const std::function<void(std::int64_t)>& progress
    );

    void schedule(Instant at, Happening what);
    /// To be called with every case that a happening has changed, when nothing of it can fail any
    /// more: its next timer is then kept.
    void watch(const cases::Case& value);

private:
    struct Item {
        Instant at;
        std::int64_t order = 0;
        Happening what;

        friend bool operator>(const Item& a, const Item& b) {
            return std::pair(a.at, a.order) > std::pair(b.at, b.order);
        }
    };

    std::optional<Item> next(const Source& source, std::optional<Instant> as_of);

    Engine& engine_;
    std::size_t batch_;
    std::vector<Item> queue_;  ///< a heap, the soonest first
    std::optional<std::pair<Instant, Happening>> ahead_;
    bool source_done_ = false;
    std::int64_t order_ = 0;
    std::unordered_map<CaseId, Instant> watched_;  ///< the timers in the queue that still hold
    Outcome outcome_;
};

/// The posts of a city as principals, for whoever a step needs.
class Cast {
public:
    explicit Cast(const city::City& city);

    /// A principal that may do the transition on the case: its post is of a kind in `by` and
    /// reaches the case. RuleViolation when the city has no such post.
    Result<access::Principal> who_may(const cases::Case& value, const cases::Transition& transition)
        const;
    /// A collector whose area holds the path; null when there is none.
    [[nodiscard]] const access::Principal* collector(const std::vector<std::string>& path) const;

private:
    std::multimap<std::string, access::Principal, std::less<>>
        by_kind_area_;  ///< "kind/area" and "handler/department"
};

}  // namespace chengshu::services::replay
