#include "edge/mqtt/bridge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::mqtt_edge {
namespace {

/// Where mosquitto says "1795241221: client 1 topic" of each subscription.
constexpr std::string_view kSubscriptions = "$SYS/broker/log/M/subscribe";
constexpr std::uint64_t kProblemsShown = 20;  // of rejected messages; the rest is only counted

/// "Datastreams(12)" and the like, with the id of digits.
bool is_stream(std::string_view text) {
    for (const std::string_view set : {"Datastreams(", "MultiDatastreams("}) {
        if (text.starts_with(set) && text.ends_with(')')) {
            const auto id = text.substr(set.size(), text.size() - set.size() - 1);
            return !id.empty() && id.size() < 20 &&
                   id.find_first_not_of("0123456789") == std::string_view::npos;
        }
    }
    return false;
}

}  // namespace

Bridge::Bridge(http::Handler& sensorthings, BridgeOptions options, Problem problem)
    : sensorthings_(sensorthings), options_(std::move(options)), problem_(std::move(problem)) {}

std::vector<std::string> Bridge::filters() const {
    std::vector<std::string> out;
    for (const auto* version : {"v1.1", "v1.0"}) {
        out.push_back(fmt::format("{}{}/Observations", options_.topic_prefix, version));
        out.push_back(fmt::format("{}{}/+/Observations", options_.topic_prefix, version));
    }
    return out;
}

std::vector<std::string> Bridge::optional_filters() const {
    return options_.subscribed ? std::vector<std::string>{std::string(kSubscriptions)}
                               : std::vector<std::string>{};
}

/// The topic below the prefix, when observations can be sent to it; else empty.
std::string_view Bridge::address_of(std::string_view topic) const {
    if (!topic.starts_with(options_.topic_prefix)) {
        return {};
    }
    topic.remove_prefix(options_.topic_prefix.size());
    if (!topic.starts_with("v1.1/") && !topic.starts_with("v1.0/")) {
        return {};
    }
    auto rest = topic.substr(5);
    constexpr std::string_view kSet = "Observations";
    if (rest == kSet) {
        return topic;
    }
    if (!rest.ends_with(kSet) || rest.size() <= kSet.size()) {
        return {};
    }
    rest.remove_suffix(kSet.size());
    return rest.back() == '/' && is_stream(rest.substr(0, rest.size() - 1)) ? topic
                                                                            : std::string_view();
}

void Bridge::receive(ports::BrokerMessage message) {
    take(std::make_shared<ports::BrokerMessage>(std::move(message)));
}

void Bridge::take(const Message& message) {
    if (broker_ == nullptr) {
        hold(message);
        return;
    }
    if (options_.subscribed && message->topic == kSubscriptions) {
        hear(message);
        return;
    }
    const auto address = address_of(message->topic);
    if (address.empty()) {
        reject(message, "observations are not sent to this topic");
        return;
    }
    http::Request request;
    request.method = "POST";
    request.target = fmt::format("{}/{}", options_.path, address);
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Accept-Language", "en");
    request.headers.set("Authorization", "Bearer " + options_.token);
    request.body = message->payload;
    request.peer = "mqtt";
    request.secure = true;
    sensorthings_.handle(std::move(request), [this, message](const http::Response& response) {
        answered(message, response);
    });
}

void Bridge::answered(const Message& message, const http::Response& response) {
    if (response.status < 300) {
        {
            const std::lock_guard lock(mutex_);
            ++counters_.taken;
        }
        broker_.load()->acknowledge(message->ticket);
        return;
    }
    // Not the message is to blame: who waits may succeed. A token that is wrong is the operator's
    // to mend, so those messages wait too.
    const bool wait = response.status >= 500 || response.status == 429 || response.status == 401;
    if (!wait) {
        reject(message, std::string_view(response.body).substr(0, 300));
        return;
    }
    if (message->ticket != 0) {
        hold(message);
        return;
    }
    const std::lock_guard lock(mutex_);
    ++counters_.dropped;
}

void Bridge::reject(const Message& message, std::string_view why) {
    std::uint64_t count = 0;
    {
        const std::lock_guard lock(mutex_);
        count = ++counters_.rejected;
    }
    broker_.load()->acknowledge(message->ticket);
    if (count <= kProblemsShown) {
        problem_(fmt::format("mqtt: {} is refused: {}", message->topic, why));
    }
}

void Bridge::hold(const Message& message) {
    const std::lock_guard lock(mutex_);
    held_.push_back(message);  // no more than the broker sends without an acknowledgement
}

/// A client id may hold spaces: the topic begins where one of ours can. Who chooses an id that
/// looks like a topic could have subscribed to that topic.
void Bridge::hear(const Message& message) {
    if (options_.hears) {
        options_.hears();
    }
    std::string_view text = message->payload;
    text.remove_prefix(std::min(text.find(": ") + 2, text.size()));
    const bool ours = text.starts_with(options_.client_id + ' ');
    for (const char qos : {'0', '1', '2'}) {
        const auto mark = fmt::format(" {} {}v1.", qos, options_.topic_prefix);
        if (const auto at = text.find(mark); at != std::string_view::npos && !ours) {
            options_.subscribed(text.substr(at + 3 + options_.topic_prefix.size()));
            break;
        }
    }
    broker_.load()->acknowledge(message->ticket);
}

void Bridge::work() {
    auto again_at = std::chrono::steady_clock::now() + options_.retry;
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait_until(lock, again_at, [this] { return closed_; });
        if (closed_) {
            return;
        }
        if (std::chrono::steady_clock::now() < again_at) {
            continue;
        }
        const auto held = std::exchange(held_, {});
        counters_.retried += held.size();
        lock.unlock();
        for (const auto& message : held) {
            take(message);
        }
        lock.lock();
        again_at = std::chrono::steady_clock::now() + options_.retry;
    }
}

void Bridge::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake_.notify_all();
}

BridgeCounters Bridge::counters() const {
    const std::lock_guard lock(mutex_);
    auto out = counters_;
    out.held = held_.size();
    return out;
}

}  // namespace chengshu::mqtt_edge
