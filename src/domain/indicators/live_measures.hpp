#pragma once

#include "domain/indicators/exact_sum.hpp"
#include "domain/indicators/live_stamps.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chengshu::indicators {

/// What a terminal has reported in a stretch of time. The same whatever order it came in.
struct Reported {
    ExactSum sum;
    std::int64_t count = 0;
    double low = 0;  ///< 0 when count is 0, as high
    double high = 0;

    void add(double number);
    /// Readings that are kept as their sum only.
    void add(double total, std::int64_t numbers, double lowest, double highest);

    friend bool operator==(const Reported&, const Reported&) = default;
};

/// The readings of a stream on one day, in slots of equal length. Times are ms.
class ReportedDay {
public:
    ReportedDay() = default;

    ReportedDay(std::int64_t from, std::int64_t slot) : from_(from), slot_(slot) {}

    /// The slot that holds the time, which must not be before the day.
    Reported& at(std::int64_t time);
    /// Null when nothing has been reported in it.
    [[nodiscard]] const Reported* find(std::int64_t time) const;

    [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof(Reported); }

private:
    std::int64_t from_ = 0;
    std::int64_t slot_ = 1;
    std::vector<Reported> slots_;
};

/// The measures of one subject of the case loop in one month, by day and together.
class CountedMonth {
public:
    /// What the day holds from now on, by bit; `day` from 1.
    void set(int day, std::span<const std::int64_t> values);
    /// Over days of the month, both included.
    [[nodiscard]] std::int64_t sum(int bit, int first, int last) const;
    [[nodiscard]] std::size_t bytes() const;

private:
    static constexpr int kDays = 31;

    static std::int64_t of(const std::vector<std::int64_t>& values, int bit) {
        const auto index = static_cast<std::size_t>(bit);
        return index < values.size() ? values[index] : 0;
    }

    std::array<std::vector<std::int64_t>, kDays> days_;
    std::vector<std::int64_t> total_;
};

}  // namespace chengshu::indicators
