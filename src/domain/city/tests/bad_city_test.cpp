#include "domain/city/tests/small_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::city {
namespace {

/// One mistake in an otherwise sound city, and the finding it must lead to.
struct Mistake {
    std::string name;
    std::string file;
    std::string from;  ///< empty: `to` is appended
    std::string to;
    int line;
    int column;
    std::string message;  ///< part of the English message
    std::string hint;     ///< part of the English hint
    std::string reported_in;  ///< file of the finding when it is another one
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
    return out << mistake.name;
}

std::string describe(const std::vector<Finding>& findings) {
    std::string all;
    for (const Finding& finding : findings) {
        all += fmt::format(
            "{}:{}:{} {} ({})\n",
            finding.path,
            finding.line,
            finding.column,
            finding.message.en,
            finding.hint.en
        );
    }
    return all;
}

class BadCity : public testing::TestWithParam<Mistake> {};

TEST_P(BadCity, IsReportedWithItsPlace) {
    const Mistake& mistake = GetParam();
    SmallCity files;
    if (mistake.from.empty()) {
        files.append(mistake.file, mistake.to);
    } else {
        files.replace(mistake.file, mistake.from, mistake.to);
    }
    const ParsedCity parsed = files.parse();
    EXPECT_EQ(parsed.city, nullptr);
    const std::string file = mistake.reported_in.empty() ? mistake.file : mistake.reported_in;
    bool found = false;
    for (const Finding& finding : parsed.findings) {
        found = found || (finding.error && finding.path.ends_with(file) &&
                          finding.line == mistake.line && finding.column == mistake.column &&
                          finding.message.en.find(mistake.message) != std::string::npos &&
                          finding.hint.en.find(mistake.hint) != std::string::npos);
        EXPECT_FALSE(finding.message.zh.empty());
        EXPECT_FALSE(finding.hint.zh.empty());
        EXPECT_FALSE(finding.hint.en.empty());
    }
    EXPECT_TRUE(found) << describe(parsed.findings);
}

const std::vector<Mistake> kYaml{
    {"UnknownKey", "city.yaml", "time_zone:", "timezone:", 4, 1, "unknown key 'timezone'", "'time_zone'", ""},
    {"UnknownSetting", "city.yaml", "auto_dispatch:", "auto_dispach:", 21, 3, "unknown key", "'auto_dispatch'", ""},
    {"RepeatedKey", "city.yaml", "", "code: toy\n", 25, 1, "appears twice", "", ""},
    {"Syntax", "city.yaml", "name: {zh: 玩具市, en: Toytown}", "name: {zh: 玩具市, en: Toytown", 3, 7, "YAML syntax error", "", ""},
    {"OtherCode", "city.yaml", "code: toy", "code: tot", 1, 7, "must be 'toy'", "", ""},
    {"Zone", "city.yaml", "Asia/Shanghai", "Asia/Peking2", 4, 12, "unknown time zone", "IANA", ""},
    {"Division", "city.yaml", "\"110000\"", "\"990000\"", 5, 11, "not a usable division", "922336", ""},
    {"EmptyName", "city.yaml", "{zh: 市, en: City}", "{zh: \"\"}", 8, 24, "either zh or en", "", ""},
    {"RepeatedLevel", "city.yaml", "code: street", "code: district", 10, 5, "level 'district' is defined twice", "", ""},
    {"Weekday", "city.yaml", "wed", "wde", 14, 26, "unknown weekday 'wde'", "'wed'", ""},
    {"Period", "city.yaml", "14:00-18:00", "11:00-18:00", 15, 34, "not a working period", "without overlap", ""},
    {"PeriodText", "city.yaml", "08:00-12:00", "8-12", 15, 19, "'8-12' is not a working period", "", ""},
    {"SettingRange", "city.yaml", "duplicate_radius_m: 40", "duplicate_radius_m: -1", 20, 23, "not a number from 0", "", ""},
    {"SettingFlag", "city.yaml", "auto_dispatch: false", "auto_dispatch: nein", 21, 18, "neither true nor false", "", ""},
    {"SetDate", "city.yaml", "2026-07-01", "2026-02-30", 17, 29, "'2026-02-30' is not a date", "", ""},
    {"UnknownSet", "city.yaml", "{code: OLD}", "{code: OLDE}", 18, 5, "code set 'OLDE'", "'OLD'", ""},
    {"UnknownScenario", "city.yaml", "[base]", "[bass]", 13, 13, "no scenario 'bass'", "'base'", ""},
    {"FlowCategory", "city.yaml", "NEW/matter/06*", "NEW/mater/06*", 22, 26, "no category matches", "", ""},
    {"FlowDepartment", "city.yaml", "{water: direct}", "{watr: direct}", 23, 28, "no department 'watr'", "'water'", ""},
    {"ScenarioCode", "scenarios/base/scenario.yaml", "code: base", "code: bass", 1, 7, "must be 'base'", "", ""},
    {"ScenarioKey", "scenarios/base/scenario.yaml", "source:", "sorce:", 3, 1, "unknown key 'sorce'", "'source'", ""},
};

const std::vector<Mistake> kAreas{
    {"UnknownColumn", "areas.csv", "schematic,", "shematic,", 1, 35, "unknown column 'shematic'", "'schematic'", ""},
    {"MissingColumn", "areas.csv", "code,parent,level,", "code,parent,grade,", 1, 0, "column 'level' is missing", "", ""},
    {"FieldCount", "areas.csv", "三街,Third,true", "三街,Third", 7, 0, "8 fields, the header has 9", "", ""},
    {"Quote", "areas.csv", "Third", "Th\"ird", 7, 30, "a quote inside an unquoted field", "", ""},
    {"EmptyCode", "areas.csv", "110105001,110105", ",110105", 7, 1, "'code' may not be empty", "", ""},
    {"BadCode", "areas.csv", "110105001,110105", "1101/05001,110105", 7, 1, "cannot be a code", "", ""},
    {"RepeatedCode", "areas.csv", "110108002,", "110108001,", 6, 1, "'110108001' is defined twice", "line 5", ""},
    {"UnknownParent", "areas.csv", "110108001001,110108001,", "110108001001,110108009,", 8, 14, "no area '110108009'", "'11010800", ""},
    {"WrongOrder", "areas.csv", "110105001,110105,", "110105001,110108002,", 7, 11, "cannot lie below '110108002'", "", ""},
    {"Circle", "areas.csv", "110105,110000,", "110105,110105001,", 4, 8, "cannot lie below", "", ""},
    {"UnknownLevel", "areas.csv", "110000,district,西区", "110000,distict,西区", 3, 15, "unknown level 'distict'", "'district'", ""},
    {"SecondRoot", "areas.csv", "110105,110000,", "110105,,", 4, 8, "has no parent, but the city is already", "", ""},
    {"RootLevel", "areas.csv", "110000,,city", "110000,,district", 2, 1, "must be of the first level", "", ""},
    {"NoName", "areas.csv", "三街,Third", ",", 7, 25, "either 'name_zh' or 'name_en'", "", ""},
    {"Flag", "areas.csv", "Third,true", "Third,yes", 7, 34, "'yes' is neither true nor false", "", ""},
    {"BadDate", "areas.csv", "Third,true,,", "Third,true,2026-13-01,", 7, 39, "'2026-13-01' is not a date", "", ""},
    {"DateOrder", "areas.csv", "Third,true,,", "Third,true,2026-02-01,2026-02-01", 7, 50, "valid_to must be later", "", ""},
    {"NotUtf8", "areas.csv", "Third", "Th\xC0rd", 7, 30, "not UTF-8", "", ""},
};

const std::vector<Mistake> kBoundaries{
    {"UnknownArea", "boundaries.geojson", "\"110108002\"", "\"110108003\"", 6, 0, "no area '110108003'", "did you mean '11010800", ""},
    {"TwoBoundaries", "boundaries.geojson", "\"110108002\"", "\"110108001\"", 6, 0, "has two boundaries", "line 5", ""},
    {"JsonSyntax", "boundaries.geojson", "[116.2,40.2],[116.2,40.4]", "[116.2,40.2].[116.2,40.4]", 6, 121, "JSON syntax error", "", ""},
    {"CutShort", "boundaries.geojson", "\n]}", "\n", 8, 160, "JSON syntax error", "", ""},
    {"NoArea", "boundaries.geojson", "{\"area\":\"110108002\"}", "{\"id\":\"110108002\"}", 6, 0, "no properties.area", "", ""},
    {"NotClosed", "boundaries.geojson", "[116,40.4],[116,40.2]]", "[116,40.4]]", 6, 0, "not closed", "", ""},
    {"SelfCrossing", "boundaries.geojson", "[116.2,40.2],[116.2,40.4],[116,40.4]", "[116.2,40.4],[116.2,40.2],[116,40.4]", 6, 0, "Self-intersection", "mend the outline", ""},
    {"Swapped", "boundaries.geojson", "[116,40.2]", "[40.2,116]", 5, 0, "out of range", "longitude comes first", ""},
    {"WrongType", "boundaries.geojson", "\"Polygon\"", "\"LineString\"", 2, 0, "must be a Polygon", "", ""},
    {"NotACollection", "boundaries.geojson", "FeatureCollection", "Feature", 1, 0, "must be FeatureCollection", "", ""},
    {"Nesting", "boundaries.geojson", "[[[116,40],[116.4,40]", "[[116,40],[116.4,40]", 2, 147, "JSON syntax error", "", ""},
};

const std::vector<Mistake> kBodies{
    {"Uscc", "departments.csv", "91350100M000100Y43", "91350100M000100Y44", 2, 19, "check character 3 expected", "GB 32100", ""},
    {"ParentDepartment", "departments.csv", "water,office", "water,offic", 3, 7, "no department 'offic'", "'office'", ""},
    {"DepartmentCircle", "departments.csv", "office,,", "office,water,", 2, 8, "form a circle", "", ""},
    {"DepartmentArea", "departments.csv", ",110108,,", ",110109,,", 3, 24, "no area '110109'", "did you mean", ""},
    {"PostKind", "posts.csv", "handler1,handler", "handler1,handeler", 3, 10, "unknown kind of post 'handeler'", "'handler'", ""},
    {"PostDepartment", "posts.csv", "handler,water", "handler,", 3, 18, "'department' may not be empty", "", ""},
    {"AccountPost", "accounts.csv", "handler1", "handler2", 2, 9, "no post 'handler2'", "'handler1'", ""},
    {"Login", "accounts.csv", "li,", "Li Ming,", 2, 1, "cannot be a login", "", ""},
    {"DutyCategory", "responsibilities.csv", "NEW/matter/06010,110000", "NEW/matter/06019,110000", 3, 1, "no category 'NEW/matter/06019'", "'NEW/matter/0601", ""},
    {"DutyPrefix", "responsibilities.csv", "NEW/matter/06*", "NEW/matter/07*", 2, 1, "no category begins with", "", ""},
    {"DutyArea", "responsibilities.csv", "110108001,street1", "110108007,street1", 4, 14, "no area", "did you mean", ""},
    {"DutyDepartment", "responsibilities.csv", "street1", "street2", 4, 24, "no department 'street2'", "'street1'", ""},
    {"DutyRole", "responsibilities.csv", "water,assist", "water,asist", 6, 31, "unknown role 'asist'", "'assist'", ""},
    {"DutyPriority", "responsibilities.csv", "lead,0", "lead,1.5", 5, 20, "whole number", "", ""},
    {"DutyRepeated", "responsibilities.csv", "", "NEW/*,,office,lead,0,again,,\n", 7, 0, "is defined twice", "line 5", ""},
};

const std::vector<Mistake> kCodes{
    {"CategoryKind", "scenarios/base/categories-all.csv", "NEW,component,01,", "NEW,componet,01,", 2, 5, "unknown kind 'componet'", "'component'", ""},
    {"CategoryParent", "scenarios/base/categories-all.csv", "06011,06,", "06011,60,", 6, 18, "no category 'NEW/matter/60'", "", ""},
    {"CategoryCircle", "scenarios/base/categories-all.csv", "NEW,matter,06,,", "NEW,matter,06,06010,", 4, 15, "form a circle", "", ""},
    {"CategoryRadius", "scenarios/base/categories-all.csv", "false,20,12", "false,2O,12", 3, 47, "'2O' is not a number", "", ""},
    {"CrosswalkFrom", "scenarios/base/crosswalk.csv", "OLD,matter,0110,NEW,matter,06010", "OLD,matter,0119,NEW,matter,06010", 3, 12, "no category 'OLD/matter/0119'", "did you mean", ""},
    {"Confidence", "scenarios/base/crosswalk.csv", "0.9", "9", 3, 34, "9 is outside 0 to 1", "", ""},
    {"ConfusableOther", "scenarios/base/confusable.csv", "06010,06011", "06010,06012", 2, 18, "no category 'NEW/matter/06012'", "'NEW/matter/0601", ""},
    {"StandardCategory", "scenarios/base/standards.csv", "NEW/matter/06011", "NEW/mater/06011", 3, 4, "no category", "'NEW/matter/06011'", ""},
    {"StandardUnit", "scenarios/base/standards.csv", "work_hour", "work_hours", 2, 35, "unknown unit 'work_hours'", "'work_hour'", ""},
    {"StandardNoUnit", "scenarios/base/standards.csv", ",4,work_hour", ",4,", 2, 35, "unknown unit ''", "", ""},
    {"StandardLimit", "scenarios/base/standards.csv", ",4,work_hour", ",-4,work_hour", 2, 33, "-4 is outside 0", "", ""},
    {"StandardsBothAutomatic", "scenarios/base/standards.csv", "", "S3,NEW/matter/06010,a,a,1,work_day,,,true,,,x\n", 4, 0, "both 'S1' and 'S3' file", "", ""},
    {"StandardRepeated", "scenarios/base/standards.csv", "S2,", "S1,", 3, 1, "'S1' is defined twice", "line 2", ""},
    {"CalendarKind", "scenarios/base/calendar.csv", "workday", "workdy", 3, 12, "unknown kind 'workdy'", "'workday'", ""},
    {"CalendarDate", "scenarios/base/calendar.csv", "2026-10-01", "2026/10/01", 2, 1, "is not a date", "", ""},
    {"CalendarBoth", "scenarios/base/calendar.csv", "2026-10-10,", "2026-10-01,", 3, 1, "defined twice", "", ""},
    {"ComponentCode", "components.csv", "11010801002000001", "11010801003000001", 2, 1, "the code says category 01003", "", ""},
    {"ComponentDigits", "components.csv", "11010801002000001", "110108010020000012", 2, 1, "has not 16 or 17 digits", "", ""},
    {"ComponentOutside", "components.csv", "116.05,40.05", "117.05,40.05", 2, 39, "outside the city", "", ""},
    {"ComponentNoPlace", "components.csv", "116.05,40.05", ",40.05", 2, 39, "'lon' may not be empty", "", ""},
};

std::string test_name(const testing::TestParamInfo<Mistake>& test) {
    return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(Yaml, BadCity, testing::ValuesIn(kYaml), test_name);
INSTANTIATE_TEST_SUITE_P(Areas, BadCity, testing::ValuesIn(kAreas), test_name);
INSTANTIATE_TEST_SUITE_P(Boundaries, BadCity, testing::ValuesIn(kBoundaries), test_name);
INSTANTIATE_TEST_SUITE_P(Bodies, BadCity, testing::ValuesIn(kBodies), test_name);
INSTANTIATE_TEST_SUITE_P(Codes, BadCity, testing::ValuesIn(kCodes), test_name);

TEST(BadCities, MissingFiles) {
    EXPECT_EQ(parse_city("toy", {}).city, nullptr);
    const ParsedCity no_yaml = SmallCity{}.remove("city.yaml").parse();
    ASSERT_EQ(no_yaml.findings.size(), 1U);
    EXPECT_NE(no_yaml.findings[0].message.en.find("city.yaml is missing"), std::string::npos);
    EXPECT_EQ(SmallCity{}.remove("areas.csv").parse().city, nullptr);
    EXPECT_EQ(SmallCity{}.set("areas.csv", "").parse().city, nullptr);
    EXPECT_EQ(SmallCity{}.set("city.yaml", "").parse().city, nullptr);
    EXPECT_EQ(SmallCity{}.set("city.yaml", "- a\n").parse().city, nullptr);
}

TEST(BadCities, UnknownFilesAreWarnings) {
    const ParsedCity parsed = SmallCity{}.set("resposibilities.csv", "x\n").parse();
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_NE(parsed.findings[0].hint.en.find("responsibilities.csv"), std::string::npos);
    EXPECT_NE(parsed.city, nullptr);
}

TEST(BadCities, ABoundaryOutsideItsParentIsAWarning) {
    const ParsedCity parsed =
        SmallCity{}
            .set("boundaries.geojson",
                 collection(
                     {rectangle("110108", 116.0, 40.0, 116.2, 40.4),
                      rectangle("110108001", 116.3, 40.0, 116.4, 40.4)}
                 ))
            .parse();
    ASSERT_EQ(parsed.findings.size(), 1U) << describe(parsed.findings);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_EQ(parsed.findings[0].line, 3);
}

TEST(BadCities, AGridCodeThatContradictsItsParentIsAWarning) {
    const ParsedCity parsed =
        SmallCity{}.replace("areas.csv", "110108001001001,", "110108002001001,").remove("boundaries.geojson").parse();
    ASSERT_EQ(parsed.findings.size(), 1U) << describe(parsed.findings);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_EQ(parsed.findings[0].line, 9);
}

TEST(BadCities, AtMostTwoHundredFindings) {
    SmallCity files;
    for (int i = 0; i < 500; ++i) {
        files.append("areas.csv", fmt::format("x{},nowhere{},nolevel,,,maybe,,,\n", i, i));
        files.set(fmt::format("strange{}.csv", i), "x");
    }
    const ParsedCity parsed = files.parse();
    EXPECT_EQ(parsed.city, nullptr);
    EXPECT_LE(parsed.findings.size(), 200U);
    EXPECT_GE(parsed.findings.size(), 150U);
}

TEST(BadCities, TooMuchData) {
    const std::string big(17U << 20U, ' ');
    const ParsedCity parsed = SmallCity{}.set("components-more.csv", big).parse();
    ASSERT_EQ(parsed.findings.size(), 1U) << describe(parsed.findings);
    EXPECT_NE(parsed.findings[0].message.en.find("larger than 16 MiB"), std::string::npos);
    SmallCity many;
    for (int i = 0; i < 5; ++i) {
        many.set(fmt::format("components-{}.csv", i), std::string(14U << 20U, ' '));
    }
    const ParsedCity total = many.parse();
    ASSERT_EQ(total.findings.size(), 1U);
    EXPECT_NE(total.findings[0].message.en.find("64 MiB in all"), std::string::npos);
}

TEST(BadCities, DeepYamlAndJsonAreRefused) {
    EXPECT_EQ(SmallCity{}.set("city.yaml", std::string(100'000, '[')).parse().city, nullptr);
    const std::string deep = "{\"features\":[" + std::string(100'000, '[') + std::string(100'000, ']') + "]}";
    EXPECT_EQ(SmallCity{}.set("boundaries.geojson", deep).parse().city, nullptr);
}

}  // namespace
}  // namespace chengshu::city
