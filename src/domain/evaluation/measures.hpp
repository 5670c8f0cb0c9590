#pragma once

#include "base/label.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/cases/case.hpp"
#include "domain/cases/condition.hpp"
#include "domain/city/city.hpp"
#include "domain/indicators/definition.hpp"
#include "domain/indicators/place.hpp"

#include <array>
#include <bitset>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace chengshu::evaluation {

inline constexpr int kMeasuresMax = 63;  ///< bits 0..62 of a signed 64-bit mask
inline constexpr std::size_t kAtomsMax = 128;

/// Which of its days a case is counted on: that of the report, or that of its filing or closing
/// mark.
enum class CountDay : std::uint8_t { Reported, Filed, Closed };
inline constexpr std::size_t kCountDays = 3;

/// A set of conditions that must all hold, as bits over Evaluation::atoms.
struct Test {
    std::bitset<kAtomsMax> wanted;
    std::bitset<kAtomsMax> unwanted;

    [[nodiscard]] bool holds(const std::bitset<kAtomsMax>& state) const {
        return (state & wanted) == wanted && (state & unwanted).none();
    }
};

/// A basic count (基础量). Per case it is 1 when `count_if` holds and `unless` does not hold as a
/// whole; with `sum`, the case's counter less `minus`, never below 0.
struct Measure {
    std::string code;
    Label name;
    int bit = 0;  ///< never given to another measure once used: stored cells and masks mean it
    CountDay day = CountDay::Reported;
    std::vector<std::string> count_if;  ///< as written, for people
    std::vector<std::string> unless;
    std::string sum;  ///< counter; empty: counts cases
    int minus = 0;
    int raw_bit = 0;  ///< its twin that no exemption touches; itself when there is none
    Test counted;
    Test excluded;
    bool has_exclusion = false;
    int line = 0;  ///< of Evaluation::path
};

/// Whose cells a case belongs to.
struct Subject {
    enum class From : std::uint8_t { Path, Department, Source, Collector, DoneBy };

    std::string kind;  ///< of the cells: area, department, source, collector, acceptor …
    Label name;
    From from = From::Path;
    std::vector<std::string> actions;  ///< DoneBy: whoever did one of these last
};

/// Where reports come from, by the code that a report carries.
struct Source {
    std::string code;
    Label name;
};

/// What the cases of an area are told apart by (维度): each case belongs to one member, so that the
/// counts of all members add up to the area's.
struct Dimension {
    enum class From : std::uint8_t { Source, Class };

    struct Member {
        std::string code;  ///< Source: of the source; Class: id of the category, or kNoClass
        Label name;
    };

    std::string code;
    Label name;
    From from = From::Source;
    std::vector<std::string> levels;  ///< of the city whose areas have cells, in the file's order
    std::vector<Member> members;      ///< as the data names them, in its order

    std::string kind;                       ///< of its cells, see indicators::AreaMember
    std::unordered_set<std::string> areas;  ///< those of the levels
    /// Class: the class (大类) of each category that has one; others stand for themselves.
    std::unordered_map<std::string, std::string> classes;

    [[nodiscard]] const Member* member(std::string_view member_code) const;
    /// The member that a case belongs to; empty: it has no source.
    [[nodiscard]] const std::string& member_of(const cases::Case& value) const;
    /// Class: the categories whose cases belong to the member.
    [[nodiscard]] std::vector<std::string> categories_of(const std::string& member_code) const;
};

/// The member of cases that are not classified yet.
inline constexpr const char* kNoClass = "none";

/// What is counted of cases and for whom: scenarios/*/evaluation.yaml, checked. Immutable.
struct Evaluation {
    std::string code;
    Label name;
    std::string source;
    std::string path;  ///< the file it stands in
    std::vector<Source> sources;
    std::vector<Measure> measures;  ///< in the file's order
    std::vector<Subject> subjects;
    std::vector<Dimension> dimensions;
    std::vector<std::string> funnel;                   ///< codes of measures, report to close
    std::vector<cases::Condition> atoms;               ///< distinct conditions, none negated
    std::array<std::int64_t, kCountDays> day_masks{};  ///< bits of the measures by CountDay

    [[nodiscard]] const Measure* measure(std::string_view measure_code) const;
    [[nodiscard]] const Subject* subject(std::string_view kind) const;
    [[nodiscard]] const Dimension* dimension(std::string_view dimension_code) const;
    /// Every kind that cells are kept for: of subjects, and of the members of dimensions.
    [[nodiscard]] std::vector<std::string> cell_kinds() const;
    /// UnknownCode with the nearest codes when the data lists sources and this is none of them.
    [[nodiscard]] Status check_source(std::string_view source_code) const;
    /// Its code in both languages when the data does not name it.
    [[nodiscard]] Label source_name(std::string_view source_code) const;
};

struct ParsedEvaluation {
    Evaluation evaluation;  ///< empty when there is an error
    std::vector<city::Finding> findings;
};

/// Reads the evaluation.yaml among a city's definition files, with the levels and classes of the
/// city that its dimensions name. A city without one gets a warning and
/// an evaluation that counts nothing; two are an error. Marks, counters, clocks and states are
/// checked against the workflows among the files, when there are any. Never throws on bad data.
ParsedEvaluation
parse_evaluation(std::span<const city::DefinitionFile> files, const city::City& city);

/// The measures as indicators are built from them.
indicators::CaseMeasures case_measures(const Evaluation& evaluation);

/// What one case adds to its cells.
struct Facts {
    std::int64_t mask = 0;  ///< bits whose value is not 0: what drill-down searches for
    std::array<std::int64_t, kMeasuresMax> values{};
};

/// Measures of a day that the case does not have are 0.
Facts facts_of(const cases::Case& value, const Evaluation& evaluation);

/// Local day YYYYMMDD that a case is counted on; 0 when it is not filed, or not closed.
int day_of(const cases::Case& value, CountDay day, const TimeZone& zone);

/// One statistics cell: all measures of one subject on one local day.
struct CellKey {
    std::string kind;
    std::string subject;
    int day = 0;  ///< YYYYMMDD

    friend auto operator<=>(const CellKey&, const CellKey&) = default;
};

/// Values by bit, trailing zeros left out.
using Contribution = std::pair<CellKey, std::vector<std::int64_t>>;

/// Everything that a case counts for, by key, without cells of zeros.
std::vector<Contribution>
contributions(const cases::Case& value, const Evaluation& evaluation, const TimeZone& zone);

/// A case and what it counts for.
struct Counted {
    const cases::Case& value;
    const Facts& facts;
};

/// Sums by cell what cases count for, or by how much that changes. It refers to the strings of what
/// it was given.
class CellSums {
public:
    CellSums(const Evaluation& evaluation, const TimeZone& zone)
        : evaluation_(evaluation), zone_(zone) {}

    /// `before` (null: a new case) becomes `after`. Where the counts stay as they are nothing is
    /// added, so that most steps touch few cells.
    void add(const Counted* before, const Counted& after);

    /// What has to be added to the cells, by key, without cells of zeros.
    [[nodiscard]] std::vector<Contribution> contributions() const;

private:
    /// With a member the subject is an area.
    struct Key {
        std::string_view kind;
        std::string_view subject;
        std::string_view member;
        int day = 0;

        friend bool operator==(const Key&, const Key&) = default;
    };

    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };

    /// What is added with which sign, and the days it is counted on.
    struct Part {
        const cases::Case& value;
        const Facts& facts;
        int sign = 1;
        std::array<int, kCountDays> days{};
    };

    void add_part(const cases::Case& value, const Facts& facts, int sign);
    void add_subject(const Subject& subject, const Part& part);
    void add_actors(const Subject& subject, const Part& part);
    void add_members(const Dimension& dimension, const Part& part);
    void add_account(std::string_view kind, std::string_view login, const Part& part);
    void add_cells(
        std::string_view kind,
        std::string_view subject,
        std::string_view member,
        const Part& part
    );

    const Evaluation& evaluation_;
    const TimeZone& zone_;
    std::unordered_map<Key, std::array<std::int64_t, kMeasuresMax>, KeyHash> sums_;
};

}  // namespace chengshu::evaluation
