#pragma once

#include "base/assert.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace chengshu::support {

/// A new empty folder under the system's temporary folder; removed with all its files.
class TempFolder {
public:
    TempFolder() {
        auto pattern = (std::filesystem::temp_directory_path() / "chengshu-test-XXXXXX").string();
        CS_ASSERT(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }

    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path file(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace chengshu::support
