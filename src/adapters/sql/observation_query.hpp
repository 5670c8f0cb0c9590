#pragma once

#include "ports/observation_store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chengshu::sql {

/// InvalidInput, naming the field, for a query out of its limits or whose cursor does not fit its
/// order.
Status check(const ports::ObservationQuery& query);
/// InvalidInput when a list of this many streams or ids is too long.
Status check_count(std::size_t items, std::string_view field);
/// InvalidInput unless `n` of each stream are at most kMaxLimit rows.
Status check_latest(std::span<const std::int64_t> streams, int n);
/// What is asked of rows: each can be stored, ids are above `last_id` and ascend. Moves it.
Status check_rows(std::span<const sensing::Observation> rows, std::int64_t& last_id);
/// What append() asks of its batches: rows that can be stored, ids above `last_id` and ascending.
Status check(std::span<const ports::ObservationBatch> batches, std::int64_t last_id);

struct KnownKey {
    std::string fingerprint;
    std::string answer;
};

using KnownKeys = std::unordered_map<std::string, KnownKey>;

/// What becomes of each batch, given the keys that are stored; those to be stored are listed, and
/// their keys are known to the batches behind them.
std::vector<ports::AppendResult> sort_out(
    std::span<const ports::ObservationBatch> batches,
    KnownKeys& known,
    std::vector<const ports::ObservationBatch*>& to_store
);

/// True when nothing but streams restricts the query: summaries can count it.
bool only_streams(const ports::ObservationQuery& query);
/// The start of the UTC hour that holds the time.
std::int64_t hour_of(std::int64_t time);

/// InvalidInput unless the name is letters, digits, '-', '_' and '.', not beginning with a dot.
Status check_file_name(std::string_view name);

/// Names of the store's columns in an export, in order.
inline constexpr std::string_view kExportColumns =
    "id,stream,phenomenon_from,phenomenon_to,result_time,received_at,number,result,feature,"
    "quality,extra";

/// For stores that cannot write it themselves: the query as CSV in a new file of the folder, as
/// ObservationStore::export_rows promises. UnsupportedMedia for Parquet.
Result<std::string> export_csv(
    ports::ObservationStore& store,
    const ports::ObservationQuery& query,
    ports::ExportFormat format,
    const std::string& folder,
    std::string_view name
);

/// How a condition of a query is written: the dialects differ in few things.
struct ObservationDialect {
    /// Column expressions.
    std::string phenomenon_to;
    /// A literal of a double or a text.
    std::string (*number)(double value);
    std::string (*text)(std::string_view value);
};

/// " WHERE …" or empty: all conditions of the query; the cursor too when asked for.
std::string
where_of(const ports::ObservationQuery& query, const ObservationDialect& dialect, bool with_cursor);
/// " ORDER BY …".
std::string order_of(const ports::ObservationQuery& query);

}  // namespace chengshu::sql
