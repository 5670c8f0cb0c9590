#include "sensing.hpp"

#include "adapters/duckdb/duck_observations.hpp"
#include "adapters/postgres/pg_observations.hpp"
#include "monitor.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace chengshu::app {
namespace {

/// How soon observations are looked at that arrived without a call of wake().
constexpr std::chrono::seconds kTendInterval{1};

/// What is expected of a stream's readings; null for a MultiDatastream, which has several
/// properties and no single range.
std::shared_ptr<const sensing::QualityRule>
rule_of(const sensing::Registry& registry, const city::City& city, std::int64_t id) {
    const auto stream = registry.find({sensing::EntityType::Datastream, id});
    if (!stream) {
        return nullptr;
    }
    const auto place = services::place_of(registry, *stream);
    return std::make_shared<const sensing::QualityRule>(
        services::quality_rule(city, place.quantity, place.interval_s)
    );
}

}  // namespace

Result<std::unique_ptr<ports::ObservationStore>> open_observations(const Runtime& run) {
    if (run.settings.text("store.kind") == "postgres") {
        postgres::ObservationOptions options;
        options.export_folder = (run.data / "exports").string();
        CS_TRY(
            store,
            postgres::PgObservations::open(run.settings.text("store.postgres"), std::move(options))
        );
        return std::unique_ptr<ports::ObservationStore>(std::move(store));
    }
    duckdb::Options options;
    options.export_folder = (run.data / "exports").string();
    std::error_code error;
    std::filesystem::create_directories(run.data, error);
    CS_TRY(
        store, duckdb::DuckObservations::open((run.data / "observations.duckdb").string(), options)
    );
    return std::unique_ptr<ports::ObservationStore>(std::move(store));
}

AlarmThread::AlarmThread(
    services::AlarmRules& rules,
    services::SensingEntities& entities,
    services::Submitter& submitter,
    std::function<void(const std::string&)> problem
)
    : rules_(rules),
      entities_(entities),
      submitter_(submitter),
      problem_(std::move(problem)),
      looked_(rules.cursor()),
      thread_([this] { run(); }) {}

AlarmThread::~AlarmThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void AlarmThread::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void AlarmThread::run() {
    bool more = true;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (!more) {
                wake_.wait_for(lock, kTendInterval, [this] { return stopping_ || woken_; });
            }
            if (stopping_) {
                return;
            }
            woken_ = false;
        }
        tend();
        more = look();
    }
}

void AlarmThread::tend() {
    const auto now = std::chrono::steady_clock::now();
    if (now - tended_ >= kTendInterval) {
        tended_ = now;
        entities_.tend(submitter_);
    }
}

bool AlarmThread::look() {
    const bool more = look_at_page();
    looked_ = rules_.cursor();
    return more;
}

bool AlarmThread::look_at_page() {
    auto page = rules_.next(rules_.cursor());
    if (!page) {
        problem_("alarms: " + page.error().context);
        return false;
    }
    const bool more = page->more;
    if (!page->due) {
        rules_.skip(*page);
        return more;
    }
    std::mutex mutex;
    std::condition_variable finished;
    std::optional<Result<services::AlarmsOutcome>> outcome;
    const bool taken =
        submitter_.submit(rules_.job(std::move(*page), [&](Result<services::AlarmsOutcome> done) {
            const std::lock_guard lock(mutex);
            outcome = std::move(done);
            finished.notify_one();
        }));
    if (!taken) {
        return false;  // the queue is full; the same page is read again
    }
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return outcome.has_value(); });
    if (!*outcome) {
        problem_("alarms: " + outcome->error().context);
        return false;
    }
    for (const auto& line : (*outcome)->problems) {
        problem_(line);
    }
    return more;
}

Result<std::unique_ptr<Sensing>>
Sensing::open(Runtime& run, services::CurrentDefinitions& definitions) {
    CS_TRY(sight, services::parse_public_sight(run.settings.text("sensing.public")));
    std::unique_ptr<Sensing> out(new Sensing());
    services::IngestLimits limits;
    limits.waiting_rows = static_cast<std::size_t>(run.settings.count("sensing.queue_rows"));
    limits.waiting_bytes = static_cast<std::size_t>(run.settings.count("sensing.queue_bytes"));
    limits.client_percent = static_cast<std::size_t>(run.settings.count("sensing.client_percent"));
    CS_TRY(store, open_observations(run));
    out->store_ = std::move(store);
    out->watched_ = std::make_unique<services::WatchedObservations>(*out->store_);
    out->ingest_ = std::make_unique<services::Ingest>(
        *out->watched_,
        *run.clock,
        limits,
        [self = out.get(), &definitions](std::int64_t id) {
            return rule_of(self->entities_->registry(), *definitions.get()->city, id);
        }
    );
    out->entities_ = std::make_unique<services::SensingEntities>(definitions, *out->ingest_, sight);
    CS_CHECK(out->entities_->load(*run.store));
    CS_CHECK(out->entities_->resume(*run.store));
    out->rules_ = std::make_unique<services::AlarmRules>(definitions, *out->entities_);
    CS_CHECK(out->rules_->load(*run.store));
    out->run_ = &run;
    out->definitions_ = &definitions;
    out->retention_ = std::make_unique<services::Retention>(
        definitions, *out->entities_, *out->watched_, *run.clock
    );
    out->retention_interval_ = run.settings.time("sensing.retention_interval");
    return out;
}

Sensing::~Sensing() {
    stop();
}

Status
Sensing::start(services::Submitter& submitter, services::LiveIndicators& live, Problem problem) {
    watch_ = std::make_unique<services::RuleWatch>(*definitions_, *entities_, &live);
    CS_CHECK(watch_->load(*run_->store));
    alarms_ = std::make_unique<AlarmThread>(*rules_, *entities_, submitter, problem);
    {
        const std::lock_guard lock(watching_mutex_);
        watching_ =
            std::make_unique<RuleThread>(*watch_, *run_->store, *run_->clock, submitter, problem);
    }
    retaining_ =
        std::make_unique<RetentionThread>(*retention_, retention_interval_, std::move(problem));
    submitter_ = &submitter;
    ingest_->listen([this](std::span<const sensing::Observation>) { alarms_->wake(); });
    worker_ = std::thread([this] { ingest_->work(); });
    return ok();
}

void Sensing::wake_rules() {
    const std::lock_guard lock(watching_mutex_);
    if (watching_) {
        watching_->wake();
    }
}

void Sensing::append_metrics(std::string& out) const {
    const auto counters = ingest_->counters();
    const auto counter = [&](std::string_view name, std::uint64_t value) {
        append_metric(out, fmt::format("chengshu_ingest_{}_total", name), "counter", value);
    };
    counter("requests", counters.requests);
    counter("rows", counters.rows);
    counter("bytes", counters.bytes);
    counter("commits", counters.commits);
    counter("flagged_rows", counters.flagged);
    counter("repeated", counters.repeated);
    counter("refused", counters.refused);
    counter("throttled", counters.throttled);
    counter("failed", counters.failed);
    append_metric(out, "chengshu_ingest_waiting_requests", "gauge", counters.waiting_requests);
    append_metric(out, "chengshu_ingest_waiting_rows", "gauge", counters.waiting_rows);
    append_metric(out, "chengshu_ingest_waiting_bytes", "gauge", counters.waiting_bytes);
    const auto& thinned = retaining_->counters();
    append_metric(
        out,
        "chengshu_retention_rows_total",
        "counter",
        static_cast<std::uint64_t>(thinned.rows_removed.load())
    );
    append_metric(
        out,
        "chengshu_retention_hours_total",
        "counter",
        static_cast<std::uint64_t>(thinned.hours_written.load())
    );
    if (const auto stats = store_->stats()) {
        const auto behind = std::max<std::int64_t>(0, stats->last_id - alarms_->looked());
        append_metric(
            out, "chengshu_observations", "gauge", static_cast<std::uint64_t>(stats->rows)
        );
        append_metric(
            out, "chengshu_observation_bytes", "gauge", static_cast<std::uint64_t>(stats->bytes)
        );
        append_metric(
            out, "chengshu_alarm_rows_behind", "gauge", static_cast<std::uint64_t>(behind)
        );
    }
}

void Sensing::stop() {
    retaining_.reset();
    if (worker_.joinable()) {
        ingest_->close();
        worker_.join();
    }
    std::unique_ptr<RuleThread> watching;
    {
        const std::lock_guard lock(watching_mutex_);
        watching.swap(watching_);
    }
    watching.reset();
    alarms_.reset();
    if (submitter_ != nullptr) {
        entities_->tend(*std::exchange(submitter_, nullptr));
    }
}

}  // namespace chengshu::app
