#include "services/sensing/watched_observations.hpp"

#include <utility>

namespace chengshu::services {

void WatchedObservations::follow(ReadingsFollower* follower) {
    const std::lock_guard lock(mutex_);
    follower_ = follower;
}

void WatchedObservations::failed(const Error& error) {
    if (follower_ != nullptr && error.code == ErrorCode::OutcomeUnknown) {
        follower_->doubtful();
    }
}

Result<std::vector<ports::AppendResult>> WatchedObservations::append(
    std::span<const ports::ObservationBatch> batches
) {
    const std::lock_guard lock(mutex_);
    auto done = inner_.append(batches);
    if (!done) {
        failed(done.error());
        return done;
    }
    for (std::size_t i = 0; follower_ != nullptr && i < done->size() && i < batches.size(); ++i) {
        if ((*done)[i].outcome == ports::AppendOutcome::Stored) {
            follower_->appended(batches[i].rows);
        }
    }
    return done;
}

Status WatchedObservations::update(const sensing::Observation& row) {
    const std::lock_guard lock(mutex_);
    std::optional<sensing::Observation> before;
    if (follower_ != nullptr) {
        CS_TRY(found, inner_.find(row.id));
        before = std::move(found);
    }
    const auto done = inner_.update(row);
    if (!done) {
        failed(done.error());
    } else if (before) {
        follower_->changed(*before, row);
    }
    return done;
}

Result<std::int64_t> WatchedObservations::erase(std::span<const std::int64_t> ids) {
    const std::lock_guard lock(mutex_);
    std::vector<sensing::Observation> rows;
    for (std::size_t i = 0; follower_ != nullptr && i < ids.size(); ++i) {
        CS_TRY(found, inner_.find(ids[i]));
        if (found) {
            rows.push_back(std::move(*found));
        }
    }
    auto done = inner_.erase(ids);
    if (!done) {
        failed(done.error());
    } else if (!rows.empty()) {
        follower_->erased(rows);
    }
    return done;
}

Result<std::int64_t> WatchedObservations::erase_streams(std::span<const std::int64_t> streams) {
    const std::lock_guard lock(mutex_);
    auto done = inner_.erase_streams(streams);
    if (!done) {
        failed(done.error());
    } else if (follower_ != nullptr) {
        follower_->streams_erased(streams);
    }
    return done;
}

Result<ports::RetentionResult> WatchedObservations::retain(const ports::RetentionStep& step) {
    const std::lock_guard lock(mutex_);
    auto done = inner_.retain(step);
    if (!done) {
        failed(done.error());
    } else if (follower_ != nullptr) {
        follower_->thinned(step);
    }
    return done;
}

Status WatchedObservations::load(
    const std::function<Status(const ports::ObservationSink& take)>& give
) {
    const std::lock_guard lock(mutex_);
    const auto done = inner_.load(give);
    if (follower_ != nullptr) {
        follower_->doubtful();
    }
    return done;
}

}  // namespace chengshu::services
