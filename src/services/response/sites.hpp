#pragma once

#include "domain/city/city.hpp"
#include "domain/response/rule.hpp"
#include "domain/sensing/registry.hpp"

#include <string_view>
#include <vector>

namespace chengshu::services {

/// The places a rule watches on a day. A terminal without an area belongs to the city.
std::vector<response::Site> sites_of(
    const response::Rule& rule,
    const city::City& city,
    const sensing::Registry& registry,
    Date day
);

/// The place that Site::key() names, as far as it is still there.
response::Site
site_of_key(std::string_view key, const city::City& city, const sensing::Registry& registry);

}  // namespace chengshu::services
