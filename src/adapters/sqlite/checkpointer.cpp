#include "adapters/sqlite/checkpointer.hpp"

namespace chengshu::sqlite {
namespace {

/// 192 MiB of pages of 8 KiB: a page that is changed often is copied once for many changes.
constexpr int kPages = 24000;
/// A commit that finds so many times the pages wanted in the WAL copies them itself.
constexpr int kFarBehind = 2;

}  // namespace

Result<std::unique_ptr<Checkpointer>>
Checkpointer::start(const std::string& path, Connection& writer, const std::atomic<bool>& lost) {
    CS_TRY(connection, Connection::open(path, Connection::Mode::ReadWrite));
    return std::unique_ptr<Checkpointer>{new Checkpointer{std::move(connection), writer, lost}};
}

Checkpointer::Checkpointer(
    std::unique_ptr<Connection> connection,
    Connection& writer,
    const std::atomic<bool>& lost
)
    : connection_(std::move(connection)), writer_(writer), lost_(lost), thread_([this] { run(); }) {
    sqlite3_wal_hook(writer_.handle(), &Checkpointer::committed, this);
}

Checkpointer::~Checkpointer() {
    sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

int Checkpointer::committed(void* self, sqlite3* writer, const char* name, int pages) {
    auto& checkpointer = *static_cast<Checkpointer*>(self);
    if (pages < checkpointer.asked_) {
        checkpointer.asked_ = 0;  // the WAL has begun anew
    }
    if (pages < checkpointer.asked_ + kPages || checkpointer.lost_) {
        return SQLITE_OK;
    }
    checkpointer.asked_ = pages;
    if (pages >= kPages * kFarBehind) {
        // Nobody writes meanwhile, so that the next commit begins the WAL anew unless a reader
        // still needs it. A copy that fails is tried again by the next commit: it has lost nothing.
        const std::lock_guard lock{checkpointer.copying_};
        sqlite3_wal_checkpoint_v2(writer, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        return SQLITE_OK;
    }
    {
        const std::lock_guard lock{checkpointer.mutex_};
        checkpointer.wanted_ = true;
    }
    checkpointer.changed_.notify_one();
    return SQLITE_OK;
}

void Checkpointer::run() {
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [this] { return wanted_ || ending_; });
        if (ending_) {
            return;
        }
        wanted_ = false;
        lock.unlock();
        if (!lost_) {
            const std::lock_guard copying{copying_};
            sqlite3_wal_checkpoint_v2(
                connection_->handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr
            );
        }
        lock.lock();
    }
}

}  // namespace chengshu::sqlite
