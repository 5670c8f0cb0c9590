#include "domain/city/codes.hpp"
#include "domain/city/internal/boundaries.hpp"
#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::city {
namespace {

struct AreaColumn {
    enum : std::size_t { Code, Parent, Level, NameZh, NameEn, Schematic, From, To, Source };
};

constexpr std::array<Column, 9> kAreaColumns{{
    {"code", true},
    {"parent", true},
    {"level", true},
    {"name_zh", true},
    {"name_en", true},
    {"schematic"},
    {"valid_from"},
    {"valid_to"},
    {"source"},
}};

/// Where a row said what can be judged only when all rows are known.
struct AreaSpots {
    Spot code;
    Spot parent;
};

std::size_t level_of(const CityData& data, std::string_view code) {
    for (std::size_t i = 0; i < data.levels.size(); ++i) {
        if (data.levels[i].code == code) {
            return i;
        }
    }
    return kNoIndex;
}

void check_level(Parser& parser, Table& table, std::string_view level) {
    if (level.empty() || level_of(parser.data, level) != kNoIndex) {
        return;
    }
    Suggestion suggestion{level};
    std::string known;
    for (const Level& candidate : parser.data.levels) {
        suggestion.consider(candidate.code);
        known += known.empty() ? candidate.code : ", " + candidate.code;
    }
    table.error(
        AreaColumn::Level,
        text("未知层级“{}”", "unknown level '{}'", shortened(level)),
        did_you_mean(suggestion.best(), text("可用层级：{}", "known levels: {}", known))
    );
}

/// A unit grid's code says which community it belongs to; a code that says something else misleads
/// people.
void check_grid_code(Table& table, const Area& area) {
    if (area.level != "grid" || !all_digits(area.code) || !is_division(area.parent.substr(0, 6))) {
        return;
    }
    if (const auto grid = parse_grid_code(area.code); !grid) {
        table.warning(
            AreaColumn::Code,
            text("单元网格代码“{}”不是15位", "the grid code '{}' has not 15 digits", area.code),
            {"区划6位+街镇3位+社区3位+顺序3位", "division 6, street 3, community 3, sequence 3"}
        );
    } else if (area.parent != grid->community) {
        table.warning(
            AreaColumn::Code,
            text(
                "网格代码以 {} 开头，上级却是 {}",
                "the grid code begins with {} but its parent is {}",
                grid->community,
                shortened(area.parent)
            ),
            {"代码前12位应为所在社区", "its first 12 digits name its community"}
        );
    }
}

void read_area_rows(
    Parser& parser,
    const Source& source,
    Keys& keys,
    std::vector<AreaSpots>& spots
) {
    Table table{*source.file, kAreaColumns, parser.findings};
    while (table.next()) {
        Area area;
        area.code = table.code(AreaColumn::Code);
        area.parent = std::string{table.get(AreaColumn::Parent)};
        area.level = std::string{table.need(AreaColumn::Level)};
        area.name = table.need_label(AreaColumn::NameZh, AreaColumn::NameEn);
        area.schematic = table.flag(AreaColumn::Schematic);
        area.validity = table.validity(AreaColumn::From, AreaColumn::To);
        check_level(parser, table, area.level);
        check_grid_code(table, area);
        auto& rows = parser.data.areas;
        const Spot spot = table.spot(AreaColumn::Code);
        if (keys.place(area.code, rows.size(), source.own, spot) == rows.size()) {
            parser.data.area_by_code.emplace(area.code, rows.size());
            rows.push_back(std::move(area));
            spots.push_back({spot, table.spot(AreaColumn::Parent)});
        }
    }
}

void check_parent(Parser& parser, std::size_t index, const AreaSpots& spots) {
    CityData& data = parser.data;
    const Area& area = data.areas[index];
    const std::size_t parent = index_of(data.area_by_code, area.parent);
    if (parent == kNoIndex) {
        Suggestion suggestion{area.parent};
        for (const Area& candidate : data.areas) {
            suggestion.consider(candidate.code);
        }
        parser.findings.error(
            spots.parent,
            text("上级区域“{}”不存在", "there is no area '{}'", shortened(area.parent)),
            did_you_mean(suggestion.best(), {"先定义上级区域", "define the parent area"})
        );
        return;
    }
    const std::size_t level = data.area_level[index];
    const std::size_t above = level_of(data, data.areas[parent].level);
    if (level == kNoIndex || above == kNoIndex) {
        return;  // Reported with its row.
    }
    // A parent is strictly above, so chains end and no cycle can pass.
    if (above >= level) {
        parser.findings.error(
            spots.parent,
            text(
                "“{}”（层级 {}）不能在“{}”（层级 {}）之下",
                "'{}' (level {}) cannot lie below '{}' (level {})",
                shortened(area.code),
                area.level,
                shortened(area.parent),
                data.areas[parent].level
            ),
            {"上级应属于 city.yaml 中更靠前的层级",
             "a parent is of a level listed earlier in city.yaml"}
        );
        return;
    }
    data.area_parent[index] = parent;
}

void check_root(Parser& parser, std::size_t index, const AreaSpots& spots) {
    CityData& data = parser.data;
    if (data.root != kNoIndex) {
        parser.findings.error(
            spots.parent,
            text(
                "“{}”没有上级，但城市已是“{}”",
                "'{}' has no parent, but the city is already '{}'",
                shortened(data.areas[index].code),
                shortened(data.areas[data.root].code)
            ),
            {"填写上级区域", "name its parent"}
        );
        return;
    }
    data.root = index;
    if (data.area_level[index] != 0 && data.area_level[index] != kNoIndex) {
        parser.findings.error(
            spots.code,
            {"没有上级的区域应属于第一个层级",
             "the area without a parent must be of the first level"},
            {"改正层级或填写上级", "mend its level or name its parent"}
        );
    }
}

void add_boundary(Parser& parser, BoundaryFeature feature, Spot spot, StringMap<Spot>& seen) {
    CityData& data = parser.data;
    const std::size_t index = index_of(data.area_by_code, feature.area);
    if (index == kNoIndex) {
        Suggestion suggestion{feature.area};
        for (const Area& candidate : data.areas) {
            suggestion.consider(candidate.code);
        }
        parser.findings.error(
            spot,
            text("区域“{}”不存在", "there is no area '{}'", shortened(feature.area)),
            did_you_mean(suggestion.best(), {"在 areas.csv 中定义", "define it in areas.csv"})
        );
        return;
    }
    const auto [first, added] = seen.try_emplace(feature.area, spot);
    if (!added) {
        parser.findings.error(
            spot,
            text("区域“{}”有两个边界", "the area '{}' has two boundaries", shortened(feature.area)),
            text(
                "第一个在 {} 第 {} 行；合并为 MultiPolygon",
                "the first is in {} line {}; join them into one MultiPolygon",
                first->second.path,
                first->second.line
            )
        );
        return;
    }
    const std::size_t level = data.area_level[index];
    if (level != kNoIndex) {
        data.boundaries[index] = std::move(feature.boundary);
        data.level_index[level].add(index, data.boundaries[index]);
    }
}

struct Inside {
    std::size_t area;
    Point point;
    Spot spot;
};

/// Warns where a boundary lies outside its parent's: legal (the register wins), but usually a slip
/// of a code.
void check_nesting(Parser& parser, const std::vector<Inside>& places) {
    const CityData& data = parser.data;
    std::vector<std::size_t> containing;
    for (const Inside& place : places) {
        const std::size_t parent = data.area_parent[place.area];
        if (parent == kNoIndex || data.boundaries[parent].empty()) {
            continue;
        }
        containing.clear();
        data.level_index[data.area_level[parent]].containing(place.point, containing);
        if (std::find(containing.begin(), containing.end(), parent) == containing.end()) {
            parser.findings.warning(
                place.spot,
                text(
                    "区域“{}”的边界不在上级“{}”之内",
                    "the boundary of '{}' does not lie within its parent '{}'",
                    data.areas[place.area].code,
                    data.areas[parent].code
                ),
                {"核对代码与上级；定位时以区域的上级为准",
                 "check code and parent; locating follows the area's own parents"}
            );
        }
    }
}

}  // namespace

void parse_areas(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    std::vector<AreaSpots> spots;
    const std::vector<Source> sources = parser.files("areas", ".csv");
    for (const Source& source : sources) {
        read_area_rows(parser, source, keys, spots);
    }
    data.area_parent.assign(data.areas.size(), kNoIndex);
    data.boundaries.resize(data.areas.size());
    data.level_index.resize(data.levels.size());
    for (const Area& area : data.areas) {
        data.area_level.push_back(level_of(data, area.level));
    }
    for (std::size_t i = 0; i < data.areas.size() && !parser.findings.full(); ++i) {
        if (data.areas[i].parent.empty()) {
            check_root(parser, i, spots[i]);
        } else {
            check_parent(parser, i, spots[i]);
        }
    }
    if (data.root == kNoIndex) {
        const std::string path = "cities/" + data.code + "/areas.csv";
        parser.findings.error(
            {sources.empty() ? std::string_view{path} : std::string_view{sources.front().file->path}
            },
            {"没有城市本身这一行（上级为空的区域）",
             "no row for the city itself (an area without a parent)"},
            {"在 areas.csv 中加入上级为空、属于第一个层级的区域",
             "add an area of the first level with an empty parent to areas.csv"}
        );
    }
}

void parse_boundaries(Parser& parser) {
    CityData& data = parser.data;
    StringMap<Spot> seen;
    std::vector<Inside> places;
    for (const Source& source : parser.files("boundaries", ".geojson")) {
        read_boundaries(*source.file, parser.findings, [&](BoundaryFeature feature, Spot spot) {
            const std::size_t index = index_of(data.area_by_code, feature.area);
            if (index != kNoIndex) {
                places.push_back({index, feature.inside, spot});
            }
            add_boundary(parser, std::move(feature), spot, seen);
        });
    }
    bool first = true;
    for (LevelIndex& index : data.level_index) {
        index.build();
        if (!index.empty()) {
            data.extent = first ? index.box() : united(data.extent, index.box());
            first = false;
        }
    }
    check_nesting(parser, places);
}

std::string Parser::area_reference(Table& table, std::size_t column) {
    const std::string_view code = table.get(column);
    if (code.empty()) {
        return data.root == kNoIndex ? std::string{} : data.areas[data.root].code;
    }
    // Without any areas the reason is elsewhere, and already reported.
    if (!data.areas.empty() && !data.area_by_code.contains(code)) {
        Suggestion suggestion{code};
        for (const Area& area : data.areas) {
            suggestion.consider(area.code);
        }
        table.error(
            column,
            text("区域“{}”不存在", "there is no area '{}'", shortened(code)),
            did_you_mean(suggestion.best(), {"在 areas.csv 中定义", "define it in areas.csv"})
        );
    }
    return std::string{code};
}

}  // namespace chengshu::city
