#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/access/rate.hpp"

#include <mutex>
#include <string_view>

namespace chengshu::services {

/// What tells senders apart: an IPv4 address, or the first 64 bits of an IPv6 address, since one
/// household has them all. Text that is no address shares one key.
std::uint64_t sender_key(std::string_view address);

/// How often whoever has no account may report. Kept in memory only, for as long as it matters: an
/// address is never written anywhere. Shared by the interfaces; thread-safe.
class ReportLimit {
public:
    explicit ReportLimit(access::RatePolicy policy) : buckets_(policy) {}

    /// Zero when the report may come in, else how long the sender is to wait.
    Duration take(std::string_view address, Instant now);

private:
    std::mutex mutex_;
    access::TokenBuckets buckets_;
};

/// TooManyRequests; says how long to wait.
Error too_many_reports(Duration wait);
/// Whole seconds for Retry-After, at least 1.
int retry_after_s(Duration wait);

}  // namespace chengshu::services
