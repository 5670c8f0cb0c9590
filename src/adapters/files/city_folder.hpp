#pragma once

#include "base/result.hpp"
#include "domain/city/city.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace chengshu::files {

/// Limits of one city's data; a folder beyond them is refused, not cut.
struct CityLimits {
    std::size_t file_bytes = std::size_t{64} << 20;
    std::size_t total_bytes = std::size_t{256} << 20;
    std::size_t files = 1000;
};

/// The files of "<data_root>/cities/<city_code>/" (*.yaml, *.csv, *.geojson of the folder itself,
/// not of its subfolders) and of the scenarios that its city.yaml names
/// ("<data_root>/scenarios/<name>/", with subfolders), sorted by path; paths are relative to
/// data_root and use '/'. NotFound without city.yaml or a named scenario, InvalidInput for what
/// cannot be read as a list of scenarios, TooLarge beyond the limits.
Result<std::vector<city::CityFile>> read_city(
    const std::filesystem::path& data_root,
    std::string_view city_code,
    const CityLimits& limits = {}
);

/// Codes of the cities under data_root: folders of "cities/" with a city.yaml, sorted.
Result<std::vector<std::string>> list_cities(const std::filesystem::path& data_root);

}  // namespace chengshu::files
