#pragma once

#include "base/time.hpp"
#include "domain/indicators/definition.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace chengshu::indicators {

/// A stretch of local time: an hour, a day, a month, a year of the city's calendar.
struct Period {
    PeriodKind kind = PeriodKind::Hour;
    Instant from;
    Instant to;  ///< first instant that no longer belongs to it

    friend auto operator<=>(const Period&, const Period&) = default;
};

/// The period that an instant lies in.
Period period_at(PeriodKind kind, Instant at, const TimeZone& zone);
/// Those of the kind that begin in [from, to), ascending; at most `at_most`.
std::vector<Period> periods_between(
    PeriodKind kind,
    Instant from,
    Instant to,
    const TimeZone& zone,
    std::size_t at_most
);

/// Where a value is asked for: one terminal, or an area.
struct Place {
    std::int64_t thing = 0;  ///< 0: the area
    std::string area;

    friend auto operator<=>(const Place&, const Place&) = default;
};

/// What calculations start from. What it gives for one calculation does not change meanwhile.
class Facts {
public:
    virtual ~Facts() = default;

    /// The mean of what one terminal has reported in the hour; none when nothing counts.
    virtual std::optional<double>
    hourly(std::int64_t thing, const Observed& what, const Period& hour) = 0;
    /// Terminals of the type in the area, at any depth, ascending.
    virtual const std::vector<std::int64_t>&
    things(std::string_view area, std::string_view type) = 0;
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

/// Values of indicators by the rules that hold on the period's day, or all by those of one day
/// (what if). Remembers what it has calculated. One thread; bounded by what is asked: a value costs
/// the hours of its period times the terminals of its area.
class Calculation {
public:
    Calculation(
        const Catalogue& catalogue,
        const TimeZone& zone,
        Facts& facts,
        std::optional<Date> rules = std::nullopt,
        Kept* kept = nullptr
    )
        : catalogue_(catalogue), zone_(zone), facts_(facts), rules_(rules), kept_(kept) {}

    /// The version of an indicator that holds for a period, or null.
    [[nodiscard]] const Indicator* rule(std::string_view code, const Period& period) const;

    const Value& value(const Indicator& indicator, const Place& place, const Period& period);

    /// What the value is made from, one level down, in the order it is looked at; empty for what is
    /// observed: that opens into readings.
    [[nodiscard]] std::vector<Input>
    inputs(const Indicator& indicator, const Place& place, const Period& period) const;

private:
    /// Whether an area's value is made of its terminals' values.
    static bool by_things(const Indicator& indicator, const Place& place);
    [[nodiscard]] std::string_view thing_type(const Indicator& indicator, Date date) const;
    void add(std::vector<Input>& out, std::string_view code, const Place& place, const Period& at)
        const;
    Value calculate(const Indicator& indicator, const Place& place, const Period& period);
    Value which(const Indicator& indicator, const Place& place, const Period& period);
    std::optional<double> compute(const Computed& rule, const Place& place, const Period& period);

    const Catalogue& catalogue_;
    const TimeZone& zone_;
    Facts& facts_;
    std::optional<Date> rules_;
    Kept* kept_;
    std::map<std::tuple<const Indicator*, Place, Instant>, Value> known_;
};

}  // namespace chengshu::indicators
