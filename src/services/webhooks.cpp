#include "services/webhooks.hpp"

#include "base/json_text.hpp"
#include "domain/access/masking.hpp"
#include "services/internal/documents.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr auto kWebhookKind = "webhook";
constexpr auto kCursorKind = "webhook_cursor";
constexpr auto kDeadKind = "webhook_dead";
constexpr auto kReplayKind = "webhook_replay";

std::string event_text(const json::object& body, const char* name, std::size_t language) {
    const auto* pair = body.if_contains(name);
    if (pair == nullptr || !pair->is_array() || pair->get_array().size() != 2 ||
        !pair->get_array()[language].is_string()) {
        return {};
    }
    return std::string(std::string_view(pair->get_array()[language].get_string()));
}

json::object both(const json::object& body, const char* name) {
    return {
        {"zh", access::mask_text(event_text(body, name, 0))},
        {"en", access::mask_text(event_text(body, name, 1))}
    };
}

json::object case_data(const Definitions& definitions, const cases::Case& value) {
    json::object out{
        {"id", cases::format_case_id(value.id)},
        {"workflow", value.workflow},
        {"state", value.state},
        {"category", value.category}
    };
    out["area_path"] = json::array(value.path.begin(), value.path.end());
    out["department"] = value.department;
    out["assisting"] = json::array(value.assisting.begin(), value.assisting.end());
    out["source"] = value.source;
    out["description"] = access::mask_text(value.description);
    out["address"] = value.address;
    if (value.point) {
        out["lon"] = value.point->lon;
        out["lat"] = value.point->lat;
    }
    out["reported_at"] = format_utc(value.reported_at);
    for (const auto& [code, clock] : value.clocks) {
        if (code == "handle" && clock.due) {
            out["handle_due"] = format_utc(*clock.due);
        }
    }
    if (const auto* category = definitions.city->category(value.category)) {
        out["category_name"] = json::object{{"zh", category->name.zh}, {"en", category->name.en}};
    }
    out["generated"] = value.generated;
    return out;
}

}  // namespace

std::string Webhook::to_json() const {
    json::object out{
        {"url", url},
        {"secret", secret},
        {"created_by", created_by},
        {"created", to_millis(created)},
        {"start", start.value}
    };
    out["types"] = json::array(types.begin(), types.end());
    for (const auto& [name, value] :
         {std::pair("description", &description),
          std::pair("area", &area),
          std::pair("department", &department)}) {
        if (!value->empty()) {
            out[name] = *value;
        }
    }
    return json::serialize(out);
}

Result<Webhook> Webhook::from_json(const ports::DocumentRow& row) {
    CS_TRY(object, object_of(row));
    Webhook out;
    out.id = row.id;
    out.url = text_of(object, "url");
    out.secret = text_of(object, "secret");
    out.description = text_of(object, "description");
    out.area = text_of(object, "area");
    out.department = text_of(object, "department");
    out.created_by = text_of(object, "created_by");
    out.created = from_millis(whole_of(object, "created"));
    out.start = Seq{whole_of(object, "start")};
    if (const auto* list = object.if_contains("types"); list != nullptr && list->is_array()) {
        for (const auto& item : list->get_array()) {
            if (item.is_string()) {
                out.types.emplace_back(std::string_view(item.get_string()));
            }
        }
    }
    return out;
}

std::string WebhookCursor::to_json() const {
    return json::serialize(json::object{
        {"seq", seq.value}, {"failures", failures}, {"not_before", to_millis(not_before)}
    });
}

Result<WebhookCursor> WebhookCursor::from_json(const ports::DocumentRow& row) {
    CS_TRY(object, object_of(row));
    return WebhookCursor{
        Seq{whole_of(object, "seq")},
        static_cast<int>(whole_of(object, "failures")),
        from_millis(whole_of(object, "not_before"))
    };
}

std::string DeadLetter::document_id() const {
    return fmt::format("{}/{:019}", webhook, seq.value);
}

std::string DeadLetter::to_json() const {
    return json::serialize(
        json::object{{"at", to_millis(at)}, {"attempts", attempts}, {"error", error}}
    );
}

Result<DeadLetter> DeadLetter::from_json(const ports::DocumentRow& row) {
    CS_TRY(object, object_of(row));
    DeadLetter out;
    const auto slash = row.id.find('/');
    out.webhook = row.id.substr(0, slash);
    const auto digits = row.id.substr(std::min(slash + 1, row.id.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), out.seq.value);
    out.at = from_millis(whole_of(object, "at"));
    out.attempts = static_cast<int>(whole_of(object, "attempts"));
    out.error = text_of(object, "error");
    return out;
}

Result<std::vector<Webhook>> all_webhooks(ports::Store& store) {
    CS_TRY(rows, store.documents(kWebhookKind, "", kWebhooksMax));
    std::vector<Webhook> out;
    for (const auto& row : rows) {
        CS_TRY(hook, Webhook::from_json(row));
        out.push_back(std::move(hook));
    }
    return out;
}

Result<WebhookCursor> cursor_of(ports::Store& store, const Webhook& webhook) {
    CS_TRY(row, store.document(kCursorKind, webhook.id));
    if (!row) {
        return WebhookCursor{webhook.start, 0, {}};
    }
    return WebhookCursor::from_json(*row);
}

Result<Webhook> add_webhook(UnitOfWork& work, Webhook webhook) {
    CS_TRY(known, work.store().documents(kWebhookKind, "", kWebhooksMax));
    if (known.size() >= static_cast<std::size_t>(kWebhooksMax)) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("there are {} webhooks already; remove one first", kWebhooksMax)
        );
    }
    int id = 0;
    if (!known.empty()) {
        std::from_chars(
            known.back().id.data(), known.back().id.data() + known.back().id.size(), id
        );
    }
    // Those staged by the same batch, and a cursor that a removed one has left, take their number.
    while (true) {
        webhook.id = fmt::format("{:06}", ++id);
        CS_TRY(taken, work.document(kWebhookKind, webhook.id));
        CS_TRY(left, work.document(kCursorKind, webhook.id));
        if (!taken && !left) {
            break;
        }
    }
    webhook.created = work.now();
    webhook.start = work.head();
    work.stage_document({kWebhookKind, webhook.id, webhook.to_json()});
    work.stage_entry(
        "webhook.added",
        webhook.created_by,
        {},
        json::serialize(json::object{{"webhook", webhook.id}, {"url", webhook.url}})
    );
    return webhook;
}

Status remove_webhook(UnitOfWork& work, const std::string& actor, const std::string& id) {
    CS_TRY(row, work.document(kWebhookKind, id));
    if (!row) {
        return fail(ErrorCode::NotFound, "there is no such webhook");
    }
    CS_TRY(letters, work.store().documents(kDeadKind, id + "/", kDeadLettersMax));
    for (const auto& letter : letters) {
        if (letter.id.starts_with(id + "/")) {
            work.stage_document({kDeadKind, letter.id, ""});
        }
    }
    work.stage_document({kWebhookKind, id, ""});
    work.stage_document({kCursorKind, id, ""});
    work.stage_entry("webhook.removed", actor, {}, json::serialize(json::object{{"webhook", id}}));
    return ok();
}

Status replay_letter(UnitOfWork& work, const std::string& actor, const std::string& id, Seq seq) {
    const DeadLetter wanted{id, seq, {}, 0, {}};
    CS_TRY(row, work.document(kDeadKind, wanted.document_id()));
    if (!row) {
        return fail(ErrorCode::NotFound, "there is no such letter");
    }
    work.stage_document({kReplayKind, wanted.document_id(), "{}"});
    work.stage_entry(
        "webhook.replayed",
        actor,
        {},
        json::serialize(json::object{{"webhook", id}, {"event", seq.value}})
    );
    return ok();
}

std::string cloud_event(
    const Definitions& definitions,
    const ports::JournalRow& row,
    const cases::Case& value
) {
    boost::system::error_code error;
    const auto parsed = json::parse(row.body, error);
    const auto body = !error && parsed.is_object() ? parsed.get_object() : json::object();
    json::object data{
        {"seq", row.seq.value},
        {"action", row.type},
        {"action_name", both(body, "name")},
        {"actor", row.actor}
    };
    for (const char* name : {"from", "to", "rule"}) {
        if (const auto word = text_of(body, name); !word.empty()) {
            data[name] = word;
        }
    }
    data["automatic"] = body.contains("automatic");
    if (body.contains("reason")) {
        data["reason"] = both(body, "reason");
    }
    data["case"] = case_data(definitions, value);
    const auto& city = definitions.city->code();
    return json::serialize(json::object{
        {"specversion", "1.0"},
        {"id", fmt::format("{}-{}", city, row.seq.value)},
        {"source", fmt::format("/cities/{}", city)},
        {"type", fmt::format("city.chengshu.case.{}", row.type)},
        {"subject", cases::format_case_id(row.case_id)},
        {"time", format_utc(from_millis(row.at))},
        {"datacontenttype", "application/json"},
        {"data", std::move(data)}
    });
}

std::string warning_event(const Definitions& definitions, const ports::JournalRow& row) {
    boost::system::error_code error;
    const auto parsed = json::parse(row.body, error);
    auto data = !error && parsed.is_object() ? parsed.get_object() : json::object();
    data.erase("changes");
    data["seq"] = row.seq.value;
    data["actor"] = row.actor;
    const auto subject = text_of(data, "id");
    const auto& city = definitions.city->code();
    return json::serialize(json::object{
        {"specversion", "1.0"},
        {"id", fmt::format("{}-{}", city, row.seq.value)},
        {"source", fmt::format("/cities/{}", city)},
        {"type", fmt::format("city.chengshu.{}", row.type)},
        {"subject", subject},
        {"time", format_utc(from_millis(row.at))},
        {"datacontenttype", "application/json"},
        {"data", std::move(data)}
    });
}

}  // namespace chengshu::services
