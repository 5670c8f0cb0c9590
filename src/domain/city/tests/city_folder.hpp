#pragma once

#include "domain/city/city.hpp"

#include <string>
#include <vector>

namespace chengshu::city {

/// The files of a city of this repository and of all scenarios, without the replay's data. Empty
/// when it has no such city.
std::vector<CityFile> read_city_folder(const std::string& code);
/// Names of the folders under cities/ that hold a city.
std::vector<std::string> city_folders();

}  // namespace chengshu::city
