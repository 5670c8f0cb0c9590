#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "domain/response/alert.hpp"
#include "domain/response/rule.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::response {

/// How far a plan is carried out (响应级别): IV is the lightest, I the gravest.
enum class Grade : std::uint8_t { None, IV, III, II, I };

std::string_view grade_name(Grade grade);
std::optional<Grade> grade_of(std::string_view name);

inline constexpr std::size_t kPlansMax = 500;
inline constexpr std::size_t kPlanTasksMax = 300;   ///< of a plan
inline constexpr std::size_t kObjectsMax = 20'000;  ///< of a list
inline constexpr std::size_t kTasksMax = 2'000;     ///< of one response
inline constexpr std::size_t kEntriesMax = 500;     ///< of a response's time line

/// What measures are taken at: an enterprise, a fleet, a building site, an underpass.
struct PlanObject {
    std::string code;
    Label name;
    std::string area;
    std::optional<city::Point> point;
    std::string department;       ///< who sees to it; empty: as the task says
    std::string grade;            ///< e.g. of emission performance: A, B, C, D
    double emission = 0;          ///< in the list's unit
    bool exempt = false;          ///< 民生保障: never a target
    std::map<Grade, double> cut;  ///< per cent of its emission that it saves at a grade and above
};

struct ObjectList {
    std::string code;
    Label name;
    std::string unit;
    std::string source;
    std::vector<PlanObject> objects;
};

/// Which objects of a list a task is for: not all alike, but by place, grade and emission.
struct Targets {
    std::string list;
    std::vector<std::string> grades;  ///< of the objects; empty: any
    double emission_from = 0;
    /// Of the emission of all objects in reach: the largest savers are taken until together they
    /// save so many per cent at the response's grade. Missing: all that fit.
    std::map<Grade, double> reach;
};

/// What somebody must do (任务) as long as the plan is carried out at `from` or graver.
struct PlanTask {
    std::string code;
    Label name;
    Grade from = Grade::IV;
    std::string department;  ///< empty: whom the responsibility list names for its case
    std::vector<std::string> categories;  ///< of its case: the first one valid on the day
    int limit_minutes = 0;  ///< to be done so soon after it was given; 0: the category's
    Label text;
    Label check;                     ///< what is looked at to say that it is done
    std::optional<Targets> targets;  ///< none: one task for the place of the response
    std::string resource;            ///< type of what is sent with it
    int resource_count = 0;
};

/// When the plan is carried out at a grade, and who says so.
struct PlanGrade {
    Grade grade = Grade::None;
    Level alert = Level::None;              ///< of the alerts that trigger it
    bool automatic = false;                 ///< else it is proposed, and a post confirms it
    std::vector<std::string> confirmed_by;  ///< codes of posts, or kinds of post
};

/// Something that can be sent: pump trucks, sandbags, teams.
struct Resource {
    std::string code;
    std::string type;
    Label name;
    std::string department;
    city::Point point;
    std::string phone;
};

struct Contact {
    std::string role;
    Label name;
    std::string department;
    std::string phone;
};

/// Who is on duty (值班表) on a day of the week, in local hours [from, to).
struct Duty {
    int weekday = 0;  ///< 1 Monday … 7 Sunday; 0 every day
    int from_hour = 0;
    int to_hour = 24;
    std::string post;
    Label name;
    std::string phone;
};

/// Time limits of situation reports, in minutes; 0: none is asked for.
struct ReportLimits {
    int first = 0;  ///< 初报, after the start
    int next = 0;   ///< 续报, after the one before
    int last = 0;   ///< 终报, after the end
};

/// A graded plan (预案): plans.yaml of a scenario or a city, one dated version.
struct Plan {
    std::string code;
    Label name;
    std::string source;
    city::Validity validity;
    std::vector<std::string> rules;  ///< whose alerts trigger it
    std::string case_source = "duty";
    std::vector<PlanGrade> grades;  ///< lightest first
    std::vector<PlanTask> tasks;
    ReportLimits reports;
    std::vector<Resource> resources;
    std::vector<Contact> contacts;
    std::vector<Duty> roster;
    std::string path;
    int line = 0;

    [[nodiscard]] const PlanGrade* grade(Grade wanted) const;
    /// The gravest grade that alerts of the level trigger; null: none does.
    [[nodiscard]] const PlanGrade* triggered_by(Level level) const;
};

/// In whose name warnings are issued: response.yaml of a city.
struct Issuer {
    std::string sender;         ///< of CAP: unique in the world, e.g. warnings@example.org
    std::string trade = "000";  ///< GB/T 4657
    std::string unit = "000";
    Label name;
};

class PlanBook {
public:
    PlanBook() = default;

    PlanBook(std::vector<Plan> plans, std::vector<ObjectList> lists, std::optional<Issuer> issuer)
        : plans_(std::move(plans)), lists_(std::move(lists)), issuer_(std::move(issuer)) {}

    [[nodiscard]] const std::optional<Issuer>& issuer() const { return issuer_; }

    [[nodiscard]] std::span<const Plan> all() const { return plans_; }

    [[nodiscard]] std::span<const ObjectList> lists() const { return lists_; }

    [[nodiscard]] const Plan* find(std::string_view code, Date date) const;
    [[nodiscard]] const ObjectList* list(std::string_view code) const;

private:
    std::vector<Plan> plans_;
    std::vector<ObjectList> lists_;
    std::optional<Issuer> issuer_;
};

struct ParsedPlans {
    PlanBook book;
    std::vector<city::Finding> findings;
};

/// Reads every plans.yaml and response.yaml among the definitions and checks it
/// against the city and its rules.
ParsedPlans parse_plans(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    const RuleBook& rules
);

/// The objects a task is for, at a grade, in an area: the largest savers first where a share of
/// the emission is to be reached.
std::vector<const PlanObject*> targets_of(
    const Targets& targets,
    const ObjectList& list,
    Grade grade,
    std::string_view area,
    const city::City& city
);

/// Per cent of the emission in the area that these objects save at a grade.
double saved_percent(
    std::span<const PlanObject* const> objects,
    const ObjectList& list,
    Grade grade,
    std::string_view area,
    const city::City& city
);

/// The nearest of a type that are not taken, nearest first.
std::vector<const Resource*> nearest(
    std::span<const Resource> resources,
    std::string_view type,
    city::Point to,
    int count,
    const std::set<std::string>& taken
);

/// Who is on duty at a local time.
std::vector<const Duty*> on_duty(std::span<const Duty> roster, LocalTime at);

enum class TaskState : std::uint8_t {
    Pending,  ///< its case is still to be opened
    Given,    ///< it is a case
    Refused,  ///< no case could be opened; `reason` says why
    Lifted,   ///< no longer asked for
};

struct ResponseTask {
    std::string key;   ///< task, or task/object
    std::string task;  ///< code in the plan
    std::string object;
    Grade from = Grade::None;  ///< the grade at which it was given
    TaskState state = TaskState::Pending;
    Label name;
    std::string department;
    std::string area;
    std::optional<city::Point> point;
    std::vector<std::string> resources;
    int lacks = 0;  ///< resources that were not free
    std::optional<Instant> due;
    CaseId case_id;
    std::string reason;
};

/// A report on the situation: 初报, 续报, 终报.
struct SituationReport {
    std::string kind;  ///< first, next, last
    Instant at;
    bool late = false;
    std::string by;
    std::string text;
};

struct TimelineEntry {
    Instant at;
    std::string
        what;  ///< proposed, started, upgraded, downgraded, ended, declined, report, review …
    Grade grade = Grade::None;
    std::string by;
    std::string note;
};

enum class ResponseState : std::uint8_t { Proposed, Active, Ended, Declined };

/// A plan that is being carried out (响应), for one cause.
struct Response {
    std::string id;  ///< names plan and cause: it cannot start twice
    std::string plan;
    std::string plan_from;  ///< first day of the plan's version
    Label name;
    std::string alert;  ///< id; empty: started by hand
    ResponseState state = ResponseState::Proposed;
    Grade grade = Grade::None;  ///< at which it is carried out
    Grade peak = Grade::None;
    Grade proposed = Grade::None;  ///< that waits for a confirmation; None: nothing does
    bool ending = false;           ///< its end waits for a confirmation
    bool exercise = false;
    std::string area;
    std::vector<std::string> path;
    std::optional<city::Point> point;
    Instant created;
    std::optional<Instant> started;
    std::optional<Instant> ended;
    std::map<std::string, ResponseTask> tasks;
    std::vector<SituationReport> reports;
    std::optional<Instant> report_due;  ///< of the next report
    std::string report_kind;
    bool report_late = false;  ///< its lateness has been told
    std::vector<TimelineEntry> timeline;
    std::string review;

    [[nodiscard]] bool open() const {
        return state == ResponseState::Proposed || state == ResponseState::Active;
    }
};

std::string_view state_name(ResponseState state);
std::string_view task_state_name(TaskState state);

boost::json::object to_json(const Response& value);
Result<Response> response_from_json(const boost::json::value& document);

/// What decides a response's steps besides the response itself.
struct PlanContext {
    const Plan& plan;
    const PlanBook& book;
    const city::City& city;
    Instant now;
    std::string by;  ///< account, or "system"
    /// Resources that other responses have taken.
    std::set<std::string> taken;
};

/// "<plan>.<cause>".
std::string response_id(const Plan& plan, std::string_view cause);

/// A new response: carried out at once when the grade is automatic, else proposed.
void begin(Response& response, const PlanGrade& wanted, const PlanContext& context);
/// The cause asks for another grade; None: the cause is over. Automatic where the plan says so:
/// an end is as automatic as the grade that it ends. Nothing happens when it already is so.
void follow(Response& response, const PlanGrade* wanted, const PlanContext& context);
/// A post confirms what is proposed. RuleViolation when nothing is.
Status confirm(Response& response, const PlanContext& context, const std::string& note);
/// A post declines what is proposed: a response that never started is over with it.
Status decline(Response& response, const PlanContext& context, const std::string& note);
/// A post orders a grade (upgrade, downgrade); None ends the response.
Status order(Response& response, Grade grade, const PlanContext& context, const std::string& note);
/// RuleViolation when no report of the kind is awaited.
Status report(
    Response& response,
    const std::string& kind,
    const std::string& text,
    const PlanContext& context
);
/// What was learnt; only of a response that has ended.
Status review(Response& response, const std::string& text, const PlanContext& context);
/// Marks a report that is awaited as late, once; true when it did.
bool note_late(Response& response, const PlanContext& context);
/// Whether one of its tasks waits for resources.
bool lacks_resources(const Response& response);
/// Sends what has become free to tasks that wait for it, the nearest to each; true when it did.
bool send_freed(Response& response, PlanContext context);

}  // namespace chengshu::response
