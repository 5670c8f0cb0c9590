#include "services/verify.hpp"

#include "services/case_row.hpp"
#include "services/response/tracked.hpp"
#include "services/statistics.hpp"
#include "services/submissions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr std::size_t kDifferencesMax = 100;
constexpr int kJournalPage = 2000;

class Verifier {
public:
    Verifier(
        ports::Store& store,
        const Definitions& definitions,
        const std::function<void(const char*, std::int64_t, std::int64_t)>& progress
    )
        : store_(store), definitions_(definitions), progress_(progress) {}

    Result<Verification> run() {
        CS_TRY(stats, store_.stats());
        CS_CHECK(journal(stats.head.value));
        CS_CHECK(cases(stats.cases));
        CS_CHECK(cells());
        return std::move(out_);
    }

private:
    void differ(std::string what, std::string stored, std::string recomputed) {
        ++out_.different;
        if (out_.differences.size() < kDifferencesMax) {
            out_.differences.push_back({std::move(what), std::move(stored), std::move(recomputed)});
        }
    }

    /// The journal alone: no gaps, every body readable.
    Status journal(std::int64_t total) {
        Seq at;
        while (true) {
            CS_TRY(rows, store_.journal(at, kJournalPage));
            if (rows.empty()) {
                const auto differs =
                    [this](std::string what, std::string stored, std::string folded) {
                        differ(std::move(what), std::move(stored), std::move(folded));
                    };
                CS_CHECK(tracked_.compare(store_, differs));
                return submissions_.compare(store_, differs);
            }
            for (const auto& row : rows) {
                tracked_.entry(row);
                submissions_.entry(row);
                if (row.seq.value != at.value + 1) {
                    differ(
                        "journal",
                        fmt::format("entry {} follows {}", row.seq.value, at.value),
                        "no gaps"
                    );
                }
                at = row.seq;
                ++out_.entries;
                if (row.type == "city.loaded") {
                    newest_revision_ = row.seq;
                }
            }
            report("journal", out_.entries, total);
        }
    }

    Status cases(std::int64_t total) {
        Status damage = ok();
        CS_CHECK(store_.each_case(CaseId{}, [&](const ports::CaseRow& row) {
            ++out_.cases;
            if (auto checked = check_case(row); !checked) {
                damage = std::move(checked);
                return false;
            }
            if (out_.cases % 1000 == 0) {
                report("cases", out_.cases, total);
            }
            return true;
        }));
        return damage;
    }

    Status check_case(const ports::CaseRow& row) {
        const auto name = "case " + cases::format_case_id(row.id);
        CS_TRY(entries, store_.journal_of(row.id));
        json::object folded;
        std::int64_t version = 0;
        std::int64_t last_at = 0;
        for (const auto& entry : entries) {
            boost::system::error_code error;
            const auto body = json::parse(entry.body, error);
            const auto* changes =
                error || !body.is_object() ? nullptr : body.get_object().if_contains("changes");
            if (changes == nullptr) {
                continue;  // an audit entry about the case, not a change of it
            }
            cases::merge_apply(folded, changes->as_object());
            ++version;
            last_at = entry.at;
        }
        const auto value = from_row(row);
        if (!value) {
            differ(name + " document", value.error().context, "readable");
            return ok();
        }
        // As cases, not as texts: numbers may be written in more than one way.
        if (const auto told = cases::case_from_json(folded); !told || !(*told == *value)) {
            differ(name + " document", row.body, json::serialize(folded));
            return ok();
        }
        const auto facts = evaluation::facts_of(*value, definitions_.evaluation).mask;
        auto expected = to_row(*value, version, from_millis(last_at), definitions_, facts);
        auto actual = row;
        expected.body = actual.body;
        actual.terms.reset();
        if (expected.facts != actual.facts || expected.closed_day != actual.closed_day) {
            ++out_.stale_cases;
            differ(
                name + " facts, closing day",
                fmt::format("{:x} {}", actual.facts, actual.closed_day),
                fmt::format("{:x} {}", expected.facts, expected.closed_day)
            );
            expected.facts = actual.facts;
            expected.closed_day = actual.closed_day;
        }
        if (!(expected == actual)) {
            differ(name + " columns", describe(actual), describe(expected));
        }
        if (!entries.empty() && entries.front().seq > newest_revision_) {
            check_deadlines(name, *value);
        } else {
            ++out_.older_than_revision;
        }
        return ok();
    }

    static std::string describe(const ports::CaseRow& row) {
        return fmt::format(
            "v{} {} open={} {} {} {} {} {} {} {} {} timer={} facts={:x}",
            row.version,
            row.state,
            row.open,
            row.category,
            row.path,
            row.department,
            row.queue,
            row.holder,
            row.reported_day,
            row.filed_day,
            row.closed_day,
            row.next_timer.value_or(0),
            row.facts
        );
    }

    /// A clock that was never paused or extended is due exactly its limit after its start.
    void check_deadlines(const std::string& name, const cases::Case& value) {
        const bool paused = value.counters.contains("suspensions") || value.parent;
        for (const auto& [code, clock] : value.clocks) {
            const auto flow = definitions_.workflows.find(value.workflow);
            const auto* definition =
                flow == definitions_.workflows.end() ? nullptr : flow->second.clock(code);
            if (paused || clock.extensions != 0 || !clock.limit.bounded() || !clock.due ||
                (definition != nullptr && !definition->chain.empty())) {
                continue;
            }
            const auto due = definitions_.city->calendar().add(clock.started, clock.limit);
            if (due != *clock.due) {
                differ(name + " clock " + code, format_utc(*clock.due), format_utc(due));
            }
            const auto end = clock.stopped.value_or(clock.started);
            if (clock.stopped && clock.overdue != (end > *clock.due)) {
                differ(
                    name + " clock " + code + " overdue",
                    clock.overdue ? "true" : "false",
                    clock.overdue ? "false" : "true"
                );
            }
        }
    }

    Status cells() {
        CS_TRY(expected, recount(store_, definitions_, [&](std::int64_t done) {
                   report("cells", done, out_.cases);
               }));
        for (auto& kind : definitions_.evaluation.cell_kinds()) {
            ports::CellQuery query;
            query.kind = std::move(kind);
            CS_TRY(rows, store_.cells(query));
            for (const auto& row : rows) {
                ++out_.cells;
                compare(row.key, row.values, expected[row.key]);
                expected.erase(row.key);
            }
        }
        for (const auto& [key, values] : expected) {
            compare(key, {}, values);
        }
        return ok();
    }

    void compare(const ports::CellKey& key, const Values& stored, const Values& recomputed) {
        out_.stale_cells += same_counts(stored, recomputed) ? 0 : 1;
        for (std::size_t bit = 0; bit < std::max(stored.size(), recomputed.size()); ++bit) {
            const auto left = bit < stored.size() ? stored[bit] : 0;
            const auto right = bit < recomputed.size() ? recomputed[bit] : 0;
            if (left != right) {
                differ(
                    fmt::format("cell {}/{}/{} bit {}", key.kind, key.subject, key.day, bit),
                    fmt::format("{}", left),
                    fmt::format("{}", right)
                );
            }
        }
    }

    void report(const char* stage, std::int64_t done, std::int64_t total) {
        if (progress_) {
            progress_(stage, done, total);
        }
    }

    ports::Store& store_;
    const Definitions& definitions_;
    const std::function<void(const char*, std::int64_t, std::int64_t)>& progress_;
    Verification out_;
    TrackedFold tracked_;
    SubmissionFold submissions_;
    Seq newest_revision_;
};

}  // namespace

Result<Verification> verify(
    ports::Store& store,
    const Definitions& definitions,
    const std::function<void(const char* stage, std::int64_t done, std::int64_t total)>& progress
) {
    return Verifier(store, definitions, progress).run();
}

}  // namespace chengshu::services
