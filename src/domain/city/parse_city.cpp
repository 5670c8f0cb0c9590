#include "domain/city/city.hpp"
#include "domain/city/definition_name.hpp"
#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace chengshu::city {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kTotalBytesMax = std::size_t{64} * 1024 * 1024;

bool is_named(std::string_view relative, std::string_view name, std::string_view extension) {
    if (!relative.starts_with(name) || !relative.ends_with(extension) ||
        relative.size() < name.size() + extension.size()) {
        return false;
    }
    const std::string_view middle =
        relative.substr(name.size(), relative.size() - name.size() - extension.size());
    return middle.empty() || (middle.front() == '-' && middle.find('/') == std::string_view::npos);
}

/// Files that this parser reads, and in which folders they may stand.
struct KnownFile {
    std::string_view name;
    std::string_view extension;
    bool city;
    bool scenario;
};

constexpr std::array<KnownFile, 21> kKnownFiles{{
    {"city", ".yaml", true, false},       {"scenario", ".yaml", false, true},
    {"areas", ".csv", true, false},       {"boundaries", ".geojson", true, false},
    {"departments", ".csv", true, false}, {"posts", ".csv", true, false},
    {"accounts", ".csv", true, false},    {"categories", ".csv", true, true},
    {"crosswalk", ".csv", true, true},    {"confusable", ".csv", true, true},
    {"standards", ".csv", true, true},    {"responsibilities", ".csv", true, false},
    {"calendar", ".csv", true, true},     {"components", ".csv", true, false},
    {"observed", ".csv", true, true},     {"value_classes", ".csv", true, true},
    {"sensors", ".csv", true, true},      {"things", ".csv", true, false},
    {"streams", ".csv", true, false},     {"tables", ".yaml", true, true},
    {"table", ".csv", true, true},
}};

bool is_definition(std::string_view relative) {
    for (const std::string_view name : {"indicators", "rules", "plans"}) {
        if (names_definition(relative, name) && relative.find('/') == std::string_view::npos) {
            return true;
        }
    }
    return relative == "evaluation.yaml" || relative == "alarms.yaml" ||
           relative == "retention.yaml" || relative == "response.yaml" ||
           (relative.starts_with("workflows/") && relative.ends_with(".yaml"));
}

/// Files that others read: documents, the replay's data and parameters.
bool is_foreign(std::string_view relative) {
    return relative.find('/') != std::string_view::npos || relative.ends_with(".md") ||
           relative.ends_with(".txt") || relative.starts_with("LICEN") || relative == "day.yaml" ||
           relative == "replay.yaml" || relative == "readings.yaml";
}

/// Whether the parser reads the file. One that nobody reads is more often a slip of the name than a
/// wish.
bool is_read(Parser& parser, const CityFile& file, bool own) {
    const std::string_view relative = relative_path(file.path);
    if (is_definition(relative)) {
        return true;
    }
    if (is_foreign(relative)) {
        return false;
    }
    Suggestion suggestion{relative};
    for (const KnownFile& known : kKnownFiles) {
        if (is_named(relative, known.name, known.extension) &&
            (own ? known.city : known.scenario)) {
            return true;
        }
        suggestion.consider(std::string{known.name} + std::string{known.extension});
    }
    parser.findings.warning(
        {file.path, 0, 0},
        {"不认识的文件，未读取", "nothing reads a file of this name here"},
        did_you_mean(
            suggestion.best(),
            {"改名或删除；见 cities/README.md", "rename or remove it; see cities/README.md"}
        )
    );
    return false;
}

/// Size and encoding; a file that fails is not read further.
bool check_content(Parser& parser, const CityFile& file) {
    if (file.content.size() > kFileBytesMax) {
        parser.findings.error(
            {file.path, 0, 0},
            text("文件超过 {} MiB", "the file is larger than {} MiB", kFileBytesMax >> 20U),
            {"拆分为多个文件", "split it into several files"}
        );
        return false;
    }
    if (const auto bad = first_bad_byte(file.content)) {
        const TextPosition position = position_of(file.content, *bad);
        parser.findings.error(
            {file.path, position.line, position.column},
            {"不是有效的 UTF-8 文本", "this is not UTF-8 text"},
            {"将文件另存为 UTF-8", "save the file as UTF-8"}
        );
        return false;
    }
    return true;
}

bool check_total(Parser& parser, std::span<const CityFile> files, std::string_view folder) {
    std::size_t total = 0;
    for (const CityFile& file : files) {
        total += file.content.size();
    }
    if (total > kTotalBytesMax) {
        parser.findings.error(
            {folder, 0, 0},
            text("数据合计超过 {} MiB", "the data exceeds {} MiB in all", kTotalBytesMax >> 20U),
            {"减少边界的点数或部件数量", "use fewer points in boundaries, or fewer components"}
        );
        return false;
    }
    return true;
}

const CityFile* find_file(std::span<const CityFile> files, std::string_view path) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const CityFile& file) {
        return file.path == path;
    });
    return found == files.end() ? nullptr : &*found;
}

void add_sources(
    Parser& parser,
    std::span<const CityFile> files,
    std::string_view folder,
    bool own
) {
    std::vector<const CityFile*> found;
    for (const CityFile& file : files) {
        if (file.path.starts_with(folder)) {
            found.push_back(&file);
        }
    }
    // By name, so that the order in which a disk lists files changes nothing.
    std::sort(found.begin(), found.end(), [](const CityFile* a, const CityFile* b) {
        return a->path < b->path;
    });
    for (const CityFile* file : found) {
        if (is_read(parser, *file, own) && check_content(parser, *file)) {
            parser.sources.push_back({file, own});
        }
    }
}

void add_scenarios(Parser& parser, std::span<const CityFile> files) {
    for (const CityYaml::Reference& scenario : parser.yaml.scenarios) {
        const std::string folder = "scenarios/" + scenario.code + "/";
        const CityFile* yaml = find_file(files, folder + "scenario.yaml");
        if (yaml == nullptr) {
            Suggestion suggestion{scenario.code};
            for (const CityFile& file : files) {
                const std::string_view path = file.path;
                if (path.starts_with("scenarios/") && path.ends_with("/scenario.yaml")) {
                    suggestion.consider(path.substr(10, path.size() - 10 - 14));
                }
            }
            parser.findings.error(
                scenario.spot,
                text("场景“{}”不存在", "there is no scenario '{}'", shortened(scenario.code)),
                did_you_mean(
                    suggestion.best(),
                    text("需要文件 {0}scenario.yaml", "{0}scenario.yaml is needed", folder)
                )
            );
            continue;
        }
        if (!check_content(parser, *yaml)) {
            continue;
        }
        parse_scenario_yaml(parser, *yaml, scenario.code);
        add_sources(parser, files, folder, false);
    }
}

void collect_definitions(Parser& parser) {
    Keys keys{parser.findings};
    for (const Source& source : parser.sources) {
        const std::string_view relative = relative_path(source.file->path);
        if (!is_definition(relative)) {
            continue;
        }
        auto& rows = parser.data.definitions;
        // Indicators of several scenarios, and a city's own, stand beside each other.
        const bool adds = relative == "indicators.yaml";
        const std::size_t index = keys.place(
            adds ? source.file->path : std::string{relative},
            rows.size(),
            source.own,
            {source.file->path, 0, 0}
        );
        if (index != kNoIndex) {
            put(rows, index, DefinitionFile{source.file->path, source.file->content});
        }
    }
}

void parse_everything(Parser& parser, std::string_view code, std::span<const CityFile> files) {
    const std::string folder = "cities/" + std::string{code} + "/";
    if (!check_total(parser, files, folder)) {
        return;
    }
    const CityFile* yaml = find_file(files, folder + "city.yaml");
    if (yaml == nullptr) {
        parser.findings.error(
            {folder, 0, 0},
            text("缺少 {}city.yaml", "{}city.yaml is missing", folder),
            {"每个城市文件夹都要有 city.yaml", "every city folder has a city.yaml"}
        );
        return;
    }
    if (!check_content(parser, *yaml)) {
        return;
    }
    parse_city_yaml(parser, *yaml);
    add_scenarios(parser, files);
    add_sources(parser, files, folder, true);
    collect_definitions(parser);
    parse_areas(parser);
    parse_boundaries(parser);
    parse_departments(parser);
    parse_posts(parser);
    parse_accounts(parser);
    parse_categories(parser);
    parse_crosswalk(parser);
    parse_confusables(parser);
    parse_standards(parser);
    parse_responsibilities(parser);
    parse_calendar(parser);
    parse_components(parser);
    parse_observed(parser);
    parse_value_classes(parser);
    parse_sensors(parser);
    parse_things(parser);
    parse_streams(parser);
    parse_tables(parser);
    check_city_yaml(parser);
}

}  // namespace

std::string_view relative_path(std::string_view path) {
    const std::size_t first = path.find('/');
    const std::size_t second = first == std::string_view::npos ? first : path.find('/', first + 1);
    return second == std::string_view::npos ? path : path.substr(second + 1);
}

std::vector<Source> Parser::files(std::string_view name, std::string_view extension) const {
    std::vector<Source> found;
    for (const Source& source : sources) {
        if (is_named(relative_path(source.file->path), name, extension)) {
            found.push_back(source);
        }
    }
    return found;
}

std::size_t Keys::place(const std::string& key, std::size_t end, bool own, Spot spot) {
    const auto [entry, added] = seen_.try_emplace(key, Seen{end, own, spot});
    if (added) {
        return end;
    }
    Seen& seen = entry->second;
    if (own && !seen.own) {
        seen.own = true;
        seen.spot = spot;
        return seen.index;
    }
    findings_.error(
        spot,
        text("“{}”重复", "'{}' is defined twice", shortened(key)),
        text(
            "第一次出现在 {} 第 {} 行；删除其中一个",
            "the first is in {} line {}; remove one of them",
            seen.spot.path,
            seen.spot.line
        )
    );
    return kNoIndex;
}

ParsedCity parse_city(std::string_view code, std::span<const CityFile> files) {
    Parser parser;
    const std::string folder = "cities/" + std::string{code} + "/";
    parser.data.code = code;
    try {
        parse_everything(parser, code, files);
    } catch (const std::exception& exception) {
        // The checks above leave nothing to throw but memory; bad data must not end the server for
        // that.
        parser.findings.error(
            {folder, 0, 0},
            text("解析中断：{}", "parsing broke off: {}", exception.what()),
            {"检查最近改动的文件", "look at the files changed last"}
        );
    }
    ParsedCity parsed;
    if (!parser.findings.has_errors()) {
        parsed.city = make_city(std::move(parser.data));
    }
    parsed.findings = std::move(parser.findings).sorted();
    return parsed;
}

}  // namespace chengshu::city
