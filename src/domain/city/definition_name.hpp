#pragma once

#include <string_view>

namespace chengshu::city {

/// Whether a path ends in name.yaml or name-something.yaml: what several scenarios of a city define
/// stands in files of different names.
constexpr bool names_definition(std::string_view path, std::string_view name) {
    const auto slash = path.rfind('/');
    auto file = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!file.starts_with(name) || !file.ends_with(".yaml")) {
        return false;
    }
    file.remove_prefix(name.size());
    return file.front() == '.' || file.front() == '-';
}

}  // namespace chengshu::city
