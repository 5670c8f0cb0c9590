#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chengshu::ports {

/// Attachments by content: the name is the SHA-256 of the bytes. Thread-safe.
class Blobs {
public:
    virtual ~Blobs() = default;
    /// Durable when it returns; writing the same bytes again is a success. Gives the SHA-256 in
    /// hex.
    virtual Result<std::string> put(std::string_view bytes) = 0;
    virtual Result<std::optional<std::string>> get(std::string_view sha256) = 0;
    virtual Result<bool> has(std::string_view sha256) = 0;
};

}  // namespace chengshu::ports
