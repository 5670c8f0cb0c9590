#pragma once

#include "base/result.hpp"
#include "domain/sensing/alarm.hpp"
#include "domain/sensing/observation.hpp"
#include "services/engine.hpp"
#include "services/sensing/entities.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chengshu::services {

/// Observations that no rule has looked at yet.
struct ReadingsPage {
    std::vector<sensing::Observation> rows;  ///< of watched streams, by phenomenon time
    std::int64_t upto = 0;                   ///< every row with an id up to this has been looked at
    bool more = false;                       ///< there are later ones already
    bool due = false;  ///< to be evaluated: it has rows, or the cursor is to be stored
};

/// What came of a page.
struct AlarmsOutcome {
    int raised = 0;   ///< a case was opened
    int held = 0;     ///< raised while the thing's earlier case of the rule is open: no new one
    int refused = 0;  ///< raised, but no case could be opened
    int cleared = 0;
    std::vector<CaseId> cases;          ///< that were opened
    std::vector<std::string> problems;  ///< why cases were refused
};

/// The city's alarm rules over what has been observed: a cursor over the observation store, so that
/// nothing is missed and nothing counts twice, whatever stops when. Where each alarm is, the cursor
/// and the cases are one commit. Readings that were changed afterwards are not looked at again.
///
/// One caller at a time: next → evaluate in a job → settle, or skip when nothing was found.
class AlarmRules {
public:
    AlarmRules(CurrentDefinitions& definitions, SensingEntities& entities)
        : definitions_(definitions), entities_(entities) {}

    /// Reads where the alarms are. Call after the entities have been loaded.
    Status load(ports::Store& store);

    /// Every observation with an id up to this has been looked at.
    [[nodiscard]] std::int64_t cursor() const { return cursor_; }

    /// Observations of watched streams among those behind `after`, a limited number of ids far.
    Result<ReadingsPage> next(std::int64_t after);
    /// Nothing of the page has to be evaluated. Not stored: after a stop it is read once more.
    void skip(const ReadingsPage& page);
    /// Takes rows into the alarms and stages what comes of it, with `upto` as the new cursor.
    /// Writer's thread. May be called several times in a commit.
    Result<AlarmsOutcome>
    evaluate(UnitOfWork& work, std::span<const sensing::Observation> rows, std::int64_t upto);
    /// The commit that held the evaluation has been made, or has not.
    void settle(bool committed);

    /// A job that evaluates the page; settles by itself before `done`.
    Job job(ReadingsPage page, std::function<void(Result<AlarmsOutcome>)> done);

    /// Cases opened in replays are marked as generated: nobody handled them in truth.
    void set_generated(bool generated) { generated_ = generated; }

private:
    using Key = std::pair<std::string, std::int64_t>;  ///< rule and stream

    struct Watch {
        std::vector<std::size_t> rules;  ///< positions in the definitions' alarms
        std::int64_t thing = 0;
    };

    Status watch();
    Status watch_streams();
    /// How far a quiet alarm has looked is not stored with every reading: the stream knows.
    Status catch_up(const sensing::AlarmRule& rule, std::int64_t stream);
    Result<std::optional<std::int64_t>>
    looked_at(const sensing::AlarmRule& rule, std::int64_t stream) const;
    sensing::AlarmState state_of(const Key& key) const;
    Status raise(
        UnitOfWork& work,
        const sensing::AlarmRule& rule,
        const sensing::AlarmState& state,
        const sensing::Observation& row,
        std::int64_t thing,
        AlarmsOutcome& outcome
    );
    Result<CaseId> open_case(
        UnitOfWork& work,
        const sensing::AlarmRule& rule,
        const sensing::AlarmState& state,
        const sensing::Observation& row,
        const sensing::Entity& thing
    ) const;

    CurrentDefinitions& definitions_;
    SensingEntities& entities_;
    bool generated_ = false;

    std::unordered_map<std::int64_t, Watch> watched_;  ///< by stream
    // What `watched_` was made from; looked through again when it has changed.
    DefinitionsPtr watched_definitions_;
    std::array<std::int64_t, 4> watched_counts_{};  ///< of streams and things, with their last ids

    std::map<Key, sensing::AlarmState> states_;
    std::map<Key, sensing::AlarmState> staged_;
    std::int64_t cursor_ = 0;
    std::optional<std::int64_t> staged_cursor_;
    std::int64_t stored_cursor_ = 0;
    bool doubtful_ = false;  ///< see follower_job
};

}  // namespace chengshu::services
