#pragma once

#include "base/recent_map.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/cases/case.hpp"
#include "domain/cases/decide.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/open_cases.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace chengshu::services {

using CasePtr = std::shared_ptr<const cases::Case>;
using FactsPtr = std::shared_ptr<const evaluation::Facts>;

/// What the writer remembers between batches, so that it need not be read again. Forgotten after
/// any failed commit.
struct WriterMemory {
    bool loaded = false;
    Seq head;
    ReportId last_report;
    std::unordered_map<std::int64_t, std::int64_t>
        last_numbers;  ///< first number of a range → last used

    struct CellHash {
        std::size_t operator()(const ports::CellKey& key) const noexcept;
    };

    RecentMap<ports::CellKey, std::vector<std::int64_t>, CellHash> cells{
        40'000  ///< about 200 bytes each
    };

    struct KnownCase {
        CasePtr value;
        FactsPtr facts;  ///< under `counted_by`; null: not known
        std::int64_t version = 0;
        Instant updated_at;
    };

    /// Cases that were changed lately and are not at their end. About 3.5 kB each.
    RecentMap<CaseId, KnownCase> cases{8'000};
    DefinitionsPtr counted_by;

    /// Stored open cases reported since `open_since` (ms UTC), with the definitions they were found
    /// under; read when first needed.
    OpenCases open_cases;
    std::int64_t open_since = 0;
    DefinitionsPtr open_definitions;

    /// Last known places of collectors, by login; read when first needed.
    std::optional<std::map<std::string, city::Point>> positions;
};

/// Document kind of a collector's last place: {"point": [longitude, latitude]}, id = login.
inline constexpr const char* kPosition = "position";

/// One batch of commands over the store: reads see what the batch has staged, and nothing is
/// durable until `take` has been committed. A command that fails is undone with `rollback`. Writer
/// thread only.
class UnitOfWork {
public:
    UnitOfWork(ports::Store& store, DefinitionsPtr definitions, WriterMemory& memory, Instant now);

    /// Reads the counters it works with. Call once, first.
    Status begin();

    [[nodiscard]] Instant now() const { return now_; }

    /// A replay moves through the past; the clock of the batch moves with it.
    void set_now(Instant now) { now_ = now; }

    [[nodiscard]] const Definitions& definitions() const { return *definitions_; }

    [[nodiscard]] const city::City& city() const { return *definitions_->city; }

    ports::Store& store() { return store_; }

    // Reads.
    Result<std::optional<cases::Case>> find_case(CaseId id);
    /// NotFound when there is none.
    Result<cases::Case> get_case(CaseId id);
    /// The same without a copy: what it gives stays as it is when the case is staged again.
    Result<CasePtr> see_case(CaseId id);
    /// Journal entries so far; the version that If-Match compares.
    Result<std::int64_t> version_of(CaseId id);
    /// Open cases of the category within the radius, reported since then; nearest first.
    Result<std::vector<cases::Case>>
    similar(const std::string& category, city::Point point, double radius_m, Instant since);
    /// Reads the open cases that `similar` may look among, unless they are known: seconds when
    /// there are many. It would do so itself.
    Status know_open_cases();
    Result<std::optional<ports::DocumentRow>>
    document(const std::string& kind, const std::string& id);
    /// All of a kind, by id; for kinds of which there are few.
    Result<std::map<std::string, std::string>> documents(const std::string& kind);
    Result<std::optional<ports::IdempotencyRow>> idempotency(const std::string& key);
    /// Reads in one go what is stored under the keys that the batch is going to ask for.
    Status expect_keys(const std::vector<std::string>& keys);
    /// Where the collectors were when last heard of, as committed before this batch.
    Result<const std::map<std::string, city::Point>*> positions();
    Result<std::optional<ports::ReportRow>>
    report_by_external_id(const std::string& source, const std::string& external_id);

    // Numbers.
    ReportId next_report();
    /// RuleViolation when the day's 99,999 numbers of the division are used up.
    Result<CaseId> next_case(std::string_view division);

    // Staged writes.
    /// Gives the case after it.
    CasePtr stage(cases::Decision decision);
    void stage_report(ports::ReportRow row);
    void stage_document(ports::DocumentRow row);
    void stage_idempotency(ports::IdempotencyRow row);
    /// An entry that concerns no case's state: city.loaded, account.created, data.revealed …
    void stage_entry(std::string type, std::string actor, CaseId case_id, std::string body);

    /// Rewrites what is derived from a stored case (its columns at the version that `row` has), or
    /// a whole statistics cell, without a step of any case. For repairs, in a batch of their own.
    void stage_derived(ports::CaseRow row);
    void stage_derived(ports::CellRow row);

    // Undo.
    struct Mark {
        std::size_t undo = 0;
        std::size_t journal = 0;
        std::size_t reports = 0;
        std::size_t documents = 0;
        std::size_t idempotency = 0;
        std::size_t derived_rows = 0;
        std::size_t derived_cells = 0;
        Seq head;
        ReportId last_report;
    };

    [[nodiscard]] Mark mark() const;
    void rollback(const Mark& mark);

    /// What has been staged so far can no longer be undone: no mark made before is used again.
    void settle() { undo_.clear(); }

    /// The changes to commit. On success of the commit call `committed`, else `failed`.
    Result<ports::Changes> take();
    void committed();
    void failed();

    [[nodiscard]] Seq head() const { return head_; }

private:
    struct StagedCase {
        CasePtr value;
        CasePtr original;  ///< as stored; null for a new case
        FactsPtr facts;    ///< of `value`, once it is final
        FactsPtr original_facts;
        std::int64_t stored_version = 0;
        std::int64_t version = 0;
        Instant updated_at;

        [[nodiscard]] bool changed() const { return version != stored_version; }
    };

    /// What brings back a case as it was staged before, or a counter of case numbers.
    struct Undo {
        CaseId id;
        std::optional<StagedCase> before;  ///< none: the case was not here
        std::int64_t range = 0;  ///< when not 0: the range of numbers, and how far it was used
        std::int64_t number = 0;
    };

    Result<std::map<std::string, std::string>> stored_documents(const std::string& kind);
    Result<StagedCase*> load(CaseId id);
    Result<StagedCase*> adopt(const ports::CaseRow& row);
    StagedCase* keep(CaseId id, const WriterMemory::KnownCase& known);
    Status add_cells(ports::Changes& changes);
    void remember(const StagedCase& staged);
    [[nodiscard]] bool is_open(const cases::Case& value) const;
    Status know_open_cases(Instant since);
    void remember_open(const StagedCase& staged);
    void remember_positions();

    ports::Store& store_;
    DefinitionsPtr definitions_;
    WriterMemory& memory_;
    Instant now_;
    Seq head_;
    ReportId last_report_;
    std::map<CaseId, StagedCase> cases_;
    std::map<std::int64_t, std::int64_t> numbers_;
    std::vector<ports::JournalRow> journal_;
    std::vector<ports::ReportRow> reports_;
    std::vector<ports::DocumentRow> documents_;
    std::vector<ports::IdempotencyRow> idempotency_;
    std::unordered_map<std::string, std::size_t> keys_;  ///< positions in idempotency_
    std::unordered_map<std::string, std::optional<ports::IdempotencyRow>> stored_keys_;
    /// Where cases of this batch were staged as open; what has changed since is seen when looked
    /// up.
    OpenCases staged_open_;
    std::vector<std::pair<std::string, city::Point>> moved_;  ///< positions among the documents
    std::vector<ports::CaseRow> derived_rows_;
    std::vector<ports::CellRow> derived_cells_;
    std::vector<Undo> undo_;
};

}  // namespace chengshu::services
