#include "edge/http/message.hpp"

#include "edge/http/text.hpp"

#include <algorithm>

namespace chengshu::http {

void Headers::set(std::string name, std::string value) {
    const auto first = std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) {
        return equal_ignoring_case(field.first, name);
    });
    if (first == fields_.end()) {
        add(std::move(name), std::move(value));
        return;
    }
    first->second = std::move(value);
    fields_.erase(
        std::remove_if(
            first + 1,
            fields_.end(),
            [&](const auto& field) { return equal_ignoring_case(field.first, name); }
        ),
        fields_.end()
    );
}

void Headers::add(std::string name, std::string value) {
    if (fields_.capacity() == 0) {
        fields_.reserve(8);  // most messages then need one allocation
    }
    fields_.emplace_back(std::move(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (equal_ignoring_case(key, name)) {
            return value;
        }
    }
    return {};
}

}  // namespace chengshu::http
