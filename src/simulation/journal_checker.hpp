#pragma once

#include "adapters/memory/memory_store.hpp"
#include "domain/cases/case.hpp"
#include "domain/cases/workflow.hpp"
#include "simulation/findings.hpp"
#include "simulation/sim_city.hpp"

#include <boost/json.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>

namespace chengshu::simulation {

/// A case as its journal entries tell it.
struct KnownCase {
    boost::json::object document;  ///< fold of the changes
    cases::Case value;
    std::int64_t version = 0;
    Seq last;
};

/// Reads the committed journal entry by entry and keeps its own picture of every case: numbers
/// without gaps, each step along an edge of the workflow and by somebody who may, clocks as the
/// naive calendar says, stored rows equal to the fold, children with their parents.
class JournalChecker {
public:
    using Listener =
        std::function<void(const ports::JournalRow& row, const boost::json::object& body)>;

    JournalChecker(const SimCity& city, Findings& findings) : city_(city), findings_(findings) {}

    /// What has been committed since the last call; `listener` gets every entry.
    void catch_up(memory::MemoryStore& store, const Listener& listener);

    [[nodiscard]] const std::map<CaseId, KnownCase>& cases() const { return cases_; }

    [[nodiscard]] std::int64_t entries() const { return last_.value; }

private:
    struct Step {
        const ports::JournalRow& row;
        const boost::json::object& body;
        const boost::json::object& changes;
        std::string name;
        std::string from;
        std::string to;
    };

    void say(const Step& step, const std::string& what);
    void entry(const ports::JournalRow& row, const Listener& listener);
    void opened(const Step& step, const KnownCase& now);
    void moved(const Step& step, const cases::Case& before, const cases::Case& after);
    void kept(
        const Step& step,
        const cases::Case& before,
        const cases::Case& after,
        std::set<std::string_view> may_change
    );
    void automatic(const Step& step, const cases::Workflow& flow);
    void
    permitted(const Step& step, const cases::Transition& transition, const cases::Case& before);
    void families();
    [[nodiscard]] const cases::Workflow* workflow(const std::string& code) const;
    [[nodiscard]] bool done(const cases::Case& value) const;

    const SimCity& city_;
    Findings& findings_;
    Seq last_;
    std::map<CaseId, KnownCase> cases_;
    std::map<std::int64_t, std::int64_t> numbers_;  ///< division and day → last serial
    std::set<CaseId> touched_;                      ///< by the entries just read
    /// Parents that just closed (true) or reopened (false) with their children, and when.
    std::map<CaseId, std::pair<bool, Seq>> ended_;
};

}  // namespace chengshu::simulation
