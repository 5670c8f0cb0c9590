#include "base/json_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace json = boost::json;

namespace chengshu {
namespace {

bool all_finite(const json::value& value) {
    if (const auto* number = value.if_double()) {
        return std::isfinite(*number);
    }
    if (const auto* array = value.if_array()) {
        for (const auto& item : *array) {
            if (!all_finite(item)) {
                return false;
            }
        }
    } else if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            if (!all_finite(member.value())) {
                return false;
            }
        }
    }
    return true;
}

void append_array(std::string& out, const json::array& array) {
    out += '[';
    bool first = true;
    for (const auto& item : array) {
        if (!first) {
            out += ',';
        }
        first = false;
        append_json(out, item);
    }
    out += ']';
}

void append_object(std::string& out, const json::object& object) {
    out += '{';
    bool first = true;
    for (const auto& member : object) {
        if (!first) {
            out += ',';
        }
        first = false;
        append_json_text(out, member.key());
        out += ':';
        append_json(out, member.value());
    }
    out += '}';
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view what) {
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    json::stream_parser parser({}, options);
    boost::system::error_code error;
    const auto read = parser.write(text.data(), text.size(), error);
    if (!error) {
        parser.finish(error);
    }
    if (error) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} is not JSON: {} near byte {}", what, error.message(), read)
        );
    }
    auto value = parser.release();
    if (!all_finite(value)) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("{} holds a number that is too large", what)
        );
    }
    return value;
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            continue;
        }
        out.append(text, plain, i - plain);
        plain = i + 1;
        switch (text[i]) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += fmt::format("\\u{:04x}", byte);
        }
    }
    out.append(text, plain);
    out += '"';
}

void append_json_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    std::array<char, 32> buffer;
    const auto size = std::abs(number);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e15);
    const auto end =
        plain ? std::to_chars(
                    buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed
                )
              : std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    out.append(buffer.data(), end.ptr);
}

void append_json(std::string& out, const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            out += "null";
            break;
        case json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            break;
        case json::kind::int64:
            out += fmt::format_int(value.get_int64()).c_str();
            break;
        case json::kind::uint64:
            out += fmt::format_int(value.get_uint64()).c_str();
            break;
        case json::kind::double_:
            append_json_number(out, value.get_double());
            break;
        case json::kind::string:
            append_json_text(out, std::string_view(value.get_string()));
            break;
        case json::kind::array:
            append_array(out, value.get_array());
            break;
        case json::kind::object:
            append_object(out, value.get_object());
            break;
    }
}

std::string json_text(const json::value& value) {
    std::string out;
    append_json(out, value);
    return out;
}

std::string json_text(const json::object& object) {
    std::string out;
    append_object(out, object);
    return out;
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string()
               ? std::string(std::string_view(value->get_string()))
               : std::string();
}

std::int64_t whole_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

}  // namespace chengshu
