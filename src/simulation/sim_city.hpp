#pragma once

#include "domain/city/city.hpp"
#include "services/definitions.hpp"
#include "simulation/naive_calendar.hpp"

#include <memory>
#include <string>
#include <vector>

namespace chengshu::simulation {

/// The shipped definitions that the simulated city works by, as read from scenarios/.
struct ScenarioFiles {
    std::string standard;               ///< city-management/workflows/standard.yaml
    std::string direct;                 ///< city-management/workflows/direct.yaml
    std::string request;                ///< service-requests/workflows/request.yaml
    std::string management_measures;    ///< city-management/evaluation.yaml
    std::string request_measures;       ///< service-requests/evaluation.yaml
    std::string management_indicators;  ///< city-management/indicators.yaml
};

/// A small city to simulate: two districts with two streets each, five departments, a post of every
/// kind, categories for every situation. One of kVariants: China's holidays with and without
/// automatic steps, New York's change to winter and to summer time with night work, and the
/// service-request flow.
struct SimCity {
    int variant = 0;
    std::vector<city::CityFile> files;
    services::DefinitionsPtr definitions;
    services::DefinitionsPtr changed;  ///< the same city with other rules of indicators
    std::unique_ptr<NaiveCalendar> calendar;
    Instant begin;  ///< a few days before something happens to the calendar
};

inline constexpr int kVariants = 5;
inline constexpr const char* kCityCode = "simcity";

/// `wrong_calendar`: the server's files close an hour early, the naive calendar does not know (a
/// planted mistake). Failures are mistakes of the simulator itself: Internal with the first
/// finding.
Result<std::unique_ptr<SimCity>>
make_city(int variant, const ScenarioFiles& scenarios, bool wrong_calendar);

}  // namespace chengshu::simulation
