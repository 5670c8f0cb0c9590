#pragma once

#include "adapters/sqlite/connection.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sqlite {

/// Texts of db/sqlite/*.sql; the version of a schema is the number of those applied.
const std::vector<std::string_view>& migrations();

/// Checks that the file is ours and not newer than this program.
/// Gives its schema version; 0 = an empty file.
Result<int> check_schema(Connection& connection, const std::string& path);

/// Brings an own or empty file to the newest schema, one transaction per step.
Status migrate(Connection& connection, const std::string& path);

}  // namespace chengshu::sqlite
