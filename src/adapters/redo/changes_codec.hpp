#pragma once

#include "base/result.hpp"
#include "ports/store.hpp"

#include <string>
#include <string_view>

namespace chengshu::redo {

/// Appends the changes as bytes: whole numbers in groups of seven bits, texts with their length.
void encode(const ports::Changes& changes, std::string& to);

/// What `encode` made. Anything else is StorageUnavailable with what is wrong and where; nothing in
/// the bytes makes it ask for more memory than they have.
Result<ports::Changes> decode(std::string_view bytes);

}  // namespace chengshu::redo
