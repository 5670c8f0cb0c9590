#include "adapters/memory/memory_observations.hpp"

#include "adapters/sql/observation_query.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::memory {
namespace {

using ports::ObservationQuery;
using sensing::Observation;

bool holds(const ObservationQuery& query, const Observation& row) {
    const auto& streams = query.streams;
    return (streams.empty() ||
            std::find(streams.begin(), streams.end(), row.stream) != streams.end()) &&
           (!query.feature || *query.feature == row.feature) && query.id.holds(row.id) &&
           query.phenomenon_from.holds(row.phenomenon_from) &&
           query.phenomenon_to.holds(row.phenomenon_to) &&
           (query.result_time.unbounded() ||
            (row.result_time && query.result_time.holds(*row.result_time))) &&
           (query.number.unbounded() || (row.number && query.number.holds(*row.number))) &&
           (query.quality_any == 0 || (row.quality & query.quality_any) != 0) &&
           (row.quality & query.quality_none) == 0;
}

void add(sensing::HourlyValue& hour, const Observation& row) {
    if (!row.number) {
        ++hour.others;
        return;
    }
    hour.min = hour.count == 0 ? *row.number : std::min(hour.min, *row.number);
    hour.max = hour.count == 0 ? *row.number : std::max(hour.max, *row.number);
    hour.sum += *row.number;
    ++hour.count;
}

bool concerns(const ports::RetentionStep& step, std::int64_t stream) {
    const auto& list = step.streams.empty() ? step.except : step.streams;
    const bool listed = std::find(list.begin(), list.end(), stream) != list.end();
    return step.streams.empty() ? !listed : listed;
}

}  // namespace

MemoryObservations::MemoryObservations(std::string export_folder)
    : export_folder_(std::move(export_folder)) {}

Result<std::vector<ports::AppendResult>> MemoryObservations::append(
    std::span<const ports::ObservationBatch> batches
) {
    const std::lock_guard lock{mutex_};
    CS_CHECK(sql::check(batches, last_id_));
    std::vector<ports::AppendResult> results;
    for (const auto& batch : batches) {
        const auto known = batch.key.empty() ? keys_.end() : keys_.find(batch.key);
        if (known != keys_.end()) {
            const bool same = known->second.fingerprint == batch.fingerprint;
            results.push_back(
                same ? ports::AppendResult{ports::AppendOutcome::Repeated, known->second.answer}
                     : ports::AppendResult{ports::AppendOutcome::Mismatch, {}}
            );
            continue;
        }
        if (!batch.key.empty()) {
            keys_[batch.key] = {batch.fingerprint, batch.answer, batch.at};
        }
        for (const auto& row : batch.rows) {
            rows_.emplace(row.id, row);
            sensing::add(summaries_[row.stream], row);
            last_id_ = row.id;
        }
        results.emplace_back();
    }
    return results;
}

Result<int> MemoryObservations::prune_keys(std::int64_t before, int limit) {
    const std::lock_guard lock{mutex_};
    int pruned = 0;
    for (auto key = keys_.begin(); key != keys_.end() && pruned < limit;) {
        const bool old = key->second.at < before;
        pruned += old ? 1 : 0;
        key = old ? keys_.erase(key) : std::next(key);
    }
    return pruned;
}

Result<std::optional<Observation>> MemoryObservations::find(std::int64_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = rows_.find(id);
    return found == rows_.end() ? std::optional<Observation>{} : found->second;
}

std::vector<Observation> MemoryObservations::matching(const ObservationQuery& query) const {
    const std::lock_guard lock{mutex_};
    std::vector<Observation> found;
    for (const auto& [id, row] : rows_) {
        if (!holds(query, row)) {
            continue;
        }
        const int place = query.after ? sensing::compare(query.order, row, *query.after) : 0;
        if (!query.after || (query.descending ? place < 0 : place > 0)) {
            found.push_back(row);
        }
    }
    std::sort(found.begin(), found.end(), [&](const auto& left, const auto& right) {
        const int place =
            sensing::compare(query.order, left, sensing::cursor_after(query.order, right));
        return query.descending ? place > 0 : place < 0;
    });
    return found;
}

Result<std::vector<Observation>> MemoryObservations::query(const ObservationQuery& query) {
    CS_CHECK(sql::check(query));
    auto found = matching(query);
    const auto total = static_cast<std::int64_t>(found.size());
    const auto from = std::min(query.offset, total);
    const auto to = from + std::min<std::int64_t>(query.limit, total - from);
    return std::vector<Observation>{found.begin() + from, found.begin() + to};
}

Status MemoryObservations::each(
    const ObservationQuery& query,
    const std::function<bool(const Observation&)>& visit
) {
    CS_CHECK(sql::check(query));
    for (const auto& row : matching(query)) {
        if (!visit(row)) {
            break;
        }
    }
    return ok();
}

Result<std::int64_t> MemoryObservations::count(const ObservationQuery& query) {
    CS_CHECK(sql::check(query));
    const std::lock_guard lock{mutex_};
    return std::count_if(rows_.begin(), rows_.end(), [&](const auto& item) {
        return holds(query, item.second);
    });
}

Result<std::vector<Observation>>
MemoryObservations::latest(std::span<const std::int64_t> streams, int n) {
    CS_CHECK(sql::check_latest(streams, n));
    std::vector<Observation> found;
    for (const auto stream : streams) {
        ObservationQuery one;
        one.streams = {stream};
        one.order = sensing::ObservationOrder::PhenomenonTime;
        one.descending = true;
        one.limit = n;
        CS_TRY(rows, query(one));
        found.insert(found.end(), rows.begin(), rows.end());
    }
    return found;
}

Result<std::optional<sensing::StreamSummary>> MemoryObservations::summary(std::int64_t stream) {
    const std::lock_guard lock{mutex_};
    const auto found = summaries_.find(stream);
    return found == summaries_.end() ? std::optional<sensing::StreamSummary>{} : found->second;
}

Status MemoryObservations::each_summary(
    const std::function<void(const sensing::StreamSummary&)>& visit
) {
    const std::lock_guard lock{mutex_};
    for (const auto& [stream, summary] : summaries_) {
        visit(summary);
    }
    return ok();
}

void MemoryObservations::recount() {
    summaries_.clear();
    for (const auto& [id, row] : rows_) {
        sensing::add(summaries_[row.stream], row);
    }
}

Status MemoryObservations::update(const Observation& row) {
    CS_CHECK(sensing::check(row));
    const std::lock_guard lock{mutex_};
    const auto found = rows_.find(row.id);
    if (found == rows_.end()) {
        return fail(ErrorCode::NotFound, fmt::format("there is no observation {}", row.id));
    }
    found->second = row;
    recount();
    return ok();
}

Result<std::int64_t> MemoryObservations::erase(std::span<const std::int64_t> ids) {
    CS_CHECK(sql::check_count(ids.size(), "ids"));
    const std::lock_guard lock{mutex_};
    std::size_t erased = 0;
    for (const auto id : ids) {
        erased += rows_.erase(id);
    }
    recount();
    return static_cast<std::int64_t>(erased);
}

Result<std::int64_t> MemoryObservations::erase_streams(std::span<const std::int64_t> streams) {
    CS_CHECK(sql::check_count(streams.size(), "streams"));
    const std::lock_guard lock{mutex_};
    const auto listed = [&](std::int64_t stream) {
        return std::find(streams.begin(), streams.end(), stream) != streams.end();
    };
    const auto erased =
        std::erase_if(rows_, [&](const auto& item) { return listed(item.second.stream); });
    std::erase_if(hours_, [&](const auto& item) { return listed(item.first.first); });
    recount();
    return static_cast<std::int64_t>(erased);
}

Result<ports::RetentionResult> MemoryObservations::retain(const ports::RetentionStep& step) {
    CS_CHECK(sql::check_count(step.streams.size() + step.except.size(), "streams"));
    const std::lock_guard lock{mutex_};
    ports::RetentionResult result;
    if (step.raw_before) {
        const auto before = sql::hour_of(*step.raw_before);
        std::map<std::pair<std::int64_t, std::int64_t>, bool> written;
        std::erase_if(rows_, [&](const auto& item) {
            const auto& row = item.second;
            if (row.phenomenon_from >= before || !concerns(step, row.stream)) {
                return false;
            }
            if (step.keep_hours) {
                const auto hour = sql::hour_of(row.phenomenon_from);
                auto& value = hours_[{row.stream, hour}];
                value.stream = row.stream;
                value.hour = hour;
                add(value, row);
                written[{row.stream, hour}] = true;
            }
            ++result.rows_removed;
            return true;
        });
        result.hours_written = static_cast<std::int64_t>(written.size());
    }
    if (step.hours_before) {
        const auto before = sql::hour_of(*step.hours_before);
        result.hours_removed =
            static_cast<std::int64_t>(std::erase_if(hours_, [&](const auto& item) {
                return item.first.second < before && concerns(step, item.first.first);
            }));
    }
    recount();
    return result;
}

Result<std::vector<sensing::HourlyValue>>
MemoryObservations::hours(std::int64_t stream, std::int64_t from, std::int64_t to, int limit) {
    const std::lock_guard lock{mutex_};
    std::vector<sensing::HourlyValue> found;
    for (auto hour = hours_.lower_bound({stream, from});
         hour != hours_.end() && hour->first.first == stream && hour->first.second < to &&
         static_cast<int>(found.size()) < limit;
         ++hour) {
        found.push_back(hour->second);
    }
    return found;
}

Result<std::string> MemoryObservations::export_rows(
    const ObservationQuery& query,
    ports::ExportFormat format,
    std::string_view name
) {
    return sql::export_csv(*this, query, format, export_folder_, name);
}

Result<ports::ObservationStats> MemoryObservations::stats() {
    const std::lock_guard lock{mutex_};
    return ports::ObservationStats{
        .rows = static_cast<std::int64_t>(rows_.size()),
        .streams = static_cast<std::int64_t>(summaries_.size()),
        .last_id = last_id_,
        .bytes = 0,
    };
}

Status MemoryObservations::dump(const ports::ObservationSink& show) {
    const std::lock_guard lock{mutex_};
    ports::ObservationPart all;
    for (const auto& [id, row] : rows_) {
        all.rows.push_back(row);
    }
    for (const auto& [key, known] : keys_) {
        all.keys.push_back({key, known.fingerprint, known.answer, known.at, {}});
    }
    for (const auto& [key, hour] : hours_) {
        all.hours.push_back(hour);
    }
    all.last_id = last_id_;
    return show(all);
}

Status MemoryObservations::load(
    const std::function<Status(const ports::ObservationSink& take)>& give
) {
    const std::lock_guard lock{mutex_};
    if (last_id_ != 0 || !keys_.empty() || !hours_.empty()) {
        return fail(ErrorCode::Conflict, "the store of observations is not empty");
    }
    std::int64_t last_row = 0;
    auto done = give([&](const ports::ObservationPart& part) -> Status {
        CS_CHECK(sql::check_rows(part.rows, last_row));
        for (const auto& row : part.rows) {
            rows_.emplace(row.id, row);
            sensing::add(summaries_[row.stream], row);
        }
        for (const auto& key : part.keys) {
            keys_[key.key] = {key.fingerprint, key.answer, key.at};
        }
        for (const auto& hour : part.hours) {
            hours_[{hour.stream, hour.hour}] = hour;
        }
        last_id_ = std::max({last_id_, part.last_id, last_row});
        return ok();
    });
    if (!done) {
        rows_.clear();
        keys_.clear();
        summaries_.clear();
        hours_.clear();
        last_id_ = 0;
    }
    return done;
}

}  // namespace chengshu::memory
