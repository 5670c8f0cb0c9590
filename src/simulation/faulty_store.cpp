#include "simulation/faulty_store.hpp"

namespace chengshu::simulation {

bool FaultyStore::happens(std::uint64_t of_ten_thousand) {
    const bool yes = random_.chance(of_ten_thousand, 10'000);
    faults_ += yes ? 1 : 0;
    return yes;
}

Status FaultyStore::before_read() {
    if (happens(rates_.slow)) {
        clock_.advance(Duration{random_.between(10, 20'000)});
    }
    if (happens(rates_.crash)) {
        throw Crash{};
    }
    if (happens(rates_.read_fails)) {
        return fail(ErrorCode::StorageUnavailable, "simulated: the store cannot be read");
    }
    return ok();
}

template <class Write>
auto FaultyStore::write(Write write) {
    auto done = write(*seen_);
    if (done) {
        unsynced_.push_back([write](memory::MemoryStore& disk) {
            CS_ASSERT(write(disk).has_value());
        });
    }
    return done;
}

void FaultyStore::flush(std::size_t count) {
    for (; count > 0; --count) {
        unsynced_.front()(disk_);
        unsynced_.pop_front();
    }
}

void FaultyStore::crash() {
    if (!unsynced_.empty()) {
        flush(random_.below(unsynced_.size() + 1));
        unsynced_.clear();
    }
    seen_ = disk_.clone();
    lost_ = false;
}

Status FaultyStore::apply(const ports::Changes& changes) {
    if (plant_ == Plant::LostAck && !changes.cases.empty() && random_.chance(1, 20)) {
        return ok();
    }
    auto kept = changes;
    if (plant_ == Plant::DoubleApply) {
        kept.idempotency.clear();
    }
    return write([kept = std::move(kept)](memory::MemoryStore& store) { return store.commit(kept); }
    );
}

Status FaultyStore::commit(const ports::Changes& changes) {
    CS_CHECK(before_read());
    if (lost_) {
        return fail(ErrorCode::StorageUnavailable, "simulated: a sync has failed");
    }
    if (happens(rates_.commit_fails)) {
        return fail(ErrorCode::StorageUnavailable, "simulated: the disk is full");
    }
    if (happens(rates_.commit_conflicts)) {
        return fail(ErrorCode::Conflict, "simulated: another writer was faster");
    }
    if (happens(rates_.commit_unknown)) {
        if (random_.chance(1, 2)) {
            CS_CHECK(apply(changes));
        }
        return fail(ErrorCode::OutcomeUnknown, "simulated: the connection broke during the commit");
    }
    CS_CHECK(apply(changes));
    if (happens(rates_.crash * 4)) {
        throw Crash{};  // it may be on the disk, and nobody has been told
    }
    return ok();
}

Status FaultyStore::sync() {
    if (happens(rates_.crash)) {
        throw Crash{};
    }
    if (lost_ || happens(rates_.sync_fails)) {
        lost_ = true;
        return fail(ErrorCode::OutcomeUnknown, "simulated: the disk cannot be synced");
    }
    if (plant_ == Plant::LostSync && random_.chance(1, 20)) {
        return ok();
    }
    flush(unsynced_.size());
    if (happens(rates_.crash * 4)) {
        throw Crash{};  // it is on the disk, and nobody has been told
    }
    return ok();
}

Result<std::optional<ports::CaseRow>> FaultyStore::find_case(CaseId id) {
    CS_CHECK(before_read());
    return seen_->find_case(id);
}

Result<std::vector<ports::CaseRow>> FaultyStore::find_cases(std::span<const CaseId> ids) {
    CS_CHECK(before_read());
    return seen_->find_cases(ids);
}

Result<std::vector<ports::CaseRow>> FaultyStore::search(const ports::CaseQuery& query) {
    CS_CHECK(before_read());
    return seen_->search(query);
}

Result<CaseId> FaultyStore::last_case_number(CaseId low, CaseId high) {
    CS_CHECK(before_read());
    return seen_->last_case_number(low, high);
}

Result<std::vector<CaseId>> FaultyStore::due_timers(std::int64_t now, int limit) {
    CS_CHECK(before_read());
    return seen_->due_timers(now, limit);
}

Result<std::optional<std::int64_t>> FaultyStore::next_timer() {
    CS_CHECK(before_read());
    return seen_->next_timer();
}

Status
FaultyStore::each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit) {
    CS_CHECK(before_read());
    return seen_->each_case(after, visit);
}

Result<std::optional<ports::ReportRow>> FaultyStore::find_report(ReportId id) {
    CS_CHECK(before_read());
    return seen_->find_report(id);
}

Result<std::vector<ports::ReportRow>> FaultyStore::find_reports(const ports::ReportQuery& query) {
    CS_CHECK(before_read());
    return seen_->find_reports(query);
}

Result<ReportId> FaultyStore::last_report() {
    CS_CHECK(before_read());
    return seen_->last_report();
}

Result<std::vector<ports::JournalRow>> FaultyStore::journal(Seq after, int limit) {
    CS_CHECK(before_read());
    return disk_.journal(after, limit);
}

Result<std::vector<ports::JournalRow>> FaultyStore::journal_of(CaseId id) {
    CS_CHECK(before_read());
    return seen_->journal_of(id);
}

Result<Seq> FaultyStore::head() {
    CS_CHECK(before_read());
    return seen_->head();
}

Result<Seq> FaultyStore::durable_head() {
    CS_CHECK(before_read());
    return disk_.head();
}

Result<std::vector<ports::CellRow>> FaultyStore::cells(const ports::CellQuery& query) {
    CS_CHECK(before_read());
    return seen_->cells(query);
}

Result<std::optional<ports::CellRow>> FaultyStore::cell(const ports::CellKey& key) {
    CS_CHECK(before_read());
    return seen_->cell(key);
}

Result<std::optional<ports::DocumentRow>>
FaultyStore::document(std::string_view kind, std::string_view id) {
    CS_CHECK(before_read());
    return seen_->document(kind, id);
}

Result<std::vector<ports::DocumentRow>>
FaultyStore::documents(std::string_view kind, std::string_view after, int limit) {
    CS_CHECK(before_read());
    return seen_->documents(kind, after, limit);
}

Result<std::vector<ports::IdempotencyRow>> FaultyStore::idempotency(
    std::span<const std::string> keys
) {
    CS_CHECK(before_read());
    return seen_->idempotency(keys);
}

Result<int> FaultyStore::prune_idempotency(std::int64_t before, int limit) {
    CS_CHECK(before_read());
    return write([=](memory::MemoryStore& store) { return store.prune_idempotency(before, limit); }
    );
}

Result<ports::StoreStats> FaultyStore::stats() {
    CS_CHECK(before_read());
    return seen_->stats();
}

Status FaultyStore::backup(
    const std::string& to,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    return seen_->backup(to, progress);
}

Status FaultyStore::set_bulk(bool on) {
    return seen_->set_bulk(on);
}

Status FaultyStore::dump(const ports::PartSink& show) {
    return seen_->dump(show);
}

Status FaultyStore::load(const std::function<Status(const ports::PartSink& take)>& give) {
    return seen_->load(give);
}

}  // namespace chengshu::simulation
