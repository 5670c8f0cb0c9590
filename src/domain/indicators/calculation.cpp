#include "domain/indicators/calculation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace chengshu::indicators {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;

}  // namespace

Date Calculation::date_of(const Period& period) const {
    return options_.rules.value_or(zone_.local_date(period.from));
}

const Indicator* Calculation::rule(std::string_view code, const Period& period) const {
    return catalogue_.find(code, date_of(period));
}

std::vector<Place>
Calculation::parts(const Indicator& indicator, const Place& place, const Period& period) const {
    std::vector<Place> out;
    if (indicator.thing_type.empty() || !indicator.part_level.empty()) {
        for (const auto& area : facts_.areas(place.code, indicator.part_level, period)) {
            out.push_back({0, area});
        }
    }
    if (out.empty() && !indicator.thing_type.empty()) {
        for (const auto thing : facts_.things(place.code, indicator.thing_type)) {
            out.push_back({thing});
        }
    }
    return out;
}

bool Calculation::by_parts(const Indicator& indicator, const Place& place, const Period& period)
    const {
    const auto* tabled = std::get_if<Tabled>(&indicator.rule);
    if (tabled != nullptr && place.is_area() && own_rows(*tabled, place, period).any) {
        return false;
    }
    return place.is_area() && indicator.areas.has_value() &&
           (!indicator.thing_type.empty() ||
            !facts_.areas(place.code, indicator.part_level, period).empty());
}

const Calculation::OwnRows&
Calculation::own_rows(const Tabled& rule, const Place& place, const Period& period) const {
    const auto on = days_of(period, zone_).to;
    auto [entry, added] =
        tabled_.try_emplace(std::tuple(&rule, place.code, rule.table->stretch(on)));
    if (added) {
        const auto rows = rule.rows(place.code, on);
        entry->second = {!rows.empty(), rule.value(rows)};
    }
    return entry->second;
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
    const auto date = date_of(period);
    if (by_parts(indicator, place, period)) {
        for (const auto& part : parts(indicator, place, period)) {
            out.push_back({&indicator, part, period});
            if (!indicator.weights.empty()) {
                add(out, indicator.weights, part, period);
            }
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
        constexpr std::size_t kPartsMax = std::size_t{kCycleDaysMax} * 25 * 12;
        for (const auto& part :
             periods_between(of->period, period.from, period.to, zone_, kPartsMax)) {
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
    auto key = std::make_tuple(&indicator, place, period);
    if (const auto found = known_.find(key); found != known_.end()) {
        return found->second;
    }
    if (exhausted_ || (options_.values_max != 0 && known_.size() >= options_.values_max)) {
        static const Value kNone;
        exhausted_ = true;
        return kNone;
    }
    auto calculated =
        options_.kept == nullptr ? std::nullopt : options_.kept->find(indicator, place, period);
    if (!calculated) {
        calculated = calculate(indicator, place, period);
        if (options_.kept != nullptr) {
            options_.kept->keep(indicator, place, period, *calculated);
        }
    }
    return known_.emplace(std::move(key), std::move(*calculated)).first->second;
}

Value Calculation::value(std::string_view code, const Place& place, const Period& period) {
    const auto* indicator = rule(code, period);
    return indicator == nullptr ? Value{} : value(*indicator, place, period);
}

Value Calculation::calculate(const Indicator& indicator, const Place& place, const Period& period) {
    const bool subject = place.thing == 0;
    if (subject && (!indicator.is_for(place.kind) || indicator.things_only)) {
        return {};
    }
    if (by_parts(indicator, place, period)) {
        return {of_parts(indicator, place, period), {}};
    }
    if (const auto* observed = std::get_if<Observed>(&indicator.rule)) {
        return {subject ? std::nullopt : facts_.observed(place.thing, *observed, period), {}};
    }
    if (const auto* counted = std::get_if<Counted>(&indicator.rule)) {
        if (!subject) {
            return {};
        }
        const int bit = options_.raw ? counted->raw_bit : counted->bit;
        return {static_cast<double>(facts_.counted(place, bit, period)), {}};
    }
    if (std::holds_alternative<Entered>(indicator.rule)) {
        return {place.is_area() ? facts_.entered(indicator, place, period) : std::nullopt, {}};
    }
    if (const auto* tabled = std::get_if<Tabled>(&indicator.rule)) {
        return {place.is_area() ? own_rows(*tabled, place, period).value : std::nullopt, {}};
    }
    if (const auto* computed = std::get_if<Computed>(&indicator.rule)) {
        return {compute(*computed, place, period), {}};
    }
    if (std::holds_alternative<Which>(indicator.rule)) {
        return which(indicator, place, period);
    }
    std::vector<std::optional<double>> values;
    for (const auto& input : inputs(indicator, place, period)) {
        values.push_back(value(*input.indicator, input.place, input.period).number);
    }
    if (const auto* window = std::get_if<Window>(&indicator.rule)) {
        return {folded(window->as, values, window->at_least), {}};
    }
    const auto& roll = std::get<Roll>(indicator.rule);
    return {folded(roll.as, values, roll.at_least), {}};
}

std::optional<double>
Calculation::of_parts(const Indicator& indicator, const Place& place, const Period& period) {
    std::vector<std::optional<double>> values;
    std::vector<std::optional<double>> weights;
    for (const auto& part : parts(indicator, place, period)) {
        values.push_back(value(indicator, part, period).number);
        if (!indicator.weights.empty()) {
            weights.push_back(value(indicator.weights, part, period).number);
        }
    }
    return indicator.weights.empty() ? folded(*indicator.areas, values, 1)
                                     : weighted_mean(values, weights);
}

std::optional<double>
Calculation::compute(const Computed& computed, const Place& place, const Period& period) {
    std::vector<std::optional<double>> terms(computed.inputs.size());
    for (std::size_t i = 0; i < terms.size(); ++i) {
        terms[i] = value(computed.inputs[i], place, period).number;
    }
    return computed.expression.evaluate(terms);
}

Value Calculation::which(const Indicator& indicator, const Place& place, const Period& period) {
    const auto& which = std::get<Which>(indicator.rule);
    const auto number = [&](const std::string& code) { return value(code, place, period).number; };
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

Period compared_with(
    const Indicator& indicator,
    Against against,
    const Period& period,
    Instant now,
    const TimeZone& zone
) {
    const bool before = against == Against::Previous;
    const auto whole = before ? previous_period(period, zone) : last_year(period, zone);
    if (!indicator.any_days || now < period.from || now >= period.to) {
        return whole;
    }
    const auto midnight = [&](Date date) { return zone.to_instant(std::chrono::local_days{date}); };
    const auto today = std::chrono::sys_days{zone.local_date(now)};
    const auto tomorrow = midnight(Date{today + days{1}});
    if (tomorrow >= period.to) {
        return whole;
    }
    auto part = whole;
    if (before || period.kind == PeriodKind::Week) {
        const auto passed = today - std::chrono::sys_days{zone.local_date(period.from)} + days{1};
        const auto first = std::chrono::sys_days{zone.local_date(whole.from)};
        part.to = std::min(whole.to, midnight(Date{first + passed}));
    } else {
        part.to = last_year({period.kind, period.from, tomorrow}, zone).to;
    }
    return part;
}

Comparison
compare(const Indicator& indicator, const Value& now, const Value& then, const Period& period) {
    Comparison out{period, then, {}, {}};
    if (!now.number || !then.number) {
        return out;
    }
    out.change = *now.number - *then.number;
    if (!indicator.percent && *then.number != 0) {
        out.rate = *out.change / std::abs(*then.number);
    }
    return out;
}

}  // namespace chengshu::indicators
