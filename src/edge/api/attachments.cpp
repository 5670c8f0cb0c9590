#include "services/attachments.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/attach.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/text.hpp"

#include <fmt/format.h>

namespace chengshu::api {

std::vector<services::FileToAttach>
files_to_attach(const json::object& body, const std::string& kind) {
    std::vector<services::FileToAttach> out;
    const auto* list = body.if_contains("attachments");
    if (list == nullptr || !list->is_array()) {
        return out;
    }
    for (const auto& item : list->get_array()) {
        if (item.is_string()) {
            out.push_back({std::string(std::string_view(item.get_string())), kind});
        } else if (item.is_object()) {
            const auto said = text_of(item.get_object(), "kind");
            out.push_back({text_of(item.get_object(), "sha256"), said.empty() ? kind : said});
        }
    }
    return out;
}

Result<Outcome> post_attachment(const Call& call) {
    CS_TRY(file, services::keep_file(call.ports.blobs, call.who, call.request.body));
    json::object body{
        {"sha256", file.sha256}, {"media_type", file.media_type}, {"size", file.size_bytes}
    };
    Write write;
    write.work = [file = std::move(file),
                  text = json_text(body)](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::put_file(work, file));
        return text;
    };
    return Outcome{std::move(write)};
}

Result<Outcome> get_attachment(const Call& call) {
    const auto& sha256 = call.in_path("sha256");
    if (sha256.size() != 64) {
        return fail(ErrorCode::NotFound, "there is no such file");
    }
    CS_TRY(file, services::readable_file(call.ports.store, *call.definitions, call.who, sha256));
    CS_TRY(bytes, call.ports.blobs.get(sha256));
    if (!bytes) {
        return fail(ErrorCode::NotFound, "the file's bytes are missing");
    }
    Answer out;
    out.content_type = file.media_type;
    out.body = std::move(*bytes);
    // Never run as a page: a document is saved, a picture only shown.
    const bool shown =
        file.media_type.starts_with("image/") || file.media_type.starts_with("video/");
    const auto slash = file.media_type.find('/');
    out.headers.set(
        "Content-Disposition",
        fmt::format(
            "{}; filename=\"{}.{}\"",
            shown ? "inline" : "attachment",
            sha256.substr(0, 16),
            file.media_type.substr(slash + 1)
        )
    );
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
    out.headers.set("Cache-Control", "private, max-age=86400, immutable");
    out.headers.set("ETag", fmt::format("\"{}\"", sha256));
    return Outcome{std::move(out)};
}

}  // namespace chengshu::api
