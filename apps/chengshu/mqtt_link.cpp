#include "mqtt_link.hpp"

#include "monitor.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace chengshu::app {
namespace {

/// The first line of a file that only the operator can read; empty when the setting is.
Result<std::string> secret_of(const Settings& settings, std::string_view name) {
    const auto path = settings.text(name);
    if (path.empty()) {
        return std::string();
    }
    std::ifstream in(path);
    std::string line;
    if (!std::getline(in, line) || line.empty()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("setting {}: {} cannot be read or is empty", name, path),
            std::string(name)
        );
    }
    return line;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string word; in >> word;) {
        out.push_back(std::move(word));
    }
    return out;
}

std::string prefix_of(const Settings& settings) {
    auto out = settings.text("mqtt.prefix");
    return out.empty() || out.ends_with('/') ? out : out + '/';
}

Result<std::string> token_of(const Settings& settings) {
    CS_TRY(token, secret_of(settings, "mqtt.token_file"));
    if (token.empty()) {
        return fail(
            ErrorCode::InvalidInput,
            "setting mqtt.token_file: messages are taken on behalf of an account; give a file that "
            "holds its token",
            "mqtt.token_file"
        );
    }
    return token;
}

/// The words of mqtt.publish.
struct Published {
    sensorthings::LiveOptions live;
    bool subscribed = false;
};

Result<Published> published(const Settings& settings) {
    Published out;
    out.live.observations = false;
    out.live.entities = false;
    constexpr std::string_view kSet = "Observations";
    for (const auto& word : words_of(settings.text("mqtt.publish"))) {
        if (word == kSet) {
            out.live.observations = true;
        } else if (word == "entities") {
            out.live.entities = true;
        } else if (word == "subscribed") {
            out.subscribed = true;
        } else if (word.starts_with("Observations?$select=")) {
            out.live.observation_options.push_back(word.substr(kSet.size()));
        } else {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "setting mqtt.publish: \"{}\" is none of Observations, "
                    "Observations?$select=…, entities, subscribed",
                    word
                ),
                "mqtt.publish"
            );
        }
    }
    return out;
}

Result<mqtt::ClientOptions> client_options(const Settings& settings) {
    mqtt::ClientOptions out;
    CS_CHECK(mqtt::read_url(settings.text("mqtt.url"), out));
    out.client_id = settings.text("mqtt.client_id");
    out.user = settings.text("mqtt.user");
    CS_TRY(password, secret_of(settings, "mqtt.password_file"));
    out.password = std::move(password);
    out.ca_file = settings.text("mqtt.ca_file");
    out.in_flight = static_cast<std::uint16_t>(settings.count("mqtt.in_flight"));
    return out;
}

}  // namespace

std::unique_ptr<sensorthings::MqttDoor> mqtt_door(const Settings& settings) {
    if (settings.text("mqtt.url").empty()) {
        return nullptr;
    }
    auto out = std::make_unique<sensorthings::MqttDoor>();
    out->endpoints = words_of(settings.text("mqtt.public_url"));
    if (out->endpoints.empty()) {
        out->endpoints.push_back(settings.text("mqtt.url"));
    }
    return out;
}

Result<std::unique_ptr<MqttLink>> MqttLink::make(
    const Settings& settings,
    http::Handler& handler,
    const sensorthings::Ports& ports,
    services::Ingest& ingest,
    sensorthings::MqttDoor& door,
    Problem problem
) {
    std::unique_ptr<MqttLink> out(new MqttLink());
    CS_TRY(wanted, published(settings));
    mqtt_edge::BridgeOptions options;
    options.topic_prefix = prefix_of(settings);
    options.client_id = settings.text("mqtt.client_id");
    CS_TRY(token, token_of(settings));
    options.token = token;
    wanted.live.token = std::move(token);
    CS_TRY(live, sensorthings::Live::make(ports, std::move(wanted.live)));
    out->live_ = std::move(live);
    if (wanted.subscribed) {
        options.hears = [&door] { door.tells_all = true; };
        options.subscribed = [live = out->live_.get()](std::string_view topic) {
            static_cast<void>(live->subscribed(topic));  // what is no topic of ours concerns others
        };
    }
    mqtt_edge::PublisherOptions publishing;
    publishing.topic_prefix = options.topic_prefix;
    publishing.observations_per_s = settings.count("mqtt.publish_rate");
    out->bridge_ = std::make_unique<mqtt_edge::Bridge>(handler, std::move(options), problem);
    out->publisher_ = std::make_unique<mqtt_edge::Publisher>(
        [live = out->live_.get()](const auto& update, const auto& emit) {
            return live->tell(update, emit);
        },
        publishing,
        problem
    );
    if (!words_of(settings.text("mqtt.publish")).empty()) {
        auto* const publisher = out->publisher_.get();
        ingest.listen([publisher](auto rows) { publisher->observed(rows); });
        ingest.listen_changes([publisher](const auto& update) { publisher->changed({&update, 1}); }
        );
        ports.entities.listen([publisher](auto updates) { publisher->changed(updates); });
    }
    CS_TRY(client, client_options(settings));
    client.filters = out->bridge_->filters();
    client.optional_filters = out->bridge_->optional_filters();
    out->client_ = std::make_unique<mqtt::MqttClient>(
        std::move(client),
        [bridge = out->bridge_.get()](ports::BrokerMessage message) {
            bridge->receive(std::move(message));
        },
        std::move(problem)
    );
    out->bridge_->attach(*out->client_);
    out->publisher_->attach(*out->client_);
    out->retrying_ = std::thread([bridge = out->bridge_.get()] { bridge->work(); });
    out->publishing_ = std::thread([publisher = out->publisher_.get()] { publisher->work(); });
    return out;
}

MqttLink::~MqttLink() {
    stop();
    client_.reset();
}

void MqttLink::stop() {
    bridge_->close();
    publisher_->close();
    for (auto* thread : {&retrying_, &publishing_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

void MqttLink::append_metrics(std::string& out) const {
    const auto counter = [&](std::string_view name, std::uint64_t value) {
        append_metric(out, fmt::format("chengshu_mqtt_{}_total", name), "counter", value);
    };
    const auto gauge = [&](std::string_view name, std::uint64_t value) {
        append_metric(out, fmt::format("chengshu_mqtt_{}", name), "gauge", value);
    };
    const auto client = client_->counters();
    const auto taken = bridge_->counters();
    const auto told = publisher_->counters();
    gauge("connected", client.connected ? 1 : 0);
    counter("connections", client.connections);
    counter("received", client.received);
    counter("taken", taken.taken);
    counter("rejected", taken.rejected);
    counter("retried", taken.retried);
    counter("dropped", taken.dropped);
    gauge("held", taken.held);
    counter("published", told.published);
    counter("unpublished", told.dropped);
    counter("skipped_updates", told.skipped);
    gauge("waiting_updates", told.waiting);
    gauge("subscribed_topics", live_->topics());
}

}  // namespace chengshu::app
