#include "edge/http/message.hpp"

namespace chengshu::http {
namespace {

constexpr std::size_t kMaxTarget = 8 * 1024;
constexpr std::size_t kMaxFields = 1000;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/// The length of the well-formed UTF-8 sequence at `at`, 0 when there is none (overlong forms,
/// surrogates and values over U+10FFFF are refused).
std::size_t utf8_sequence(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80U) {
        return 1;
    }
    if (lead >= 0xC2U && lead <= 0xDFU) {
        return tail(1) ? 2 : 0;
    }
    if (lead >= 0xE0U && lead <= 0xEFU) {
        const bool overlong = lead == 0xE0U && byte(1) < 0xA0U;
        const bool surrogate = lead == 0xEDU && byte(1) > 0x9FU;
        return !overlong && !surrogate && tail(1) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0U && lead <= 0xF4U) {
        const bool overlong = lead == 0xF0U && byte(1) < 0x90U;
        const bool beyond = lead == 0xF4U && byte(1) > 0x8FU;
        return !overlong && !beyond && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

bool valid_utf8_without_nul(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_sequence(text, i);
        if (length == 0 || text[i] == '\0') {
            return false;
        }
        i += length;
    }
    return true;
}

/// Percent-decodes; nullopt for bad encoding, NUL or invalid UTF-8.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) {
                return std::nullopt;
            }
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(plus_is_space && c == '+' ? ' ' : c);
        }
    }
    if (!valid_utf8_without_nul(out)) {
        return std::nullopt;
    }
    return out;
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body) {
    std::vector<std::pair<std::string, std::string>> fields;
    while (!body.empty()) {
        const auto end = body.find('&');
        const std::string_view field = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        if (field.empty()) {
            continue;
        }
        if (fields.size() == kMaxFields) {
            return std::nullopt;
        }
        const auto equals = field.find('=');
        auto name = decode(field.substr(0, equals), true);
        auto value = equals == std::string_view::npos ? std::optional<std::string>{std::string{}}
                                                      : decode(field.substr(equals + 1), true);
        if (!name || !value) {
            return std::nullopt;
        }
        fields.emplace_back(*std::move(name), *std::move(value));
    }
    return fields;
}

std::optional<Target> parse_target(std::string_view target) {
    if (target.empty() || target.front() != '/' || target.size() > kMaxTarget) {
        return std::nullopt;
    }
    for (const char c : target) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7F || c == '#') {
            return std::nullopt;
        }
    }
    Target parsed;
    const auto question = target.find('?');
    std::string_view path =
        target.substr(1, question == std::string_view::npos ? question : question - 1);
    // "/" has no segments; a trailing slash is an empty last segment, so "/cases/" is not "/cases".
    while (!path.empty() || !parsed.path.empty()) {
        const auto slash = path.find('/');
        auto segment = decode(path.substr(0, slash), false);
        if (!segment) {
            return std::nullopt;
        }
        parsed.path.push_back(*std::move(segment));
        if (slash == std::string_view::npos) {
            break;
        }
        path.remove_prefix(slash + 1);
    }
    if (question != std::string_view::npos) {
        auto query = parse_form(target.substr(question + 1));
        if (!query) {
            return std::nullopt;
        }
        parsed.query = *std::move(query);
    }
    return parsed;
}

std::optional<std::string> Target::get(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace chengshu::http
