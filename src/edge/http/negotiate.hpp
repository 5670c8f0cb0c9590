#pragma once

#include "edge/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::http {

/// All name/value pairs of the Cookie headers, in order. Pairs that are not well formed are left
/// out; at most 100 are read.
std::vector<std::pair<std::string, std::string>> cookies(const Headers& headers);
/// The first cookie of that name.
std::optional<std::string> cookie(const Headers& headers, std::string_view name);

/// "zh" or "en", whichever Accept-Language prefers; "zh" when it says nothing about either.
std::string_view accepts_language(const Headers& headers);

/// Whether Accept-Encoding allows gzip (RFC 9110 12.5.3: q=0 forbids, `*` stands for the unnamed).
bool accepts_gzip(const Headers& headers);

/// The media type of a Content-Type value: lower case, without parameters. "Text/HTML; charset=x"
/// -> "text/html".
std::string media_type(std::string_view content_type);

/// Weak comparison of If-None-Match with an entity tag that carries its quotes; `*` matches any.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace chengshu::http
