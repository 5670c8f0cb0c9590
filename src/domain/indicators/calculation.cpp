#include "domain/indicators/calculation.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace chengshu::indicators {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::months;
using std::chrono::years;

LocalTime begin_of(PeriodKind kind, LocalTime at) {
    if (kind == PeriodKind::Hour) {
        return floor<hours>(at);
    }
    const auto day = floor<days>(at);
    const Date date{day};
    switch (kind) {
        case PeriodKind::Month:
            return local_days{date.year() / date.month() / 1};
        case PeriodKind::Year:
            return local_days{date.year() / 1 / 1};
        default:
            return day;
    }
}

LocalTime next_after(PeriodKind kind, LocalTime begin) {
    if (kind == PeriodKind::Hour) {
        return begin + hours{1};
    }
    const Date date{floor<days>(begin)};
    switch (kind) {
        case PeriodKind::Month:
            return local_days{(date.year() / date.month() + months{1}) / 1};
        case PeriodKind::Year:
            return local_days{(date.year() + years{1}) / 1 / 1};
        default:
            return begin + days{1};
    }
}

}  // namespace

Period period_at(PeriodKind kind, Instant at, const TimeZone& zone) {
    if (kind == PeriodKind::Hour) {
        // Counted in UTC within the local hour, so that the hour that occurs twice in autumn is
        // two.
        const auto local = zone.to_local(at);
        const Instant from = at - (local - floor<hours>(local));
        return {kind, from, from + hours{1}};
    }
    const auto begin = begin_of(kind, zone.to_local(at));
    return {kind, zone.to_instant(begin), zone.to_instant(next_after(kind, begin))};
}

std::vector<Period> periods_between(
    PeriodKind kind,
    Instant from,
    Instant to,
    const TimeZone& zone,
    std::size_t at_most
) {
    std::vector<Period> out;
    auto next = period_at(kind, from, zone);
    if (next.from < from) {
        next = period_at(kind, next.to, zone);
    }
    while (next.from < to && out.size() < at_most) {
        out.push_back(next);
        next = period_at(kind, next.to, zone);
    }
    return out;
}

const Indicator* Calculation::rule(std::string_view code, const Period& period) const {
    return catalogue_.find(code, rules_.value_or(zone_.local_date(period.from)));
}

bool Calculation::by_things(const Indicator& indicator, const Place& place) {
    return place.thing == 0 && indicator.areas.has_value();
}

std::string_view Calculation::thing_type(const Indicator& indicator, Date date) const {
    const auto* at = &indicator;
    while (at != nullptr) {
        if (const auto* observed = std::get_if<Observed>(&at->rule)) {
            return observed->thing_type;
        }
        const auto below = at->inputs();
        at = below.empty() ? nullptr : catalogue_.find(below.front(), date);
    }
    return {};
}

void Calculation::add(
    std::vector<Input>& out,
    std::string_view code,
    const Place& place,
    const Period& at
) const {
    if (const auto* indicator = rule(code, at)) {
        out.push_back({indicator, place, at});
    }
}

std::vector<Input>
Calculation::inputs(const Indicator& indicator, const Place& place, const Period& period) const {
    std::vector<Input> out;
    const auto date = rules_.value_or(zone_.local_date(period.from));
    if (by_things(indicator, place)) {
        for (const auto thing : facts_.things(place.area, thing_type(indicator, date))) {
            out.push_back({&indicator, {thing, {}}, period});
        }
        return out;
    }
    if (const auto* window = std::get_if<Window>(&indicator.rule)) {
        const auto length = period.to - period.from;
        for (int back = window->hours - 1; back >= 0; --back) {
            const auto shift = length * back;
            add(out, window->of, place, {period.kind, period.from - shift, period.to - shift});
        }
        return out;
    }
    if (const auto* roll = std::get_if<Roll>(&indicator.rule)) {
        const auto* of = catalogue_.find(roll->of, date);
        if (of == nullptr) {
            return out;
        }
        constexpr std::size_t kHoursOfYear = std::size_t{366} * 25;
        for (const auto& part :
             periods_between(of->period, period.from, period.to, zone_, kHoursOfYear)) {
            const auto local = zone_.to_local(part.from);
            if (local - floor<days>(local) >= hours{roll->from_hour}) {
                add(out, roll->of, place, part);
            }
        }
        return out;
    }
    for (const auto& code : indicator.inputs()) {
        add(out, code, place, period);
    }
    return out;
}

const Value&
Calculation::value(const Indicator& indicator, const Place& place, const Period& period) {
    auto key = std::make_tuple(&indicator, place, period.from);
    if (const auto found = known_.find(key); found != known_.end()) {
        return found->second;
    }
    auto calculated = kept_ == nullptr ? std::nullopt : kept_->find(indicator, place, period);
    if (!calculated) {
        calculated = calculate(indicator, place, period);
        if (kept_ != nullptr) {
            kept_->keep(indicator, place, period, *calculated);
        }
    }
    return known_.emplace(std::move(key), std::move(*calculated)).first->second;
}

Value Calculation::calculate(const Indicator& indicator, const Place& place, const Period& period) {
    const bool things = by_things(indicator, place);
    if (!things) {
        if (const auto* observed = std::get_if<Observed>(&indicator.rule)) {
            return {facts_.hourly(place.thing, *observed, period), {}};
        }
        if (const auto* computed = std::get_if<Computed>(&indicator.rule)) {
            return {compute(*computed, place, period), {}};
        }
        if (std::holds_alternative<Which>(indicator.rule)) {
            return which(indicator, place, period);
        }
    }
    std::vector<std::optional<double>> values;
    for (const auto& input : inputs(indicator, place, period)) {
        values.push_back(value(*input.indicator, input.place, input.period).number);
    }
    if (things) {
        return {folded(*indicator.areas, values, 1), {}};
    }
    if (const auto* window = std::get_if<Window>(&indicator.rule)) {
        return {folded(window->as, values, window->at_least), {}};
    }
    const auto& roll = std::get<Roll>(indicator.rule);
    return {folded(roll.as, values, roll.at_least), {}};
}

std::optional<double>
Calculation::compute(const Computed& computed, const Place& place, const Period& period) {
    std::vector<std::optional<double>> terms(computed.inputs.size());
    for (std::size_t i = 0; i < terms.size(); ++i) {
        if (const auto* input = rule(computed.inputs[i], period)) {
            terms[i] = value(*input, place, period).number;
        }
    }
    return computed.expression.evaluate({}, terms);
}

Value Calculation::which(const Indicator& indicator, const Place& place, const Period& period) {
    const auto& which = std::get<Which>(indicator.rule);
    const auto number = [&](const std::string& code) -> std::optional<double> {
        const auto* input = rule(code, period);
        return input == nullptr ? std::nullopt : value(*input, place, period).number;
    };
    Value out;
    if (!which.when.empty()) {
        const auto measured = number(which.when);
        if (!measured || *measured <= which.above) {
            return out;
        }
    }
    std::optional<double> largest;
    for (const auto& one : which.of) {
        const auto measured = number(one.of);
        if (!measured || (largest && *measured < *largest)) {
            continue;
        }
        if (!largest || *measured > *largest) {
            out.names.clear();
        }
        largest = measured;
        out.names.push_back(one.name);
    }
    return out;
}

}  // namespace chengshu::indicators
