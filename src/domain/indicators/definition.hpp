#pragma once

#include "base/label.hpp"
#include "base/time.hpp"
#include "domain/city/city.hpp"
#include "domain/indicators/expression.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chengshu::indicators {

inline constexpr std::size_t kIndicatorsMax = 10'000;
inline constexpr int kWindowHoursMax = 31 * 24;

/// How long one value stands for. Ordered from short to long.
enum class PeriodKind : std::uint8_t { Hour, Day, Month, Year };

/// How several values become one.
enum class Fold : std::uint8_t { Mean, Maximum, Minimum, Sum, Count };

/// "hour", "mean" …; nothing for another word.
std::optional<PeriodKind> period_kind(std::string_view name);
std::string_view period_name(PeriodKind kind);
std::optional<Fold> fold(std::string_view name);

/// One value of those given, passing over what has none; none when fewer than `at_least` (and at
/// least one; a count may be 0) have a value.
std::optional<double> folded(Fold how, std::span<const std::optional<double>> values, int at_least);

/// Read off terminals: the mean of what one terminal's stream of the property has reported in an
/// hour, without readings that have one of the flags.
struct Observed {
    std::string property;    ///< code of a quantity of the city's terminals
    std::string thing_type;  ///< of the terminals that it is read off
    std::uint32_t ignore = 0;
};

/// Another indicator over the hours up to and including this one.
struct Window {
    std::string of;
    int hours = 0;
    Fold as = Fold::Mean;
    int at_least = 1;
};

/// Another indicator of a shorter period over this period.
struct Roll {
    std::string of;
    Fold as = Fold::Mean;
    int at_least = 1;
    int from_hour = 0;  ///< hours of the local day before this one are left out (hours into days)
};

/// A formula over other indicators of the same period, the same place.
struct Computed {
    Expression expression;
    std::vector<std::string> inputs;  ///< codes by index of the expression's terms
};

/// Which of several indicators has the largest value, ties included: names, not a number.
struct Which {
    struct One {
        std::string name;  ///< what is named, e.g. the code of a quantity
        std::string of;
    };

    std::vector<One> of;
    std::string when;  ///< an indicator; nobody is named unless it has a value above `above`
    double above = 0;
};

/// A named figure with its rule (体征指标): scenarios/*/indicators.yaml, one dated version.
struct Indicator {
    std::string code;
    Label name;
    Label unit;
    int precision = 0;  ///< decimal places for people; what is computed on is not rounded
    PeriodKind period = PeriodKind::Hour;
    std::variant<Observed, Window, Roll, Computed, Which> rule;
    /// How an area's value comes of its terminals' values; none: an area's value is computed from
    /// what the rule needs, in the area (formulas, and which).
    std::optional<Fold> areas;
    city::Validity validity;
    std::string source;
    Label note;
    std::string path;  ///< the file it stands in
    int line = 0;

    /// Codes of what it is built from, each once.
    [[nodiscard]] std::vector<std::string> inputs() const;
};

/// All versions of all indicators of a city. Immutable.
class Catalogue {
public:
    Catalogue() = default;
    /// `indicators` as the reader has checked them: every version after what it is built from.
    explicit Catalogue(std::vector<Indicator> indicators);

    /// In the files' order.
    [[nodiscard]] std::span<const Indicator> all() const { return indicators_; }

    [[nodiscard]] bool has(std::string_view code) const;
    /// The version that holds on the date, or null.
    [[nodiscard]] const Indicator* find(std::string_view code, Date date) const;
    [[nodiscard]] std::vector<std::string> codes() const;

private:
    std::vector<Indicator> indicators_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_code_;
};

struct ParsedIndicators {
    Catalogue catalogue;  ///< empty when there is an error
    std::vector<city::Finding> findings;
};

/// Reads the indicators.yaml files among a city's definition files: each entry with the curves it
/// names, codes of properties and terminals, that versions of one code do not overlap, that what an
/// indicator is built from exists whenever it holds, has a period that fits, and never leads back
/// to itself. `flag` gives the bit of a quality flag's name, 0 for none. Never throws on bad data.
ParsedIndicators parse_indicators(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    std::uint32_t (*flag)(std::string_view name)
);

}  // namespace chengshu::indicators
