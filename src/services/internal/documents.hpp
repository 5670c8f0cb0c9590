#pragma once

#include "base/result.hpp"
#include "ports/store.hpp"

#include <boost/json.hpp>

namespace chengshu::services {

/// Internal: a stored document cannot be read. Of tokens only the kind is told; their ids are
/// secret.
Failure damaged(const ports::DocumentRow& row);

/// The document's body, or damaged().
Result<boost::json::object> object_of(const ports::DocumentRow& row);

}  // namespace chengshu::services
