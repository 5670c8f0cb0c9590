#pragma once

#include "adapters/sql/case_search.hpp"
#include "adapters/sqlite/checkpointer.hpp"
#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/sqlite_store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

namespace chengshu::sqlite {

/// Rowids of the text index: reported_at * 2^21 + serial, see db/sqlite/0001_initial.sql.
inline constexpr int kTextSerialBits = 21;

/// A fixed number of reader connections, lent one per call. Thread-safe.
class ReaderPool {
public:
    /// Gives the connection back when it goes away.
    class Lease {
    public:
        Lease(ReaderPool& pool, std::unique_ptr<Connection> connection)
            : pool_(&pool), connection_(std::move(connection)) {}

        Lease(Lease&&) = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        Connection* operator->() const { return connection_.get(); }

        Connection& operator*() const { return *connection_; }

    private:
        ReaderPool* pool_;
        std::unique_ptr<Connection> connection_;
    };

    void add(std::unique_ptr<Connection> connection);
    /// Waits for a free connection.
    Lease take();
    /// Closes the free connections; only when no more calls come.
    void clear();

private:
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> free_;
};

struct SqliteStore::Impl {
    std::string path;
    Options options;
    int lock_file = -1;
    std::unique_ptr<Connection> writer;  ///< null when read-only
    std::mutex writing;                  ///< the writer is in use
    std::optional<Seq> head;             ///< the last committed seq, when known to the writer

    // What is on the disk. The WAL is synced through a descriptor of our own: SQLite's locks are
    // on the two other files, and the WAL stays the same file while a connection is open.
    int wal_file = -1;
    std::mutex syncing;
    std::atomic<std::uint64_t> commits = 0;
    std::atomic<std::int64_t> committed_head = 0;
    std::uint64_t synced_commits = 0;  ///< under `syncing`
    std::atomic<std::int64_t> durable_head = std::numeric_limits<std::int64_t>::max();
    std::atomic<bool> lost = false;  ///< a sync has failed: see ports::Store::sync

    std::unique_ptr<Checkpointer> checkpointer;  ///< null when read-only

    ReaderPool readers;

    ~Impl();

    Status lock();
    /// Makes durable what is in the WAL, also what an earlier process left there.
    Status begin_syncing();
    Status sync();
    Result<std::unique_ptr<Connection>> open_reader() const;
    Status open_readers();
    Status configure_writer();

    // sqlite_search.cpp
    Result<std::vector<ports::CaseRow>> search_part(
        Connection& connection,
        const ports::CaseQuery& query,
        std::span<const sql::Scope> scopes
    );
    // sqlite_write.cpp
    Status commit(const ports::Changes& changes, std::int64_t number);
    Status write_numbered(const ports::Changes& changes, std::int64_t number);
    Status write(const ports::Changes& changes);
    Status write_case(const ports::Changes::CaseChange& change);
    Status insert_case(const ports::CaseRow& row);
    Status update_case(const ports::CaseRow& row, std::int64_t expected_version);
    Result<std::optional<std::int64_t>> write_terms(const ports::CaseRow& row);
    Status write_reports(std::span<const ports::ReportRow> rows);
    Status write_journal(std::span<const ports::JournalRow> rows);
    Status write_cells(std::span<const ports::CellRow> rows);
    Status write_documents(std::span<const ports::DocumentRow> rows);
    Status write_idempotency(std::span<const ports::IdempotencyRow> rows);
    void roll_back();

    // sqlite_transfer.cpp
    Status fill(const std::function<Status(const ports::PartSink& take)>& give);
};

}  // namespace chengshu::sqlite
