#pragma once

#include "ports/store.hpp"

#include <span>
#include <string>

namespace chengshu::sql {

/// Whether a search gives the row, as far as its columns say: everything but the text and the
/// limit. The same as the conditions of case_search.hpp, for rows in memory.
bool matches(const ports::CaseRow& row, const ports::CaseQuery& query);

/// Whether every wanted term is among those of a case.
bool has_terms(std::span<const std::string> has, std::span<const std::string> wanted);

}  // namespace chengshu::sql
