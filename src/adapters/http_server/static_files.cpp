#include "adapters/http_server/static_files.hpp"

#include "adapters/http_server/gzip.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace chengshu::http {

namespace fs = std::filesystem;

namespace {

std::string content_type(const fs::path& path) {
    static constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".geojson", "application/geo+json"},
        {".webmanifest", "application/manifest+json"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".webp", "image/webp"},
        {".gif", "image/gif"},
        {".ico", "image/x-icon"},
        {".woff", "font/woff"},
        {".woff2", "font/woff2"},
        {".ttf", "font/ttf"},
        {".pbf", "application/x-protobuf"},
        {".mvt", "application/vnd.mapbox-vector-tile"},
        {".wasm", "application/wasm"},
        {".txt", "text/plain; charset=utf-8"},
        {".xml", "application/xml"},
        {".pdf", "application/pdf"},
    });
    const std::string extension = path.extension().string();
    for (const auto& [known, type] : kTypes) {
        if (equal_ignoring_case(extension, known)) {
            return std::string{type};
        }
    }
    return "application/octet-stream";
}

/// Build tools put a hash of the content into the name ("app-BxK3f9_q.js", "app.1a2b3c4d.css"):
/// such a file never changes under its name. A last part of eight or more characters with a letter,
/// and a digit or capital, counts.
bool is_hashed(const fs::path& path) {
    const std::string stem = path.stem().string();
    const auto mark = stem.find_last_of("-.");
    if (mark == std::string::npos || mark == 0 || stem.size() - mark - 1 < 8) {
        return false;
    }
    bool digit = false;
    bool upper = false;
    bool letter = false;  // "holidays-20261001" is a date, not a hash
    for (const char c : std::string_view{stem}.substr(mark + 1)) {
        if (!is_token_char(c)) {
            return false;
        }
        digit = digit || (c >= '0' && c <= '9');
        upper = upper || (c >= 'A' && c <= 'Z');
        letter = letter || (lower(c) >= 'a' && lower(c) <= 'z');
    }
    return letter && (digit || upper);
}

std::string hash_of(std::string_view content) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(content.data(), content.size(), digest.data(), &length, EVP_sha256(), nullptr) !=
        1) {
        return {};
    }
    std::string text;
    for (std::size_t i = 0; i < 12 && i < length; ++i) {
        fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
    }
    return text;
}

bool is_inside(const fs::path& file, const fs::path& folder) {
    const fs::path relative = file.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const fs::path& folder, StaticFilesLimits limits) {
    std::error_code error;
    const fs::path root = fs::canonical(folder, error);
    if (error || !fs::is_directory(root, error)) {
        return fail(ErrorCode::NotFound, "the web folder does not exist: " + folder.string());
    }
    StaticFiles loaded;
    Gzip gzip;
    std::size_t total = 0;
    fs::recursive_directory_iterator entry{root, error};
    for (const fs::recursive_directory_iterator end; !error && entry != end;
         entry.increment(error)) {
        const fs::path path = entry->path();
        if (path.filename().string().front() == '.') {
            entry.disable_recursion_pending();
            continue;
        }
        std::error_code bad_entry;
        const fs::path real = fs::canonical(path, bad_entry);
        if (bad_entry || !fs::is_regular_file(real, bad_entry) || !is_inside(real, root)) {
            continue;
        }
        std::ifstream in{real, std::ios::binary};
        File file;
        file.content.assign(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
        if (in.bad() || !in.is_open()) {
            return fail(
                ErrorCode::InvalidInput, "a file of the web folder cannot be read: " + path.string()
            );
        }
        total += file.content.size();
        if (loaded.files_.size() == limits.max_files || total > limits.max_total_bytes) {
            return fail(ErrorCode::TooLarge, "the web folder is too large: " + folder.string());
        }
        file.type = content_type(path);
        file.immutable = is_hashed(path);
        const std::string hash = hash_of(file.content);
        file.etag = '"' + hash + '"';
        file.gzip_etag = '"' + hash + "-gzip\"";
        if (file.content.size() < 1024 || !is_compressible(media_type(file.type)) ||
            !gzip.compress(file.content, file.gzipped)) {
            file.gzipped.clear();
        }
        file.gzipped.shrink_to_fit();
        loaded.files_.emplace(path.lexically_relative(root).generic_string(), std::move(file));
    }
    if (error) {
        return fail(ErrorCode::InvalidInput, "the web folder cannot be read: " + error.message());
    }
    return loaded;
}

const StaticFiles::File* StaticFiles::find(const Target& target) const {
    std::string path;
    for (const auto& segment : target.path) {
        if (!path.empty()) {
            path += '/';
        }
        // Segments come decoded: one with a slash inside is a name that no file has.
        if (segment.find('/') != std::string::npos) {
            return nullptr;
        }
        path += segment;
    }
    if (path.empty() || path.back() == '/' || target.path.back().empty()) {
        if (!path.empty() && path.back() != '/') {
            path += '/';
        }
        path += "index.html";
    }
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
}

bool StaticFiles::has(const Target& target) const {
    return find(target) != nullptr;
}

Response StaticFiles::get(const Request& request) const {
    Response response;
    const auto plain = [&](int status, std::string_view text) {
        response.status = status;
        response.headers.add("Content-Type", "text/plain; charset=utf-8");
        response.body = text;
        return response;
    };
    if (request.method != "GET" && request.method != "HEAD") {
        response.headers.add("Allow", "GET, HEAD");
        return plain(405, "This address is read only.\n");
    }
    const auto target = parse_target(request.target);
    if (!target) {
        return plain(400, "The address is malformed.\n");
    }
    const File* file = find(*target);
    if (file == nullptr &&
        (target->path.empty() || target->path.back().find('.') == std::string::npos)) {
        file = find(Target{});
    }
    if (file == nullptr) {
        return plain(404, "There is no such file.\n");
    }
    const bool gzip = !file->gzipped.empty() && accepts_gzip(request.headers);
    const std::string& etag = gzip ? file->gzip_etag : file->etag;
    response.headers.add("ETag", etag);
    response.headers.add(
        "Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"
    );
    if (!file->gzipped.empty()) {
        response.headers.add("Vary", "Accept-Encoding");
    }
    const std::string_view known = request.headers.get("If-None-Match");
    if (!known.empty() && matches_etag(known, etag)) {
        response.status = 304;
        return response;
    }
    response.headers.add("Content-Type", file->type);
    if (gzip) {
        response.headers.add("Content-Encoding", "gzip");
    }
    response.body = gzip ? file->gzipped : file->content;
    return response;
}

}  // namespace chengshu::http
