#pragma once

#include "base/result.hpp"
#include "domain/cases/case.hpp"
#include "domain/city/city.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::cases {

struct Workflow;
struct Actor;

/// What a case's surroundings say about it; filled by decide(). Conditions of measures are
/// evaluated without it (null): they may look at the case alone.
struct Surroundings {
    const city::City* city = nullptr;
    const Workflow* workflow = nullptr;
    Instant now;
    const Actor* actor = nullptr;  ///< who wants to act
    // Asked for only by conditions that need them: both search the city's lists.
    std::function<std::string_view()> owner;     ///< "one", "none", "several" (responsibility list)
    std::function<std::string_view()> standard;  ///< "certain", "ambiguous", "none"
    bool open_children = false;
};

/// One condition of the definition language, used by workflow guards, automatic steps and measures:
///
///   [not] mark filed                  a named instant is set
///   [not] flag urgent
///   [not] clock handle running|paused|stopped|overdue|exempt|limited   limited: it has a deadline
///   count rework >= 3                 < <= == >= >
///   [not] source in collector|video
///   [not] category in GBT47678.5-2026/matter/06*|…
///   [not] state in handling|handled
///   [not] fact satisfaction in satisfied|basically_satisfied
///   [not] attached after              an attachment of the kind is there
///   [not] assigned                    a department has it
///   [not] parent                      it belongs to another case
///   [not] held                        somebody has claimed it or was given it
///  and, in workflows only:
///   owner is one|none|several         leads in the responsibility list for category, area and date
///   standard is certain|ambiguous|none
///   [not] setting auto_file|auto_dispatch|auto_close_source
///   [not] other than file             the actor is not who did that action last
///   [not] children open
///   [not] same department             the actor's department has the case
///   [not] holder                      the actor holds the case
struct Condition {
    enum class Kind {
        Mark,
        Flag,
        Clock,
        Count,
        Source,
        Category,
        State,
        Fact,
        Attached,
        Assigned,
        Parent,
        Held,
        Owner,
        Standard,
        Setting,
        OtherThan,
        ChildrenOpen,
        SameDepartment,
        Holder,
    };

    Kind kind = Kind::Mark;
    bool negated = false;
    std::string name;                 ///< mark, flag, clock, counter, fact, setting, action
    std::string what;                 ///< clock state or comparison operator
    std::vector<std::string> values;  ///< alternatives
    int number = 0;
    std::string text;  ///< as written

    /// True for the kinds that need Surroundings.
    [[nodiscard]] bool needs_surroundings() const;
};

/// InvalidInput with what is wrong and which forms exist.
Result<Condition> parse_condition(std::string_view text);

/// Every form of the language as its pattern: '…' is a name, '|' alternatives, '~' a word, '#' a
/// number; for the reference and its test.
std::vector<std::string> condition_forms();

/// `around` may be null only when !condition.needs_surroundings().
bool holds(const Condition& condition, const Case& value, const Surroundings* around);

/// "a|b*|c": equality, or prefix where an alternative ends in '*'.
bool matches_any(std::string_view text, const std::vector<std::string>& alternatives);

}  // namespace chengshu::cases
