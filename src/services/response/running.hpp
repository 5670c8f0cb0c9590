#pragma once

#include "domain/response/rule.hpp"
#include "services/definitions.hpp"
#include "services/live_indicators.hpp"
#include "services/response/alerts.hpp"
#include "services/response/values.hpp"
#include "services/sensing/entities.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace chengshu::services {

/// Periods not yet judged that a look goes through: the one that runs and those before it whose
/// values are still awaited.
inline constexpr std::size_t kPeriodsLookedAt = 8;

/// Rules that are judged while their periods run, on the live values: a look goes to the places
/// whose values have changed since the one before, so that it costs what has changed. To all places
/// when a period begins or has been judged. It makes alerts only graver (see response::advance).
class RunningLooks {
public:
    /// Both outlive this object.
    RunningLooks(LiveIndicators& live, SensingEntities& entities)
        : live_(live), entities_(entities), values_(live) {}

    /// Everything is looked at again.
    void forget() { watching_.clear(); }

    /// All places of the rule are looked at again.
    void look_at_all(const std::string& rule) { watching_[rule].all = true; }

    /// What has changed at the rule's places; `judged` is the begin of the newest period that was
    /// judged at its end, `state_at` gives where the rule is at a site. While the disk is behind
    /// nothing is seen, nor missed. Failures of LiveIndicators::answer: then it is tried again a
    /// while later, and other rules go on.
    Result<std::vector<PlaceChange>> look(
        const response::Rule& rule,
        const DefinitionsPtr& definitions,
        std::int64_t judged,
        Instant now,
        const std::function<response::RuleState(const std::string& site)>& state_at
    );

private:
    struct Watching {
        // What the sites were made from; made again when it has changed.
        const response::Rule* rule = nullptr;
        std::uint64_t registry = 0;
        Date day;

        std::vector<response::Site> sites;
        std::map<indicators::Place, std::vector<std::size_t>> by_place;  ///< sites by whose values
        std::vector<std::string> indicators;
        indicators::Period running;
        std::uint64_t sequence = 0;  ///< of the live values: changes up to it have been looked at
        bool all = true;             ///< all sites are to be looked at
        Instant again;               ///< not before, after a failure
    };

    struct Look {
        const response::Rule& rule;
        const DefinitionsPtr& definitions;
        std::int64_t judged;
        std::vector<indicators::Period> periods;
        const std::function<response::RuleState(const std::string& site)>& state_at;
    };

    void find_sites(const Look& look, Watching& watching, Date day);
    /// Positions of the sites to look at, of changes up to `sequence`.
    std::vector<std::size_t>
    sites_changed(const Look& look, const Watching& watching, std::uint64_t& sequence);
    /// Whether the values were of the look's definitions.
    Result<bool> judge(
        const Look& look,
        const Watching& watching,
        std::span<const std::size_t> sites,
        std::vector<PlaceChange>& out
    );

    LiveIndicators& live_;
    SensingEntities& entities_;
    LiveValues values_;
    std::map<std::string, Watching> watching_;  ///< by rule
};

}  // namespace chengshu::services
