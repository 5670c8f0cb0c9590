#pragma once

#include "adapters/postgres/arrays.hpp"
#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/pg_store.hpp"
#include "adapters/sql/case_search.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::postgres {

/// Texts of db/postgres/*.sql; the version of a schema is the number of those applied.
const std::vector<std::string_view>& migrations();

/// Opens connections with a pause after failures that doubles up to a limit, so that a server that
/// is down is not stormed, and callers are answered at once meanwhile. Thread-safe.
class Dialer {
public:
    explicit Dialer(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    Result<std::unique_ptr<Connection>> open();

private:
    using Steady = std::chrono::steady_clock;

    const std::string conninfo_;
    std::mutex mutex_;
    std::chrono::milliseconds pause_{0};
    Steady::time_point not_before_;
};

/// A fixed number of places for reader connections, opened when first needed. Thread-safe.
class ReaderPool {
public:
    ReaderPool(Dialer& dialer, int size);

    /// Runs `read` with a live connection. When the connection breaks it is run once more with a
    /// new one: reading twice does no harm.
    template <class Read>
    auto with(const Read& read) -> decltype(read(std::declval<Connection&>()));

private:
    std::unique_ptr<Connection> take();
    void give_back(std::unique_ptr<Connection> connection);
    Result<std::unique_ptr<Connection>> dial();

    Dialer& dialer_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> free_;  ///< null: a place without a connection yet
};

struct PgStore::Impl {
    Impl(const std::string& conninfo_in, Options options_in);

    const std::string conninfo;
    const Options options;
    Dialer dialer;
    ReaderPool readers;
    std::mutex writing;  ///< the writer is in use
    std::unique_ptr<Connection> writer;
    std::optional<Seq> head;  ///< the last committed seq, when known to the writer
    bool bulk = false;

    /// The writer with the guard in its hand, connected again when it was lost.
    Result<Connection*> ready_writer();

    // pg_search.cpp
    static Result<std::vector<ports::CaseRow>> search_part(
        Connection& connection,
        const ports::CaseQuery& query,
        std::span<const sql::Scope> scopes
    );
};

/// One commit on its way to the server: statements are queued in a pipeline and sent as one piece.
class Pipeline {
public:
    explicit Pipeline(Connection& connection) : connection_(connection) {}

    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Queues "INSERT … SELECT FROM unnest" and the like. The values must live until finish().
    Status add(const std::string& sql, Columns& columns);
    Status add(const std::string& sql);
    /// Prepares what add() was given, sends BEGIN, all of it and COMMIT, and tells what became of
    /// it.
    Status commit();

private:
    struct Step {
        std::string statement;
        Columns* columns;  ///< null: none
    };

    Status read_results();
    Status leave(Status outcome);

    Connection& connection_;
    std::vector<Step> steps_;
};

template <class Read>
auto ReaderPool::with(const Read& read) -> decltype(read(std::declval<Connection&>())) {
    auto connection = take();
    const bool used = connection != nullptr;
    if (!used) {
        auto dialled = dial();
        if (!dialled) {
            give_back(nullptr);
            return Failure{std::move(dialled).error()};
        }
        connection = std::move(dialled).value();
    }
    auto result = read(*connection);
    if (!result && used && !connection->alive()) {
        auto dialled = dial();
        if (dialled) {
            connection = std::move(dialled).value();
            result = read(*connection);
        }
    }
    give_back(connection->alive() ? std::move(connection) : nullptr);
    return result;
}

}  // namespace chengshu::postgres
