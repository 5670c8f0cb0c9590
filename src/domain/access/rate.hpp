#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace chengshu::access {

/// How often something may be done: `burst` times at once, then once in `interval`.
struct RatePolicy {
    int burst = 20;
    Duration interval = std::chrono::seconds{3};
    /// Callers known at once; one more makes the one forgotten that has been quiet the longest.
    std::size_t callers_max = 65'536;
};

/// A bucket of tokens for each caller, by a key that tells callers apart. What it knows of a caller
/// is forgotten once its bucket is full again. Not thread-safe.
class TokenBuckets {
public:
    explicit TokenBuckets(RatePolicy policy) : policy_(policy) {}

    /// Takes a token: zero. Without one: how long until there is one; nothing is taken. A clock
    /// that goes back adds no tokens and no wait beyond the policy.
    Duration take(std::uint64_t key, Instant now);

    [[nodiscard]] std::size_t callers() const { return buckets_.size(); }

private:
    struct Bucket {
        std::uint64_t key = 0;
        Instant
            full_at;   ///< when the bucket will be full again; every token taken adds an interval
        Instant last;  ///< latest time it was used
    };

    void forget(Instant now);

    RatePolicy policy_;
    std::list<Bucket> order_;  ///< used longest ago first
    std::unordered_map<std::uint64_t, std::list<Bucket>::iterator> buckets_;
};

}  // namespace chengshu::access
