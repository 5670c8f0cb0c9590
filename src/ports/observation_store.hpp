#pragma once

#include "base/result.hpp"
#include "domain/sensing/observation.hpp"
#include "domain/sensing/range.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::ports {

/// What one client sent in one request: all of it is stored or nothing.
struct ObservationBatch {
    /// Scoped by the caller ("<login>:<header value>"); empty = the batch is never recognised
    /// again.
    std::string key;
    std::string fingerprint;  ///< hash of what was sent; tells a retry from a key used twice
    std::string answer;       ///< given back when the key comes again
    std::int64_t at = 0;      ///< ms UTC; keys are pruned by it
    std::vector<sensing::Observation> rows;  ///< ids ascending; may be empty
};

enum class AppendOutcome : std::uint8_t {
    Stored,
    Repeated,  ///< the key is stored with this fingerprint: nothing was added
    Mismatch,  ///< the key is stored with another fingerprint: nothing was added
};

struct AppendResult {
    AppendOutcome outcome = AppendOutcome::Stored;
    std::string answer;  ///< Repeated: what was answered the first time

    friend bool operator==(const AppendResult&, const AppendResult&) = default;
};

/// Which observations; every condition that is set must hold.
struct ObservationQuery {
    static constexpr int kMaxLimit = 10'000;
    static constexpr std::size_t kMaxStreams = 10'000;

    std::vector<std::int64_t> streams;  ///< any of these; empty = all
    std::optional<std::int64_t> feature;
    sensing::Range<std::int64_t> id;
    sensing::Range<std::int64_t> phenomenon_from;  ///< where the phenomenon time begins
    sensing::Range<std::int64_t> phenomenon_to;    ///< where it ends; equal for an instant
    sensing::Range<std::int64_t> result_time;      ///< a bound excludes rows that have none
    sensing::Range<double> number;   ///< a bound excludes rows whose result is no number
    std::uint32_t quality_any = 0;   ///< at least one of these flags; 0 = no condition
    std::uint32_t quality_none = 0;  ///< none of these flags

    sensing::ObservationOrder order = sensing::ObservationOrder::Id;
    bool descending = false;
    std::optional<sensing::ObservationCursor> after;  ///< continue behind this row of the order
    std::int64_t offset = 0;  ///< rows to skip; costs as much as reading them, `after` does not
    int limit = 100;          ///< 1 … kMaxLimit
};

/// Makes old rows smaller. Cutoffs are rounded down to a whole hour.
struct RetentionStep {
    std::vector<std::int64_t> streams;  ///< empty = all but `except`
    std::vector<std::int64_t> except;
    /// Rows whose phenomenon_from is earlier become part of their HourlyValue.
    std::optional<std::int64_t> raw_before;
    /// … unless hours are not kept at all: then they are dropped.
    bool keep_hours = true;
    std::optional<std::int64_t> hours_before;  ///< hourly values of earlier hours are dropped
};

struct RetentionResult {
    std::int64_t rows_removed = 0;
    std::int64_t hours_written = 0;
    std::int64_t hours_removed = 0;

    friend bool operator==(const RetentionResult&, const RetentionResult&) = default;
};

enum class ExportFormat : std::uint8_t { Csv, Parquet };

struct ObservationStats {
    std::int64_t rows = 0;
    std::int64_t streams = 0;  ///< with at least one row
    std::int64_t last_id = 0;  ///< greatest id ever stored, even if erased since
    std::int64_t bytes = 0;    ///< on disk
};

/// A part of everything that a store of observations holds.
struct ObservationPart {
    std::vector<sensing::Observation> rows;  ///< ids ascending, over all parts too
    std::vector<ObservationBatch> keys;      ///< what is remembered of batches, without rows
    std::vector<sensing::HourlyValue> hours;
    std::int64_t last_id = 0;  ///< greatest id ever stored
};

/// Takes parts one after the other; a failure ends the transfer.
using ObservationSink = std::function<Status(const ObservationPart& part)>;

/// All observations. Every function may be called from any thread; changes run one after another,
/// reads see what is committed and do not wait for changes. Failures of the surroundings are
/// StorageUnavailable, except a change whose outcome cannot be known: OutcomeUnknown. A query out
/// of its limits is InvalidInput.
class ObservationStore {
public:
    virtual ~ObservationStore() = default;

    /// Stores the batches in one transaction, durable on return: rows and keys together. One result
    /// per batch, in order; a key may also repeat within the call. Ids must exceed every id ever
    /// stored and ascend over the whole call (ids of repeated batches are simply not used), else
    /// Conflict; a row that sensing::check refuses is InvalidInput; on failure nothing has changed.
    virtual Result<std::vector<AppendResult>> append(std::span<const ObservationBatch> batches) = 0;
    /// Forgets keys with `at` before this (ms); at most `limit`. Gives their number.
    virtual Result<int> prune_keys(std::int64_t before, int limit) = 0;

    virtual Result<std::optional<sensing::Observation>> find(std::int64_t id) = 0;
    /// One page, in the query's order.
    virtual Result<std::vector<sensing::Observation>> query(const ObservationQuery& query) = 0;
    /// All rows of the query in its order, one consistent picture, without holding them in memory;
    /// limit and offset are ignored. `visit` returns false to stop, and must not call the store.
    virtual Status each(
        const ObservationQuery& query,
        const std::function<bool(const sensing::Observation&)>& visit
    ) = 0;
    /// How many; order, cursor, offset and limit are ignored. Costs nothing when only streams are
    /// given.
    virtual Result<std::int64_t> count(const ObservationQuery& query) = 0;
    /// The `n` latest of each stream, by (phenomenon_from, id) descending; streams in the order
    /// given, rows of a stream beside each other. At most kMaxLimit rows can be asked for.
    virtual Result<std::vector<sensing::Observation>>
    latest(std::span<const std::int64_t> streams, int n) = 0;

    /// Costs nothing; none for a stream without rows.
    virtual Result<std::optional<sensing::StreamSummary>> summary(std::int64_t stream) = 0;
    /// Every stream that has rows, by ascending id; `visit` must not call the store.
    virtual Status each_summary(const std::function<void(const sensing::StreamSummary&)>& visit
    ) = 0;

    /// Replaces the row with this id. NotFound when there is none.
    virtual Status update(const sensing::Observation& row) = 0;
    /// Erases those that exist; gives their number. At most kMaxLimit ids.
    virtual Result<std::int64_t> erase(std::span<const std::int64_t> ids) = 0;
    /// Erases all rows and hourly values of the streams; gives the number of rows.
    virtual Result<std::int64_t> erase_streams(std::span<const std::int64_t> streams) = 0;

    virtual Result<RetentionResult> retain(const RetentionStep& step) = 0;
    /// Hourly values of a stream with `from` <= hour < `to`, ascending.
    virtual Result<std::vector<sensing::HourlyValue>>
    hours(std::int64_t stream, std::int64_t from, std::int64_t to, int limit) = 0;

    /// Writes the query's rows, in its order and without limit, to the new file `name` in the
    /// store's export folder and gives its path; `name` is letters, digits, '-', '_' and '.' only.
    /// Columns: id, stream, phenomenon_from, phenomenon_to, result_time, received_at, number,
    /// result, feature, quality, extra (times: UTC). Conflict when the file exists.
    /// UnsupportedMedia when this store cannot write the format. Nothing is left behind on failure.
    virtual Result<std::string>
    export_rows(const ObservationQuery& query, ExportFormat format, std::string_view name) = 0;

    virtual Result<ObservationStats> stats() = 0;

    /// Shows everything that is stored at one moment, in parts of bounded size, while changes go
    /// on. A failure of `show` ends it and is given back; `show` must not call the store.
    virtual Status dump(const ObservationSink& show) = 0;
    /// Fills an empty store with what `give` hands to its argument, parts as dump() shows them: all
    /// of it, durable, or nothing. Conflict when the store is not empty or ids do not ascend.
    /// Nobody else may use the store meanwhile.
    virtual Status load(const std::function<Status(const ObservationSink& take)>& give) = 0;
};

}  // namespace chengshu::ports
