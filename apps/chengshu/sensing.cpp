#include "sensing.hpp"

#include "adapters/duckdb/duck_observations.hpp"
#include "adapters/postgres/pg_observations.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace chengshu::app {
namespace {

/// How soon observations are looked at that arrived without a call of wake().
constexpr std::chrono::seconds kLookInterval{1};

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
                wake_.wait_for(lock, kLookInterval, [this] { return stopping_ || woken_; });
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
    if (now - tended_ >= kLookInterval) {
        tended_ = now;
        entities_.tend(submitter_);
    }
}

bool AlarmThread::look() {
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
    CS_TRY(store, open_observations(run));
    out->store_ = std::move(store);
    out->ingest_ = std::make_unique<services::Ingest>(
        *out->store_,
        *run.clock,
        services::IngestLimits{},
        [self = out.get(), &definitions](std::int64_t id) {
            return rule_of(self->entities_->registry(), *definitions.get()->city, id);
        }
    );
    out->entities_ = std::make_unique<services::SensingEntities>(definitions, *out->ingest_, sight);
    CS_CHECK(out->entities_->load(*run.store));
    CS_CHECK(out->entities_->resume(*run.store));
    out->rules_ = std::make_unique<services::AlarmRules>(definitions, *out->entities_);
    CS_CHECK(out->rules_->load(*run.store));
    return out;
}

Sensing::~Sensing() {
    stop();
}

void Sensing::start(services::Submitter& submitter, Problem problem) {
    alarms_ = std::make_unique<AlarmThread>(*rules_, *entities_, submitter, std::move(problem));
    submitter_ = &submitter;
    ingest_->listen([this](std::span<const sensing::Observation>) { alarms_->wake(); });
    worker_ = std::thread([this] { ingest_->work(); });
}

void Sensing::stop() {
    if (worker_.joinable()) {
        ingest_->close();
        worker_.join();
    }
    alarms_.reset();
    if (submitter_ != nullptr) {
        entities_->tend(*std::exchange(submitter_, nullptr));
    }
}

}  // namespace chengshu::app
