#include "adapters/http_server/response_head.hpp"

#include "edge/http/text.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace chengshu::http {
namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Status";
    }
}

/// Framing and connection management are the server's business.
bool is_reserved(std::string_view name) {
    switch (name.size()) {
        case 4:
            return equal_ignoring_case(name, "Date");
        case 7:
            return equal_ignoring_case(name, "Trailer") || equal_ignoring_case(name, "Upgrade");
        case 10:
            return equal_ignoring_case(name, "Connection") ||
                   equal_ignoring_case(name, "Keep-Alive");
        case 14:
            return equal_ignoring_case(name, "Content-Length");
        case 17:
            return equal_ignoring_case(name, "Transfer-Encoding");
        default:
            return false;
    }
}

bool is_safe_value(std::string_view value) {
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t') || byte == 0x7F) {
            return false;
        }
    }
    return true;
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
    out.append(name);
    out.append(": ");
    out.append(value);
    out.append("\r\n");
}

}  // namespace

SecurityHeaders::SecurityHeaders(const ServerConfig& config) {
    fields_ = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"}
    };
    if (!config.content_security_policy.empty()) {
        fields_.emplace_back("Content-Security-Policy", config.content_security_policy);
    }
    if (!config.tls_certificate.empty()) {
        fields_.emplace_back("Strict-Transport-Security", "max-age=31536000");
    }
}

void SecurityHeaders::append(const Headers& already, std::string& out) const {
    for (const auto& [name, value] : fields_) {
        if (already.get(name).empty()) {
            append_field(name, value, out);
        }
    }
}

bool is_bodiless(int status) {
    return status == 204 || status == 304 || status < 200;
}

void write_head(
    const Response& response,
    const Framing& framing,
    const SecurityHeaders& security,
    std::string& out
) {
    out.clear();
    fmt::format_to(
        std::back_inserter(out),
        "HTTP/1.1 {} {}\r\nDate: {}\r\n",
        response.status,
        reason(response.status),
        framing.date
    );
    for (const auto& [name, value] : response.headers.all()) {
        if (is_token(name) && is_safe_value(value) && !is_reserved(name)) {
            append_field(name, value, out);
        }
    }
    security.append(response.headers, out);
    if (framing.gzip) {
        out.append("Content-Encoding: gzip\r\n");
    }
    if (framing.vary) {
        out.append("Vary: Accept-Encoding\r\n");
    }
    if (framing.length) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *framing.length);
    }
    if (framing.chunked && !framing.http_1_0) {
        out.append("Transfer-Encoding: chunked\r\n");
    }
    if (!framing.keep_alive) {
        out.append("Connection: close\r\n");
    } else if (framing.http_1_0) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

Response problem(int status, ErrorCode code, std::string_view language) {
    const ErrorInfo& info = error_info(code);
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.headers.add("Content-Language", std::string{language});
    response.headers.add("Cache-Control", "no-store");
    // The table's texts need no JSON escapes, and no input of the peer is repeated here.
    response.body = fmt::format(
        R"({{"type":"about:blank","title":"{}","status":{},"code":"{}"}})",
        language == "en" ? info.meaning_en : info.meaning_zh,
        status,
        info.name
    );
    return response;
}

std::string http_date() {
    constexpr auto kDays =
        std::to_array<std::string_view>({"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"});
    constexpr auto kMonths = std::to_array<std::string_view>(
        {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
    );
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    return fmt::format(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        kDays[static_cast<std::size_t>(utc.tm_wday)],
        utc.tm_mday,
        kMonths[static_cast<std::size_t>(utc.tm_mon)],
        utc.tm_year + 1900,
        utc.tm_hour,
        utc.tm_min,
        utc.tm_sec
    );
}

}  // namespace chengshu::http
