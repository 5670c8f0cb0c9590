#include "domain/access/rate.hpp"

#include <algorithm>

namespace chengshu::access {

/// The buckets that are full again stand, most of them, at the front.
void TokenBuckets::forget(Instant now) {
    while (!order_.empty() &&
           (order_.front().full_at <= now || buckets_.size() > policy_.callers_max)) {
        buckets_.erase(order_.front().key);
        order_.pop_front();
    }
}

Duration TokenBuckets::take(std::uint64_t key, Instant now) {
    const auto found = buckets_.find(key);
    Instant full_at = now;
    if (found != buckets_.end()) {
        const auto& known = *found->second;
        // Seen from a clock that has gone back, what was taken counts from now on.
        full_at = now < known.last ? now + (known.full_at - known.last) : known.full_at;
        full_at = std::max(full_at, now);
    }
    const auto room = policy_.interval * std::max(policy_.burst, 1);
    const auto after = full_at + policy_.interval;
    const auto wait = std::max(Duration{}, after - now - room);
    if (found != buckets_.end()) {
        order_.splice(order_.end(), order_, found->second);
    } else {
        order_.push_back({key, now, now});
        buckets_.emplace(key, std::prev(order_.end()));
    }
    order_.back().full_at = wait == Duration{} ? after : full_at;
    order_.back().last = now;
    forget(now);
    return wait;
}

}  // namespace chengshu::access
