#include "support/test_city.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace chengshu::testing {
namespace {

constexpr const char* kAreas =
    R"(code,parent,level,name_zh,name_en,schematic,valid_from,valid_to,source
110000,,city,测试市,Test City,true,,,made up
110101,110000,district,西区,West,true,,,made up
110102,110000,district,东区,East,true,,,made up
110101001,110101,street,西一街道,West One,true,,,made up
110101002,110101,street,西二街道,West Two,true,,,made up
110102001,110102,street,东一街道,East One,true,,,made up
110102002,110102,street,东二街道,East Two,true,,,made up
)";

constexpr const char* kDepartments =
    R"(code,parent,name_zh,name_en,uscc,area,valid_from,valid_to,source
SAN,,环卫局,Sanitation,,,,,made up
ROAD,,道路局,Roads,,,,,made up
LAMP,,路灯局,Street Lighting,,,,,made up
TEAM,,东区先遣队,East Front Line,,110102,,,made up
GONE,,旧局,Abolished Bureau,,,,2025-09-01,made up
)";

constexpr const char* kPosts = R"(code,kind,department,area,name_zh,name_en
collector,collector,,110000,监督员,Collector
acceptor,acceptor,,110000,受理员,Acceptor
shift_leader,shift_leader,,110000,值班长,Shift leader
dispatcher,dispatcher,,110000,派遣员,Dispatcher
handler-san,handler,SAN,110000,环卫局处置员,Sanitation handler
handler-road,handler,ROAD,110000,道路局处置员,Roads handler
handler-lamp,handler,LAMP,110000,路灯局处置员,Lighting handler
handler-team,handler,TEAM,110102,先遣队员,Front-line handler
evaluator,evaluator,,110000,评价员,Evaluator
leader,leader,,110000,领导,Leader
administrator,administrator,,110000,管理员,Administrator
auditor,auditor,,110000,审计员,Auditor
)";

constexpr const char* kAccounts = R"(login,name_zh,name_en,posts
collector,监督员甲,Collector A,collector
collector2,监督员乙,Collector B,collector
acceptor,受理员甲,Acceptor A,acceptor
shift_leader,值班长甲,Shift Leader A,shift_leader
dispatcher,派遣员甲,Dispatcher A,dispatcher
handler-san,环卫甲,Sanitation A,handler-san
handler-road,道路甲,Roads A,handler-road
handler-lamp,路灯甲,Lighting A,handler-lamp
handler-team,先遣甲,Front Line A,handler-team
evaluator,评价甲,Evaluator A,evaluator
leader,领导甲,Leader A,leader
administrator,管理甲,Administrator A,administrator
auditor,审计甲,Auditor A,auditor
)";

constexpr const char* kCategories =
    "code_set,kind,code,parent,name_zh,name_en,local_extension,duplicate_radius_m,"
    "duplicate_window_h,valid_from,valid_to,source\n"
    R"(TEST,matter,01,,街面秩序,Street order,false,,,,,made up
TEST,matter,0101,01,暴露垃圾,Exposed rubbish,false,,,,,made up
TEST,matter,0102,01,乱涂乱画,Graffiti,false,,,,,made up
TEST,matter,0103,01,噪音,Noise,false,,,,,made up
TEST,matter,0104,01,路面坑洼,Pothole,false,,,,,made up
TEST,matter,0105,01,断线风筝,Lost kite,false,,,,,made up
TEST,matter,0106,01,道路遗撒,Spill,false,,,,,made up
TEST,matter,0107,01,无主事项,Orphaned matter,false,,,,,made up
TEST,matter,0108,01,绿化建议,Planting wish,false,,,,,made up
TEST,matter,0109,01,旧类目,Former category,false,,,,2025-01-01,made up
TEST,component,02,,公用设施,Public fixtures,false,,,,,made up
TEST,component,0201,02,路灯,Street lamp,false,,,,,made up
)";

constexpr const char* kStandards =
    "code,category,condition_zh,condition_en,limit,unit,closing_zh,closing_en,automatic,"
    "valid_from,valid_to,source\n"
    R"(rubbish,TEST/matter/0101,有垃圾,It lies open,8,work_hour,已清,Gone,false,,,made up
graffiti-small,TEST/matter/0102,涂画较小,Below one metre,1,work_day,已清除,Removed,false,,,made up
graffiti-large,TEST/matter/0102,涂画较大,One metre or more,3,work_day,已清除,Removed,false,,,made up
pothole,TEST/matter/0104,路面坑洼,A hole in the road,2,urgent_hour,已修复,Repaired,false,,,made up
kite,TEST/matter/0105,风筝缠绕,A kite is caught,1,urgent_day,已取下,Taken down,false,,,made up
spill,TEST/matter/0106,道路遗撒,Something was spilt,4,urgent_hour,已清理,Cleaned,false,,,made up
orphan,TEST/matter/0107,无主事项,An orphaned matter,4,urgent_hour,已处理,Done,false,,,made up
planting,TEST/matter/0108,绿化建议,A wish for planting,,,已答复,Answered,true,,,made up
lamp-dark,TEST/component/0201,路灯不亮,The lamp is dark,2,natural_day,已亮,It shines,true,,,made up
lamp-leaning,TEST/component/0201,灯斜,It leans,5,natural_day,已扶正,It stands,false,,,made up
rubbish-old,TEST/matter/0101,旧标准,Former,1,urgent_hour,已清,Gone,false,,2025-01-01,made up
)";

constexpr const char* kResponsibilities =
    R"(category,area,department,role,priority,basis,valid_from,valid_to
TEST/matter/0101,110000,SAN,lead,10,test list 1,,
TEST/matter/0101,110000,LAMP,assist,10,test list 1,,
TEST/matter/0102,110000,SAN,lead,10,test list 2,,
TEST/matter/0103,110000,SAN,lead,10,test list 3,,
TEST/matter/0104,110000,SAN,lead,10,test list 4,,
TEST/matter/0104,110000,ROAD,lead,10,test list 5,,
TEST/matter/0106,110000,TEAM,lead,10,test list 6,,
TEST/matter/0107,110000,GONE,lead,10,test list 7,,
TEST/matter/0108,110000,SAN,lead,10,test list 8,,
TEST/component/0201,110000,LAMP,lead,10,test list 9,,
)";

constexpr const char* kCalendar = R"(date,kind,name_zh,name_en,source
2025-09-28,workday,国庆调休,Make-up day,made up
2025-10-01,holiday,国庆节,National Day,made up
2025-10-02,holiday,国庆节,National Day,made up
2025-10-03,holiday,国庆节,National Day,made up
2025-10-06,holiday,国庆节,National Day,made up
2025-10-07,holiday,国庆节,National Day,made up
2025-10-08,holiday,国庆节,National Day,made up
2025-10-11,workday,国庆调休,Make-up day,made up
)";

std::string square(std::string_view area, double west, double south, double east, double north) {
    return fmt::format(
        R"({{"type":"Feature","properties":{{"area":"{0}"}},"geometry":)"
        R"({{"type":"Polygon","coordinates":)"
        R"([[[{1},{2}],[{3},{2}],[{3},{4}],[{1},{4}],[{1},{2}]]]}}}})",
        area,
        west,
        south,
        east,
        north
    );
}

std::string boundaries() {
    return R"({"type":"FeatureCollection","features":[)" +
           fmt::format(
               "{}",
               fmt::join(
                   std::vector<std::string>{
                       square("110000", 116.1, 40, 116.5, 40.2),
                       square("110101", 116.1, 40, 116.3, 40.2),
                       square("110102", 116.3, 40, 116.5, 40.2),
                       square("110101001", 116.1, 40, 116.3, 40.1),
                       square("110101002", 116.1, 40.1, 116.3, 40.2),
                       square("110102001", 116.3, 40, 116.5, 40.1),
                       square("110102002", 116.3, 40.1, 116.5, 40.2)
                   },
                   ",\n"
               )
           ) +
           "]}\n";
}

std::string city_yaml(const TestCityOptions& options) {
    return fmt::format(
        R"(code: testcity
name: {{zh: 测试市, en: Test City}}
time_zone: Asia/Shanghai
division: "110000"
source: made up for tests
levels:
  - {{code: city, name: {{zh: 市, en: City}}}}
  - {{code: district, name: {{zh: 区, en: District}}}}
  - {{code: street, name: {{zh: 街道, en: Street}}}}
scenarios: [test]
working_week: [mon, tue, wed, thu, fri]
working_periods: ["08:00-12:00", "14:00-18:00"]
code_sets:
  - {{code: TEST}}
settings:
  auto_file: {}
  auto_dispatch: {}
  default_workflow: {}
  workflow_by_department: {{TEAM: direct}}
  auto_close_sources: [{}]
)",
        options.auto_file,
        options.auto_dispatch,
        options.default_workflow,
        fmt::join(options.auto_close_sources, ", ")
    );
}

[[noreturn]] void give_up(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::abort();
}

}  // namespace

std::vector<city::CityFile> test_city_files(const TestCityOptions& options) {
    const std::string own = "cities/testcity/";
    const std::string shared = "scenarios/test/";
    std::vector<city::CityFile> files = {
        {own + "city.yaml", city_yaml(options)},
        {own + "areas.csv", kAreas},
        {own + "boundaries.geojson", boundaries()},
        {own + "departments.csv", kDepartments},
        {own + "posts.csv", kPosts},
        {own + "accounts.csv", kAccounts},
        {own + "categories-TEST.csv", kCategories},
        {own + "standards.csv", kStandards},
        {own + "responsibilities.csv", kResponsibilities},
        {own + "calendar.csv", kCalendar},
        {shared + "scenario.yaml",
         "code: test\nname: {zh: 测试, en: Test}\nsource: made up for tests\n"},
        {shared + "workflows/standard.yaml",
         source_file("scenarios/city-management/workflows/standard.yaml")},
        {shared + "workflows/direct.yaml",
         source_file("scenarios/city-management/workflows/direct.yaml")},
        {shared + "workflows/request.yaml",
         source_file("scenarios/service-requests/workflows/request.yaml")},
    };
    if (options.evaluation) {
        files.push_back(
            {shared + "evaluation.yaml", source_file("scenarios/city-management/evaluation.yaml")}
        );
    }
    for (const auto& file : options.files) {
        const auto same = std::find_if(files.begin(), files.end(), [&](const auto& item) {
            return item.path == file.path;
        });
        if (same != files.end()) {
            *same = file;
        } else {
            files.push_back(file);
        }
    }
    return files;
}

city::CityPtr test_city(const TestCityOptions& options) {
    const auto files = test_city_files(options);
    auto parsed = city::parse_city("testcity", files);
    if (!parsed.city) {
        give_up("the test city is not valid:\n" + to_text(parsed.findings));
    }
    return parsed.city;
}

cases::WorkflowSet workflows_of(const city::City& city) {
    auto parsed = cases::parse_workflows(city.definitions());
    if (!parsed.findings.empty()) {
        give_up("the workflows are not valid:\n" + to_text(parsed.findings));
    }
    return std::move(parsed.workflows);
}

std::string source_file(const std::string& path) {
    std::ifstream in(std::string(CS_SOURCE_DIR) + "/" + path, std::ios::binary);
    if (!in) {
        give_up("cannot read " + path + "\n");
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string to_text(const std::vector<city::Finding>& findings) {
    std::string out;
    for (const auto& item : findings) {
        out += fmt::format(
            "{}:{}:{} {} ({})\n", item.path, item.line, item.column, item.message.en, item.hint.en
        );
    }
    return out;
}

}  // namespace chengshu::testing
