#include "services/attachments.hpp"

#include "domain/access/scope.hpp"
#include "services/case_row.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr auto kFileKind = "file";
constexpr std::size_t kFileCasesMax = 64;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        out = (out << 8U) | static_cast<unsigned char>(bytes[at + i]);
    }
    return out;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 4; i > 0; --i) {
        out = (out << 8U) | static_cast<unsigned char>(bytes[at + i - 1]);
    }
    return out;
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// Markers up to the start of the scan, each with its length, a frame header among them, and an end
/// of image.
bool is_jpeg(std::string_view bytes) {
    if (bytes.size() < 16 || byte_at(bytes, 0) != 0xff || byte_at(bytes, 1) != 0xd8) {
        return false;
    }
    bool frame = false;
    std::size_t at = 2;
    while (at + 4 <= bytes.size()) {
        if (byte_at(bytes, at) != 0xff) {
            return false;
        }
        const auto marker = byte_at(bytes, at + 1);
        if (marker == 0xff) {
            ++at;  // fill byte
            continue;
        }
        const std::size_t length =
            (static_cast<std::size_t>(byte_at(bytes, at + 2)) << 8U) | byte_at(bytes, at + 3);
        if (marker < 0xc0 || length < 2 || at + 2 + length > bytes.size()) {
            return false;
        }
        if (marker == 0xda) {
            return frame && bytes.rfind("\xff\xd9") != std::string_view::npos &&
                   bytes.rfind("\xff\xd9") > at;
        }
        const bool table = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
        frame = frame || (marker <= 0xcf && !table);
        at += 2 + length;
    }
    return false;
}

/// The signature, IHDR with a size, and chunks whose lengths lead to IEND.
bool is_png(std::string_view bytes) {
    constexpr std::string_view kSignature{"\x89PNG\r\n\x1a\n", 8};
    if (bytes.size() < 45 || !bytes.starts_with(kSignature) || bytes.substr(12, 4) != "IHDR" ||
        big_endian(bytes, 8) != 13 || big_endian(bytes, 16) == 0 || big_endian(bytes, 20) == 0) {
        return false;
    }
    bool data = false;
    for (std::size_t at = 8; at + 12 <= bytes.size();) {
        const std::size_t length = big_endian(bytes, at);
        if (length > bytes.size() - at - 12) {
            return false;
        }
        const auto type = bytes.substr(at + 4, 4);
        if (type == "IEND") {
            return data && length == 0;
        }
        data = data || type == "IDAT";
        at += 12 + length;
    }
    return false;
}

bool is_webp(std::string_view bytes) {
    if (bytes.size() < 20 || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WEBP") {
        return false;
    }
    const auto chunk = bytes.substr(12, 4);
    const std::size_t riff = little_endian(bytes, 4);
    const std::size_t first = little_endian(bytes, 16);
    return (chunk == "VP8 " || chunk == "VP8L" || chunk == "VP8X") && riff + 8 <= bytes.size() &&
           first <= riff - 12 && riff >= 12;
}

bool is_pdf(std::string_view bytes) {
    if (bytes.size() < 32 || !bytes.starts_with("%PDF-") || bytes[5] < '1' || bytes[5] > '2' ||
        bytes[6] != '.') {
        return false;
    }
    // The end mark stands in the last kilobyte, as readers require.
    const auto tail = bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), 1024));
    return tail.find("%%EOF") != std::string_view::npos &&
           bytes.find("startxref") != std::string_view::npos;
}

/// Top-level boxes whose sizes add up: ftyp with a known brand first, then moov and mdat in any
/// order.
bool is_mp4(std::string_view bytes) {
    constexpr std::array<std::string_view, 9> kBrands{
        "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V "
    };
    if (bytes.size() < 24 || bytes.substr(4, 4) != "ftyp" ||
        std::find(kBrands.begin(), kBrands.end(), bytes.substr(8, 4)) == kBrands.end()) {
        return false;
    }
    bool movie = false;
    bool media = false;
    std::size_t at = 0;
    while (at + 8 <= bytes.size()) {
        std::uint64_t size = big_endian(bytes, at);
        const auto type = bytes.substr(at + 4, 4);
        if (size == 1 && at + 16 <= bytes.size()) {
            size = (std::uint64_t{big_endian(bytes, at + 8)} << 32U) | big_endian(bytes, at + 12);
        } else if (size == 0) {
            size = bytes.size() - at;  // up to the end
        }
        if (size < 8 || size > bytes.size() - at) {
            return false;
        }
        movie = movie || type == "moov";
        media = media || type == "mdat";
        at += static_cast<std::size_t>(size);
    }
    return at == bytes.size() && movie && media;
}

Result<std::optional<StoredFile>> find(ports::Store& store, const std::string& sha256) {
    CS_TRY(row, store.document(kFileKind, sha256));
    if (!row) {
        return std::optional<StoredFile>{};
    }
    CS_TRY(file, StoredFile::from_json(*row));
    return std::optional(std::move(file));
}

Result<std::optional<StoredFile>> find(UnitOfWork& work, const std::string& sha256) {
    CS_TRY(row, work.document(kFileKind, sha256));
    if (!row) {
        return std::optional<StoredFile>{};
    }
    CS_TRY(file, StoredFile::from_json(*row));
    return std::optional(std::move(file));
}

}  // namespace

std::string StoredFile::to_json() const {
    json::array list;
    for (const auto id : cases) {
        list.emplace_back(cases::format_case_id(id));
    }
    return json::serialize(json::object{
        {"media_type", media_type}, {"size", size_bytes}, {"by", by}, {"cases", std::move(list)}
    });
}

Result<StoredFile> StoredFile::from_json(const ports::DocumentRow& row) {
    boost::system::error_code error;
    const auto value = json::parse(row.body, error);
    const auto damaged =
        fail(ErrorCode::Internal, fmt::format("stored file {} is damaged", row.id));
    if (error || !value.is_object()) {
        return damaged;
    }
    const auto& object = value.get_object();
    const auto* type = object.if_contains("media_type");
    const auto* size = object.if_contains("size");
    const auto* sender = object.if_contains("by");
    const auto* list = object.if_contains("cases");
    if (type == nullptr || !type->is_string() || size == nullptr || !size->is_int64() ||
        sender == nullptr || !sender->is_string() || list == nullptr || !list->is_array()) {
        return damaged;
    }
    StoredFile out;
    out.sha256 = row.id;
    out.media_type = std::string_view(type->get_string());
    out.size_bytes = size->get_int64();
    out.by = std::string_view(sender->get_string());
    for (const auto& item : list->get_array()) {
        CS_TRY(
            id,
            cases::parse_case_id(
                item.is_string() ? std::string_view(item.get_string()) : std::string_view()
            )
        );
        out.cases.push_back(id);
    }
    return out;
}

Result<std::string> media_type_of(std::string_view bytes) {
    using Test = bool (*)(std::string_view);
    constexpr std::array<std::pair<const char*, Test>, 5> kTypes{{
        {"image/jpeg", is_jpeg},
        {"image/png", is_png},
        {"image/webp", is_webp},
        {"application/pdf", is_pdf},
        {"video/mp4", is_mp4},
    }};
    for (const auto& [name, test] : kTypes) {
        if (test(bytes)) {
            return std::string(name);
        }
    }
    return fail(ErrorCode::UnsupportedMedia, "the file is not a whole JPEG, PNG, WebP, PDF or MP4");
}

Result<StoredFile>
keep_file(ports::Blobs& blobs, const access::Principal& who, std::string_view bytes) {
    if (bytes.empty()) {
        return fail(ErrorCode::InvalidInput, "send the file's bytes as the body");
    }
    if (bytes.size() > kFileMax) {
        return fail(ErrorCode::TooLarge, "a file has at most 10 MiB");
    }
    CS_TRY(type, media_type_of(bytes));
    CS_TRY(sha256, blobs.put(bytes));
    return StoredFile{
        std::move(sha256), std::move(type), static_cast<std::int64_t>(bytes.size()), who.account, {}
    };
}

Status put_file(UnitOfWork& work, const StoredFile& file) {
    CS_TRY(known, find(work, file.sha256));
    if (!known) {
        work.stage_document({kFileKind, file.sha256, file.to_json()});
    }
    return ok();
}

Result<std::vector<cases::Attachment>>
attachments_of(UnitOfWork& work, std::span<const FileToAttach> files, const std::string& by) {
    std::vector<cases::Attachment> out;
    for (const auto& item : files) {
        CS_TRY(file, find(work, item.sha256));
        if (!file) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("there is no file {}; send it first", item.sha256.substr(0, 64)),
                "attachments"
            );
        }
        const auto same = [&](const auto& other) { return other.sha256 == item.sha256; };
        if (std::none_of(out.begin(), out.end(), same)) {
            out.push_back(
                {item.sha256, file->media_type, file->size_bytes, item.kind, work.now(), by}
            );
        }
    }
    return out;
}

Status
link_files(UnitOfWork& work, std::span<const cases::Attachment> attachments, CaseId case_id) {
    for (const auto& item : attachments) {
        CS_TRY(file, find(work, item.sha256));
        const bool linked = !file || std::find(file->cases.begin(), file->cases.end(), case_id) !=
                                         file->cases.end();
        if (linked || file->cases.size() >= kFileCasesMax) {
            continue;
        }
        file->cases.push_back(case_id);
        work.stage_document({kFileKind, item.sha256, file->to_json()});
    }
    return ok();
}

Result<StoredFile> readable_file(
    ports::Store& store,
    const Definitions& definitions,
    const access::Principal& who,
    const std::string& sha256
) {
    CS_TRY(file, find(store, sha256));
    if (!file) {
        return fail(ErrorCode::NotFound, "there is no such file");
    }
    if (!who.account.empty() && file->by == who.account) {
        return std::move(*file);
    }
    CS_TRY(rows, store.find_cases(file->cases));
    for (const auto& row : rows) {
        CS_TRY(value, from_row(row));
        if (access::can_see(who, value, *definitions.city)) {
            return std::move(*file);
        }
        // A part of a split case has its files too.
        CS_TRY(children, store.find_cases(value.children));
        for (const auto& child_row : children) {
            CS_TRY(child, from_row(child_row));
            if (access::can_see(who, child, *definitions.city)) {
                return std::move(*file);
            }
        }
    }
    return fail(ErrorCode::NotFound, "there is no such file");
}

}  // namespace chengshu::services
