#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>

namespace chengshu::sensing {

inline constexpr std::size_t kPatchOperationsMax = 1'000;
/// A copied value may be copied again: what a patch may grow a document to, in JSON values.
inline constexpr std::size_t kPatchedValuesMax = 20'000;

/// Applies a JSON Patch (RFC 6902) to a document: add, remove, replace, move, copy, test; all or
/// nothing. InvalidInput, with the operation's number and pointer in `field` ("/2/path"), for a
/// patch that is malformed, names what is not there, or whose test fails.
Status apply_patch(boost::json::value& document, const boost::json::value& patch);

/// Merges a JSON Merge Patch (RFC 7386): null removes, objects merge, all else replaces.
void merge_patch(boost::json::value& document, const boost::json::value& patch);

}  // namespace chengshu::sensing
