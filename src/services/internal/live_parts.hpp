#pragma once

#include "base/time.hpp"
#include "domain/city/city.hpp"
#include "domain/indicators/live_stamps.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::services {

/// Changes of one part that are remembered while it is being read.
inline constexpr std::size_t kLateMax = 50'000;

/// A part of measures in memory, which follows the changes that come while it is being read. All
/// but the reading happens under the lock of the live indicators.
template <class Data, class Late>
struct LivePart {
    Data data;
    std::vector<Late> late;    ///< has come while it was being read
    std::int64_t last_id = 0;  ///< of the rows in it, where rows have ids
    std::uint64_t used = 0;
    std::uint32_t generation = 0;  ///< another one after each change that `data` cannot follow
    std::uint32_t readers = 0;
    bool loaded = false;

    /// What is here is no longer right.
    void drop() {
        data = {};
        late.clear();
        loaded = false;
        last_id = 0;
        ++generation;
    }

    /// A change that cannot be added now: false when nobody needs it later.
    bool wait(Late change) {
        if (readers > 0 && late.size() < kLateMax) {
            late.push_back(std::move(change));
            return true;
        }
        drop();
        return false;
    }

    [[nodiscard]] std::size_t bytes() const { return sizeof(*this) + data.bytes(); }
};

/// Parts by key.
template <class Key, class Part>
class LiveParts {
public:
    /// Null unless it is there as a whole.
    Part* loaded(const Key& key, std::uint64_t now) {
        const auto found = parts_.find(key);
        if (found == parts_.end() || !found->second->loaded) {
            return nullptr;
        }
        found->second->used = now;
        return found->second.get();
    }

    /// Null when nobody has asked for it.
    Part* find(const Key& key) {
        const auto found = parts_.find(key);
        return found == parts_.end() ? nullptr : found->second.get();
    }

    /// The generation that is going to be read.
    std::uint32_t begin(const Key& key) {
        auto& part = parts_[key];
        if (part == nullptr) {
            part = std::make_unique<Part>();
        }
        ++part->readers;
        return part->generation;
    }

    /// The part, when what was read of the generation is to be put into it.
    Part* end(const Key& key, std::uint32_t generation, bool well) {
        auto& part = *parts_.at(key);
        --part.readers;
        return well && !part.loaded && part.generation == generation ? &part : nullptr;
    }

    /// After end() and what was put into it.
    void settle(const Key& key, std::uint64_t now) {
        auto& part = *parts_.at(key);
        if (part.loaded || part.readers == 0) {
            part.late = {};
        }
        if (part.loaded) {
            part.used = now;
            bytes_ += part.bytes();
        }
    }

    template <class Which>
    void drop_if(const Which& which) {
        for (auto& [key, part] : parts_) {
            if (which(key)) {
                part->drop();
            }
        }
    }

    /// Forgets what has not been used for longest, down to three quarters of the bytes.
    void shrink(std::size_t bytes_max) {
        if (bytes_ <= bytes_max) {
            return;
        }
        std::vector<std::pair<std::uint64_t, std::size_t>> uses;
        uses.reserve(parts_.size());
        bytes_ = 0;
        for (const auto& [key, part] : parts_) {
            uses.emplace_back(part->used, part->bytes());
            bytes_ += part->bytes();
        }
        std::sort(uses.begin(), uses.end());
        std::uint64_t last = 0;
        for (std::size_t i = 0; i < uses.size() && bytes_ > bytes_max / 4 * 3; ++i) {
            last = uses[i].first;
            bytes_ -= uses[i].second;
        }
        boost::unordered::erase_if(parts_, [&](const auto& item) {
            return item.second->readers == 0 && item.second->used <= last;
        });
    }

    void clear() {
        parts_.clear();
        bytes_ = 0;
    }

    [[nodiscard]] std::size_t size() const { return parts_.size(); }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    boost::unordered_flat_map<Key, std::unique_ptr<Part>> parts_;
    std::size_t bytes_ = 0;
};

inline indicators::Day live_day(Date date) {
    return static_cast<indicators::Day>(std::chrono::sys_days(date).time_since_epoch().count());
}

inline Date live_date(indicators::Day day) {
    return Date{std::chrono::sys_days{std::chrono::days{day}}};
}

/// Local days of instants: conversions are slow, so the last ones are remembered.
class LiveDays {
public:
    void reset(const TimeZone& zone) {
        zone_ = &zone;
        known_.fill({});
    }

    indicators::Day at(std::int64_t millis);

    indicators::Day at(Instant instant) { return at(to_millis(instant)); }

    /// When the day begins, ms.
    [[nodiscard]] std::int64_t begin(indicators::Day day) const {
        return to_millis(zone_->to_instant(std::chrono::local_days{live_date(day)}));
    }

private:
    struct Known {
        std::int64_t from = 1;
        std::int64_t to = 0;
        indicators::Day day = 0;
    };

    const TimeZone* zone_ = nullptr;
    std::array<Known, 64> known_;  ///< by the day of UTC
};

/// Areas by number, in the city's order, with what lies above each.
class LiveAreas {
public:
    void reset(const city::City& city);

    /// Beyond count() when there is no such area.
    [[nodiscard]] std::uint32_t index(std::string_view code) const {
        const auto found = index_.find(std::string(code));
        return found == index_.end() ? kNone : found->second;
    }

    [[nodiscard]] std::uint32_t parent(std::uint32_t area) const { return parents_[area]; }

    [[nodiscard]] std::uint32_t count() const {
        return static_cast<std::uint32_t>(parents_.size());
    }

    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

private:
    boost::unordered_flat_map<std::string, std::uint32_t> index_;
    std::vector<std::uint32_t> parents_;  ///< itself at the top
};

}  // namespace chengshu::services
