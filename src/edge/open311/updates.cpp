#include "edge/open311/internal/updates.hpp"

#include "base/json_text.hpp"
#include "domain/access/masking.hpp"
#include "edge/open311/internal/request_view.hpp"
#include "edge/open311/internal/window.hpp"
#include "services/case_row.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace json = boost::json;

namespace chengshu::open311 {
namespace {

constexpr std::size_t kUpdatesMax = 5000;
constexpr int kUpdatesPage = 500;
/// Entries that one answer looks at.
constexpr int kUpdatesScanMax = 50'000;
constexpr int kReportsOfCaseMax = 500;
constexpr std::size_t kIdsMax = 100;

/// A journal entry that moved a case on in a way that its reporters are told of.
struct Change {
    Seq seq;
    std::int64_t at = 0;
    CaseId case_id;
    std::string to;
    std::string status;
    std::string department;
    std::string result;
    std::string workflow;
};

bool sets(const json::object& marks, const char* name) {
    const auto* value = marks.if_contains(name);
    return value != nullptr && !value->is_null();
}

std::string
status_for(const json::object& changes, const json::object& marks, const std::string& phase) {
    if (phase == "done") {
        return sets(marks, "voided") ? "NO_FURTHER_ACTION" : "CLOSED";
    }
    if (sets(changes, "parent")) {
        return "DUPLICATE";
    }
    if (phase == "handle") {
        return sets(marks, "accepted") ? "IN_PROGRESS" : "ACTION_SCHEDULED";
    }
    if (phase == "check") {
        return "IN_PROGRESS";
    }
    if (phase == "suspended") {
        return "ACTION_SCHEDULED";
    }
    return phase == "dispatch" && sets(marks, "filed") ? "INVESTIGATING" : "OPEN";
}

/// Steps between phases, and those that are marked as milestones; what goes on within a phase is
/// nobody else's.
std::optional<Change> change_in(
    const services::Definitions& definitions,
    const ports::JournalRow& row,
    const std::string& workflow
) {
    boost::system::error_code error;
    const auto parsed = json::parse(row.body, error);
    if (error || !parsed.is_object() || !row.case_id) {
        return std::nullopt;
    }
    const auto& body = parsed.get_object();
    const auto from = text_of(body, "from");
    const auto to = text_of(body, "to");
    const auto* changed = body.if_contains("changes");
    if (from.empty() || from == to || changed == nullptr || !changed->is_object()) {
        return std::nullopt;
    }
    const auto& changes = changed->get_object();
    const auto own = text_of(changes, "workflow");
    const auto* before = find_state(definitions, workflow, from);
    const auto* after = find_state(definitions, own.empty() ? workflow : own, to);
    if (before == nullptr || after == nullptr) {
        return std::nullopt;
    }
    const auto* marked = changes.if_contains("marks");
    const auto marks =
        marked != nullptr && marked->is_object() ? marked->get_object() : json::object();
    const bool milestone =
        sets(marks, "accepted") || sets(marks, "dispatched") || sets(marks, "filed");
    if (before->phase == after->phase && !milestone) {
        return std::nullopt;
    }
    return Change{
        row.seq,
        row.at,
        row.case_id,
        to,
        status_for(changes, marks, after->phase),
        text_of(changes, "department"),
        text_of(changes, "result"),
        own.empty() ? workflow : own
    };
}

std::string words_of(const Call& call, const Change& change, const cases::Case& value) {
    const auto* state = find_state(call.definitions(), change.workflow, change.to);
    auto out = state == nullptr ? change.to : state->name.of(call.language);
    if (!change.department.empty()) {
        const auto* department = call.city().department(change.department);
        const auto& name =
            department == nullptr ? change.department : department->name.of(call.language);
        out += call.language == "zh" ? fmt::format("（{}）", name) : fmt::format(" ({})", name);
    }
    const bool final = state != nullptr && state->done() && value.state == change.to;
    const auto& result = change.result.empty() && final ? value.result : change.result;
    if (!result.empty()) {
        out += call.say("：", ": ") + access::mask_text(result);
    }
    return out;
}

class Updates {
public:
    Updates(const Call& call, Page page) : call_(call), page_(page) {}

    /// Entries of the window, oldest first.
    Status in_window(Window window) {
        auto& store = call_.ports.store;
        CS_TRY(head, store.durable_head());
        CS_TRY(
            first,
            first_since(
                head.value,
                window.from,
                [&](std::int64_t seq) -> Result<std::optional<std::int64_t>> {
                    CS_TRY(rows, store.journal(Seq{seq - 1}, 1));
                    return rows.empty() ? std::nullopt : std::optional(rows.front().at);
                }
            )
        );
        Seq after{first - 1};
        for (int looked_at = 0; !full() && looked_at < kUpdatesScanMax;) {
            CS_TRY(rows, store.journal(after, kUpdatesPage));
            CS_CHECK(add(rows, window));
            looked_at += kUpdatesPage;
            if (rows.size() < static_cast<std::size_t>(kUpdatesPage) ||
                rows.back().at >= window.to) {
                return ok();
            }
            after = rows.back().seq;
            stopped_at_ = rows.back().at;
        }
        more_ = true;
        return ok();
    }

    /// Entries of some requests alone.
    Status of_requests(const std::vector<std::string>& ids, Window window) {
        for (const auto& id : ids) {
            auto report = find_report(call_.ports.store, id);
            if (!report && report.error().code == ErrorCode::NotFound && ids.size() > 1) {
                continue;
            }
            if (!report) {
                return Failure{report.error()};
            }
            only_.insert(report->id);
            wanted_.insert(report->case_id);
        }
        for (const auto id : wanted_) {
            CS_TRY(rows, call_.ports.store.journal_of(id));
            CS_CHECK(add(rows, window));
        }
        return ok();
    }

    Document take() {
        Document out{list("service_request_updates", std::move(items_)), {}};
        if (more_) {
            out.headers.set("X-Next-Start-Date", w3c(from_millis(stopped_at_)));
        }
        return out;
    }

private:
    struct Known {
        cases::Case value;
        std::vector<ports::ReportRow> reports;  ///< newest first
    };

    [[nodiscard]] bool full() const { return items_.size() >= page_.size; }

    Status load(const std::vector<ports::JournalRow>& rows) {
        std::set<CaseId> wanted;
        for (const auto& row : rows) {
            if (row.case_id && !known_.contains(row.case_id)) {
                wanted.insert(row.case_id);
            }
        }
        const std::vector<CaseId> ids(wanted.begin(), wanted.end());
        CS_TRY(found, call_.ports.store.find_cases(ids));
        for (const auto& row : found) {
            CS_TRY(value, services::from_row(row));
            known_.emplace(row.id, Known{std::move(value), {}});
        }
        return ok();
    }

    Status add(const std::vector<ports::JournalRow>& rows, Window window) {
        CS_CHECK(load(rows));
        for (const auto& row : rows) {
            const auto found = known_.find(row.case_id);
            if (row.at < window.from || row.at >= window.to || found == known_.end() || full()) {
                continue;
            }
            const auto change = change_in(call_.definitions(), row, found->second.value.workflow);
            if (change) {
                stopped_at_ = row.at;
                CS_CHECK(add(*change, found->second));
            }
        }
        return ok();
    }

    Status add(const Change& change, Known& known) {
        if (known.reports.empty()) {
            ports::ReportQuery query;
            query.case_id = change.case_id;
            query.limit = kReportsOfCaseMax;
            CS_TRY(reports, call_.ports.store.find_reports(query));
            known.reports = std::move(reports);
        }
        const auto words = words_of(call_, change, known.value);
        for (auto report = known.reports.rbegin(); report != known.reports.rend(); ++report) {
            // Who joined later has heard nothing before.
            if (report->received_at > change.at ||
                (!only_.empty() && !only_.contains(report->id))) {
                continue;
            }
            if (passed_ < page_.skip) {
                ++passed_;
                continue;
            }
            items_.push_back(object(
                "request_update",
                {text("update_id", update_id(change.seq, report->id, known.value)),
                 text("service_request_id", to_string(report->id)),
                 text("status", change.status),
                 text("updated_datetime", w3c(from_millis(change.at))),
                 text("description", words),
                 text("media_url", "")}
            ));
        }
        return ok();
    }

    const Call& call_;
    Page page_;
    std::vector<Item> items_;
    std::size_t passed_ = 0;
    std::map<CaseId, Known> known_;
    std::set<ReportId> only_;
    std::set<CaseId> wanted_;
    bool more_ = false;
    std::int64_t stopped_at_ = 0;
};

}  // namespace

std::string update_id(Seq seq, ReportId report, const cases::Case& value) {
    return report == value.report ? to_string(seq)
                                  : fmt::format("{}-{}", to_string(seq), to_string(report));
}

Result<Outcome> list_updates(const Call& call) {
    CS_TRY(window, window_of(call));
    CS_TRY(page, page_of(call, kUpdatesMax, kUpdatesMax));
    Updates updates(call, page);
    const auto ids = call.list("service_request_id");
    if (ids.size() > kIdsMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("at most {} service_request_id", kIdsMax),
            "service_request_id"
        );
    }
    if (ids.empty()) {
        CS_CHECK(updates.in_window(window));
    } else {
        CS_CHECK(updates.of_requests(ids, window));
    }
    return Outcome{updates.take()};
}

}  // namespace chengshu::open311
