#include "adapters/files/city_folder.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace chengshu::files {
namespace {

class CityFolder : public testing::Test {
protected:
    void write(const std::string& path, const std::string& content) {
        const auto file = folder_.path() / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file, std::ios::binary} << content;
    }

    std::vector<std::string> paths() {
        std::vector<std::string> found;
        const auto files = read_city(folder_.path(), "town");
        EXPECT_TRUE(files) << files.error().context;
        if (files) {
            for (const auto& file : *files) {
                found.push_back(file.path);
            }
        }
        return found;
    }

    ErrorCode refusal(const CityLimits& limits = {}) {
        const auto files = read_city(folder_.path(), "town", limits);
        EXPECT_FALSE(files);
        return files ? ErrorCode::Internal : files.error().code;
    }

    support::TempFolder folder_;
};

TEST_F(CityFolder, ReadsTheCityAndItsScenarios) {
    write("cities/town/city.yaml", "code: town\nscenarios: [work, play, work]\n");
    write("cities/town/areas.csv", "code,name\n1,甲\n");
    write("cities/town/boundaries.geojson", "{}");
    write("cities/town/README.md", "no data");
    write("cities/town/data/requests.csv", "not part of the city");
    write("cities/other/city.yaml", "code: other\n");
    write("scenarios/work/scenario.yaml", "code: work\n");
    write("scenarios/work/workflows/standard.yaml", "code: standard\n");
    write("scenarios/play/scenario.yaml", "code: play\n");
    write("scenarios/unused/scenario.yaml", "code: unused\n");
    const std::vector<std::string> expected{
        "cities/town/areas.csv",
        "cities/town/boundaries.geojson",
        "cities/town/city.yaml",
        "scenarios/play/scenario.yaml",
        "scenarios/work/scenario.yaml",
        "scenarios/work/workflows/standard.yaml",
    };
    EXPECT_EQ(paths(), expected);
    EXPECT_EQ(read_city(folder_.path(), "town").value()[0].content, "code,name\n1,甲\n");
    EXPECT_EQ(list_cities(folder_.path()).value(), (std::vector<std::string>{"other", "town"}));
}

TEST_F(CityFolder, ScenariosAreOptional) {
    write("cities/town/city.yaml", "code: town\n");
    EXPECT_EQ(paths().size(), 1U);
    write("cities/town/city.yaml", "scenarios:\n");
    EXPECT_EQ(paths().size(), 1U);
}

TEST_F(CityFolder, SaysWhatIsMissing) {
    EXPECT_EQ(refusal(), ErrorCode::NotFound);
    EXPECT_FALSE(list_cities(folder_.path()));
    write("cities/town/areas.csv", "");
    EXPECT_EQ(refusal(), ErrorCode::NotFound);
    write("cities/town/city.yaml", "scenarios: [nowhere]\n");
    EXPECT_EQ(refusal(), ErrorCode::NotFound);
}

TEST_F(CityFolder, RefusesWhatIsNoListOfNames) {
    for (const auto* yaml :
         {"scenarios: work\n",
          "scenarios: {a: 1}\n",
          "scenarios: [[a]]\n",
          "scenarios: [../../etc]\n",
          "scenarios: ['']\n",
          "scenarios: [\n",
          "a: b: c\n"}) {
        write("cities/town/city.yaml", yaml);
        EXPECT_EQ(refusal(), ErrorCode::InvalidInput) << yaml;
    }
    for (const auto* code : {"", "..", "a/b", "town/../town", "."}) {
        const auto files = read_city(folder_.path(), code);
        ASSERT_FALSE(files) << code;
        EXPECT_EQ(files.error().code, ErrorCode::InvalidInput) << code;
    }
}

TEST_F(CityFolder, RefusesMoreThanTheLimits) {
    write("cities/town/city.yaml", "code: town\n");
    write("cities/town/areas.csv", std::string(100, 'x'));
    EXPECT_EQ(refusal({.file_bytes = 99}), ErrorCode::TooLarge);
    EXPECT_EQ(refusal({.total_bytes = 105}), ErrorCode::TooLarge);
    EXPECT_EQ(refusal({.files = 1}), ErrorCode::TooLarge);
    EXPECT_TRUE(read_city(folder_.path(), "town", {.file_bytes = 100}));
}

}  // namespace
}  // namespace chengshu::files
