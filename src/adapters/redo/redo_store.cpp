#include "adapters/redo/redo_store.hpp"

#include "adapters/redo/changes_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace chengshu::redo {
namespace {

/// How long after a failure the next try to move begins.
constexpr std::chrono::seconds kTryAgainAfter{1};
/// How often a log that changes while it is read is looked at.
constexpr int kLooks = 3;

}  // namespace

RedoStore::RedoStore(
    std::unique_ptr<sqlite::SqliteStore> below,
    std::string path,
    const Options& options,
    std::int64_t first_part
)
    : below_(std::move(below)),
      path_(std::move(path)),
      options_(options),
      active_(std::make_shared<PendingChanges>(first_part)) {}

RedoStore::~RedoStore() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock{signal_};
            ending_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
}

Result<std::vector<Entry>> RedoStore::entries_beyond(
    const std::string& path,
    std::int64_t number,
    std::vector<Entry> entries
) {
    std::erase_if(entries, [&](const Entry& entry) { return entry.number <= number; });
    if (!entries.empty() && entries.front().number != number + 1) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "{}-redo0 and -redo1 go on at commit {}, but {} ends at {}: they are not of this "
                "store; put back the store that belongs to them, or move them away",
                path,
                entries.front().number,
                path,
                number
            )
        );
    }
    return entries;
}

Status RedoStore::recover(LogContent content) {
    CS_TRY(number, below_->committed_up_to());
    CS_TRY(entries, entries_beyond(path_, number, std::move(content.entries)));
    number_ = number;
    for (const auto& entry : entries) {
        CS_TRY(changes, decode(entry.bytes));
        active_->add(changes, entry.number);
        number_ = entry.number;
    }
    return ok();
}

Result<std::unique_ptr<RedoStore>>
RedoStore::open(const std::string& path, const Options& options) {
    // Beside a server the log is read first, and what is moved meanwhile is found in the store. It
    // may also be written over while it is read: then once more.
    auto opened = open_once(path, options);
    for (int more = kLooks; more > 1 && !opened && options.store.read_only; --more) {
        opened = open_once(path, options);
    }
    return opened;
}

Result<std::unique_ptr<RedoStore>>
RedoStore::open_once(const std::string& path, const Options& options) {
    const bool writes = !options.store.read_only;
    std::unique_ptr<sqlite::SqliteStore> below;
    if (writes) {
        CS_TRY(opened, sqlite::SqliteStore::open(path, options.store));
        below = std::move(opened);
    }
    CS_TRY(content, read_log(path));
    if (!writes) {
        CS_TRY(opened, sqlite::SqliteStore::open(path, options.store));
        below = std::move(opened);
    }
    const auto first_part = content.last_part + 1;
    std::unique_ptr<RedoStore> store{new RedoStore{std::move(below), path, options, first_part}};
    CS_CHECK(store->recover(std::move(content)));
    if (writes) {
        CS_CHECK(store->begin(first_part));
    }
    CS_TRY(stored, store->below_->stats());
    store->cases_ = stored.cases + store->active_->inserted_cases();
    const auto& journal = store->active_->changes().journal;
    store->committed_head_ =
        std::max(stored.head.value, journal.empty() ? std::int64_t{0} : journal.back().seq.value);
    store->durable_head_ = store->committed_head_.load();
    return store;
}

/// Moves what the log holds, then begins a part of its own.
Status RedoStore::begin(std::int64_t first_part) {
    if (!active_->empty()) {
        CS_CHECK(below_->commit_up_to(active_->changes(), active_->last_number()));
        CS_CHECK(below_->sync());
        active_ = std::make_shared<PendingChanges>(first_part);
    }
    CS_TRY(log, RedoLog::open(path_, first_part, options_.store.sync_file));
    log_.emplace(std::move(log));
    moved_part_ = first_part - 1;
    durable_part_ = first_part - 1;
    thread_ = std::thread{[this] { run(); }};
    return ok();
}

void RedoStore::run() {
    std::unique_lock lock{signal_};
    while (!ending_) {
        const auto asked = [this] { return ending_ || wanted_part_ > moved_part_; };
        if (!pending_since_ && !failure_) {
            changed_.wait(lock, [&] { return asked() || pending_since_; });
        }
        if (failure_) {
            changed_.wait_for(lock, kTryAgainAfter, [&] { return ending_ || !failure_; });
        } else if (pending_since_) {
            changed_.wait_until(lock, *pending_since_ + options_.move_after, asked);
        }
        if (ending_) {
            break;
        }
        lock.unlock();
        const auto moved = move();
        lock.lock();
        failure_ = moved ? std::nullopt : std::optional{moved.error()};
        changed_.notify_all();
    }
    lock.unlock();
    // First what was being moved, then the rest. What cannot be moved stays in the log.
    if (move()) {
        static_cast<void>(move());
    }
}

/// What is pending becomes the part that is moved; false when there is nothing.
bool RedoStore::freeze() {
    const std::lock_guard writing{writing_};
    const std::unique_lock lock{mutex_};
    if (frozen_ != nullptr) {
        return true;
    }
    const auto part = active_->part();
    {
        const std::lock_guard signal{signal_};
        pending_since_.reset();
        if (active_->empty()) {
            moved_part_ = std::max(moved_part_, wanted_part_);
            return false;
        }
    }
    frozen_ = std::exchange(active_, std::make_shared<PendingChanges>(part + 1));
    log_->begin_part();
    return true;
}

Status RedoStore::move() {
    if (!freeze()) {
        return ok();
    }
    const auto part = frozen_->part();  // only this thread sets it
    // The store below never has what a loss of power could take from the log.
    if (auto synced = bulk_ ? ok() : log_->sync(part); !synced) {
        lost_ = true;
        return synced;
    }
    durable_part_ = std::max(durable_part_.load(), part);
    {
        auto committed = below_->commit_up_to(frozen_->changes(), frozen_->last_number());
        if (committed && !bulk_) {
            committed = below_->sync();
        }
        if (!committed) {
            lost_ = lost_ || committed.error().code == ErrorCode::OutcomeUnknown;
            return committed;
        }
    }
    Part moved;
    {
        const std::unique_lock lock{mutex_};
        moved = std::exchange(frozen_, nullptr);
    }
    {
        const std::lock_guard signal{signal_};
        moved_part_ = part;
    }
    changed_.notify_all();
    return ok();
}

/// Everything that is committed is in the store below when it returns.
Status RedoStore::drain() {
    std::int64_t part = 0;
    {
        const std::shared_lock lock{mutex_};
        part = active_->empty() ? (frozen_ == nullptr ? 0 : frozen_->part()) : active_->part();
    }
    if (part == 0) {
        return ok();
    }
    std::unique_lock lock{signal_};
    wanted_part_ = std::max(wanted_part_, part);
    failure_.reset();
    changed_.notify_all();
    changed_.wait(lock, [&] { return moved_part_ >= part || failure_; });
    return moved_part_ >= part ? ok() : Status{Failure{*failure_}};
}

Result<ports::StoreStats> RedoStore::stats() {
    CS_TRY(stats, below_->stats());
    CS_TRY(reports, last_report());
    CS_TRY(last, head());
    if (!overtaken()) {
        stats.cases = cases_;
    }
    stats.reports = reports.value;
    stats.head = last;
    return stats;
}

Status RedoStore::backup(
    const std::string& to,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    if (log_) {
        CS_CHECK(drain());
        return below_->backup(to, progress);
    }
    return backup_beside_a_server(to, progress);
}

/// The log is read first: what a server moves meanwhile is in the copy, and counted there.
Status RedoStore::backup_beside_a_server(
    const std::string& to,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::exists(to, error)) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} exists; backups never overwrite", to));
    }
    CS_TRY(content, read_log(path_));
    const auto unfinished = to + ".unfinished";
    fs::remove(unfinished, error);
    CS_CHECK(below_->backup(unfinished, progress));
    {
        CS_TRY(copy, sqlite::SqliteStore::open(unfinished, {.readers = 1, .create = false}));
        CS_TRY(number, copy->committed_up_to());
        CS_TRY(entries, entries_beyond(path_, number, std::move(content.entries)));
        PendingChanges rest{1};
        for (const auto& entry : entries) {
            CS_TRY(changes, decode(entry.bytes));
            rest.add(changes, entry.number);
        }
        if (!rest.empty()) {
            CS_CHECK(copy->commit_up_to(rest.changes(), rest.last_number()));
            CS_CHECK(copy->sync());
        }
    }
    fs::remove(unfinished + "-lock", error);
    fs::rename(unfinished, to, error);
    return error ? Status{fail(
                       ErrorCode::StorageUnavailable,
                       fmt::format("cannot rename {} to {}: {}", unfinished, to, error.message())
                   )}
                 : ok();
}

Status RedoStore::set_bulk(bool on) {
    if (!log_) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    CS_CHECK(drain());
    CS_CHECK(below_->sync());
    bulk_ = on;
    return below_->set_bulk(on);
}

Status RedoStore::dump(const ports::PartSink& show) {
    if (log_) {
        CS_CHECK(drain());
    } else if (!active_->empty()) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "{}-redo0 and -redo1 hold commits that are not in the store yet; stop the server, "
                "or "
                "start it once after it was cut off, and try again",
                path_
            )
        );
    }
    return below_->dump(show);
}

Status RedoStore::load(const std::function<Status(const ports::PartSink& take)>& give) {
    if (!log_) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    CS_CHECK(drain());
    CS_CHECK(below_->load(give));
    CS_TRY(stats, below_->stats());
    cases_ = stats.cases;
    committed_head_ = stats.head.value;
    durable_head_ = stats.head.value;
    return ok();
}

}  // namespace chengshu::redo
