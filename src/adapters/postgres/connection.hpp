#pragma once

#include "adapters/sql/case_columns.hpp"
#include "base/result.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chengshu::postgres {

struct ResultCloser {
    void operator()(PGresult* result) const { PQclear(result); }
};

using ResultHandle = std::unique_ptr<PGresult, ResultCloser>;

/// One row of a result in text format.
class Row final : public sql::ColumnReader {
public:
    Row(const PGresult* result, int row) : result_(result), row_(row) {}

    [[nodiscard]] bool is_null(int column) const override;
    /// 0 for NULL.
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] double real(int column) const override;
    [[nodiscard]] std::string text(int column) const override;

private:
    [[nodiscard]] std::string_view raw(int column) const;

    const PGresult* result_;
    int row_;
};

/// Rows of a query.
class Rows {
public:
    explicit Rows(ResultHandle result) : result_(std::move(result)) {}

    [[nodiscard]] int size() const { return PQntuples(result_.get()); }

    [[nodiscard]] Row operator[](int row) const { return {result_.get(), row}; }

    [[nodiscard]] int affected() const;

private:
    ResultHandle result_;
};

/// How an error of the server is told: Conflict for constraints and versions, InvalidInput for
/// values that PostgreSQL cannot store, else StorageUnavailable.
Failure pg_failure(PGconn* connection, const PGresult* result, std::string_view doing);

/// A connection with its prepared statements. Used by one thread at a time.
class Connection {
public:
    /// StorageUnavailable when the server cannot be reached or refuses us. Never shows the
    /// conninfo, which may hold a password.
    static Result<std::unique_ptr<Connection>> open(const std::string& conninfo);

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Statements without values and rows.
    Status run(const std::string& sql);
    /// Planned anew with these values: for searches, whose best plan depends on them.
    Result<Rows> query(const std::string& sql, const std::vector<sql::Value>& values);
    /// Prepared at its first use under a name of its own.
    Result<Rows> query_prepared(const std::string& sql, const std::vector<sql::Value>& values);
    /// Prepares for use in a pipeline; gives the statement's name.
    Result<std::string> prepare(const std::string& sql, const std::vector<Oid>& types);

    /// False after the server has gone: open another connection.
    [[nodiscard]] bool alive() const { return PQstatus(handle_) == CONNECTION_OK; }

    /// True when the server has not hung up and no transaction or pipeline is open: looks at the
    /// socket.
    [[nodiscard]] bool idle() const;

    [[nodiscard]] PGconn* handle() const { return handle_; }

private:
    explicit Connection(PGconn* handle) : handle_(handle) {}

    Result<Rows> finish(PGresult* result);

    PGconn* handle_;
    std::unordered_map<std::string, std::string> prepared_;
};

/// Runs `change(connection)` between BEGIN and COMMIT; OutcomeUnknown when COMMIT is not answered.
template <class Change>
auto in_transaction(Connection& connection, const Change& change) -> decltype(change(connection)) {
    CS_CHECK(connection.run("BEGIN"));
    auto result = change(connection);
    if (!result) {
        const auto rolled_back = connection.run("ROLLBACK");
        static_cast<void>(rolled_back);  // A broken connection rolls back by itself.
        return result;
    }
    if (const auto done = connection.run("COMMIT"); !done) {
        // The server's word is a refusal; silence says nothing.
        return fail(
            connection.alive() ? done.error().code : ErrorCode::OutcomeUnknown,
            done.error().context
        );
    }
    return result;
}

}  // namespace chengshu::postgres
