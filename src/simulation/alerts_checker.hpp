#pragma once

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "base/time.hpp"
#include "simulation/findings.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::simulation {

/// A terminal and where it stands.
struct WatchedThing {
    std::int64_t id = 0;
    std::int64_t stream = 0;
    std::string street;
};

/// Judges the warning rules of readings_city() by means of its own, from the rows, and compares:
/// nothing of the services decides here.
///
/// Values change between a look of the rules and its commit, which may fail and be tried again. So
/// every look leaves what was to be seen then, and what is committed must be what one of them says
/// of each site.
class AlertsChecker {
public:
    AlertsChecker(Findings& findings, std::vector<WatchedThing> things)
        : findings_(findings), things_(std::move(things)) {}

    /// The rules of the revision are about to look, by a clock that shows `now`.
    void before_look(memory::MemoryObservations& rows, Instant now, std::size_t revision);
    /// What is stored is what looks have seen; alerts, cases and responses are all there or not at
    /// all. To be called after every commit.
    void check(memory::MemoryStore& ledger);
    /// Everything was looked at by `now` and looked after: what runs is seen, no task waits.
    void check_settled(
        memory::MemoryObservations& rows,
        memory::MemoryStore& ledger,
        Instant now,
        std::size_t revision
    );

    [[nodiscard]] std::int64_t alerts() const { return alerts_; }

    [[nodiscard]] std::int64_t responses() const { return responses_; }

private:
    static constexpr std::size_t kRules = 2;

    using Slot = std::int64_t;  ///< five minutes since the epoch

    /// Where a rule is at a site, as documents tell it. Level 0 to 4.
    struct At {
        int level = 0;
        int lower = 0;
        Slot level_at = 0;
        std::string group;

        [[nodiscard]] bool same(const At& other) const;
    };

    using States = std::map<std::string, At>;  ///< by site; those at level 0 are left out

    struct Seen {
        Slot running = 0;    ///< by the server's clock
        Slot judgeable = 0;  ///< the newest whose values are there
        std::size_t revision = 0;
        std::map<std::pair<std::string, Slot>, double> values;  ///< by site
    };

    struct Followed {
        std::optional<Slot> cursor;
        States states;
        std::size_t looks = 0;  ///< positions of looks before are of no more use
    };

    Seen see(memory::MemoryObservations& rows, Instant now, std::size_t revision) const;
    static bool judges(std::size_t rule, const Seen& seen);
    /// What the end of a period, or a look while it runs, makes of the states.
    States judged(std::size_t rule, States states, Slot slot, const Seen& seen, bool ended) const;
    static bool same(const States& a, const States& b);
    std::vector<std::string> sites(std::size_t rule) const;
    std::optional<Slot> stored_cursor(memory::MemoryStore& ledger, std::size_t rule) const;
    States stored_states(memory::MemoryStore& ledger, std::size_t rule) const;
    void check_rule(memory::MemoryStore& ledger, std::size_t rule);
    bool explained(std::size_t rule, std::optional<Slot> cursor, const States& states) const;
    void check_alerts(memory::MemoryStore& ledger);
    void check_responses(memory::MemoryStore& ledger);
    void check_reports(
        memory::MemoryStore& ledger,
        const char* source,
        std::map<std::string, std::int64_t> wanted
    );

    Findings& findings_;
    std::vector<WatchedThing> things_;
    std::array<Followed, kRules> rules_;
    std::vector<Seen> seen_;
    std::int64_t alerts_ = 0;
    std::int64_t responses_ = 0;
    std::map<std::string, int> peaks_;  ///< of the alerts of the rule that has a plan
};

}  // namespace chengshu::simulation
