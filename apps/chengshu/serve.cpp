#include "adapters/http_server/http_server.hpp"
#include "adapters/http_server/reading_threads.hpp"
#include "adapters/http_server/static_files.hpp"
#include "adapters/webhooks/asio_client.hpp"
#include "base/assert.hpp"
#include "base/messages.hpp"
#include "commands.hpp"
#include "edge/api/api.hpp"
#include "edge/http/client_address.hpp"
#include "edge/open311/open311.hpp"
#include "edge/sensorthings/sensorthings.hpp"
#include "live_link.hpp"
#include "monitor.hpp"
#include "mqtt_link.hpp"
#include "operator.hpp"
#include "sensing.hpp"
#include "services/city_revisions.hpp"
#include "services/maintenance.hpp"
#include "services/report_limit.hpp"
#include "services/sensing/gateway.hpp"
#include "services/webhooks.hpp"
#include "writer_thread.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace chengshu::app {
namespace {

/// The interfaces by their prefix.
class Doors final : public http::Handler {
public:
    void add(std::string prefix, std::shared_ptr<http::Handler> handler) {
        handlers_.emplace_back(std::move(prefix), std::move(handler));
    }

    [[nodiscard]] http::Handler* behind(std::string_view target) const {
        const auto found = std::find_if(handlers_.begin(), handlers_.end(), [&](const auto& door) {
            return target.starts_with(door.first);
        });
        return found == handlers_.end() ? nullptr : found->second.get();
    }

    void handle(http::Request request, http::Reply reply) override {
        auto* handler = behind(request.target);
        CS_ASSERT(handler != nullptr);
        handler->handle(std::move(request), std::move(reply));
    }

private:
    std::vector<std::pair<std::string, std::shared_ptr<http::Handler>>> handlers_;
};

/// Which part answers an address: an interface, else the pages.
class Root final : public http::Handler {
public:
    void set_proxies(std::vector<std::string> proxies) { proxies_ = std::move(proxies); }

    void set_report_limit(std::unique_ptr<services::ReportLimit> limit) {
        report_limit_ = std::move(limit);
    }

    void set_gateway(std::unique_ptr<services::Gateway> gateway) { gateway_ = std::move(gateway); }

    void set_doors(std::shared_ptr<Doors> doors, unsigned readers, std::size_t waiting_max) {
        doors_ = doors;
        reading_ = std::make_unique<http::ReadingThreads>(
            std::move(doors), readers, waiting_max, api::only_reads
        );
    }

    void set_pages(std::shared_ptr<http::StaticFiles> pages) { pages_ = std::move(pages); }

    void handle(http::Request request, http::Reply reply) override {
        request.peer = http::client_address(request, proxies_);
        if (doors_->behind(request.target) != nullptr) {
            reading_->handle(std::move(request), std::move(reply));
            return;
        }
        if (pages_) {
            reply(pages_->get(request));
            return;
        }
        http::Response response;
        response.status = 404;
        response.headers.set("Content-Type", "text/plain; charset=utf-8");
        response.body = "There are no pages here; the interface is below /api/v1\n";
        reply(std::move(response));
    }

private:
    std::vector<std::string> proxies_;
    std::unique_ptr<services::ReportLimit> report_limit_;  ///< the doors refer to it
    std::unique_ptr<services::Gateway> gateway_;           ///< likewise
    std::shared_ptr<Doors> doors_;
    std::shared_ptr<http::StaticFiles> pages_;
    std::unique_ptr<http::ReadingThreads> reading_;  ///< ends first
};

/// Submits the maintenance job at its interval, one at a time, and forgets old keys.
class Heartbeat {
public:
    Heartbeat(
        ports::Store& store,
        ports::Clock& clock,
        WriterThread& writer,
        services::TimerBackoff& backoff,
        std::chrono::milliseconds interval,
        std::function<void(const std::string&)> problem
    )
        : store_(store),
          clock_(clock),
          writer_(writer),
          backoff_(backoff),
          interval_(interval),
          problem_(std::move(problem)),
          thread_([this] { run(); }) {}

    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    ~Heartbeat() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        thread_.join();
    }

private:
    static constexpr int kCasesPerBeat = 500;

    void run() {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) {
            if (running_) {
                continue;
            }
            running_ = true;
            lock.unlock();
            const bool taken = writer_.submit(services::maintenance_job(
                backoff_,
                kCasesPerBeat,
                [this](Result<std::string> reply) { finished(std::move(reply)); }
            ));
            if (auto forgotten = services::forget_old_keys(store_, clock_.now()); !forgotten) {
                problem_("maintenance: " + forgotten.error().context);
            }
            lock.lock();
            running_ = running_ && taken;
        }
        // The writer still owns a job that refers to this object: wait for its end.
        wake_.wait(lock, [this] { return !running_; });
    }

    void finished(Result<std::string> reply) {
        if (reply) {
            report_failures(*reply);
        } else {
            problem_("maintenance: " + reply.error().context);
        }
        {
            const std::lock_guard lock(mutex_);
            running_ = false;
        }
        wake_.notify_all();
    }

    void report_failures(const std::string& reply) {
        const auto document = boost::json::parse(reply);
        const auto& failed = document.at("failed").as_array();
        for (std::size_t i = 0; i < failed.size() && i < kLinesPerBeat; ++i) {
            problem_("timers: " + std::string(std::string_view(failed[i].as_string())));
        }
        if (failed.size() > kLinesPerBeat) {
            problem_(fmt::format("timers: {} more cases", failed.size() - kLinesPerBeat));
        }
    }

    static constexpr std::size_t kLinesPerBeat = 10;

    ports::Store& store_;
    ports::Clock& clock_;
    WriterThread& writer_;
    services::TimerBackoff& backoff_;
    std::chrono::milliseconds interval_;
    std::function<void(const std::string&)> problem_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool running_ = false;
    std::thread thread_;
};

/// Drives the delivery of webhooks: after each commit, when an answer may have come, and when it is
/// time to retry.
class Courier {
public:
    Courier(
        services::WebhookDelivery& delivery,
        ports::Clock& clock,
        std::function<void(const std::string&)> problem
    )
        : delivery_(delivery),
          clock_(clock),
          problem_(std::move(problem)),
          thread_([this] { run(); }) {}

    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    ~Courier() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        thread_.join();
    }

    void wake() {
        {
            const std::lock_guard lock(mutex_);
            woken_ = true;
        }
        wake_.notify_all();
    }

private:
    /// Answers of other systems arrive without a sign: while some are awaited they are looked for
    /// this often.
    static constexpr std::chrono::milliseconds kLook{50};
    static constexpr std::chrono::seconds kRest{5};

    void run() {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            woken_ = false;
            lock.unlock();
            const auto next = delivery_.step(clock_.now());
            if (!next) {
                problem_("webhooks: " + next.error().context);
            }
            Duration pause = kRest;
            if (delivery_.in_flight() > 0) {
                pause = kLook;
            } else if (next) {
                pause = std::clamp<Duration>(*next - clock_.now(), kLook, kRest);
            }
            lock.lock();
            wake_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
        }
    }

    services::WebhookDelivery& delivery_;
    ports::Clock& clock_;
    std::function<void(const std::string&)> problem_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool woken_ = false;
    std::thread thread_;
};

http::ServerConfig public_config(const Settings& settings) {
    http::ServerConfig config;
    config.address = settings.text("http.address");
    config.port = static_cast<std::uint16_t>(settings.count("http.port"));
    config.threads = static_cast<unsigned>(settings.count("http.threads"));
    config.max_body = static_cast<std::size_t>(settings.count("http.body"));
    config.max_connections = static_cast<std::size_t>(settings.count("http.connections"));
    config.tls_certificate = settings.text("http.tls_certificate");
    config.tls_key = settings.text("http.tls_key");
    return config;
}

/// The words of http.proxies; InvalidInput for what is no address.
Result<std::vector<std::string>> proxies_of(const Settings& settings) {
    std::vector<std::string> out;
    std::istringstream words(settings.text("http.proxies"));
    for (std::string word; words >> word;) {
        if (!http::is_ip_address(word)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("setting http.proxies: \"{}\" is not an IP address", word),
                "http.proxies"
            );
        }
        out.push_back(std::move(word));
    }
    return out;
}

std::unique_ptr<services::ReportLimit> report_limit_of(const Settings& settings) {
    const auto rate = settings.count("reports.public_rate");
    if (rate == 0) {
        return nullptr;
    }
    access::RatePolicy policy;
    policy.burst = static_cast<int>(settings.count("reports.public_burst"));
    policy.interval = std::max(Duration{1}, Duration{std::chrono::minutes{1}} / rate);
    return std::make_unique<services::ReportLimit>(policy);
}

sensorthings::Ports sensorthings_ports(
    Runtime& run,
    services::CurrentDefinitions& definitions,
    WriterThread& writer,
    services::Principals& principals,
    Sensing& sensing,
    const sensorthings::MqttDoor* mqtt
) {
    sensorthings::Options options;
    options.public_url = run.settings.text("http.public_url");
    options.body_max = static_cast<std::size_t>(run.settings.count("http.body"));
    options.principals = &principals;
    options.mqtt = mqtt;
    return {*run.store, *run.clock, run.secrets, definitions, writer, sensing.entities(), options};
}

Result<std::shared_ptr<Root>> make_root(
    Runtime& run,
    services::CurrentDefinitions& definitions,
    WriterThread& writer,
    services::Principals& principals,
    Sensing& sensing,
    services::LiveIndicators& live,
    const sensorthings::Ports& sensorthings_ports
) {
    auto root = std::make_shared<Root>();
    auto doors = std::make_shared<Doors>();
    CS_TRY(proxies, proxies_of(run.settings));
    root->set_proxies(std::move(proxies));
    auto limit = report_limit_of(run.settings);
    api::Options options;
    options.report_limit = limit.get();
    options.principals = &principals;
    options.secure_cookies = run.settings.text("http.public_url").starts_with("https");
    options.private_webhooks = run.settings.on("webhooks.private_addresses");
    options.entities = &sensing.entities();
    options.live = &live;
    auto gateway = std::make_unique<services::Gateway>(
        sensing.entities(), sensing.ingest(), writer, *run.clock
    );
    options.gateway = gateway.get();
    options.observations_max = static_cast<std::size_t>(run.settings.count("sensing.unpacked"));
    root->set_gateway(std::move(gateway));
    doors->add(
        "/api/",
        std::make_shared<api::Api>(
            *run.store, *run.clock, run.secrets, *run.blobs, definitions, writer, options
        )
    );
    open311::Options open311_options;
    open311_options.public_url = run.settings.text("http.public_url");
    open311_options.report_limit = limit.get();
    open311_options.principals = &principals;
    open311_options.contact = run.settings.text("open311.contact");
    doors->add(
        "/open311/",
        std::make_shared<open311::Open311>(
            *run.store, *run.clock, run.secrets, *run.blobs, definitions, writer, open311_options
        )
    );
    doors->add(
        sensorthings_ports.options.prefix + "/",
        std::make_shared<sensorthings::SensorThings>(sensorthings_ports)
    );
    root->set_doors(
        std::move(doors),
        static_cast<unsigned>(run.settings.count("http.readers")),
        static_cast<std::size_t>(run.settings.count("http.reads_waiting"))
    );
    root->set_report_limit(std::move(limit));
    if (const auto folder = run.settings.text("web.folder"); !folder.empty()) {
        CS_TRY(pages, http::StaticFiles::load(folder));
        root->set_pages(std::make_shared<http::StaticFiles>(std::move(pages)));
    }
    return root;
}

Status serve(const Common& common, bool trial) {
    // Threads started below inherit the mask, so that the signals arrive at sigwait alone.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    CS_TRY(runtime, open_runtime(common, Open::Existing));
    auto& run = *runtime;
    CS_TRY(first, services::stored_definitions(*run.store));
    services::CurrentDefinitions definitions(first);
    services::Engine engine(*run.store, *run.clock, definitions);
    services::TimerBackoff backoff;
    Metrics metrics;
    const auto problem = [&metrics, &common](std::string_view line) {
        metrics.problem();
        fmt::print(stderr, "chengshu: {}\n", message_in(line, common.language));
    };
    std::unique_ptr<http::HttpServer> server;
    std::unique_ptr<Courier> courier;
    std::mutex listeners;
    services::Principals principals(*run.store, run.secrets);
    LiveLink following;
    engine.on_commit([&](const ports::Changes& changes, Seq head) {
        principals.committed(changes);
        following.committed(changes, head);
        if (changes.journal.empty()) {
            return;
        }
        const std::lock_guard lock(listeners);
        if (server) {
            server->wake();
        }
        if (courier) {
            courier->wake();
        }
    });
    engine.on_doubt([&](Seq told) { following.doubtful(told); });
    std::atomic<bool> broken = false;
    WriterThread writer(
        engine,
        static_cast<std::size_t>(run.settings.count("writer.queue")),
        static_cast<std::size_t>(run.settings.count("writer.batch")),
        [&](const Error& error) {
            problem("what was committed may not be on the disk, the server ends: " + error.context);
            broken = true;
            ::kill(::getpid(), SIGTERM);
        }
    );
    writer.submit(services::warm_up_job());
    CS_TRY(sensing, Sensing::open(run, definitions));
    services::LiveIndicators live(
        *run.store, definitions, &sensing->entities(), live_limits(run.settings)
    );
    live.listen([&] {
        {
            const std::lock_guard lock(listeners);
            if (server) {
                server->wake();
            }
        }
        sensing->wake_rules();
    });
    const LiveLink::Following followed(following, live);
    CS_CHECK(live.start(&sensing->store()));
    const auto door = mqtt_door(run.settings);
    const auto ports =
        sensorthings_ports(run, definitions, writer, principals, *sensing, door.get());
    CS_TRY(root, make_root(run, definitions, writer, principals, *sensing, live, ports));
    auto config = public_config(run.settings);
    config.on_problem = problem;
    config.on_finished =
        [&metrics](
            std::string_view, std::string_view, int status, std::chrono::nanoseconds duration
        ) { metrics.request(status, duration); };
    CS_TRY(started, http::HttpServer::start(config, root));
    {
        const std::lock_guard lock(listeners);
        server = std::move(started);
    }
    const SensingAtWork at_work(*sensing);
    CS_CHECK(sensing->start(writer, live, problem));
    const bool private_addresses = run.settings.on("webhooks.private_addresses");
    webhooks::AsioClient client([private_addresses](std::string_view address) {
        return !private_addresses && services::is_private_address(address);
    });
    services::DeliveryPolicy policy;
    policy.allow_private = private_addresses;
    services::WebhookDelivery delivery(
        *run.store,
        run.secrets,
        client,
        definitions,
        writer,
        static_cast<std::uint64_t>(to_millis(run.clock->now())),
        policy
    );
    {
        const std::lock_guard lock(listeners);
        courier = std::make_unique<Courier>(delivery, *run.clock, problem);
    }
    std::atomic<const MqttLink*> linked = nullptr;
    http::ServerConfig monitor_config;
    monitor_config.address = run.settings.text("monitor.address");
    monitor_config.port = static_cast<std::uint16_t>(run.settings.count("monitor.port"));
    monitor_config.threads = 1;
    monitor_config.on_problem = problem;
    CS_TRY(
        monitor,
        http::HttpServer::start(
            monitor_config,
            std::make_shared<Monitor>(
                *run.store,
                metrics,
                writer,
                backoff,
                [&server] { return server->gauges(); },
                [&sensing = *sensing, &linked, &live](std::string& out) {
                    sensing.append_metrics(out);
                    append_live_metrics(out, live.counters());
                    if (const auto* const link = linked.load()) {
                        link->append_metrics(out);
                    }
                }
            )
        )
    );
    std::unique_ptr<MqttLink> link;
    if (door) {
        CS_TRY(made, MqttLink::make(run.settings, *root, ports, sensing->ingest(), *door, problem));
        link = std::move(made);
        linked = link.get();
    }
    CS_TRY(control, listen_to_operator(run, definitions, writer, *sensing));
    const Heartbeat heartbeat(
        *run.store, *run.clock, writer, backoff, run.settings.time("timers.interval"), problem
    );
    const bool zh = common.language == "zh";
    fmt::print(
        fmt::runtime(
            zh ? "{} 已在 {}://{}:{}/ 提供服务；监控 http://{}:{}/health\n"
               : "{} is served on {}://{}:{}/ ; health and metrics on http://{}:{}/\n"
        ),
        first->city->name().of(common.language),
        config.tls_key.empty() ? "http" : "https",
        config.address,
        server->port(),
        monitor_config.address,
        monitor->port()
    );
    std::fflush(stdout);
    if (!trial) {
        int signal = 0;
        sigwait(&signals, &signal);
        fmt::print(stderr, "{}\n", zh ? "正在停止…" : "Stopping…");
    }
    // Order: no new requests, those in flight finish with their commits, then the writer ends, then
    // the store closes.
    control.reset();
    if (link) {
        link->stop();
    }
    live.stop();
    server->stop(std::chrono::seconds{10});
    {
        std::unique_ptr<Courier> last;
        const std::lock_guard lock(listeners);
        last.swap(courier);
    }
    monitor->stop(std::chrono::seconds{1});
    sensing->stop();
    writer.stop();
    if (broken) {
        return fail(
            ErrorCode::StorageUnavailable,
            "the disk has failed: look at it, then start the server again and run `chengshu verify`"
        );
    }
    return ok();
}

}  // namespace

int run_serve(const Common& common, bool trial) {
    const auto done = serve(common, trial);
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace chengshu::app
