#pragma once

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "domain/sensing/alarm.hpp"
#include "simulation/findings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::simulation {

/// What a gateway has sent under one key. Each row is known by its result time, which no other has.
struct SentBatch {
    std::string key;
    std::string fingerprint;
    std::vector<sensing::Observation> rows;
    bool delivered = false;           ///< has reached the server at least once
    std::optional<std::int64_t> ids;  ///< the first, once acknowledged
    bool refusal_due = false;         ///< its key stands for other rows
};

struct WatchedStream {
    std::string thing;  ///< unified code
    std::int64_t id = 0;
    std::int64_t late_after = 0;  ///< ms
    double min = 0;
    double max = 0;
};

/// Compares what the stores hold with what was sent, by means of its own: nothing of the services
/// decides here.
class ReadingsChecker {
public:
    ReadingsChecker(
        Findings& findings,
        std::vector<sensing::AlarmRule> rules,
        std::vector<WatchedStream> streams
    )
        : findings_(findings), rules_(std::move(rules)), streams_(std::move(streams)) {}

    /// Every batch is there once and whole, or not at all; what is acknowledged is there.
    void
    check_rows(memory::MemoryObservations& rows, const std::map<int, SentBatch>& sent, bool all);
    /// Counts, first, last and latest of each stream equal what its rows say.
    void check_summaries(memory::MemoryObservations& rows);
    /// Late, duplicate, out of order: of every row.
    void check_flags(memory::MemoryObservations& rows);
    /// The cursor of the alarms may have moved: then exactly the cases are there that the rows
    /// behind it demand. To be called after every commit.
    void check_alarms(memory::MemoryObservations& rows, memory::MemoryStore& ledger);

    [[nodiscard]] std::int64_t cases() const { return static_cast<std::int64_t>(demanded_.size()); }

private:
    using Rows = std::vector<sensing::Observation>;

    static Rows all(memory::MemoryObservations& rows);
    void judge_stream(const WatchedStream& stream, const Rows& rows);
    void take_page(const Rows& page);

    Findings& findings_;
    std::vector<sensing::AlarmRule> rules_;
    std::vector<WatchedStream> streams_;
    std::int64_t cursor_ = 0;
    /// Rows that count for a rule on a stream, by (rule, stream), in order of time.
    std::map<std::pair<std::size_t, std::int64_t>, Rows> watched_;
    std::multiset<std::string> demanded_;        ///< external ids
    std::map<std::string, std::string> latest_;  ///< "rule/thing" → external id of its newest case
    std::map<std::string, bool> open_;           ///< external id → whether its case was open
};

}  // namespace chengshu::simulation
