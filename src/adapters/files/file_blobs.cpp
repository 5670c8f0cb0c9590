#include "adapters/files/file_blobs.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace chengshu::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSha256HexDigits = 64;

std::string sha256_of(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CS_ASSERT(
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1
    );
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex += fmt::format("{:02x}", digest[i]);
    }
    return hex;
}

/// Names come from addresses of the API: nothing else may become a path.
bool is_sha256(std::string_view name) {
    return name.size() == kSha256HexDigits && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Failure io_failure(std::string_view doing, const fs::path& path, int why) {
    return fail(
        ErrorCode::StorageUnavailable,
        fmt::format("cannot {} {}: {}", doing, path.string(), std::generic_category().message(why))
    );
}

/// A file descriptor that closes itself.
class File {
public:
    File(const fs::path& path, int flags)
        : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}

    File(const File&) = delete;
    File& operator=(const File&) = delete;

    ~File() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

Status sync_folder(const fs::path& folder) {
    const File file{folder, O_RDONLY | O_DIRECTORY};
    if (!file.is_open() || ::fsync(file.descriptor()) != 0) {
        return io_failure("sync", folder, errno);
    }
    return ok();
}

/// Makes what is missing on the way to `folder`, durably.
Status make_folder(const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) {
        return ok();
    }
    const auto parent = folder.parent_path();
    if (!parent.empty() && parent != folder) {
        CS_CHECK(make_folder(parent));
    }
    if (!fs::create_directory(folder, error) && error) {
        return io_failure("make", folder, error.value());
    }
    return parent.empty() ? ok() : sync_folder(parent);
}

Status write_synced(const fs::path& path, std::string_view bytes) {
    const File file{path, O_WRONLY | O_CREAT | O_EXCL};
    if (!file.is_open()) {
        return io_failure("make", path, errno);
    }
    while (!bytes.empty()) {
        const auto written = ::write(file.descriptor(), bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return io_failure("write", path, errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.descriptor()) != 0) {
        return io_failure("sync", path, errno);
    }
    return ok();
}

Result<std::string> read_whole(const File& file, const fs::path& path) {
    struct stat status{};

    if (::fstat(file.descriptor(), &status) != 0) {
        return io_failure("read", path, errno);
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto got = ::read(file.descriptor(), bytes.data() + at, bytes.size() - at);
        if (got < 0 && errno != EINTR) {
            return io_failure("read", path, errno);
        }
        if (got == 0) {
            break;
        }
        at += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    bytes.resize(at);
    return bytes;
}

}  // namespace

Result<std::unique_ptr<FileBlobs>> FileBlobs::open(const fs::path& root) {
    CS_CHECK(make_folder(root));
    if (::access(root.c_str(), W_OK | X_OK) != 0) {
        return io_failure("write to", root, errno);
    }
    return std::unique_ptr<FileBlobs>{new FileBlobs{root}};
}

fs::path FileBlobs::path_of(std::string_view sha256) const {
    return root_ / sha256.substr(0, 2) / sha256.substr(2, 2) / sha256;
}

Result<std::string> FileBlobs::put(std::string_view bytes) {
    static std::atomic<std::uint64_t> serial = 0;
    const auto name = sha256_of(bytes);
    const auto path = path_of(name);
    std::error_code error;
    if (fs::exists(path, error)) {
        return name;
    }
    CS_CHECK(make_folder(path.parent_path()));
    const auto temporary =
        path.parent_path() / fmt::format(".{}.{}.{}", name, ::getpid(), ++serial);
    if (auto written = write_synced(temporary, bytes); !written) {
        fs::remove(temporary, error);
        return Failure{std::move(written).error()};
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const int why = errno;
        fs::remove(temporary, error);
        return io_failure("name", path, why);
    }
    CS_CHECK(sync_folder(path.parent_path()));
    return name;
}

Result<std::optional<std::string>> FileBlobs::get(std::string_view sha256) {
    if (!is_sha256(sha256)) {
        return std::optional<std::string>{};
    }
    const auto path = path_of(sha256);
    const File file{path, O_RDONLY};
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return std::optional<std::string>{};
        }
        return io_failure("open", path, errno);
    }
    CS_TRY(bytes, read_whole(file, path));
    if (sha256_of(bytes) != sha256) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("attachment {} is damaged; restore it from a backup", sha256)
        );
    }
    return std::optional{std::move(bytes)};
}

Result<bool> FileBlobs::has(std::string_view sha256) {
    if (!is_sha256(sha256)) {
        return false;
    }
    std::error_code error;
    const bool exists = fs::is_regular_file(path_of(sha256), error);
    if (error && error != std::errc::no_such_file_or_directory &&
        error != std::errc::not_a_directory) {
        return io_failure("look at", path_of(sha256), error.value());
    }
    return exists;
}

}  // namespace chengshu::files
