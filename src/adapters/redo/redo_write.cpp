#include "adapters/redo/changes_codec.hpp"
#include "adapters/redo/redo_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace chengshu::redo {

Status RedoStore::check_cases(const ports::Changes& changes) {
    // What this very commit has done to a case counts: a case may be changed twice in a batch.
    std::map<CaseId, sqlite::SqliteStore::StoredVersion> changed;
    for (const auto& change : changes.cases) {
        const auto& row = change.row;
        std::optional<sqlite::SqliteStore::StoredVersion> stored;
        if (const auto before = changed.find(row.id); before != changed.end()) {
            stored = before->second;
        } else if (!seen(
                       [&](const PendingChanges& layer) { return layer.find_case(row.id); },
                       [&](const auto& pending) {
                           stored = {pending.row.version, pending.row.reported_at};
                       }
                   )) {
            CS_TRY(found, below_->stored_version(row.id));
            stored = found;
        }
        if (change.insert && stored) {
            return fail(ErrorCode::Conflict, fmt::format("case {} exists", row.id.value));
        }
        if (!change.insert && !stored) {
            return fail(ErrorCode::Conflict, fmt::format("case {} does not exist", row.id.value));
        }
        if (stored && stored->version != change.expected_version) {
            return fail(
                ErrorCode::Conflict,
                fmt::format(
                    "case {} has version {}, not {}",
                    row.id.value,
                    stored->version,
                    change.expected_version
                )
            );
        }
        if (stored && stored->reported_at != row.reported_at) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("case {}: the time of the first report never changes", row.id.value)
            );
        }
        if (row.terms && !row.terms->empty() && !sqlite::SqliteStore::can_index(row.reported_at)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("case {}: the time of the report is outside 1970–2109", row.id.value)
            );
        }
        changed[row.id] = {row.version, row.reported_at};
    }
    return ok();
}

Status RedoStore::check_reports(const ports::Changes& changes) {
    if (changes.reports.empty()) {
        return ok();
    }
    CS_TRY(last, last_report());
    std::set<ReportId> ids;
    std::set<std::pair<std::string, std::string>> external_ids;
    for (const auto& row : changes.reports) {
        bool taken = !ids.insert(row.id).second;
        if (row.id <= last) {
            CS_TRY(same, find_report(row.id));
            taken = taken || same.has_value();
        }
        if (!taken && !row.external_id.empty()) {
            ports::ReportQuery same_id;
            same_id.source = row.source;
            same_id.external_id = row.external_id;
            same_id.limit = 1;
            CS_TRY(others, find_reports(same_id));
            taken = !others.empty() || !external_ids.emplace(row.source, row.external_id).second;
        }
        if (taken) {
            return fail(ErrorCode::Conflict, fmt::format("report {} exists", row.id.value));
        }
    }
    return ok();
}

Status RedoStore::check_keys(const ports::Changes& changes) {
    std::vector<std::string> keys;
    std::set<std::string_view> distinct;
    for (const auto& row : changes.idempotency) {
        keys.push_back(row.key);
        distinct.insert(row.key);
    }
    CS_TRY(taken, idempotency(keys));
    if (!taken.empty() || distinct.size() != keys.size()) {
        return fail(ErrorCode::Conflict, "the idempotency key exists");
    }
    return ok();
}

/// What the store below would refuse is refused here: there it could no longer be.
Status RedoStore::check(const ports::Changes& changes) {
    CS_CHECK(check_cases(changes));
    CS_CHECK(check_reports(changes));
    CS_CHECK(check_keys(changes));
    auto expected = committed_head_.load();
    for (const auto& row : changes.journal) {
        if (row.seq.value != ++expected) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("journal entry {} does not follow {}", row.seq.value, expected - 1)
            );
        }
    }
    return ok();
}

/// Asks for a move when the part is large, and waits for it when it is twice as large.
Status RedoStore::wait_for_room() {
    std::int64_t size = 0;
    std::int64_t part = 0;
    {
        const std::lock_guard writing{writing_};
        size = log_->size();
        part = log_->part();
    }
    if (size < options_.move_bytes) {
        return ok();
    }
    std::unique_lock lock{signal_};
    wanted_part_ = std::max(wanted_part_, part);
    changed_.notify_all();
    if (size < 2 * options_.move_bytes) {
        return ok();
    }
    // The part is let go of when the one before it has been moved.
    changed_.wait(lock, [&] { return moved_part_ >= part - 1 || failure_; });
    return moved_part_ >= part - 1 ? ok() : Status{Failure{*failure_}};
}

/// Bulk loads are moved at once, without the log, while the next commit is prepared: at most two
/// commits wait.
Status RedoStore::commit_in_bulk(const ports::Changes& changes) {
    std::int64_t part = 0;
    {
        const std::shared_lock lock{mutex_};
        part = active_->part();
    }
    {
        std::unique_lock lock{signal_};
        changed_.wait(lock, [&] { return moved_part_ >= part - 1 || failure_; });
        if (moved_part_ < part - 1) {
            return Failure{*failure_};
        }
    }
    CS_CHECK(check(changes));
    {
        const std::unique_lock lock{mutex_};
        part = active_->part();
        active_->add(changes, ++number_);
    }
    const std::lock_guard signal{signal_};
    wanted_part_ = std::max(wanted_part_, part);
    pending_since_ = std::chrono::steady_clock::now();
    changed_.notify_all();
    return ok();
}

Status RedoStore::commit_to_log(const ports::Changes& changes) {
    CS_CHECK(wait_for_room());
    CS_CHECK(check(changes));
    encoded_.clear();
    encode(changes, encoded_);
    {
        const std::lock_guard writing{writing_};
        CS_CHECK(log_->append(number_ + 1, encoded_));
        const std::unique_lock lock{mutex_};
        active_->add(changes, ++number_);
    }
    const std::lock_guard signal{signal_};
    if (!pending_since_) {
        pending_since_ = std::chrono::steady_clock::now();
        changed_.notify_all();
    }
    return ok();
}

Status RedoStore::commit(const ports::Changes& changes) {
    if (!log_) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    if (lost_) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{}: a sync has failed; the store must be opened anew", path_)
        );
    }
    if (changes.empty()) {
        return ok();
    }
    CS_CHECK(bulk_ ? commit_in_bulk(changes) : commit_to_log(changes));
    for (const auto& change : changes.cases) {
        cases_ += change.insert ? 1 : 0;
    }
    if (!changes.journal.empty()) {
        committed_head_ = changes.journal.back().seq.value;
    }
    ++commits_;
    return ok();
}

Status RedoStore::sync() {
    if (!log_) {
        return ok();
    }
    const std::lock_guard lock{syncing_};
    // In this order: the head belongs to these commits or to later ones that the sync covers, too.
    const auto all = commits_.load();
    const auto last = committed_head_.load();
    if (lost_) {
        return fail(
            ErrorCode::OutcomeUnknown, fmt::format("{}: an earlier sync has failed", path_)
        );
    }
    if (all == synced_commits_) {
        return ok();
    }
    if (bulk_) {
        durable_head_ = last;
        return ok();
    }
    std::int64_t active = 0;
    {
        const std::shared_lock reading{mutex_};
        active = active_->part();
    }
    // A commit before the call is in this part or, when the part is a new one, in the one before
    // it.
    auto synced = active - 1 > durable_part_ ? log_->sync(active - 1) : ok();
    if (synced) {
        durable_part_ = std::max(durable_part_.load(), active - 1);
        synced = log_->sync(active);
    }
    if (!synced) {
        lost_ = true;
        return synced;
    }
    synced_commits_ = all;
    durable_head_ = last;
    return ok();
}

Result<int> RedoStore::prune_idempotency(std::int64_t before, int limit) {
    if (!log_) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    bool pending = false;
    {
        const std::shared_lock lock{mutex_};
        for (const auto* layer : layers()) {
            pending = pending || layer->oldest_key().value_or(before) < before;
        }
    }
    if (pending) {
        CS_CHECK(drain());
    }
    return below_->prune_idempotency(before, limit);
}

}  // namespace chengshu::redo
