#pragma once

#include "base/time.hpp"
#include "domain/indicators/definition.hpp"
#include "domain/indicators/place.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace chengshu::indicators {

/// What calculations start from. What it gives for one calculation does not change meanwhile.
class Facts {
public:
    virtual ~Facts() = default;

    /// The mean of what one terminal has reported in the hour or the five minutes; none when
    /// nothing counts.
    virtual std::optional<double>
    observed(std::int64_t thing, const Observed& what, const Period& period) = 0;
    /// Terminals of the type in the area, at any depth, ascending.
    virtual const std::vector<std::int64_t>&
    things(std::string_view area, std::string_view type) = 0;
    /// Areas of the level within an area, or without a level those directly below it; by the city's
    /// order, as they are on the period's last day.
    virtual const std::vector<std::string>&
    areas(std::string_view area, std::string_view level, const Period& period) = 0;
    /// The sum of a measure, by its bit, over the whole local days of the period, of the cases that
    /// count for the subject.
    virtual std::int64_t counted(const Place& subject, int bit, const Period& days) = 0;

    /// What has been entered for an area and approved; none by default: nothing has.
    virtual std::optional<double>
    entered(const Indicator& /*indicator*/, const Place& /*area*/, const Period& /*period*/) {
        return std::nullopt;
    }
};

struct Value {
    std::optional<double> number;
    std::vector<std::string> names;  ///< of `which`, in the rule's order
};

/// One of the values that a value has been made from.
struct Input {
    const Indicator* indicator = nullptr;
    Place place;
    Period period;
};

/// Values that outlive one calculation. What it gives must be what would be calculated now.
class Kept {
public:
    virtual ~Kept() = default;
    virtual std::optional<Value>
    find(const Indicator& indicator, const Place& place, const Period& period) = 0;
    virtual void keep(
        const Indicator& indicator,
        const Place& place,
        const Period& period,
        const Value& value
    ) = 0;
};

/// What a value is compared with: the period directly before (环比), the same one of the year
/// before (同比).
enum class Against : std::uint8_t { Previous, LastYear };

/// The period that stands beside this one. When this one is not over at `now` and the indicator is
/// made for any run of days, as much of it as there is of this one: today counts as a whole day.
Period compared_with(
    const Indicator& indicator,
    Against against,
    const Period& period,
    Instant now,
    const TimeZone& zone
);

/// A value beside that of another period.
struct Comparison {
    Period period;                 ///< the other one
    Value value;                   ///< of the other one
    std::optional<double> change;  ///< this less that; percentage points where the unit is percent
    std::optional<double> rate;    ///< change in parts of that, unless the unit is percent
};

/// `now` is a value of the indicator, `then` its value of another period.
Comparison
compare(const Indicator& indicator, const Value& now, const Value& then, const Period& period);

/// How a calculation differs from the rules in force.
struct CalculationOptions {
    std::optional<Date> rules;  ///< all by the rules of one day (what if)
    bool raw = false;           ///< as if no appeal had been upheld
    Kept* kept = nullptr;       ///< of calculations by the same rules, not raw
    /// Most values that are calculated on the way; 0: any number. Beyond it there are none.
    std::size_t values_max = 0;
};

/// Values of indicators by the rules that hold on the period's first day, or all by those of one
/// day. Remembers what it has calculated. One thread; bounded by what is asked: a value costs the
/// hours of its period times the terminals of its area, or one sum of cells for each measure below
/// it.
class Calculation {
public:
    Calculation(
        const Catalogue& catalogue,
        const TimeZone& zone,
        Facts& facts,
        CalculationOptions options
    )
        : catalogue_(catalogue), zone_(zone), facts_(facts), options_(options) {}

    Calculation(
        const Catalogue& catalogue,
        const TimeZone& zone,
        Facts& facts,
        std::optional<Date> rules = std::nullopt,
        Kept* kept = nullptr
    )
        : Calculation(catalogue, zone, facts, CalculationOptions{rules, false, kept}) {}

    /// The version of an indicator that holds for a period, or null.
    [[nodiscard]] const Indicator* rule(std::string_view code, const Period& period) const;

    const Value& value(const Indicator& indicator, const Place& place, const Period& period);
    /// By the version that holds for the period; nothing when none does.
    Value value(std::string_view code, const Place& place, const Period& period);

    /// Whether values are lacking because there would have been too many.
    [[nodiscard]] bool exhausted() const { return exhausted_; }

    /// What the value is made from, one level down, in the order it is looked at; empty for what is
    /// observed, counted, entered or read off a table: these open into readings, cases, what people
    /// have entered, and rows.
    [[nodiscard]] std::vector<Input>
    inputs(const Indicator& indicator, const Place& place, const Period& period) const;

private:
    /// Whether an area's value is made of the values of its parts.
    [[nodiscard]] bool
    by_parts(const Indicator& indicator, const Place& place, const Period& period) const;
    [[nodiscard]] std::vector<Place>
    parts(const Indicator& indicator, const Place& place, const Period& period) const;
    [[nodiscard]] Date date_of(const Period& period) const;
    void add(std::vector<Input>& out, std::string_view code, const Place& place, const Period& at)
        const;
    Value calculate(const Indicator& indicator, const Place& place, const Period& period);
    std::optional<double>
    of_parts(const Indicator& indicator, const Place& place, const Period& period);
    Value which(const Indicator& indicator, const Place& place, const Period& period);
    std::optional<double> compute(const Computed& rule, const Place& place, const Period& period);

    const Catalogue& catalogue_;
    const TimeZone& zone_;
    Facts& facts_;
    CalculationOptions options_;

    /// What an area's own rows of a table come to.
    struct OwnRows {
        bool any = false;
        std::optional<double> value;
    };

    const OwnRows& own_rows(const Tabled& rule, const Place& place, const Period& period) const;

    std::map<std::tuple<const Indicator*, Place, Period>, Value> known_;
    /// By rule, area and stretch of days: a table is read once for all days that see the same rows.
    mutable std::map<std::tuple<const Tabled*, std::string, std::size_t>, OwnRows> tabled_;
    bool exhausted_ = false;
};

}  // namespace chengshu::indicators
