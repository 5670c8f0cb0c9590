#include "adapters/sqlite/sqlite_store.hpp"

#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/sqlite_impl.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace chengshu::sqlite {
namespace {

constexpr int kBulkCacheKib = 256 * 1024;
constexpr int kBackupPagesPerStep = 1024;

Status configure_writer(Connection& writer, const Options& options) {
    // NORMAL: the WAL is synced before a checkpoint and the file after it, a commit syncs nothing.
    // Debian compiles SQLite with SECURE_DELETE, which zeroes every freed byte; the journal keeps
    // all anyway.
    return writer.run(fmt::format(
        "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -{}; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = "
        "402653184;",  // twice what the checkpointer lets wait
        options.writer_cache_kib
    ));
}

Status sync_path(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const int why = errno;
    if (file >= 0) {
        ::close(file);
    }
    if (!synced) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("cannot sync {}: {}", path.string(), std::generic_category().message(why))
        );
    }
    return ok();
}

/// Hands what the file has to the disk piece by piece and waits for each, so that whoever syncs
/// another file meanwhile waits for one piece and not for all of them. False with errno.
bool write_back(int file) {
    constexpr off_t kPiece = 2 << 20;
    const auto end = ::lseek(file, 0, SEEK_END);
    for (off_t at = 0; at < end; at += kPiece) {
        constexpr auto kAndWait =
            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
        // It tells of a failure once: the sync that follows would not know.
        if (::sync_file_range(file, at, kPiece, kAndWait) != 0) {
            return errno == EINVAL || errno == ENOSYS || errno == ESPIPE;
        }
    }
    return true;
}

/// Copies through one read transaction: the copy is of one moment, and commits go on meanwhile.
Status copy_database(
    Connection& source,
    Connection& target,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
    if (backup == nullptr) {
        return sqlite_failure(target.handle(), "the backup cannot start");
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, kBackupPagesPerStep);
        const std::int64_t total = sqlite3_backup_pagecount(backup);
        if (progress) {
            progress(total - sqlite3_backup_remaining(backup), total);
        }
    }
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("the backup stopped: {}", sqlite3_errstr(code))
        );
    }
    return ok();
}

}  // namespace

ReaderPool::Lease::~Lease() {
    if (connection_ != nullptr) {
        pool_->add(std::move(connection_));
    }
}

void ReaderPool::add(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock{mutex_};
        free_.push_back(std::move(connection));
    }
    returned_.notify_one();
}

void ReaderPool::clear() {
    const std::lock_guard lock{mutex_};
    free_.clear();
}

ReaderPool::Lease ReaderPool::take() {
    std::unique_lock lock{mutex_};
    returned_.wait(lock, [&] { return !free_.empty(); });
    // The one used last has the warmest cache.
    auto connection = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(connection)};
}

SqliteStore::Impl::~Impl() {
    // The lock outlives every connection: the last one to close folds the WAL into the file.
    readers.clear();
    checkpointer.reset();
    if (lost && writer != nullptr) {
        // What the file would get from the WAL may not be what the disk has of the WAL.
        sqlite3_db_config(writer->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    writer.reset();
    if (wal_file >= 0) {
        ::close(wal_file);
    }
    if (lock_file >= 0) {
        ::close(lock_file);
    }
}

Status SqliteStore::Impl::lock() {
    const auto name = path + "-lock";
    lock_file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_file < 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("cannot make {}: {}", name, std::generic_category().message(errno))
        );
    }
    // flock and not SQLite's own exclusive mode, so that backup and verify may still read the file.
    if (::flock(lock_file, LOCK_EX | LOCK_NB) != 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{} is in use by another chengshu server; stop that one first", path)
        );
    }
    return ok();
}

Status SqliteStore::Impl::begin_syncing() {
    CS_TRY(last, writer->integer("SELECT max(seq) FROM journal"));  // also makes the WAL
    const auto name = path + "-wal";
    if (wal_file >= 0) {
        ::close(wal_file);
    }
    wal_file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (wal_file < 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("cannot open {}: {}", name, std::generic_category().message(errno))
        );
    }
    const auto folder = std::filesystem::path{path}.parent_path();
    CS_CHECK(sync_path(folder.empty() ? std::filesystem::path{"."} : folder));
    committed_head = last;
    commits = 1;
    synced_commits = 0;
    CS_CHECK(sync());
    CS_TRY(begun, Checkpointer::start(path, *writer, lost));
    checkpointer = std::move(begun);
    return ok();
}

Status SqliteStore::Impl::sync() {
    const std::lock_guard lock{syncing};
    // In this order: the head belongs to these commits or to later ones that the sync covers, too.
    const auto all = commits.load();
    const auto last = committed_head.load();
    if (!lost && all == synced_commits) {
        return ok();
    }
    if (lost || !write_back(wal_file) || options.sync_file(wal_file) != 0) {
        const int why = errno;
        const bool again = lost.exchange(true);
        return fail(
            ErrorCode::OutcomeUnknown,
            again ? fmt::format("{}: an earlier sync has failed", path)
                  : fmt::format("{}-wal: sync: {}", path, std::generic_category().message(why))
        );
    }
    synced_commits = all;
    durable_head = last;
    return ok();
}

Result<std::unique_ptr<Connection>> SqliteStore::Impl::open_reader() const {
    const auto mode = options.read_only ? Connection::Mode::ReadOnly : Connection::Mode::ReadWrite;
    CS_TRY(connection, Connection::open(path, mode));
    CS_CHECK(connection->run(fmt::format(
        "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{};",
        options.reader_cache_kib
    )));
    return connection;
}

Status SqliteStore::Impl::open_readers() {
    for (int i = 0; i < options.readers; ++i) {
        CS_TRY(reader, open_reader());
        readers.add(std::move(reader));
    }
    return ok();
}

Status SqliteStore::Impl::configure_writer() {
    return sqlite::configure_writer(*writer, options);
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, Options options) {
    std::error_code ignored;
    const bool exists = std::filesystem::exists(path, ignored);
    if (!exists && (!options.create || options.read_only)) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("there is no store at {}; `chengshu init` makes one", path)
        );
    }
    CS_ASSERT(options.readers > 0);
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->options = options;
    if (options.read_only) {
        CS_TRY(reader, impl->open_reader());
        CS_TRY(version, check_schema(*reader, path));
        if (version != static_cast<int>(migrations().size())) {
            return fail(
                ErrorCode::StorageUnavailable,
                fmt::format(
                    "{} has schema {}; start the server once to bring it up to date", path, version
                )
            );
        }
    } else {
        CS_CHECK(impl->lock());
        CS_TRY(writer, Connection::open(path, Connection::Mode::Create));
        CS_CHECK(migrate(*writer, path));
        impl->writer = std::move(writer);
        CS_CHECK(impl->configure_writer());
        CS_CHECK(impl->begin_syncing());
    }
    CS_CHECK(impl->open_readers());
    return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(impl)}};
}

Result<ports::StoreStats> SqliteStore::stats() {
    const auto reader = impl_->readers.take();
    ports::StoreStats stats;
    CS_TRY(cases, reader->integer("SELECT value FROM counters WHERE name = 'cases'"));
    // Reports are numbered from 1 without gaps.
    CS_TRY(reports, reader->integer("SELECT max(id) FROM reports"));
    CS_TRY(head, reader->integer("SELECT max(seq) FROM journal"));
    CS_TRY(pages, reader->integer("PRAGMA page_count"));
    CS_TRY(page_size, reader->integer("PRAGMA page_size"));
    stats.cases = cases;
    stats.reports = reports;
    stats.head = Seq{head};
    stats.bytes = pages * page_size;
    return stats;
}

Status SqliteStore::backup(
    const std::string& to,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::exists(to, error)) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} exists; backups never overwrite", to));
    }
    const auto partial = to + ".partial";
    fs::remove(partial, error);
    {
        // A connection of its own: a backup takes long, and readers must not wait for it.
        CS_TRY(source, impl_->open_reader());
        CS_CHECK(source->run("BEGIN"));
        CS_TRY(tables, source->integer("SELECT count(*) FROM sqlite_master"));
        CS_ASSERT(tables > 0);
        CS_TRY(target, Connection::open(partial, Connection::Mode::Create));
        if (auto copied = copy_database(*source, *target, progress); !copied) {
            target.reset();
            fs::remove(partial, error);
            return copied;
        }
    }
    CS_CHECK(sync_path(partial));
    fs::rename(partial, to, error);
    if (error) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("cannot rename {} to {}: {}", partial, to, error.message())
        );
    }
    const auto folder = fs::path{to}.parent_path();
    return sync_path(folder.empty() ? fs::path{"."} : folder);
}

Status SqliteStore::set_bulk(bool on) {
    if (impl_->writer == nullptr) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    auto& writer = *impl_->writer;
    if (on) {
        return writer.run(fmt::format(
            "PRAGMA cache_size = -{};"
            "INSERT INTO case_fts(case_fts, rank) VALUES ('automerge', 0);"
            "INSERT INTO case_fts(case_fts, rank) VALUES ('crisismerge', 64);",
            kBulkCacheKib
        ));
    }
    CS_CHECK(writer.run(fmt::format(
        "INSERT INTO case_fts(case_fts, rank) VALUES ('automerge', 4);"
        "INSERT INTO case_fts(case_fts, rank) VALUES ('crisismerge', 16);"
        "INSERT INTO case_fts(case_fts) VALUES ('optimize');"
        "PRAGMA cache_size = -{}; PRAGMA shrink_memory;",
        impl_->options.writer_cache_kib
    )));
    return writer.run("PRAGMA wal_checkpoint(PASSIVE)");
}

}  // namespace chengshu::sqlite
