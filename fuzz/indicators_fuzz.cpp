#include "base/assert.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/sheet.hpp"
#include "inputs.hpp"
#include "support/test_city.hpp"

#include <cmath>

using namespace chengshu;

namespace {

/// The same everywhere: what is wanted is that nothing breaks.
class SomeFacts final : public indicators::Facts {
public:
    std::optional<double> observed(
        std::int64_t thing,
        const indicators::Observed&,
        const indicators::Period& period
    ) override {
        return period.from.time_since_epoch().count() % 3 == 0
                   ? std::nullopt
                   : std::optional(static_cast<double>(thing));
    }

    const std::vector<std::int64_t>& things(std::string_view, std::string_view) override {
        static const std::vector<std::int64_t> kThings{1, 2};
        return kThings;
    }

    const std::vector<std::string>&
    areas(std::string_view area, std::string_view, const indicators::Period&) override {
        static const std::vector<std::string> kParts{"110101", "110102"};
        static const std::vector<std::string> kNone;
        return area == "110000" ? kParts : kNone;
    }

    std::int64_t counted(const indicators::Place&, int bit, const indicators::Period&) override {
        return bit * 7;
    }

    std::optional<double>
    entered(const indicators::Indicator&, const indicators::Place& area, const indicators::Period&)
        override {
        return area.code == "110102" ? std::nullopt : std::optional(3.5);
    }
};

city::CityPtr city_with_a_table() {
    testing::TestCityOptions options;
    options.files = {
        {"cities/testcity/tables.yaml",
         "tables:\n- {code: firms, name: {en: Firms}, source: t, updated: 2025-09-01,\n"
         "  file: table-firms.csv, columns: [{code: area, name: {en: A}, type: area},\n"
         "  {code: kind, name: {en: K}, type: text}, {code: staff, name: {en: S}, type: number}]}\n"
        },
        {"cities/testcity/table-firms.csv",
         "area,kind,staff,valid_from,valid_to\n110000,shop,3,,2025-09-15\n110101,shop,3,,\n"
         "110101,works,,,\n110102,shop,5,2025-09-01,\n"}
    };
    return testing::test_city(options);
}

}  // namespace

/// A file of indicators: read, and every value calculated that is not too long.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto kCity = city_with_a_table();
    static const indicators::CaseMeasures kMeasures{
        {{"filed", {"立案", "Filed"}, {0, 0}, "evaluation.yaml", 1},
         {"closed", {"结案", "Closed"}, {1, 2}, "evaluation.yaml", 2}},
        {"area", "department"},
        {{"source", {"city", "district"}, {"collector", "public"}}, {"class", {"city"}, {"none"}}}
    };
    const city::DefinitionFile file{
        "scenarios/x/indicators.yaml", std::string(fuzz::text_of(data, size))
    };
    const auto flag = [](std::string_view) { return 1U; };
    const auto parsed = indicators::parse_indicators({&file, 1}, *kCity, flag, kMeasures);
    // What takes its own place changes nothing.
    const auto again = indicators::parse_indicators({&file, 1}, *kCity, flag, kMeasures, &file);
    CS_ASSERT(again.catalogue.all().size() == parsed.catalogue.all().size());
    CS_ASSERT(again.catalogue.pages().size() == parsed.catalogue.pages().size());
    // What the feed would refuse is no page.
    for (const auto& page : parsed.catalogue.pages()) {
        CS_ASSERT(parsed.catalogue.page(page.code) == &page);
        CS_ASSERT(
            !page.indicators.empty() && page.indicators.size() <= indicators::kPageIndicatorsMax
        );
        for (const auto& code : page.indicators) {
            const auto* indicator = parsed.catalogue.any(code);
            CS_ASSERT(indicator != nullptr && indicator->is_for("area"));
            CS_ASSERT(indicator->has_period(page.period.value_or(indicator->period)));
        }
        for (const auto& area : page.areas) {
            CS_ASSERT(kCity->area(area) != nullptr);
        }
        CS_ASSERT(page.periods >= 1 && page.periods <= indicators::kPagePeriodsMax);
        CS_ASSERT(page.top >= 0 && page.top <= indicators::kPageTopMax);
    }
    for (const auto& finding : parsed.findings) {
        CS_ASSERT(!finding.message.zh.empty() && !finding.message.en.empty());
        CS_ASSERT(finding.line >= 0 && finding.column >= 0);
    }
    const auto& zone = kCity->calendar().zone();
    const auto now = from_millis(1'758'000'000'000);
    SomeFacts facts;
    indicators::Calculation calculation(parsed.catalogue, zone, facts);
    constexpr auto kLongest = std::chrono::hours{24 * 10};
    for (const auto& indicator : parsed.catalogue.all()) {
        const auto period = indicators::period_at(indicator.period, now, zone);
        const auto* rule = calculation.rule(indicator.code, period);
        if (rule == nullptr || period.to - period.from > kLongest) {
            continue;
        }
        for (const auto& place : {indicators::Place{0, "110000"}, indicators::Place{1}}) {
            const auto& value = calculation.value(*rule, place, period).number;
            CS_ASSERT(!value || std::isfinite(*value));
            static_cast<void>(indicators::colour_at(rule->thresholds, value));
            static_cast<void>(indicators::grade_of(value, rule->grades));
        }
    }
    return 0;
}
