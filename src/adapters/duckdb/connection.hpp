#pragma once

#include "base/result.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <duckdb.h>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::duckdb {

enum class ColumnType { Integer, Real, Text };

/// One vector-sized part of a result, read by column and row. Rows' texts are copied out.
class Chunk {
public:
    explicit Chunk(duckdb_data_chunk chunk);

    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;

    ~Chunk() { duckdb_destroy_data_chunk(&chunk_); }

    [[nodiscard]] idx_t size() const { return duckdb_data_chunk_get_size(chunk_); }

    [[nodiscard]] bool is_null(idx_t column, idx_t row) const {
        const auto* valid = columns_[column].valid;
        return valid != nullptr && (valid[row / 64] >> (row % 64) & 1U) == 0;
    }

    /// Of a BIGINT column; 0 for NULL.
    [[nodiscard]] std::int64_t integer(idx_t column, idx_t row) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(idx_t column, idx_t row) const;
    /// Of a DOUBLE column; none for NULL.
    [[nodiscard]] std::optional<double> real(idx_t column, idx_t row) const;
    /// Of a VARCHAR column; empty for NULL.
    [[nodiscard]] std::string text(idx_t column, idx_t row) const;

private:
    struct Column {
        void* data;
        const std::uint64_t* valid;  ///< a bit for each row; null: all are
    };

    duckdb_data_chunk chunk_;
    std::vector<Column> columns_;
};

class Appender;

/// A connection; used by one thread at a time.
class Connection {
public:
    static Result<std::unique_ptr<Connection>> open(duckdb_database database);

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    ~Connection();

    /// Runs statements; gives the number of rows the last one changed.
    Result<std::int64_t> run(const std::string& sql);
    /// Runs a query and shows its result part by part, until `visit` returns false.
    Status read(const std::string& sql, const std::function<bool(const Chunk&)>& visit);
    /// The BIGINT in the first row; none when there is no row or it is NULL.
    Result<std::optional<std::int64_t>> integer(const std::string& sql);

    /// One that has been kept for the table, or a new one.
    Result<std::unique_ptr<Appender>>
    appender(const char* table, const std::vector<ColumnType>& types);
    /// Keeps an appender that is finished: making one costs more than a small batch.
    void keep(const char* table, std::unique_ptr<Appender> appender);

    /// May be called from another thread: ends what is running with an error.
    void interrupt() { duckdb_interrupt(handle_); }

    [[nodiscard]] duckdb_connection handle() const { return handle_; }

private:
    explicit Connection(duckdb_connection handle);

    duckdb_connection handle_;
    std::vector<std::pair<std::string, std::unique_ptr<Appender>>> kept_;
};

/// BEGIN, and ROLLBACK unless committed.
class Transaction {
public:
    static Result<std::unique_ptr<Transaction>> begin(Connection& connection);

    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    /// OutcomeUnknown when COMMIT itself fails.
    Status commit();

private:
    explicit Transaction(Connection& connection) : connection_(connection) {}

    Connection& connection_;
    bool open_ = true;
};

/// Appends rows to a table in vector-sized chunks; becomes part of the connection's transaction.
class Appender {
public:
    static Result<std::unique_ptr<Appender>>
    open(Connection& connection, const char* table, const std::vector<ColumnType>& types);

    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;
    ~Appender();

    /// Values of the row that next_row() will end, by column.
    void set(idx_t column, std::int64_t value);
    void set(idx_t column, double value);
    void set(idx_t column, std::string_view value);
    void set_null(idx_t column);
    Status next_row();
    /// Hands over what is left; the appender can be used again. Without it nothing is certain to
    /// have been appended.
    Status finish();

private:
    Appender() = default;
    Status flush();
    Failure failure() const;

    duckdb_appender appender_ = nullptr;
    duckdb_data_chunk chunk_ = nullptr;
    std::vector<void*> data_;
    idx_t rows_ = 0;
    idx_t capacity_ = 0;
};

/// Readers' connections; a reader waits when all are in use. Thread-safe.
class ConnectionPool {
public:
    Status open(duckdb_database database, int size);

    /// Runs `read` with a connection of the pool.
    template <class Read>
    auto with(const Read& read) -> decltype(read(std::declval<Connection&>())) {
        auto connection = take();
        auto result = read(*connection);
        give_back(std::move(connection));
        return result;
    }

private:
    std::unique_ptr<Connection> take();
    void give_back(std::unique_ptr<Connection> connection);

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> free_;
};

/// A literal of SQL.
std::string text_literal(std::string_view text);
std::string number_literal(double value);

}  // namespace chengshu::duckdb
