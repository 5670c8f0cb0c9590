#include "services/indicators.hpp"

#include "domain/sensing/quality.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace chengshu::api {
namespace {

using indicators::Calculation;
using indicators::Indicator;
using indicators::Period;
using indicators::Place;

constexpr std::size_t kValuesMax = 1'000;
constexpr int kYearsMax = 20;

const indicators::Catalogue& catalogue(const Call& call) {
    return call.definitions->indicators;
}

std::string_view rule_name(const Indicator& indicator) {
    static constexpr std::string_view kNames[] = {
        "observed", "window", "roll", "formula", "which", "counted"
    };
    return kNames[indicator.rule.index()];
}

json::object indicator_view(const Indicator& indicator) {
    json::object out{
        {"code", indicator.code},
        {"name", label(indicator.name)},
        {"period", indicators::period_name(indicator.period)},
        {"precision", indicator.precision},
        {"rule", rule_name(indicator)},
        {"source", indicator.source}
    };
    if (!indicator.unit.zh.empty() || !indicator.unit.en.empty()) {
        out["unit"] = label(indicator.unit);
    }
    if (const auto* computed = std::get_if<indicators::Computed>(&indicator.rule)) {
        out["formula"] = computed->expression.text();
    }
    json::array inputs;
    for (const auto& code : indicator.inputs()) {
        inputs.emplace_back(code);
    }
    out["inputs"] = std::move(inputs);
    if (indicator.validity.from) {
        out["valid_from"] = format_date(*indicator.validity.from);
    }
    if (indicator.validity.to) {
        out["valid_to"] = format_date(*indicator.validity.to);
    }
    if (!indicator.note.zh.empty() || !indicator.note.en.empty()) {
        out["note"] = label(indicator.note);
    }
    return out;
}

/// What is asked, checked.
struct Asked {
    const Indicator* any = nullptr;  ///< one version: they share their period
    Place place;
    Instant from;
    Instant to;
    std::optional<Date> rules;
};

Result<Place> place_of(const Call& call) {
    const auto thing = call.parameter("thing");
    if (thing && call.parameter("area")) {
        return fail(ErrorCode::InvalidInput, "give an area or a terminal, not both", "thing");
    }
    if (!thing) {
        const auto area = call.parameter("area").value_or(city::root_area(call.city()).code);
        if (call.city().area(area) == nullptr) {
            return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area");
        }
        return Place{0, area};
    }
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(thing->data(), thing->data() + thing->size(), id);
    if (error != std::errc{} || end != thing->data() + thing->size() || id <= 0) {
        return fail(ErrorCode::NotFound, "there is no such terminal");
    }
    return Place{id, {}};
}

Result<Asked> asked(const Call& call) {
    Asked out;
    const auto& code = call.in_path("indicator");
    for (const auto& indicator : catalogue(call).all()) {
        if (indicator.code == code) {
            out.any = &indicator;
        }
    }
    if (out.any == nullptr) {
        return fail(
            ErrorCode::NotFound,
            fmt::format(
                "there is no indicator {}{}", code, suggestion(code, catalogue(call).codes())
            )
        );
    }
    if (call.ports.options.entities == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no terminals");
    }
    CS_TRY(place, place_of(call));
    out.place = std::move(place);
    if (const auto rules = call.parameter("rules")) {
        CS_TRY(date, parse_date(*rules));
        out.rules = date;
    }
    return out;
}

Result<services::StoredFacts> facts_for(const Call& call, const Asked& asked) {
    services::StoredFacts facts(
        call.ports.store,
        call.ports.options.entities,
        call.who,
        *call.definitions,
        asked.from - services::looks_back(catalogue(call), asked.any->code),
        asked.to
    );
    if (asked.place.thing != 0) {
        CS_CHECK(facts.check_thing(asked.place.thing));
    }
    return facts;
}

double rounded(double value, int precision) {
    const double scale = std::pow(10, precision);
    return std::round(value * scale) / scale;
}

void put_value(json::object& out, const Indicator& indicator, const indicators::Value& value) {
    if (std::holds_alternative<indicators::Which>(indicator.rule)) {
        json::array names;
        for (const auto& name : value.names) {
            names.emplace_back(name);
        }
        out["names"] = std::move(names);
    } else if (value.number) {
        out["value"] = rounded(*value.number, indicator.precision);
    }
}

void put_period(json::object& out, const Period& period) {
    out["from"] = format_utc(period.from);
    out["to"] = format_utc(period.to);
}

void put_place(json::object& out, const Place& place) {
    if (place.thing != 0) {
        out["thing"] = std::to_string(place.thing);
    } else {
        out["area"] = place.code;
    }
}

Result<json::array> readings_of(
    const Call& call,
    const indicators::Observed& observed,
    std::int64_t thing,
    const Period& hour
) {
    auto& entities = *call.ports.options.entities;
    static const auto kStreams =
        sensing::navigation_position(sensing::EntityType::Thing, "Datastreams");
    json::array out;
    for (const auto id :
         entities.registry().linked({sensing::EntityType::Thing, thing}, kStreams, 0, 1'000)) {
        const auto stream = entities.registry().find({sensing::EntityType::Datastream, id});
        if (!stream ||
            services::place_of(entities.registry(), *stream).quantity != observed.property) {
            continue;
        }
        ports::ObservationQuery query;
        query.streams = {id};
        query.phenomenon_from.from = to_millis(hour.from);
        query.phenomenon_from.to = to_millis(hour.to);
        query.quality_none = observed.ignore;
        query.order = sensing::ObservationOrder::PhenomenonTime;
        query.limit = ports::ObservationQuery::kMaxLimit;
        CS_TRY(rows, entities.observations().store().query(query));
        for (const auto& row : rows) {
            if (row.number) {
                out.emplace_back(json::object{
                    {"id", std::to_string(row.id)},
                    {"stream", std::to_string(row.stream)},
                    {"time", format_utc(from_millis(row.phenomenon_from))},
                    {"value", *row.number}
                });
            }
        }
        break;
    }
    return out;
}

}  // namespace

Result<Outcome> list_indicators(const Call& call) {
    json::array items;
    const auto on = call.parameter("day");
    std::optional<Date> date;
    if (on) {
        CS_TRY(parsed, parse_date(*on));
        date = parsed;
    }
    for (const auto& indicator : catalogue(call).all()) {
        if (!date || indicator.validity.holds(*date)) {
            items.emplace_back(indicator_view(indicator));
        }
    }
    return Outcome{list_answer(std::move(items), "")};
}

Result<Outcome> list_indicator_values(const Call& call) {
    CS_TRY(what, asked(call));
    const auto& zone = call.city().calendar().zone();
    CS_TRY(from, parse_date(call.parameter("from").value_or(format_date(call.today()))));
    CS_TRY(to, parse_date(call.parameter("to").value_or(format_date(from))));
    if (to < from || to.year() - from.year() > std::chrono::years{kYearsMax}) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("from and to are at most {} years apart, in that order", kYearsMax),
            "to"
        );
    }
    what.from = zone.to_instant(std::chrono::local_days{from});
    what.to = zone.to_instant(std::chrono::local_days{to} + std::chrono::days{1});
    // The month or year that a day lies in, not only those that begin with it.
    what.from = indicators::period_at(what.any->period, what.from, zone).from;
    const auto periods =
        indicators::periods_between(what.any->period, what.from, what.to, zone, kValuesMax + 1);
    if (periods.size() > kValuesMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("at most {} values can be asked for at once", kValuesMax),
            "to"
        );
    }
    if (!periods.empty()) {
        what.to = std::max(what.to, periods.back().to);
    }
    CS_TRY(facts, facts_for(call, what));
    Calculation calculation(catalogue(call), zone, facts, what.rules);
    json::array items;
    for (const auto& period : periods) {
        json::object item;
        put_period(item, period);
        if (const auto* rule = calculation.rule(what.any->code, period)) {
            put_value(item, *rule, calculation.value(*rule, what.place, period));
        }
        CS_CHECK(facts.status());
        items.emplace_back(std::move(item));
    }
    json::object out{{"indicator", what.any->code}, {"items", std::move(items)}};
    put_place(out, what.place);
    return Outcome{json_answer(out)};
}

Result<Outcome> open_indicator(const Call& call) {
    CS_TRY(what, asked(call));
    const auto& zone = call.city().calendar().zone();
    CS_TRY(at, parse_rfc3339(call.parameter("at").value_or("")));
    const auto period = indicators::period_at(what.any->period, at, zone);
    what.from = period.from;
    what.to = period.to;
    CS_TRY(facts, facts_for(call, what));
    Calculation calculation(catalogue(call), zone, facts, what.rules);
    const auto* rule = calculation.rule(what.any->code, period);
    if (rule == nullptr) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("indicator {} has no rule for that time", what.any->code)
        );
    }
    json::object out{{"indicator", indicator_view(*rule)}};
    put_place(out, what.place);
    put_period(out, period);
    put_value(out, *rule, calculation.value(*rule, what.place, period));
    json::array inputs;
    for (const auto& input : calculation.inputs(*rule, what.place, period)) {
        json::object item{{"indicator", input.indicator->code}};
        put_place(item, input.place);
        put_period(item, input.period);
        put_value(
            item, *input.indicator, calculation.value(*input.indicator, input.place, input.period)
        );
        inputs.emplace_back(std::move(item));
    }
    CS_CHECK(facts.status());
    out["inputs"] = std::move(inputs);
    const auto* observed = std::get_if<indicators::Observed>(&rule->rule);
    if (observed != nullptr && what.place.thing != 0) {
        CS_TRY(readings, readings_of(call, *observed, what.place.thing, period));
        out["readings"] = std::move(readings);
    }
    return Outcome{json_answer(out)};
}

}  // namespace chengshu::api
