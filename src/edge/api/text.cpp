#include "edge/api/internal/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace json = boost::json;

namespace chengshu::api {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64url(std::string_view bytes) {
    std::string out;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8U) | static_cast<unsigned char>(c);
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            out += kAlphabet[(buffer >> static_cast<unsigned>(bits)) & 63U];
        }
    }
    if (bits > 0) {
        out += kAlphabet[(buffer << static_cast<unsigned>(6 - bits)) & 63U];
    }
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string out;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const auto index = kAlphabet.find(c);
        if (c == '\0' || index == std::string_view::npos) {
            return std::nullopt;
        }
        buffer = (buffer << 6U) | static_cast<unsigned>(index);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 255U);
        }
    }
    return out;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
    std::vector<std::string> out;
    if (const auto* list = object.if_contains(name); list != nullptr && list->is_array()) {
        for (const auto& item : list->get_array()) {
            if (item.is_string()) {
                out.emplace_back(std::string_view(item.get_string()));
            }
        }
    }
    return out;
}

std::optional<double> number_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) {
        return std::nullopt;
    }
    return value->to_number<double>();
}

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~' ||
                           c == '/' || c == ':' || c == ',';
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

std::string query_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!value.empty()) {
            out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, escape(value));
        }
    }
    return out;
}

double rounded(double value, int precision) {
    const double scale = std::pow(10, precision);
    return std::round(value * scale) / scale;
}

int whole_number(std::string_view text) {
    int out = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? out : -1;
}

}  // namespace chengshu::api
