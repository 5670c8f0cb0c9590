#include "domain/city/city.hpp"

#include "domain/city/tests/small_city.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chengshu::city {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> departments(const std::vector<const Responsibility*>& rows) {
    std::vector<std::string> codes;
    for (const Responsibility* row : rows) {
        codes.push_back(row->department);
    }
    return codes;
}

TEST(City, ReadsEverything) {
    const ParsedCity parsed = SmallCity{}.parse();
    for (const Finding& finding : parsed.findings) {
        ADD_FAILURE() << finding.path << ':' << finding.line << ' ' << finding.message.en;
    }
    ASSERT_NE(parsed.city, nullptr);
    const City& city = *parsed.city;
    EXPECT_EQ(city.code(), "toy");
    EXPECT_EQ(city.name().en, "Toytown");
    EXPECT_EQ(city.notice().zh, "测试数据");
    EXPECT_EQ(city.levels().size(), 5U);
    EXPECT_EQ(city.areas().size(), 8U);
    EXPECT_EQ(city.departments().size(), 4U);
    EXPECT_EQ(city.posts().size(), 2U);
    EXPECT_THAT(city.demo_accounts().front().posts, ElementsAre("collector1", "handler1"));
    EXPECT_EQ(city.definitions().size(), 2U);
    EXPECT_EQ(city.components().size(), 1U);
    EXPECT_EQ(city.component("11010801002000001")->department, "water");
    EXPECT_EQ(city.post("handler1")->kind, "handler");
    EXPECT_EQ(city.department("water")->area, "110108");
    EXPECT_EQ(city.area("110105001")->name.zh, "三街");
    EXPECT_EQ(city.area("nowhere"), nullptr);
    EXPECT_EQ(city.category("NEW/component/01002")->duplicate_radius_m, 20);
    EXPECT_EQ(city.category("NEW/matter/06010")->duplicate_radius_m, -1);
}

TEST(City, SettingsKeepTheirDefaults) {
    const CityPtr city = SmallCity{}.city();
    const Settings& settings = city->settings();
    EXPECT_EQ(settings.duplicate_radius_m, 40);
    EXPECT_EQ(settings.duplicate_window_h, 24);
    EXPECT_TRUE(settings.auto_file);
    EXPECT_FALSE(settings.auto_dispatch);
    EXPECT_EQ(settings.workflow_by_category.at("NEW/matter/06*"), "quick");
    EXPECT_EQ(settings.workflow_by_department.at("water"), "direct");
    EXPECT_THAT(settings.auto_close_sources, ElementsAre("collector"));
}

TEST(City, DatesDecideWhatHolds) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_THAT(city->code_sets(day("2026-06-30")), ElementsAre("OLD"));
    EXPECT_THAT(city->code_sets(day("2026-07-01")), ElementsAre("NEW", "OLD"));
    EXPECT_THAT(city->standards_of("NEW/matter/06010", day("2026-06-30")), IsEmpty());
    ASSERT_EQ(city->standards_of("NEW/matter/06010", day("2026-07-01")).size(), 1U);
    const Validity validity{day("2026-01-01"), day("2026-02-01")};
    EXPECT_FALSE(validity.holds(day("2025-12-31")));
    EXPECT_TRUE(validity.holds(day("2026-01-01")));
    EXPECT_TRUE(validity.holds(day("2026-01-31")));
    EXPECT_FALSE(validity.holds(day("2026-02-01")));
}

TEST(City, StandardsCarryLimitsOrNone) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_EQ(city->standard("S1")->limit, (TimeLimit{4, TimeUnit::WorkHour}));
    EXPECT_TRUE(city->standard("S1")->automatic);
    EXPECT_FALSE(city->standard("S2")->limit.bounded());
}

TEST(City, CalendarKnowsHolidaysAndMakeUpDays) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_EQ(city->calendar().zone().name(), "Asia/Shanghai");
    EXPECT_FALSE(city->calendar().is_working_day(day("2026-10-01")));
    EXPECT_TRUE(city->calendar().is_working_day(day("2026-10-10")));
    EXPECT_FALSE(city->calendar().is_working_day(day("2026-10-11")));
}

TEST(City, CrosswalkReadsBothWaysBestFirst) {
    const CityPtr city = SmallCity{}.city();
    const auto forward = city->crosswalk("OLD/matter/0110", "NEW");
    ASSERT_EQ(forward.size(), 2U);
    EXPECT_EQ(forward[0]->id, "NEW/matter/06010");
    EXPECT_EQ(forward[1]->id, "NEW/matter/06011");
    const auto back = city->crosswalk("NEW/matter/06010", "OLD");
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0]->id, "OLD/matter/0110");
    ASSERT_EQ(city->crosswalk("NEW/matter/06010", "NEW").size(), 1U);
    EXPECT_THAT(city->crosswalk("OLD/matter/0111", "NEW"), IsEmpty());
    EXPECT_THAT(city->crosswalk("nothing", "NEW"), IsEmpty());
}

TEST(City, Confusables) {
    const CityPtr city = SmallCity{}.city();
    ASSERT_EQ(city->confusables("NEW/matter/06010").size(), 1U);
    EXPECT_EQ(city->confusables("NEW/matter/06010")[0]->other, "NEW/matter/06011");
    EXPECT_THAT(city->confusables("NEW/matter/06011"), IsEmpty());
}

TEST(City, Paths) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_THAT(
        city->path("110108001001"), ElementsAre("110000", "110108", "110108001", "110108001001")
    );
    EXPECT_THAT(city->path("999999"), IsEmpty());
    EXPECT_TRUE(city->is_within("110108001001001", "110108"));
    EXPECT_TRUE(city->is_within("110108", "110108"));
    EXPECT_FALSE(city->is_within("110108", "110108001"));
    EXPECT_FALSE(city->is_within("110105001", "110108"));
    EXPECT_FALSE(city->is_within("999999", "110000"));
    EXPECT_FALSE(city->is_within("110108", "999999"));
}

TEST(City, DivisionsForCaseNumbers) {
    const CityPtr city = SmallCity{}.city();
    EXPECT_EQ(city->division(), "110000");
    EXPECT_EQ(city->division_of("110108001001001"), "110108");
    EXPECT_EQ(city->division_of("110000"), "110000");
    EXPECT_EQ(city->division_of("unknown"), "110000");
}

TEST(Owners, PriorityThenDepthThenPattern) {
    const CityPtr city = SmallCity{}.city();
    const Date date = day("2026-08-01");
    const auto leads = [&](const char* category, const char* area, Date when) {
        return departments(city->owners(category, city->path(area), when).leads);
    };
    // In the first street its own office is deepest.
    EXPECT_THAT(leads("NEW/matter/06010", "110108001001001", date), ElementsAre("street1"));
    // When its row has ended, the longer pattern of the city wins.
    EXPECT_THAT(leads("NEW/matter/06010", "110108001", day("2027-01-01")), ElementsAre("water"));
    EXPECT_THAT(leads("NEW/matter/06010", "110105001", date), ElementsAre("water"));
    EXPECT_THAT(leads("NEW/matter/06011", "110105001", date), ElementsAre("office"));
    // Only the fallback of a lower priority matches.
    EXPECT_THAT(leads("NEW/component/01002", "110108001", date), ElementsAre("office"));
    EXPECT_THAT(leads("OLD/matter/0110", "110108001", date), IsEmpty());
}

TEST(Owners, EqualRowsAreSeveralOwnersAndRepeatedDepartmentsOne) {
    const CityPtr city = SmallCity{}
                             .append(
                                 "responsibilities.csv",
                                 "NEW/matter/06010,110000,street1,lead,10,list,,\n"
                                 "NEW/matter/06010,110000,water,lead,10,again,2020-01-01,\n"
                             )
                             .city();
    const auto owners = city->owners("NEW/matter/06010", city->path("110105"), day("2026-08-01"));
    EXPECT_THAT(departments(owners.leads), ElementsAre("water", "street1"));
}

TEST(Owners, AssistsAreListedWithoutTheLeads) {
    const CityPtr city = SmallCity{}.city();
    const Date date = day("2026-08-01");
    EXPECT_THAT(
        departments(city->owners("NEW/matter/06010", city->path("110108001"), date).assists),
        ElementsAre("water")
    );
    EXPECT_THAT(
        departments(city->owners("NEW/matter/06010", city->path("110108002"), date).assists),
        IsEmpty()
    );
}

TEST(Owners, AnAssistGoesWithItsOwnLead) {
    const CityPtr city =
        SmallCity{}
            .append("responsibilities.csv", "NEW/matter/06010,110108,street1,lead,20,list,,\n")
            .city();
    const auto owners = city->owners("NEW/matter/06010", city->path("110108"), day("2026-08-01"));
    EXPECT_THAT(departments(owners.leads), ElementsAre("street1"));
    EXPECT_THAT(departments(owners.assists), IsEmpty());
}

TEST(Owners, DepartmentsThatNoLongerExistOwnNothing) {
    const CityPtr city =
        SmallCity{}
            .append("responsibilities.csv", "NEW/component/*,110000,green,lead,50,list,,\n")
            .city();
    const auto lead = [&](const char* date) {
        return departments(
            city->owners("NEW/component/01002", city->path("110108"), day(date)).leads
        );
    };
    EXPECT_THAT(lead("2025-12-31"), ElementsAre("green"));
    EXPECT_THAT(lead("2026-01-01"), ElementsAre("office"));
}

TEST(Overrides, TheCitysRowsReplaceTheScenarios) {
    const CityPtr city = SmallCity{}
                             .set(
                                 "standards.csv",
                                 "code,category,condition_zh,condition_en,limit,unit\n"
                                 "S1,NEW/matter/06010,本市,local,2,urgent_hour\n"
                             )
                             .set("calendar.csv", "date,kind\n2026-10-10,holiday\n")
                             .set(
                                 "categories-own.csv",
                                 "code_set,kind,code,parent,name_zh,name_en,local_extension\n"
                                 "NEW,matter,06010,06,散落垃圾,Litter,false\n"
                                 "NEW,matter,06999,06,本市类目,Local,true\n"
                             )
                             .set("workflows/standard.yaml", "code: standard\nlocal: true\n")
                             .city();
    EXPECT_EQ(city->standard("S1")->limit, (TimeLimit{2, TimeUnit::UrgentHour}));
    EXPECT_EQ(city->standards_of("NEW/matter/06010", day("2026-08-01")).size(), 1U);
    EXPECT_FALSE(city->calendar().is_working_day(day("2026-10-10")));
    EXPECT_EQ(city->category("NEW/matter/06010")->name.en, "Litter");
    EXPECT_TRUE(city->category("NEW/matter/06999")->local_extension);
    EXPECT_EQ(city->definitions().size(), 2U);
    bool own = false;
    for (const DefinitionFile& file : city->definitions()) {
        own = own || file.path == "cities/toy/workflows/standard.yaml";
    }
    EXPECT_TRUE(own);
}

TEST(Overrides, OtherCitiesAndScenariosArePassedOver) {
    const ParsedCity parsed = SmallCity{}
                                  .set("scenarios/other/standards.csv", "nonsense")
                                  .set("data/day.csv", "anything, at \"all")
                                  .set("README.md", "text \xFF")
                                  .parse();
    EXPECT_THAT(parsed.findings, IsEmpty());
    EXPECT_NE(parsed.city, nullptr);
}

}  // namespace
}  // namespace chengshu::city
