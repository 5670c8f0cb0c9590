#pragma once

#include "domain/cases/case.hpp"
#include "edge/api/internal/call.hpp"
#include "edge/api/internal/views.hpp"
#include "ports/store.hpp"
#include "services/statistics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::api {

/// Which cases a list asks for: the query of the store, and what no column says.
struct CaseFilter {
    ports::CaseQuery query;
    services::CountedCases counted;  ///< only its actions and account are used

    struct Circle {
        city::Point center;
        double radius_m = 0;
    };

    std::optional<Circle> near;
    bool nothing = false;  ///< conditions that exclude each other
    CaseId only;  ///< when set: this case, wherever it lies; other conditions are then beside the
                  ///< point
};

/// The filter of a request's parameters with the caller's scope. Text and queues can be searched
/// only where the caller sees them.
Result<CaseFilter> read_case_filter(const Call& call);

struct FoundCase {
    cases::Case value;
    std::int64_t version = 0;
    Sight sight = Sight::Public;
};

/// Walks the cases of a filter, newest first, a page of the store at a time.
class CaseWalk {
public:
    CaseWalk(
        ports::Store& store,
        services::DefinitionsPtr definitions,
        access::Principal who,
        CaseFilter filter
    )
        : store_(store),
          definitions_(std::move(definitions)),
          who_(std::move(who)),
          filter_(std::move(filter)) {}

    /// At most `limit` more cases: fewer when the end is near or when a page of the store held few
    /// that fit.
    Result<std::vector<FoundCase>> next(int limit);

    [[nodiscard]] bool at_end() const { return at_end_; }

    /// "reported_at.id" of the last case that was looked at, to go on from.
    [[nodiscard]] std::string position() const;

private:
    Result<bool> add_only(std::vector<FoundCase>& out);
    Result<bool> add(const ports::CaseRow& row, std::vector<FoundCase>& out);

    ports::Store& store_;
    services::DefinitionsPtr definitions_;
    access::Principal who_;
    CaseFilter filter_;
    bool at_end_ = false;
};

}  // namespace chengshu::api
