#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace chengshu::indicators {

/// Counts changes of facts, from 1.
using Tick = std::uint32_t;
/// A place among those that live values are kept for: dense, from 0.
using PlaceIndex = std::uint32_t;
/// Local days since 1970.
using Day = std::int32_t;

inline constexpr Day kFirstDay = -1'000'000;
inline constexpr Day kLastDay = 4'000'000;

/// When the facts of one kind have last changed, by place and day. A value made of them is still
/// right while nothing it is made of has changed since. Remembers kDaysKept days of a place one by
/// one; a change before those counts as one of all days before them.
class Stamps {
public:
    static constexpr std::size_t kDaysKept = 48;

    /// False when it had been marked with this tick before. Ticks never go down.
    bool mark(PlaceIndex place, Day day, Tick now);
    /// All days of a place.
    void mark_place(PlaceIndex place, Tick now);
    /// All places, days before this.
    void mark_before(Day day, Tick now);

    void mark_all(Tick now) { mark_before(kLastDay, now); }

    /// The last change of a place in the days, both included; 0 when there was none.
    [[nodiscard]] Tick latest(PlaceIndex place, Day from, Day to) const;

    /// Days of places that have changed after the tick: at least those, as spans, both included.
    void each_since(
        Tick since,
        const std::function<void(PlaceIndex place, Day from, Day to)>& visit
    ) const;

    /// The last change of all places before a day, and that day.
    [[nodiscard]] std::pair<Day, Tick> general() const { return {before_, before_tick_}; }

    [[nodiscard]] std::size_t bytes() const;

private:
    struct Marked {
        Day day = 0;
        Tick tick = 0;
    };

    struct Place {
        Tick last = 0;
        Tick whole = 0;            ///< of all days
        Tick earlier = 0;          ///< of the days before those in `days`
        std::vector<Marked> days;  ///< ascending
    };

    Place& at(PlaceIndex place);

    std::vector<Place> places_;
    Day before_ = kFirstDay;  ///< all days before it have changed at before_tick_
    Tick before_tick_ = 0;
};

}  // namespace chengshu::indicators
