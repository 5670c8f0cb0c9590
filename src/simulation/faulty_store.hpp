#pragma once

#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "ports/store.hpp"
#include "simulation/fakes.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace chengshu::simulation {

/// The process dies here: thrown through the services, caught by the simulation, which then throws
/// the process away.
struct Crash {};

/// Mistakes made on purpose, to prove that the checkers see them.
enum class Plant : std::uint8_t {
    None,
    LostAck,        ///< a commit that succeeds and keeps nothing
    DoubleApply,    ///< idempotency keys are not kept
    WrongDeadline,  ///< the server's calendar closes an hour early
    LostSync,       ///< a sync that succeeds and makes nothing durable
};

/// How often something goes wrong, of 10,000 calls.
struct FaultRates {
    std::uint64_t read_fails = 0;
    std::uint64_t commit_fails = 0;
    std::uint64_t commit_conflicts = 0;
    std::uint64_t commit_unknown = 0;
    std::uint64_t sync_fails = 0;
    std::uint64_t slow = 0;
    std::uint64_t crash = 0;
};

/// A store whose disk, network and process fail by the seed. Commits are seen at once; what was
/// synced is in `disk` and survives crashes, of the rest a crash takes all but a first part.
class FaultyStore final : public ports::Store {
public:
    FaultyStore(memory::MemoryStore& disk, SeededRandom& random, VirtualClock& clock, Plant plant)
        : disk_(disk), random_(random), clock_(clock), plant_(plant), seen_(disk.clone()) {}

    void set_rates(FaultRates rates) { rates_ = rates; }

    [[nodiscard]] std::int64_t faults() const { return faults_; }

    /// The machine stops and starts again.
    void crash();

    Status commit(const ports::Changes& changes) override;
    Status sync() override;

    Result<std::optional<ports::CaseRow>> find_case(CaseId id) override;
    Result<std::vector<ports::CaseRow>> find_cases(std::span<const CaseId> ids) override;
    Result<std::vector<ports::CaseRow>> search(const ports::CaseQuery& query) override;
    Result<CaseId> last_case_number(CaseId low, CaseId high) override;
    Result<std::vector<CaseId>> due_timers(std::int64_t now, int limit) override;
    Result<std::optional<std::int64_t>> next_timer() override;
    Status each_case(CaseId after, const std::function<bool(const ports::CaseRow&)>& visit)
        override;
    Result<std::optional<ports::ReportRow>> find_report(ReportId id) override;
    Result<std::vector<ports::ReportRow>> find_reports(const ports::ReportQuery& query) override;
    Result<ReportId> last_report() override;
    Result<std::vector<ports::JournalRow>> journal(Seq after, int limit) override;
    Result<std::vector<ports::JournalRow>> journal_of(CaseId id) override;
    Result<Seq> head() override;
    Result<Seq> durable_head() override;
    Result<std::vector<ports::CellRow>> cells(const ports::CellQuery& query) override;
    Result<std::optional<ports::CellRow>> cell(const ports::CellKey& key) override;
    Result<std::optional<ports::DocumentRow>> document(std::string_view kind, std::string_view id)
        override;
    Result<std::vector<ports::DocumentRow>>
    documents(std::string_view kind, std::string_view after, int limit) override;
    Result<std::vector<ports::IdempotencyRow>> idempotency(std::span<const std::string> keys
    ) override;
    Result<int> prune_idempotency(std::int64_t before, int limit) override;
    Result<ports::StoreStats> stats() override;
    Status backup(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    ) override;
    Status set_bulk(bool on) override;
    Status dump(const ports::PartSink& show) override;
    Status load(const std::function<Status(const ports::PartSink& take)>& give) override;

private:
    bool happens(std::uint64_t of_ten_thousand);
    /// May take its time, crash or fail.
    Status before_read();
    Status apply(const ports::Changes& changes);
    /// Changes what is seen, and remembers it for the disk.
    template <class Write>
    auto write(Write write);
    /// The first `count` of what is not yet on the disk.
    void flush(std::size_t count);

    memory::MemoryStore& disk_;
    SeededRandom& random_;
    VirtualClock& clock_;
    Plant plant_;
    FaultRates rates_;
    std::int64_t faults_ = 0;
    std::unique_ptr<memory::MemoryStore> seen_;  ///< what the process sees
    std::deque<std::function<void(memory::MemoryStore&)>> unsynced_;
    bool lost_ = false;  ///< a sync has failed since the start of the process
};

}  // namespace chengshu::simulation
