#include "domain/city/terminals.hpp"

#include "domain/city/tests/small_city.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace chengshu::city {
namespace {

constexpr const char* kObserved =
    "code,name_zh,name_en,definition,unit,ucum,min,max,max_step,step_per_s,flat_count,late_after_s,"
    "source\n"
    "PM2.5,细颗粒物,Fine "
    "particles,https://example.org/pm25,µg/m³,ug/m3,0,1500,600,3600,12,86400,made up\n"
    "wd,风向,Wind direction,https://example.org/wd,,,,,,,,,made up\n";
constexpr const char* kClasses =
    "property,step,upto,name_zh,name_en,source\n"
    "PM2.5,1,35,优,Good,made up\n"
    "PM2.5,2,75,良,Moderate,made up\n"
    "PM2.5,3,,重,Heavy,made up\n";
constexpr const char* kSensors =
    "code,name_zh,name_en,encoding,metadata,source\n"
    "analyser,分析仪,Analyser,text/plain,none,made up\n";
constexpr const char* kThings =
    "code,type,name_zh,name_en,lon,lat,department,state,public,schematic,source\n"
    "AIR-1,air_station,一站,One,116.05,40.05,water,active,true,true,made up\n";
constexpr const char* kStreams =
    "thing,property,sensor,interval_s\n"
    "AIR-1,PM2.5,analyser,3600\n"
    "AIR-1,wd,analyser,3600\n";

SmallCity with_terminals() {
    SmallCity city;
    city.set("observed.csv", kObserved);
    city.set("value_classes.csv", kClasses);
    city.set("sensors.csv", kSensors);
    city.set("things.csv", kThings);
    city.set("streams.csv", kStreams);
    return city;
}

/// Every error's place and English message, one per line.
std::string errors_of(const SmallCity& files) {
    std::string all;
    for (const Finding& finding : files.parse().findings) {
        if (finding.error) {
            all += fmt::format(
                "{}:{}:{}: {}\n", finding.path, finding.line, finding.column, finding.message.en
            );
        }
    }
    return all;
}

TEST(Terminals, AreReadWithTheirUnitsAndLimits) {
    const auto parsed = with_terminals().parse();
    ASSERT_NE(parsed.city, nullptr) << errors_of(with_terminals());
    const Terminals& terminals = parsed.city->terminals();
    ASSERT_EQ(terminals.things.size(), 1U);
    EXPECT_EQ(terminals.things[0].department, "water");
    EXPECT_TRUE(terminals.things[0].is_public);
    EXPECT_TRUE(terminals.things[0].schematic);
    ASSERT_EQ(terminals.streams.size(), 2U);
    EXPECT_EQ(terminals.streams[0].interval_s, 3600);
    const auto* quantity = terminals.quantity("PM2.5");
    ASSERT_NE(quantity, nullptr);
    EXPECT_EQ(quantity->ucum, "ug/m3");
    EXPECT_EQ(quantity->max, 1500);
    EXPECT_EQ(quantity->flat_count, 12);
    EXPECT_FALSE(terminals.quantity("wd")->min.has_value());
    EXPECT_EQ(terminals.quantity("CO"), nullptr);
}

TEST(Terminals, SortValuesIntoClasses) {
    const auto parsed = with_terminals().parse();
    ASSERT_NE(parsed.city, nullptr);
    const Terminals& terminals = parsed.city->terminals();
    EXPECT_EQ(terminals.value_class("PM2.5", 35)->step, 1);
    EXPECT_EQ(terminals.value_class("PM2.5", 35.1)->step, 2);
    EXPECT_EQ(terminals.value_class("PM2.5", 999)->step, 3);
    EXPECT_EQ(terminals.value_class("wd", 1), nullptr);
}

struct Slip {
    std::string name;
    std::string file;
    std::string from;
    std::string to;
    std::string error;
};

std::ostream& operator<<(std::ostream& out, const Slip& slip) {
    return out << slip.name;
}

class BadTerminals : public testing::TestWithParam<Slip> {};

TEST_P(BadTerminals, AreReportedWithTheirPlace) {
    SmallCity files = with_terminals();
    files.replace(GetParam().file, GetParam().from, GetParam().to);
    EXPECT_THAT(errors_of(files), testing::HasSubstr("cities/toy/" + GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BadTerminals,
    testing::Values(
        Slip{
            "Property",
            "streams.csv",
            "AIR-1,wd",
            "AIR-1,wdd",
            "streams.csv:3:7: 'wdd' is not in observed.csv"
        },
        Slip{
            "Sensor",
            "streams.csv",
            "wd,analyser",
            "wd,analyzer",
            "streams.csv:3:10: 'analyzer' is not in sensors.csv"
        },
        Slip{
            "Thing",
            "streams.csv",
            "AIR-1,wd",
            "AIR-2,wd",
            "streams.csv:3:1: 'AIR-2' is not in things.csv"
        },
        Slip{
            "Twice",
            "streams.csv",
            "AIR-1,wd",
            "AIR-1,PM2.5",
            "streams.csv:3:0: 'AIR-1, PM2.5' is defined twice"
        },
        Slip{
            "Interval",
            "streams.csv",
            "analyser,3600\nAIR-1,wd",
            "analyser,-1\nAIR-1,wd",
            "streams.csv:2:22: -1 is outside 0 to 31622400"
        },
        Slip{
            "Place",
            "things.csv",
            "116.05,40.05",
            "10.0,40.05",
            "things.csv:2:26: the terminal at 10, 40.05 is outside the city"
        },
        Slip{
            "State",
            "things.csv",
            "active",
            "activ",
            "things.csv:2:45: there is no state 'activ'"
        },
        Slip{
            "Department",
            "things.csv",
            "water",
            "watr",
            "things.csv:2:39: there is no department 'watr'"
        },
        Slip{
            "Code",
            "things.csv",
            "AIR-1",
            "AIR:1",
            "things.csv:2:1: 'AIR:1' cannot be a unified code"
        },
        Slip{
            "Range",
            "observed.csv",
            "ug/m3,0,",
            "ug/m3,2000,",
            "observed.csv:2:69: the greatest value is less than the least"
        },
        Slip{
            "Unit",
            "observed.csv",
            "ug/m3",
            "ug m3",
            "observed.csv:2:58: 'ug m3' is not a UCUM unit"
        },
        Slip{
            "Classes",
            "value_classes.csv",
            "PM2.5,2,75",
            "PM2.5,2,30",
            "value_classes.csv:3:9: the classes of a property must ascend"
        }
    ),
    [](const auto& test) { return test.param.name; }
);

}  // namespace
}  // namespace chengshu::city
