#pragma once

#include <string>
#include <string_view>

namespace chengshu {

/// A text for people, in both languages of the product. Either may be empty in data; `of` falls
/// back.
struct Label {
    std::string zh;
    std::string en;

    /// `language` is "zh" or "en"; falls back to the other when that one is empty.
    [[nodiscard]] const std::string& of(std::string_view language) const {
        if (language == "en") {
            return en.empty() ? zh : en;
        }
        return zh.empty() ? en : zh;
    }

    friend bool operator==(const Label&, const Label&) = default;
};

}  // namespace chengshu
