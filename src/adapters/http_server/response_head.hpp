#pragma once

#include "adapters/http_server/config.hpp"
#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chengshu::http {

/// What the connection decides about an answer, beside the handler's own Response.
struct Framing {
    bool keep_alive = true;
    bool http_1_0 = false;
    bool chunked = false;               ///< a stream; on HTTP/1.0 it ends with the connection
    std::optional<std::size_t> length;  ///< Content-Length; none for streams, 204 and 304
    bool gzip = false;                  ///< the body was compressed
    bool vary = false;                  ///< the body's form depends on Accept-Encoding
    std::string_view date;              ///< IMF-fixdate
};

/// The security headers of every response, made once from the configuration.
class SecurityHeaders {
public:
    explicit SecurityHeaders(const ServerConfig& config);
    /// Appends those that the handler did not set.
    void append(const Headers& already, std::string& out) const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// Replaces `out` with the status line and all header lines. Header fields of the handler that
/// would break the framing (line breaks, bad names) or that are the server's to set are left out.
void write_head(
    const Response& response,
    const Framing& framing,
    const SecurityHeaders& security,
    std::string& out
);

/// True when a response of this status carries no body and no Content-Length.
bool is_bodiless(int status);

/// A problem document of the server's own: `status` may be more exact than the error's.
Response problem(int status, ErrorCode code, std::string_view language);

/// "Sun, 06 Nov 1994 08:49:37 GMT" of now, in UTC.
std::string http_date();

}  // namespace chengshu::http
