#include "domain/indicators/live_values.hpp"

#include <algorithm>
#include <utility>

namespace chengshu::indicators {

std::optional<ValueTable::Cell> ValueTable::find(const Key& key, PlaceIndex place) {
    const auto found = columns_.find(key);
    if (found == columns_.end()) {
        return std::nullopt;
    }
    auto& column = found->second;
    column.used = ++now_;
    const auto page = place / kPage;
    if (page >= column.pages.size() || column.pages[page] == nullptr) {
        return std::nullopt;
    }
    const auto at = column.pages[page]->ticks[place % kPage];
    if (at == 0) {
        return std::nullopt;
    }
    return Cell{column.pages[page]->numbers[place % kPage], at};
}

void ValueTable::put(const Key& key, PlaceIndex place, Cell cell) {
    auto& column = columns_[key];
    column.used = ++now_;
    const auto before = column.bytes;
    const auto page = place / kPage;
    if (page >= column.pages.size()) {
        column.pages.resize(page + 1);
    }
    if (column.pages[page] == nullptr) {
        column.pages[page] = std::make_unique<Page>();
        column.bytes += sizeof(Page);
    }
    auto& tick = column.pages[page]->ticks[place % kPage];
    if (tick == 0) {
        ++column.size;
        ++size_;
    }
    tick = cell.at;
    column.pages[page]->numbers[place % kPage] = cell.number;
    bytes_ += column.bytes - before;
    if (bytes_ > bytes_max_) {
        shrink();
    }
}

void ValueTable::clear() {
    columns_.clear();
    bytes_ = 0;
    size_ = 0;
}

/// Down to three quarters, so that it does not happen at every value.
void ValueTable::shrink() {
    std::vector<std::pair<std::uint64_t, Key>> by_use;
    by_use.reserve(columns_.size());
    for (const auto& [key, column] : columns_) {
        by_use.emplace_back(column.used, key);
    }
    std::sort(by_use.begin(), by_use.end());
    by_use.pop_back();  // what has just been put
    for (const auto& [used, key] : by_use) {
        if (bytes_ <= bytes_max_ / 4 * 3) {
            return;
        }
        const auto found = columns_.find(key);
        bytes_ -= found->second.bytes;
        size_ -= found->second.size;
        columns_.erase(found);
    }
}

}  // namespace chengshu::indicators
