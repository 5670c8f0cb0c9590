#include "load/engine.hpp"
#include "load/get.hpp"
#include "load/lifecycle.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

namespace {

using chengshu::load::EngineConfig;

void add_engine_options(CLI::App& app, EngineConfig& config) {
    app.add_option("--host", config.host, "IP address of the server")->capture_default_str();
    app.add_option("--port", config.port, "its port")->capture_default_str();
    app.add_option("-c,--connections", config.connections, "keep-alive connections")
        ->capture_default_str();
    app.add_option(
           "-r,--rate",
           config.jobs_per_second,
           "jobs begun per second (open loop); 0: as fast as the answers come"
    )
        ->capture_default_str();
    app.add_flag("--poisson", config.poisson, "open loop with random gaps");
    app.add_option("--seed", config.seed, "of all random choices")->capture_default_str();
    app.add_option_function<double>(
        "-w,--warmup",
        [&config](double s) {
            config.warmup = std::chrono::milliseconds{static_cast<std::int64_t>(s * 1000)};
        },
        "seconds that are not measured (1)"
    );
    app.add_option_function<double>(
        "-d,--duration",
        [&config](double s) {
            config.duration = std::chrono::milliseconds{static_cast<std::int64_t>(s * 1000)};
        },
        "seconds that are measured (10)"
    );
}

int run_and_print(const EngineConfig& config, chengshu::load::Scenario& scenario) {
    const auto result = chengshu::load::run(config, scenario);
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().context.c_str());
        return 1;
    }
    std::fputs(result.value().to_json().c_str(), stdout);
    return result.value().jobs_good > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"HTTP load for a Chengshu server; prints one JSON object"};
    app.require_subcommand(1);
    EngineConfig engine;
    add_engine_options(app, engine);
    app.fallthrough();

    auto* get = app.add_subcommand("get", "GET of one or more targets in turn");
    std::vector<std::string> targets;
    std::string token;
    bool gzip = false;
    get->add_option("targets", targets, "for example /api/v1/city")->required();
    get->add_option("--token", token, "bearer token");
    get->add_flag("--gzip", gzip, "accept compressed answers");

    auto* lifecycle = app.add_subcommand("lifecycle", "create, assign, resolve and search a case");
    chengshu::load::LifecycleConfig life;
    std::string samples_file;
    lifecycle->add_option("--base", life.base, "prefix of the API")->capture_default_str();
    lifecycle->add_option("--samples", samples_file, "file with lines of category,standard,lon,lat")
        ->required();
    lifecycle->add_option("--reporter-token", life.reporter_token, "bearer token for create");
    lifecycle->add_option(
        "--dispatcher-token", life.dispatcher_token, "bearer token for assign and search"
    );
    lifecycle->add_option("--handler-token", life.handler_token, "bearer token for resolve");
    lifecycle->add_option("--assign-body", life.assign_body, "JSON of the transition")
        ->capture_default_str();
    lifecycle->add_option("--resolve-body", life.resolve_body, "JSON of the transition")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    if (*get) {
        std::string headers = token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
        headers += gzip ? "Accept-Encoding: gzip\r\n" : "";
        chengshu::load::GetScenario scenario{targets, headers};
        return run_and_print(engine, scenario);
    }
    std::ifstream in{samples_file, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    auto samples = chengshu::load::parse_samples(text);
    if (!in.is_open() || !samples) {
        std::fprintf(
            stderr,
            "%s: %s\n",
            samples_file.c_str(),
            in.is_open() ? samples.error().context.c_str() : "cannot be read"
        );
        return 1;
    }
    life.samples = std::move(samples).value();
    life.seed = engine.seed;
    chengshu::load::LifecycleScenario scenario{std::move(life)};
    return run_and_print(engine, scenario);
}
