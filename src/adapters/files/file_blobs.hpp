#pragma once

#include "ports/blobs.hpp"

#include <filesystem>
#include <memory>

namespace chengshu::files {

/// Attachments in a folder: "<root>/ab/cd/<sha256>". A file is written under a temporary name,
/// synced and renamed, and its folder is synced, so that a name that exists always has its whole
/// content. Thread-safe.
class FileBlobs final : public ports::Blobs {
public:
    /// Makes the folder when it does not exist. StorageUnavailable when it cannot be written.
    static Result<std::unique_ptr<FileBlobs>> open(const std::filesystem::path& root);

    Result<std::string> put(std::string_view bytes) override;
    /// StorageUnavailable when the stored bytes are not those of the name any more.
    Result<std::optional<std::string>> get(std::string_view sha256) override;
    Result<bool> has(std::string_view sha256) override;

private:
    explicit FileBlobs(std::filesystem::path root) : root_(std::move(root)) {}

    [[nodiscard]] std::filesystem::path path_of(std::string_view sha256) const;

    std::filesystem::path root_;
};

}  // namespace chengshu::files
