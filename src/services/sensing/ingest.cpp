#include "services/sensing/ingest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace chengshu::services {
namespace {

constexpr std::int64_t kRuleKept = 10'000;  // ms

std::size_t bytes_of(const ObservationRows& rows) {
    auto out = rows.rows.size() * sizeof(sensing::Observation);
    for (const auto& row : rows.rows) {
        out += row.result.size() + row.extra.size();
    }
    return out;
}

std::string answer_of(const Receipt& receipt) {
    return fmt::format("{} {} {}", receipt.first, receipt.count, receipt.note);
}

/// "first count", and then maybe " note".
Result<Receipt> receipt_of(std::string_view answer) {
    Receipt out;
    const auto* const end = answer.data() + answer.size();
    const auto first = std::from_chars(answer.data(), end, out.first);
    const bool spaced = first.ec == std::errc{} && first.ptr != end && *first.ptr == ' ';
    const auto count = spaced ? std::from_chars(first.ptr + 1, end, out.count) : first;
    if (!spaced || count.ec != std::errc{} || out.count < 0) {
        return fail(ErrorCode::Internal, "the stored answer of a batch is damaged");
    }
    if (count.ptr != end) {
        out.note.assign(count.ptr + 1, end);
    }
    out.repeated = true;
    return out;
}

/// All that prepare() took away.
void give_back(ObservationRows& to, ports::ObservationBatch& batch) {
    to.key = std::move(batch.key);
    to.fingerprint = std::move(batch.fingerprint);
    to.rows = std::move(batch.rows);
    for (auto& row : to.rows) {
        row.quality = 0;
    }
}

}  // namespace

Ingest::Ingest(
    ports::ObservationStore& store,
    ports::Clock& clock,
    IngestLimits limits,
    RuleOf rules
)
    : store_(store), clock_(clock), limits_(limits), rules_(std::move(rules)) {}

void Ingest::take(ObservationRows rows, std::string note, Taken done) {
    for (auto& row : rows.rows) {
        row.id = 1;  // a row that no store takes must not fail the requests beside it
        if (auto good = sensing::check(row); !good) {
            done(Failure{std::move(good).error()});
            return;
        }
    }
    Waiting request{std::move(rows), std::move(note), std::move(done), 0};
    request.bytes = bytes_of(request.rows);
    auto room = ok();
    {
        const std::lock_guard lock(mutex_);
        room = room_for(request);
        if (room) {
            const auto count = request.rows.rows.size();
            counters_.waiting_rows += count;
            counters_.waiting_bytes += request.bytes;
            if (!request.rows.client.empty()) {
                auto& share = shares_[request.rows.client];
                share.rows += count;
                share.bytes += request.bytes;
            }
            waiting_.push_back(std::move(request));
        }
    }
    if (!room) {
        request.done(Failure{std::move(room).error()});
        return;
    }
    arrived_.notify_one();
}

Status Ingest::room_for(const Waiting& request) {
    const auto count = request.rows.rows.size();
    const auto fits = [&](std::size_t rows, std::size_t bytes, std::size_t percent) {
        return rows + count <= limits_.waiting_rows * percent / 100 &&
               bytes + request.bytes <= limits_.waiting_bytes * percent / 100;
    };
    if (closed_) {
        ++counters_.refused;
        return fail(ErrorCode::Overloaded, "the server is stopping");
    }
    // A request that is larger than all that may wait is taken when nothing else waits.
    const auto share = shares_.find(request.rows.client);
    if (limits_.client_percent < 100 && share != shares_.end() &&
        !fits(share->second.rows, share->second.bytes, limits_.client_percent)) {
        ++counters_.throttled;
        return fail(
            ErrorCode::TooManyRequests, "too much of this account waits to be stored; send slower"
        );
    }
    if (!waiting_.empty() && !fits(counters_.waiting_rows, counters_.waiting_bytes, 100)) {
        ++counters_.refused;
        return fail(ErrorCode::Overloaded, "the queue of observations is full");
    }
    return ok();
}

void Ingest::submit(ObservationRows rows, Done done) {
    take(std::move(rows), {}, [done = std::move(done)](Result<Receipt> receipt) {
        if (!receipt) {
            done(Failure{std::move(receipt).error()});
            return;
        }
        std::vector<std::int64_t> ids(static_cast<std::size_t>(receipt->count));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            ids[i] = receipt->first + static_cast<std::int64_t>(i);
        }
        done(std::move(ids));
    });
}

void Ingest::listen(Listener listener) {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.push_back(std::move(listener));
}

void Ingest::work() {
    while (true) {
        std::vector<Waiting> requests;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
            requests = next_commit();
        }
        if (requests.empty()) {
            return;
        }
        commit(std::move(requests));
    }
}

bool Ingest::work_once() {
    std::vector<Waiting> requests;
    {
        const std::lock_guard lock(mutex_);
        requests = next_commit();
    }
    if (requests.empty()) {
        return false;
    }
    commit(std::move(requests));
    return true;
}

void Ingest::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    arrived_.notify_all();
}

IngestCounters Ingest::counters() const {
    const std::lock_guard lock(mutex_);
    auto out = counters_;
    out.waiting_requests = waiting_.size();
    return out;
}

/// Needs mutex_.
std::vector<Ingest::Waiting> Ingest::next_commit() {
    std::vector<Waiting> out;
    std::size_t rows = 0;
    while (!waiting_.empty() && out.size() < limits_.commit_requests) {
        auto& next = waiting_.front();
        const auto count = next.rows.rows.size();
        if (!out.empty() && rows + count > limits_.commit_rows) {
            break;
        }
        rows += count;
        counters_.waiting_rows -= count;
        counters_.waiting_bytes -= next.bytes;
        if (const auto share = shares_.find(next.rows.client); share != shares_.end()) {
            share->second.rows -= count;
            share->second.bytes -= next.bytes;
            if (share->second.rows == 0 && share->second.bytes == 0) {
                shares_.erase(share);
            }
        }
        out.push_back(std::move(next));
        waiting_.pop_front();
    }
    return out;
}

void Ingest::fail_all(std::span<Waiting> requests, const Error& error) {
    {
        const std::lock_guard lock(mutex_);
        counters_.failed += requests.size();
    }
    for (auto& request : requests) {
        request.done(Failure{error});
    }
}

/// Numbers and judges the rows. Answered when their stream is gone or what is stored of it cannot
/// be read; as it was when it has to wait for the next commit.
Ingest::Prepared
Ingest::prepare(Waiting& request, ports::ObservationBatch& batch, std::int64_t now) {
    auto& rows = request.rows.rows;
    const auto lost =
        gone_.empty() ? rows.end() : std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
            return gone_.contains(row.stream);
        });
    if (lost != rows.end()) {
        const Error error{
            ErrorCode::NotFound, fmt::format("stream {} has been deleted", lost->stream), ""
        };
        fail_all({&request, 1}, error);
        return Prepared::Answered;
    }
    batch.key = std::move(request.rows.key);
    batch.fingerprint = std::move(request.rows.fingerprint);
    batch.at = request.rows.key_at(now);
    batch.rows = std::move(rows);
    const auto last_id = last_id_;
    const Receipt receipt{
        last_id + 1,
        static_cast<std::int64_t>(batch.rows.size()),
        false,
        batch.key.empty() ? std::string() : request.note
    };
    batch.answer = answer_of(receipt);
    for (auto& row : batch.rows) {
        row.id = ++last_id_;
    }
    const auto judged = judge(batch, now);
    if (!judged) {
        forget(batch);
        fail_all({&request, 1}, judged.error());
        return Prepared::Answered;
    }
    if (!*judged) {
        forget(batch);
        last_id_ = last_id;
        give_back(request.rows, batch);
        return Prepared::Waits;
    }
    return Prepared::Ready;
}

void Ingest::commit(std::vector<Waiting> requests) {
    while (!requests.empty()) {
        requests = commit_some(std::move(requests));
    }
}

/// As many of them as can be judged together, from the first on; gives back the others. A keyed
/// batch that the store knows already adds nothing: rows of its streams that come after it in the
/// same commit would be judged with rows that are not stored.
std::vector<Ingest::Waiting> Ingest::commit_some(std::vector<Waiting> requests) {
    std::unique_lock lock(append_mutex_);
    const auto now = to_millis(clock_.now());
    if (last_id_ < 0) {
        const auto stats = store_.stats();
        if (!stats) {
            fail_all(requests, stats.error());
            return {};
        }
        last_id_ = stats->last_id;
    }
    std::vector<ports::ObservationBatch> batches;
    batches.reserve(requests.size());
    std::vector<Waiting> going;
    going.reserve(requests.size());
    first_judged_ = judged_ + 1;
    auto next = requests.begin();
    for (auto prepared = Prepared::Ready; prepared == Prepared::Ready && next != requests.end();) {
        ports::ObservationBatch batch;
        prepared = prepare(*next, batch, now);
        if (prepared == Prepared::Ready) {
            batches.push_back(std::move(batch));
            going.push_back(std::move(*next));
        }
        // One that was answered may have made forget what those before it are judged by.
        next += prepared == Prepared::Waits ? 0 : 1;
    }
    std::vector<Waiting> others{std::move_iterator(next), std::move_iterator(requests.end())};
    if (batches.empty()) {
        return others;
    }
    auto done = append(batches);
    lock.unlock();
    if (!done) {
        const auto code = done.error().code;
        const bool one_to_blame = code == ErrorCode::InvalidInput || code == ErrorCode::Conflict;
        if (one_to_blame && going.size() > 1) {
            commit_each(std::move(going), std::move(batches));
        } else {
            fail_all(going, done.error());
        }
        return others;
    }
    {
        const std::lock_guard counting(mutex_);
        ++counters_.commits;
    }
    for (std::size_t i = 0; i < going.size(); ++i) {
        finish(going[i], batches[i], (*done)[i]);
    }
    prune(now);
    return others;
}

/// A failure is no harm: the next one prunes more.
void Ingest::prune(std::int64_t now) {
    constexpr std::int64_t kPause = 10'000;  // ms
    constexpr int kRounds = 20;
    constexpr int kLimit = 10'000;
    if (now - pruned_at_ < kPause && now >= pruned_at_) {
        return;
    }
    if (std::exchange(pruned_at_, now) == 0) {
        return;  // just begun: what an earlier run has left to do may need its keys
    }
    const auto before = now - kObservationKeysKept.count();
    for (int round = 0; round < kRounds; ++round) {
        const auto pruned = store_.prune_keys(before, kLimit);
        if (!pruned || *pruned < kLimit) {
            return;
        }
    }
}

/// One of them is refused by the store: the others must not suffer for it.
void Ingest::commit_each(
    std::vector<Waiting> requests,
    std::vector<ports::ObservationBatch> batches
) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
        std::vector<Waiting> one;
        give_back(requests[i].rows, batches[i]);
        one.push_back(std::move(requests[i]));
        commit(std::move(one));
    }
}

/// Needs append_mutex_.
Result<std::vector<ports::AppendResult>> Ingest::append(std::span<ports::ObservationBatch> batches
) {
    auto done = store_.append(batches);
    if (!done) {
        last_id_ = -1;  // what is stored now is not known
    } else if (done->size() != batches.size()) {
        done = fail(ErrorCode::Internal, "the store has answered for other batches than it got");
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (!done || (*done)[i].outcome != ports::AppendOutcome::Stored) {
            forget(batches[i]);
        }
    }
    return done;
}

void Ingest::finish(Waiting& request, ports::ObservationBatch& batch, ports::AppendResult& result) {
    if (result.outcome == ports::AppendOutcome::Mismatch) {
        const Error error{
            ErrorCode::IdempotencyMismatch,
            "this Idempotency-Key was used for other observations",
            "Idempotency-Key"
        };
        fail_all({&request, 1}, error);
        return;
    }
    const bool stored = result.outcome == ports::AppendOutcome::Stored;
    {
        const auto flagged = std::count_if(batch.rows.begin(), batch.rows.end(), [](const auto& r) {
            return r.quality != 0;
        });
        const std::lock_guard lock(mutex_);
        counters_.requests += stored ? 1 : 0;
        counters_.repeated += stored ? 0 : 1;
        counters_.rows += stored ? batch.rows.size() : 0;
        counters_.bytes += stored ? request.bytes : 0;
        counters_.flagged += stored ? static_cast<std::uint64_t>(flagged) : 0;
    }
    if (!stored) {
        request.done(receipt_of(result.answer));
        return;
    }
    auto receipt = receipt_of(batch.answer);
    if (receipt) {
        receipt->repeated = false;
        receipt->note = std::move(request.note);
    }
    request.done(std::move(receipt));
    const std::lock_guard lock(listeners_mutex_);
    for (const auto& listener : listeners_) {
        listener(batch.rows);
    }
}

Result<Ingest::Stream*> Ingest::stream(std::int64_t id, std::int64_t now) {
    const auto [found, fresh] = streams_.try_emplace(id);
    auto& out = found->second;
    if (fresh) {
        CS_TRY(summary, store_.summary(id));
        if (summary) {
            out.state = sensing::resume(*summary);
        }
    }
    if (rules_ && (fresh || now - out.asked_at > kRuleKept || now < out.asked_at)) {
        out.rule = rules_(id);
        out.asked_at = now;
    }
    return &out;
}

Result<bool> Ingest::judge(ports::ObservationBatch& batch, std::int64_t now) {
    static const sensing::QualityRule kNone;
    ++judged_;
    Stream* last = nullptr;
    std::int64_t last_stream = 0;
    for (auto& row : batch.rows) {
        if (last == nullptr || row.stream != last_stream) {
            CS_TRY(found, stream(row.stream, now));
            last = found;
            last_stream = row.stream;
            if (last->keyed_batch >= first_judged_ && last->keyed_batch != judged_) {
                return false;
            }
            if (!batch.key.empty()) {
                last->keyed_batch = judged_;
            }
        }
        row.quality = sensing::judge(last->rule ? *last->rule : kNone, last->state, row);
    }
    return true;
}

void Ingest::forget(const ports::ObservationBatch& batch) {
    for (const auto& row : batch.rows) {
        streams_.erase(row.stream);
    }
}

void Ingest::listen_changes(ChangeListener listener) {
    const std::lock_guard lock(listeners_mutex_);
    change_listener_ = std::move(listener);
}

Status Ingest::update(const sensing::Observation& row) {
    CS_TRY(before, store_.find(row.id));
    CS_CHECK(store_.update(row));
    const std::lock_guard lock(listeners_mutex_);
    if (change_listener_ && before) {
        change_listener_({row, std::move(*before)});
    }
    return ok();
}

Status Ingest::erase(std::span<const std::int64_t> ids) {
    CS_CHECK(store_.erase(ids));
    return ok();
}

Status Ingest::erase_streams(std::span<const std::int64_t> streams) {
    {
        const std::lock_guard lock(append_mutex_);
        gone_.insert(streams.begin(), streams.end());
        for (const auto id : streams) {
            streams_.erase(id);
        }
    }
    CS_CHECK(store_.erase_streams(streams));
    return ok();
}

}  // namespace chengshu::services
