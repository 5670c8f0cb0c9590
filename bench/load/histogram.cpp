#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chengshu::load {

// Values below kSub have a bucket each; above, each power of two is cut into kSub equal buckets.
std::size_t Histogram::bucket_of(std::uint64_t value) {
    if (value < kSub) {
        return value;
    }
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return (shift + 1) * kSub + ((value >> shift) - kSub);
}

std::uint64_t Histogram::upper_end(std::size_t bucket) {
    if (bucket < kSub) {
        return bucket;
    }
    const std::size_t shift = bucket / kSub - 1;
    const std::uint64_t mantissa = kSub + bucket % kSub;
    return ((mantissa + 1) << shift) - 1;
}

void Histogram::record(std::uint64_t nanoseconds) {
    ++buckets_[bucket_of(nanoseconds)];
    ++count_;
    max_ = std::max(max_, nanoseconds);
    sum_ += static_cast<double>(nanoseconds);
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        buckets_[i] += other.buckets_[i];
    }
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
}

double Histogram::mean() const {
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::quantile(double q) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen >= rank && seen > 0) {
            return std::min(upper_end(i), max_);
        }
    }
    return max_;
}

}  // namespace chengshu::load
