#pragma once

#include "base/label.hpp"
#include "base/time.hpp"
#include "domain/city/city.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/definition.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::response {

/// How grave an alert is (预警级别). None: there is nothing to warn of.
enum class Level : std::uint8_t { None, Blue, Yellow, Orange, Red };

/// "none", "blue", "yellow", "orange", "red".
std::string_view level_name(Level level);
std::optional<Level> level_of(std::string_view name);

inline constexpr std::size_t kRulesMax = 2'000;
inline constexpr std::size_t kTermsMax = 32;       ///< of a rule
inline constexpr std::size_t kPartsMax = 64;       ///< of a rule's conditions together
inline constexpr int kConditionDepthMax = 8;       ///< nested all, any and not
inline constexpr int kPeriodsMax = 400;            ///< how far a condition looks back
inline constexpr std::int64_t kLooksMax = 10'000;  ///< values that one judgement may ask for

/// A name that the conditions of a rule use: an indicator, or a parameter.
struct Term {
    std::string name;
    std::string indicator;  ///< empty: a parameter
    std::string level;      ///< of the area above the place whose value is meant; empty: the place
    int ago = 0;            ///< so many periods before
    double value = 0;       ///< of a parameter, where no area has its own
    std::map<std::string, double> by_area;  ///< the deepest area of the place's path counts
};

/// A condition over a place's values, in this period and those before it.
struct Condition {
    enum class Kind : std::uint8_t { All, Any, Not, When };

    Kind kind = Kind::When;
    std::vector<Condition> parts;
    indicators::Expression when;
    /// It held in at least `times` of the last `periods`, this one included.
    int times = 1;
    int periods = 1;
};

/// Which places a rule watches.
struct Watched {
    std::string area;                   ///< one area; with `things` or `level`: only inside it
    std::string level;                  ///< every area of this level
    std::string things;                 ///< every terminal of this type
    std::optional<city::Point> center;  ///< only terminals within `radius_m` of it
    double radius_m = 0;
};

/// Whom to tell when nobody has acknowledged an alert.
struct Escalation {
    int minutes = 0;  ///< since the alert got its level
    std::string to;   ///< kind of post
    Level from = Level::Blue;
};

/// The case that an alert opens.
struct CaseOfAlert {
    std::vector<std::string> categories;  ///< the first one valid on the day
    std::string source = "iot";
    bool urgent = false;
    Level from = Level::Blue;
};

/// When to warn (预警规则): rules.yaml of a scenario or a city, one dated version.
struct Rule {
    std::string code;
    Label name;
    std::string source;
    city::Validity validity;
    indicators::Cycle every;  ///< it is judged once for each
    bool running = false;     ///< also while the period has not ended
    int wait_minutes = 10;    ///< after a period's end, until its values are there
    Watched at;
    std::vector<Term> terms;
    std::vector<std::pair<Level, Condition>> grades;  ///< gravest first
    /// Levels that stay, once reached, until theirs no longer holds; gravest first.
    std::vector<std::pair<Level, Condition>> keeps;
    std::optional<Condition> clear;  ///< without it: over when no grade holds
    int hold = 1;       ///< periods for which a lower grade must have held before it counts
    std::string merge;  ///< level of the areas in which places share one alert; empty: none do
    std::optional<CaseOfAlert> opens;
    std::vector<Escalation> escalate;  ///< ascending by minutes
    std::string event;                 ///< code of the kind of event in CAP, e.g. "11B03"
    std::string category;              ///< of CAP, e.g. "Met"
    Label text;                        ///< with {place} {level} {rule} {values}
    std::string path;                  ///< the file it stands in
    int line = 0;

    [[nodiscard]] const Condition* grade(Level level) const;
    /// Whether the version holds on the local day on which a period begins.
    [[nodiscard]] bool holds(const indicators::Period& period, const TimeZone& zone) const;
};

/// A watched place with the areas it lies in.
struct Site {
    indicators::Place place;
    Label name;
    std::vector<std::string> path;              ///< area codes from the city down
    std::map<std::string, std::string> levels;  ///< level → area of the path
    std::optional<city::Point> point;

    /// "thing/17" or "area/110108": names the place among those of one rule.
    [[nodiscard]] std::string key() const;
};

/// What rules look at: the value of an indicator at a place for one period; none when it has no
/// valid one. What it gives within one judgement does not change meanwhile.
class Values {
public:
    virtual ~Values() = default;
    virtual std::optional<double> value(
        std::string_view indicator,
        const indicators::Place& place,
        const indicators::Period& period
    ) = 0;
};

/// One of the values that a judgement looks at.
struct Asked {
    std::string indicator;
    indicators::Place place;
    indicators::Period period;

    friend auto operator<=>(const Asked&, const Asked&) = default;
};

/// Where a rule is at one place. Times are ms UTC.
struct RuleState {
    Level level = Level::None;
    std::int64_t judged = -1;   ///< begin of the newest period judged at its end; -1: none was
    std::int64_t since = 0;     ///< begin of the first period of the alert
    std::int64_t level_at = 0;  ///< begin of the period that gave it its level
    int lower = 0;              ///< periods in a row with a lower grade
    /// Which alert the place belongs to; for those who keep alerts.
    std::string group{};

    friend bool operator==(const RuleState&, const RuleState&) = default;
};

enum class Change : std::uint8_t { None, Fired, Raised, Lowered, Cleared };

/// "fired", "raised", "lowered", "cleared"; "" for none.
std::string_view change_name(Change change);

/// One of the values that decided.
struct Evidence {
    std::string name;
    std::string indicator;
    indicators::Place place;
    Instant from;
    Instant to;
    std::optional<double> value;

    friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Judgement {
    Change change = Change::None;
    Level grade = Level::None;       ///< the gravest grade that holds, whatever the state
    std::vector<Evidence> evidence;  ///< of the gravest grade, or of what cleared; each value once
};

inline constexpr std::size_t kEvidenceMax = 64;

/// Whether a condition holds at the place in the period; none when the values do not tell.
std::optional<bool> holds(
    const Rule& rule,
    const Condition& condition,
    const Site& site,
    Values& values,
    const indicators::Period& period,
    const TimeZone& zone
);

/// Everything that a judgement of the period may look at, some of it more than once.
std::vector<Asked> asked_of(
    const Rule& rule,
    const Site& site,
    const indicators::Period& period,
    const TimeZone& zone
);

/// Judges one period. Periods up to the newest that was judged at its end change nothing, so that
/// they can be given again. While a period runs (not `ended`) an alert only gets graver; one that a
/// later period has made graver is not lowered by an earlier one that ends meanwhile.
Judgement advance(
    const Rule& rule,
    RuleState& state,
    const Site& site,
    Values& values,
    const indicators::Period& period,
    const TimeZone& zone,
    bool ended
);

/// The same without what has decided: what would be said of a place that nobody watched before.
struct Judged {
    indicators::Period period;
    Level grade = Level::None;  ///< that holds in the period
    Level level = Level::None;  ///< of the alert after it
    Change change = Change::None;
    const Rule* rule = nullptr;  ///< the version that judged; null: none holds
};

/// All rules of a city.
class RuleBook {
public:
    RuleBook() = default;

    explicit RuleBook(std::vector<Rule> rules) : rules_(std::move(rules)) {}

    [[nodiscard]] std::span<const Rule> all() const { return rules_; }

    /// The version that holds on the date, or null.
    [[nodiscard]] const Rule* find(std::string_view code, Date date) const;
    [[nodiscard]] bool has(std::string_view code) const;
    /// Each code once, in the order of the files.
    [[nodiscard]] std::vector<std::string> codes() const;

private:
    std::vector<Rule> rules_;
};

/// History judged without touching anything (what if): the periods in order, by the version that
/// holds in each, or all by that of one day.
std::vector<Judged> judge_history(
    const RuleBook& book,
    std::string_view code,
    std::optional<Date> rules,
    const Site& site,
    Values& values,
    std::span<const indicators::Period> periods,
    const TimeZone& zone
);

/// How many periods before the one it judges a rule looks.
int looks_back(const Rule& rule);

struct ParsedRules {
    RuleBook book;  ///< empty when there is an error
    std::vector<city::Finding> findings;
};

/// Reads every rules.yaml among the definitions and checks it against the city and its indicators.
/// Never throws on bad data.
ParsedRules parse_rules(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    const indicators::Catalogue& catalogue
);

/// The text of an alert in one language.
std::string alert_text(
    std::string_view text,
    std::string_view place,
    std::string_view level,
    std::string_view rule,
    std::string_view values
);

}  // namespace chengshu::response
