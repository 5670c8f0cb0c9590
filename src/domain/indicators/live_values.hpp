#pragma once

#include "domain/indicators/live_stamps.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace chengshu::indicators {

/// Values of indicators by place and period, with the tick they were calculated at: 12 bytes each
/// where places lie together. Bounded: what has not been asked for longest is forgotten.
class ValueTable {
public:
    struct Cell {
        double number = 0;  ///< NaN: there is no value
        Tick at = 0;
    };

    /// Which indicator, by which version, over which period: whatever numbers tell them apart.
    struct Key {
        std::uint64_t indicator = 0;
        std::int64_t from = 0;
        std::int64_t to = 0;

        friend auto operator<=>(const Key&, const Key&) = default;

        friend std::size_t hash_value(const Key& key) {
            auto out = key.indicator * 0x9e3779b97f4a7c15U;
            out = (out ^ (out >> 32U) ^ static_cast<std::uint64_t>(key.from)) * 0xbf58476d1ce4e5b9U;
            return (out ^ (out >> 29U) ^ static_cast<std::uint64_t>(key.to)) * 0x94d049bb133111ebU;
        }
    };

    explicit ValueTable(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    [[nodiscard]] std::optional<Cell> find(const Key& key, PlaceIndex place);
    void put(const Key& key, PlaceIndex place, Cell cell);
    void clear();

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kPage = 64;

    struct Page {
        std::array<double, kPage> numbers{};
        std::array<Tick, kPage> ticks{};  ///< 0: nothing is kept
    };

    struct Column {
        std::vector<std::unique_ptr<Page>> pages;
        std::uint64_t used = 0;
        std::size_t bytes = 0;
        std::size_t size = 0;
    };

    void shrink();

    const std::size_t bytes_max_;
    boost::unordered_flat_map<Key, Column> columns_;
    std::uint64_t now_ = 0;
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
};

}  // namespace chengshu::indicators
