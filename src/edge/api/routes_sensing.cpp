#include "edge/api/internal/handlers.hpp"

namespace chengshu::api {
namespace {

constexpr auto kObserve = permitted(access::Permission::Observe);

// Terminals, their readings, and indicators over them; columns as in routes.cpp.
const Route kRoutes[] = {
    {"GET",
     "/things",
     kAnyone,
     200,
     "listThings",
     "感知终端及最新读数",
     "Terminals with their latest readings: those that the caller may see",
     "area type:thing code:thing limit cursor",
     "",
     "list Thing",
     list_things},
    {"GET",
     "/things/{thing}/readings",
     kAnyone,
     200,
     "listReadings",
     "终端近期读数",
     "Readings of a terminal's streams in the hours before its newest one",
     "hours",
     "",
     "ThingReadings",
     list_readings},
    {"POST",
     "/observations",
     kObserve,
     200,
     "sendObservations",
     "批量上传观测值",
     "Send readings: NDJSON or Influx line protocol, also gzip; mistakes are said row by row",
     "precision all_or_nothing dry_run",
     "readings",
     "ObservationReport",
     post_observations,
     true},
    {"GET",
     "/indicators",
     kAnyone,
     200,
     "listIndicators",
     "体征指标",
     "Indicators: all versions, or those of a day",
     "day:rules",
     "",
     "list Indicator",
     list_indicators},
    {"GET",
     "/indicators/{indicator}/values",
     kAnyone,
     200,
     "listIndicatorValues",
     "指标值",
     "Values of an indicator, period by period, for an area or a terminal",
     "area thing from:period to:period rules",
     "",
     "IndicatorValues",
     list_indicator_values},
    {"GET",
     "/indicators/{indicator}/inputs",
     kAnyone,
     200,
     "openIndicator",
     "指标值的构成",
     "What one value is made from, one level down",
     "at area thing rules",
     "",
     "OpenedIndicator",
     open_indicator},
};

}  // namespace

std::span<const Route> sensing_routes() {
    return kRoutes;
}

}  // namespace chengshu::api
