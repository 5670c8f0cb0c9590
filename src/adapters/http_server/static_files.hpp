#pragma once

#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace chengshu::http {

/// Limits of a StaticFiles folder. Everything is held in memory.
struct StaticFilesLimits {
    std::size_t max_files = 10'000;
    std::size_t max_total_bytes = 512UL * 1024 * 1024;
};

/// The web folder, read once. It answers from memory only: no request can name a file that was not
/// there at start, so there is no path to traverse. Immutable, for any number of threads.
class StaticFiles {
public:
    /// NotFound when the folder does not exist, TooLarge over a limit, InvalidInput for an
    /// unreadable file. Hidden files and symbolic links that lead out of the folder are left out.
    static Result<StaticFiles>
    load(const std::filesystem::path& folder, StaticFilesLimits limits = {});

    /// Whether GET of this target finds a file. `/` and folders mean their index.html.
    [[nodiscard]] bool has(const Target& target) const;

    /// Answers GET (HEAD arrives as GET); others get 405. An unknown target gets 404, but one
    /// without a dot in its last segment gets the top index.html, because the web application has
    /// addresses of its own ("/cases/123").
    [[nodiscard]] Response get(const Request& request) const;

    [[nodiscard]] std::size_t size() const { return files_.size(); }

private:
    struct File {
        std::string content;
        std::string gzipped;  ///< empty when compression does not pay
        std::string type;
        std::string etag;
        std::string gzip_etag;
        bool immutable = false;
    };

    StaticFiles() = default;
    [[nodiscard]] const File* find(const Target& target) const;

    std::map<std::string, File, std::less<>>
        files_;  ///< by path relative to the folder: "assets/app-1a2b3c4d.js"
};

}  // namespace chengshu::http
