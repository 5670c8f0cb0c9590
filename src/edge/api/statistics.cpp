#include "services/statistics.hpp"

#include "domain/evaluation/score.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
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

/// Address of the list that counts the same cases.
std::string cases_link(
    std::string_view measure,
    const std::string& kind,
    const std::string& subject,
    Date from,
    Date to
) {
    return "/cases?" + query_text(
                           {{"measure", std::string(measure)},
                            {"measure_kind", kind},
                            {"measure_subject", subject},
                            {"measure_from", format_date(from)},
                            {"measure_to", format_date(to)}}
                       );
}

const std::string& root_of(const Call& call) {
    return city::root_area(call.city()).code;
}

/// The wished day, else that of the newest report, else today.
Result<Date> day_of(const Call& call, const char* name) {
    if (const auto text = call.parameter(name)) {
        return parse_date(*text);
    }
    CS_TRY(last, call.ports.store.last_day("area", root_of(call)));
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
    const evaluation::Formula* formula = nullptr;
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
    const auto& evaluation = call.definitions->evaluation;
    const auto possible = evaluation.formulas_for(subject->kind, out.to);
    const auto wish = call.parameter("formula");
    for (const auto* formula : possible) {
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

json::object formula_view(const evaluation::Formula& formula) {
    json::array terms;
    for (const auto& term : formula.terms) {
        terms.emplace_back(json::object{
            {"code", term.code}, {"name", label(term.name)}, {"expression", term.expression.text()}
        });
    }
    return {
        {"code", formula.code},
        {"name", label(formula.name)},
        {"unit", formula.unit},
        {"expression", formula.expression.text()},
        {"source", formula.source},
        {"terms", std::move(terms)}
    };
}

/// Three decimals, as scores are shown and compared.
double shown(double score) {
    return std::round(score * 1000) / 1000;
}

struct Scored {
    std::string code;
    Values values;
    evaluation::Score score;
};

json::object score_view(const Call& call, const Scoring& scoring, const Scored& item, int place) {
    const auto& evaluation = call.definitions->evaluation;
    json::object out{{"subject", named(item.code, subject_name(call, *scoring.subject, item.code))}
    };
    if (place > 0) {
        out["place"] = place;
    }
    if (item.score.score) {
        out["score"] = shown(*item.score.score);
    }
    if (item.score.raw) {
        out["raw_score"] = shown(*item.score.raw);
    }
    if (item.score.grade != nullptr) {
        auto grade = named(item.score.grade->code, item.score.grade->name);
        grade["colour"] = item.score.grade->colour;
        out["grade"] = std::move(grade);
    }
    json::object terms;
    for (std::size_t i = 0; i < scoring.formula->terms.size() && i < item.score.terms.size(); ++i) {
        if (item.score.terms[i]) {
            terms[scoring.formula->terms[i].code] = *item.score.terms[i];
        }
    }
    out["terms"] = std::move(terms);
    json::object measures;
    json::object links;
    for (const int bit : scoring.formula->measures) {
        for (const auto& measure : evaluation.measures) {
            if (measure.bit == bit) {
                measures[measure.code] = value_of(item.values, measure);
                links[measure.code] = cases_link(
                    measure.code, scoring.subject->kind, item.code, scoring.from, scoring.to
                );
            }
        }
    }
    out["measures"] = std::move(measures);
    out["cases"] = std::move(links);
    return out;
}

json::object measure_names(const Call& call, const evaluation::Formula& formula) {
    json::object out;
    for (const auto& measure : call.definitions->evaluation.measures) {
        if (std::find(formula.measures.begin(), formula.measures.end(), measure.bit) !=
            formula.measures.end()) {
            out[measure.code] = label(measure.name);
        }
    }
    return out;
}

std::vector<Scored> scored(
    const Call& call,
    const Scoring& scoring,
    std::map<std::string, Values> sums,
    const std::vector<std::string>& wished
) {
    for (const auto& code : wished) {
        sums.try_emplace(code);  // an area without cases is shown without a score
    }
    std::vector<Scored> out;
    for (auto& [code, values] : sums) {
        auto score = evaluation::score(*scoring.formula, call.definitions->evaluation, values);
        out.push_back({code, std::move(values), std::move(score)});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        const double left = a.score.score ? shown(*a.score.score) : -1e300;
        const double right = b.score.score ? shown(*b.score.score) : -1e300;
        return left > right;
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
    CS_TRY(wished, wished_subjects(call, *scoring.subject));
    CS_TRY(
        sums,
        services::sums(
            call.ports.store,
            scoring.subject->kind,
            wished,
            date_key(scoring.from),
            date_key(scoring.to)
        )
    );
    const auto list = scored(call, scoring, std::move(sums), wished);
    std::vector<std::optional<double>> points;
    for (const auto& item : list) {
        points.push_back(item.score.score);
    }
    const auto places = evaluation::places(points);
    json::array items;
    for (std::size_t i = 0; i < list.size(); ++i) {
        items.emplace_back(score_view(call, scoring, list[i], places[i]));
    }
    json::array formulas;
    for (const auto* formula :
         call.definitions->evaluation.formulas_for(scoring.subject->kind, scoring.to)) {
        formulas.emplace_back(named(formula->code, formula->name));
    }
    return Outcome{json_answer(json::object{
        {"subject", scoring.subject->kind},
        {"from", format_date(scoring.from)},
        {"to", format_date(scoring.to)},
        {"formula", formula_view(*scoring.formula)},
        {"formulas", std::move(formulas)},
        {"measure_names", measure_names(call, *scoring.formula)},
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
