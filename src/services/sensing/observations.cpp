#include "services/sensing/observations.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace chengshu::services {
namespace {

/// The ids that a batch got are consecutive: "first count".
Result<std::vector<std::int64_t>> ids_of(const std::string& answer) {
    std::int64_t first = 0;
    std::int64_t count = 0;
    const auto* const end = answer.data() + answer.size();
    const auto begin = std::from_chars(answer.data(), end, first);
    const bool spaced = begin.ec == std::errc{} && begin.ptr != end && *begin.ptr == ' ';
    if (!spaced || std::from_chars(begin.ptr + 1, end, count).ec != std::errc{} || count < 0) {
        return fail(ErrorCode::Internal, "the stored answer of a batch is damaged");
    }
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < count; ++i) {
        out.push_back(first + i);
    }
    return out;
}

}  // namespace

Result<std::vector<std::int64_t>> DirectObservations::append(ObservationRows rows) {
    const std::lock_guard lock(mutex_);
    if (last_id_ < 0) {
        CS_TRY(stats, store_.stats());
        last_id_ = stats.last_id;
    }
    const auto first = last_id_ + 1;
    const auto count = static_cast<std::int64_t>(rows.rows.size());
    for (std::int64_t i = 0; i < count; ++i) {
        rows.rows[static_cast<std::size_t>(i)].id = first + i;
    }
    ports::ObservationBatch batch;
    batch.key = std::move(rows.key);
    batch.fingerprint = std::move(rows.fingerprint);
    batch.answer = fmt::format("{} {}", first, count);
    batch.at = rows.key_at(to_millis(clock_.now()));
    batch.rows = std::move(rows.rows);
    auto done = store_.append({&batch, 1});
    if (!done) {
        last_id_ = -1;  // what is stored now is not known
        return Failure{std::move(done).error()};
    }
    const auto& result = done->front();
    switch (result.outcome) {
        case ports::AppendOutcome::Stored:
            last_id_ += count;
            return ids_of(batch.answer);
        case ports::AppendOutcome::Repeated:
            return ids_of(result.answer);
        case ports::AppendOutcome::Mismatch:
            break;
    }
    return fail(
        ErrorCode::IdempotencyMismatch,
        "this Idempotency-Key was used for other observations",
        "Idempotency-Key"
    );
}

void DirectObservations::submit(ObservationRows rows, Done done) {
    done(append(std::move(rows)));
}

Status DirectObservations::update(const sensing::Observation& row) {
    return store_.update(row);
}

Status DirectObservations::erase(std::span<const std::int64_t> ids) {
    CS_CHECK(store_.erase(ids));
    return ok();
}

Status DirectObservations::erase_streams(std::span<const std::int64_t> streams) {
    CS_CHECK(store_.erase_streams(streams));
    return ok();
}

Status Observations::erase_feature(std::int64_t feature) {
    ports::ObservationQuery query;
    query.feature = feature;
    query.limit = ports::ObservationQuery::kMaxLimit;
    while (true) {
        CS_TRY(rows, store().query(query));
        if (rows.empty()) {
            return ok();
        }
        std::vector<std::int64_t> ids;
        for (const auto& row : rows) {
            ids.push_back(row.id);
        }
        CS_CHECK(erase(ids));
    }
}

Result<std::optional<sensing::StreamSummary>> Observations::summary(std::int64_t stream) {
    return store().summary(stream);
}

}  // namespace chengshu::services
