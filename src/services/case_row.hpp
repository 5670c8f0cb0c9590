#pragma once

#include "domain/cases/case.hpp"
#include "domain/cases/decide.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"

#include <string>
#include <vector>

namespace chengshu::services {

/// The stored form of a case: its document and every column derived from it. `terms` are left out;
/// `facts` is the mask of what it counts for (evaluation::facts_of).
ports::CaseRow to_row(
    const cases::Case& value,
    std::int64_t version,
    Instant updated_at,
    const Definitions& definitions,
    std::int64_t facts
);
/// What the case is found by in text search: description, address, number and category names.
std::vector<std::string> search_terms(const cases::Case& value, const Definitions& definitions);
/// InvalidInput → the stored document is damaged.
Result<cases::Case> from_row(const ports::CaseRow& row);

ports::JournalRow to_journal(const cases::Entry& entry, Seq seq);

}  // namespace chengshu::services
