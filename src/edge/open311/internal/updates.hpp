#pragma once

#include "base/ids.hpp"
#include "domain/cases/case.hpp"

#include <string>

namespace chengshu::open311 {

/// The journal's number for the report that opened the case, "<number>-<report>" for those that
/// joined it: an update about two requests has two ids.
std::string update_id(Seq seq, ReportId report, const cases::Case& value);

}  // namespace chengshu::open311
