#include "services/webhooks.hpp"

#include "base/json_text.hpp"
#include "base/messages.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/http/negotiate.hpp"

#include <fmt/format.h>

namespace chengshu::api {
namespace {

constexpr std::size_t kSecretBytes = 32;

json::object view_of(const services::Webhook& hook, const services::WebhookCursor& cursor) {
    json::object out{{"id", hook.id}, {"url", hook.url}};
    for (const auto& [name, value] :
         {std::pair("description", &hook.description),
          std::pair("area", &hook.area),
          std::pair("department", &hook.department)}) {
        if (!value->empty()) {
            out[name] = *value;
        }
    }
    out["types"] = json::array(hook.types.begin(), hook.types.end());
    out["created"] = format_utc(hook.created);
    out["cursor"] = cursor.seq.value;
    out["failures"] = cursor.failures;
    return out;
}

Status check_filters(const Call& call, const services::Webhook& hook) {
    if (!hook.area.empty() && call.city().area(hook.area) == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", hook.area), "area");
    }
    if (!hook.department.empty() && call.city().department(hook.department) == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("department {} is not known", hook.department),
            "department"
        );
    }
    return services::check_webhook_url(hook.url, call.ports.options.private_webhooks);
}

Result<Seq> letter_of(const Call& call) {
    const auto number = parse_id(call.in_path("number"));
    if (!number) {
        return fail(ErrorCode::NotFound, "there is no such letter");
    }
    return Seq{*number};
}

}  // namespace

Result<Outcome> post_webhook(const Call& call) {
    services::Webhook hook;
    hook.url = call.text("url");
    hook.description = call.text("description");
    hook.types = call.texts("types");
    hook.area = call.text("area");
    hook.department = call.text("department");
    hook.created_by = call.actor();
    CS_CHECK(check_filters(call, hook));
    hook.secret = call.ports.secrets.random_token(kSecretBytes);
    Write write;
    write.work = [hook = std::move(hook)](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(added, services::add_webhook(work, hook));
        auto view = view_of(added, {added.start, 0, {}});
        view["secret"] = added.secret;
        return json_text(view);
    };
    return Outcome{std::move(write)};
}

Result<Outcome> list_webhooks(const Call& call) {
    CS_TRY(hooks, services::all_webhooks(call.ports.store));
    std::vector<json::object> views;
    for (const auto& hook : hooks) {
        CS_TRY(cursor, services::cursor_of(call.ports.store, hook));
        views.push_back(view_of(hook, cursor));
    }
    return sliced(call, views, [](const auto& view) { return view; });
}

Result<Outcome> delete_webhook(const Call& call) {
    Write write;
    write.work = [actor = call.actor(),
                  id = call.in_path("webhook")](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::remove_webhook(work, actor, id));
        return std::string();
    };
    return Outcome{std::move(write)};
}

Result<Outcome> list_dead_letters(const Call& call) {
    const auto& id = call.in_path("webhook");
    CS_TRY(hook, call.ports.store.document("webhook", id));
    if (!hook) {
        return fail(ErrorCode::NotFound, "there is no such webhook");
    }
    CS_TRY(cursor, cursor_of(call));
    const int limit = call.integer("limit", kPageDefault);
    const auto prefix = id + "/";
    CS_TRY(
        rows,
        call.ports.store.documents(
            "webhook_dead", cursor.starts_with(prefix) ? cursor : prefix, limit + 1
        )
    );
    std::erase_if(rows, [&](const auto& row) { return !row.id.starts_with(prefix); });
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    rows.resize(std::min(rows.size(), static_cast<std::size_t>(limit)));
    json::array items;
    for (const auto& row : rows) {
        CS_TRY(letter, services::DeadLetter::from_json(row));
        items.emplace_back(json::object{
            {"number", letter.seq.value},
            {"at", format_utc(letter.at)},
            {"attempts", letter.attempts},
            {"error", message_in(letter.error, http::accepts_language(call.request.headers))}
        });
    }
    return Outcome{list_answer(std::move(items), more ? make_cursor(rows.back().id) : "")};
}

Result<Outcome> replay_dead_letter(const Call& call) {
    CS_TRY(seq, letter_of(call));
    Write write;
    write.work = [actor = call.actor(),
                  id = call.in_path("webhook"),
                  seq](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::replay_letter(work, actor, id, seq));
        return std::string();
    };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::api
