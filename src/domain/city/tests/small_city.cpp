#include "domain/city/tests/small_city.hpp"

#include <fmt/format.h>

#include <iostream>
#include <vector>

namespace chengshu::city {
namespace {

std::string path_of(std::string_view name) {
    return name.starts_with("scenarios/") ? std::string{name} : "cities/toy/" + std::string{name};
}

constexpr std::string_view kCityYaml = R"(code: toy
name: {zh: 玩具市, en: Toytown}
notice: {zh: 测试数据, en: test data}
time_zone: Asia/Shanghai
division: "110000"
source: made up
levels:
  - {code: city, name: {zh: 市, en: City}}
  - {code: district, name: {zh: 区, en: District}}
  - {code: street, name: {zh: 街道, en: Street}}
  - {code: community, name: {zh: 社区, en: Community}}
  - {code: grid, name: {zh: 网格, en: Grid}}
scenarios: [base]
working_week: [mon, tue, wed, thu, fri]
working_periods: ["08:00-12:00", "14:00-18:00"]
code_sets:
  - {code: NEW, valid_from: 2026-07-01}
  - {code: OLD}
settings:
  duplicate_radius_m: 40
  auto_dispatch: false
  workflow_by_category: {"NEW/matter/06*": quick}
  workflow_by_department: {water: direct}
  auto_close_sources: [collector]
)";

constexpr std::string_view kAreas =
    R"(code,parent,level,name_zh,name_en,schematic,valid_from,valid_to,source
110000,,city,玩具市,Toytown,true,,,made up
110108,110000,district,西区,West,true,,,made up
110105,110000,district,东区,East,true,,,made up
110108001,110108,street,一街,First,true,,,made up
110108002,110108,street,二街,Second,true,,,made up
110105001,110105,street,三街,Third,true,,,made up
110108001001,110108001,community,甲社区,Alpha,true,,,made up
110108001001001,110108001001,grid,网格一,Grid one,true,,,made up
)";

constexpr std::string_view kDepartments =
    R"(code,parent,name_zh,name_en,uscc,area,valid_from,valid_to,source
office,,管委,Office,91350100M000100Y43,,,,made up
water,office,水务,Water,,110108,,,made up
green,office,园林,Green,,,,2026-01-01,made up
street1,,一街办事处,First street office,,110108001,,,made up
)";

constexpr std::string_view kPosts = R"(code,kind,department,area,name_zh,name_en
collector1,collector,,110108001,监督员,Collector
handler1,handler,water,110108,处置员,Handler
)";

constexpr std::string_view kAccounts = R"(login,name_zh,name_en,posts
li,李,Li,collector1;handler1
)";

constexpr std::string_view kDuties =
    R"(category,area,department,role,priority,basis,valid_from,valid_to
NEW/matter/06*,110000,office,lead,10,list,,
NEW/matter/06010,110000,water,lead,10,list,,
NEW/matter/*,110108001,street1,lead,10,list,,2027-01-01
NEW/*,,office,lead,0,fallback,,
NEW/matter/06010,110108,water,assist,10,list,,
)";

constexpr std::string_view kCategories =
    R"(code_set,kind,code,parent,name_zh,name_en,local_extension,)"
    R"(duplicate_radius_m,duplicate_window_h,valid_from,valid_to,source
NEW,component,01,,公用设施,Utilities,false,,,2026-07-01,,made up
NEW,component,01002,01,污水井盖,Sewer cover,false,20,12,2026-07-01,,made up
NEW,matter,06,,市容环境,Environment,false,,,2026-07-01,,made up
NEW,matter,06010,06,暴露垃圾,Rubbish,false,,,2026-07-01,,made up
NEW,matter,06011,06,积存渣土,Spoil,false,,,2026-07-01,,made up
OLD,matter,0110,,暴露垃圾,Rubbish,false,,,,,made up
OLD,matter,0111,,积存渣土,Spoil,false,,,,,made up
)";

constexpr std::string_view kTables = R"(tables:
  - code: people
    name: {zh: 常住人口, en: Residents}
    owner: office
    source: made up
    licence: none
    updated: 2026-01-05
    every: {zh: 每年, en: every year}
    public: true
    file: table-people.csv
    key: [place, kind]
    columns:
      - {code: place, name: {zh: 区域, en: Area}, type: area}
      - {code: kind, name: {zh: 类别, en: Kind}, type: text}
      - {code: number, name: {zh: 人数, en: People}, type: number, unit: {zh: 人, en: people}}
      - {code: counted, name: {zh: 统计日, en: Counted on}, type: date}
)";

constexpr std::string_view kPeople = R"(place,kind,number,counted,valid_from,valid_to
110108,grown,70,2024-11-01,,2026-01-01
110108,grown,75.5,2025-11-01,2026-01-01,
110105,child,12,,2026-01-01,
110108,child,,2025-11-01,,
)";

}  // namespace

SmallCity::SmallCity() {
    set("city.yaml", std::string{kCityYaml});
    set("areas.csv", std::string{kAreas});
    set("departments.csv", std::string{kDepartments});
    set("posts.csv", std::string{kPosts});
    set("accounts.csv", std::string{kAccounts});
    set("responsibilities.csv", std::string{kDuties});
    set("tables.yaml", std::string{kTables});
    set("table-people.csv", std::string{kPeople});
    set("components.csv",
        "code,category,lon,lat,department,source\n"
        "11010801002000001,NEW/component/01002,116.05,40.05,water,made up\n");
    set("boundaries.geojson",
        collection(
            {rectangle("110000", 116.0, 40.0, 116.4, 40.4),
             rectangle("110108", 116.0, 40.0, 116.2, 40.4),
             rectangle("110105", 116.2, 40.0, 116.4, 40.4),
             rectangle("110108001", 116.0, 40.0, 116.2, 40.2),
             rectangle("110108002", 116.0, 40.2, 116.2, 40.4),
             rectangle("110105001", 116.2, 40.0, 116.4, 40.3),
             rectangle("110108001001001", 116.0, 40.0, 116.1, 40.1)}
        ));
    set("scenarios/base/scenario.yaml",
        "code: base\nname: {zh: 基础, en: Base}\nsource: made up\n");
    set("scenarios/base/categories-all.csv", std::string{kCategories});
    set("scenarios/base/crosswalk.csv",
        "from_set,from_kind,from_code,to_set,to_kind,to_code,confidence\n"
        "OLD,matter,0110,NEW,matter,06011,0.5\n"
        "OLD,matter,0110,NEW,matter,06010,0.9\n");
    set("scenarios/base/confusable.csv",
        "code_set,kind,code,other_code,how_zh,how_en\n"
        "NEW,matter,06010,06011,看数量,Look at the amount\n");
    set("scenarios/base/standards.csv",
        "code,category,condition_zh,condition_en,limit,unit,closing_zh,closing_en,automatic,"
        "valid_from,valid_to,source\n"
        "S1,NEW/matter/06010,有垃圾,rubbish,4,work_hour,清理,cleared,true,2026-07-01,,made up\n"
        "S2,NEW/matter/06011,有渣土,spoil,,,清理,cleared,false,,,made up\n");
    set("scenarios/base/calendar.csv",
        "date,kind,name_zh,name_en,source\n"
        "2026-10-01,holiday,国庆,National Day,made up\n"
        "2026-10-10,workday,调休,Make-up day,made up\n");
    set("scenarios/base/workflows/standard.yaml", "code: standard\n");
    set("scenarios/base/evaluation.yaml", "measures: []\n");
}

SmallCity& SmallCity::set(std::string_view name, std::string content) {
    files_[path_of(name)] = std::move(content);
    return *this;
}

SmallCity& SmallCity::append(std::string_view name, std::string_view content) {
    files_[path_of(name)] += content;
    return *this;
}

SmallCity& SmallCity::replace(std::string_view name, std::string_view from, std::string_view to) {
    std::string& content = files_.at(path_of(name));
    const std::size_t at = content.find(from);
    CS_ASSERT(at != std::string::npos);
    content.replace(at, from.size(), to);
    return *this;
}

SmallCity& SmallCity::remove(std::string_view name) {
    files_.erase(path_of(name));
    return *this;
}

ParsedCity SmallCity::parse() const {
    std::vector<CityFile> files;
    for (const auto& [path, content] : files_) {
        files.push_back({path, content});
    }
    return parse_city("toy", files);
}

CityPtr SmallCity::city() const {
    ParsedCity parsed = parse();
    for (const Finding& finding : parsed.findings) {
        std::cerr << finding.path << ':' << finding.line << ": " << finding.message.en << '\n';
    }
    CS_ASSERT(parsed.city != nullptr);
    return parsed.city;
}

std::string rectangle(std::string_view area, double west, double south, double east, double north) {
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

std::string collection(std::initializer_list<std::string> features) {
    std::string text = R"({"type":"FeatureCollection","schematic":true,"features":[)";
    bool first = true;
    for (const std::string& feature : features) {
        text += first ? "\n" : ",\n";
        text += feature;
        first = false;
    }
    return text + "\n]}\n";
}

Date day(std::string_view text) {
    return parse_date(text).value();
}

}  // namespace chengshu::city
