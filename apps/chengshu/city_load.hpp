#pragma once

#include "control.hpp"
#include "runtime.hpp"
#include "services/city_revisions.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"
#include "services/sensing/entities.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace chengshu::app {

/// A city folder, read and parsed.
struct CheckedCity {
    std::string code;
    std::vector<city::CityFile> files;
    services::ParsedDefinitions parsed;
};

/// InvalidInput when the path is no cities/<code>; mistakes in the files are among the findings.
Result<CheckedCity> check_city(const std::string& path);

struct CityLoad {
    services::LoadedCity loaded;
    int accounts = 0;  ///< demo accounts that the store did not have
};

/// Stages the revision of a folder without mistakes, and its new demo accounts.
Result<CityLoad> stage_city(
    services::UnitOfWork& work,
    ports::Secrets& secrets,
    const CheckedCity& city,
    const std::string& hash
);

/// Loads a folder into the running server: what begins after the commit sees the new definitions.
/// Waits for the commit; not on the writer's thread.
Result<CityTaken> load_city_live(
    Runtime& run,
    services::CurrentDefinitions& definitions,
    services::Submitter& writer,
    const sensing::Registry& registry,
    const std::string& folder,
    const std::string& hash
);

}  // namespace chengshu::app
