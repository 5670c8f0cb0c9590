#pragma once

#include "ports/secrets.hpp"
#include "services/definitions.hpp"
#include "services/unit_of_work.hpp"

#include <span>
#include <string>

namespace chengshu::services {

/// A city's folder as loaded into the store: every file's content, never changed afterwards. A
/// changed folder is a new revision from the moment it is loaded; entries made before keep what
/// they were decided on.
struct LoadedCity {
    std::string revision;  ///< "000001", ascending
    bool changed = false;  ///< false: the newest revision holds exactly these files already
    /// What is counted of cases differs from the revision before: those there are already are
    /// counted by it when their statistics are counted anew (services/repair.hpp).
    bool counts_otherwise = false;
};

/// Stages the revision and its journal entry. The files have been parsed without error by the
/// caller.
Result<LoadedCity> load_city(
    UnitOfWork& work,
    ports::Secrets& secrets,
    std::string_view city_code,
    std::span<const city::CityFile> files,
    const std::string& actor
);

/// The newest revision as files.
struct StoredCity {
    std::string code;
    std::string revision;
    std::vector<city::CityFile> files;
};

/// NotFound for a store without a city.
Result<StoredCity> stored_city(ports::Store& store);

/// The newest revision's definitions, or NotFound for a store without a city.
Result<DefinitionsPtr> stored_definitions(ports::Store& store);

}  // namespace chengshu::services
