#include "domain/cases/case.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"

namespace chengshu::api {
namespace {

constexpr int kStorePage = 1000;
constexpr int kPagesMax = 20;

json::object audit_view(const ports::JournalRow& row) {
    json::object out{{"seq", row.seq.value}, {"at", format_utc(from_millis(row.at))}, {"type", row.type}, {"actor", row.actor}};
    if (row.case_id) {
        out["case"] = cases::format_case_id(row.case_id);
    }
    boost::system::error_code error;
    auto body = json::parse(row.body, error);
    if (!error && body.is_object()) {
        // Who changed which fields is for the auditor; what citizens wrote in them is not.
        if (auto* changes = body.get_object().if_contains("changes"); changes != nullptr && changes->is_object()) {
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

bool wanted(const ports::JournalRow& row, const std::string& type, const std::string& actor) {
    return (type.empty() || row.type == type) && (actor.empty() || row.actor == actor);
}

}  // namespace

Result<Outcome> list_audit(const Call& call) {
    const auto type = call.parameter("type").value_or("");
    const auto actor = call.parameter("actor").value_or("");
    const auto limit = static_cast<std::size_t>(call.integer("limit", kPageDefault));
    Seq after;
    if (const auto text = call.parameter("after"); text && *text != "0") {
        CS_TRY(number, parse_id(*text));
        after = Seq{number};
    }
    json::array items;
    bool more = true;
    if (const auto number = call.parameter("case")) {
        CS_TRY(id, cases::parse_case_id(*number));
        CS_TRY(rows, call.ports.store.journal_of(id));
        more = false;
        for (const auto& row : rows) {
            if (row.seq > after && wanted(row, type, actor)) {
                if (items.size() == limit) {
                    more = true;
                    break;
                }
                after = row.seq;
                items.emplace_back(audit_view(row));
            }
        }
    } else {
        for (int page = 0; page < kPagesMax && more && items.size() < limit; ++page) {
            CS_TRY(rows, call.ports.store.journal(after, kStorePage));
            more = rows.size() == static_cast<std::size_t>(kStorePage);
            for (const auto& row : rows) {
                if (items.size() == limit) {
                    more = true;
                    break;
                }
                after = row.seq;
                if (wanted(row, type, actor)) {
                    items.emplace_back(audit_view(row));
                }
            }
        }
    }
    // `next` is the position to give as `after`: the journal only grows, so it needs no coding.
    return Outcome{list_answer(std::move(items), more ? to_string(after) : "")};
}

}  // namespace chengshu::api
