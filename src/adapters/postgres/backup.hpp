#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace chengshu::postgres {

/// Writes a pg_dump archive of the database to a new file; see PgStore::backup.
Status dump_database(const std::string& conninfo, const std::string& to);

/// What restore_database would write to.
struct DatabaseState {
    std::string name;
    std::int64_t tables = 0;  ///< tables, views and sequences that are not the server's own
};

Result<DatabaseState> inspect_database(const std::string& conninfo);

/// Reads such an archive into an empty database, in one transaction: all of it or nothing.
/// RuleViolation when the database holds tables. `progress` gets the parts done and in all.
Status restore_database(
    const std::string& conninfo,
    const std::string& from,
    const std::function<void(std::int64_t done, std::int64_t total)>& progress
);

}  // namespace chengshu::postgres
