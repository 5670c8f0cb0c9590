#include "services/city_revisions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr auto kRevisionKind = "city_revision";
constexpr auto kFile = "city_file";

/// Manifest: {city, files: [[path, sha256]…]}; file contents are shared between revisions by their
/// hash.
json::object
manifest_of(std::string_view code, std::span<const city::CityFile> files, ports::Secrets& secrets) {
    json::array list;
    for (const auto& file : files) {
        list.emplace_back(json::array{file.path, secrets.sha256(file.content)});
    }
    return {{"city", code}, {"files", std::move(list)}};
}

/// Digests of the files that say what is counted.
std::string counting_of(const json::value& manifest) {
    std::string out;
    for (const auto& file : manifest.at("files").as_array()) {
        const std::string_view path(file.as_array().at(0).as_string());
        if (path.ends_with("/evaluation.yaml")) {
            out += std::string_view(file.as_array().at(1).as_string());
        }
    }
    return out;
}

Result<std::optional<ports::DocumentRow>> newest(ports::Store& store) {
    std::optional<ports::DocumentRow> last;
    std::string after;
    while (true) {
        CS_TRY(rows, store.documents(kRevisionKind, after, 100));
        if (rows.empty()) {
            return last;
        }
        after = rows.back().id;
        last = std::move(rows.back());
    }
}

}  // namespace

Result<LoadedCity> load_city(
    UnitOfWork& work,
    ports::Secrets& secrets,
    std::string_view city_code,
    std::span<const city::CityFile> files,
    const std::string& actor
) {
    CS_TRY(before, newest(work.store()));
    const auto manifest = json::serialize(manifest_of(city_code, files, secrets));
    if (before && before->body == manifest) {
        return LoadedCity{before->id};
    }
    int number = 1;
    bool counts_otherwise = false;
    if (before) {
        boost::system::error_code error;
        const auto old = json::parse(before->body, error);
        if (error || old.at("city").as_string() != city_code) {
            return fail(
                ErrorCode::RuleViolation,
                fmt::format(
                    "this store belongs to city {}; another city needs its own data folder",
                    error ? "?" : std::string(std::string_view(old.at("city").as_string()))
                )
            );
        }
        std::from_chars(before->id.data(), before->id.data() + before->id.size(), number);
        number += 1;
        counts_otherwise = counting_of(old) != counting_of(json::parse(manifest));
    }
    for (const auto& file : files) {
        const auto hash = secrets.sha256(file.content);
        CS_TRY(known, work.document(kFile, hash));
        if (!known) {
            work.stage_document({kFile, hash, json::serialize(json::string(file.content))});
        }
    }
    const auto revision = fmt::format("{:06}", number);
    work.stage_document({kRevisionKind, revision, manifest});
    work.stage_entry(
        "city.loaded",
        actor,
        {},
        json::serialize(json::object{{"city", city_code}, {"revision", revision}})
    );
    return LoadedCity{revision, true, counts_otherwise};
}

Result<StoredCity> stored_city(ports::Store& store) {
    CS_TRY(row, newest(store));
    if (!row) {
        return fail(
            ErrorCode::NotFound,
            "no city has been loaded into this data folder; run `chengshu city load`"
        );
    }
    boost::system::error_code error;
    const auto manifest = json::parse(row->body, error);
    if (error || !manifest.is_object()) {
        return fail(
            ErrorCode::Internal, fmt::format("city revision {} is stored damaged", row->id)
        );
    }
    StoredCity out;
    out.revision = row->id;
    out.code = std::string_view(manifest.at("city").as_string());
    for (const auto& item : manifest.at("files").as_array()) {
        const std::string hash(std::string_view(item.as_array().at(1).as_string()));
        CS_TRY(content, store.document(kFile, hash));
        boost::system::error_code damaged;
        const auto text = content ? json::parse(content->body, damaged) : json::value();
        if (damaged || !text.is_string()) {
            return fail(
                ErrorCode::Internal,
                fmt::format("a file of city revision {} is missing or damaged", row->id)
            );
        }
        out.files.push_back(
            {std::string(std::string_view(item.as_array().at(0).as_string())),
             std::string(std::string_view(text.get_string()))}
        );
    }
    return out;
}

Result<DefinitionsPtr> stored_definitions(ports::Store& store) {
    CS_TRY(stored, stored_city(store));
    auto parsed = parse_definitions(stored.code, stored.files);
    if (!parsed.definitions) {
        const auto first =
            std::find_if(parsed.findings.begin(), parsed.findings.end(), [](const auto& item) {
                return item.error;
            });
        return fail(
            ErrorCode::Internal,
            fmt::format(
                "stored city revision {} does not parse: {}:{}: {}",
                stored.revision,
                first->path,
                first->line,
                first->message.en
            )
        );
    }
    auto out = std::make_shared<Definitions>(*parsed.definitions);
    out->revision = stored.revision;
    return DefinitionsPtr(std::move(out));
}

}  // namespace chengshu::services
