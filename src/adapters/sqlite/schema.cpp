#include "adapters/sqlite/schema.hpp"

#include <fmt/format.h>

namespace chengshu::sqlite {
namespace {

/// "CSHU": tells our files from those of other programs.
constexpr std::int64_t kApplicationId = 0x43534855;

/// What SQLite's first read of a file says, as advice.
Failure unreadable(sqlite3* handle, const std::string& path) {
    const int code = sqlite3_errcode(handle) & 0xff;
    if (code == SQLITE_NOTADB) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{} is not a database; check the path, or restore a backup", path)
        );
    }
    if (code == SQLITE_CORRUPT) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "{} is damaged ({}); restore a backup with `chengshu restore`",
                path,
                sqlite3_errmsg(handle)
            )
        );
    }
    return fail(
        ErrorCode::StorageUnavailable,
        fmt::format("cannot read {}: {}", path, sqlite3_errmsg(handle))
    );
}

}  // namespace

Result<int> check_schema(Connection& connection, const std::string& path) {
    const auto tables = connection.integer("SELECT count(*) FROM sqlite_master");
    if (!tables) {
        return unreadable(connection.handle(), path);
    }
    CS_TRY(application, connection.integer("PRAGMA application_id"));
    if (*tables == 0 && application == 0) {
        return 0;
    }
    if (application != kApplicationId) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{} is a database of another program; choose another path", path)
        );
    }
    CS_TRY(version, connection.integer("SELECT max(version) FROM schema_version"));
    const auto newest = static_cast<std::int64_t>(migrations().size());
    if (version > newest) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "{} was written by a newer version of chengshu (schema {}, this program knows {}); "
                "upgrade the program",
                path,
                version,
                newest
            )
        );
    }
    return static_cast<int>(version);
}

Status migrate(Connection& connection, const std::string& path) {
    CS_TRY(version, check_schema(connection, path));
    if (version == 0) {
        // Has an effect only before the first table, and before WAL.
        CS_CHECK(connection.run("PRAGMA page_size = 8192"));
    }
    CS_CHECK(connection.run("PRAGMA journal_mode = WAL"));
    const auto& steps = migrations();
    for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
        std::string sql = "BEGIN IMMEDIATE;";
        if (step == 0) {
            sql += fmt::format(
                "PRAGMA application_id = {};"
                "CREATE TABLE schema_version (version INTEGER PRIMARY KEY);",
                kApplicationId
            );
        }
        sql += steps[step];
        sql += fmt::format("INSERT INTO schema_version VALUES ({}); COMMIT;", step + 1);
        if (auto done = connection.run(sql); !done) {
            const auto rolled_back = connection.run("ROLLBACK");
            static_cast<void>(rolled_back);  // The first failure is the one to tell.
            return fail(
                done.error().code,
                fmt::format("{}: schema step {} failed: {}", path, step + 1, done.error().context)
            );
        }
    }
    return ok();
}

}  // namespace chengshu::sqlite
