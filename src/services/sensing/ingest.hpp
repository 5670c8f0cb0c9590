#pragma once

#include "domain/sensing/quality.hpp"
#include "domain/sensing/update.hpp"
#include "ports/clock.hpp"
#include "ports/observation_store.hpp"
#include "services/sensing/observations.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace chengshu::services {

struct IngestLimits {
    std::size_t waiting_rows = 2'000'000;
    std::size_t waiting_bytes = 512U * 1024 * 1024;
    /// Of these, what one client may fill; 100: all.
    std::size_t client_percent = 100;
    /// Of one commit; a request that has more is a commit by itself.
    std::size_t commit_rows = 250'000;
    std::size_t commit_requests = 10'000;
};

/// What a request became.
struct Receipt {
    std::int64_t first = 0;  ///< id of the first row; the ids are consecutive
    std::int64_t count = 0;
    bool repeated = false;  ///< stored by an earlier request with the same key
    std::string note;       ///< as it was given with the request that was stored
};

/// Since the start; `waiting_*` at this moment.
struct IngestCounters {
    std::uint64_t commits = 0;
    std::uint64_t requests = 0;  ///< stored
    std::uint64_t rows = 0;      ///< stored
    std::uint64_t bytes = 0;     ///< of those rows, in memory
    std::uint64_t flagged = 0;   ///< of those, rows with a quality flag
    std::uint64_t repeated = 0;
    std::uint64_t refused = 0;    ///< because the queue was full
    std::uint64_t throttled = 0;  ///< because the client's share of it was
    std::uint64_t failed = 0;
    std::size_t waiting_requests = 0;
    std::size_t waiting_rows = 0;
    std::size_t waiting_bytes = 0;
};

/// The door for observations with a bounded queue behind it: what waits is numbered, judged by the
/// quality rules and stored in one transaction, then answered. All members may be called from any
/// thread; work() from one.
class Ingest final : public Observations {
public:
    using Taken = std::function<void(Result<Receipt>)>;
    /// The rule of a stream; null: only what needs no rule is judged. Called on the worker's
    /// thread, again some seconds later so that a changed rule counts.
    using RuleOf = std::function<std::shared_ptr<const sensing::QualityRule>(std::int64_t stream)>;
    /// Rows that have become durable, by ascending id, of one request. On the worker's thread,
    /// after the answer; must be quick.
    using Listener = std::function<void(std::span<const sensing::Observation>)>;
    /// A row that was changed; on the thread that has done it; must be quick.
    using ChangeListener = std::function<void(const sensing::Update&)>;

    Ingest(ports::ObservationStore& store, ports::Clock& clock, IngestLimits limits, RuleOf rules);
    Ingest(const Ingest&) = delete;
    Ingest& operator=(const Ingest&) = delete;

    /// As submit(), with a note of the caller that comes back with every repetition of the key.
    void take(ObservationRows rows, std::string note, Taken done);

    void submit(ObservationRows rows, Done done) override;
    Status update(const sensing::Observation& row) override;
    Status erase(std::span<const std::int64_t> ids) override;
    /// Rows of these streams that still wait are refused: NotFound.
    Status erase_streams(std::span<const std::int64_t> streams) override;

    [[nodiscard]] ports::ObservationStore& store() override { return store_; }

    /// For good: what the listener refers to outlives this object's work.
    void listen(Listener listener);
    void listen_changes(ChangeListener listener);

    /// Stores what comes, until close(); then what still waits. The worker's thread.
    void work();
    /// Stores what waits now; for callers without a thread. False when nothing waited.
    bool work_once();
    /// Refuses further requests (Overloaded) and ends work() when nothing waits any more.
    void close();

    [[nodiscard]] IngestCounters counters() const;

private:
    struct Waiting {
        ObservationRows rows;
        std::string note;
        Taken done;
        std::size_t bytes = 0;
    };

    struct Share {
        std::size_t rows = 0;
        std::size_t bytes = 0;
    };

    struct Stream {
        sensing::QualityState state;
        std::shared_ptr<const sensing::QualityRule> rule;
        std::int64_t asked_at = 0;  ///< ms
        /// The last batch with a key that had rows for it, as judged_ counted it.
        std::uint64_t keyed_batch = 0;
    };

    enum class Prepared { Ready, Answered, Waits };

    /// Why a request cannot wait; ok when it can. Needs mutex_.
    Status room_for(const Waiting& request);
    std::vector<Waiting> next_commit();
    void commit(std::vector<Waiting> requests);
    std::vector<Waiting> commit_some(std::vector<Waiting> requests);
    void commit_each(std::vector<Waiting> requests, std::vector<ports::ObservationBatch> batches);
    Result<std::vector<ports::AppendResult>> append(std::span<ports::ObservationBatch> batches);
    Prepared prepare(Waiting& request, ports::ObservationBatch& batch, std::int64_t now);
    void finish(Waiting& request, ports::ObservationBatch& batch, ports::AppendResult& result);
    void fail_all(std::span<Waiting> requests, const Error& error);
    void prune(std::int64_t now);
    Result<Stream*> stream(std::int64_t id, std::int64_t now);
    /// False when a stream also has rows of an earlier batch of this commit that may turn out to be
    /// a repetition: what is stored must be seen first.
    Result<bool> judge(ports::ObservationBatch& batch, std::int64_t now);
    /// What has been judged of these rows is not stored: look at what is.
    void forget(const ports::ObservationBatch& batch);

    ports::ObservationStore& store_;
    ports::Clock& clock_;
    const IngestLimits limits_;
    const RuleOf rules_;
    std::mutex listeners_mutex_;
    std::vector<Listener> listeners_;
    ChangeListener change_listener_;

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable arrived_;
    std::deque<Waiting> waiting_;
    std::unordered_map<std::string, Share> shares_;  ///< of clients that have something waiting
    bool closed_ = false;
    IngestCounters counters_;

    std::mutex append_mutex_;  // held while rows are stored
    std::set<std::int64_t> gone_;
    std::int64_t last_id_ = -1;  ///< not known
    boost::unordered_flat_map<std::int64_t, Stream> streams_;
    std::uint64_t judged_ = 0;        ///< batches
    std::uint64_t first_judged_ = 0;  ///< of this commit
    std::int64_t pruned_at_ = 0;      ///< of the worker's thread
};

}  // namespace chengshu::services
