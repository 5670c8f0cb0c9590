#pragma once

#include "domain/cases/workflow.hpp"
#include "domain/city/city.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chengshu::testing {

/// What differs between test cities. Everything else is fixed; see test_city.cpp.
struct TestCityOptions {
    bool auto_file = true;
    bool auto_dispatch = true;
    std::string default_workflow = "standard";
    std::vector<std::string> auto_close_sources = {"iot"};
    bool evaluation = false;  ///< cases are counted and scored: evaluation.yaml of the shipped one
    /// Added to the folder, or taking the place of a file of the same path.
    std::vector<city::CityFile> files = {};
};

/// Categories of the test city, each for one situation.
namespace category {
inline constexpr const char* kRubbish =
    "TEST/matter/0101";  ///< one standard (8 work hours), one owner SAN, LAMP assists
inline constexpr const char* kGraffiti =
    "TEST/matter/0102";  ///< two standards, neither automatic; owner SAN
inline constexpr const char* kNoise = "TEST/matter/0103";  ///< no standard; owner SAN
inline constexpr const char* kPothole =
    "TEST/matter/0104";  ///< one standard (2 urgent hours); ROAD and SAN both own it
inline constexpr const char* kKite = "TEST/matter/0105";  ///< one standard; nobody owns it
inline constexpr const char* kSpill =
    "TEST/matter/0106";  ///< one standard (4 urgent hours); owner TEAM, which has the direct flow
inline constexpr const char* kLamp =
    "TEST/component/0201";  ///< an automatic standard and another; owner LAMP
inline constexpr const char* kOrphan =
    "TEST/matter/0107";  ///< one standard; its owner GONE was abolished on 2025-09-01
inline constexpr const char* kUnlimited =
    "TEST/matter/0108";  ///< one standard without a limit; owner SAN
}  // namespace category

/// A point in each street, far from every border.
inline constexpr city::Point kEast1{116.35, 40.05};  ///< street 110102001
inline constexpr city::Point kWest1{116.15, 40.05};  ///< street 110101001
inline constexpr city::Point kOutside{10, 10};

/// The folder of the test city "testcity": city 110000, districts 110101 (west) and 110102 (east)
/// with two streets each, all squares; Asia/Shanghai, 08:00–12:00 and 14:00–18:00, Monday to
/// Friday, the holidays of October 2025. Departments SAN, ROAD, LAMP and TEAM; a post and an
/// account of every kind, named alike, handlers "handler-san" and so on. The three shipped
/// workflows are read from the source tree.
std::vector<city::CityFile> test_city_files(const TestCityOptions& options = {});

/// The parsed city; a mistake in it ends the program with the findings on stderr.
city::CityPtr test_city(const TestCityOptions& options = {});

/// The workflows of a city; a mistake in them ends the program with the findings on stderr.
cases::WorkflowSet workflows_of(const city::City& city);

/// Content of a file below the source tree; ends the program when it cannot be read.
std::string source_file(const std::string& path);

/// "path:line:column message" lines.
std::string to_text(const std::vector<city::Finding>& findings);

}  // namespace chengshu::testing
