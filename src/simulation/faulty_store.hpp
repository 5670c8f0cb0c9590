#pragma once

#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "ports/store.hpp"
#include "simulation/fakes.hpp"

#include <cstdint>
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
};

/// How often something goes wrong, of 10,000 calls.
struct FaultRates {
    std::uint64_t read_fails = 0;
    std::uint64_t commit_fails = 0;
    std::uint64_t commit_conflicts = 0;
    std::uint64_t commit_unknown = 0;
    std::uint64_t slow = 0;
    std::uint64_t crash = 0;
};

/// A store whose disk, network and process fail by the seed. What it keeps is in `inner`, and
/// survives crashes.
class FaultyStore final : public ports::Store {
public:
    FaultyStore(memory::MemoryStore& inner, SeededRandom& random, VirtualClock& clock, Plant plant)
        : inner_(inner), random_(random), clock_(clock), plant_(plant) {}

    void set_rates(FaultRates rates) { rates_ = rates; }

    [[nodiscard]] std::int64_t faults() const { return faults_; }

    Status commit(const ports::Changes& changes) override;

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
    Result<std::vector<ports::CellRow>> cells(const ports::CellQuery& query) override;
    Result<std::optional<ports::CellRow>> cell(const ports::CellKey& key) override;
    Result<int> last_day(std::string_view kind, std::string_view subject) override;
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

private:
    bool happens(std::uint64_t of_ten_thousand);
    /// May take its time, crash or fail.
    Status before_read();
    Status apply(const ports::Changes& changes);

    memory::MemoryStore& inner_;
    SeededRandom& random_;
    VirtualClock& clock_;
    Plant plant_;
    FaultRates rates_;
    std::int64_t faults_ = 0;
};

}  // namespace chengshu::simulation
