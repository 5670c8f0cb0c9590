#include "domain/indicators/live_measures.hpp"

#include <algorithm>

namespace chengshu::indicators {

void Reported::add(double number) {
    low = count == 0 ? number : std::min(low, number);
    high = count == 0 ? number : std::max(high, number);
    sum.add(number);
    ++count;
}

void Reported::add(double total, std::int64_t numbers, double lowest, double highest) {
    if (numbers == 0) {
        return;
    }
    low = count == 0 ? lowest : std::min(low, lowest);
    high = count == 0 ? highest : std::max(high, highest);
    sum.add(total);
    count += numbers;
}

Reported& ReportedDay::at(std::int64_t time) {
    const auto index = static_cast<std::size_t>((time - from_) / slot_);
    if (index >= slots_.size()) {
        slots_.resize(index + 1);
    }
    return slots_[index];
}

const Reported* ReportedDay::find(std::int64_t time) const {
    const auto index = static_cast<std::size_t>((time - from_) / slot_);
    return index < slots_.size() && slots_[index].count > 0 ? &slots_[index] : nullptr;
}

void CountedMonth::set(int day, std::span<const std::int64_t> values) {
    auto& stored = days_[static_cast<std::size_t>(day - 1)];
    const auto size = std::max(stored.size(), values.size());
    stored.resize(size);
    total_.resize(std::max(total_.size(), size));
    for (std::size_t i = 0; i < size; ++i) {
        const auto next = i < values.size() ? values[i] : 0;
        total_[i] += next - stored[i];
        stored[i] = next;
    }
}

std::int64_t CountedMonth::sum(int bit, int first, int last) const {
    if (first <= 1 && last >= kDays) {
        return of(total_, bit);
    }
    std::int64_t out = 0;
    for (int day = std::max(first, 1); day <= std::min(last, kDays); ++day) {
        out += of(days_[static_cast<std::size_t>(day - 1)], bit);
    }
    return out;
}

std::size_t CountedMonth::bytes() const {
    auto out = total_.capacity();
    for (const auto& day : days_) {
        out += day.capacity();
    }
    return out * sizeof(std::int64_t);
}

}  // namespace chengshu::indicators
