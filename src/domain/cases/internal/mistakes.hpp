#pragma once

#include "base/label.hpp"
#include "domain/city/city.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::cases {

/// Collects the mistakes of one definition file with their places.
class Mistakes {
public:
    Mistakes(const city::DefinitionFile& file, std::vector<city::Finding>& findings)
        : file_(file), findings_(findings) {}

    void add(const YAML::Mark& mark, std::string zh, std::string en, Label hint = {}) {
        const bool known = !mark.is_null();
        findings_.push_back(
            {true,
             file_.path,
             known ? mark.line + 1 : 0,
             known ? column_of(mark) : 0,
             {std::move(zh), std::move(en)},
             std::move(hint)}
        );
    }

private:
    /// yaml-cpp counts bytes; people count characters.
    [[nodiscard]] int column_of(const YAML::Mark& mark) const {
        std::string_view text = file_.content;
        if (text.starts_with("\xEF\xBB\xBF")) {
            text.remove_prefix(3);
        }
        const auto end = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text.size());
        const auto bytes = std::min(static_cast<std::size_t>(std::max(mark.column, 0)), end);
        const auto line = text.substr(end - bytes, bytes);
        return 1 + static_cast<int>(std::count_if(line.begin(), line.end(), [](char c) {
                   return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
               }));
    }

    const city::DefinitionFile& file_;
    std::vector<city::Finding>& findings_;
};

}  // namespace chengshu::cases
