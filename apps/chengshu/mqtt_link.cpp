#include "mqtt_link.hpp"

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

Result<mqtt_edge::BridgeOptions> bridge_options(const Settings& settings) {
    mqtt_edge::BridgeOptions out;
    out.topic_prefix = settings.text("mqtt.prefix");
    if (!out.topic_prefix.empty() && !out.topic_prefix.ends_with('/')) {
        out.topic_prefix += '/';
    }
    CS_TRY(token, secret_of(settings, "mqtt.token_file"));
    if (token.empty()) {
        return fail(
            ErrorCode::InvalidInput,
            "setting mqtt.token_file: messages are taken on behalf of an account; give a file that "
            "holds its token",
            "mqtt.token_file"
        );
    }
    out.token = std::move(token);
    out.publish = words_of(settings.text("mqtt.publish"));
    for (const auto& what : out.publish) {
        if (what != "Observations" && !what.starts_with("Observations?$select=")) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "setting mqtt.publish: \"{}\" is neither Observations nor "
                    "Observations?$select=…",
                    what
                ),
                "mqtt.publish"
            );
        }
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<MqttLink>> MqttLink::make(
    const Settings& settings,
    http::Handler& handler,
    services::SensingEntities& entities,
    services::Ingest& ingest,
    Problem problem
) {
    const auto url = settings.text("mqtt.url");
    if (url.empty()) {
        return std::unique_ptr<MqttLink>();
    }
    CS_TRY(options, bridge_options(settings));
    mqtt::ClientOptions client;
    CS_CHECK(mqtt::read_url(url, client));
    client.client_id = settings.text("mqtt.client_id");
    client.user = settings.text("mqtt.user");
    CS_TRY(password, secret_of(settings, "mqtt.password_file"));
    client.password = std::move(password);
    client.ca_file = settings.text("mqtt.ca_file");
    client.in_flight = static_cast<std::uint16_t>(settings.count("mqtt.in_flight"));

    std::unique_ptr<MqttLink> out(new MqttLink());
    out->bridge_ = std::make_unique<mqtt_edge::Bridge>(
        handler,
        std::move(options),
        [&registry = entities.registry()](std::int64_t id) -> std::string_view {
            const auto stream = services::find_stream(registry, id);
            return stream ? sensing::info(stream->type()).set : std::string_view();
        },
        problem
    );
    client.filters = out->bridge_->filters();
    ingest.listen([bridge = out->bridge_.get()](std::span<const sensing::Observation> rows) {
        bridge->observed(rows);
    });
    out->client_ = std::make_unique<mqtt::MqttClient>(
        std::move(client),
        [bridge = out->bridge_.get()](ports::BrokerMessage message) {
            bridge->receive(std::move(message));
        },
        std::move(problem)
    );
    out->bridge_->attach(*out->client_);
    out->worker_ = std::thread([bridge = out->bridge_.get()] { bridge->work(); });
    return out;
}

MqttLink::~MqttLink() {
    stop();
    client_.reset();
}

void MqttLink::stop() {
    bridge_->close();
    if (worker_.joinable()) {
        worker_.join();
    }
}

}  // namespace chengshu::app
