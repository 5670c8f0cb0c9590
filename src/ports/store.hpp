#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::ports {

/// A case as stored: its document, and the columns by which it is found. Every column is derived
/// from the document (services/case_row.cpp); `chengshu verify` compares them.
struct CaseRow {
    CaseId id;
    std::int64_t version = 0;  ///< 1 for the first row, then +1 with every change
    std::string body;          ///< the case document, JSON
    std::string state;
    bool open = true;
    std::string workflow;
    std::string category;
    std::string path;  ///< area codes from the city down, each between slashes: "/110000/110108/…/"
    std::string area_1;  ///< the first level below the city (district, borough), or empty
    std::string area_2;  ///< the second level below the city (street), or empty
    std::string department;
    std::string queue;   ///< kind of post whose queue holds it
    std::string holder;  ///< login of the account that has claimed it, or empty
    std::string source;
    std::string collector;                   ///< login of the reporting collector, or empty
    std::int64_t reported_at = 0;            ///< ms UTC
    std::int64_t updated_at = 0;             ///< ms UTC of the last entry
    int reported_day = 0;                    ///< YYYYMMDD, local
    int filed_day = 0;                       ///< YYYYMMDD, local; 0 = not filed
    int closed_day = 0;                      ///< YYYYMMDD, local; 0 = not closed
    std::optional<std::int64_t> next_timer;  ///< ms UTC of the next reminder, overdue or resume
    std::int64_t facts = 0;                  ///< bit mask of the measures that count the case
    std::optional<double> lon;
    std::optional<double> lat;
    std::optional<std::int64_t> cell;  ///< city::cell_of(point)
    CaseId parent;
    /// Search terms (base/text bigrams and words). Set only when they are new or have changed.
    std::optional<std::vector<std::string>> terms;

    friend bool operator==(const CaseRow&, const CaseRow&) = default;
};

struct ReportRow {
    ReportId id;
    CaseId case_id;  ///< 0 when refused
    std::string source;
    std::string state;        ///< "case" (opened one), "duplicate", "refused"
    std::string external_id;  ///< the sender's own id; unique per source when not empty
    std::int64_t received_at = 0;
    std::string body;      ///< JSON: what was said, without personal data
    std::string reporter;  ///< JSON: personal data of who said it; masked by default

    friend bool operator==(const ReportRow&, const ReportRow&) = default;
};

struct JournalRow {
    Seq seq;  ///< assigned by the unit of work: last + 1, no gaps
    std::int64_t at = 0;
    CaseId case_id;  ///< 0 for entries that concern no case
    std::string
        type;  ///< the action: "report", "file", "overdue", "city.loaded", "account.created" …
    std::string actor;  ///< login, "system" or "public"
    std::string body;   ///< JSON: from, to, reason, rule, changes …

    friend bool operator==(const JournalRow&, const JournalRow&) = default;
};

/// One statistics cell: all measures of one subject on one local day.
struct CellKey {
    std::string kind;     ///< "area", "department", "source" …; "area/source": by a dimension
    std::string subject;  ///< its code; "110108/public": of an area and a dimension's member
    int day = 0;          ///< YYYYMMDD

    friend auto operator<=>(const CellKey&, const CellKey&) = default;
};

struct CellRow {
    CellKey key;
    std::vector<std::int64_t> values;  ///< by measure bit; trailing zeros may be absent

    friend bool operator==(const CellRow&, const CellRow&) = default;
};

/// A low-volume entity kept whole: accounts, tokens, sessions, webhooks, consultations, city
/// revisions …
struct DocumentRow {
    std::string kind;
    std::string id;
    std::string body;  ///< JSON; empty = deleted

    friend bool operator==(const DocumentRow&, const DocumentRow&) = default;
};

struct IdempotencyRow {
    std::string key;          ///< caller-scoped: "<login>:<header value>"
    std::string fingerprint;  ///< hash of the request it was first used for
    std::string response;     ///< what was answered, JSON
    std::int64_t at = 0;

    friend bool operator==(const IdempotencyRow&, const IdempotencyRow&) = default;
};

/// Everything that one commit makes durable, or nothing of it.
struct Changes {
    struct CaseChange {
        CaseRow row;
        bool insert = false;  ///< else an update of the stored version `row.version - steps`
        std::int64_t expected_version = 0;  ///< version that must be stored now (updates only)
    };

    std::vector<CaseChange> cases;
    std::vector<ReportRow> reports;           ///< inserts
    std::vector<JournalRow> journal;          ///< ascending, contiguous with what is stored
    std::vector<CellRow> cells;               ///< upserts, whole values
    std::vector<DocumentRow> documents;       ///< upserts; an empty body deletes
    std::vector<IdempotencyRow> idempotency;  ///< inserts

    [[nodiscard]] bool empty() const {
        return cases.empty() && reports.empty() && journal.empty() && cells.empty() &&
               documents.empty() && idempotency.empty();
    }
};

/// Which cases; every condition that is set must hold. Newest report first: ordered by
/// (reported_at, id) descending.
struct CaseQuery {
    std::string text;    ///< all its terms must occur (base/text terms); empty = any
    std::string area;    ///< the case lies in this area (any level)
    int area_level = 0;  ///< depth of `area`: 0 the city itself (no condition), 1 → area_1, 2 →
                         ///< area_2, deeper → path
    std::string state;
    std::optional<bool> open;
    std::string category;                 ///< id, or a prefix ending in '*'
    std::vector<std::string> categories;  ///< any of these ids; an empty one: of none
    std::string department;
    std::string queue;
    std::string holder;
    std::string source;
    std::string collector;
    std::int64_t facts_mask = 0;  ///< all these bits set
    int reported_day_from = 0;    ///< inclusive, 0 = open
    int reported_day_to = 0;      ///< inclusive
    int filed_day_from = 0;
    int filed_day_to = 0;
    int closed_day_from = 0;
    int closed_day_to = 0;
    std::int64_t reported_from = 0;  ///< ms UTC inclusive, 0 = open
    std::int64_t reported_to = 0;    ///< ms UTC exclusive
    /// Closed cell ranges that cover a circle; the caller filters exact distances.
    std::vector<std::pair<std::int64_t, std::int64_t>> cells;
    CaseId parent;
    /// Continue after this row of the order, when set.
    std::int64_t after_reported_at = 0;
    CaseId after_id;
    int limit = 50;
    /// Scope of the caller: any of these must hold (empty = no restriction).
    std::vector<std::pair<std::string, std::string>>
        scope_any;  ///< ("area_1"|"area_2"|"path"|"department"|"collector", value)
};

struct ReportQuery {
    CaseId case_id;
    std::string source;
    std::string external_id;
    std::int64_t received_from = 0;
    std::int64_t received_to = 0;  ///< exclusive
    ReportId after;                ///< newest first: ids below this one, when set
    int limit = 50;
};

struct CellQuery {
    std::string kind;
    std::vector<std::string> subjects;  ///< empty = all of the kind
    int day_from = 0;                   ///< inclusive
    int day_to = 99999999;              ///< inclusive
};

struct StoreStats {
    std::int64_t cases = 0;
    std::int64_t reports = 0;
    Seq head;
    std::int64_t bytes = 0;
};

/// Takes parts of a store's content one after the other; a failure ends the transfer.
using PartSink = std::function<Status(const Changes& part)>;

/// The system of record. Reads may come from any thread and see what is committed; `commit` is
/// called by one thread at a time. What a commit has changed is seen at once and survives the end
/// of the process; it survives a power failure when a later `sync` has succeeded, and nobody
/// outside may be told before. Every failure of the surroundings is StorageUnavailable, except a
/// commit or sync whose outcome cannot be known: OutcomeUnknown.
class Store {
public:
    virtual ~Store() = default;

    /// All or nothing. Conflict when a case's stored version is not the expected one or an inserted
    /// key exists: then nothing has changed.
    virtual Status commit(const Changes& changes) = 0;
    /// Makes durable what was committed before the call; from any thread. When it fails, what is
    /// kept of it is unknown, also to a second try: every later commit and sync fails as well, and
    /// the store must be opened anew.
    virtual Status sync() = 0;

    virtual Result<std::optional<CaseRow>> find_case(CaseId id) = 0;
    /// Those that exist, in no particular order.
    virtual Result<std::vector<CaseRow>> find_cases(std::span<const CaseId> ids) = 0;
    virtual Result<std::vector<CaseRow>> search(const CaseQuery& query) = 0;
    /// The greatest stored case number in [low, high], or 0.
    virtual Result<CaseId> last_case_number(CaseId low, CaseId high) = 0;
    /// Cases whose next_timer is at or before `now`, earliest first.
    virtual Result<std::vector<CaseId>> due_timers(std::int64_t now, int limit) = 0;
    virtual Result<std::optional<std::int64_t>> next_timer() = 0;
    /// Walks all cases in id order; `visit` returns false to stop. For verification and export.
    virtual Status each_case(CaseId after, const std::function<bool(const CaseRow&)>& visit) = 0;

    virtual Result<std::optional<ReportRow>> find_report(ReportId id) = 0;
    virtual Result<std::vector<ReportRow>> find_reports(const ReportQuery& query) = 0;
    virtual Result<ReportId> last_report() = 0;

    /// Entries with seq > after, ascending; only durable ones, so that whoever follows the journal
    /// is never told what a power failure takes back.
    virtual Result<std::vector<JournalRow>> journal(Seq after, int limit) = 0;
    virtual Result<std::vector<JournalRow>> journal_of(CaseId id) = 0;
    /// The last committed entry.
    virtual Result<Seq> head() = 0;
    /// The last durable entry: how far `journal` goes, and where who follows it begins.
    virtual Result<Seq> durable_head() = 0;

    virtual Result<std::vector<CellRow>> cells(const CellQuery& query) = 0;
    virtual Result<std::optional<CellRow>> cell(const CellKey& key) = 0;

    virtual Result<std::optional<DocumentRow>>
    document(std::string_view kind, std::string_view id) = 0;
    /// Documents of a kind in id order, ids greater than `after`.
    virtual Result<std::vector<DocumentRow>>
    documents(std::string_view kind, std::string_view after, int limit) = 0;

    /// Those that exist, in no particular order.
    virtual Result<std::vector<IdempotencyRow>> idempotency(std::span<const std::string> keys) = 0;
    /// Forgets keys older than `before` (ms), at most `limit` of them, the oldest first; tells how
    /// many. From any thread, beside commits; a commit may wait for it.
    virtual Result<int> prune_idempotency(std::int64_t before, int limit) = 0;

    virtual Result<StoreStats> stats() = 0;
    /// Writes a consistent copy while the store is in use; `progress` gets done and total units.
    virtual Status backup(
        const std::string& to,
        const std::function<void(std::int64_t, std::int64_t)>& progress
    ) = 0;
    /// For a bulk load: while on, the store may postpone what queries do not need, and `sync` may
    /// postpone the disk: all is durable when this was called with false. Commits stay atomic.
    virtual Status set_bulk(bool on) = 0;

    /// Shows everything that is stored at one moment, in parts of bounded size: rows of one table
    /// by ascending key, cases as inserts and without terms. A failure of `show` ends it and is
    /// given back; `show` must not call the store.
    virtual Status dump(const PartSink& show) = 0;
    /// Fills an empty store with what `give` hands to its argument, parts as dump() shows them and
    /// cases with their terms: all of it, durable, or nothing. Conflict when the store is not
    /// empty. Nobody else may use the store meanwhile.
    virtual Status load(const std::function<Status(const PartSink& take)>& give) = 0;
};

}  // namespace chengshu::ports
