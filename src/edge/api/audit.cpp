#include "domain/cases/case.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"

namespace chengshu::api {
namespace {

constexpr int kAuditPage = 1000;
constexpr int kAuditPagesMax = 20;

json::object audit_view(const ports::JournalRow& row) {
    json::object out{
        {"seq", row.seq.value},
        {"at", format_utc(from_millis(row.at))},
        {"type", row.type},
        {"actor", row.actor}
    };
    if (row.case_id) {
        out["case"] = cases::format_case_id(row.case_id);
    }
    boost::system::error_code error;
    auto body = json::parse(row.body, error);
    if (!error && body.is_object()) {
        // Who changed which fields is for the auditor; what citizens wrote in them is not.
        if (auto* changes = body.get_object().if_contains("changes");
            changes != nullptr && changes->is_object()) {
            json::array names;
            for (const auto& member : changes->get_object()) {
                names.emplace_back(member.key());
            }
            *changes = std::move(names);
        }
        out["data"] = std::move(body);
    }
    return out;
}

/// What the auditor asks for, and what has been found of it.
struct Search {
    std::string type;
    std::string actor;
    std::size_t limit = 0;
    Seq after;
    json::array items;
    bool more = false;

    /// False when the page is full before this row.
    bool take(const ports::JournalRow& row) {
        const bool wanted =
            (type.empty() || row.type == type) && (actor.empty() || row.actor == actor);
        if (wanted && items.size() == limit) {
            more = true;
            return false;
        }
        after = row.seq;
        if (wanted) {
            items.emplace_back(audit_view(row));
        }
        return true;
    }
};

Status search_case(ports::Store& store, const std::string& number, Search& search) {
    CS_TRY(id, cases::parse_case_id(number));
    CS_TRY(rows, store.journal_of(id));
    for (const auto& row : rows) {
        if (row.seq > search.after && !search.take(row)) {
            break;
        }
    }
    return ok();
}

Status search_journal(ports::Store& store, Search& search) {
    for (int page = 0; page < kAuditPagesMax; ++page) {
        CS_TRY(rows, store.journal(search.after, kAuditPage));
        for (const auto& row : rows) {
            if (!search.take(row)) {
                return ok();
            }
        }
        if (rows.size() < static_cast<std::size_t>(kAuditPage)) {
            return ok();
        }
    }
    search.more = true;  // not looked through to the end: the next page goes on
    return ok();
}

}  // namespace

Result<Outcome> list_audit(const Call& call) {
    Search search;
    search.type = call.parameter("type").value_or("");
    search.actor = call.parameter("actor").value_or("");
    search.limit = static_cast<std::size_t>(call.integer("limit", kPageDefault));
    CS_TRY(cursor, cursor_of(call));
    const auto position = cursor.empty() ? call.parameter("after").value_or("0") : cursor;
    if (position != "0") {
        CS_TRY(number, parse_id(position));
        search.after = Seq{number};
    }
    if (const auto number = call.parameter("case")) {
        CS_CHECK(search_case(call.ports.store, *number, search));
    } else {
        CS_CHECK(search_journal(call.ports.store, search));
    }
    return Outcome{list_answer(
        std::move(search.items), search.more ? make_cursor(to_string(search.after)) : ""
    )};
}

}  // namespace chengshu::api
