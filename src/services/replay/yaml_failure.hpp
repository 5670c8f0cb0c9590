#pragma once

#include "base/result.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <string>

namespace chengshu::services::replay {

/// What yaml-cpp says of a file, as an error with the file and the line.
inline Failure yaml_failure(const std::string& path, const YAML::Exception& error) {
    return fail(
        ErrorCode::InvalidInput,
        fmt::format("{}:{}: {}", path, error.mark.line + 1, error.msg),
        path
    );
}

}  // namespace chengshu::services::replay
