#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::redo {

/// A commit as the log keeps it. Numbers count commits from 1 without gaps, through all parts.
struct Entry {
    std::int64_t number = 0;
    std::string bytes;
};

/// What can be read again: entries in the order of their numbers, up to the first that is not
/// whole.
struct LogContent {
    std::vector<Entry> entries;
    std::int64_t last_part = 0;  ///< the newest part found, 0: none
};

/// Reads the log beside `path`, also while another process writes it. An entry that was cut off by
/// the end of a process or of the power ends what is read: nobody was told of it.
Result<LogContent> read_log(const std::string& path);

/// Two files that are written in turn, "<path>-redo0" and "<path>-redo1". A part is what one of
/// them holds; a new part overwrites the last but one, whose entries the store below must have by
/// then. Space is used again, so that a sync writes data and nothing about files. Not thread-safe,
/// but for `sync`.
class RedoLog {
public:
    using SyncFile = int (*)(int file);

    /// Makes the files when they do not exist. The first part to be written is `part`.
    static Result<RedoLog> open(const std::string& path, std::int64_t part, SyncFile sync_file);

    RedoLog(RedoLog&& other) noexcept;
    RedoLog& operator=(RedoLog&&) = delete;
    ~RedoLog();

    /// Writes after the part's last entry. StorageUnavailable: the entry is not there, as on a
    /// full disk. OutcomeUnknown: the next start will tell.
    Status append(std::int64_t number, std::string_view bytes);
    /// Goes on in the other file.
    void begin_part();

    [[nodiscard]] std::int64_t part() const { return part_; }

    /// Bytes of the part so far.
    [[nodiscard]] std::int64_t size() const { return at_; }

    /// The file that holds a part; for sync.
    [[nodiscard]] int file_of(std::int64_t part) const { return files_[part % 2]; }

    /// Makes the entries of a part durable, those appended before the call. Any thread.
    [[nodiscard]] Status sync(std::int64_t part) const;

private:
    RedoLog(std::string path, std::int64_t part, SyncFile sync_file);

    std::string path_;
    int files_[2] = {-1, -1};
    std::int64_t part_ = 0;
    std::int64_t at_ = 0;
    SyncFile sync_file_;
    std::string buffer_;
};

}  // namespace chengshu::redo
