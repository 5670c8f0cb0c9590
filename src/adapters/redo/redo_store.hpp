#pragma once

#include "adapters/redo/pending_changes.hpp"
#include "adapters/redo/redo_log.hpp"
#include "adapters/sqlite/sqlite_store.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <type_traits>

namespace chengshu::redo {

struct Options {
    sqlite::Options store;
    /// Pending commits move to the store below when they have taken this many bytes of the log …
    std::int64_t move_bytes = std::int64_t{96} << 20;
    /// … or when the first of them is this old.
    std::chrono::milliseconds move_after{3000};
};

/// The SQLite store behind a redo log (docs/adr/0011). A commit is an entry of the log and a change
/// in memory; a thread moves what is pending into the store below, many commits as one. Reads see
/// both. After the end of a process, however sudden, the next start moves what the log holds. With
/// `read_only` what the log holds stays in memory.
class RedoStore final : public ports::Store {
public:
    /// StorageUnavailable with the reason and the way out, as SqliteStore::open; also when the log
    /// does not belong to the store.
    static Result<std::unique_ptr<RedoStore>> open(const std::string& path, const Options& options);

    /// Moves what is pending; what cannot be moved stays in the log.
    ~RedoStore() override;

    Status commit(const ports::Changes& changes) override;
    Status sync() override;

    Result<std::optional<ports::CaseRow>> find_case(CaseId id) override;
    Result<std::vector<ports::CaseRow>> find_cases(std::span<const CaseId> ids) override;
    Result<std::vector<ports::CaseRow>> search(const ports::CaseQuery& query) override;
    Result<CaseId> last_case_number(CaseId low, CaseId high) override;
    Result<std::vector<CaseId>> due_timers(std::int64_t now, int limit) override;
    Result<std::optional<std::int64_t>> next_timer() override;
    Status each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit)
        override;

    Result<std::optional<ports::ReportRow>> find_report(ReportId id) override;
    Result<std::vector<ports::ReportRow>> find_reports(const ports::ReportQuery& query) override;
    Result<ReportId> last_report() override;

    Result<std::vector<ports::JournalRow>> journal(Seq after, int limit) override;
    Result<std::vector<ports::JournalRow>> journal_of(CaseId id) override;
    Result<Seq> head() override;
    Result<Seq> durable_head() override;

    Result<std::vector<ports::CellRow>> cells(const ports::CellQuery& query) override;
    Result<std::optional<ports::CellRow>> cell(const ports::CellKey& key) override;

    Result<std::optional<ports::DocumentRow>> document(std::string_view kind, std::string_view id)
        override;
    Result<std::vector<ports::DocumentRow>>
    documents(std::string_view kind, std::string_view after, int limit) override;

    Result<std::vector<ports::IdempotencyRow>> idempotency(std::span<const std::string> keys
    ) override;
    Result<int> prune_idempotency(std::int64_t before, int limit) override;

    Result<ports::StoreStats> stats() override;
    Status backup(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    ) override;
    /// While on, commits are moved at once and are not in the log.
    Status set_bulk(bool on) override;
    Status dump(const ports::PartSink& show) override;
    Status load(const std::function<Status(const ports::PartSink& take)>& give) override;

private:
    using Part = std::shared_ptr<const PendingChanges>;

    /// What is pending, the newest first; some may be in the store below already. Under `mutex_`.
    class Layers {
    public:
        void add(const PendingChanges* layer);

        [[nodiscard]] bool empty() const { return count_ == 0; }

        [[nodiscard]] const PendingChanges* const* begin() const { return all_.data(); }

        [[nodiscard]] const PendingChanges* const* end() const { return all_.data() + count_; }

    private:
        std::array<const PendingChanges*, 3> all_{};
        std::size_t count_ = 0;
    };

    RedoStore(
        std::unique_ptr<sqlite::SqliteStore> below,
        std::string path,
        const Options& options,
        std::int64_t first_part
    );

    /// What the log holds beyond the store below, or refuses it.
    static Result<std::vector<Entry>>
    entries_beyond(const std::string& path, std::int64_t number, std::vector<Entry> entries);
    static Result<std::unique_ptr<RedoStore>>
    open_once(const std::string& path, const Options& options);
    Status recover(LogContent content);
    Status begin(std::int64_t first_part);

    // The thread that moves.
    void run();
    Status move();
    bool freeze();
    Status drain();
    Status backup_beside_a_server(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    );

    // redo_read.cpp
    /// A look beside a server: whether the server has moved all that the log held when it was read.
    /// Then what the store below has is newer.
    bool overtaken() const;
    /// The earliest timers, (ms UTC, case).
    Result<std::vector<std::pair<std::int64_t, CaseId>>> timers(int limit);
    [[nodiscard]] Layers layers() const;
    /// Reads below, then hands what was found and the layers to `merge` under the lock: all that
    /// was committed before the call is in one of them.
    template <class Below, class Merge>
    auto merged(Below&& below, Merge&& merge);
    /// The first layer's answer that is not null, under the lock.
    template <class Look, class Use>
    bool seen(Look&& look, Use&& use) const;

    // redo_write.cpp
    Status wait_for_room();
    Status commit_in_bulk(const ports::Changes& changes);
    Status commit_to_log(const ports::Changes& changes);
    Status check(const ports::Changes& changes);
    Status check_cases(const ports::Changes& changes);
    Status check_reports(const ports::Changes& changes);
    Status check_keys(const ports::Changes& changes);

    std::unique_ptr<sqlite::SqliteStore> below_;
    std::string path_;
    Options options_;
    std::optional<RedoLog> log_;  ///< none when read-only

    std::mutex writing_;  ///< the log and the change of parts
    mutable std::shared_mutex mutex_;
    std::shared_ptr<PendingChanges> active_;
    Part frozen_;  ///< is being moved, or null
    std::atomic<bool> bulk_ = false;
    mutable std::atomic<bool> overtaken_ = false;
    std::int64_t number_ = 0;  ///< of the last commit; writer thread
    std::string encoded_;      ///< the last commit's entry; its memory is used again; writer thread
    std::atomic<std::int64_t> cases_ = 0;

    std::mutex syncing_;
    std::atomic<std::uint64_t> commits_ = 0;
    std::atomic<std::int64_t> committed_head_ = 0;
    std::uint64_t synced_commits_ = 0;            ///< under `syncing_`
    std::atomic<std::int64_t> durable_part_ = 0;  ///< this part and those before it have no more
                                                  ///< entries that a sync must reach
    std::atomic<std::int64_t> durable_head_ = 0;
    std::atomic<bool> lost_ = false;  ///< a sync has failed: see ports::Store::sync

    std::mutex signal_;
    std::condition_variable changed_;
    std::optional<std::chrono::steady_clock::time_point> pending_since_;
    std::int64_t wanted_part_ = 0;  ///< parts up to this one are to be moved at once
    std::int64_t moved_part_ = 0;
    std::optional<Error> failure_;  ///< of the last try to move
    bool ending_ = false;
    std::thread thread_;
};

template <class Below, class Merge>
auto RedoStore::merged(Below&& below, Merge&& merge) {
    for (;;) {
        const bool was_overtaken = overtaken();
        Part was_frozen;
        std::int64_t was_active = 0;
        {
            const std::shared_lock lock{mutex_};
            was_frozen = frozen_;
            was_active = active_->part();
        }
        auto found = below();
        using Out = std::invoke_result_t<Merge, decltype(std::move(found).value()), const Layers&>;
        if (!found) {
            return Out{Failure{std::move(found).error()}};
        }
        const std::shared_lock lock{mutex_};
        if (active_->part() != was_active &&
            (frozen_ == nullptr || frozen_->part() != was_active)) {
            continue;  // what was pending has been moved since it was looked for below
        }
        if (overtaken() != was_overtaken) {
            continue;
        }
        auto all = layers();
        if (was_frozen != frozen_) {
            all.add(was_frozen.get());
        }
        return Out{merge(std::move(found).value(), all)};
    }
}

template <class Look, class Use>
bool RedoStore::seen(Look&& look, Use&& use) const {
    if (overtaken()) {
        return false;
    }
    const std::shared_lock lock{mutex_};
    for (const auto* layer : layers()) {
        if (const auto* found = look(*layer); found != nullptr) {
            use(*found);
            return true;
        }
    }
    return false;
}

}  // namespace chengshu::redo
