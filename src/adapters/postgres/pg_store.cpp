#include "adapters/postgres/pg_store.hpp"

#include "adapters/postgres/backup.hpp"
#include "adapters/postgres/pg_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::postgres {
namespace {

/// "CSHU": the advisory lock that a server holds on its database.
constexpr std::int64_t kGuard = 0x43534855;
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{5000};

Result<std::int64_t> one_integer(Connection& connection, const std::string& sql) {
    CS_TRY(rows, connection.query(sql, {}));
    return rows.size() == 0 ? 0 : rows[0].integer(0);
}

/// Waits a little: the server that held it a moment ago may be on its way out.
Status take_guard(Connection& connection) {
    CS_CHECK(connection.run("SET lock_timeout = '3s'"));
    const auto taken = connection.run(fmt::format("SELECT pg_advisory_lock({})", kGuard));
    if (!taken) {
        return fail(
            ErrorCode::StorageUnavailable,
            connection.alive()
                ? "the database is in use by another chengshu server; stop that one first"
                : taken.error().context
        );
    }
    return connection.run("SET lock_timeout = 0");
}

/// 0 = nothing of ours yet.
Result<std::int64_t> schema_version(Connection& connection) {
    CS_TRY(
        exists, one_integer(connection, "SELECT (to_regclass('chengshu_schema') IS NOT NULL)::int")
    );
    if (exists == 0) {
        CS_TRY(foreign, one_integer(connection, "SELECT (to_regclass('cases') IS NOT NULL)::int"));
        if (foreign != 0) {
            return fail(
                ErrorCode::StorageUnavailable,
                "the database has a table 'cases' of another program; use a database of its own"
            );
        }
        return 0;
    }
    CS_TRY(version, one_integer(connection, "SELECT max(version) FROM chengshu_schema"));
    const auto newest = static_cast<std::int64_t>(migrations().size());
    if (version > newest) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "the database was written by a newer version of chengshu (schema {}, this program "
                "knows {}); upgrade the program",
                version,
                newest
            )
        );
    }
    return version;
}

Status migrate(Connection& connection) {
    CS_TRY(encoding, connection.query("SHOW server_encoding", {}));
    if (encoding[0].text(0) != "UTF8") {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("the database's encoding is {}; it must be UTF8", encoding[0].text(0))
        );
    }
    CS_TRY(version, schema_version(connection));
    const auto& steps = migrations();
    for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
        std::string sql = "BEGIN;";
        if (step == 0) {
            sql += "CREATE TABLE chengshu_schema (version integer PRIMARY KEY);";
        }
        sql += steps[step];
        sql += fmt::format("INSERT INTO chengshu_schema VALUES ({}); COMMIT;", step + 1);
        if (auto done = connection.run(sql); !done) {
            const auto rolled_back = connection.run("ROLLBACK");
            static_cast<void>(rolled_back);  // The first failure is the one to tell.
            return fail(
                done.error().code,
                fmt::format("schema step {} failed: {}", step + 1, done.error().context)
            );
        }
    }
    return ok();
}

Status configure_writer(Connection& writer, bool bulk) {
    // An operator may ask for more than "on" (synchronous replicas), but not for less.
    CS_TRY(commit_mode, writer.query("SHOW synchronous_commit", {}));
    if (commit_mode[0].text(0) == "off") {
        CS_CHECK(writer.run("SET synchronous_commit = on"));
    }
    // The writer looks up rows by their keys only; plans made while tables were small must not
    // stay.
    return writer.run(fmt::format(
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
        "SET gin_pending_list_limit = '{}'",
        bulk ? "64MB" : "4MB"
    ));
}

}  // namespace

Result<std::unique_ptr<Connection>> Dialer::open() {
    {
        const std::lock_guard lock{mutex_};
        if (Steady::now() < not_before_) {
            return fail(
                ErrorCode::StorageUnavailable,
                "PostgreSQL cannot be reached; the next attempt follows within seconds"
            );
        }
    }
    auto connection = Connection::open(conninfo_);
    const std::lock_guard lock{mutex_};
    if (connection) {
        pause_ = {};
        not_before_ = {};
    } else {
        pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
        not_before_ = Steady::now() + pause_;
    }
    return connection;
}

ReaderPool::ReaderPool(Dialer& dialer, int size) : dialer_(dialer) {
    CS_ASSERT(size > 0);
    free_.resize(static_cast<std::size_t>(size));
}

std::unique_ptr<Connection> ReaderPool::take() {
    std::unique_lock lock{mutex_};
    returned_.wait(lock, [&] { return !free_.empty(); });
    auto connection = std::move(free_.back());
    free_.pop_back();
    return connection;
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock{mutex_};
        // Empty places wait at the front: a connection that is open is taken first.
        const auto at = connection == nullptr ? free_.begin() : free_.end();
        free_.insert(at, std::move(connection));
    }
    returned_.notify_one();
}

Result<std::unique_ptr<Connection>> ReaderPool::dial() {
    CS_TRY(connection, dialer_.open());
    CS_CHECK(connection->run("SET default_transaction_read_only = on"));
    return connection;
}

PgStore::Impl::Impl(const std::string& conninfo_in, Options options_in)
    : conninfo(conninfo_in),
      options(options_in),
      dialer(conninfo_in),
      readers(dialer, options_in.readers) {}

Result<Connection*> PgStore::Impl::ready_writer() {
    if (options.read_only) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    if (writer == nullptr || !writer->idle()) {
        writer.reset();
        head.reset();
        CS_TRY(connection, dialer.open());
        CS_CHECK(take_guard(*connection));
        CS_CHECK(configure_writer(*connection, bulk));
        writer = std::move(connection);
    }
    return writer.get();
}

PgStore::PgStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PgStore::~PgStore() = default;

Result<std::unique_ptr<PgStore>> PgStore::open(const std::string& conninfo, Options options) {
    auto impl = std::make_unique<Impl>(conninfo, options);
    if (options.read_only) {
        CS_TRY(connection, impl->dialer.open());
        CS_TRY(version, schema_version(*connection));
        if (version == 0) {
            return fail(
                ErrorCode::NotFound, "there is no store in the database; run `chengshu init` first"
            );
        }
        if (version != static_cast<std::int64_t>(migrations().size())) {
            return fail(
                ErrorCode::StorageUnavailable,
                fmt::format(
                    "the database has schema {}; start the server once to bring it up to date",
                    version
                )
            );
        }
    } else {
        CS_TRY(writer, impl->ready_writer());
        CS_CHECK(migrate(*writer));
    }
    return std::unique_ptr<PgStore>{new PgStore{std::move(impl)}};
}

Result<ports::StoreStats> PgStore::stats() {
    return impl_->readers.with([](Connection& reader) -> Result<ports::StoreStats> {
        // Reports are numbered from 1 without gaps.
        CS_TRY(
            rows,
            reader.query_prepared(
                "SELECT (SELECT value FROM counters WHERE name = 'cases'),"
                " (SELECT max(id) FROM reports), (SELECT max(seq) FROM journal),"
                " pg_database_size(current_database())",
                {}
            )
        );
        return ports::StoreStats{
            .cases = rows[0].integer(0),
            .reports = rows[0].integer(1),
            .head = Seq{rows[0].integer(2)},
            .bytes = rows[0].integer(3),
        };
    });
}

Status PgStore::backup(
    const std::string& to,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    if (progress) {
        progress(0, 1);
    }
    CS_CHECK(dump_database(impl_->conninfo, to));
    if (progress) {
        progress(1, 1);
    }
    return ok();
}

Status PgStore::set_bulk(bool on) {
    CS_TRY(writer, impl_->ready_writer());
    impl_->bulk = on;
    CS_CHECK(configure_writer(*writer, on));
    if (on) {
        return ok();
    }
    CS_CHECK(writer->run("SELECT gin_clean_pending_list('case_terms_match')"));
    return writer->run("ANALYZE");
}

}  // namespace chengshu::postgres
