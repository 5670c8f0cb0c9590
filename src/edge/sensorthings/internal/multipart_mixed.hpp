#pragma once

#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensorthings {

/// A part of multipart/mixed: MIME headers and content.
struct MixedPart {
    http::Headers headers;
    std::string_view content;  ///< into the body it was read from
};

/// Splits a body at the boundary that its Content-Type names. Lines may end with CRLF or LF; a
/// preamble and an epilogue are passed over. InvalidInput when it is malformed, TooLarge with more
/// than `parts_max` parts.
Result<std::vector<MixedPart>>
split_mixed(std::string_view content_type, std::string_view body, std::size_t parts_max);

/// The request in a part of type application/http: request line, headers, body.
Result<http::Request> parse_http(std::string_view content);

/// An answer as the content of a part of type application/http.
std::string print_http(const http::Response& response);

}  // namespace chengshu::sensorthings
