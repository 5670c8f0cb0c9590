#include "edge/api/internal/call.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/text.hpp"

#include <charconv>

namespace chengshu::api {

const std::string& Call::in_path(std::string_view name) const {
    for (const auto& [key, value] : path) {
        if (key == name) {
            return value;
        }
    }
    CS_ASSERT(false);  // the route's own template names it
    return path.front().second;
}

std::optional<std::string> Call::parameter(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) {
            return value.empty() ? std::nullopt : std::optional(value);
        }
    }
    return std::nullopt;
}

int Call::integer(std::string_view name, int otherwise) const {
    const auto found = parameter(name);
    if (!found) {
        return otherwise;
    }
    int out = otherwise;
    std::from_chars(found->data(), found->data() + found->size(), out);
    return out;
}

std::string Call::text(std::string_view name) const {
    return text_of(body, name);
}

std::vector<std::string> Call::texts(std::string_view name) const {
    return texts_of(body, name);
}

Date Call::today() const {
    return city().calendar().zone().local_date(now);
}

Answer json_answer(const json::value& value) {
    Answer out;
    out.body = json_text(value);
    return out;
}

Answer json_answer(const json::object& object) {
    Answer out;
    out.body = json_text(object);
    return out;
}

}  // namespace chengshu::api
