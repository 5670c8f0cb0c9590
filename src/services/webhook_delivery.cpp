#include "services/case_row.hpp"
#include "services/response/tracked.hpp"
#include "services/webhooks.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services {
namespace {

constexpr int kDeliveriesPage = 200;
constexpr int kPagesPerStep = 5;
constexpr Duration kSaveEvery = std::chrono::seconds{1};
constexpr Duration kStepEvery = std::chrono::seconds{1};

bool delivered(const Result<int>& answer) {
    return answer && *answer >= 200 && *answer < 300;
}

std::string reason_of(const Result<int>& answer) {
    return answer ? fmt::format("answered {}", *answer) : answer.error().context;
}

bool is_case_change(const ports::JournalRow& row) {
    return row.case_id && row.body.find("\"changes\"") != std::string::npos;
}

bool of_types(const Webhook& hook, const ports::JournalRow& row) {
    return hook.types.empty() ||
           std::find(hook.types.begin(), hook.types.end(), row.type) != hook.types.end();
}

/// An alert, or a plan that is carried out.
bool wants_warning(const Webhook& hook, const ports::JournalRow& row) {
    if (!of_types(hook, row) || !hook.department.empty()) {
        return false;
    }
    if (hook.area.empty()) {
        return true;
    }
    boost::system::error_code error;
    const auto body = boost::json::parse(row.body, error);
    const auto* object = error ? nullptr : body.if_object();
    const auto* path = object == nullptr ? nullptr : object->if_contains("path");
    if (path == nullptr || !path->is_array()) {
        return false;
    }
    const auto& areas = path->get_array();
    return std::find(areas.begin(), areas.end(), boost::json::value(hook.area)) != areas.end();
}

bool wants(const Webhook& hook, const ports::JournalRow& row) {
    return is_case_change(row) && of_types(hook, row);
}

bool wants(const Webhook& hook, const cases::Case& value) {
    const bool here =
        hook.area.empty() ||
        std::find(value.path.begin(), value.path.end(), hook.area) != value.path.end();
    const bool theirs =
        hook.department.empty() || value.department == hook.department ||
        std::find(value.assisting.begin(), value.assisting.end(), hook.department) !=
            value.assisting.end();
    return here && theirs;
}

/// Writes documents of a webhook that still exists.
Job documents_job(
    std::string webhook,
    std::vector<ports::DocumentRow> rows,
    std::function<void(Result<std::string>)> done
) {
    Job job;
    job.work = [webhook = std::move(webhook),
                rows = std::move(rows)](UnitOfWork& work) -> Result<std::string> {
        CS_TRY(hook, work.document("webhook", webhook));
        for (const auto& row : rows) {
            if (hook || row.body.empty()) {
                work.stage_document(row);
            }
        }
        return std::string();
    };
    job.done = std::move(done);
    return job;
}

}  // namespace

struct WebhookDelivery::Line {
    Webhook hook;
    WebhookCursor cursor;
    bool busy = false;                 ///< a request or a write that must finish first is under way
    Seq sending;                       ///< of the request under way
    std::optional<DeadLetter> letter;  ///< the request under way replays this one
    bool dirty = false;                ///< the cursor has moved since it was stored
    Instant saved;
    bool gone = false;
};

struct WebhookDelivery::Arrived {
    struct Item {
        std::string webhook;
        Result<int> answer;
        bool write = false;  ///< not a request's answer but the end of a write
    };

    std::mutex mutex;
    std::vector<Item> items;

    void add(Item item) {
        const std::lock_guard lock(mutex);
        items.push_back(std::move(item));
    }
};

WebhookDelivery::WebhookDelivery(
    ports::Store& store,
    ports::Secrets& secrets,
    ports::HttpClient& client,
    CurrentDefinitions& definitions,
    Submitter& submitter,
    std::uint64_t seed,
    DeliveryPolicy policy
)
    : store_(store),
      secrets_(secrets),
      client_(client),
      definitions_(definitions),
      submitter_(submitter),
      random_(seed),
      policy_(policy),
      arrived_(std::make_shared<Arrived>()) {}

WebhookDelivery::~WebhookDelivery() = default;

std::size_t WebhookDelivery::in_flight() const {
    return static_cast<std::size_t>(std::count_if(
        lines_.begin(), lines_.end(), [](const auto& item) { return item.second->busy; }
    ));
}

Instant WebhookDelivery::wait_after(int failures, Instant now) {
    auto wait = policy_.first_wait;
    for (int i = 1; i < failures && wait < policy_.longest_wait; ++i) {
        wait *= 2;
    }
    wait = std::min(wait, policy_.longest_wait);
    const auto quarter = wait.count() / 4;
    return now + wait + Duration{random_.between(-quarter, quarter)};
}

Status WebhookDelivery::reload() {
    CS_TRY(hooks, all_webhooks(store_));
    for (auto& [id, line] : lines_) {
        line->gone = true;
    }
    for (auto& hook : hooks) {
        auto found = lines_.find(hook.id);
        if (found == lines_.end()) {
            // Known only once its cursor is read: a line without one would begin at nowhere.
            CS_TRY(cursor, cursor_of(store_, hook));
            auto line = std::make_unique<Line>();
            line->cursor = cursor;
            line->hook = hook;
            found = lines_.emplace(hook.id, std::move(line)).first;
        }
        found->second->gone = false;
    }
    std::erase_if(lines_, [](const auto& item) { return item.second->gone && !item.second->busy; });
    return ok();
}

void WebhookDelivery::send(
    Line& line,
    const ports::JournalRow& row,
    std::string event,
    Instant now
) {
    line.busy = true;
    line.sending = row.seq;
    ports::Post post;
    post.url = line.hook.url;
    post.timeout = policy_.timeout;
    if (const auto checked = check_webhook_url(post.url, policy_.allow_private); !checked) {
        // What was allowed when it was added may no longer be.
        arrived_->add({line.hook.id, Failure{checked.error()}});
        return;
    }
    const auto definitions = definitions_.get();
    post.body = std::move(event);
    const auto stamp = fmt::format("{}", to_millis(now) / 1000);
    post.headers = {
        {"Content-Type", "application/cloudevents+json; charset=utf-8"},
        {"User-Agent", "Chengshu"},
        {"Idempotency-Key", fmt::format("{}-{}", definitions->city->code(), row.seq.value)},
        {"X-Chengshu-Timestamp", stamp},
        {"X-Chengshu-Signature",
         "sha256=" + secrets_.hmac_sha256(line.hook.secret, stamp + "." + post.body)}
    };
    client_.post(std::move(post), [arrived = arrived_, id = line.hook.id](Result<int> answer) {
        arrived->add({id, std::move(answer)});
    });
}

/// Starts a replay that an operator has asked for; true when it did.
Result<bool> WebhookDelivery::find_letter(Line& line) {
    const auto prefix = line.hook.id + "/";
    CS_TRY(wishes, store_.documents("webhook_replay", prefix, 1));
    if (wishes.empty() || !wishes.front().id.starts_with(prefix)) {
        return false;
    }
    CS_TRY(row, store_.document("webhook_dead", wishes.front().id));
    DeadLetter letter;
    if (row) {
        CS_TRY(stored_letter, DeadLetter::from_json(*row));
        letter = std::move(stored_letter);
    }
    if (!row || letter.seq.value < 1) {
        (void)submitter_.submit(documents_job(
            line.hook.id,
            {{"webhook_replay", wishes.front().id, ""}},
            [](const Result<std::string>&) {}
        ));
        return false;
    }
    line.letter = std::move(letter);
    return true;
}

Result<std::optional<std::string>>
WebhookDelivery::event_of(const Line& line, const ports::JournalRow& row, bool wanted) {
    const auto definitions = definitions_.get();
    if (is_warning(row)) {
        const bool sent = !wanted || wants_warning(line.hook, row);
        return sent ? std::optional(warning_event(*definitions, row)) : std::nullopt;
    }
    if (wanted && !wants(line.hook, row)) {
        return std::optional<std::string>();
    }
    CS_TRY(found, store_.find_case(row.case_id));
    if (!found) {
        return std::optional<std::string>();
    }
    CS_TRY(value, from_row(*found));
    if (wanted && !wants(line.hook, value)) {
        return std::optional<std::string>();
    }
    return std::optional(cloud_event(*definitions, row, value));
}

/// Moves past what the webhook does not want and starts sending what it wants; true when it did.
Result<bool> WebhookDelivery::find_next(Line& line, Instant now) {
    for (int page = 0; page < kPagesPerStep; ++page) {
        CS_TRY(rows, store_.journal(line.cursor.seq, kDeliveriesPage));
        for (const auto& row : rows) {
            CS_TRY(event, event_of(line, row, true));
            if (event) {
                send(line, row, std::move(*event), now);
                return true;
            }
            line.cursor.seq = row.seq;
            line.dirty = true;
        }
        if (rows.size() < static_cast<std::size_t>(kDeliveriesPage)) {
            return false;
        }
    }
    return false;
}

Status WebhookDelivery::advance(Line& line, Instant now) {
    CS_TRY(replaying, find_letter(line));
    if (replaying) {
        CS_TRY(rows, store_.journal(Seq{line.letter->seq.value - 1}, 1));
        CS_TRY(
            event,
            rows.empty() ? Result<std::optional<std::string>>(std::optional<std::string>{})
                         : event_of(line, rows.front(), false)
        );
        if (!event) {
            settle_letter(line, "the event's case is gone", now);
            return ok();
        }
        send(line, rows.front(), std::move(*event), now);
        return ok();
    }
    if (now >= line.cursor.not_before) {
        CS_CHECK(find_next(line, now));
    }
    return ok();
}

/// A replayed letter has been delivered (no error) or not.
void WebhookDelivery::settle_letter(Line& line, const std::string& error, Instant now) {
    auto letter = *line.letter;
    line.letter.reset();
    letter.attempts += 1;
    letter.at = now;
    letter.error = error;
    line.busy = true;
    auto done = [arrived = arrived_, id = line.hook.id](Result<std::string>) {
        arrived->add({id, 0, true});
    };
    std::vector<ports::DocumentRow> rows{
        {"webhook_replay", letter.document_id(), ""},
        {"webhook_dead", letter.document_id(), error.empty() ? "" : letter.to_json()}
    };
    if (!submitter_.submit(documents_job(line.hook.id, std::move(rows), std::move(done)))) {
        line.busy = false;  // the wish is still stored: it will be sent again
    }
}

/// The event becomes a dead letter; the cursor moves with the same commit.
void WebhookDelivery::give_up(Line& line, const std::string& error, Instant now) {
    const DeadLetter letter{line.hook.id, line.sending, now, line.cursor.failures, error};
    const WebhookCursor after{line.sending, 0, {}};
    std::vector<ports::DocumentRow> rows{
        {"webhook_dead", letter.document_id(), letter.to_json()},
        {"webhook_cursor", line.hook.id, after.to_json()}
    };
    const auto prefix = line.hook.id + "/";
    if (const auto letters = store_.documents("webhook_dead", prefix, kDeadLettersMax);
        letters && letters->size() == static_cast<std::size_t>(kDeadLettersMax) &&
        letters->back().id.starts_with(prefix)) {
        rows.push_back({"webhook_dead", letters->front().id, ""});
    }
    auto done = [arrived = arrived_, id = line.hook.id](const Result<std::string>& reply) {
        arrived->add({id, reply ? Result<int>(0) : Result<int>(Failure{reply.error()}), true});
    };
    line.busy = submitter_.submit(documents_job(line.hook.id, std::move(rows), std::move(done)));
    if (!line.busy) {
        line.cursor.not_before = wait_after(1, now);
    }
}

/// The write of give_up or settle_letter has ended.
void WebhookDelivery::stored(Line& line, bool kept, Instant now) {
    line.busy = false;
    if (!line.sending) {
        return;  // a replayed letter
    }
    if (kept) {
        line.cursor = {line.sending, 0, {}};
    } else {
        line.cursor.not_before = wait_after(1, now);
    }
    line.sending = {};
}

void WebhookDelivery::settle(Line& line, const Result<int>& answer, Instant now) {
    line.busy = false;
    if (line.letter) {
        line.sending = {};
        settle_letter(line, delivered(answer) ? "" : reason_of(answer), now);
        return;
    }
    if (delivered(answer)) {
        line.cursor = {line.sending, 0, {}};
        line.dirty = true;
        line.sending = {};
        return;
    }
    line.cursor.failures += 1;
    line.dirty = true;
    if (line.cursor.failures >= policy_.attempts_max) {
        give_up(line, reason_of(answer), now);
        return;
    }
    line.cursor.not_before = wait_after(line.cursor.failures, now);
    line.sending = {};
}

/// Stores the cursors that have moved. Losing the last second only sends some events twice.
void WebhookDelivery::save_cursors(Instant now) {
    for (auto& [id, line] : lines_) {
        if (!line->dirty || line->busy || line->gone || now - line->saved < kSaveEvery) {
            continue;
        }
        if (submitter_.submit(documents_job(
                id,
                {{"webhook_cursor", id, line->cursor.to_json()}},
                [](const Result<std::string>&) {}
            ))) {
            line->dirty = false;
            line->saved = now;
        }
    }
}

Result<Instant> WebhookDelivery::step(Instant now) {
    std::vector<Arrived::Item> items;
    {
        const std::lock_guard lock(arrived_->mutex);
        items.swap(arrived_->items);
    }
    for (const auto& item : items) {
        const auto found = lines_.find(item.webhook);
        if (found == lines_.end()) {
            continue;
        }
        if (item.write) {
            stored(*found->second, item.answer.has_value(), now);
        } else {
            settle(*found->second, item.answer, now);
        }
    }
    CS_CHECK(reload());
    auto next = now + kStepEvery;
    for (auto& [id, line] : lines_) {
        if (!line->busy && !line->gone) {
            CS_CHECK(advance(*line, now));
            if (!line->busy && line->cursor.not_before > now) {
                next = std::min(next, line->cursor.not_before);
            }
        }
    }
    save_cursors(now);
    const std::lock_guard lock(arrived_->mutex);
    return arrived_->items.empty() ? next : now;
}

}  // namespace chengshu::services
