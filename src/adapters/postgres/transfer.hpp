#pragma once

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/pg_impl.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::postgres {

// What both stores need to be shown or filled as a whole. Lists of tables are "a, b, c".

/// A connection of its own that sees one moment, until it is closed.
Result<std::unique_ptr<Connection>> open_picture(Dialer& dialer);
/// Within a transaction: the query's rows, so many at a time.
Status walk(
    Connection& connection,
    const std::string& query,
    std::size_t rows,
    const std::function<Status(const Rows&)>& visit
);

/// Conflict when one of the tables has rows.
Status check_empty(Connection& connection, std::string_view tables);
/// Drops the indexes that are no constraints; gives the statements that make them again. Built
/// after the rows, sorted, they cost a fraction.
Result<std::vector<std::string>> drop_indexes(Connection& connection, std::string_view tables);
Status make_indexes(Connection& connection, const std::vector<std::string>& indexes);

}  // namespace chengshu::postgres
