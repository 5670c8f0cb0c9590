#include "edge/api/internal/feed_view.hpp"

#include "domain/indicators/judgement.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace chengshu::api {
namespace {

using indicators::Indicator;
using indicators::Period;
using services::PageCell;
using services::PageSet;
using services::PageState;

constexpr std::size_t kBands = 10;

/// Of the page's last period, or any version.
const Indicator* rule_of(const PageState& state, const std::string& code, const Period& period) {
    const auto& zone = state.definitions->city->calendar().zone();
    const auto& all = state.definitions->indicators;
    if (const auto* rule = all.find(code, zone.local_date(period.from))) {
        return rule;
    }
    for (const auto& version : all.all()) {
        if (version.code == code) {
            return &version;
        }
    }
    return nullptr;
}

json::object indicator_of(const PageState& state, const std::string& code, const Period& period) {
    json::object out{{"code", code}};
    const auto* rule = rule_of(state, code, period);
    if (rule == nullptr) {
        return out;
    }
    static constexpr std::array<std::string_view, 3> kBetter{"neither", "higher", "lower"};
    out["name"] = label(rule->name);
    out["precision"] = rule->precision;
    out["better"] = kBetter[static_cast<std::size_t>(rule->better)];
    if (!rule->unit.zh.empty() || !rule->unit.en.empty()) {
        out["unit"] = label(rule->unit);
    }
    json::array thresholds;
    for (const auto& threshold : rule->thresholds) {
        thresholds.emplace_back(json::object{
            {"colour", indicators::colour_name(threshold.colour)},
            {"when", indicators::threshold_word(threshold.when)},
            {"limit", threshold.limit}
        });
    }
    out["thresholds"] = std::move(thresholds);
    return out;
}

json::object place_view(const PageState& state, const indicators::Place& place) {
    json::object out;
    put_place(out, place);
    const auto of = indicators::area_member(place);
    const auto& code = of ? of->area : place.code;
    if (const auto* area = place.thing == 0 ? state.definitions->city->area(code) : nullptr) {
        out["name"] = label(area->name);
        out["level"] = area->level;
    }
    const auto* dimension = of ? state.definitions->evaluation.dimension(of->dimension) : nullptr;
    if (const auto* member = dimension == nullptr ? nullptr : dimension->member(of->member)) {
        out["member_name"] = label(member->name);
    }
    return out;
}

json::object cell_view(
    const std::string& code,
    const indicators::Place& place,
    const Period& period,
    const PageCell& cell
) {
    json::object out{{"indicator", code}};
    put_place(out, place);
    put_period(out, period);
    put_live_value(out, cell.now);
    if (cell.previous) {
        out["previous"] = comparison_view(*cell.now.rule, *cell.previous);
    }
    if (cell.last_year) {
        out["last_year"] = comparison_view(*cell.now.rule, *cell.last_year);
    }
    return out;
}

template <class Visit>
void each_cell(const PageSet& set, const PageState& state, const Visit& visit) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < set.indicators.size(); ++i) {
        for (const auto& place : set.places) {
            for (const auto& period : state.periods[i]) {
                visit(set.indicators[i], place, period, state.cells[at++]);
            }
        }
    }
}

/// The cells of an indicator's last period, one for each place.
std::vector<const PageCell*>
last_cells(const PageSet& set, const PageState& state, std::size_t indicator) {
    std::vector<const PageCell*> out;
    std::size_t at = 0;
    for (std::size_t i = 0; i <= indicator; ++i) {
        const auto periods = state.periods[i].size();
        for (std::size_t p = 0; p < set.places.size(); ++p) {
            at += periods;
            if (i == indicator) {
                out.push_back(&state.cells[at - 1]);
            }
        }
    }
    return out;
}

/// `shown` gets the places that it lists.
json::object ranking_view(
    const PageSet& set,
    const PageState& state,
    std::size_t indicator,
    int top,
    std::set<std::size_t>& shown
) {
    const auto& code = set.indicators[indicator];
    const auto& period = state.periods[indicator].back();
    const auto cells = last_cells(set, state, indicator);
    std::vector<std::optional<double>> values;
    for (const auto* cell : cells) {
        values.push_back(cell->now.value.number);
    }
    const auto* rule = rule_of(state, code, period);
    const bool smallest = rule != nullptr && rule->better == indicators::Better::Lower;
    const auto places = indicators::places(values, smallest);
    std::vector<std::size_t> order(cells.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto key = [&](std::size_t at) {
            return places[at] == 0 ? order.size() + 1 : static_cast<std::size_t>(places[at]);
        };
        return key(a) < key(b);
    });
    json::object out{{"indicator", code}};
    put_period(out, period);
    json::array items;
    for (const auto at : order) {
        if (top > 0 && items.size() == static_cast<std::size_t>(top)) {
            break;
        }
        shown.insert(at);
        auto item = cell_view(code, set.places[at], period, *cells[at]);
        if (places[at] > 0) {
            item["place"] = places[at];
        }
        items.emplace_back(std::move(item));
    }
    out["items"] = std::move(items);
    return out;
}

/// How many values lie in each of ten equal bands, and have each colour and grade.
json::object distribution_view(const PageSet& set, const PageState& state, std::size_t indicator) {
    const auto cells = last_cells(set, state, indicator);
    std::vector<double> values;
    std::map<std::string, std::int64_t> colours;
    std::map<std::string, std::int64_t> grades;
    for (const auto* cell : cells) {
        if (!cell->now.value.number) {
            continue;
        }
        values.push_back(*cell->now.value.number);
        json::object shown;
        put_live_value(shown, cell->now);
        if (const auto* colour = shown.if_contains("colour")) {
            ++colours[std::string(std::string_view(colour->as_string()))];
        }
        if (const auto* grade = shown.if_contains("grade")) {
            ++grades[std::string(std::string_view(grade->as_string()))];
        }
    }
    json::object out{
        {"indicator", set.indicators[indicator]},
        {"count", values.size()},
        {"without", cells.size() - values.size()}
    };
    put_period(out, state.periods[indicator].back());
    json::array bands;
    if (!values.empty()) {
        std::sort(values.begin(), values.end());
        const double low = values.front();
        const double width = (values.back() - low) / static_cast<double>(kBands);
        std::array<std::int64_t, kBands> counts{};
        for (const auto value : values) {
            const auto band = width > 0 ? static_cast<std::size_t>((value - low) / width) : 0;
            ++counts[std::min(band, kBands - 1)];
        }
        for (std::size_t i = 0; i < (width > 0 ? kBands : 1); ++i) {
            const auto step = static_cast<double>(i);
            bands.emplace_back(json::object{
                {"from", low + width * step}, {"to", low + width * (step + 1)}, {"count", counts[i]}
            });
        }
        out["least"] = low;
        out["median"] = values[(values.size() - 1) / 2];
        out["most"] = values.back();
    }
    out["bands"] = std::move(bands);
    const auto counts_view = [](const std::map<std::string, std::int64_t>& counts) {
        json::object view;
        for (const auto& [name, count] : counts) {
            view[name] = count;
        }
        return view;
    };
    out["colours"] = counts_view(colours);
    out["grades"] = counts_view(grades);
    return out;
}

}  // namespace

void put_live_value(json::object& out, const services::LiveAnswer& answer) {
    if (answer.rule == nullptr) {
        return;
    }
    if (std::holds_alternative<indicators::Which>(answer.rule->rule)) {
        json::array names;
        for (const auto& name : answer.value.names) {
            names.emplace_back(name);
        }
        out["names"] = std::move(names);
        return;
    }
    if (!answer.value.number) {
        return;
    }
    out["value"] = rounded(*answer.value.number, answer.rule->precision);
    if (const auto colour = indicators::colour_at(answer.rule->thresholds, answer.value.number)) {
        out["colour"] = indicators::colour_name(*colour);
    }
    if (const auto* grade = indicators::grade_of(answer.value.number, answer.rule->grades)) {
        out["grade"] = grade->code;
    }
}

json::object feed_changes(const PageSet& set, const PageState& state, std::uint64_t version) {
    json::array cells;
    each_cell(
        set,
        state,
        [&](const auto& code, const auto& place, const auto& period, const auto& cell) {
            if (cell.changed > version) {
                cells.emplace_back(cell_view(code, place, period, cell));
            }
        }
    );
    return {
        {"sequence", state.sequence}, {"journal", state.journal.value}, {"cells", std::move(cells)}
    };
}

json::object feed_view(const PageSet& set, const PageState& state, const FeedShape& shape) {
    json::object out{{"sequence", state.sequence}, {"journal", state.journal.value}};
    json::array indicators;
    for (std::size_t i = 0; i < set.indicators.size(); ++i) {
        indicators.emplace_back(indicator_of(state, set.indicators[i], state.periods[i].back()));
    }
    out["indicators"] = std::move(indicators);
    std::set<std::size_t> shown;
    json::array items;
    for (std::size_t i = 0; i < set.indicators.size() && shape.kind != FeedShape::Kind::Table;
         ++i) {
        items.emplace_back(
            shape.kind == FeedShape::Kind::Ranking ? ranking_view(set, state, i, shape.top, shown)
                                                   : distribution_view(set, state, i)
        );
    }
    json::array places;
    for (std::size_t i = 0; i < set.places.size(); ++i) {
        if (shape.kind != FeedShape::Kind::Ranking || shown.contains(i)) {
            places.emplace_back(place_view(state, set.places[i]));
        }
    }
    out["places"] = std::move(places);
    if (shape.kind == FeedShape::Kind::Table) {
        out["cells"] = feed_changes(set, state, 0)["cells"];
    } else if (shape.kind == FeedShape::Kind::Ranking) {
        out["rankings"] = std::move(items);
    } else {
        out["distributions"] = std::move(items);
    }
    return out;
}

}  // namespace chengshu::api
