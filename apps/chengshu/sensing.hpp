#pragma once

#include "ports/observation_store.hpp"
#include "retention_thread.hpp"
#include "rule_thread.hpp"
#include "runtime.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/ingest.hpp"
#include "services/sensing/retention.hpp"
#include "services/sensing/rules.hpp"
#include "services/sensing/watched_observations.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace chengshu::app {

/// The observations of a data folder: beside the cases in PostgreSQL when they are there, else
/// <data>/observations.duckdb, made when it does not exist. One process at a time.
Result<std::unique_ptr<ports::ObservationStore>> open_observations(const Runtime& run);

/// Lets the alarm rules look at new observations and, every second, what changes of terminals have
/// left to do go on; on a thread of its own.
class AlarmThread {
public:
    AlarmThread(
        services::AlarmRules& rules,
        services::SensingEntities& entities,
        services::Submitter& submitter,
        std::function<void(const std::string&)> problem
    );
    AlarmThread(const AlarmThread&) = delete;
    AlarmThread& operator=(const AlarmThread&) = delete;
    /// Waits for the page that is being looked at; the submitter must still answer.
    ~AlarmThread();

    /// There are new observations. Any thread.
    void wake();

    /// Every observation with an id up to this has been looked at. Any thread.
    [[nodiscard]] std::int64_t looked() const { return looked_; }

private:
    void run();
    void tend();
    /// Whether there is more to look at already.
    bool look();
    bool look_at_page();

    services::AlarmRules& rules_;
    services::SensingEntities& entities_;
    services::Submitter& submitter_;
    std::function<void(const std::string&)> problem_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = false;
    bool stopping_ = false;
    std::atomic<std::int64_t> looked_;
    std::chrono::steady_clock::time_point tended_;  ///< of its own thread
    std::thread thread_;
};

/// Everything that a running server does with terminals and their observations.
class Sensing {
public:
    using Problem = std::function<void(const std::string&)>;

    /// Opens the store and reads the terminals.
    static Result<std::unique_ptr<Sensing>>
    open(Runtime& run, services::CurrentDefinitions& definitions);
    Sensing(const Sensing&) = delete;
    Sensing& operator=(const Sensing&) = delete;
    ~Sensing();

    /// Stores what comes and looks at it, until stop(). Everything given outlives that.
    Status start(services::Submitter& submitter, services::LiveIndicators& live, Problem problem);
    /// Values have changed: rules look at them. Any thread, any time.
    void wake_rules();
    /// After the last request, before the submitter stops: what has been taken is stored.
    /// Idempotent.
    void stop();

    [[nodiscard]] services::WatchedObservations& store() { return *watched_; }

    [[nodiscard]] services::SensingEntities& entities() { return *entities_; }

    [[nodiscard]] services::Ingest& ingest() { return *ingest_; }

    /// For /metrics, between start() and stop(). Any thread.
    void append_metrics(std::string& out) const;

private:
    Sensing() = default;

    std::unique_ptr<ports::ObservationStore> store_;
    std::unique_ptr<services::WatchedObservations> watched_;
    std::unique_ptr<services::Ingest> ingest_;
    std::unique_ptr<services::SensingEntities> entities_;
    std::unique_ptr<services::AlarmRules> rules_;
    std::unique_ptr<AlarmThread> alarms_;
    std::unique_ptr<services::RuleWatch> watch_;
    std::mutex watching_mutex_;  ///< of the pointer
    std::unique_ptr<RuleThread> watching_;
    Runtime* run_ = nullptr;
    services::CurrentDefinitions* definitions_ = nullptr;
    std::unique_ptr<services::Retention> retention_;
    std::unique_ptr<RetentionThread> retaining_;
    std::chrono::milliseconds retention_interval_{};
    services::Submitter* submitter_ = nullptr;
    std::thread worker_;
};

/// Ends what terminals do before the live values that it looks at, wherever the start gives up.
class SensingAtWork {
public:
    explicit SensingAtWork(Sensing& sensing) : sensing_(sensing) {}

    SensingAtWork(const SensingAtWork&) = delete;
    SensingAtWork& operator=(const SensingAtWork&) = delete;

    ~SensingAtWork() { sensing_.stop(); }

private:
    Sensing& sensing_;
};

}  // namespace chengshu::app
