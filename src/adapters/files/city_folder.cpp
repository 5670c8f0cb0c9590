#include "adapters/files/city_folder.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <system_error>

namespace chengshu::files {
namespace {

namespace fs = std::filesystem;

/// Folder names come from commands and from data: nothing that leaves the data root.
bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool is_data(const fs::path& path) {
    const auto extension = path.extension();
    return extension == ".yaml" || extension == ".csv" || extension == ".geojson";
}

class Reader {
public:
    Reader(const fs::path& root, const CityLimits& limits) : root_(root), limits_(limits) {}

    Status read_file(const fs::path& path) {
        std::error_code error;
        const auto size = fs::file_size(path, error);
        std::ifstream in{path, std::ios::binary};
        if (error || !in) {
            return fail(
                ErrorCode::StorageUnavailable, fmt::format("cannot read {}", path.string())
            );
        }
        if (size > limits_.file_bytes || total_ + size > limits_.total_bytes ||
            files.size() >= limits_.files) {
            return fail(
                ErrorCode::TooLarge,
                fmt::format(
                    "{}: a city's data has at most {} files, {} bytes each, {} together",
                    path.string(),
                    limits_.files,
                    limits_.file_bytes,
                    limits_.total_bytes
                )
            );
        }
        std::string content(static_cast<std::size_t>(size), '\0');
        in.read(content.data(), static_cast<std::streamsize>(size));
        content.resize(static_cast<std::size_t>(in.gcount()));
        total_ += content.size();
        files.push_back({path.lexically_relative(root_).generic_string(), std::move(content)});
        return ok();
    }

    /// Every data file of the folder; of its subfolders too when `deep`.
    Status read_folder(const fs::path& folder, bool deep) {
        std::error_code error;
        fs::recursive_directory_iterator at{folder, error};
        if (error) {
            return fail(
                ErrorCode::NotFound,
                fmt::format("there is no folder {}: {}", folder.string(), error.message())
            );
        }
        for (; at != fs::recursive_directory_iterator{}; at.increment(error)) {
            if (error) {
                return fail(
                    ErrorCode::StorageUnavailable,
                    fmt::format("cannot read {}: {}", folder.string(), error.message())
                );
            }
            if (!deep && at->is_directory(error)) {
                at.disable_recursion_pending();
            }
            if (at->is_regular_file(error) && is_data(at->path())) {
                CS_CHECK(read_file(at->path()));
            }
        }
        return ok();
    }

    std::vector<city::CityFile> files;

private:
    const fs::path& root_;
    const CityLimits& limits_;
    std::size_t total_ = 0;
};

/// The `scenarios:` list of city.yaml. Everything else in the file is for the parser of cities.
Result<std::vector<std::string>> scenarios_of(const city::CityFile& file) {
    std::vector<std::string> names;
    try {
        const auto root = YAML::Load(file.content);
        const auto list = root.IsMap() ? root["scenarios"] : YAML::Node{};
        if (!list || list.IsNull()) {
            return names;
        }
        if (!list.IsSequence()) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{}: `scenarios` must be a list of names", file.path)
            );
        }
        for (const auto& item : list) {
            names.push_back(item.as<std::string>());
        }
    } catch (const YAML::Exception& mistake) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{}:{}: {}", file.path, mistake.mark.line + 1, mistake.msg)
        );
    }
    for (const auto& name : names) {
        if (!is_name(name)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{}: '{}' cannot be the name of a scenario", file.path, name)
            );
        }
    }
    return names;
}

}  // namespace

Result<std::vector<city::CityFile>>
read_city(const fs::path& data_root, std::string_view city_code, const CityLimits& limits) {
    if (!is_name(city_code)) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("'{}' cannot be the code of a city", city_code)
        );
    }
    Reader reader{data_root, limits};
    CS_CHECK(reader.read_folder(data_root / "cities" / city_code, false));
    const auto settings = fmt::format("cities/{}/city.yaml", city_code);
    const auto found =
        std::find_if(reader.files.begin(), reader.files.end(), [&](const auto& file) {
            return file.path == settings;
        });
    if (found == reader.files.end()) {
        return fail(ErrorCode::NotFound, fmt::format("there is no {}", settings));
    }
    CS_TRY(scenarios, scenarios_of(*found));
    const std::set<std::string> distinct(scenarios.begin(), scenarios.end());
    for (const auto& name : distinct) {
        CS_CHECK(reader.read_folder(data_root / "scenarios" / name, true));
    }
    std::sort(reader.files.begin(), reader.files.end(), [](const auto& a, const auto& b) {
        return a.path < b.path;
    });
    return std::move(reader.files);
}

Result<std::vector<std::string>> list_cities(const fs::path& data_root) {
    std::vector<std::string> codes;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{data_root / "cities", error}) {
        std::error_code ignored;
        if (fs::is_regular_file(entry.path() / "city.yaml", ignored)) {
            codes.push_back(entry.path().filename().string());
        }
    }
    if (error) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no folder {}", (data_root / "cities").string())
        );
    }
    std::sort(codes.begin(), codes.end());
    return codes;
}

}  // namespace chengshu::files
