#pragma once

#include "adapters/sql/case_columns.hpp"
#include "base/result.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chengshu::sqlite {

/// One execution of a prepared statement; resets it when it goes away. Values are bound by position
/// from 1; bound texts must outlive the execution.
class Execution final : public sql::ColumnReader {
public:
    explicit Execution(sqlite3_stmt* statement) : statement_(statement) {}

    Execution(Execution&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;
    Execution& operator=(Execution&&) = delete;
    ~Execution() override;

    Execution& bind(int position, std::int64_t value);
    Execution& bind(int position, double value);
    Execution& bind(int position, std::string_view text);
    Execution& bind_null(int position);
    Execution& bind(int position, const sql::Value& value);
    /// NULL when empty.
    Execution& bind_text_or_null(int position, std::string_view text);
    /// NULL when 0.
    Execution& bind_or_null(int position, std::int64_t value);

    /// True: a row can be read; false: done. Conflict for a violated constraint, else
    /// StorageUnavailable.
    Result<bool> step();
    /// Runs a statement that gives no rows, and makes it ready for the next values.
    Status run();

    [[nodiscard]] bool is_null(int column) const override;
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] double real(int column) const override;
    [[nodiscard]] std::string text(int column) const override;

private:
    sqlite3_stmt* statement_;
};

/// A connection with its prepared statements. Used by one thread at a time.
class Connection {
public:
    enum class Mode { ReadWrite, Create, ReadOnly };

    static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs statements that give no rows and take no values.
    Status run(const std::string& sql);
    /// Prepared once per connection and text; the least used are dropped beyond a fixed number.
    Result<Execution> prepare(std::string_view sql);
    /// The first column of the first row; 0 when there is none.
    Result<std::int64_t> integer(std::string_view sql);

    [[nodiscard]] sqlite3* handle() const { return handle_; }

    /// Rows changed by the last statement.
    [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_); }

private:
    explicit Connection(sqlite3* handle) : handle_(handle) {}

    struct Prepared {
        sqlite3_stmt* statement = nullptr;
        std::uint64_t last_used = 0;
    };

    void drop_oldest();

    sqlite3* handle_;
    std::uint64_t uses_ = 0;
    std::unordered_map<std::string, Prepared> prepared_;
};

/// The connection's last failure as an Error: Conflict for constraints, else StorageUnavailable.
Failure sqlite_failure(sqlite3* handle, std::string_view doing);

}  // namespace chengshu::sqlite
