#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::city {
namespace {

constexpr double kRadiusMaxM = 100'000;
constexpr double kWindowMaxH = 24 * 366;
/// Ten years of days, or of hours as a limit in hours would state them.
constexpr double kLimitMax = 24 * 3660;

struct CategoryColumn {
    enum : std::size_t {
        Set,
        Kind,
        Code,
        Parent,
        NameZh,
        NameEn,
        Local,
        Radius,
        Window,
        From,
        To,
        Source
    };
};

constexpr std::array<Column, 12> kCategoryColumns{{
    {"code_set", true},
    {"kind", true},
    {"code", true},
    {"parent", true},
    {"name_zh", true},
    {"name_en", true},
    {"local_extension"},
    {"duplicate_radius_m"},
    {"duplicate_window_h"},
    {"valid_from"},
    {"valid_to"},
    {"source"},
}};

constexpr std::array<std::string_view, 3> kKinds{"component", "matter", "request"};

struct CrosswalkColumn {
    enum : std::size_t { FromSet, FromKind, FromCode, ToSet, ToKind, ToCode, Confidence };
};

constexpr std::array<Column, 7> kCrosswalkColumns{{
    {"from_set", true},
    {"from_kind", true},
    {"from_code", true},
    {"to_set", true},
    {"to_kind", true},
    {"to_code", true},
    {"confidence"},
}};

struct ConfusableColumn {
    enum : std::size_t { Set, Kind, Code, Other, HowZh, HowEn };
};

constexpr std::array<Column, 6> kConfusableColumns{{
    {"code_set", true},
    {"kind", true},
    {"code", true},
    {"other_code", true},
    {"how_zh", true},
    {"how_en", true},
}};

struct StandardColumn {
    enum : std::size_t {
        Code,
        Category,
        ConditionZh,
        ConditionEn,
        Limit,
        Unit,
        ClosingZh,
        ClosingEn,
        Automatic,
        From,
        To,
        Source
    };
};

constexpr std::array<Column, 12> kStandardColumns{{
    {"code", true},
    {"category", true},
    {"condition_zh", true},
    {"condition_en", true},
    {"limit", true},
    {"unit", true},
    {"closing_zh"},
    {"closing_en"},
    {"automatic"},
    {"valid_from"},
    {"valid_to"},
    {"source"},
}};

std::string id_of(std::string_view set, std::string_view kind, std::string_view code) {
    return fmt::format("{}/{}/{}", set, kind, code);
}

void check_kind(Table& table, std::string_view kind) {
    if (kind.empty() || std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) {
        return;
    }
    Suggestion suggestion{kind};
    for (const std::string_view candidate : kKinds) {
        suggestion.consider(candidate);
    }
    table.error(
        CategoryColumn::Kind,
        text("未知种类“{}”", "unknown kind '{}'", shortened(kind)),
        did_you_mean(
            suggestion.best(),
            {"可用：component 部件, matter 事项, request 诉求", "known: component, matter, request"}
        )
    );
}

void read_category_rows(
    Parser& parser,
    const Source& source,
    Keys& keys,
    std::vector<Spot>& parent_spots
) {
    Table table{*source.file, kCategoryColumns, parser.findings};
    while (table.next()) {
        Category row;
        row.code_set = table.code(CategoryColumn::Set);
        row.kind = std::string{table.need(CategoryColumn::Kind)};
        check_kind(table, row.kind);
        row.code = table.code(CategoryColumn::Code);
        row.id = id_of(row.code_set, row.kind, row.code);
        row.parent = std::string{table.get(CategoryColumn::Parent)};
        row.name = table.need_label(CategoryColumn::NameZh, CategoryColumn::NameEn);
        row.local_extension = table.flag(CategoryColumn::Local);
        row.duplicate_radius_m = table.number(CategoryColumn::Radius, 0, kRadiusMaxM, -1);
        row.duplicate_window_h = table.number(CategoryColumn::Window, 0, kWindowMaxH, -1);
        row.validity = table.validity(CategoryColumn::From, CategoryColumn::To);
        auto& rows = parser.data.categories;
        const std::size_t index =
            keys.place(row.id, rows.size(), source.own, table.spot(CategoryColumn::Code));
        if (index == kNoIndex) {
            continue;
        }
        parser.data.category_by_id.emplace(row.id, index);
        put(rows, index, std::move(row));
        put(parent_spots, index, table.spot(CategoryColumn::Parent));
    }
}

void suggest_category(const CityData& data, Suggestion& suggestion, bool codes_only) {
    for (const Category& category : data.categories) {
        suggestion.consider(codes_only ? category.code : category.id);
    }
}

void check_category_parent(Parser& parser, std::size_t index, Spot spot) {
    const CityData& data = parser.data;
    const Category& category = data.categories[index];
    const std::string parent_id = id_of(category.code_set, category.kind, category.parent);
    if (!data.category_by_id.contains(parent_id)) {
        Suggestion suggestion{category.parent};
        for (const Category& candidate : data.categories) {
            if (candidate.code_set == category.code_set && candidate.kind == category.kind) {
                suggestion.consider(candidate.code);
            }
        }
        parser.findings.error(
            spot,
            text("上级类目“{}”不存在", "there is no category '{}'", shortened(parent_id)),
            did_you_mean(
                suggestion.best(),
                {"上级应在同一代码集、同一种类中", "a parent is of the same code set and kind"}
            )
        );
        return;
    }
    // A code set has a few levels; a chain this long is a circle.
    constexpr int kDepthMax = 16;
    std::size_t at = index;
    int depth = 0;
    while (at != kNoIndex && !data.categories[at].parent.empty() && depth <= kDepthMax) {
        const Category& row = data.categories[at];
        at = index_of(data.category_by_id, id_of(row.code_set, row.kind, row.parent));
        ++depth;
    }
    if (depth > kDepthMax) {
        parser.findings.error(
            spot,
            text("类目“{}”的上级成环", "the parents of '{}' form a circle", shortened(category.id)),
            {"改正上级代码", "mend the parent"}
        );
    }
}

double read_confidence(Table& table) {
    const std::string_view word = table.get(CrosswalkColumn::Confidence);
    constexpr std::array<std::pair<std::string_view, double>, 3> kWords{
        {{"high", 0.95}, {"medium", 0.7}, {"low", 0.4}}
    };
    for (const auto& [name, value] : kWords) {
        if (word == name) {
            return value;
        }
    }
    return table.number(CrosswalkColumn::Confidence, 0, 1, 1);
}

/// The index of the category that three columns name; reported when there is none.
std::size_t category_of(Parser& parser, Table& table, std::size_t set_column) {
    const std::string id =
        id_of(table.need(set_column), table.need(set_column + 1), table.need(set_column + 2));
    parser.known_category(table, set_column + 2, id);
    return index_of(parser.data.category_by_id, id);
}

TimeLimit read_limit(Table& table) {
    TimeLimit limit;
    limit.value = table.number(StandardColumn::Limit, 0, kLimitMax, -1);
    const std::string_view unit = table.get(StandardColumn::Unit);
    if (unit.empty() && !limit.bounded()) {
        return limit;
    }
    const Result<TimeUnit> parsed = parse_time_unit(unit);
    if (parsed) {
        limit.unit = parsed.value();
        return limit;
    }
    Suggestion suggestion{unit};
    for (const std::string_view known :
         {"urgent_hour", "urgent_day", "work_hour", "work_day", "natural_day"}) {
        suggestion.consider(known);
    }
    table.error(
        StandardColumn::Unit,
        text("未知时限单位“{}”", "unknown unit '{}'", shortened(unit)),
        did_you_mean(
            suggestion.best(),
            {"可用：urgent_hour, urgent_day, work_hour, work_day, natural_day",
             "known: urgent_hour, urgent_day, work_hour, work_day, natural_day"}
        )
    );
    return limit;
}

bool overlap(const Validity& a, const Validity& b) {
    const bool a_ends_first = a.to && b.from && *a.to <= *b.from;
    const bool b_ends_first = b.to && a.from && *b.to <= *a.from;
    return !a_ends_first && !b_ends_first;
}

/// Two standards that both file a report by its category alone would leave the choice to chance.
void check_automatic(Parser& parser, const std::vector<Spot>& spots) {
    const auto& rows = parser.data.standards;
    StringMap<std::vector<std::size_t>> automatic;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].automatic) {
            continue;
        }
        auto& others = automatic[rows[i].category];
        for (const std::size_t other : others) {
            if (overlap(rows[other].validity, rows[i].validity)) {
                parser.findings.error(
                    spots[i],
                    text(
                        "标准“{}”与“{}”同时对类目 {} 自动立案",
                        "both '{}' and '{}' file {} by themselves",
                        shortened(rows[other].code),
                        shortened(rows[i].code),
                        shortened(rows[i].category)
                    ),
                    {"同一时期每个类目至多一个 automatic",
                     "one category has one automatic standard at a time"}
                );
            }
        }
        if (others.size() < 8) {
            others.push_back(i);
        }
    }
}

}  // namespace

void parse_categories(Parser& parser) {
    Keys keys{parser.findings};
    std::vector<Spot> parent_spots;
    for (const Source& source : parser.files("categories", ".csv")) {
        read_category_rows(parser, source, keys, parent_spots);
    }
    const auto& rows = parser.data.categories;
    for (std::size_t i = 0; i < rows.size() && !parser.findings.full(); ++i) {
        if (!rows[i].parent.empty()) {
            check_category_parent(parser, i, parent_spots[i]);
        }
    }
    parser.data.counterparts.resize(rows.size());
}

bool Parser::known_category(Table& table, std::size_t column, std::string_view id) {
    if (data.category_by_id.contains(id) || data.categories.empty()) {
        return !data.categories.empty();
    }
    Suggestion suggestion{id};
    suggest_category(data, suggestion, false);
    table.error(
        column,
        text("类目“{}”不存在", "there is no category '{}'", shortened(id)),
        did_you_mean(suggestion.best(), {"写成 代码集/种类/代码", "write <set>/<kind>/<code>"})
    );
    return false;
}

void parse_crosswalk(Parser& parser) {
    CityData& data = parser.data;

    struct Pair {
        std::size_t from;
        std::size_t to;
        double confidence;
    };

    std::vector<Pair> pairs;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("crosswalk", ".csv")) {
        Table table{*source.file, kCrosswalkColumns, parser.findings};
        while (table.next()) {
            const std::size_t from = category_of(parser, table, CrosswalkColumn::FromSet);
            const std::size_t to = category_of(parser, table, CrosswalkColumn::ToSet);
            const double confidence = read_confidence(table);
            if (from == kNoIndex || to == kNoIndex) {
                continue;
            }
            const std::string key = data.categories[from].id + " > " + data.categories[to].id;
            const Spot spot = table.spot(CrosswalkColumn::FromCode);
            const std::size_t index = keys.place(key, pairs.size(), source.own, spot);
            if (index != kNoIndex) {
                put(pairs, index, Pair{from, to, confidence});
            }
        }
    }
    // A row is read in both directions; among equals, what was named in the asked direction comes
    // first.
    const auto add = [&](std::size_t from, std::size_t to, double confidence) {
        auto& list = data.counterparts[from];
        if (std::any_of(list.begin(), list.end(), [&](const auto& c) {
                return c.category == to;
            })) {
            return;
        }
        const auto place = std::find_if(list.begin(), list.end(), [&](const auto& c) {
            return c.confidence < confidence;
        });
        list.insert(place, {to, confidence});
    };
    for (const Pair& pair : pairs) {
        add(pair.from, pair.to, pair.confidence);
    }
    for (const Pair& pair : pairs) {
        add(pair.to, pair.from, pair.confidence);
    }
}

void parse_confusables(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("confusable", ".csv")) {
        Table table{*source.file, kConfusableColumns, parser.findings};
        while (table.next()) {
            Confusable row;
            const std::string_view set = table.need(ConfusableColumn::Set);
            const std::string_view kind = table.need(ConfusableColumn::Kind);
            row.category = id_of(set, kind, table.need(ConfusableColumn::Code));
            row.other = id_of(set, kind, table.need(ConfusableColumn::Other));
            row.how = table.need_label(ConfusableColumn::HowZh, ConfusableColumn::HowEn);
            parser.known_category(table, ConfusableColumn::Code, row.category);
            parser.known_category(table, ConfusableColumn::Other, row.other);
            const std::size_t index = keys.place(
                row.category + " > " + row.other,
                data.confusables.size(),
                source.own,
                table.spot(ConfusableColumn::Code)
            );
            if (index != kNoIndex) {
                put(data.confusables, index, std::move(row));
            }
        }
    }
}

void parse_standards(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    std::vector<Spot> spots;
    for (const Source& source : parser.files("standards", ".csv")) {
        Table table{*source.file, kStandardColumns, parser.findings};
        while (table.next()) {
            Standard row;
            row.code = table.code(StandardColumn::Code);
            row.category = std::string{table.need(StandardColumn::Category)};
            if (!row.category.empty()) {
                parser.known_category(table, StandardColumn::Category, row.category);
            }
            row.condition =
                table.need_label(StandardColumn::ConditionZh, StandardColumn::ConditionEn);
            row.limit = read_limit(table);
            row.closing = table.label(StandardColumn::ClosingZh, StandardColumn::ClosingEn);
            row.automatic = table.flag(StandardColumn::Automatic);
            row.validity = table.validity(StandardColumn::From, StandardColumn::To);
            const std::size_t index = keys.place(
                row.code, data.standards.size(), source.own, table.spot(StandardColumn::Code)
            );
            if (index != kNoIndex) {
                data.standard_by_code.emplace(row.code, index);
                put(data.standards, index, std::move(row));
                put(spots, index, table.row_spot());
            }
        }
    }
    check_automatic(parser, spots);
}

}  // namespace chengshu::city
