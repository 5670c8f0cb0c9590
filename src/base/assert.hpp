#pragma once

namespace chengshu {

/// Prints the broken condition and aborts. Called by CS_ASSERT only.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace chengshu

/// An invariant of our own code, checked in every build. Never for outside input.
#define CS_ASSERT(condition) \
    ((condition) ? void(0) : ::chengshu::assertion_failed(#condition, __FILE__, __LINE__))
