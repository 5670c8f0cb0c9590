#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/city/calendar.hpp"
#include "domain/city/geometry.hpp"

#include <boost/json/fwd.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::cases {

/// One running deadline of a case. A case has several, named by its workflow (dispatch, handle …).
struct Clock {
    city::TimeLimit limit;  ///< not bounded: it only measures, nothing is due
    Instant started;
    std::optional<Instant> due;
    std::optional<Instant> remind;
    std::optional<Instant> stopped;
    std::optional<Instant> paused;
    Duration left{};  ///< what remained when it was paused, in the limit's own time
    bool reminded = false;
    bool overdue = false;  ///< the raw fact; an exemption never clears it
    bool exempt = false;   ///< an appeal was upheld: scores leave it out
    int extensions = 0;

    [[nodiscard]] bool running() const { return !stopped && !paused; }

    friend bool operator==(const Clock&, const Clock&) = default;
};

struct Attachment {
    std::string sha256;
    std::string media_type;
    std::int64_t size_bytes = 0;
    std::string kind;  ///< "before", "after" or "evidence"
    Instant at;
    std::string by;

    friend bool operator==(const Attachment&, const Attachment&) = default;
};

/// Accepted work (案件). Its document form (to_json) is what is stored; the journal holds the RFC
/// 7386 merge patches between successive documents, so the stored case is the fold of its entries.
struct Case {
    CaseId id;
    std::string workflow;
    std::string state;
    std::string state_before;  ///< where a suspension returns to
    // What and where.
    std::string category;  ///< city::Category::id
    std::string standard;  ///< city::Standard::code
    std::string description;
    std::string address;
    std::optional<city::Point> point;
    std::vector<std::string> path;  ///< area codes from the city down
    std::string component;
    // Where it came from.
    std::string source;
    std::string collector;  ///< login of the collector who reported it
    Instant reported_at;
    ReportId report;
    bool generated = false;  ///< made up for a demonstration; shown wherever the case is shown
    // Whose it is.
    std::string department;
    std::vector<std::string> assisting;
    std::string holder;                          ///< account that has claimed it or was given it
    std::map<std::string, std::string> done_by;  ///< action → account that did it last
    // What has happened.
    std::map<std::string, Instant>
        marks;  ///< filed, dispatched, handled, closed … as the workflow names them
    std::map<std::string, int> counters;  ///< reports, rework, returns, extensions, supervise …
    std::set<std::string> flags;
    std::map<std::string, std::string> facts;  ///< recorded answers: satisfaction, outcome …
    std::map<std::string, Clock> clocks;
    std::optional<Instant> resume_at;
    std::vector<Attachment> attachments;
    CaseId parent;
    std::vector<CaseId> children;
    std::string result;  ///< closing text for the public

    friend bool operator==(const Case&, const Case&) = default;
};

/// Facts by which whoever opens a case says whose it is, and why, instead of the responsibility
/// list.
inline constexpr std::string_view kNamedOwner = "owner";
inline constexpr std::string_view kNamedBasis = "owner_basis";

/// Coordinates of cases are kept to 1e-7 degrees (about 1 cm) and limits to 1e-9: doubles of so few
/// digits survive being written and read as JSON exactly, so a stored case equals the fold of its
/// entries to the last bit.
city::Point rounded(city::Point point);
double rounded_limit(double value);

/// The document, JSON: members at their default are left out; instants are ms UTC.
std::string to_json(const Case& value);
/// InvalidInput when a member is unknown or of the wrong type: the stored document is damaged.
Result<Case> case_from_json(const boost::json::value& document);

/// RFC 7386: what turns `before` into `after`; empty when they are equal.
boost::json::object merge_diff(const boost::json::object& before, const boost::json::object& after);
/// The merge patch, JSON, between the two documents, at the cost of what differs.
std::string changes_between(const Case& before, const Case& after);
/// RFC 7386: applies `patch` to `target`.
void merge_apply(boost::json::object& target, const boost::json::object& patch);

/// "1101082026112000001".
std::string format_case_id(CaseId id);
/// Exactly 19 digits, the first not 0. InvalidInput otherwise.
Result<CaseId> parse_case_id(std::string_view text);

/// First and last possible numbers of a division on a day. `division` is six digits,
/// 100000..922336.
struct NumberRange {
    CaseId first;
    CaseId last;
};

NumberRange numbers_of(std::string_view division, Date day);

/// The next instant at which `tick` (decide.hpp) has something to do.
std::optional<Instant> next_timer(const Case& value);

}  // namespace chengshu::cases
