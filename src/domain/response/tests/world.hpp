#pragma once

#include "domain/response/plan.hpp"
#include "domain/response/rule.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace chengshu::response {

inline const city::City& test_world() {
    static const city::CityPtr kCity = [] {
        chengshu::testing::TestCityOptions options;
        options.files.push_back(
            {"cities/testcity/observed.csv",
             chengshu::testing::source_file("scenarios/air-quality/observed.csv")}
        );
        return chengshu::testing::test_city(options);
    }();
    return *kCity;
}

inline const indicators::Catalogue& test_catalogue() {
    static const auto kParsed = [] {
        const city::DefinitionFile file{"scenarios/air/indicators.yaml", R"(indicators:
  - {code: pm_hour, name: {zh: 时, en: Hour}, period: hour, areas: mean, source: test,
     observed: {property: PM2.5, thing_type: air_station}}
  - {code: aqi_day, name: {zh: 日, en: Day}, period: day, areas: mean, source: test,
     roll: {of: pm_hour, as: mean}}
)"};
        return indicators::parse_indicators({&file, 1}, test_world(), [](std::string_view) {
            return std::uint32_t{0};
        });
    }();
    return kParsed.catalogue;
}

inline ParsedRules rules_of(const std::string& content) {
    const city::DefinitionFile file{"scenarios/air/rules.yaml", content};
    return parse_rules({&file, 1}, test_world(), test_catalogue());
}

/// A rule about `aqi_day` (as `aqi`) in the city with the levels and whatever else is given.
inline std::string daily(const std::string& more) {
    return "rules:\n- {code: air, name: {zh: 空气, en: Air}, source: test, every: day, at: city, "
           "values: {aqi: aqi_day}, text: {zh: t, en: t}, " +
           more + "}\n";
}

inline Rule rule_of(const std::string& content) {
    auto parsed = rules_of(content);
    EXPECT_TRUE(parsed.findings.empty()) << chengshu::testing::to_text(parsed.findings);
    return parsed.book.all().empty() ? Rule{} : parsed.book.all().front();
}

/// Values that a test has written down, by day (or hour) from the first.
class Given final : public Values {
public:
    std::map<std::tuple<std::string, indicators::Place, Instant>, double> known;
    int looks = 0;

    std::optional<double> value(
        std::string_view indicator,
        const indicators::Place& place,
        const indicators::Period& period
    ) override {
        ++looks;
        const auto found = known.find({std::string(indicator), place, period.from});
        return found == known.end() ? std::nullopt : std::optional(found->second);
    }
};

inline const TimeZone& zone() {
    return test_world().calendar().zone();
}

/// Day `n` of December 2015; 1 is the first.
inline indicators::Period day(int n) {
    using namespace std::chrono_literals;
    const auto local = std::chrono::local_days{2015y / 12 / 1} + std::chrono::days{n - 1};
    return indicators::period_at(indicators::PeriodKind::Day, zone().to_instant(local), zone());
}

inline Site city_site() {
    Site out;
    out.place = {0, "110000"};
    out.path = {"110000"};
    return out;
}

}  // namespace chengshu::response
