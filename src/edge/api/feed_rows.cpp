#include "domain/evaluation/measures.hpp"
#include "edge/api/internal/case_filter.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/dimensions.hpp"
#include "edge/api/internal/feed.hpp"
#include "edge/api/internal/feed_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/text.hpp"
#include "services/indicators.hpp"
#include "services/statistics.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chengshu::api {
namespace {

using indicators::Calculation;
using indicators::Input;
using indicators::Period;
using indicators::Place;
using services::LiveAnswers;
using services::LiveQuestion;

/// How often it is tried to read value and rows without a change between.
constexpr int kTries = 20;
constexpr int kRowsMax = 1'000;
constexpr std::size_t kInputsMax = 10'000;

/// Where the parts of a value are: everything but what they are worth.
class NoFacts final : public indicators::Facts {
public:
    NoFacts(services::LiveIndicators& live, const city::City& city) : live_(live), city_(city) {}

    std::optional<double> observed(std::int64_t, const indicators::Observed&, const Period&)
        override {
        return std::nullopt;
    }

    const std::vector<std::int64_t>& things(std::string_view area, std::string_view type) override {
        things_ = live_.things(area, type);
        return things_;
    }

    const std::vector<std::string>&
    areas(std::string_view area, std::string_view level, const Period& period) override {
        const auto last = city_.calendar().zone().local_date(period.to - Duration{1});
        areas_ = services::areas_in(city_, area, level, last);
        return areas_;
    }

    std::int64_t counted(const Place&, int, const Period&) override { return 0; }

private:
    services::LiveIndicators& live_;
    const city::City& city_;
    std::vector<std::int64_t> things_;
    std::vector<std::string> areas_;
};

/// What is asked, checked.
struct AskedRows {
    LiveQuestion question;
    const indicators::Indicator* rule = nullptr;
};

Result<AskedRows> asked(const Call& call, Feed& feed) {
    AskedRows out;
    const auto& zone = call.city().calendar().zone();
    auto& question = out.question;
    question.code = call.parameter("indicator").value_or("");
    auto at = call.now;
    if (const auto text = call.parameter("at")) {
        CS_TRY(instant, parse_rfc3339(*text));
        at = instant;
    }
    out.rule = call.definitions->indicators.find(question.code, zone.local_date(at));
    if (out.rule == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("there is no indicator {}", question.code),
            "indicator"
        );
    }
    auto cycle = out.rule->period;
    if (const auto word = call.parameter("period")) {
        const auto read = indicators::cycle_of(*word);
        if (!read || !out.rule->has_period(*read)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{} has no values by {}", question.code, *word),
                "period"
            );
        }
        cycle = *read;
    }
    question.period = indicators::period_at(cycle, at, zone);
    CS_TRY(breakdown, breakdown_of(call));
    CS_CHECK(check_one(breakdown));
    CS_CHECK(check_breaks_down(breakdown, *out.rule));
    if (const auto thing = call.parameter("thing")) {
        if (breakdown.dimension != nullptr) {
            return fail(ErrorCode::InvalidInput, "only areas are broken down", "by");
        }
        std::from_chars(thing->data(), thing->data() + thing->size(), question.place.thing);
    } else {
        const auto area = call.parameter("area").value_or(city::root_area(call.city()).code);
        if (call.city().area(area) == nullptr) {
            return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area");
        }
        CS_TRY(places, places_in(call, breakdown, area));
        question.place = std::move(places.front());
    }
    services::PageSet set;
    set.indicators = {question.code};
    set.places = {question.place};
    CS_CHECK(services::check_page(
        set, call.who, *call.definitions, feed.live(), call.ports.options.entities
    ));
    return out;
}

/// The cases that a measure counts, with what each counts for.
Status put_cases(const Call& call, const AskedRows& asked, int bit, json::object& out) {
    const auto [from, to] =
        indicators::days_of(asked.question.period, call.city().calendar().zone());
    CS_TRY(
        counted,
        services::cases_of(
            *call.definitions,
            asked.question.place.kind,
            asked.question.place.code,
            asked.question.code,
            date_key(from),
            date_key(to)
        )
    );
    const int limit = std::min(call.integer("limit", kRowsMax), kRowsMax);
    CaseFilter filter;
    filter.query = counted.query;
    filter.counted = std::move(counted);
    CaseWalk walk(call.ports.store, call.definitions, call.who, std::move(filter));
    json::array items;
    std::int64_t sum = 0;
    while (!walk.at_end() && items.size() < static_cast<std::size_t>(limit)) {
        CS_TRY(page, walk.next(limit - static_cast<int>(items.size())));
        for (const auto& item : page) {
            const auto facts = evaluation::facts_of(item.value, call.definitions->evaluation);
            const auto counts = facts.values[static_cast<std::size_t>(bit)];
            JsonWriter view;
            view.begin_object();
            write_summary(view, *call.definitions, item.value, item.version, item.sight);
            view.member("counts", counts);
            view.end_object();
            sum += counts;
            items.emplace_back(json::parse(view.take()));
        }
    }
    out["cases"] = std::move(items);
    out["sum"] = sum;
    out["complete"] = walk.at_end();
    return ok();
}

/// The readings whose mean it is, hours of which only the sum is kept included.
Status put_readings(
    const Call& call,
    const AskedRows& asked,
    const indicators::Observed& what,
    json::object& out
) {
    auto& entities = *call.ports.options.entities;
    const auto stream =
        services::observing_stream(entities.registry(), asked.question.place.thing, what.property);
    const auto& period = asked.question.period;
    json::array items;
    json::array hours;
    bool complete = true;
    if (stream != 0) {
        auto& store = entities.observations().store();
        ports::ObservationQuery query;
        query.streams = {stream};
        query.phenomenon_from.from = to_millis(period.from);
        query.phenomenon_from.to = to_millis(period.to);
        query.quality_none = what.ignore;
        query.order = sensing::ObservationOrder::PhenomenonTime;
        query.limit = ports::ObservationQuery::kMaxLimit;
        CS_TRY(rows, store.query(query));
        complete = rows.size() < static_cast<std::size_t>(query.limit);
        for (const auto& row : rows) {
            if (row.number) {
                items.emplace_back(json::object{
                    {"id", std::to_string(row.id)},
                    {"stream", std::to_string(row.stream)},
                    {"time", format_utc(from_millis(row.phenomenon_from))},
                    {"value", *row.number}
                });
            }
        }
        if (period.kind == indicators::PeriodKind::Hour) {
            CS_TRY(kept, store.hours(stream, to_millis(period.from), to_millis(period.to), 1));
            for (const auto& hour : kept) {
                hours.emplace_back(json::object{
                    {"time", format_utc(from_millis(hour.hour))},
                    {"sum", hour.sum},
                    {"count", hour.count}
                });
            }
        }
    }
    out["readings"] = std::move(items);
    out["thinned"] = std::move(hours);
    out["complete"] = complete;
    return ok();
}

/// The value, what it is made of one level down, all of one moment, and its rows when it has some.
Result<json::object> opened(
    const Call& call,
    const AskedRows& asked,
    const std::vector<Input>& inputs,
    const LiveAnswers& answers
) {
    json::object out{
        {"sequence", answers.sequence},
        {"journal", answers.journal.value},
        {"indicator", asked.question.code}
    };
    put_place(out, asked.question.place);
    put_period(out, asked.question.period);
    put_live_value(out, answers.items.front());
    if (answers.items.front().value.number) {
        out["exact"] = *answers.items.front().value.number;
    }
    json::array below;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        json::object item{{"indicator", inputs[i].indicator->code}};
        put_place(item, inputs[i].place);
        put_period(item, inputs[i].period);
        put_live_value(item, answers.items[i + 1]);
        below.emplace_back(std::move(item));
    }
    out["inputs"] = std::move(below);
    const auto& rule = *asked.rule;
    if (!inputs.empty()) {
        return out;  // its parts have the rows
    }
    if (const auto* counted = std::get_if<indicators::Counted>(&rule.rule)) {
        if (asked.question.place.thing == 0) {
            CS_CHECK(put_cases(call, asked, counted->bit, out));
        }
    } else if (const auto* observed = std::get_if<indicators::Observed>(&rule.rule)) {
        if (asked.question.place.thing != 0) {
            CS_CHECK(put_readings(call, asked, *observed, out));
        }
    }
    CS_CHECK(put_entered(out, call, rule, asked.question.place, asked.question.period));
    put_rows(out, call, rule, asked.question.place, asked.question.period);
    return out;
}

}  // namespace

Result<Outcome> open_feed_value(const Call& call) {
    if (call.ports.feed == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no live values");
    }
    auto& live = call.ports.feed->live();
    CS_TRY(what, asked(call, *call.ports.feed));
    NoFacts facts(live, call.city());
    const Calculation calculation(
        call.definitions->indicators, call.city().calendar().zone(), facts
    );
    // The rule is that of the period's first day.
    const auto* rule = calculation.rule(what.question.code, what.question.period);
    if (rule != nullptr) {
        what.rule = rule;
    }
    const auto inputs = calculation.inputs(*what.rule, what.question.place, what.question.period);
    if (inputs.size() > kInputsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("it is made of more than {} values; open a shorter period", kInputsMax),
            "period"
        );
    }
    std::vector<LiveQuestion> questions{what.question};
    for (const auto& input : inputs) {
        questions.push_back({input.indicator->code, input.place, input.period});
    }
    for (int i = 0; i < kTries; ++i) {
        CS_TRY(answers, live.answer(questions));
        if (answers.definitions != call.definitions) {
            break;
        }
        CS_TRY(out, opened(call, what, inputs, answers));
        CS_TRY(still, live.unchanged(what.question, answers.sequence));
        if (still) {
            return Outcome{json_answer(out)};
        }
    }
    return fail(ErrorCode::Overloaded, "too much changes at once; try again");
}

}  // namespace chengshu::api
