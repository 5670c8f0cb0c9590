#pragma once

#include "domain/evaluation/measures.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace chengshu::services {

/// Sums of measures over cells; every sum can be opened into its cases with `cases_of`.
using Values = std::vector<std::int64_t>;

/// Values of each subject over the days, both included. Cost: cells read, never cases.
Result<std::map<std::string, Values>> sums(
    ports::Store& store,
    const std::string& kind,
    std::vector<std::string> subjects,
    int day_from,
    int day_to
);

/// Local day YYYYMMDD of the newest report; 0 when there is none.
Result<int> newest_report_day(ports::Store& store);

/// Which cases a number counts: those of the query that `actions` were last done by `account` in,
/// when there are any.
struct CountedCases {
    ports::CaseQuery query;
    std::vector<std::string> actions;
    std::string account;

    [[nodiscard]] bool counts(const cases::Case& value) const;
};

/// Exactly the cases counted by a measure for a subject (kind and code of an indicators::Place)
/// over the days. UnknownCode for an unknown measure, area or kind of subject.
Result<CountedCases> cases_of(
    const Definitions& definitions,
    const std::string& kind,
    const std::string& subject,
    const std::string& measure,
    int day_from,
    int day_to
);

/// Whether both count the same: zeros at the end may be absent.
bool same_counts(const Values& left, const Values& right);

/// Rebuilds every statistics cell from the stored cases, for `chengshu verify` and after measures
/// have changed.
using Cells = std::map<ports::CellKey, Values>;
Result<Cells> recount(
    ports::Store& store,
    const Definitions& definitions,
    const std::function<void(std::int64_t)>& progress
);

}  // namespace chengshu::services
