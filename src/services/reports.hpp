#pragma once

#include "domain/access/principal.hpp"
#include "domain/intake/report.hpp"
#include "services/unit_of_work.hpp"

#include <string>

namespace chengshu::services {

/// What decide() is told of the surroundings; refers to `work`, which must outlive it.
cases::Context context_of(UnitOfWork& work);

struct FiledReport {
    ReportId report;
    std::string state;  ///< "case": it opened one; "duplicate": it joined one
    CasePtr value;
};

/// The one door: normalise, locate, classify, look for a duplicate, open or join a case, and let
/// the workflow's automatic steps run. A report with an external id that its source has sent before
/// gives the first answer again. UnknownCode for a source that the city does not list.
Result<FiledReport>
file_report(UnitOfWork& work, const access::Principal& who, intake::Report report);

/// Where a collector is now: verification tasks go to the nearest. Only the last place is kept, and
/// no entry is made of it. NotPermitted for who has no post of a collector, OutsideCity for a place
/// elsewhere.
Status note_position(UnitOfWork& work, const access::Principal& who, city::Point point);

}  // namespace chengshu::services
