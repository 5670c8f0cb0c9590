#include "services/live_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace chengshu::services {
namespace {

using indicators::Against;
using indicators::Comparison;
using indicators::Indicator;
using indicators::Period;
using indicators::Place;

/// Of all pages, so that a version is never that of another page's content.
std::uint64_t next_version() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

bool same_value(const LiveAnswer& a, const LiveAnswer& b) {
    return a.rule == b.rule && a.value.number == b.value.number && a.value.names == b.value.names;
}

bool same_comparison(const std::optional<Comparison>& a, const std::optional<Comparison>& b) {
    return a.has_value() == b.has_value() &&
           (!a || (a->period == b->period && a->change == b->change && a->rate == b->rate &&
                   a->value.number == b->value.number));
}

}  // namespace

std::string PageSet::key() const {
    std::string out;
    for (const auto& code : indicators) {
        out += code + ',';
    }
    for (const auto& place : places) {
        out += fmt::format("|{}/{}/{}", place.kind, place.code, place.thing);
    }
    out += fmt::format(
        "|{}|{}|{}|{}{}",
        period ? indicators::period_name(*period) : std::string(),
        at ? format_utc(*at) : std::string(),
        last,
        previous,
        last_year
    );
    return out;
}

bool PageCell::same(const PageCell& other) const {
    return same_value(now, other.now) && same_comparison(previous, other.previous) &&
           same_comparison(last_year, other.last_year);
}

Result<std::vector<std::vector<Period>>>
LivePage::periods_at(const Definitions& definitions, Instant now) const {
    const auto& zone = definitions.city->calendar().zone();
    const auto at = set_.at.value_or(now);
    std::vector<std::vector<Period>> out;
    for (const auto& code : set_.indicators) {
        const auto* rule = definitions.indicators.find(code, zone.local_date(at));
        for (const auto& version : definitions.indicators.all()) {
            if (rule == nullptr && version.code == code) {
                rule = &version;
            }
        }
        if (rule == nullptr) {
            return fail(
                ErrorCode::UnknownCode, fmt::format("there is no indicator {}", code), "indicators"
            );
        }
        const auto cycle = set_.period.value_or(rule->period);
        if (!rule->has_period(cycle)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{} has no values by {}", code, indicators::period_name(cycle)),
                "period"
            );
        }
        auto& periods = out.emplace_back();
        periods.push_back(indicators::period_at(cycle, at, zone));
        while (static_cast<int>(periods.size()) < set_.last) {
            periods.push_back(indicators::previous_period(periods.back(), zone));
        }
        std::reverse(periods.begin(), periods.end());
    }
    return out;
}

Status LivePage::evaluate(Instant now) {
    const auto definitions = live_.definitions();
    CS_TRY(periods, periods_at(*definitions, now));
    const auto sequence = live_.sequence();
    const auto& zone = definitions->city->calendar().zone();
    std::vector<std::vector<Beside>> beside;
    for (std::size_t i = 0; i < set_.indicators.size(); ++i) {
        const auto& rule = *definitions->indicators.any(set_.indicators[i]);
        auto& those = beside.emplace_back(periods[i].size());
        for (std::size_t j = 0; j < periods[i].size(); ++j) {
            const auto other = [&](Against against) {
                return indicators::compared_with(rule, against, periods[i][j], now, zone);
            };
            if (set_.previous) {
                those[j].previous = other(Against::Previous);
            }
            if (set_.last_year) {
                those[j].last_year = other(Against::LastYear);
            }
        }
    }
    const bool same_times = periods == state_.periods && state_.definitions == definitions;
    if (same_times && beside == beside_ && sequence == looked_at_) {
        return ok();
    }
    std::vector<LiveQuestion> questions;
    const auto each = [&](const auto& visit) {
        for (std::size_t i = 0; i < set_.indicators.size(); ++i) {
            for (const auto& place : set_.places) {
                for (std::size_t j = 0; j < periods[i].size(); ++j) {
                    visit(set_.indicators[i], place, periods[i][j], beside[i][j]);
                }
            }
        }
    };
    each([&](const std::string& code, const Place& place, const Period& period, const Beside& others
         ) {
        questions.push_back({code, place, period});
        if (set_.previous) {
            questions.push_back({code, place, others.previous});
        }
        if (set_.last_year) {
            questions.push_back({code, place, others.last_year});
        }
    });
    CS_TRY(answers, live_.answer(questions));
    std::vector<PageCell> cells;
    std::size_t next = 0;
    each([&](const std::string&, const Place&, const Period&, const Beside&) {
        auto& cell = cells.emplace_back();
        cell.now = answers.items[next++];
        const auto compared = [&] {
            const auto at = next++;
            std::optional<Comparison> out;
            if (cell.now.rule != nullptr) {
                out = indicators::compare(
                    *cell.now.rule, cell.now.value, answers.items[at].value, questions[at].period
                );
            }
            return out;
        };
        if (set_.previous) {
            cell.previous = compared();
        }
        if (set_.last_year) {
            cell.last_year = compared();
        }
    });
    const bool other = !same_times || answers.definitions != definitions;
    std::uint64_t version = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (!other && cells[i].same(state_.cells[i])) {
            cells[i].changed = state_.cells[i].changed;
            continue;
        }
        version = version == 0 ? next_version() : version;
        cells[i].changed = version;
    }
    state_.version = version == 0 ? state_.version : version;
    state_.first = other ? state_.version : state_.first;
    state_.definitions = answers.definitions;
    state_.sequence = answers.sequence;
    state_.journal = answers.journal;
    state_.periods = std::move(periods);
    beside_ = std::move(beside);
    state_.cells = std::move(cells);
    looked_at_ = answers.sequence;
    return ok();
}

Status LivePage::look(Instant now, const std::function<void(const PageState&)>& show) {
    const std::lock_guard lock(mutex_);
    CS_CHECK(evaluate(now));
    show(state_);
    return ok();
}

Status check_page(
    const PageSet& set,
    const access::Principal& who,
    const Definitions& definitions,
    LiveIndicators& live,
    SensingEntities* entities
) {
    std::set<std::string> types;
    for (const auto& version : definitions.indicators.all()) {
        const bool asked = std::find(set.indicators.begin(), set.indicators.end(), version.code) !=
                           set.indicators.end();
        if (asked && !version.thing_type.empty()) {
            types.insert(version.thing_type);
        }
    }
    std::optional<SensingRights> rights;
    if (entities != nullptr) {
        rights.emplace(entities->rights(who, *definitions.city));
    }
    for (const auto& place : set.places) {
        if (place.thing != 0) {
            sensing::EntityPtr thing;
            if (entities != nullptr) {
                thing = entities->registry().find({sensing::EntityType::Thing, place.thing});
            }
            if (!thing || !rights->reads(*thing)) {
                return fail(ErrorCode::NotFound, "there is no such terminal");
            }
            continue;
        }
        if (types.empty() || !rights || rights->reads_all()) {
            continue;
        }
        CS_CHECK(rights->may_read());
        for (const auto& type : types) {
            for (const auto id : live.things(place.code, type)) {
                const auto thing = entities->registry().find({sensing::EntityType::Thing, id});
                if (thing && !rights->reads(*thing)) {
                    return fail(
                        ErrorCode::NotPermitted,
                        fmt::format("your posts do not reach all terminals in area {}", place.code),
                        "area"
                    );
                }
            }
        }
    }
    return ok();
}

}  // namespace chengshu::services
