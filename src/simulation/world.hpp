#pragma once

#include "base/random.hpp"
#include "services/engine.hpp"
#include "services/live_indicators.hpp"
#include "services/maintenance.hpp"
#include "simulation/agents.hpp"
#include "simulation/fakes.hpp"
#include "simulation/faulty_store.hpp"
#include "simulation/findings.hpp"
#include "simulation/journal_checker.hpp"
#include "simulation/request.hpp"
#include "simulation/simulation.hpp"
#include "simulation/subscribers.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::simulation {

/// Jobs that wait for the writer; one more is refused.
inline constexpr std::size_t kQueueMax = 12;
/// Batches that wait for the disk; the writer waits then.
inline constexpr std::size_t kBatchesMax = 3;

/// Everything of one run. The durable store, the network and the clients outlive the server's
/// process, which is thrown away whole at a crash.
class World {
public:
    World(const Options& options, const SimCity& city);

    Outcome run();

private:
    /// What a process holds in memory. Its own jobs (maintenance, webhooks) stand in the queue as
    /// request 0.
    struct Process final : services::Submitter {
        Process(World& world, services::DefinitionsPtr first);

        bool submit(services::Job job) override;

        services::CurrentDefinitions definitions;
        services::Engine engine;
        services::TimerBackoff backoff;
        std::deque<std::pair<int, services::Job>> queue;
        std::vector<services::Engine::Batch> committed;  ///< wait for the disk
        std::vector<int> in_hand;                        ///< the requests of `committed`
        services::WebhookDelivery delivery;
        services::LiveIndicators live;
    };

    struct Receipt {
        int id;
        Result<std::string> reply;
    };

    // Phases.
    bool set_up();
    void safety();
    void liveness();
    void step();
    bool settle();
    void drive_to_the_end();
    bool drive(CaseId id);
    [[nodiscard]] bool is_open(const cases::Case& value) const;
    [[nodiscard]] std::optional<services::ActionRequest> plain_request(
        const cases::Transition& transition,
        const cases::Case& value,
        const std::string& login
    ) const;
    void let_timers_fire();
    void deliver_webhooks();

    // The server.
    void start();
    void crash();
    void batch(std::size_t most);
    void execute(std::size_t most);
    void acknowledge();
    void maintain();
    void webhooks();
    bool run_now(
        const std::string& what,
        std::function<Result<std::string>(services::UnitOfWork&)> work
    );

    // Clients and their network.
    void issue();
    std::optional<access::Principal> signed_in(const std::string& login);
    void send(Request& request);
    void deliver();
    void retry();
    void lose(int id);
    void receive(const Receipt& receipt);
    void acknowledged(Request& request, const std::string& reply);
    void failed(Request& request, const Error& error);
    services::Job job_for(const Request& request);

    // Time and checks.
    void pass_time();
    void look();
    void effect(const ports::JournalRow& row, const boost::json::object& body);
    void count_effect(int request_id);
    void check_requests();
    void check_live_values(int how_many);
    void check_everything();

    const Options& options_;
    const SimCity& city_;
    SeededRandom random_;
    VirtualClock clock_;
    memory::MemoryStore durable_;
    FaultyStore store_;
    FakeSecrets secrets_;
    Findings findings_;
    JournalChecker journal_;
    Agents agents_;
    Subscribers subscribers_;
    Trace trace_;
    FaultRates rates_;
    bool skewed_ = false;
    bool calm_ = false;  ///< faults have ended
    std::unique_ptr<Process> process_;
    std::vector<int> network_;
    std::map<int, Request> requests_;
    int last_request_ = 0;
    ReportId last_report_;
    std::vector<std::string> logins_;
    std::map<std::string, std::string> tokens_;
    std::int64_t crashes_ = 0;
};

}  // namespace chengshu::simulation
