#pragma once

#include "base/random.hpp"
#include "ports/http_client.hpp"
#include "ports/secrets.hpp"
#include "services/engine.hpp"
#include "services/unit_of_work.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

/// A subscription to committed changes of cases. Document kind "webhook", id "000001" ascending.
struct Webhook {
    std::string id;
    std::string url;
    std::string description;
    std::string secret;              ///< key of the signature
    std::vector<std::string> types;  ///< actions; empty: all
    std::string area;                ///< only cases in this area; empty: all
    std::string department;  ///< only cases that this department leads or assists in; empty: all
    std::string created_by;
    Instant created;
    Seq start;  ///< the journal's head when it was made: what came before is not sent

    [[nodiscard]] std::string to_json() const;
    static Result<Webhook> from_json(const ports::DocumentRow& row);
};

/// How far a webhook has come. Document kind "webhook_cursor", id = the webhook's.
struct WebhookCursor {
    Seq seq;           ///< everything up to here is delivered, filtered out or a dead letter
    int failures = 0;  ///< of the event after it, in a row
    Instant not_before;

    [[nodiscard]] std::string to_json() const;
    static Result<WebhookCursor> from_json(const ports::DocumentRow& row);
};

/// An event that was given up. Document kind "webhook_dead", id "<webhook>/<sequence, 19 digits>".
struct DeadLetter {
    std::string webhook;
    Seq seq;
    Instant at;
    int attempts = 0;
    std::string error;

    [[nodiscard]] std::string document_id() const;
    [[nodiscard]] std::string to_json() const;
    static Result<DeadLetter> from_json(const ports::DocumentRow& row);
};

inline constexpr int kWebhooksMax = 100;
inline constexpr int kDeadLettersMax = 10'000;  ///< of a webhook; beyond, the oldest are forgotten

/// InvalidInput (field "url") unless it is http or https with a host, without user or fragment,
/// and, where private addresses are not allowed, no literal private address or local name.
Status check_webhook_url(std::string_view url, bool allow_private);
/// Loopback, private, link-local, shared, multicast, unspecified or reserved IPv4 and IPv6
/// addresses (also IPv4 inside IPv6), and whatever is no address at all.
bool is_private_address(std::string_view address);

/// RuleViolation when there are kWebhooksMax already. Sets id, created and start.
Result<Webhook> add_webhook(UnitOfWork& work, Webhook webhook);
Status remove_webhook(UnitOfWork& work, const std::string& actor, const std::string& id);
/// NotFound when there is no such letter.
Status replay_letter(UnitOfWork& work, const std::string& actor, const std::string& id, Seq seq);
Result<std::vector<Webhook>> all_webhooks(ports::Store& store);
Result<WebhookCursor> cursor_of(ports::Store& store, const Webhook& webhook);

struct DeliveryPolicy {
    int attempts_max = 10;
    Duration first_wait = std::chrono::seconds{2};  ///< doubles with every failure, ± a quarter
    Duration longest_wait = std::chrono::hours{1};
    std::chrono::milliseconds timeout{10'000};
    bool allow_private = false;
};

/// The CloudEvents 1.0 document (structured mode) of a journal entry.
std::string
cloud_event(const Definitions& definitions, const ports::JournalRow& row, const cases::Case& value);

/// The same of an entry that tells of an alert or a response.
std::string warning_event(const Definitions& definitions, const ports::JournalRow& row);

/// Delivers journal entries to subscribers: each in journal order, at least once, one request of a
/// webhook at a time. Webhooks do not wait for each other. `step` is driven by one thread or by a
/// simulator.
class WebhookDelivery {
public:
    WebhookDelivery(
        ports::Store& store,
        ports::Secrets& secrets,
        ports::HttpClient& client,
        CurrentDefinitions& definitions,
        Submitter& submitter,
        std::uint64_t seed,
        DeliveryPolicy policy = {}
    );
    ~WebhookDelivery();
    WebhookDelivery(const WebhookDelivery&) = delete;
    WebhookDelivery& operator=(const WebhookDelivery&) = delete;

    /// Deals with the answers that have come and starts the requests that are due. Never waits for
    /// the other side. Gives the next instant at which there is something to do even if nothing
    /// happens.
    Result<Instant> step(Instant now);

    [[nodiscard]] std::size_t in_flight() const;

private:
    struct Line;     // one webhook's state
    struct Arrived;  // answers, shared with the client's callbacks

    Status reload();
    Result<bool> find_letter(Line& line);
    Result<bool> find_next(Line& line, Instant now);
    Status advance(Line& line, Instant now);
    /// The event of an entry; none when the webhook does not want it, or its case is gone.
    Result<std::optional<std::string>>
    event_of(const Line& line, const ports::JournalRow& row, bool wanted);
    void send(Line& line, const ports::JournalRow& row, std::string event, Instant now);
    void settle(Line& line, const Result<int>& answer, Instant now);
    void settle_letter(Line& line, const std::string& error, Instant now);
    void give_up(Line& line, const std::string& error, Instant now);
    void stored(Line& line, bool kept, Instant now);
    void save_cursors(Instant now);
    Instant wait_after(int failures, Instant now);

    ports::Store& store_;
    ports::Secrets& secrets_;
    ports::HttpClient& client_;
    CurrentDefinitions& definitions_;
    Submitter& submitter_;
    SeededRandom random_;
    DeliveryPolicy policy_;
    std::map<std::string, std::unique_ptr<Line>> lines_;
    std::shared_ptr<Arrived> arrived_;
};

}  // namespace chengshu::services
