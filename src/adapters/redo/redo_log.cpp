#include "adapters/redo/redo_log.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace chengshu::redo {
namespace {

/// "CSR1": an entry of this form.
constexpr std::uint32_t kMagic = 0x31525343;
/// Before an entry's bytes: magic, checksum of all that follows it, length, part, number; each as
/// the machine has it, since the log is read where it was written.
constexpr std::size_t kHeader = 2 * sizeof(std::uint32_t) + 3 * sizeof(std::int64_t);
constexpr std::size_t kChecksumAt = sizeof(std::uint32_t);
constexpr std::size_t kLengthAt = 2 * sizeof(std::uint32_t);
constexpr std::size_t kPartAt = kLengthAt + sizeof(std::int64_t);
constexpr std::size_t kNumberAt = kPartAt + sizeof(std::int64_t);
/// A file that has grown beyond this, by one large commit, is cut when it is used again.
constexpr std::int64_t kKeptMax = std::int64_t{256} << 20;

std::string name_of(const std::string& path, int which) {
    return fmt::format("{}-redo{}", path, which);
}

Failure file_failure(ErrorCode code, const std::string& name, std::string_view doing, int why) {
    return fail(code, fmt::format("{}: {}: {}", name, doing, std::generic_category().message(why)));
}

template <class T>
void put(char* to, T value) {
    std::memcpy(to, &value, sizeof value);
}

template <class T>
T get(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint32_t checksum_of(std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())
    );
}

struct FileContent {
    std::int64_t part = 0;
    std::vector<Entry> entries;
};

/// The entries at the head of the file that belong together.
FileContent entries_of(std::string_view bytes) {
    FileContent out;
    while (bytes.size() >= kHeader) {
        const auto length = get<std::int64_t>(bytes.data() + kLengthAt);
        const auto part = get<std::int64_t>(bytes.data() + kPartAt);
        const auto number = get<std::int64_t>(bytes.data() + kNumberAt);
        if (get<std::uint32_t>(bytes.data()) != kMagic || length < 0 ||
            static_cast<std::uint64_t>(length) > bytes.size() - kHeader || part <= 0) {
            break;
        }
        const auto whole = kHeader + static_cast<std::size_t>(length);
        if (get<std::uint32_t>(bytes.data() + kChecksumAt) !=
            checksum_of(bytes.substr(kLengthAt, whole - kLengthAt))) {
            break;
        }
        // What an earlier use of the file left behind this one's end is whole, too.
        if (!out.entries.empty() && (part != out.part || number != out.entries.back().number + 1)) {
            break;
        }
        out.part = part;
        out.entries.push_back({number, std::string{bytes.substr(kHeader, whole - kHeader)}});
        bytes.remove_prefix(whole);
    }
    return out;
}

Result<std::string> read_file(const std::string& name) {
    const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT
                   ? Result<std::string>{std::string{}}
                   : file_failure(ErrorCode::StorageUnavailable, name, "it cannot be read", errno);
    }
    std::string bytes;
    constexpr std::size_t kStep = std::size_t{1} << 20;
    for (;;) {
        const auto had = bytes.size();
        bytes.resize(had + kStep);
        const auto got = ::read(file, bytes.data() + had, kStep);
        const int why = errno;
        bytes.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got < 0 && why == EINTR) {
            continue;
        }
        if (got <= 0) {
            ::close(file);
            if (got < 0) {
                return file_failure(ErrorCode::StorageUnavailable, name, "it cannot be read", why);
            }
            return bytes;
        }
    }
}

}  // namespace

Result<LogContent> read_log(const std::string& path) {
    std::array<FileContent, 2> files;
    for (int which = 0; which < 2; ++which) {
        CS_TRY(bytes, read_file(name_of(path, which)));
        files[static_cast<std::size_t>(which)] = entries_of(bytes);
    }
    if (files[0].part > files[1].part) {
        std::swap(files[0], files[1]);
    }
    LogContent out;
    out.last_part = files[1].part;
    out.entries = std::move(files[0].entries);
    // Of two parts that do not meet, the older one has been overwritten while it was read.
    if (!out.entries.empty() && !files[1].entries.empty() &&
        out.entries.back().number + 1 != files[1].entries.front().number) {
        out.entries.clear();
    }
    std::move(files[1].entries.begin(), files[1].entries.end(), std::back_inserter(out.entries));
    return out;
}

RedoLog::RedoLog(std::string path, std::int64_t part, SyncFile sync_file)
    : path_(std::move(path)), part_(part), sync_file_(sync_file) {}

RedoLog::RedoLog(RedoLog&& other) noexcept
    : path_(std::move(other.path_)),
      files_{std::exchange(other.files_[0], -1), std::exchange(other.files_[1], -1)},
      part_(other.part_),
      at_(other.at_),
      sync_file_(other.sync_file_) {}

RedoLog::~RedoLog() {
    for (const int file : files_) {
        if (file >= 0) {
            ::close(file);
        }
    }
}

Result<RedoLog> RedoLog::open(const std::string& path, std::int64_t part, SyncFile sync_file) {
    RedoLog log{path, part, sync_file};
    for (int which = 0; which < 2; ++which) {
        const auto name = name_of(path, which);
        log.files_[which] = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (log.files_[which] < 0) {
            return file_failure(ErrorCode::StorageUnavailable, name, "it cannot be opened", errno);
        }
    }
    return log;
}

Status RedoLog::append(std::int64_t number, std::string_view bytes) {
    buffer_.resize(kHeader);
    buffer_ += bytes;
    put(buffer_.data(), kMagic);
    put(buffer_.data() + kLengthAt, static_cast<std::int64_t>(bytes.size()));
    put(buffer_.data() + kPartAt, part_);
    put(buffer_.data() + kNumberAt, number);
    put(buffer_.data() + kChecksumAt, checksum_of(std::string_view{buffer_}.substr(kLengthAt)));
    std::string_view rest{buffer_};
    while (!rest.empty()) {
        const auto at = at_ + static_cast<std::int64_t>(buffer_.size() - rest.size());
        const auto written = ::pwrite(file_of(part_), rest.data(), rest.size(), at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            const int why = written < 0 ? errno : ENOSPC;
            // Without its end an entry does not count, and the next one takes its place.
            const bool no_room = why == ENOSPC || why == EDQUOT || why == EFBIG;
            return file_failure(
                no_room ? ErrorCode::StorageUnavailable : ErrorCode::OutcomeUnknown,
                name_of(path_, static_cast<int>(part_ % 2)),
                "it cannot be written",
                why
            );
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    at_ += static_cast<std::int64_t>(buffer_.size());
    return ok();
}

void RedoLog::begin_part() {
    ++part_;
    at_ = 0;
    // A failure leaves a large file, and nothing else.
    const auto size = ::lseek(file_of(part_), 0, SEEK_END);
    if (size > kKeptMax && ::ftruncate(file_of(part_), kKeptMax) != 0) {
        return;
    }
}

Status RedoLog::sync(std::int64_t part) const {
    if (sync_file_(file_of(part)) != 0) {
        return file_failure(
            ErrorCode::OutcomeUnknown, name_of(path_, static_cast<int>(part % 2)), "sync", errno
        );
    }
    return ok();
}

}  // namespace chengshu::redo
