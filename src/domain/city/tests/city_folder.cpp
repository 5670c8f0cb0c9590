#include "domain/city/tests/city_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace chengshu::city {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{CS_SOURCE_DIR};

void read_folder(const std::string& folder, std::vector<CityFile>& files) {
    if (!fs::exists(kRoot / folder)) {
        return;
    }
    for (const auto& entry : fs::recursive_directory_iterator{kRoot / folder}) {
        const std::string path = entry.path().lexically_relative(kRoot).generic_string();
        if (!entry.is_regular_file() || path.find("/data/") != std::string::npos) {
            continue;
        }
        std::ifstream input{entry.path(), std::ios::binary};
        files.push_back({path, std::string{std::istreambuf_iterator<char>{input}, {}}});
    }
}

}  // namespace

std::vector<CityFile> read_city_folder(const std::string& code) {
    std::vector<CityFile> files;
    read_folder("cities/" + code, files);
    read_folder("scenarios", files);
    return files;
}

std::vector<std::string> city_folders() {
    std::vector<std::string> names;
    if (fs::exists(kRoot / "cities")) {
        for (const auto& entry : fs::directory_iterator{kRoot / "cities"}) {
            if (fs::exists(entry.path() / "city.yaml")) {
                names.push_back(entry.path().filename().string());
            }
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace chengshu::city
