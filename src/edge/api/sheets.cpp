#include "domain/indicators/sheet.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"
#include "services/indicators.hpp"
#include "services/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

using indicators::Indicator;
using indicators::Period;
using indicators::Place;
using indicators::Sheet;

constexpr std::size_t kPeersMax = 5000;

json::object sheet_view(const Sheet& sheet) {
    return {
        {"code", sheet.code},
        {"name", label(sheet.name)},
        {"level", sheet.level},
        {"period", indicators::period_name(sheet.period)},
        {"source", sheet.source}
    };
}

/// What it is asked of.
struct AskedSheet {
    Sheet sheet;  ///< items that have no values by the cycle are left out
    const city::Area* area = nullptr;
    indicators::Cycle cycle;
    Period period;
    std::vector<std::string> peers;
};

Result<AskedSheet> asked(const Call& call) {
    AskedSheet out;
    const auto& catalogue = call.definitions->indicators;
    const auto& code = call.in_path("sheet");
    const auto* found = catalogue.sheet(code);
    if (found == nullptr) {
        std::vector<std::string> known;
        for (const auto& sheet : catalogue.sheets()) {
            known.push_back(sheet.code);
        }
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no sheet {}{}", code, suggestion(code, known))
        );
    }
    out.sheet = *found;
    const auto area = call.parameter("area").value_or("");
    out.area = call.city().area(area);
    if (out.area == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area");
    }
    if (out.area->level != out.sheet.level) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("sheet {} is for areas of the level {}", code, out.sheet.level),
            "area"
        );
    }
    out.cycle = out.sheet.period;
    if (call.parameter("period")) {
        CS_TRY(cycle, cycle_for(call, *catalogue.any(out.sheet.score)));
        out.cycle = cycle;
    }
    std::erase_if(out.sheet.items, [&](const std::string& item) {
        return !catalogue.any(item)->has_period(out.cycle);
    });
    auto day = call.today();
    if (const auto wish = call.parameter("day")) {
        CS_TRY(date, parse_date(*wish));
        day = date;
    } else {
        CS_TRY(last, services::newest_report_day(call.ports.store));
        if (last != 0) {
            CS_TRY(newest, date_from_key(last));
            day = newest;
        }
    }
    const auto& zone = call.city().calendar().zone();
    out.period =
        indicators::period_at(out.cycle, zone.to_instant(std::chrono::local_days{day}), zone);
    for (const auto& peer : call.city().areas()) {
        if (peer.level == out.sheet.level && peer.validity.holds(day) &&
            out.peers.size() < kPeersMax) {
            out.peers.push_back(peer.code);
        }
    }
    return out;
}

/// Where the figure opens into what it is made from.
std::string open_link(const AskedSheet& what, const Indicator& indicator) {
    return fmt::format(
        "/indicators/{}/inputs?{}",
        indicator.code,
        query_text(
            {{"area", what.area->code},
             {"period", indicators::period_name(what.cycle)},
             {"at", format_utc(what.period.from)}}
        )
    );
}

json::object indicator_head(const Indicator& indicator) {
    auto out = named(indicator.code, indicator.name);
    if (!indicator.unit.zh.empty() || !indicator.unit.en.empty()) {
        out["unit"] = label(indicator.unit);
    }
    return out;
}

/// SheetValues within one period, with the rows that they need.
class SheetValues {
public:
    SheetValues(const Call& call, Duration looks_back, const Period& period)
        : facts_(
              call.ports.store,
              call.ports.options.entities,
              call.who,
              *call.definitions,
              period.from - looks_back,
              period.to
          ),
          calculation_(call.definitions->indicators, call.city().calendar().zone(), facts_) {}

    services::StoredFacts& facts() { return facts_; }

    indicators::Calculation& calculation() { return calculation_; }

private:
    services::StoredFacts facts_;
    indicators::Calculation calculation_;
};

json::object line_view(
    const Call& call,
    const AskedSheet& what,
    const indicators::SheetLine& line,
    SheetValues& before,
    SheetValues& year_ago
) {
    const auto& indicator = *line.indicator;
    json::object out{{"indicator", indicator_head(indicator)}};
    put_value(out, indicator, line.value);
    if (line.place > 0) {
        out["place"] = line.place;
    }
    out["of"] = line.of;
    if (line.best) {
        json::object best;
        put_value(best, indicator, {line.best, {}});
        out["best"] = best["value"];
    }
    const Place place{0, what.area->code};
    const auto compared = [&](SheetValues& with, indicators::Against against) {
        const auto period = indicators::compared_with(
            indicator, against, what.period, call.now, call.city().calendar().zone()
        );
        const auto then = with.calculation().value(indicator.code, place, period);
        return comparison_view(indicator, indicators::compare(indicator, line.value, then, period));
    };
    out["previous"] = compared(before, indicators::Against::Previous);
    out["last_year"] = compared(year_ago, indicators::Against::LastYear);
    out["open"] = open_link(what, indicator);
    return out;
}

}  // namespace

Result<Outcome> list_sheets(const Call& call) {
    json::array items;
    for (const auto& sheet : call.definitions->indicators.sheets()) {
        items.emplace_back(sheet_view(sheet));
    }
    return Outcome{list_answer(std::move(items), "")};
}

Result<Outcome> get_sheet(const Call& call) {
    CS_TRY(what, asked(call));
    const auto& catalogue = call.definitions->indicators;
    auto looks_back = services::looks_back(catalogue, what.sheet.score);
    for (const auto& item : what.sheet.items) {
        looks_back = std::max(looks_back, services::looks_back(catalogue, item));
    }
    const auto& zone = call.city().calendar().zone();
    SheetValues now(call, looks_back, what.period);
    SheetValues before(call, looks_back, indicators::previous_period(what.period, zone));
    SheetValues year_ago(call, looks_back, indicators::last_year(what.period, zone));
    now.facts().expect("area", what.peers);
    const auto report = indicators::report_of(
        now.calculation(), what.sheet, what.area->code, what.peers, what.period
    );
    json::object out{{"sheet", sheet_view(what.sheet)}};
    out["area"] = named(what.area->code, what.area->name);
    out["period"] = indicators::period_name(what.cycle);
    put_period(out, what.period);
    if (report.score.indicator != nullptr) {
        out["score"] = line_view(call, what, report.score, before, year_ago);
    }
    json::array items;
    for (const auto& line : report.items) {
        items.emplace_back(line_view(call, what, line, before, year_ago));
    }
    out["items"] = std::move(items);
    json::array pulls;
    for (const auto& pull : report.pulls) {
        json::object item{{"indicator", indicator_head(*pull.indicator)}};
        put_value(item, *pull.indicator, {pull.value, {}});
        json::object best;
        put_value(best, *pull.indicator, {pull.best, {}});
        item["best"] = best["value"];
        item["gain"] = indicators::as_displayed(pull.gain);
        item["open"] = open_link(what, *pull.indicator);
        pulls.emplace_back(std::move(item));
    }
    out["pulls"] = std::move(pulls);
    for (auto* values : {&now, &before, &year_ago}) {
        CS_CHECK(values->facts().status());
    }
    return Outcome{json_answer(out)};
}

}  // namespace chengshu::api
