#include "base/json_text.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/text.hpp"
#include "services/accounts.hpp"
#include "services/case_row.hpp"
#include "services/response/responses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

namespace chengshu::api {
namespace {

constexpr int kPage = 200;
constexpr int kPagesPerPiece = 10;
constexpr std::size_t kPieceBytes = 64 * 1024;
/// How far back `last` looks for entries that fit.
constexpr std::int64_t kLookBackMax = 20'000;
/// A stream ends at the latest so long after its session has ended.
constexpr std::chrono::seconds kEventsSessionChecked{60};

struct EventFilter {
    std::string area;
    std::string department;
    CaseId only;

    [[nodiscard]] bool fits(const ports::CaseRow& row, const cases::Case& value) const {
        const bool here = area.empty() || row.path.find("/" + area + "/") != std::string::npos;
        const bool theirs = department.empty() || value.department == department ||
                            std::find(value.assisting.begin(), value.assisting.end(), department) !=
                                value.assisting.end();
        return here && theirs && (!only || row.id == only);
    }
};

struct Known {
    cases::Case value;
    bool fits = false;
};

/// The cases of a page of the journal that fit the filter.
Result<std::map<CaseId, Known>> cases_of_page(
    ports::Store& store,
    const std::vector<ports::JournalRow>& rows,
    const EventFilter& filter
) {
    std::vector<CaseId> ids;
    for (const auto& row : rows) {
        if (row.case_id && (!filter.only || row.case_id == filter.only)) {
            ids.push_back(row.case_id);
        }
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::map<CaseId, Known> out;
    if (ids.empty()) {
        return out;
    }
    CS_TRY(found, store.find_cases(ids));
    for (const auto& row : found) {
        CS_TRY(value, services::from_row(row));
        const bool fits = filter.fits(row, value);
        out.emplace(row.id, Known{std::move(value), fits});
    }
    return out;
}

void put_case(
    json::object& entry,
    const services::Definitions& definitions,
    const cases::Case& value,
    Sight sight
) {
    const auto& city = *definitions.city;
    entry["case_id"] = cases::format_case_id(value.id);
    entry["state"] = state_view(definitions, value.workflow, value.state);
    if (const auto* category = city.category(value.category)) {
        entry["category"] = label(category->name);
    }
    if (const auto* area = value.path.empty() ? nullptr : city.area(value.path.back())) {
        entry["area"] = label(area->name);
    }
    entry["source"] = value.source;
    if (value.point) {
        entry["lon"] = sight == Sight::Inner ? value.point->lon : coarse(value.point->lon);
        entry["lat"] = sight == Sight::Inner ? value.point->lat : coarse(value.point->lat);
    }
    entry["generated"] = value.generated;
}

class JournalStream final : public http::BodyStream {
public:
    JournalStream(
        const Ports& ports,
        access::Principal who,
        std::string token,
        EventFilter filter,
        Seq after
    )
        : ports_(ports),
          who_(std::move(who)),
          token_(std::move(token)),
          filter_(std::move(filter)),
          after_(after),
          checked_(ports.clock.now()) {}

    std::optional<std::string> next() override {
        if (!begun_) {
            begun_ = true;
            return "retry: 2000\n: hello\n\n";
        }
        if (!still_valid()) {
            return std::nullopt;
        }
        std::string out;
        for (int page = 0; page < kPagesPerPiece && out.size() < kPieceBytes; ++page) {
            auto rows = ports_.store.journal(after_, kPage);
            const auto added = rows ? append(*rows, out) : Status(Failure{rows.error()});
            if (!added) {
                throw std::runtime_error("events: " + added.error().context);
            }
            if (rows->size() < static_cast<std::size_t>(kPage)) {
                return out;
            }
        }
        // There is more to look through: a comment makes the server ask again at once.
        return out.empty() ? ": \n\n" : out;
    }

private:
    bool still_valid() {
        const auto now = ports_.clock.now();
        if (token_.empty() || now - checked_ < kEventsSessionChecked) {
            return true;
        }
        checked_ = now;
        auto who = services::authenticate(
            ports_.store, ports_.secrets, *ports_.definitions.get(), now, token_
        );
        if (!who) {
            return who.error().code != ErrorCode::NotAuthenticated;
        }
        who_ = std::move(*who);
        return true;
    }

    Status append(const std::vector<ports::JournalRow>& rows, std::string& out) {
        CS_TRY(known, cases_of_page(ports_.store, rows, filter_));
        const auto definitions = ports_.definitions.get();
        for (const auto& row : rows) {
            after_ = row.seq;
            if (services::is_warning(row)) {
                append_warning(row, *definitions->city, out);
                continue;
            }
            const auto found = known.find(row.case_id);
            if (found == known.end() || !found->second.fits) {
                continue;
            }
            const auto& value = found->second.value;
            const auto sight = sight_of(who_, value, *definitions->city);
            auto entry = entry_view(*definitions, row, value.workflow, sight);
            if (!entry.shown) {
                continue;
            }
            put_case(entry.object, *definitions, value, sight);
            out += fmt::format(
                "id: {}\nevent: entry\ndata: {}\n\n", row.seq.value, json_text(entry.object)
            );
        }
        return ok();
    }

    /// Alerts and responses, for those who may read them where they are.
    void append_warning(const ports::JournalRow& row, const city::City& city, std::string& out) {
        if (filter_.only || !filter_.department.empty()) {
            return;
        }
        boost::system::error_code error;
        auto body = json::parse(row.body, error);
        if (error || !body.is_object()) {
            return;
        }
        auto& entry = body.get_object();
        const auto path = texts_of(entry, "path");
        const bool here =
            filter_.area.empty() || std::find(path.begin(), path.end(), filter_.area) != path.end();
        if (!here || !services::sees(who_, path, city)) {
            return;
        }
        entry.erase("changes");
        entry["seq"] = row.seq.value;
        entry["at"] = format_utc(from_millis(row.at));
        entry["what"] = row.type.substr(row.type.find('.') + 1);
        entry["actor"] = row.actor;
        out += fmt::format(
            "id: {}\nevent: {}\ndata: {}\n\n",
            row.seq.value,
            row.type.substr(0, row.type.find('.')),
            json_text(entry)
        );
    }

    const Ports& ports_;
    access::Principal who_;
    std::string token_;
    EventFilter filter_;
    Seq after_;
    Instant checked_;
    bool begun_ = false;
};

bool changes_a_case(const ports::JournalRow& row) {
    return row.case_id && row.body.find("\"changes\"") != std::string::npos;
}

/// The position before the newest `count` entries that fit, so far as the look-back reaches.
Result<Seq> before_last(const Call& call, const EventFilter& filter, Seq head, std::size_t count) {
    std::vector<Seq> fitting;
    if (filter.only) {
        CS_TRY(rows, call.ports.store.journal_of(filter.only));
        for (const auto& row : rows) {
            if (changes_a_case(row)) {
                fitting.push_back(row.seq);
            }
        }
    } else {
        for (std::int64_t window = 500;; window *= 4) {
            fitting.clear();
            const Seq begin{std::max<std::int64_t>(0, head.value - window)};
            for (Seq after = begin; after < head;) {
                CS_TRY(rows, call.ports.store.journal(after, 1000));
                if (rows.empty()) {
                    break;
                }
                CS_TRY(known, cases_of_page(call.ports.store, rows, filter));
                for (const auto& row : rows) {
                    after = row.seq;
                    const auto found = known.find(row.case_id);
                    if (found != known.end() && found->second.fits && changes_a_case(row)) {
                        fitting.push_back(row.seq);
                    }
                }
            }
            if (fitting.size() >= count || begin.value == 0 || window >= kLookBackMax) {
                break;
            }
        }
    }
    if (fitting.empty() || count == 0) {
        return head;
    }
    const auto first = fitting.size() > count ? fitting[fitting.size() - count] : fitting.front();
    return Seq{first.value - 1};
}

}  // namespace

Result<Outcome> follow_events(const Call& call) {
    EventFilter filter;
    filter.area = call.parameter("area").value_or("");
    filter.department = call.parameter("department").value_or("");
    if (!filter.area.empty() && call.city().area(filter.area) == nullptr) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("area {} is not known", filter.area), "area"
        );
    }
    if (const auto number = call.parameter("case")) {
        CS_TRY(id, cases::parse_case_id(*number));
        filter.only = id;
    }
    CS_TRY(head, call.ports.store.durable_head());
    Seq after = head;
    const std::string resumed(call.request.headers.get("Last-Event-ID"));
    const auto position = resumed.empty() ? call.parameter("after").value_or("") : resumed;
    if (!position.empty()) {
        const auto number = position == "0" ? Result<std::int64_t>(0) : parse_id(position);
        if (!number) {
            return fail(
                ErrorCode::InvalidInput,
                "resume with the id of an event",
                resumed.empty() ? "after" : "Last-Event-ID"
            );
        }
        after = Seq{*number};
    } else if (call.parameter("last")) {
        CS_TRY(
            begin,
            before_last(call, filter, head, static_cast<std::size_t>(call.integer("last", 0)))
        );
        after = begin;
    }
    Answer out;
    out.content_type = "text/event-stream";
    out.headers.set("X-Accel-Buffering", "no");
    out.stream =
        std::make_shared<JournalStream>(call.ports, call.who, call.token, std::move(filter), after);
    return Outcome{std::move(out)};
}

}  // namespace chengshu::api
