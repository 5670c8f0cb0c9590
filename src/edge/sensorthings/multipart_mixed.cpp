#include "edge/sensorthings/internal/multipart_mixed.hpp"

#include "base/text.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace chengshu::sensorthings {
namespace {

constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 5.1.1
constexpr std::size_t kHeadersMax = std::size_t{8} * 1024;

Failure malformed(std::string why) {
    return fail(ErrorCode::InvalidInput, "the batch is malformed: " + why);
}

std::optional<std::string> boundary_of(std::string_view content_type) {
    std::size_t at = 0;
    while ((at = content_type.find(';', at)) != std::string_view::npos) {
        auto rest = http::trim(content_type.substr(++at));
        constexpr std::string_view kName = "boundary=";
        if (rest.size() < kName.size() ||
            !http::equal_ignoring_case(rest.substr(0, kName.size()), kName)) {
            continue;
        }
        rest.remove_prefix(kName.size());
        const bool quoted = rest.starts_with('"');
        const auto end = quoted ? rest.find('"', 1) : rest.find(';');
        auto value = quoted ? rest.substr(1, end == std::string_view::npos ? end : end - 1)
                            : http::trim(rest.substr(0, end));
        if (value.empty() || value.size() > kBoundaryMax ||
            value.find_first_of("\r\n") != std::string_view::npos) {
            return std::nullopt;
        }
        return std::string(value);
    }
    return std::nullopt;
}

/// Takes a line without its end; false at the end of the text.
bool take_line(std::string_view& text, std::string_view& line) {
    if (text.empty()) {
        return false;
    }
    const auto end = text.find('\n');
    line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return true;
}

/// A bare carriage return, for instance, which would end a line for other readers.
bool has_control(std::string_view line) {
    return std::any_of(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
    });
}

/// Reads headers up to the empty line.
Status read_headers(std::string_view& text, http::Headers& headers) {
    const auto whole = text.size();
    std::string_view line;
    while (take_line(text, line) && !line.empty()) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !http::is_token(line.substr(0, colon)) ||
            whole - text.size() > kHeadersMax || !is_utf8(line) || has_control(line)) {
            return malformed("a part has a header line that is none");
        }
        headers.add(
            std::string(line.substr(0, colon)), std::string(http::trim(line.substr(colon + 1)))
        );
    }
    return ok();
}

/// Where the next delimiter line begins, and what it says.
struct Delimiter {
    std::size_t begin = std::string_view::npos;  ///< of the line break before it
    std::size_t end = 0;                         ///< behind its own line break
    bool last = false;
};

Delimiter find_delimiter(std::string_view text, std::string_view dashes) {
    std::size_t at = 0;
    while ((at = text.find(dashes, at)) != std::string_view::npos) {
        const bool starts_line = at == 0 || text[at - 1] == '\n';
        auto rest = text.substr(at + dashes.size());
        const bool last = rest.starts_with("--");
        rest.remove_prefix(last ? 2 : 0);
        const auto line_end = std::min(rest.find('\n'), rest.size());
        const auto tail = rest.substr(0, line_end);
        const bool ends_line = tail.find_first_not_of(" \t\r") == std::string_view::npos;
        if (starts_line && ends_line) {
            Delimiter out;
            out.last = last;
            const auto behind = text.size() - rest.size() + line_end;
            out.end = std::min(behind + 1, text.size());
            out.begin = at;
            if (out.begin > 0) {
                --out.begin;  // the line break belongs to the delimiter
            }
            if (out.begin > 0 && text[out.begin - 1] == '\r') {
                --out.begin;
            }
            return out;
        }
        at += dashes.size();
    }
    return {};
}

}  // namespace

Result<std::vector<MixedPart>>
split_mixed(std::string_view content_type, std::string_view body, std::size_t parts_max) {
    const auto boundary = boundary_of(content_type);
    if (!boundary || http::media_type(content_type) != "multipart/mixed") {
        return malformed("send multipart/mixed with a boundary");
    }
    const auto dashes = "--" + *boundary;
    auto delimiter = find_delimiter(body, dashes);
    std::vector<MixedPart> out;
    while (delimiter.begin != std::string_view::npos && !delimiter.last) {
        body.remove_prefix(delimiter.end);
        delimiter = find_delimiter(body, dashes);
        if (delimiter.begin == std::string_view::npos) {
            return malformed("the last boundary is missing");
        }
        if (out.size() == parts_max) {
            return fail(
                ErrorCode::TooLarge, fmt::format("a batch has at most {} requests", parts_max)
            );
        }
        MixedPart part;
        auto content = body.substr(0, delimiter.begin);
        CS_CHECK(read_headers(content, part.headers));
        part.content = content;
        out.push_back(std::move(part));
    }
    if (delimiter.begin == std::string_view::npos) {
        return malformed("the boundary does not occur");
    }
    return out;
}

Result<http::Request> parse_http(std::string_view content) {
    while (content.starts_with('\r') || content.starts_with('\n')) {
        content.remove_prefix(1);
    }
    std::string_view line;
    if (!take_line(content, line)) {
        return malformed("a part holds no request");
    }
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    const auto version = last == std::string_view::npos ? line : line.substr(last + 1);
    const bool whole = first != std::string_view::npos && first != last &&
                       http::is_token(line.substr(0, first)) && version.starts_with("HTTP/") &&
                       is_utf8(line) && !has_control(line);
    if (!whole) {
        return malformed("a request begins with METHOD address HTTP/1.1");
    }
    http::Request out;
    out.method = line.substr(0, first);
    out.target = http::trim(line.substr(first + 1, last - first - 1));
    CS_CHECK(read_headers(content, out.headers));
    out.body = content;
    // The line break before a delimiter has been taken; one that a client adds after the body is
    // harmless in JSON.
    return out;
}

std::string print_http(const http::Response& response) {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, response.status);
    for (const auto& [name, value] : response.headers.all()) {
        out += fmt::format("{}: {}\r\n", name, value);
    }
    return out + fmt::format("Content-Length: {}\r\n\r\n", response.body.size()) + response.body;
}

}  // namespace chengshu::sensorthings
