#pragma once

#include "domain/city/findings.hpp"
#include "domain/city/yaml_file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the readers of rules and plans share.

namespace chengshu::response {

/// Reads a file with `visit`; a node of the wrong kind becomes a finding.
void read_file(
    const city::CityFile& file,
    city::Findings& findings,
    std::string_view page,
    const std::function<void(city::YamlFile&)>& visit
);

/// The first bytes of a word that is repeated in a message.
std::string shortened(std::string_view word);
/// Letters, digits, '_' and, in a code, '-'.
bool is_name(std::string_view word);
std::string read_code(city::YamlFile& yaml, const YAML::Node& map);
city::Validity read_validity(city::YamlFile& yaml, const YAML::Node& map);
bool overlap(const city::Validity& a, const city::Validity& b);
/// When both hold; none: never.
std::optional<city::Validity> both(const city::Validity& a, const city::Validity& b);
int read_whole(city::YamlFile& yaml, const YAML::Node& node, int low, int high);
std::string read_area(city::YamlFile& yaml, const YAML::Node& node, const city::City& city);
std::string read_level(city::YamlFile& yaml, const YAML::Node& node, const city::City& city);
city::Point read_point(city::YamlFile& yaml, const YAML::Node& node);
std::vector<std::string>
read_categories(city::YamlFile& yaml, const YAML::Node& node, const city::City& city);
bool is_post_kind(std::string_view kind);

}  // namespace chengshu::response
