#pragma once

#include "domain/response/rule.hpp"
#include "services/engine.hpp"
#include "services/response/alerts.hpp"
#include "services/response/running.hpp"
#include "services/response/sites.hpp"
#include "services/response/values.hpp"
#include "services/sensing/entities.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::services {

/// Changes of places that one commit takes: an alert flood goes through in so many steps, and
/// others' work in between.
inline constexpr std::size_t kChangesPerCommit = 50;
/// Periods of a rule that are made up for after a long stop; earlier ones are left out.
inline constexpr int kPeriodsMadeUp = 100;

/// What is to be committed of one rule's look at one period.
struct WatchPage {
    std::string rule;
    std::optional<std::int64_t> judged;  ///< the rule's new cursor; none: more of the period comes
    /// There is no such rule any more: the places of `changes` are forgotten and their alerts end;
    /// with the last places the cursor is forgotten, too.
    bool gone = false;
    std::vector<PlaceChange> changes;
    /// The definitions that `changes` point into.
    DefinitionsPtr definitions;

    /// Whether there is anything to commit.
    [[nodiscard]] bool due() const { return judged.has_value() || !changes.empty() || gone; }
};

/// Rules over indicators (docs/alerts.md): each rule is judged once for every period, in order, at
/// every place; what comes of it is one commit with the cursor, so that nothing is missed and
/// nothing fires twice, whatever stops when.
///
/// One caller at a time: next → job, until it is settled.
class RuleWatch {
public:
    /// `live`: where running rules see what changes, and outlives this; null: every rule is judged
    /// at the end of its periods alone.
    RuleWatch(
        CurrentDefinitions& definitions,
        SensingEntities& entities,
        LiveIndicators* live = nullptr
    );

    /// Reads where the rules are. First; `store` must outlive this.
    Status load(ports::Store& store);

    /// What is next by the earliest end of a period, then what has changed while periods run; not
    /// due() when all is judged. Failures of the store.
    Result<WatchPage> next(Instant now);
    Job job(WatchPage page, std::function<void(Result<AlertsOutcome>)> done);

    /// Stages a page. Writer's thread.
    Result<AlertsOutcome> evaluate(UnitOfWork& work, const WatchPage& page);
    /// The commit that held the page has been made, or has not.
    void settle(bool committed);

    void set_generated(bool generated) { generated_ = generated; }

private:
    using Key = std::pair<std::string, std::string>;  ///< rule and site

    /// A period that has ended.
    struct Due {
        const response::Rule* rule = nullptr;
        indicators::Period period;
    };

    void begin_rules(Instant now);
    /// What is left of a rule that is gone.
    [[nodiscard]] std::optional<WatchPage> rest_of_gone_rule() const;
    Result<AlertsOutcome> forget(UnitOfWork& work, const WatchPage& page);
    [[nodiscard]] std::optional<Due> find_due(Instant now) const;
    Status judge(const Due& due, Instant now);
    /// Whether places have changed in periods that still run.
    Result<bool> look_at_running(Instant now);
    void pass(const Due& due, bool nowhere, Instant now);
    WatchPage take_page();

    CurrentDefinitions& definitions_;
    SensingEntities& entities_;
    ports::Store* store_ = nullptr;  ///< that was loaded
    bool generated_ = false;

    DefinitionsPtr known_definitions_;
    std::unique_ptr<StoredValues> values_;
    std::map<std::string, std::int64_t> cursors_;  ///< by rule: begin of the newest period judged
    std::map<std::string, std::int64_t> stored_;   ///< the same as committed
    std::map<Key, response::RuleState> states_;    ///< of places that are not quiet
    std::vector<std::string> new_;                 ///< rules whose cursor is not stored yet
    std::optional<RunningLooks> running_;

    // Of the period that is being committed.
    std::string judging_;
    std::vector<PlaceChange> pending_;
    std::optional<std::int64_t> pending_cursor_;
    std::optional<WatchPage> staged_;
    bool doubtful_ = false;  ///< see follower_job
};

/// Looks after open alerts and responses: escalation, late reports, cases of tasks.
class ResponseTending {
public:
    explicit ResponseTending(ports::Store& store) : store_(store) {}

    /// One round: jobs for what there is to do by `now`. Reads what is open.
    Result<std::vector<Job>>
    round(Instant now, bool generated, const std::function<void(Status)>& done);

private:
    ports::Store& store_;
};

}  // namespace chengshu::services
