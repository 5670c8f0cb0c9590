#include "services/repair.hpp"

#include "services/case_row.hpp"
#include "services/statistics.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace chengshu::services {
namespace {

class Repairer {
public:
    Repairer(Engine& engine, const Definitions& definitions, const RepairOptions& options)
        : engine_(engine), definitions_(definitions), options_(options) {}

    Result<Repaired> run() {
        CS_TRY(stats, engine_.store().stats());
        cases_ = stats.cases;
        head_ = stats.head;
        CS_CHECK(masks());
        CS_CHECK(cells());
        return done_;
    }

private:
    Status masks() {
        const auto& zone = definitions_.city->calendar().zone();
        CaseId last;
        std::int64_t seen = 0;
        bool more = true;
        while (more) {
            // Read up to a full batch, then write it: no store is written to within its own walk.
            std::vector<ports::CaseRow> wrong;
            Status damage = ok();
            more = false;
            CS_CHECK(engine_.store().each_case(last, [&](const ports::CaseRow& row) {
                if (wrong.size() == options_.batch) {
                    more = true;
                    return false;
                }
                const auto value = from_row(row);
                if (!value) {
                    damage = Failure{value.error()};
                    return false;
                }
                last = row.id;
                const auto facts = evaluation::facts_of(*value, definitions_.evaluation).mask;
                const auto closed = evaluation::day_of(*value, evaluation::CountDay::Closed, zone);
                if (facts != row.facts || closed != row.closed_day) {
                    wrong.push_back(row);
                    wrong.back().facts = facts;
                    wrong.back().closed_day = closed;
                    wrong.back().terms.reset();
                }
                if (++seen % kReportEvery == 0) {
                    report("cases", seen, cases_);
                }
                return true;
            }));
            CS_CHECK(damage);
            done_.cases += static_cast<std::int64_t>(wrong.size());
            CS_CHECK(commit(std::move(wrong)));
            report("cases", seen, cases_);
        }
        return ok();
    }

    Status cells() {
        CS_TRY(expected, recount(engine_.store(), definitions_, [&](std::int64_t seen) {
                   report("cases", seen, cases_);
               }));
        std::vector<ports::CellRow> wrong;
        for (auto& kind : definitions_.evaluation.cell_kinds()) {
            ports::CellQuery query;
            query.kind = std::move(kind);
            CS_TRY(rows, engine_.store().cells(query));
            for (const auto& row : rows) {
                auto found = expected.extract(row.key);
                auto values = found.empty() ? Values() : std::move(found.mapped());
                if (!same_counts(row.values, values)) {
                    wrong.push_back({row.key, std::move(values)});
                }
            }
        }
        for (auto& [key, values] : expected) {
            if (!same_counts({}, values)) {
                wrong.push_back({key, std::move(values)});
            }
        }
        const auto total = static_cast<std::int64_t>(wrong.size());
        std::span<ports::CellRow> rest(wrong);
        while (!rest.empty()) {
            const auto part = rest.first(std::min(options_.batch, rest.size()));
            CS_CHECK(commit(std::vector<ports::CellRow>(part.begin(), part.end())));
            done_.cells += static_cast<std::int64_t>(part.size());
            report("cells", done_.cells, total);
            rest = rest.subspan(part.size());
        }
        return ok();
    }

    /// One commit of its own. What has been counted holds only while nobody else writes, and every
    /// change of a case moves the journal's head.
    template <class Row>
    Status commit(std::vector<Row> rows) {
        if (rows.empty()) {
            return ok();
        }
        constexpr const char* kWhat = std::is_same_v<Row, ports::CellRow> ? "cells" : "cases";
        Result<std::string> out = fail(ErrorCode::Internal, "the writer gave no reply");
        std::vector<Job> jobs(1);
        jobs.front().work = [&](UnitOfWork& work) -> Result<std::string> {
            if (work.head() != head_) {
                return fail(
                    ErrorCode::Conflict,
                    "the store was written to meanwhile: stop the server and repair again"
                );
            }
            work.stage_entry(
                "statistics.recounted",
                "operator",
                {},
                boost::json::serialize(
                    boost::json::object{{kWhat, rows.size()}, {"revision", definitions_.revision}}
                )
            );
            for (auto& row : rows) {
                work.stage_derived(std::move(row));
            }
            return std::string("{}");
        };
        jobs.front().done = [&](Result<std::string> reply) { out = std::move(reply); };
        engine_.run(std::move(jobs));
        CS_CHECK(out);
        ++head_.value;
        return ok();
    }

    void report(const char* stage, std::int64_t done, std::int64_t total) const {
        if (options_.progress) {
            options_.progress(stage, done, total);
        }
    }

    static constexpr std::int64_t kReportEvery = 1000;

    Engine& engine_;
    const Definitions& definitions_;
    const RepairOptions& options_;
    std::int64_t cases_ = 0;
    Seq head_;
    Repaired done_;
};

}  // namespace

Result<Repaired>
repair_statistics(Engine& engine, const Definitions& definitions, const RepairOptions& options) {
    return Repairer(engine, definitions, options).run();
}

}  // namespace chengshu::services
