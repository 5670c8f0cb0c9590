#pragma once

#include "base/label.hpp"
#include "base/time.hpp"
#include "domain/city/city.hpp"
#include "domain/indicators/expression.hpp"
#include "domain/indicators/judgement.hpp"
#include "domain/indicators/period.hpp"

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
inline constexpr int kLevelMax = 4;

/// What one page of the feed has at most: asked for, or named by the data.
inline constexpr std::size_t kPageIndicatorsMax = 200;
inline constexpr std::size_t kPagePlacesMax = 10'000;
inline constexpr std::size_t kPageCellsMax = 20'000;  ///< those of compared periods included
inline constexpr int kPagePeriodsMax = 400;
inline constexpr int kPageTopMax = 1000;

/// How several values become one.
enum class Fold : std::uint8_t { Mean, Maximum, Minimum, Sum, Count };

/// "mean", "max" …; nothing for another word.
std::optional<Fold> fold(std::string_view name);

/// One value of those given, passing over what has none; none when fewer than `at_least` (and at
/// least one; a count may be 0) have a value.
std::optional<double> folded(Fold how, std::span<const std::optional<double>> values, int at_least);
/// The mean of values by their weights, passing over what lacks either; none when the weights that
/// count add up to nothing.
std::optional<double> weighted_mean(
    std::span<const std::optional<double>> values,
    std::span<const std::optional<double>> weights
);

/// Read off terminals: the mean of what one terminal's stream of the property has reported in an
/// hour (or five minutes), without readings that have one of the flags.
struct Observed {
    std::string property;    ///< code of a quantity of the city's terminals
    std::string thing_type;  ///< of the terminals that it is read off
    std::uint32_t ignore = 0;
};

/// A measure of the case loop (基础量) over whole days. Measures are indicators of their own code.
struct Counted {
    int bit = 0;      ///< of the measure in stored cells and masks
    int raw_bit = 0;  ///< of its twin that no upheld appeal changes; `bit` when there is none
};

/// Entered by a person for an area and a period, and approved by another one: no system measures
/// it.
struct Entered {
    std::vector<std::string> by;           ///< kinds of post that enter it
    std::vector<std::string> approved_by;  ///< kinds of post that approve it
    double min = 0;                        ///< no value is below
    double max = 0;                        ///< no value is above
};

/// Read off a catalogued table: its rows of the area that hold on the period's last day (时点数).
struct Tabled {
    /// What a row must have to count.
    struct Condition {
        std::size_t column = 0;           ///< of texts
        std::vector<std::string> any_of;  ///< at least one
    };

    city::DataTablePtr table;
    std::optional<std::size_t> column;  ///< of numbers; none: rows are counted
    Fold as = Fold::Sum;
    std::vector<Condition> where;

    /// The rows of the area that count on a day, by their lines.
    [[nodiscard]] std::vector<const city::TableRow*> rows(std::string_view area, Date on) const;
    /// What rows come to; none when there are none, or none of them has a number.
    [[nodiscard]] std::optional<double> value(std::span<const city::TableRow* const> of) const;
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

/// Which way is better.
enum class Better : std::uint8_t { Neither, Higher, Lower };

/// A named figure with its rule (体征指标): scenarios/*/indicators.yaml, one dated version.
struct Indicator {
    std::string code;
    Label name;
    int level = kLevelMax;  ///< 1 domain, 2 theme, 3 group, 4 item
    std::string parent;     ///< code of a group or an indicator of a lower number of level
    Label unit;
    int precision = 0;     ///< decimal places for people; what is computed on is not rounded
    bool percent = false;  ///< differences are percentage points (百分点)
    Better better = Better::Neither;
    std::string owner;  ///< department that answers for it

    Cycle period;                ///< what a value stands for unless another is asked for
    std::vector<Cycle> periods;  ///< all that can be asked for
    bool any_days = false;       ///< besides them any run of whole local days

    std::variant<Observed, Window, Roll, Computed, Which, Counted, Entered, Tabled> rule;
    /// Kinds of subjects that it is made for besides terminals: area, department, source, handler …
    std::vector<std::string> subjects{"area"};
    /// Codes of the dimensions by which an area's value can be broken down: all there are when it
    /// is made of nothing but the area's own counts.
    std::vector<std::string> dimensions;

    /// How an area's value comes of the values of its parts; none: it is computed from what the
    /// rule needs, in the area itself. Parts are its terminals when the rule leads to readings,
    /// else the areas directly below it, or those of `part_level`; an area that has none stands for
    /// itself, and so does one that has rows of its own in the table that is read.
    std::optional<Fold> areas;
    std::string weights;       ///< of a mean: the indicator that weighs each part
    std::string part_level;    ///< level of the city that the parts have
    bool things_only = false;  ///< no area has a value
    std::string thing_type;    ///< of the terminals that the rule leads to; empty: to none

    bool ranks = false;  ///< its subjects are ranked by it; the first one of a kind is the default

    std::vector<Threshold> thresholds;  ///< by colour, mildest first
    GradesPtr grades;                   ///< null: not graded

    city::Validity validity;
    std::string source;
    Label note;
    std::string path;  ///< the file it stands in
    int line = 0;

    /// Codes of what its rule is built from, each once.
    [[nodiscard]] std::vector<std::string> inputs() const;
    [[nodiscard]] bool has_period(const Cycle& cycle) const;
    /// Also for the members of its dimensions.
    [[nodiscard]] bool is_for(std::string_view subject_kind) const;
};

/// A heading that indicators stand under: no figure of its own.
struct Group {
    std::string code;
    Label name;
    int level = 1;
    std::string parent;
};

/// A figure sheet of one area for a period, e.g. the check-up report of a street (街镇体检报告).
struct Sheet {
    std::string code;
    Label name;
    std::string level;               ///< level of the city whose areas are compared
    std::string score;               ///< the indicator that they are ranked by
    std::vector<std::string> items;  ///< what is reported, in order
    Cycle period;                    ///< unless another is asked for
    std::string source;
};

/// A page of the feed that the data names (页面): which values, laid out how. Each member means
/// what the feed's parameter of the same name means.
struct NamedPage {
    std::string code;
    Label name;
    Label note;
    std::vector<std::string> indicators;
    std::vector<std::string> areas;  ///< empty: those that the reader asks for, or the city
    bool parts = false;
    std::string level;      ///< of the parts; empty: those directly below
    std::string dimension;  ///< by which areas are broken down; empty: they are not
    std::string member;     ///< of the dimension; empty: all
    std::optional<Cycle> period;
    int periods = 1;
    std::string compare;  ///< previous, last_year, both; empty: with nothing
    std::string shape = "table";
    int top = 0;  ///< of a ranking; 0: all
    std::string source;
};

/// All versions of all indicators of a city. Immutable.
class Catalogue {
public:
    Catalogue() = default;
    /// `indicators` as the reader has checked them.
    explicit Catalogue(
        std::vector<Indicator> indicators,
        std::vector<Group> groups = {},
        std::vector<Sheet> sheets = {},
        std::vector<NamedPage> pages = {}
    );

    /// In the files' order, measures last.
    [[nodiscard]] std::span<const Indicator> all() const { return indicators_; }

    [[nodiscard]] std::span<const Group> groups() const { return groups_; }

    [[nodiscard]] std::span<const Sheet> sheets() const { return sheets_; }

    [[nodiscard]] std::span<const NamedPage> pages() const { return pages_; }

    [[nodiscard]] bool has(std::string_view code) const;
    /// The version that holds on the date, or null.
    [[nodiscard]] const Indicator* find(std::string_view code, Date date) const;
    /// Any version of the code, or null: what versions share are their periods and subjects.
    [[nodiscard]] const Indicator* any(std::string_view code) const;
    /// What subjects of a kind are ranked by on the date, in the files' order.
    [[nodiscard]] std::vector<const Indicator*> rankings(std::string_view subject_kind, Date date)
        const;
    [[nodiscard]] const Sheet* sheet(std::string_view code) const;
    [[nodiscard]] const NamedPage* page(std::string_view code) const;
    [[nodiscard]] std::vector<std::string> codes() const;

private:
    std::vector<Indicator> indicators_;
    std::vector<Group> groups_;
    std::vector<Sheet> sheets_;
    std::vector<NamedPage> pages_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_code_;
};

/// What the case loop counts, for the reader: each measure becomes an indicator.
struct CaseMeasures {
    struct One {
        std::string code;
        Label name;
        Counted counted;
        std::string path;
        int line = 0;
    };

    /// What areas have cells by.
    struct Dimension {
        std::string code;
        std::vector<std::string> levels;  ///< of the areas that have
        std::vector<std::string> members;
    };

    std::vector<One> measures;
    std::vector<std::string> subjects;  ///< kinds that cells are kept for
    std::vector<Dimension> dimensions;
};

struct ParsedIndicators {
    Catalogue catalogue;  ///< empty when there is an error
    std::vector<city::Finding> findings;
};

/// Reads the indicators.yaml files among a city's definition files: each entry with the curves and
/// grades it names, codes of properties, terminals and departments, that versions of one code do
/// not overlap, that what an indicator is built from exists whenever it holds, has a period that
/// fits and is made for the same subjects, and never leads back to itself, and that the feed can
/// give each page. `flag` gives the bit of a quality flag's name, 0 for none. Never throws on bad
/// data. A draft is one more file, whose indicators, curves, grades, groups and pages take the
/// place of all that the others say of their codes.
ParsedIndicators parse_indicators(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    std::uint32_t (*flag)(std::string_view name),
    const CaseMeasures& cases = {},
    const city::DefinitionFile* draft = nullptr
);

}  // namespace chengshu::indicators
