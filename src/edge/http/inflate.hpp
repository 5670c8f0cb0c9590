#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace chengshu::http {

/// The content of a gzip body (RFC 1952, one member or several). TooLarge, without having held
/// more, when it has over `limit` bytes; InvalidInput when it is damaged or cut off.
Result<std::string> inflate_gzip(std::string_view body, std::size_t limit);

}  // namespace chengshu::http
