#pragma once

#include "base/label.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/city/calendar.hpp"
#include "domain/city/geometry.hpp"
#include "domain/city/tables.hpp"
#include "domain/city/terminals.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// A node of the division tree (区域).
struct Area {
    std::string code;    ///< e.g. "110108011"; unique in the city
    std::string parent;  ///< empty for the city itself
    std::string level;   ///< code of a Level
    Label name;
    Validity validity;
    bool schematic = false;  ///< its boundary is drawn for demonstration, not surveyed
};

/// A level of the tree from the city downwards, e.g. city, district, street, community, grid.
struct Level {
    std::string code;
    Label name;
};

/// A body that can be given work (部门).
struct Department {
    std::string code;
    std::string parent;
    Label name;
    std::string uscc;  ///< 统一社会信用代码; check digit verified by the city check
    std::string area;  ///< area it belongs to; empty = the whole city
    Validity validity;
};

/// A post (岗位): what its holders may do (kind), for whom (department) and where (area).
struct Post {
    std::string code;
    std::string kind;  ///< collector, acceptor, shift_leader, dispatcher, handler, evaluator,
                       ///< leader, administrator, auditor
    std::string department;
    std::string area;
    Label name;
};

/// A demo account of the city folder. Real accounts are made with `chengshu account`.
struct DemoAccount {
    std::string login;
    Label name;
    std::vector<std::string> posts;
};

/// One entry of a code set. `id` = "<code_set>/<kind>/<code>", e.g. "GBT47678.5-2026/matter/06010".
struct Category {
    std::string id;
    std::string code_set;
    std::string kind;  ///< component, matter, request (city's own)
    std::string code;
    std::string parent;  ///< code of the class within the same set and kind; empty for a class
    Label name;
    Validity validity;
    bool local_extension = false;
    double duplicate_radius_m = -1;  ///< -1: the city's default
    double duplicate_window_h = -1;
};

/// Filing condition + time limit + closing condition of a category (立案标准).
struct Standard {
    std::string code;
    std::string category;  ///< Category::id
    Label condition;
    TimeLimit limit;  ///< not bounded: the data states no limit, so the case has no deadline
    Label closing;
    bool automatic = false;  ///< a report of this category alone satisfies the condition
    Validity validity;
};

/// category × area → department (权责清单 row).
struct Responsibility {
    std::string category;  ///< Category::id, or a prefix ending in '*'
    std::string area;      ///< applies to the area and everything below it
    std::string department;
    bool lead = true;  ///< false: assisting department
    int priority = 0;  ///< the highest matching priority wins; see City::owners
    std::string basis;
    Validity validity;
};

/// A piece of a city asset register (部件).
struct Component {
    std::string code;  ///< 16 digits (2013) or 17 digits (2026)
    std::string category;
    Point point;
    std::string department;  ///< owner; empty when unknown
};

/// City-wide policies; each has a default and a row in the city-folder reference.
struct Settings {
    double duplicate_radius_m = 50;
    double duplicate_window_h = 24;
    bool auto_file = true;
    bool auto_dispatch = true;
    std::string default_workflow = "standard";
    std::map<std::string, std::string>
        workflow_by_category;  ///< category id or prefix* → workflow code
    std::map<std::string, std::string>
        workflow_by_department;  ///< department code → its shorter flow (案件直派)
    std::vector<std::string>
        auto_close_sources;  ///< cases of these sources close when handled, without a check
    double verification_radius_m = 3000;
    bool public_sees_description = false;
};

/// Why a department was (not) found. Codes: "one", "none", "several".
struct Owners {
    std::vector<const Responsibility*> leads;
    std::vector<const Responsibility*> assists;
};

/// Where a point or code lies: the area codes from the city down to the deepest level that is
/// known.
struct Place {
    std::vector<std::string> path;
    std::optional<Point> point;
    std::string component;  ///< component code, when located by one
};

/// Two categories that people mix up, and how to tell them apart.
struct Confusable {
    std::string category;  ///< Category::id
    std::string other;     ///< Category::id
    Label how;
};

/// A workflow, scoring or other definition file that another domain module parses.
struct DefinitionFile {
    std::string path;
    std::string content;
};

/// A city as of one revision of its folder: immutable, shared by all threads. Rows are dated;
/// lookups take the date they are asked for. Pointers and spans stay valid as long as the City.
class City {
public:
    virtual ~City() = default;
    City() = default;
    City(const City&) = delete;
    City& operator=(const City&) = delete;
    City(City&&) = delete;
    City& operator=(City&&) = delete;

    [[nodiscard]] virtual const std::string& code() const = 0;
    [[nodiscard]] virtual const Label& name() const = 0;
    /// What people must be told about this data, e.g. that it is generated; empty when nothing.
    [[nodiscard]] virtual const Label& notice() const = 0;
    /// Six digits that begin case numbers when the district has none of its own.
    [[nodiscard]] virtual const std::string& division() const = 0;
    /// Six-digit division for case numbers in an area: the deepest ancestor whose code starts with
    /// six digits in 100000..922336, else division().
    [[nodiscard]] virtual std::string division_of(std::string_view area) const = 0;
    [[nodiscard]] virtual const Calendar& calendar() const = 0;
    [[nodiscard]] virtual const Settings& settings() const = 0;
    [[nodiscard]] virtual std::span<const Level> levels() const = 0;
    [[nodiscard]] virtual std::span<const Area> areas() const = 0;
    [[nodiscard]] virtual std::span<const Department> departments() const = 0;
    [[nodiscard]] virtual std::span<const Post> posts() const = 0;
    [[nodiscard]] virtual std::span<const DemoAccount> demo_accounts() const = 0;
    [[nodiscard]] virtual std::span<const Category> categories() const = 0;
    [[nodiscard]] virtual std::span<const Standard> standards() const = 0;
    [[nodiscard]] virtual std::span<const Responsibility> responsibilities() const = 0;
    [[nodiscard]] virtual std::span<const Component> components() const = 0;
    [[nodiscard]] virtual const Terminals& terminals() const = 0;
    /// Catalogued tables, in the files' order.
    [[nodiscard]] virtual std::span<const DataTablePtr> tables() const = 0;
    /// Files of the city's scenarios in their order; a city's own file replaces the scenario's of
    /// the same name (its path below the folder).
    [[nodiscard]] virtual std::span<const DefinitionFile> definitions() const = 0;
    /// Code sets that new cases may use on the date, the default one first.
    [[nodiscard]] virtual std::vector<std::string> code_sets(Date date) const = 0;

    /// Null when absent (or not valid on the date, where one is given).
    [[nodiscard]] virtual const Area* area(std::string_view code) const = 0;
    [[nodiscard]] virtual const Department* department(std::string_view code) const = 0;
    [[nodiscard]] virtual const Post* post(std::string_view code) const = 0;
    [[nodiscard]] virtual const Category* category(std::string_view id) const = 0;
    [[nodiscard]] virtual const Standard* standard(std::string_view code) const = 0;
    [[nodiscard]] virtual const Component* component(std::string_view code) const = 0;
    [[nodiscard]] virtual DataTablePtr table(std::string_view code) const = 0;
    [[nodiscard]] virtual std::vector<const Standard*>
    standards_of(std::string_view category_id, Date date) const = 0;
    /// Counterparts of a category in another code set (crosswalk), best first.
    [[nodiscard]] virtual std::vector<const Category*>
    crosswalk(std::string_view category_id, std::string_view to_set) const = 0;

    /// Categories that are easily taken for this one.
    [[nodiscard]] virtual std::vector<const Confusable*> confusables(std::string_view category_id
    ) const = 0;

    /// Area codes from the city down to `area`, inclusive; empty when unknown.
    [[nodiscard]] virtual std::vector<std::string> path(std::string_view area) const = 0;
    [[nodiscard]] virtual bool is_within(std::string_view area, std::string_view ancestor)
        const = 0;
    /// The path of the deepest area whose boundary contains the point. Its own parents make the
    /// path, even where the boundary of a higher level disagrees: drawn outlines differ more often
    /// than registers. Where a deeper boundary is missing or leaves a gap, the path ends at the
    /// level that is known. On a border, the same area every time. A city without boundaries
    /// answers with the city alone. OutsideCity when the city has boundaries and none contains the
    /// point; InvalidInput when it is no coordinate.
    [[nodiscard]] virtual Result<Place> locate(Point point, Date date) const = 0;
    /// Boundary of an area, or null.
    [[nodiscard]] virtual const MultiPolygon* boundary(std::string_view area) const = 0;
    /// Areas of a level whose bounding box meets the box; for map tiles.
    [[nodiscard]] virtual std::vector<const Area*> areas_in(std::string_view level, Box box)
        const = 0;
    [[nodiscard]] virtual Box extent() const = 0;

    /// Who handles a category in an area. Leads: among the rows that match the category, any area
    /// of the path and the date, those of the highest priority; among these the deepest area; among
    /// these the longest category pattern; what is left, one row per department. Assists: every
    /// matching assisting row of the highest priority among them, one per department, without the
    /// leads; none when that priority is below the leads', because such a row goes with a lead that
    /// lost.
    [[nodiscard]] virtual Owners
    owners(std::string_view category_id, std::span<const std::string> path, Date date) const = 0;
};

using CityPtr = std::shared_ptr<const City>;

/// The area of the city itself, which has no parent.
const Area& root_area(const City& city);
/// Whether any area has an outline, so that a coordinate can be placed.
bool has_outlines(const City& city);

/// A file of the city folder or of a scenario folder it uses. `path` is relative to the
/// repository's data root, e.g. "cities/beijing/areas.csv",
/// "scenarios/city-management/standards.csv".
struct CityFile {
    std::string path;
    std::string content;
};

/// Kinds of post that take part in the city's service: all but administrator and auditor.
std::span<const std::string_view> service_posts();

/// A mistake (or remark) in a city's data.
struct Finding {
    bool error = true;  ///< false: a warning
    std::string path;
    int line = 0;    ///< 1-based; 0 = the whole file
    int column = 0;  ///< 1-based; 0 = the whole line
    Label message;   ///< what is wrong and why
    Label hint;      ///< how to mend it
};

struct ParsedCity {
    CityPtr city;  ///< null when there is any error
    std::vector<Finding> findings;
};

/// Parses and checks everything. `files` may hold more than the city needs: other cities and
/// scenarios it does not name are passed over. Never throws on bad data; at most 200 findings, in
/// the order of files and lines. A file has at most 16 MiB, all together 64 MiB.
ParsedCity parse_city(std::string_view code, std::span<const CityFile> files);

}  // namespace chengshu::city
