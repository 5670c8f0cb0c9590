#include "services/internal/live_parts.hpp"

namespace chengshu::services {

indicators::Day LiveDays::at(std::int64_t millis) {
    const auto utc = std::chrono::floor<std::chrono::days>(from_millis(millis));
    auto& known =
        known_[static_cast<std::uint64_t>(utc.time_since_epoch().count()) % known_.size()];
    if (millis < known.from || millis >= known.to) {
        known.day = live_day(zone_->local_date(from_millis(millis)));
        known.from = begin(known.day);
        known.to = begin(known.day + 1);
    }
    return known.day;
}

void LiveAreas::reset(const city::City& city) {
    index_.clear();
    parents_.clear();
    for (const auto& area : city.areas()) {
        index_.emplace(area.code, static_cast<std::uint32_t>(index_.size()));
    }
    for (const auto& area : city.areas()) {
        const auto above = area.parent.empty() ? kNone : index(area.parent);
        parents_.push_back(above == kNone ? index(area.code) : above);
    }
}

}  // namespace chengshu::services
