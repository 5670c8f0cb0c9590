#include "edge/api/internal/indicator_views.hpp"

#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace chengshu::api {
namespace {

using indicators::Indicator;
using indicators::Period;
using indicators::Place;

std::string_view rule_name(const Indicator& indicator) {
    static constexpr std::string_view kNames[] = {
        "observed", "window", "roll", "formula", "which", "counted", "entered", "table"
    };
    return kNames[indicator.rule.index()];
}

json::array thresholds_view(const Indicator& indicator) {
    json::array out;
    for (const auto& item : indicator.thresholds) {
        json::object view{
            {"colour", indicators::colour_name(item.colour)},
            {"when", indicators::threshold_word(item.when)},
            {"limit", item.limit},
            {"clear", item.clear}
        };
        if (item.hold > Duration{0}) {
            view["hold_seconds"] =
                std::chrono::duration_cast<std::chrono::seconds>(item.hold).count();
        }
        out.emplace_back(std::move(view));
    }
    return out;
}

}  // namespace

json::object indicator_view(const Indicator& indicator) {
    json::object out{
        {"code", indicator.code},
        {"name", label(indicator.name)},
        {"level", indicator.level},
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
    if (const auto* tabled = std::get_if<indicators::Tabled>(&indicator.rule)) {
        out["table"] = tabled->table->code;
    }
    if (const auto* entered = std::get_if<indicators::Entered>(&indicator.rule)) {
        out["entered_by"] = json::array(entered->by.begin(), entered->by.end());
        out["approved_by"] = json::array(entered->approved_by.begin(), entered->approved_by.end());
    }
    json::array inputs;
    for (const auto& code : indicator.inputs()) {
        inputs.emplace_back(code);
    }
    out["inputs"] = std::move(inputs);
    json::array periods;
    for (const auto& cycle : indicator.periods) {
        periods.emplace_back(indicators::period_name(cycle));
    }
    if (indicator.any_days) {
        periods.emplace_back("days");
    }
    out["periods"] = std::move(periods);
    json::array subjects;
    for (const auto& kind : indicator.subjects) {
        subjects.emplace_back(kind);
    }
    out["subjects"] = std::move(subjects);
    if (!indicator.dimensions.empty()) {
        out["dimensions"] = json::array(indicator.dimensions.begin(), indicator.dimensions.end());
    }
    if (indicator.better != indicators::Better::Neither) {
        out["better"] = indicator.better == indicators::Better::Higher ? "higher" : "lower";
    }
    if (!indicator.parent.empty()) {
        out["parent"] = indicator.parent;
    }
    if (!indicator.owner.empty()) {
        out["owner"] = indicator.owner;
    }
    if (!indicator.thresholds.empty()) {
        out["thresholds"] = thresholds_view(indicator);
    }
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

void put_value(json::object& out, const Indicator& indicator, const indicators::Value& value) {
    if (std::holds_alternative<indicators::Which>(indicator.rule)) {
        json::array names;
        for (const auto& name : value.names) {
            names.emplace_back(name);
        }
        out["names"] = std::move(names);
    } else if (value.number) {
        out["value"] = rounded(*value.number, indicator.precision);
        if (const auto colour = indicators::colour_at(indicator.thresholds, value.number)) {
            out["colour"] = indicators::colour_name(*colour);
        }
        if (const auto* band = indicators::grade_of(value.number, indicator.grades)) {
            auto grade = named(band->code, band->name);
            grade["colour"] = band->colour;
            out["grade"] = std::move(grade);
        }
    }
}

void put_period(json::object& out, const Period& period) {
    out["from"] = format_utc(period.from);
    out["to"] = format_utc(period.to);
}

void put_place(json::object& out, const Place& place) {
    if (const auto of = indicators::area_member(place)) {
        out["area"] = of->area;
        out["by"] = of->dimension;
        out["member"] = of->member;
    } else if (place.thing != 0) {
        out["thing"] = std::to_string(place.thing);
    } else if (place.is_area()) {
        out["area"] = place.code;
    } else {
        out["kind"] = place.kind;
        out["subject"] = place.code;
    }
}

json::object comparison_view(const Indicator& indicator, const indicators::Comparison& compared) {
    json::object out;
    put_period(out, compared.period);
    if (compared.value.number) {
        out["value"] = rounded(*compared.value.number, indicator.precision);
    }
    if (compared.change) {
        out["change"] = rounded(*compared.change, indicator.precision);
    }
    if (compared.rate) {
        constexpr int kRateDigits = 4;
        out["rate"] = rounded(*compared.rate, kRateDigits);
    }
    return out;
}

Result<indicators::Cycle> cycle_for(const Call& call, const Indicator& indicator) {
    const auto wish = call.parameter("period");
    if (!wish) {
        return indicator.period;
    }
    const auto cycle = indicators::cycle_of(*wish);
    if (cycle && indicator.has_period(*cycle)) {
        return *cycle;
    }
    std::vector<std::string> known;
    for (const auto& one : indicator.periods) {
        known.push_back(indicators::period_name(one));
    }
    if (indicator.any_days) {
        known.emplace_back("day, week, ten_days, month, month_from_19, quarter, year, 30_days");
    }
    return fail(
        ErrorCode::InvalidInput,
        fmt::format(
            "indicator {} has no values by \"{}\"; known: {}",
            indicator.code,
            *wish,
            fmt::join(known, ", ")
        ),
        "period"
    );
}

}  // namespace chengshu::api
