#include "domain/indicators/live_stamps.hpp"

#include <algorithm>

namespace chengshu::indicators {

Stamps::Place& Stamps::at(PlaceIndex place) {
    if (place >= places_.size()) {
        places_.resize(std::max<std::size_t>(std::size_t{place} + 1, places_.size() * 2));
    }
    return places_[place];
}

bool Stamps::mark(PlaceIndex place, Day day, Tick now) {
    auto& item = at(place);
    item.last = now;
    auto& days = item.days;
    if (!days.empty() && days.back().day == day) {
        return std::exchange(days.back().tick, now) != now;
    }
    const auto found =
        std::lower_bound(days.begin(), days.end(), day, [](const Marked& marked, Day wanted) {
            return marked.day < wanted;
        });
    if (found != days.end() && found->day == day) {
        return std::exchange(found->tick, now) != now;
    }
    if (days.size() < kDaysKept) {
        days.insert(found, {day, now});
    } else if (found == days.begin()) {
        item.earlier = now;
    } else {
        item.earlier = std::max(item.earlier, days.front().tick);
        std::move(days.begin() + 1, found, days.begin());
        *(found - 1) = {day, now};
    }
    return true;
}

void Stamps::mark_place(PlaceIndex place, Tick now) {
    auto& item = at(place);
    item.last = now;
    item.whole = now;
}

void Stamps::mark_before(Day day, Tick now) {
    before_ = std::max(before_, day);
    before_tick_ = now;
}

Tick Stamps::latest(PlaceIndex place, Day from, Day to) const {
    const Tick general = from < before_ ? before_tick_ : 0;
    if (place >= places_.size()) {
        return general;
    }
    const auto& item = places_[place];
    if (item.last <= general) {
        return general;
    }
    Tick out = std::max(general, item.whole);
    if (item.days.empty() || from < item.days.front().day) {
        out = std::max(out, item.earlier);
    }
    for (auto marked = item.days.rbegin(); marked != item.days.rend() && marked->day >= from;
         ++marked) {
        if (marked->day <= to) {
            out = std::max(out, marked->tick);
        }
    }
    return out;
}

void Stamps::each_since(
    Tick since,
    const std::function<void(PlaceIndex place, Day from, Day to)>& visit
) const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const auto& item = places_[i];
        if (item.last <= since) {
            continue;
        }
        const auto place = static_cast<PlaceIndex>(i);
        if (item.whole > since) {
            visit(place, kFirstDay, kLastDay);
            continue;
        }
        if (item.earlier > since) {
            visit(place, kFirstDay, item.days.empty() ? kLastDay : item.days.front().day - 1);
        }
        for (const auto& marked : item.days) {
            if (marked.tick > since) {
                visit(place, marked.day, marked.day);
            }
        }
    }
}

std::size_t Stamps::bytes() const {
    std::size_t out = places_.capacity() * sizeof(Place);
    for (const auto& item : places_) {
        out += item.days.capacity() * sizeof(Marked);
    }
    return out;
}

}  // namespace chengshu::indicators
