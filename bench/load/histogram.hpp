#pragma once

#include <array>
#include <cstdint>

namespace chengshu::load {

/// Counts durations in buckets whose width grows with the value: every quantile is exact to 0.8 %,
/// from one nanosecond to centuries, in fixed memory.
class Histogram {
public:
    void record(std::uint64_t nanoseconds);
    void merge(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }

    [[nodiscard]] std::uint64_t max() const { return max_; }

    [[nodiscard]] double mean() const;
    /// The upper end of the bucket that holds the quantile, at most max(); 0 when nothing was
    /// recorded. `q` in [0, 1].
    [[nodiscard]] std::uint64_t quantile(double q) const;

private:
    static constexpr unsigned kSubBits = 7;
    static constexpr std::uint64_t kSub = 1U << kSubBits;

    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t upper_end(std::size_t bucket);

    std::array<std::uint64_t, (64 - kSubBits + 1) * kSub> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

}  // namespace chengshu::load
