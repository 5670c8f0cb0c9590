#include "simulation/subscribers.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chengshu::simulation {

void Subscribers::post(ports::Post request, std::function<void(Result<int>)> done) {
    mail_.emplace_back(std::move(request), std::move(done));
}

void Subscribers::arrive(const ports::Post& request) {
    arrivals_ += 1;
    std::string key;
    for (const auto& [name, value] : request.headers) {
        key = name == "Idempotency-Key" ? value : key;
    }
    Seq seq;
    const auto dash = key.rfind('-');
    std::from_chars(key.data() + dash + 1, key.data() + key.size(), seq.value);
    boost::system::error_code error;
    const auto body = boost::json::parse(request.body, error);
    if (error || !body.is_object() || body.at("id").as_string() != key || !seq) {
        findings_.add(
            fmt::format("webhook to {}: the event \"{}\" cannot be read", request.url, key)
        );
        return;
    }
    if (std::none_of(events_.begin(), events_.end(), [&](const Event& event) {
            return event.seq == seq;
        })) {
        findings_.add(
            fmt::format("webhook to {}: event {} was never committed", request.url, seq.value)
        );
    }
    seen_[request.url].insert(seq);
}

void Subscribers::step(SeededRandom& random, bool calm) {
    if (mail_.empty()) {
        return;
    }
    const auto at = random.below(mail_.size());
    const auto choice = calm ? 0 : random.below(10);
    if (choice == 9) {
        return;  // later
    }
    const auto [request, done] = std::move(mail_[at]);
    mail_.erase(mail_.begin() + static_cast<std::ptrdiff_t>(at));
    if (choice < 8) {
        arrive(request);
    }
    if (choice < 6) {
        done(200);
    } else if (choice == 6) {
        done(500);
    } else {
        done(fail(ErrorCode::StorageUnavailable, "simulated: no answer"));
    }
}

void Subscribers::check(
    const std::vector<services::Webhook>& hooks,
    const std::function<bool(CaseId, const std::string&)>& lies_in
) {
    for (const auto& hook : hooks) {
        for (const auto& event : events_) {
            const bool wanted =
                hook.types.empty() ||
                std::find(hook.types.begin(), hook.types.end(), event.type) != hook.types.end();
            if (event.seq <= hook.start || !wanted ||
                (!hook.area.empty() && !lies_in(event.id, hook.area))) {
                continue;
            }
            if (!seen_[hook.url].contains(event.seq)) {
                findings_.stuck(fmt::format(
                    "webhook {} never got event {} ({})", hook.id, event.seq.value, event.type
                ));
            }
        }
    }
}

}  // namespace chengshu::simulation
