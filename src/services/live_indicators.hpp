#pragma once

#include "base/result.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/live_values.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/indicators.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/watched_observations.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chengshu::services {

struct LiveLimits {
    std::size_t values_bytes = std::size_t{512} * 1024 * 1024;
    std::size_t measures_bytes = std::size_t{256} * 1024 * 1024;
    /// Whether a call waits for commits that the store has and the disk has not yet; else it is
    /// answered Overloaded.
    bool waits = true;
};

/// What is asked: an indicator at a place over a period.
struct LiveQuestion {
    std::string code;
    indicators::Place place;
    indicators::Period period;
};

struct LiveAnswer {
    const indicators::Indicator* rule = nullptr;  ///< the version that holds; null: none does
    indicators::Value value;
};

/// All of one moment.
struct LiveAnswers {
    DefinitionsPtr definitions;     ///< what the rules belong to
    std::uint64_t sequence = 0;     ///< of the last change that is in them
    Seq journal;                    ///< the last journal entry that is in them
    std::vector<LiveAnswer> items;  ///< in the order of the questions
};

/// Values of the indicator at the place that may have changed: of periods that overlap the time.
struct LiveChange {
    std::size_t indicator = 0;  ///< position in the list that was asked for
    indicators::Place place;
    Instant from;
    Instant to;
};

struct LiveChanges {
    std::uint64_t sequence = 0;  ///< ask with this one next time
    bool everything = false;     ///< any value of any place may have changed
    std::vector<LiveChange> items;
};

struct LiveCounters {
    std::size_t values = 0;
    std::size_t values_bytes = 0;
    std::size_t measures = 0;  ///< parts of measures in memory: a stream's day, a subject's month
    std::size_t measures_bytes = 0;
    std::uint64_t changes = 0;     ///< facts that have been taken in
    std::uint64_t calculated = 0;  ///< values that were not kept, or no longer right
    std::uint64_t loaded = 0;      ///< parts read from the stores
};

/// Values of indicators as they are now. The measures they are made from are read from the stores
/// when they are first asked for, stay in memory and follow what becomes durable; a value is kept
/// until something that it is made of has changed. Nothing that is not durable is shown, nothing
/// has to be read at a start, and what is given equals a calculation from the stored rows.
/// Thread-safe. Takes no notice of rights: that is the caller's part.
class LiveIndicators final : public ReadingsFollower {
public:
    /// All outlive this object. `entities` may be null: there are no terminals.
    LiveIndicators(
        ports::Store& store,
        CurrentDefinitions& definitions,
        SensingEntities* entities,
        LiveLimits limits = {}
    );
    LiveIndicators(const LiveIndicators&) = delete;
    LiveIndicators& operator=(const LiveIndicators&) = delete;
    ~LiveIndicators() override;

    /// Before the first commit. `readings` is the store that the terminals' readings are in; null:
    /// there are none. Follows it from now on.
    Status start(WatchedObservations* readings);
    /// What the engine has made durable, in order: see Engine::on_commit.
    void committed(const ports::Changes& changes, Seq head);
    /// A commit may or may not have been made: see Engine::on_doubt.
    void commit_doubtful(Seq told);
    /// Something may have changed; any thread, must be quick. Before the first change.
    void listen(std::function<void()> listener);

    /// Nobody waits any more: no commit will come.
    void stop();

    // Of the observation store, in order.
    void appended(std::span<const sensing::Observation> rows) override;
    void changed(const sensing::Observation& before, const sensing::Observation& now) override;
    void erased(std::span<const sensing::Observation> rows) override;
    void streams_erased(std::span<const std::int64_t> streams) override;
    void thinned(const ports::RetentionStep& step) override;
    void doubtful() override;

    /// Goes up with every change.
    [[nodiscard]] std::uint64_t sequence() const;
    /// All answers of one moment. TooLarge; Overloaded: the disk is behind; failures of the stores.
    Result<LiveAnswers> answer(std::span<const LiveQuestion> questions);
    /// One value, for the indicator's own period that the instant lies in.
    Result<LiveAnswer> value(std::string_view code, const indicators::Place& place, Instant at);
    /// Whether the value is still what it was at the sequence, and everything that the stores have
    /// now has been taken in: what was read from them in between belongs to the value.
    Result<bool> unchanged(const LiveQuestion& question, std::uint64_t sequence);
    /// What may have changed after `since`: a sequence from an earlier call or answer.
    LiveChanges changed_since(std::uint64_t since, std::span<const std::string> codes);
    /// Terminals of the type in the area, at any depth.
    std::vector<std::int64_t> things(std::string_view area, std::string_view type);

    /// In force now.
    [[nodiscard]] DefinitionsPtr definitions() const;
    [[nodiscard]] LiveCounters counters() const;

private:
    class State;
    ports::Store& store_;
    WatchedObservations* watched_ = nullptr;
    std::unique_ptr<State> state_;
};

}  // namespace chengshu::services
