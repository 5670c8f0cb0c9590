#include "simulation/sim_city.hpp"

#include "simulation/live_checker.hpp"

#include <fmt/format.h>

namespace chengshu::simulation {
namespace {

using std::chrono::minutes;

constexpr const char* kAreas =
    R"(code,parent,level,name_zh,name_en,schematic,valid_from,valid_to,source
110000,,city,模拟市,Sim City,true,,,made up
110101,110000,district,西区,West,true,,,made up
110102,110000,district,东区,East,true,,,made up
110101001,110101,street,西一街道,West One,true,,,made up
110101002,110101,street,西二街道,West Two,true,,,made up
110102001,110102,street,东一街道,East One,true,,,made up
110102002,110102,street,东二街道,East Two,true,,,made up
)";

constexpr const char* kDepartmentsCsv =
    R"(code,parent,name_zh,name_en,uscc,area,valid_from,valid_to,source
SAN,,环卫局,Sanitation,,,,,made up
ROAD,,道路局,Roads,,,,,made up
LAMP,,路灯局,Street Lighting,,,,,made up
TEAM,,东区先遣队,East Front Line,,110102,,,made up
GONE,,旧局,Abolished Bureau,,,,2025-01-01,made up
)";

constexpr const char* kPosts = R"(code,kind,department,area,name_zh,name_en
collector-west,collector,,110101,西区监督员,Collector West
collector-east,collector,,110102,东区监督员,Collector East
acceptor,acceptor,,110000,受理员,Acceptor
acceptor-east,acceptor,,110102,东区受理员,Acceptor East
shift_leader,shift_leader,,110000,值班长,Shift leader
dispatcher,dispatcher,,110000,派遣员,Dispatcher
dispatcher-west,dispatcher,,110101,西区派遣员,Dispatcher West
handler-san,handler,SAN,110000,环卫局处置员,Sanitation handler
handler-road,handler,ROAD,110000,道路局处置员,Roads handler
handler-lamp,handler,LAMP,110000,路灯局处置员,Lighting handler
handler-team,handler,TEAM,110102,先遣队员,Front-line handler
evaluator,evaluator,,110000,评价员,Evaluator
leader,leader,,110000,领导,Leader
administrator,administrator,,110000,管理员,Administrator
auditor,auditor,,110000,审计员,Auditor
)";

constexpr const char* kAccountsCsv = R"(login,name_zh,name_en,posts
collector-west,监督员西,Collector W,collector-west
collector-east,监督员东,Collector E,collector-east
acceptor,受理员,Acceptor,acceptor
acceptor-east,受理员东,Acceptor E,acceptor-east
shift_leader,值班长,Shift Leader,shift_leader
dispatcher,派遣员,Dispatcher,dispatcher
dispatcher-west,派遣员西,Dispatcher W,dispatcher-west
handler-san,环卫,Sanitation,handler-san
handler-san2,环卫乙,Sanitation B,handler-san
handler-road,道路,Roads,handler-road
handler-lamp,路灯,Lighting,handler-lamp
handler-team,先遣,Front Line,handler-team
evaluator,评价,Evaluator,evaluator
leader,领导,Leader,leader
administrator,管理,Administrator,administrator
auditor,审计,Auditor,auditor
)";

constexpr const char* kCategoriesCsv =
    "code_set,kind,code,parent,name_zh,name_en,local_extension,duplicate_radius_m,"
    "duplicate_window_h,valid_from,valid_to,source\n"
    R"(SIM,matter,01,,街面秩序,Street order,false,,,,,made up
SIM,matter,0101,01,暴露垃圾,Exposed rubbish,false,,,,,made up
SIM,matter,0102,01,乱涂乱画,Graffiti,false,,,,,made up
SIM,matter,0103,01,噪音,Noise,false,,,,,made up
SIM,matter,0104,01,路面坑洼,Pothole,false,,,,,made up
SIM,matter,0105,01,断线风筝,Lost kite,false,,,,,made up
SIM,matter,0106,01,道路遗撒,Spill,false,,,,,made up
SIM,matter,0107,01,无主事项,Orphaned matter,false,,,,,made up
SIM,matter,0108,01,绿化建议,Planting wish,false,,,,,made up
SIM,matter,0109,01,旧类目,Former category,false,,,,2025-01-01,made up
SIM,component,02,,公用设施,Public fixtures,false,,,,,made up
SIM,component,0201,02,路灯,Street lamp,false,,,,,made up
)";

constexpr const char* kStandardsCsv =
    "code,category,condition_zh,condition_en,limit,unit,closing_zh,closing_en,automatic,"
    "valid_from,valid_to,source\n"
    R"(rubbish,SIM/matter/0101,有垃圾,Rubbish,8,work_hour,垃圾已清,Rubbish is gone,false,,,made up
graffiti-small,SIM/matter/0102,不足1平方米,Small,1,work_day,已清除,Removed,false,,,made up
graffiti-large,SIM/matter/0102,1平方米以上,Large,3,work_day,已清除,Removed,false,,,made up
pothole,SIM/matter/0104,路面坑洼,A hole in the road,2,urgent_hour,已修复,Repaired,false,,,made up
kite,SIM/matter/0105,风筝缠绕,A kite is caught,1,urgent_day,已取下,Taken down,false,,,made up
spill,SIM/matter/0106,道路遗撒,Something was spilt,4,urgent_hour,已清理,Cleaned,false,,,made up
orphan,SIM/matter/0107,无主事项,An orphaned matter,4,urgent_hour,已处理,Done,false,,,made up
planting,SIM/matter/0108,绿化建议,A wish for planting,,,已答复,Answered,true,,,made up
lamp-dark,SIM/component/0201,路灯不亮,The lamp is dark,2,natural_day,已亮,It shines,true,,,made up
lamp-leaning,SIM/component/0201,倾斜,Leans,0.5,work_hour,已扶正,It stands,false,,,made up
)";

constexpr const char* kResponsibilities =
    R"(category,area,department,role,priority,basis,valid_from,valid_to
SIM/matter/0101,110000,SAN,lead,10,list 1,,
SIM/matter/0101,110000,LAMP,assist,10,list 1,,
SIM/matter/0102,110000,SAN,lead,10,list 2,,
SIM/matter/0103,110000,SAN,lead,10,list 3,,
SIM/matter/0104,110000,SAN,lead,10,list 4,,
SIM/matter/0104,110000,ROAD,lead,10,list 5,,
SIM/matter/0106,110000,TEAM,lead,10,list 6,,
SIM/matter/0107,110000,GONE,lead,10,list 7,,
SIM/matter/0108,110000,SAN,lead,10,list 8,,
SIM/component/0201,110000,LAMP,lead,10,list 9,,
)";

std::string square(std::string_view area, double west, double south, double east, double north) {
    return fmt::format(
        R"({{"type":"Feature","properties":{{"area":"{0}"}},)"
        R"("geometry":{{"type":"Polygon","coordinates":)"
        R"([[[{1},{2}],[{3},{2}],[{3},{4}],[{1},{4}],[{1},{2}]]]}}}})",
        area,
        west,
        south,
        east,
        north
    );
}

std::string boundaries() {
    std::string out = R"({"type":"FeatureCollection","features":[)";
    out += square("110000", 116.1, 40, 116.5, 40.2) + ",\n";
    out += square("110101", 116.1, 40, 116.3, 40.2) + ",\n" +
           square("110102", 116.3, 40, 116.5, 40.2) + ",\n";
    out += square("110101001", 116.1, 40, 116.3, 40.1) + ",\n" +
           square("110101002", 116.1, 40.1, 116.3, 40.2) + ",\n";
    out += square("110102001", 116.3, 40, 116.5, 40.1) + ",\n" +
           square("110102002", 116.3, 40.1, 116.5, 40.2);
    return out + "]}\n";
}

CalendarRows rows_of(int variant) {
    const city::WorkingPeriod morning{minutes{8 * 60}, minutes{12 * 60}};
    const city::WorkingPeriod afternoon{minutes{14 * 60}, minutes{18 * 60}};
    if (variant < 2) {
        return {
            "Asia/Shanghai",
            {morning, afternoon},
            {1, 2, 3, 4, 5},
            {"2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08"},
            {"2025-09-28", "2025-10-11"}
        };
    }
    // Clocks change on a Sunday at two: people work then.
    const city::WorkingPeriod night{minutes{0}, minutes{6 * 60}};
    return {
        "America/New_York",
        {night, afternoon},
        {0, 1, 2, 3, 4, 5},
        {"2025-11-11", "2026-03-10"},
        {"2025-11-08"}
    };
}

std::string list_of(const std::set<unsigned>& weekdays) {
    constexpr const char* kNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    std::string out;
    for (const auto day : weekdays) {
        out += std::string(out.empty() ? "" : ", ") + kNames[day];
    }
    return out;
}

std::string city_yaml(int variant, const CalendarRows& rows, bool wrong_calendar) {
    std::string periods;
    for (const auto& period : rows.periods) {
        const auto end = period.end - minutes{wrong_calendar ? 60 : 0};
        periods += fmt::format(
            "{}\"{:02}:{:02}-{:02}:{:02}\"",
            periods.empty() ? "" : ", ",
            period.begin.count() / 60,
            period.begin.count() % 60,
            end.count() / 60,
            end.count() % 60
        );
    }
    const bool automatic = variant != 1;
    return fmt::format(
        R"(code: simcity
name: {{zh: 模拟市, en: Sim City}}
time_zone: {}
division: "110000"
source: made up for the simulator
levels:
  - {{code: city, name: {{zh: 市, en: City}}}}
  - {{code: district, name: {{zh: 区, en: District}}}}
  - {{code: street, name: {{zh: 街道, en: Street}}}}
scenarios: [sim]
working_week: [{}]
working_periods: [{}]
code_sets:
  - {{code: SIM}}
settings:
  auto_file: {}
  auto_dispatch: {}
  default_workflow: {}
{}  auto_close_sources: [iot]
)",
        rows.zone,
        list_of(rows.weekdays),
        periods,
        automatic,
        automatic,
        variant == 4 ? "request" : "standard",
        variant == 4 ? "" : "  workflow_by_department: {TEAM: direct}\n"
    );
}

std::string calendar_csv(const CalendarRows& rows) {
    std::string out = "date,kind,name_zh,name_en,source\n";
    for (const auto& date : rows.holidays) {
        out += date + ",holiday,假日,Holiday,made up\n";
    }
    for (const auto& date : rows.workdays) {
        out += date + ",workday,调休,Make-up day,made up\n";
    }
    return out;
}

Instant begin_of(int variant) {
    constexpr const char* kBegins[] = {
        "2025-09-25T00:00:00Z",
        "2025-09-29T03:00:00Z",
        "2025-10-29T06:00:00Z",
        "2026-03-05T06:00:00Z",
        "2025-10-30T12:00:00Z"
    };
    return parse_rfc3339(kBegins[variant]).value();
}

}  // namespace

Result<std::unique_ptr<SimCity>>
make_city(int variant, const ScenarioFiles& scenarios, bool wrong_calendar) {
    auto out = std::make_unique<SimCity>();
    const auto rows = rows_of(variant);
    out->variant = variant;
    out->begin = begin_of(variant);
    const std::string own = "cities/simcity/";
    const std::string shared = "scenarios/sim/";
    out->files = {
        {own + "city.yaml", city_yaml(variant, rows, wrong_calendar)},
        {own + "areas.csv", kAreas},
        {own + "boundaries.geojson", boundaries()},
        {own + "departments.csv", kDepartmentsCsv},
        {own + "posts.csv", kPosts},
        {own + "accounts.csv", kAccountsCsv},
        {own + "categories-SIM.csv", kCategoriesCsv},
        {own + "standards.csv", kStandardsCsv},
        {own + "responsibilities.csv", kResponsibilities},
        {own + "calendar.csv", calendar_csv(rows)},
        {shared + "scenario.yaml",
         "code: sim\nname: {zh: 模拟, en: Simulation}\nsource: made up for the simulator\n"},
    };
    if (variant == 4) {
        out->files.push_back({shared + "workflows/request.yaml", scenarios.request});
        out->files.push_back({shared + "evaluation.yaml", scenarios.request_measures});
    } else {
        out->files.push_back({shared + "workflows/standard.yaml", scenarios.standard});
        out->files.push_back({shared + "workflows/direct.yaml", scenarios.direct});
        out->files.push_back({shared + "evaluation.yaml", scenarios.management_measures});
        out->files.push_back({shared + "indicators.yaml", scenarios.management_indicators});
    }
    auto changed = out->files;
    out->files.push_back({own + "indicators.yaml", live_indicators_file(false)});
    changed.push_back({own + "indicators.yaml", live_indicators_file(true)});
    out->changed = services::parse_definitions(kCityCode, changed).definitions;
    auto parsed = services::parse_definitions(kCityCode, out->files);
    for (const auto& finding : parsed.findings) {
        if (finding.error) {
            return fail(
                ErrorCode::Internal,
                fmt::format(
                    "the simulated city: {}:{} {}", finding.path, finding.line, finding.message.en
                )
            );
        }
    }
    out->definitions = std::move(parsed.definitions);
    out->calendar = std::make_unique<NaiveCalendar>(rows);
    return out;
}

}  // namespace chengshu::simulation
