#pragma once

#include "base/result.hpp"

#include <string>

namespace chengshu::postgres {

/// Writes a pg_dump archive of the database to a new file; see PgStore::backup.
Status dump_database(const std::string& conninfo, const std::string& to);

}  // namespace chengshu::postgres
