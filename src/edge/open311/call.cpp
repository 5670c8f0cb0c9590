#include "edge/open311/internal/call.hpp"

#include "base/messages.hpp"
#include "base/text.hpp"
#include "edge/http/idempotency_key.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/http/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::open311 {
namespace {

constexpr std::size_t kFieldsMax = 1000;
constexpr std::size_t kListMax = 1000;
constexpr std::size_t kMediaUrlsMax = 16;
constexpr std::size_t kMediaUrlMax = 2000;

/// photo, photo1, media, media[], file_abc …
bool is_file_name(std::string_view name) {
    return name.starts_with("photo") || name.starts_with("media") || name.starts_with("file_");
}

bool is_file(const http::Part& part) {
    return !part.filename.empty() || part.content_type.starts_with("image/") ||
           part.content_type == "application/octet-stream";
}

/// Whether a part is the file field of a form that was sent without choosing a file.
bool is_unused(const http::Part& part) {
    return part.content.empty() && (is_file_name(part.name) || !part.content_type.empty());
}

Status
read_multipart(const http::Request& request, Fields& fields, std::vector<http::Part>& files) {
    auto parts = http::parse_multipart(request.headers.get("Content-Type"), request.body);
    if (!parts) {
        return fail(ErrorCode::InvalidInput, "the multipart body is malformed");
    }
    for (auto& part : *parts) {
        if (is_unused(part)) {
            continue;
        }
        if (!is_file(part)) {
            if (!is_utf8(part.content) || part.content.find('\0') != std::string::npos) {
                return fail(
                    ErrorCode::InvalidInput,
                    "a form field is not UTF-8 text",
                    is_utf8(part.name) ? part.name : ""
                );
            }
            fields.emplace_back(std::move(part.name), std::move(part.content));
        } else if (is_file_name(part.name)) {
            files.push_back(std::move(part));
        } else {
            return fail(
                ErrorCode::InvalidInput,
                "files are taken from fields named photo…, media… or file_…",
                is_utf8(part.name) ? part.name : ""
            );
        }
    }
    return ok();
}

bool is_web_address(std::string_view url) {
    const bool scheme = url.starts_with("http://") || url.starts_with("https://");
    return scheme && url.size() > 10 && url.size() <= kMediaUrlMax &&
           std::all_of(url.begin(), url.end(), [](char c) {
               return c > ' ' && c != '\x7f' && c != '<' && c != '>' && c != '"';
           });
}

}  // namespace

std::string Call::field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
        const auto trimmed = http::trim(value);
        if (key == name && !trimmed.empty()) {
            return std::string(trimmed);
        }
    }
    return {};
}

std::vector<std::string> Call::list(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [key, value] : fields) {
        const std::string_view bare(key);
        if (bare != name && !(bare.ends_with("[]") && bare.substr(0, bare.size() - 2) == name)) {
            continue;
        }
        std::string_view rest = value;
        while (!rest.empty() && out.size() < kListMax) {
            const auto end = std::min(rest.find(','), rest.size());
            if (const auto item = http::trim(rest.substr(0, end)); !item.empty()) {
                out.emplace_back(item);
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return out;
}

std::string Call::say(std::string_view zh, std::string_view en) const {
    return std::string(language == "zh" ? zh : en);
}

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::NotAuthenticated:
        case ErrorCode::NotPermitted:
            return 403;
        case ErrorCode::OutsideCity:
        case ErrorCode::UnknownCode:
        case ErrorCode::RuleViolation:
            return 400;
        default:
            return error_info(code).http_status;
    }
}

Item errors_item(const Problems& problems, std::string_view language) {
    std::vector<Item> items;
    for (const auto& error : problems) {
        const auto& info = error_info(error.code);
        // What went wrong inside is for the log, not for the caller.
        const auto context =
            error.code == ErrorCode::Internal ? std::string() : message_in(error.context, language);
        auto description = std::string(language == "zh" ? info.meaning_zh : info.meaning_en);
        if (!context.empty()) {
            description =
                language == "zh" ? fmt::format("{}（{}）", description, context) : context;
        }
        if (!error.field.empty() && context.find(error.field) == std::string::npos) {
            description = fmt::format("{}: {}", error.field, description);
        }
        items.push_back(object(
            "error", {integer("code", status_of(error.code)), text("description", description)}
        ));
    }
    return list("errors", std::move(items));
}

Status read_form(const http::Request& request, Fields& fields, std::vector<http::Part>& files) {
    const auto type = http::media_type(request.headers.get("Content-Type"));
    if (type == "multipart/form-data") {
        CS_CHECK(read_multipart(request, fields, files));
    } else if (type == "application/x-www-form-urlencoded" ||
               (type.empty() && request.body.empty())) {
        auto form = http::parse_form(request.body);
        if (!form) {
            return fail(ErrorCode::InvalidInput, "the form is malformed, or not UTF-8");
        }
        fields.insert(
            fields.end(),
            std::make_move_iterator(form->begin()),
            std::make_move_iterator(form->end())
        );
    } else {
        return fail(
            ErrorCode::UnsupportedMedia,
            "send the form as application/x-www-form-urlencoded or multipart/form-data",
            "Content-Type"
        );
    }
    if (fields.size() > kFieldsMax) {
        return fail(ErrorCode::TooLarge, fmt::format("a form has at most {} fields", kFieldsMax));
    }
    return ok();
}

Result<std::vector<std::string>> media_urls_of(const Call& call) {
    std::vector<std::string> out;
    for (const auto& [name, value] : call.fields) {
        // Not split at commas: an address may hold them.
        const auto url = http::trim(value);
        if ((name != "media_url" && name != "media_url[]") || url.empty()) {
            continue;
        }
        if (!is_web_address(url)) {
            return fail(
                ErrorCode::InvalidInput,
                "media_url is an http or https address of at most 2,000 bytes",
                "media_url"
            );
        }
        out.emplace_back(url);
    }
    if (out.size() > kMediaUrlsMax) {
        return fail(ErrorCode::TooLarge, "a request has at most 16 media_url", "media_url");
    }
    return out;
}

Result<std::string> idempotency_key_of(const Call& call) {
    CS_TRY(key, http::idempotency_key(call.request.headers));
    return key.empty() ? key : fmt::format("{}:{}", call.who.account, key);
}

std::string fingerprint_of(const Call& call) {
    auto all = fmt::format("{}\n", call.request.target);
    for (const auto& [name, value] : call.fields) {
        all += fmt::format("{}:{}={}:{}\n", name.size(), name, value.size(), value);
    }
    for (const auto& file : call.files) {
        all += fmt::format("{}:{}\n", file.name, call.ports.secrets.sha256(file.content));
    }
    return call.ports.secrets.sha256(all);
}

}  // namespace chengshu::open311
