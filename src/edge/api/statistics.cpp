#include "services/statistics.hpp"

#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"
#include "services/indicators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace chengshu::api {
namespace {

constexpr int kDaysMax = 400;
constexpr std::size_t kSubjectsMax = 5000;

using services::Values;

std::int64_t value_of(const Values& values, const evaluation::Measure& measure) {
    const auto bit = static_cast<std::size_t>(measure.bit);
    return bit < values.size() ? values[bit] : 0;
}

const std::string& root_of(const Call& call) {
    return city::root_area(call.city()).code;
}

/// The wished day, else that of the newest report, else today.
Result<Date> day_of(const Call& call, const char* name) {
    if (const auto text = call.parameter(name)) {
        return parse_date(*text);
    }
    CS_TRY(last, services::newest_report_day(call.ports.store));
    return last == 0 ? Result<Date>(call.today()) : date_from_key(last);
}

Result<std::string> area_of(const Call& call) {
    auto area = call.parameter("area").value_or(root_of(call));
    if (call.city().area(area) == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area");
    }
    return area;
}

Label subject_name(const Call& call, const evaluation::Subject& subject, const std::string& code) {
    using From = evaluation::Subject::From;
    switch (subject.from) {
        case From::Path: {
            const auto* area = call.city().area(code);
            return area == nullptr ? Label{code, code} : area->name;
        }
        case From::Department: {
            const auto* department = call.city().department(code);
            return department == nullptr ? Label{code, code} : department->name;
        }
        case From::Source:
            return call.definitions->evaluation.source_name(code);
        case From::Collector:
        case From::DoneBy: {
            const auto row = call.ports.store.document("account", code);
            const auto account = row && *row
                                     ? services::Account::from_json(**row)
                                     : Result<services::Account>(fail(ErrorCode::NotFound, ""));
            return account ? account->name : Label{code, code};
        }
    }
    return {code, code};
}

bool is_person(const evaluation::Subject& subject) {
    return subject.from == evaluation::Subject::From::Collector ||
           subject.from == evaluation::Subject::From::DoneBy;
}

/// Sources that reported on the day; only for the whole city, since cells by source know no areas.
Result<json::array> sources_of(const Call& call, const std::string& area, Date day) {
    json::array out;
    if (area != root_of(call)) {
        return out;
    }
    const auto& evaluation = call.definitions->evaluation;
    const auto* reported = evaluation.measure("reported");
    // Of the reports of that day, where they have got to.
    const auto* filed = evaluation.measure("reported_filed");
    const auto* closed = evaluation.measure("reported_closed");
    CS_TRY(sums, services::sums(call.ports.store, "source", {}, date_key(day), date_key(day)));
    for (const auto& [code, values] : sums) {
        const auto count = [&of = values](const evaluation::Measure* measure) {
            return measure == nullptr ? 0 : value_of(of, *measure);
        };
        json::object item{
            {"code", code},
            {"name", label(call.definitions->evaluation.source_name(code))},
            {"reported", count(reported)},
            {"filed", count(filed)},
            {"closed", count(closed)}
        };
        if (count(filed) > 0) {
            item["closing_rate"] =
                static_cast<double>(count(closed)) / static_cast<double>(count(filed));
        }
        out.emplace_back(std::move(item));
    }
    return out;
}

/// What is to be scored, by what, over which days.
struct Scoring {
    const evaluation::Subject* subject = nullptr;
    const indicators::Indicator* formula = nullptr;
    std::vector<const indicators::Indicator*> possible;
    Date from;
    Date to;
};

Failure unknown_subject(const Call& call, const std::string& word) {
    std::vector<std::string> known{"post"};
    for (const auto& item : call.definitions->evaluation.subjects) {
        known.push_back(item.kind);
    }
    return fail(
        ErrorCode::UnknownCode,
        fmt::format("\"{}\" is not a kind of subject{}", word, suggestion(word, known)),
        "subject"
    );
}

Result<const evaluation::Subject*> find_subject(const Call& call) {
    const auto& evaluation = call.definitions->evaluation;
    auto kind = call.parameter("subject").value_or("area");
    if (kind == "post") {
        const auto post = call.parameter("post").value_or("");
        const auto found = std::find_if(
            evaluation.subjects.begin(),
            evaluation.subjects.end(),
            [&](const auto& item) { return is_person(item) && (post.empty() || item.kind == post); }
        );
        if (found == evaluation.subjects.end()) {
            return fail(
                ErrorCode::UnknownCode, fmt::format("no persons are scored as \"{}\"", post), "post"
            );
        }
        kind = found->kind;
    }
    const auto* subject = evaluation.subject(kind);
    if (subject == nullptr) {
        return unknown_subject(call, kind);
    }
    if (is_person(*subject)) {
        CS_CHECK(access::require(call.who, access::Permission::ReadPersonScores));
    }
    return subject;
}

Result<Scoring> find_scoring(const Call& call) {
    Scoring out;
    CS_TRY(subject, find_subject(call));
    out.subject = subject;
    CS_TRY(to, day_of(call, "to"));
    out.to = to;
    out.from = std::chrono::sys_days(to) - std::chrono::days(29);
    if (const auto text = call.parameter("from")) {
        CS_TRY(from, parse_date(*text));
        out.from = from;
    }
    const auto span = std::chrono::sys_days(out.to) - std::chrono::sys_days(out.from);
    if (span.count() < 0 || span.count() >= kDaysMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("from and to are at most {} days apart, in that order", kDaysMax),
            "from"
        );
    }
    out.possible = call.definitions->indicators.rankings(subject->kind, out.to);
    const auto wish = call.parameter("formula");
    for (const auto* formula : out.possible) {
        if (!wish || formula->code == *wish) {
            out.formula = formula;
            break;
        }
    }
    if (out.formula == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            wish ? fmt::format(
                       "formula {} does not score {} on {}",
                       *wish,
                       subject->kind,
                       format_date(out.to)
                   )
                 : fmt::format("no formula scores {} on {}", subject->kind, format_date(out.to)),
            "formula"
        );
    }
    return out;
}

/// Which subjects to show: of areas one level, else all that have a cell.
Result<std::vector<std::string>>
wished_subjects(const Call& call, const evaluation::Subject& subject) {
    std::vector<std::string> out;
    if (subject.from != evaluation::Subject::From::Path) {
        return out;
    }
    const auto levels = call.city().levels();
    const auto level =
        call.parameter("level").value_or(levels.size() > 1 ? levels[1].code : levels.front().code);
    if (std::none_of(levels.begin(), levels.end(), [&](const auto& item) {
            return item.code == level;
        })) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("\"{}\" is not a level of the city", level), "level"
        );
    }
    for (const auto& area : call.city().areas()) {
        if (area.level == level && area.validity.holds(call.today()) && out.size() < kSubjectsMax) {
            out.push_back(area.code);
        }
    }
    return out;
}

using indicators::Indicator;

std::string expression_of(const Indicator& indicator) {
    const auto* computed = std::get_if<indicators::Computed>(&indicator.rule);
    return computed == nullptr ? indicator.code : computed->expression.text();
}

/// What a score is made from: figures in between, and at last measures of cases.
struct Lineage {
    std::vector<const Indicator*> terms;  ///< one level down, measures left out
    std::vector<const Indicator*> measures;
};

Lineage lineage(const Call& call, const Scoring& scoring) {
    const auto& catalogue = call.definitions->indicators;
    Lineage out;
    std::set<std::string> seen;
    std::vector<const Indicator*> ahead{scoring.formula};
    while (!ahead.empty()) {
        const auto* next = ahead.back();
        ahead.pop_back();
        if (std::holds_alternative<indicators::Counted>(next->rule)) {
            out.measures.push_back(next);
            continue;
        }
        const auto* computed = std::get_if<indicators::Computed>(&next->rule);
        for (const auto& code : computed == nullptr ? next->inputs() : computed->inputs) {
            const auto* below = catalogue.find(code, scoring.to);
            if (below == nullptr || !seen.insert(code).second) {
                continue;
            }
            ahead.push_back(below);
            if (next == scoring.formula &&
                !std::holds_alternative<indicators::Counted>(below->rule)) {
                out.terms.push_back(below);
            }
        }
    }
    std::sort(out.measures.begin(), out.measures.end(), [](const auto* a, const auto* b) {
        return std::get<indicators::Counted>(a->rule).bit <
               std::get<indicators::Counted>(b->rule).bit;
    });
    return out;
}

json::object formula_view(const Indicator& formula, const Lineage& below) {
    json::array terms;
    for (const auto* term : below.terms) {
        terms.emplace_back(json::object{
            {"code", term->code}, {"name", label(term->name)}, {"expression", expression_of(*term)}
        });
    }
    return {
        {"code", formula.code},
        {"name", label(formula.name)},
        {"unit", formula.percent ? "percent" : "points"},
        {"expression", expression_of(formula)},
        {"source", formula.source},
        {"terms", std::move(terms)}
    };
}

/// One subject and its score.
struct Scored {
    indicators::Place place;
    std::optional<double> score;
    std::optional<double> raw;
};

json::object score_view(
    const Call& call,
    const Scoring& scoring,
    const Lineage& below,
    const Scored& item,
    int place,
    indicators::Calculation& calculation
) {
    const auto& code = item.place.code;
    const auto period =
        indicators::days_between(scoring.from, scoring.to, call.city().calendar().zone());
    json::object out{{"subject", named(code, subject_name(call, *scoring.subject, code))}};
    if (place > 0) {
        out["place"] = place;
    }
    if (item.score) {
        out["score"] = indicators::as_displayed(*item.score);
    }
    if (item.raw) {
        out["raw_score"] = indicators::as_displayed(*item.raw);
    }
    if (const auto* band = indicators::grade_of(item.score, scoring.formula->grades)) {
        auto grade = named(band->code, band->name);
        grade["colour"] = band->colour;
        out["grade"] = std::move(grade);
    }
    json::object terms;
    for (const auto* term : below.terms) {
        if (const auto& value = calculation.value(*term, item.place, period); value.number) {
            terms[term->code] = *value.number;
        }
    }
    out["terms"] = std::move(terms);
    json::object measures;
    json::object links;
    for (const auto* measure : below.measures) {
        const auto& value = calculation.value(*measure, item.place, period);
        measures[measure->code] = static_cast<std::int64_t>(value.number.value_or(0));
        links[measure->code] =
            cases_link(measure->code, scoring.subject->kind, code, scoring.from, scoring.to);
    }
    out["measures"] = std::move(measures);
    out["cases"] = std::move(links);
    return out;
}

/// The subjects with their scores, best first.
std::vector<Scored> scored(
    const Call& call,
    const Scoring& scoring,
    const std::vector<std::string>& subjects,
    services::StoredFacts& facts,
    indicators::Calculation& calculation
) {
    const auto& zone = call.city().calendar().zone();
    const auto period = indicators::days_between(scoring.from, scoring.to, zone);
    indicators::Calculation raw(
        call.definitions->indicators,
        zone,
        facts,
        indicators::CalculationOptions{scoring.to, true, nullptr}
    );
    std::vector<Scored> out;
    for (const auto& code : subjects) {
        indicators::Place place{0, code, scoring.subject->kind};
        const auto score = calculation.value(*scoring.formula, place, period).number;
        const auto without = raw.value(*scoring.formula, place, period).number;
        out.push_back({std::move(place), score, without});
    }
    const double sign = scoring.formula->better == indicators::Better::Lower ? -1 : 1;
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
        const auto key = [&](const Scored& item) {
            return item.score ? sign * indicators::as_displayed(*item.score) : -1e300;
        };
        return key(a) > key(b);
    });
    return out;
}

}  // namespace

Result<Outcome> get_funnel(const Call& call) {
    CS_TRY(area, area_of(call));
    CS_TRY(day, day_of(call, "day"));
    const auto& evaluation = call.definitions->evaluation;
    CS_TRY(sums, services::sums(call.ports.store, "area", {area}, date_key(day), date_key(day)));
    const auto& values = sums[area];
    json::array measures;
    for (const auto& code : evaluation.funnel) {
        const auto* measure = evaluation.measure(code);
        if (measure == nullptr) {
            continue;
        }
        auto item = named(code, measure->name);
        item["value"] = value_of(values, *measure);
        item["cases"] = cases_link(code, "area", area, day, day);
        measures.emplace_back(std::move(item));
    }
    CS_TRY(sources, sources_of(call, area, day));
    return Outcome{json_answer(json::object{
        {"day", format_date(day)},
        {"area", area},
        {"measures", std::move(measures)},
        {"sources", std::move(sources)}
    })};
}

Result<Outcome> get_scores(const Call& call) {
    CS_TRY(scoring, find_scoring(call));
    CS_TRY(subjects, wished_subjects(call, *scoring.subject));
    const auto& zone = call.city().calendar().zone();
    const auto period = indicators::days_between(scoring.from, scoring.to, zone);
    services::StoredFacts facts(
        call.ports.store, nullptr, call.who, *call.definitions, period.from, period.to
    );
    if (scoring.subject->from == evaluation::Subject::From::Path) {
        facts.expect(scoring.subject->kind, subjects);
    } else {
        CS_TRY(counted, facts.subjects(scoring.subject->kind));
        subjects = std::move(counted);
    }
    indicators::Calculation calculation(
        call.definitions->indicators, zone, facts, std::optional<Date>(scoring.to)
    );
    const auto below = lineage(call, scoring);
    const auto list = scored(call, scoring, subjects, facts, calculation);
    std::vector<std::optional<double>> points;
    for (const auto& item : list) {
        points.push_back(item.score);
    }
    const auto places =
        indicators::places(points, scoring.formula->better == indicators::Better::Lower);
    json::array items;
    for (std::size_t i = 0; i < list.size(); ++i) {
        items.emplace_back(score_view(call, scoring, below, list[i], places[i], calculation));
    }
    CS_CHECK(facts.status());
    json::array formulas;
    for (const auto* formula : scoring.possible) {
        formulas.emplace_back(named(formula->code, formula->name));
    }
    json::object names;
    for (const auto* measure : below.measures) {
        names[measure->code] = label(measure->name);
    }
    return Outcome{json_answer(json::object{
        {"subject", scoring.subject->kind},
        {"from", format_date(scoring.from)},
        {"to", format_date(scoring.to)},
        {"formula", formula_view(*scoring.formula, below)},
        {"formulas", std::move(formulas)},
        {"measure_names", std::move(names)},
        {"items", std::move(items)}
    })};
}

Result<Outcome> get_series(const Call& call) {
    CS_TRY(area, area_of(call));
    CS_TRY(last, day_of(call, "day"));
    const auto& evaluation = call.definitions->evaluation;
    const auto code = call.parameter("measure").value_or(
        evaluation.funnel.empty() ? "" : evaluation.funnel.front()
    );
    const auto* measure = evaluation.measure(code);
    if (measure == nullptr) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("measure {} is not defined", code), "measure"
        );
    }
    const int days = call.integer("days", 30);
    const auto first = std::chrono::sys_days(last) - std::chrono::days(days - 1);
    ports::CellQuery query;
    query.kind = "area";
    query.subjects = {area};
    query.day_from = date_key(first);
    query.day_to = date_key(last);
    CS_TRY(rows, call.ports.store.cells(query));
    std::map<int, std::int64_t> values;
    for (const auto& row : rows) {
        values[row.key.day] = value_of(row.values, *measure);
    }
    json::array items;
    for (int i = 0; i < days; ++i) {
        const Date day = first + std::chrono::days(i);
        items.emplace_back(json::object{
            {"day", format_date(day)},
            {"value", values[date_key(day)]},
            {"cases", cases_link(code, "area", area, day, day)}
        });
    }
    return Outcome{json_answer(json::object{
        {"measure", named(code, measure->name)}, {"area", area}, {"items", std::move(items)}
    })};
}

}  // namespace chengshu::api
