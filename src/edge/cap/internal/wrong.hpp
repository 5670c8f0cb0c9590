#pragma once

#include "base/result.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace chengshu::cap {

/// InvalidInput at an element: "<sent>: this is missing".
inline Failure wrong(std::string_view element, std::string_view what) {
    return fail(
        ErrorCode::InvalidInput, fmt::format("<{}>: {}", element, what), std::string(element)
    );
}

}  // namespace chengshu::cap
