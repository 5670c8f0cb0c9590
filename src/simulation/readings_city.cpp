#include "base/assert.hpp"
#include "simulation/readings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::simulation {
namespace {

/// Judged at the end of its periods, at terminals; the limits differ between the revisions.
std::string smoke(int blue, int orange, int clear) {
    return fmt::format(
        R"(  - code: smoke
    name: {{zh: 烟, en: Smoke}}
    source: made up
    every: five_minutes
    wait_minutes: 5
    at: {{things: air_station}}
    values: {{dust: dust_now}}
    levels: {{blue: dust > {}, orange: dust > {}}}
    clear: dust < {}
    hold: 2
    case: {{categories: [SIM/matter/0106], source: satellite, from: orange}}
    text: {{zh: 烟, en: Smoke}}
)",
        blue,
        orange,
        clear
    );
}

/// Judged while its periods run, too, at streets that share alerts; only in the first revision.
constexpr auto kHazeRule = R"(  - code: haze
    name: {zh: 霾, en: Haze}
    source: made up
    every: five_minutes
    running: true
    wait_minutes: 5
    at: {level: street}
    values: {dust: dust_now}
    levels: {yellow: dust > 100, red: dust > 125}
    merge: district
    text: {zh: 霾, en: Haze}
)";

constexpr auto kPlans = R"(plans:
  - code: clear-air
    name: {zh: 净空, en: Clear air}
    source: made up
    rules: [smoke]
    case_source: duty
    grades:
      - {grade: IV, alert: blue, automatic: true, confirmed_by: [shift_leader]}
      - {grade: II, alert: orange, automatic: true, confirmed_by: [leader]}
    tasks:
      - {code: look, name: {zh: 看, en: Look}, from: IV, department: ROAD, text: {zh: 看, en: Look},
         categories: [SIM/matter/0104]}
      - {code: stop, name: {zh: 停, en: Stop}, from: II, department: SAN, text: {zh: 停, en: Stop},
         categories: [SIM/matter/0102]}
)";

}  // namespace

Result<ReadingsCity> readings_city(const SimCity& city) {
    const std::string own = "cities/simcity/";
    auto files = city.files;
    files.push_back(
        {own + "observed.csv",
         "code,name_zh,name_en,definition,unit,ucum,min,max,late_after_s\n"
         "PM2.5,颗粒物,Particles,https://example.org/pm25,µg/m³,ug/m3,0,1500,1800\n"}
    );
    files.push_back(
        {own + "sensors.csv",
         "code,name_zh,name_en,encoding,metadata\nanalyser,分析仪,Analyser,text/plain,none\n"}
    );
    files.push_back(
        {own + "things.csv",
         "code,type,name_zh,name_en,lon,lat,department,state,public\n"
         "T1,air_station,东站,East,116.35,40.05,SAN,active,true\n"
         "T2,air_station,西站,West,116.15,40.05,SAN,active,true\n"
         "T3,air_station,北站,North,116.45,40.15,SAN,active,true\n"}
    );
    files.push_back(
        {own + "streams.csv",
         "thing,property,sensor,interval_s\n"
         "T1,PM2.5,analyser,300\nT2,PM2.5,analyser,300\nT3,PM2.5,analyser,300\n"}
    );
    files.push_back({own + "alarms.yaml", R"(alarms:
  - code: dust
    name: {zh: 尘, en: Dust}
    property: PM2.5
    when: above
    limit: 100
    lasts: 6 min
    gap: 1 h
    clear: {limit: 80, lasts: 4 min}
    ignore: [above_range]
    categories: [SIM/matter/0101]
    text: {zh: "{thing}", en: "{thing}"}
  - code: clean
    name: {zh: 净, en: Clean}
    property: PM2.5
    thing: T2
    when: below
    limit: 55
    lasts: 0 s
    clear: {limit: 65}
    categories: [SIM/matter/0103]
    text: {zh: "{thing}", en: "{thing}"}
)"});
    const auto indicators = std::find_if(files.begin(), files.end(), [&](const auto& file) {
        return file.path == own + "indicators.yaml";
    });
    CS_ASSERT(indicators != files.end());
    indicators->content += R"(
- {code: dust, name: {zh: 尘, en: Dust}, period: hour, areas: mean, source: made up,
   observed: {property: PM2.5, thing_type: air_station, ignore: [above_range]}}
- {code: dust_now, name: {zh: 此刻, en: Now}, period: five_minutes, areas: max, source: made up,
   observed: {property: PM2.5, thing_type: air_station}}
- {code: dust_8h, name: {zh: 八时, en: Eight hours}, period: hour, source: made up,
   window: {of: dust, hours: 8, as: mean, at_least: 2}}
- {code: dust_day, name: {zh: 日均, en: Daily}, period: day, source: made up,
   roll: {of: dust, as: mean}}
)";
    files.push_back({own + "plans.yaml", kPlans});
    ReadingsCity out;
    for (const auto& rules :
         {fmt::format("rules:\n{}{}", smoke(75, 110, 65), kHazeRule),
          fmt::format("rules:\n{}", smoke(85, 120, 60))}) {
        auto revision = files;
        revision.push_back({own + "rules.yaml", rules});
        auto parsed = services::parse_definitions(kCityCode, revision);
        for (const auto& finding : parsed.findings) {
            if (finding.error) {
                return fail(
                    ErrorCode::Internal,
                    fmt::format("{}:{} {}", finding.path, finding.line, finding.message.en)
                );
            }
        }
        out.revisions.push_back(parsed.definitions);
    }
    return out;
}

}  // namespace chengshu::simulation
