#include "services/indicators.hpp"

#include "domain/sensing/quality.hpp"
#include "edge/api/internal/dimensions.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace chengshu::api {
namespace {

using indicators::Calculation;
using indicators::Indicator;
using indicators::Period;
using indicators::Place;

constexpr std::size_t kValuesMax = 1'000;
constexpr int kYearsMax = 20;
/// Values that one draft may calculate on the way to those that are asked for.
constexpr std::size_t kDraftStepsMax = 500'000;

const indicators::Catalogue& catalogue(const Call& call) {
    return call.definitions->indicators;
}

/// What is asked, checked.
struct AskedValues {
    const Indicator* any = nullptr;  ///< one version: they share their period
    std::vector<Place> places;       ///< one, or the members of a dimension in an area
    indicators::Cycle cycle;
    Instant from;
    Instant to;
    std::optional<Date> rules;

    [[nodiscard]] bool is_of_things() const { return !any->thing_type.empty(); }
};

Result<std::vector<Place>> places_of(const Call& call, const Indicator& indicator) {
    CS_TRY(breakdown, breakdown_of(call));
    CS_CHECK(check_breaks_down(breakdown, indicator));
    const auto thing = call.parameter("thing");
    const auto kind = call.parameter("kind").value_or("area");
    if (thing && (call.parameter("area") || call.parameter("kind"))) {
        return fail(ErrorCode::InvalidInput, "give an area or a terminal, not both", "thing");
    }
    if (breakdown.dimension != nullptr && (thing || kind != "area")) {
        return fail(ErrorCode::InvalidInput, "only areas are broken down", "by");
    }
    if (thing) {
        std::int64_t id = 0;
        const auto [end, error] = std::from_chars(thing->data(), thing->data() + thing->size(), id);
        if (error != std::errc{} || end != thing->data() + thing->size() || id <= 0) {
            return fail(ErrorCode::NotFound, "there is no such terminal");
        }
        return std::vector{Place{id}};
    }
    const auto& kinds = indicator.subjects;  // members are asked for by their own parameters
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format(
                "indicator {} has no values for \"{}\"{}",
                indicator.code,
                kind,
                suggestion(kind, kinds)
            ),
            "kind"
        );
    }
    if (kind != "area") {
        const auto subject = call.parameter("subject");
        if (!subject || subject->empty()) {
            return fail(ErrorCode::InvalidInput, "name the subject", "subject");
        }
        return std::vector{Place{0, *subject, kind}};
    }
    const auto area = call.parameter("area").value_or(city::root_area(call.city()).code);
    if (call.city().area(area) == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area");
    }
    return places_in(call, breakdown, area);
}

Result<AskedValues> asked(const Call& call, const indicators::Catalogue& catalogue) {
    AskedValues out;
    const auto& code = call.in_path("indicator");
    out.any = catalogue.any(code);
    if (out.any == nullptr) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no indicator {}{}", code, suggestion(code, catalogue.codes()))
        );
    }
    if (out.is_of_things() && call.ports.options.entities == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no terminals");
    }
    CS_TRY(places, places_of(call, *out.any));
    out.places = std::move(places);
    CS_TRY(cycle, cycle_for(call, *out.any));
    out.cycle = cycle;
    if (const auto rules = call.parameter("rules")) {
        CS_TRY(date, parse_date(*rules));
        out.rules = date;
    }
    return out;
}

/// For calculations by the rules in force, and by a draft when there is one.
Result<services::StoredFacts> facts_for(
    const Call& call,
    const AskedValues& asked,
    const indicators::Catalogue* draft = nullptr
) {
    auto back = services::looks_back(catalogue(call), asked.any->code);
    if (draft != nullptr) {
        back = std::max(back, services::looks_back(*draft, asked.any->code));
    }
    services::StoredFacts facts(
        call.ports.store,
        call.ports.options.entities,
        call.who,
        *call.definitions,
        asked.from - back,
        asked.to
    );
    const auto& first = asked.places.front();
    if (first.thing != 0) {
        CS_CHECK(facts.check_thing(first.thing));
    }
    if (asked.places.size() > 1) {
        std::vector<std::string> codes;
        for (const auto& place : asked.places) {
            codes.push_back(place.code);
        }
        facts.expect(first.kind, std::move(codes));
    }
    return facts;
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

/// What is counted opens into its cases.
void put_cases(
    json::object& out,
    const Call& call,
    const Indicator& indicator,
    const Place& place,
    const Period& period
) {
    if (std::holds_alternative<indicators::Counted>(indicator.rule) && place.thing == 0) {
        const auto [from, to] = indicators::days_of(period, call.city().calendar().zone());
        out["cases"] = cases_link(indicator.code, place.kind, place.code, from, to);
    }
}

/// The periods that are asked for, ascending; sets the time that they lie in.
Result<std::vector<Period>> periods_of(const Call& call, AskedValues& what) {
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
    const bool rolling = what.cycle.kind == indicators::PeriodKind::Days ||
                         what.cycle.kind == indicators::PeriodKind::Hours;
    if (!rolling) {
        // The month or year that a day lies in, not only those that begin with it.
        what.from = indicators::period_at(what.cycle, what.from, zone).from;
    }
    auto periods =
        indicators::periods_between(what.cycle, what.from, what.to, zone, kValuesMax + 1);
    if (periods.size() * what.places.size() > kValuesMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("at most {} values can be asked for at once", kValuesMax),
            "to"
        );
    }
    return periods;
}

void put_member(json::object& out, const Place& place) {
    if (const auto of = indicators::area_member(place)) {
        out["member"] = of->member;
    }
}

using Comparisons = std::map<Period, indicators::Value>;

/// The values of the periods, which ascend; place by place.
Result<std::vector<Comparisons>>
values_at(const Call& call, AskedValues what, const std::vector<Period>& periods) {
    std::vector<Comparisons> out(what.places.size());
    if (periods.empty()) {
        return out;
    }
    what.from = periods.front().from;
    what.to = what.from;
    for (const auto& period : periods) {
        what.from = std::min(what.from, period.from);
        what.to = std::max(what.to, period.to);
    }
    CS_TRY(facts, facts_for(call, what));
    const auto& zone = call.city().calendar().zone();
    Calculation calculation(catalogue(call), zone, facts, what.rules);
    for (std::size_t i = 0; i < what.places.size(); ++i) {
        for (const auto& period : periods) {
            out[i][period] = calculation.value(what.any->code, what.places[i], period);
            CS_CHECK(facts.status());
        }
    }
    return out;
}

Result<json::array>
values_of(const Call& call, const AskedValues& what, const std::vector<Period>& periods) {
    const auto& zone = call.city().calendar().zone();
    const auto compare = call.parameter("compare").value_or("");
    std::vector<Period> previous;
    std::vector<Period> year_ago;
    for (const auto& period : periods) {
        if (compare == "previous" || compare == "both") {
            previous.push_back(indicators::compared_with(
                *what.any, indicators::Against::Previous, period, call.now, zone
            ));
        }
        if (compare == "last_year" || compare == "both") {
            year_ago.push_back(indicators::compared_with(
                *what.any, indicators::Against::LastYear, period, call.now, zone
            ));
        }
    }
    CS_TRY(values, values_at(call, what, periods));
    CS_TRY(before, values_at(call, what, previous));
    CS_TRY(then, values_at(call, what, year_ago));
    json::array items;
    for (std::size_t k = 0; k < periods.size() * what.places.size(); ++k) {
        const auto at = k / periods.size();
        const auto i = k % periods.size();
        const auto& period = periods[i];
        json::object item;
        put_member(item, what.places[at]);
        put_period(item, period);
        const auto date = what.rules.value_or(zone.local_date(period.from));
        if (const auto* rule = catalogue(call).find(what.any->code, date)) {
            const auto& now = values[at][period];
            put_value(item, *rule, now);
            if (!previous.empty()) {
                item["previous"] = comparison_view(
                    *rule, indicators::compare(*rule, now, before[at][previous[i]], previous[i])
                );
            }
            if (!year_ago.empty()) {
                item["last_year"] = comparison_view(
                    *rule, indicators::compare(*rule, now, then[at][year_ago[i]], year_ago[i])
                );
            }
        }
        items.emplace_back(std::move(item));
    }
    return items;
}

json::object mistake_view(const city::Finding& finding) {
    json::object out{{"message", label(finding.message)}, {"warning", !finding.error}};
    if (finding.path != services::kDraft) {
        out["file"] = finding.path;
    }
    if (finding.line > 0) {
        out["line"] = finding.line;
    }
    if (finding.column > 0) {
        out["column"] = finding.column;
    }
    if (!finding.hint.zh.empty() || !finding.hint.en.empty()) {
        out["hint"] = label(finding.hint);
    }
    return out;
}

/// History under a draft beside what it is by the rules in force.
Result<json::array> draft_values(
    const Call& call,
    const indicators::Catalogue& draft,
    AskedValues what,
    const std::vector<Period>& periods
) {
    const auto& zone = call.city().calendar().zone();
    for (const auto& period : periods) {
        what.from = std::min(what.from, period.from);
        what.to = std::max(what.to, period.to);
    }
    CS_TRY(facts, facts_for(call, what, &draft));
    indicators::CalculationOptions options;
    options.values_max = kDraftStepsMax;
    Calculation under(draft, zone, facts, options);
    Calculation in_force(catalogue(call), zone, facts, options);
    json::array items;
    for (std::size_t k = 0; k < periods.size() * what.places.size(); ++k) {
        const auto& place = what.places[k / periods.size()];
        const auto& period = periods[k % periods.size()];
        json::object item;
        put_member(item, place);
        put_period(item, period);
        const auto* rule = under.rule(what.any->code, period);
        const auto* present = in_force.rule(what.any->code, period);
        indicators::Value value;
        if (rule != nullptr) {
            value = under.value(*rule, place, period);
            put_value(item, *rule, value);
        }
        if (present != nullptr && present->has_period(what.cycle)) {
            const auto now = in_force.value(*present, place, period);
            json::object view;
            put_value(view, *present, now);
            item["now"] = std::move(view);
            if (rule != nullptr) {
                const auto compared = indicators::compare(*rule, value, now, period);
                const auto difference = comparison_view(*rule, compared);
                if (const auto* change = difference.if_contains("change")) {
                    item["difference"] = *change;
                }
            }
        }
        CS_CHECK(facts.status());
        if (under.exhausted() || in_force.exhausted()) {
            return fail(
                ErrorCode::TooLarge,
                fmt::format(
                    "this takes more than {} values on the way; ask for a shorter time",
                    kDraftStepsMax
                ),
                "to"
            );
        }
        items.emplace_back(std::move(item));
    }
    return items;
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
    CS_TRY(what, asked(call, catalogue(call)));
    CS_TRY(periods, periods_of(call, what));
    CS_TRY(values, values_of(call, what, periods));
    json::object out{
        {"indicator", what.any->code}, {"period", indicators::period_name(what.cycle)}
    };
    put_places(out, call, what.places);
    out["items"] = std::move(values);
    return Outcome{json_answer(out)};
}

Result<Outcome> try_draft(const Call& call) {
    const auto draft = services::draft_indicators(*call.definitions, call.text("definitions"));
    json::object out{{"indicator", call.in_path("indicator")}};
    json::array mistakes;
    bool wrong = false;
    for (const auto& finding : draft.findings) {
        wrong = wrong || finding.error;
        mistakes.emplace_back(mistake_view(finding));
    }
    out["mistakes"] = std::move(mistakes);
    out["items"] = json::array();
    if (wrong) {
        return Outcome{json_answer(out)};
    }
    CS_TRY(what, asked(call, draft.catalogue));
    CS_TRY(periods, periods_of(call, what));
    CS_TRY(items, draft_values(call, draft.catalogue, what, periods));
    out["period"] = indicators::period_name(what.cycle);
    put_places(out, call, what.places);
    out["items"] = std::move(items);
    return Outcome{json_answer(out)};
}

Result<Outcome> open_indicator(const Call& call) {
    CS_TRY(breakdown, breakdown_of(call));
    CS_CHECK(check_one(breakdown));
    CS_TRY(what, asked(call, catalogue(call)));
    const auto& place = what.places.front();
    const auto& zone = call.city().calendar().zone();
    CS_TRY(at, parse_rfc3339(call.parameter("at").value_or("")));
    const auto period = indicators::period_at(what.cycle, at, zone);
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
    put_place(out, place);
    put_period(out, period);
    put_value(out, *rule, calculation.value(*rule, place, period));
    put_cases(out, call, *rule, place, period);
    json::array inputs;
    for (const auto& input : calculation.inputs(*rule, place, period)) {
        json::object item{{"indicator", input.indicator->code}};
        put_place(item, input.place);
        put_period(item, input.period);
        put_value(
            item, *input.indicator, calculation.value(*input.indicator, input.place, input.period)
        );
        put_cases(item, call, *input.indicator, input.place, input.period);
        inputs.emplace_back(std::move(item));
    }
    CS_CHECK(facts.status());
    if (inputs.empty()) {
        CS_CHECK(put_entered(out, call, *rule, place, period));
        put_rows(out, call, *rule, place, period);
    }
    out["inputs"] = std::move(inputs);
    const auto* observed = std::get_if<indicators::Observed>(&rule->rule);
    if (observed != nullptr && place.thing != 0) {
        CS_TRY(readings, readings_of(call, *observed, place.thing, period));
        out["readings"] = std::move(readings);
    }
    return Outcome{json_answer(out)};
}

}  // namespace chengshu::api
