#include "edge/open311/internal/request_view.hpp"
#include "edge/open311/internal/window.hpp"
#include "services/case_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace chengshu::open311 {
namespace {

/// Rows without paging, as the specification has it; also the largest page.
constexpr std::size_t kRequestsMax = 1000;
constexpr int kStorePage = 500;
/// Reports that one answer looks at: filters that fit few of very many must not occupy a reader for
/// long.
constexpr int kScanMax = 20'000;

struct CaseRead {
    ports::CaseRow row;
    cases::Case value;
};

Result<std::map<CaseId, CaseRead>>
cases_of(ports::Store& store, const std::vector<ports::ReportRow>& reports) {
    std::set<CaseId> wanted;
    for (const auto& report : reports) {
        wanted.insert(report.case_id);
    }
    const std::vector<CaseId> ids(wanted.begin(), wanted.end());
    CS_TRY(rows, store.find_cases(ids));
    std::map<CaseId, CaseRead> out;
    for (auto& row : rows) {
        CS_TRY(value, services::from_row(row));
        const auto id = row.id;
        out.emplace(id, CaseRead{std::move(row), std::move(value)});
    }
    return out;
}

/// Which requests a list holds, apart from their time.
struct Filter {
    std::set<std::string> categories;  ///< empty: all
    std::optional<bool> open;

    [[nodiscard]] bool fits(const CaseRead& read) const {
        return (categories.empty() || categories.contains(read.value.category)) &&
               (!open || *open == read.row.open);
    }
};

std::string lower(std::string value) {
    std::transform(value.begin(), value.end(), value.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return value;
}

Result<Filter> filter_of(const Call& call) {
    Filter out;
    for (const auto& code : call.list("service_code")) {
        const auto* category = call.catalogue->category_of(code);
        if (category == nullptr) {
            return fail(ErrorCode::NotFound, "service_code was not found", "service_code");
        }
        out.categories.insert(category->id);
    }
    std::set<std::string> statuses;
    for (const auto& status : call.list("status")) {
        statuses.insert(lower(status));
    }
    for (const auto& status : statuses) {
        if (status != "open" && status != "closed") {
            return fail(ErrorCode::InvalidInput, "status is open or closed", "status");
        }
    }
    if (statuses.size() == 1) {
        out.open = statuses.contains("open");
    }
    return out;
}

Item requests_item(std::vector<Item> items) {
    return list("service_requests", std::move(items));
}

/// The id of the first report received at or after `from`, or one past the last.
Result<std::int64_t> first_report_since(ports::Store& store, std::int64_t from) {
    CS_TRY(last, store.last_report());
    return first_since(
        last.value,
        from,
        [&](std::int64_t id) -> Result<std::optional<std::int64_t>> {
            ports::ReportQuery query;
            query.after = ReportId{id + 1};
            query.limit = 1;
            CS_TRY(rows, store.find_reports(query));
            return rows.empty() ? std::nullopt : std::optional(rows.front().received_at);
        }
    );
}

Result<Outcome> requests_by_id(const Call& call, const std::vector<std::string>& ids) {
    std::vector<ports::ReportRow> reports;
    for (const auto& id : ids) {
        auto report = find_report(call.ports.store, id);
        if (report) {
            reports.push_back(std::move(*report));
        } else if (report.error().code != ErrorCode::NotFound) {
            return Failure{report.error()};
        }
    }
    if (reports.empty()) {
        return fail(ErrorCode::NotFound, "service_request_id was not found", "service_request_id");
    }
    CS_TRY(cases, cases_of(call.ports.store, reports));
    std::vector<Item> items;
    for (const auto& report : reports) {
        if (const auto found = cases.find(report.case_id); found != cases.end()) {
            items.push_back(request_item(call, report, found->second.row, found->second.value));
        }
    }
    return Outcome{Document{requests_item(std::move(items)), {}}};
}

/// Walks the reports of a window, newest first.
struct Scan {
    const Call& call;
    Filter filter;
    Window window;
    Page page;
    std::vector<Item> items = {};
    std::size_t passed = 0;  ///< rows of the pages before
    int looked_at = 0;
    std::int64_t last_at = 0;  ///< received_at of the last that was looked at
    bool at_end = false;

    Status run() {
        CS_TRY(beyond, first_report_since(call.ports.store, window.to));
        ports::ReportQuery query;
        query.after = ReportId{beyond};
        query.limit = kStorePage;
        while (!at_end && items.size() < page.size && looked_at < kScanMax) {
            CS_TRY(reports, call.ports.store.find_reports(query));
            CS_TRY(cases, cases_of(call.ports.store, reports));
            at_end = reports.size() < static_cast<std::size_t>(kStorePage);
            for (const auto& report : reports) {
                query.after = report.id;
                if (report.received_at < window.from) {
                    at_end = true;
                    break;
                }
                if (items.size() == page.size) {
                    at_end = false;
                    break;
                }
                ++looked_at;
                last_at = report.received_at;
                if (const auto found = cases.find(report.case_id); found != cases.end()) {
                    consider(report, found->second);
                }
            }
        }
        return ok();
    }

    void consider(const ports::ReportRow& report, const CaseRead& read) {
        if (!filter.fits(read) || report.received_at >= window.to) {
            return;
        }
        if (passed < page.skip) {
            ++passed;
            return;
        }
        items.push_back(request_item(call, report, read.row, read.value));
    }
};

}  // namespace

Result<Outcome> list_requests(const Call& call) {
    if (const auto ids = call.list("service_request_id"); !ids.empty()) {
        return requests_by_id(call, ids);
    }
    CS_TRY(filter, filter_of(call));
    CS_TRY(window, window_of(call));
    CS_TRY(page, page_of(call, kRequestsMax, kRequestsMax));
    Scan scan{call, std::move(filter), window, page};
    CS_CHECK(scan.run());
    Document out{requests_item(std::move(scan.items)), {}};
    if (!scan.at_end) {
        // Where a client that wants the rest goes on.
        out.headers.set("X-Next-End-Date", w3c(from_millis(scan.last_at)));
    }
    return Outcome{std::move(out)};
}

Result<Outcome> get_request(const Call& call) {
    return requests_by_id(call, {call.subject});
}

Result<Outcome> get_token(const Call& call) {
    // A token is the id itself: by the time that it is given, the report is committed.
    const auto report = find_report(call.ports.store, call.subject);
    if (!report && report.error().code == ErrorCode::NotFound) {
        return fail(ErrorCode::NotFound, "token was not found", "token");
    }
    if (!report) {
        return Failure{report.error()};
    }
    const auto id = to_string(report->id);
    return Outcome{Document{
        requests_item({object("request", {text("service_request_id", id), text("token", id)})}), {}
    }};
}

}  // namespace chengshu::open311
