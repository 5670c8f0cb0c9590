#include "edge/http/message.hpp"
#include "edge/http/text.hpp"

namespace chengshu::http {
namespace {

constexpr std::size_t kMaxParts = 64;
constexpr std::size_t kMaxPartHeaders = 8 * 1024;
constexpr std::size_t kMaxBoundary = 70;  // RFC 2046 5.1.1

/// A header value with parameters: `form-data; name="a"; filename="b"`.
struct Parameters {
    std::string_view kind;
    std::vector<std::pair<std::string, std::string>> list;

    [[nodiscard]] const std::string* find(std::string_view name) const {
        for (const auto& [key, value] : list) {
            if (equal_ignoring_case(key, name)) {
                return &value;
            }
        }
        return nullptr;
    }
};

/// The quoted string that begins at `text`, which is moved behind it. Browsers escape a quote as
/// %22 and leave backslashes alone, others write \" (RFC 7578 4.2): a backslash escapes only `"`
/// and `\`.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) {
            ++i;
        }
        value.push_back(text[i]);
    }
    return std::nullopt;
}

std::optional<Parameters> parse_parameters(std::string_view text) {
    Parameters parsed;
    const auto end = text.find(';');
    parsed.kind = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    while (!(text = trim(text)).empty()) {
        if (text.front() != ';') {
            return std::nullopt;
        }
        text = trim(text.substr(1));
        if (text.empty()) {
            break;
        }
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view name = trim(text.substr(0, equals));
        text = trim(text.substr(equals + 1));
        if (!is_token(name) || parsed.find(name) != nullptr) {
            return std::nullopt;
        }
        std::string value;
        if (!text.empty() && text.front() == '"') {
            auto quoted = take_quoted(text);
            if (!quoted) {
                return std::nullopt;
            }
            value = *std::move(quoted);
        } else {
            const auto stop = text.find(';');
            value = trim(text.substr(0, stop));
            text.remove_prefix(stop == std::string_view::npos ? text.size() : stop);
        }
        parsed.list.emplace_back(std::string{name}, std::move(value));
    }
    return parsed;
}

std::optional<std::string> boundary_of(std::string_view content_type) {
    const auto parsed = parse_parameters(content_type);
    if (!parsed || !equal_ignoring_case(parsed->kind, "multipart/form-data")) {
        return std::nullopt;
    }
    const std::string* boundary = parsed->find("boundary");
    if (boundary == nullptr || boundary->empty() || boundary->size() > kMaxBoundary) {
        return std::nullopt;
    }
    for (const char c : *boundary) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) {
            return std::nullopt;
        }
    }
    return *boundary;
}

bool has_control(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/// Reads the header lines of one part (without the empty line that ends them).
bool read_part_headers(std::string_view block, Part& part) {
    bool named = false;
    while (!block.empty()) {
        const auto end = block.find("\r\n");
        const std::string_view line = block.substr(0, end);
        block.remove_prefix(end == std::string_view::npos ? block.size() : end + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
            return false;
        }
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trim(line.substr(colon + 1));
        if (has_control(value)) {
            return false;
        }
        if (equal_ignoring_case(name, "Content-Type")) {
            part.content_type = value;
        } else if (equal_ignoring_case(name, "Content-Disposition")) {
            const auto parsed = parse_parameters(value);
            const std::string* field = parsed ? parsed->find("name") : nullptr;
            if (named || field == nullptr || !equal_ignoring_case(parsed->kind, "form-data")) {
                return false;
            }
            named = true;
            part.name = *field;
            if (const std::string* filename = parsed->find("filename")) {
                part.filename = *filename;
            }
        }
    }
    return named;
}

/// True when what follows a delimiter ends its line: CRLF, after blanks that some gateways add.
bool take_line_end(std::string_view& text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    if (text.substr(0, 2) != "\r\n") {
        return false;
    }
    text.remove_prefix(2);
    return true;
}

}  // namespace

std::optional<std::vector<Part>>
parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = boundary_of(content_type);
    if (!boundary) {
        return std::nullopt;
    }
    const std::string delimiter = "\r\n--" + *boundary;
    const std::string_view opening = std::string_view{delimiter}.substr(2);
    // A preamble is allowed by the standard and used by nobody; refuse it, it only hides things.
    if (body.substr(0, opening.size()) != opening) {
        return std::nullopt;
    }
    body.remove_prefix(opening.size());
    std::vector<Part> parts;
    while (body.substr(0, 2) != "--") {
        if (!take_line_end(body) || parts.size() == kMaxParts) {
            return std::nullopt;
        }
        const auto header_end = body.substr(0, kMaxPartHeaders).find("\r\n\r\n");
        if (header_end == std::string_view::npos) {
            return std::nullopt;
        }
        Part part;
        if (!read_part_headers(body.substr(0, header_end), part)) {
            return std::nullopt;
        }
        // The line break before a delimiter belongs to it, and an empty part shares it with the
        // headers.
        body.remove_prefix(header_end + 2);
        const auto content_end = body.find(delimiter);
        if (content_end == std::string_view::npos) {
            return std::nullopt;
        }
        if (content_end > 0) {
            part.content = body.substr(2, content_end - 2);
        }
        parts.push_back(std::move(part));
        body.remove_prefix(content_end + delimiter.size());
    }
    return parts;
}

}  // namespace chengshu::http
