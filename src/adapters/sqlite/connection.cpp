#include "adapters/sqlite/connection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::sqlite {
namespace {

/// Searches combine filters freely; what the server asks all the time is far below this number.
constexpr std::size_t kPreparedMax = 200;
/// A second process may hold the file for the moments of its own reads and checkpoints.
constexpr int kBusyMillis = 5000;

}  // namespace

Failure sqlite_failure(sqlite3* handle, std::string_view doing) {
    const int code = sqlite3_errcode(handle) & 0xff;
    const auto kind =
        code == SQLITE_CONSTRAINT ? ErrorCode::Conflict : ErrorCode::StorageUnavailable;
    return fail(kind, fmt::format("{}: {}", doing, sqlite3_errmsg(handle)));
}

Execution::~Execution() {
    if (statement_ != nullptr) {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
}

// Binding fails only for a wrong position or an exhausted memory: both are not for callers to
// handle.

Execution& Execution::bind(int position, std::int64_t value) {
    CS_ASSERT(sqlite3_bind_int64(statement_, position, value) == SQLITE_OK);
    return *this;
}

Execution& Execution::bind(int position, double value) {
    CS_ASSERT(sqlite3_bind_double(statement_, position, value) == SQLITE_OK);
    return *this;
}

Execution& Execution::bind(int position, std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    CS_ASSERT(
        sqlite3_bind_text64(statement_, position, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) ==
        SQLITE_OK
    );
    return *this;
}

Execution& Execution::bind_null(int position) {
    CS_ASSERT(sqlite3_bind_null(statement_, position) == SQLITE_OK);
    return *this;
}

Execution& Execution::bind(int position, const sql::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return bind(position, *integer);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return bind(position, *real);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return bind(position, std::string_view{*text});
    }
    return bind_null(position);
}

Execution& Execution::bind_text_or_null(int position, std::string_view text) {
    return text.empty() ? bind_null(position) : bind(position, text);
}

Execution& Execution::bind_or_null(int position, std::int64_t value) {
    return value == 0 ? bind_null(position) : bind(position, value);
}

Result<bool> Execution::step() {
    switch (sqlite3_step(statement_)) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            return sqlite_failure(sqlite3_db_handle(statement_), "the database refused");
    }
}

Status Execution::run() {
    CS_TRY(row, step());
    CS_ASSERT(!row);
    sqlite3_reset(statement_);
    return ok();
}

bool Execution::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Execution::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Execution::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string Execution::text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string{} : std::string{bytes, size};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode) {
    // No mutex: every connection is used by one thread at a time.
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (mode) {
        case Mode::ReadWrite:
            flags |= SQLITE_OPEN_READWRITE;
            break;
        case Mode::Create:
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
            break;
        case Mode::ReadOnly:
            flags |= SQLITE_OPEN_READONLY;
            break;
    }
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    std::unique_ptr<Connection> connection{new Connection{handle}};
    if (code != SQLITE_OK) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("cannot open {}: {}", path, sqlite3_errstr(code))
        );
    }
    sqlite3_busy_timeout(handle, kBusyMillis);
    return connection;
}

Connection::~Connection() {
    for (auto& [sql, prepared] : prepared_) {
        sqlite3_finalize(prepared.statement);
    }
    sqlite3_close_v2(handle_);
}

Status Connection::run(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return sqlite_failure(handle_, fmt::format("'{}' failed", sql.substr(0, 60)));
    }
    return ok();
}

Result<Execution> Connection::prepare(std::string_view sql) {
    const std::string key{sql};
    auto found = prepared_.find(key);
    if (found == prepared_.end()) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(
            handle_,
            key.c_str(),
            static_cast<int>(key.size()) + 1,
            SQLITE_PREPARE_PERSISTENT,
            &statement,
            nullptr
        );
        if (code != SQLITE_OK) {
            return sqlite_failure(handle_, "the database refused a statement");
        }
        if (prepared_.size() >= kPreparedMax) {
            drop_oldest();
        }
        found = prepared_.emplace(key, Prepared{statement, 0}).first;
    }
    found->second.last_used = ++uses_;
    // A statement that is being read cannot be executed again by the same connection.
    CS_ASSERT(sqlite3_stmt_busy(found->second.statement) == 0);
    return Execution{found->second.statement};
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
    CS_TRY(statement, prepare(sql));
    CS_TRY(row, statement.step());
    return row ? statement.integer(0) : 0;
}

void Connection::drop_oldest() {
    auto oldest = prepared_.end();
    for (auto it = prepared_.begin(); it != prepared_.end(); ++it) {
        const bool busy = sqlite3_stmt_busy(it->second.statement) != 0;
        if (!busy &&
            (oldest == prepared_.end() || it->second.last_used < oldest->second.last_used)) {
            oldest = it;
        }
    }
    if (oldest != prepared_.end()) {
        sqlite3_finalize(oldest->second.statement);
        prepared_.erase(oldest);
    }
}

}  // namespace chengshu::sqlite
