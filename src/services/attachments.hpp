#pragma once

#include "domain/access/principal.hpp"
#include "ports/blobs.hpp"
#include "services/unit_of_work.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

inline constexpr std::size_t kFileMax = 10 * 1024 * 1024;  ///< bytes

/// A stored photo, video or document: the bytes are a blob, this says what they are and which cases
/// have them. Document kind "file", id = sha256.
struct StoredFile {
    std::string sha256;
    std::string media_type;
    std::int64_t size_bytes = 0;
    std::string by;             ///< login of who sent it first; empty for the public
    std::vector<CaseId> cases;  ///< the first kFileCasesMax that it was attached to

    [[nodiscard]] std::string to_json() const;
    static Result<StoredFile> from_json(const ports::DocumentRow& row);
};

/// image/jpeg, image/png, image/webp, application/pdf or video/mp4 by what the bytes are, never by
/// what they are called. UnsupportedMedia for anything else, broken structure included.
Result<std::string> media_type_of(std::string_view bytes);

/// First half of taking a file, on any thread: checks size and type, and makes the bytes durable.
/// TooLarge, InvalidInput when empty, UnsupportedMedia.
Result<StoredFile>
keep_file(ports::Blobs& blobs, const access::Principal& who, std::string_view bytes);
/// Second half, on the writer. A file that is known already keeps its cases.
Status put_file(UnitOfWork& work, const StoredFile& file);

/// A file to attach: its kind is "before", "after" or "evidence".
struct FileToAttach {
    std::string sha256;
    std::string kind;
};

/// As a case holds them. UnknownCode for a file that was not sent before.
Result<std::vector<cases::Attachment>>
attachments_of(UnitOfWork& work, std::span<const FileToAttach> files, const std::string& by);
/// Notes that the case has them, so that who sees the case may read them.
Status link_files(UnitOfWork& work, std::span<const cases::Attachment> attachments, CaseId case_id);

/// The file, when the caller sees a case that has it or sent it. NotFound otherwise.
Result<StoredFile> readable_file(
    ports::Store& store,
    const Definitions& definitions,
    const access::Principal& who,
    const std::string& sha256
);

}  // namespace chengshu::services
