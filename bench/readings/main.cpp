// Sends readings as gateways do: in batches or one by one over HTTP, or over MQTT.

#include "domain/sensing/ingest.hpp"
#include "load/engine.hpp"
#include "readings/mqtt_load.hpp"
#include "readings/readings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>

namespace {

using namespace chengshu::load;

const std::map<std::string, Format> kFormats{
    {"ndjson", Format::Ndjson},
    {"line", Format::Line},
    {"dataarray", Format::DataArray},
    {"csv", Format::Csv},
};

void add_fleet(CLI::App& app, Fleet& fleet) {
    app.add_option("--streams", fleet.streams, "how many send")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--first-stream", fleet.first_stream, "id of the first; the others follow")
        ->capture_default_str();
    app.add_option("--prefix", fleet.prefix, "codes are this and 1, 2 …")->capture_default_str();
    app.add_option("--datastream", fleet.datastream, "name of each stream")->capture_default_str();
    app.add_option("--start", fleet.start, "of the first readings, ms since 1970")
        ->capture_default_str();
    app.add_option("--interval", fleet.interval, "ms between two readings of a stream")
        ->check(CLI::Range(10, 86'400'000))
        ->capture_default_str();
}

int complain(const chengshu::Error& error) {
    std::fprintf(stderr, "%s\n", error.context.c_str());
    return 1;
}

int send_http(const EngineConfig& engine, const ReadingsConfig& config) {
    ReadingsScenario scenario{config, engine.connections};
    const auto result = run(engine, scenario);
    if (!result) {
        return complain(result.error());
    }
    std::fputs(result->to_json().c_str(), stdout);
    return result->jobs_good == engine.jobs ? 0 : 1;
}

int send_mqtt(const MqttConfig& config) {
    const auto result = publish_readings(config);
    if (!result) {
        return complain(result.error());
    }
    fmt::print(
        "{{\"messages\":{},\"published_s\":{:.3f},\"drained_s\":{:.3f}}}\n",
        config.messages,
        result->published_s,
        result->drained_s
    );
    return 0;
}

/// As many rows as asked for, as text.
int print_rows(const ReadingsConfig& config, std::int64_t rows) {
    constexpr std::int64_t kPart = 10'000;
    Gateway gateway{config.fleet, 0, 1, config.format == Format::DataArray ? kReadingsOfAGroup : 1};
    std::string text;
    for (std::int64_t left = rows; left > 0; left -= std::min(left, kPart)) {
        const auto part = config.format == Format::DataArray ? left : std::min(left, kPart);
        write_batch(config.format, config.fleet, gateway, static_cast<int>(part), text);
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
            return 1;
        }
        if (part == left) {
            break;
        }
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}

/// Counts what a parser finds.
class Counter final : public chengshu::sensing::ReadingSink {
public:
    bool reading(const chengshu::sensing::Reading&) override {
        ++good_;
        return true;
    }

    bool wrong(chengshu::sensing::RowError) override { return true; }

    [[nodiscard]] std::int64_t good() const { return good_; }

private:
    std::int64_t good_ = 0;
};

/// Processor time that our parsers take for a row.
int time_parser(const ReadingsConfig& config, std::int64_t rows) {
    using chengshu::sensing::TimeUnit;
    Gateway gateway{config.fleet, 0, 1};
    std::string text;
    write_batch(config.format, config.fleet, gateway, static_cast<int>(rows), text);
    Counter counter;
    const auto start = std::clock();
    if (config.format == Format::Line) {
        chengshu::sensing::read_lines(text, TimeUnit::Milliseconds, counter);
    } else {
        chengshu::sensing::read_ndjson(text, TimeUnit::Milliseconds, counter);
    }
    const auto seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    fmt::print(
        "{{\"rows\":{},\"bytes_per_row\":{:.1f},\"ns_per_row\":{:.1f}}}\n",
        counter.good(),
        static_cast<double>(text.size()) / static_cast<double>(rows),
        seconds * 1e9 / static_cast<double>(rows)
    );
    return counter.good() == rows ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Readings of many streams, sent as gateways do; prints one JSON object"};
    app.require_subcommand(1);
    app.fallthrough();
    EngineConfig engine;
    engine.warmup = std::chrono::milliseconds{0};
    engine.duration = std::chrono::hours{1};
    ReadingsConfig config;
    MqttConfig mqtt;
    std::int64_t rows = 1'000'000;
    add_fleet(app, config.fleet);
    app.add_option("--host", engine.host, "IP address")->capture_default_str();
    app.add_option("--port", engine.port, "of the server or broker");
    app.add_option("-c,--connections", engine.connections)->capture_default_str();
    app.add_option("-n,--readings", rows, "to be sent in all")->capture_default_str();
    const auto formats = CLI::CheckedTransformer(kFormats, CLI::ignore_case);

    auto* batch = app.add_subcommand("batch", "many readings a request");
    batch->add_option("--format", config.format)->transform(formats);
    batch->add_option("--rows", config.rows, "of a request")->check(CLI::Range(1, 1'000'000));
    batch->add_flag("--gzip", config.gzip);
    batch->add_option("--target", config.target, "of another server than ours");
    auto* single = app.add_subcommand("single", "SensorThings, one reading a request");
    for (auto* sub : {batch, single}) {
        sub->add_option("--token", config.token, "bearer token");
        sub->add_option("--run", config.run, "keys begin with this")->capture_default_str();
    }
    auto* over_mqtt = app.add_subcommand("mqtt", "one reading a message, QoS 1");
    over_mqtt->add_option("--window", mqtt.window, "messages in flight of a connection");
    over_mqtt->add_flag("--drain", mqtt.drain, "receive everything, too, and drop it");
    auto* print = app.add_subcommand("print", "the readings as text");
    print->add_option("--format", config.format)->transform(formats);
    auto* parse = app.add_subcommand("parse", "time our parsers, without a server");
    parse->add_option("--format", config.format, "ndjson or line")->transform(formats);
    CLI11_PARSE(app, argc, argv);

    if (*parse) {
        return time_parser(config, std::min<std::int64_t>(rows, 10'000'000));
    }
    if (*print) {
        return print_rows(config, rows);
    }
    if (*over_mqtt) {
        mqtt.host = engine.host;
        mqtt.port = engine.port;
        mqtt.connections = engine.connections;
        mqtt.messages = rows;
        mqtt.fleet = config.fleet;
        return send_mqtt(mqtt);
    }
    config.single = static_cast<bool>(*single);
    config.keys = !config.run.empty();
    const std::int64_t per_request = config.single ? 1 : config.rows;
    engine.jobs = static_cast<std::uint64_t>(std::max<std::int64_t>(rows / per_request, 1));
    return send_http(engine, config);
}
