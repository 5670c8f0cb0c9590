#include "domain/city/city.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace chengshu::city {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{CS_SOURCE_DIR};

std::vector<CityFile> read_folder(const std::string& folder) {
    std::vector<CityFile> files;
    if (!fs::exists(kRoot / folder)) {
        return files;
    }
    for (const auto& entry : fs::recursive_directory_iterator{kRoot / folder}) {
        const std::string path = entry.path().lexically_relative(kRoot).generic_string();
        // The replay's data is read elsewhere and may be large.
        if (!entry.is_regular_file() || path.find("/data/") != std::string::npos) {
            continue;
        }
        std::ifstream input{entry.path(), std::ios::binary};
        files.push_back({path, std::string{std::istreambuf_iterator<char>{input}, {}}});
    }
    return files;
}

class RealCity : public testing::TestWithParam<std::string> {};

TEST_P(RealCity, HasNoMistakes) {
    std::vector<CityFile> files = read_folder("cities/" + GetParam());
    for (CityFile& file : read_folder("scenarios")) {
        files.push_back(std::move(file));
    }
    const ParsedCity parsed = parse_city(GetParam(), files);
    for (const Finding& finding : parsed.findings) {
        EXPECT_FALSE(finding.error) << finding.path << ':' << finding.line << ':' << finding.column
                                    << ' ' << finding.message.en << " (" << finding.hint.en << ')';
    }
    ASSERT_NE(parsed.city, nullptr);
    EXPECT_FALSE(parsed.city->code_sets(Date{std::chrono::year{2026}, std::chrono::month{11}, std::chrono::day{20}}).empty());
}

std::vector<std::string> cities() {
    std::vector<std::string> names;
    if (fs::exists(kRoot / "cities")) {
        for (const auto& entry : fs::directory_iterator{kRoot / "cities"}) {
            if (entry.is_directory() && fs::exists(entry.path() / "city.yaml")) {
                names.push_back(entry.path().filename().string());
            }
        }
    }
    return names;
}

INSTANTIATE_TEST_SUITE_P(Cities, RealCity, testing::ValuesIn(cities()), [](const auto& test) {
    std::string name = test.param;
    for (char& c : name) {
        c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    return name;
});

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealCity);

}  // namespace
}  // namespace chengshu::city
