#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::app {

/// The effective settings (rows of settings.def) and where each value came from.
class Settings {
public:
    struct Value {
        std::string text;
        std::string source;  ///< "default", "file chengshu.yaml:3", "environment", "--set"
    };

    /// Reads, in order of strength, the file, the environment and the overrides ("name=value").
    /// InvalidInput names the offending key and its place; unknown keys are errors.
    static Result<Settings> load(
        const std::string& file,
        bool file_must_exist,
        const std::function<const char*(const char*)>& environment,
        const std::vector<std::string>& overrides
    );

    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::int64_t count(std::string_view name) const;  ///< also Size in bytes
    [[nodiscard]] bool on(std::string_view name) const;
    [[nodiscard]] std::chrono::milliseconds time(std::string_view name) const;

    [[nodiscard]] const std::map<std::string, Value, std::less<>>& all() const { return values_; }

private:
    Status set(std::string_view name, std::string text, std::string source);

    std::map<std::string, Value, std::less<>> values_;
};

/// docs/settings.md, from the table.
std::string settings_reference();

}  // namespace chengshu::app
