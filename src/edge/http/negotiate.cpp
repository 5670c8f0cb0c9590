#include "edge/http/negotiate.hpp"

#include "edge/http/text.hpp"

#include <algorithm>

namespace chengshu::http {
namespace {

constexpr std::size_t kMaxCookies = 100;
constexpr std::size_t kMaxChoices = 100;

/// Takes the part before the separator off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return trim(part);
}

/// A qvalue in thousandths; 1000 when absent, 0 when malformed (RFC 9110 12.4.2).
int quality(std::string_view parameters) {
    while (!parameters.empty()) {
        std::string_view value = take(parameters, ';');
        const std::string_view name = take(value, '=');
        if (!equal_ignoring_case(name, "q")) {
            continue;
        }
        if (value.empty() || value.size() > 5 || (value[0] != '0' && value[0] != '1') ||
            (value.size() > 1 && value[1] != '.')) {
            return 0;
        }
        int thousandths = (value[0] - '0') * 1000;
        int weight = 100;
        for (std::size_t i = 2; i < value.size(); ++i, weight /= 10) {
            if (value[i] < '0' || value[i] > '9') {
                return 0;
            }
            thousandths += (value[i] - '0') * weight;
        }
        return std::min(thousandths, 1000);
    }
    return 1000;
}

/// Calls `choice(name, quality)` for each element of a comma-separated list of preferences.
template <class F>
void each_choice(std::string_view list, F&& choice) {
    for (std::size_t count = 0; !list.empty() && count < kMaxChoices; ++count) {
        std::string_view element = take(list, ',');
        const std::string_view name = take(element, ';');
        if (!name.empty()) {
            choice(name, quality(element));
        }
    }
}

std::string_view unquoted(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        return value.substr(1, value.size() - 2);
    }
    return value;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> cookies(const Headers& headers) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [name, value] : headers.all()) {
        if (!equal_ignoring_case(name, "Cookie")) {
            continue;
        }
        std::string_view rest = value;
        while (!rest.empty() && found.size() < kMaxCookies) {
            std::string_view pair = take(rest, ';');
            if (pair.find('=') == std::string_view::npos) {
                continue;
            }
            const std::string_view key = take(pair, '=');
            if (is_token(key)) {
                found.emplace_back(key, unquoted(trim(pair)));
            }
        }
    }
    return found;
}

std::optional<std::string> cookie(const Headers& headers, std::string_view name) {
    for (auto& [key, value] : cookies(headers)) {
        if (key == name) {
            return std::move(value);
        }
    }
    return std::nullopt;
}

std::string_view accepts_language(const Headers& headers) {
    int zh = -1;
    int en = -1;
    each_choice(headers.get("Accept-Language"), [&](std::string_view tag, int q) {
        const std::string_view primary = tag.substr(0, tag.find('-'));
        if (equal_ignoring_case(primary, "zh")) {
            zh = std::max(zh, q);
        } else if (equal_ignoring_case(primary, "en")) {
            en = std::max(en, q);
        }
    });
    return en > std::max(zh, 0) ? "en" : "zh";
}

bool accepts_gzip(const Headers& headers) {
    int gzip = -1;
    int any = -1;
    each_choice(headers.get("Accept-Encoding"), [&](std::string_view coding, int q) {
        if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
            gzip = q;
        } else if (coding == "*") {
            any = q;
        }
    });
    return (gzip >= 0 ? gzip : any) > 0;
}

std::string media_type(std::string_view content_type) {
    std::string type{take(content_type, ';')};
    std::transform(type.begin(), type.end(), type.begin(), lower);
    return type;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    const auto opaque = [](std::string_view tag) {
        return tag.substr(0, 2) == "W/" ? tag.substr(2) : tag;
    };
    if (trim(if_none_match) == "*") {
        return true;
    }
    while (!if_none_match.empty()) {
        const std::string_view candidate = take(if_none_match, ',');
        if (!candidate.empty() && opaque(candidate) == opaque(etag)) {
            return true;
        }
    }
    return false;
}

}  // namespace chengshu::http
