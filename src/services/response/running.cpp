#include "services/response/running.hpp"

#include "services/response/sites.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace chengshu::services {
namespace {

using indicators::Period;
using response::Change;
using response::RuleState;

/// Sites whose values are read at once.
constexpr std::size_t kSitesPerRead = 64;
/// After a failure a rule rests so long.
constexpr std::chrono::seconds kRest{10};
/// So long while the disk is behind.
constexpr std::chrono::milliseconds kShortRest{200};

/// Those that begin after the newest judged one, up to the one that runs; the latest of them.
std::vector<Period> periods_to_look_at(
    const response::Rule& rule,
    std::int64_t judged,
    const Period& running,
    const TimeZone& zone
) {
    std::vector<Period> out;
    for (auto at = running; to_millis(at.from) > judged && out.size() < kPeriodsLookedAt;
         at = indicators::previous_period(at, zone)) {
        if (rule.holds(at, zone)) {
            out.push_back(at);
        }
    }
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace

void RunningLooks::find_sites(const Look& look, Watching& watching, Date day) {
    const auto& registry = entities_.registry();
    // Asked before the sites are looked for: what changes meanwhile is found the next time.
    const auto version = registry.version();
    if (watching.rule == &look.rule && watching.registry == version && watching.day == day) {
        return;
    }
    watching.rule = &look.rule;
    watching.registry = version;
    watching.day = day;
    watching.all = true;
    watching.sites = sites_of(look.rule, *look.definitions->city, registry, day);
    watching.by_place.clear();
    watching.indicators.clear();
    const auto& zone = look.definitions->city->calendar().zone();
    std::set<std::string> codes;
    for (std::size_t i = 0; i < watching.sites.size(); ++i) {
        for (const auto& asked :
             response::asked_of(look.rule, watching.sites[i], watching.running, zone)) {
            codes.insert(asked.indicator);
            auto& sites = watching.by_place[asked.place];
            if (sites.empty() || sites.back() != i) {
                sites.push_back(i);
            }
        }
    }
    watching.indicators.assign(codes.begin(), codes.end());
}

std::vector<std::size_t>
RunningLooks::sites_changed(const Look& look, const Watching& watching, std::uint64_t& sequence) {
    const auto changes = live_.changed_since(sequence, watching.indicators);
    sequence = changes.sequence;
    std::vector<std::size_t> out;
    if (watching.all || changes.everything) {
        for (std::size_t i = 0; i < watching.sites.size(); ++i) {
            out.push_back(i);
        }
        return out;
    }
    auto earliest = look.periods.front();
    const auto& zone = look.definitions->city->calendar().zone();
    for (int back = response::looks_back(look.rule); back > 0; --back) {
        earliest = indicators::previous_period(earliest, zone);
    }
    for (const auto& change : changes.items) {
        const auto found = watching.by_place.find(change.place);
        if (found != watching.by_place.end() && change.from < watching.running.to &&
            earliest.from < change.to) {
            out.insert(out.end(), found->second.begin(), found->second.end());
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

Result<bool> RunningLooks::judge(
    const Look& look,
    const Watching& watching,
    std::span<const std::size_t> sites,
    std::vector<PlaceChange>& out
) {
    const auto& zone = look.definitions->city->calendar().zone();
    std::vector<response::Asked> asked;
    for (const auto site : sites) {
        for (const auto& period : look.periods) {
            const auto more = response::asked_of(look.rule, watching.sites[site], period, zone);
            asked.insert(asked.end(), more.begin(), more.end());
        }
    }
    auto same = values_.read(asked, look.definitions);
    if (!same && same.error().code == ErrorCode::TooLarge && sites.size() > 1) {
        const auto half = sites.size() / 2;
        CS_TRY(first, judge(look, watching, sites.first(half), out));
        CS_TRY(second, judge(look, watching, sites.subspan(half), out));
        return first && second;
    }
    if (!same || !*same) {
        return same;
    }
    for (const auto position : sites) {
        const auto& site = watching.sites[position];
        PlaceChange change;
        change.rule = &look.rule;
        change.before = look.state_at(site.key());
        change.before.judged = std::max(change.before.judged, look.judged);
        change.after = change.before;
        for (const auto& period : look.periods) {
            auto one =
                response::advance(look.rule, change.after, site, values_, period, zone, false);
            if (one.change != Change::None) {
                change.judgement = std::move(one);
            }
        }
        if (change.judgement.change != Change::None) {
            change.site = site;
            out.push_back(std::move(change));
        }
    }
    return true;
}

Result<std::vector<PlaceChange>> RunningLooks::look(
    const response::Rule& rule,
    const DefinitionsPtr& definitions,
    std::int64_t judged,
    Instant now,
    const std::function<RuleState(const std::string& site)>& state_at
) {
    std::vector<PlaceChange> out;
    auto& watching = watching_[rule.code];
    if (now < watching.again && watching.again - now <= kRest) {
        return out;
    }
    const auto& zone = definitions->city->calendar().zone();
    const auto running = indicators::period_at(rule.every, now, zone);
    watching.all = watching.all || watching.running != running;
    watching.running = running;
    Look look{rule, definitions, judged, periods_to_look_at(rule, judged, running, zone), state_at};
    find_sites(look, watching, zone.local_date(running.from));
    if (look.periods.empty() || (!watching.all && live_.sequence() == watching.sequence)) {
        return out;
    }
    auto sequence = watching.sequence;
    const auto changed = sites_changed(look, watching, sequence);
    const std::span all(changed);
    for (std::size_t i = 0; i < all.size(); i += kSitesPerRead) {
        const auto same =
            judge(look, watching, all.subspan(i, std::min(kSitesPerRead, all.size() - i)), out);
        if (same && *same) {
            continue;
        }
        // What has been found stays unsaid until all of it can be.
        const bool behind = !same && same.error().code == ErrorCode::Overloaded;
        watching.again = now + (same || behind ? Duration{kShortRest} : Duration{kRest});
        if (!same && !behind) {
            return Failure{same.error()};
        }
        return std::vector<PlaceChange>();
    }
    watching.sequence = sequence;
    watching.all = false;
    return out;
}

}  // namespace chengshu::services
