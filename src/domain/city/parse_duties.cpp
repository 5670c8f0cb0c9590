#include "domain/city/codes.hpp"
#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace chengshu::city {
namespace {

constexpr double kPriorityMax = 1'000'000;

struct DutyColumn {
    enum : std::size_t { Category, Area, Department, Role, Priority, Basis, From, To };
};

constexpr std::array<Column, 8> kDutyColumns{{
    {"category", true},
    {"area", true},
    {"department", true},
    {"role"},
    {"priority"},
    {"basis"},
    {"valid_from"},
    {"valid_to"},
}};

struct CalendarColumn {
    enum : std::size_t { Date, Kind, NameZh, NameEn, Source };
};

constexpr std::array<Column, 5> kCalendarColumns{{
    {"date", true},
    {"kind", true},
    {"name_zh"},
    {"name_en"},
    {"source"},
}};

struct ComponentColumn {
    enum : std::size_t { Code, Category, Lon, Lat, Department, Source };
};

constexpr std::array<Column, 6> kComponentColumns{{
    {"code", true},
    {"category", true},
    {"lon", true},
    {"lat", true},
    {"department"},
    {"source"},
}};

/// Ids in order, so that "does a prefix match anything" is one search.
std::vector<std::string_view> sorted_ids(const CityData& data) {
    std::vector<std::string_view> ids;
    for (const Category& category : data.categories) {
        ids.push_back(category.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

void check_pattern(
    Parser& parser,
    Table& table,
    std::string_view pattern,
    const std::vector<std::string_view>& ids
) {
    if (pattern.empty() || ids.empty()) {
        return;
    }
    if (!pattern.ends_with('*')) {
        parser.known_category(table, DutyColumn::Category, pattern);
        return;
    }
    const std::string_view prefix = pattern.substr(0, pattern.size() - 1);
    const auto first = std::lower_bound(ids.begin(), ids.end(), prefix);
    if (first == ids.end() || !first->starts_with(prefix)) {
        table.error(
            DutyColumn::Category,
            text("没有类目以“{}”开头", "no category begins with '{}'", shortened(prefix)),
            {"前缀写成 代码集/种类/代码开头*", "a prefix is <set>/<kind>/<begin of code>*"}
        );
    }
}

bool read_lead(Table& table) {
    const std::string_view role = table.get(DutyColumn::Role);
    if (role == "assist") {
        return false;
    }
    if (!role.empty() && role != "lead") {
        Suggestion suggestion{role};
        suggestion.consider("lead");
        suggestion.consider("assist");
        table.error(
            DutyColumn::Role,
            text("未知角色“{}”", "unknown role '{}'", shortened(role)),
            did_you_mean(suggestion.best(), {"写 lead 或 assist", "write lead or assist"})
        );
    }
    return true;
}

int read_priority(Table& table) {
    const double value = table.number(DutyColumn::Priority, -kPriorityMax, kPriorityMax, 0);
    if (value != std::floor(value)) {
        table.error(
            DutyColumn::Priority,
            {"优先级应为整数", "a priority is a whole number"},
            {"去掉小数部分", "leave out the fraction"}
        );
    }
    return static_cast<int>(value);
}

struct Holiday {
    Date date;
    bool working;
};

void read_calendar_rows(
    Parser& parser,
    const Source& source,
    Keys& keys,
    std::vector<Holiday>& days
) {
    Table table{*source.file, kCalendarColumns, parser.findings};
    while (table.next()) {
        const auto date = table.date(CalendarColumn::Date);
        const std::string_view kind = table.need(CalendarColumn::Kind);
        if (!date) {
            table.need(CalendarColumn::Date);
            continue;
        }
        if (kind != "holiday" && kind != "workday") {
            Suggestion suggestion{kind};
            suggestion.consider("holiday");
            suggestion.consider("workday");
            table.error(
                CalendarColumn::Kind,
                text("未知种类“{}”", "unknown kind '{}'", shortened(kind)),
                did_you_mean(
                    suggestion.best(),
                    {"holiday 为休息日，workday 为调休上班",
                     "holiday is a day off, workday a make-up day"}
                )
            );
            continue;
        }
        const std::size_t index = keys.place(
            format_date(*date), days.size(), source.own, table.spot(CalendarColumn::Date)
        );
        if (index != kNoIndex) {
            put(days, index, Holiday{*date, kind == "workday"});
        }
    }
}

/// National component codes carry their category; other cities' codes are free.
void check_component_code(Parser& parser, Table& table, const Component& row) {
    const std::size_t index = index_of(parser.data.category_by_id, row.category);
    if (index == kNoIndex || !all_digits(row.code) ||
        !all_digits(parser.data.categories[index].code)) {
        return;
    }
    const std::string& category = parser.data.categories[index].code;
    const Result<ComponentCode> parsed = parse_component_code(row.code);
    if (!parsed) {
        table.error(
            ComponentColumn::Code,
            text(
                "部件代码“{}”不是16或17位",
                "the component code '{}' has not 16 or 17 digits",
                row.code
            ),
            {"区划6位+类别4位（2013版）或5位（2026版）+顺序6位",
             "division 6, category 4 (2013 edition) or 5 (2026 edition), sequence 6"}
        );
    } else if (parsed->category != category) {
        table.error(
            ComponentColumn::Code,
            text(
                "部件代码中的类别是 {}，类目却是 {}",
                "the code says category {}, the row says {}",
                parsed->category,
                category
            ),
            {"改正代码或类目", "mend the code or the category"}
        );
    }
}

void check_component_place(Parser& parser, Table& table, const Component& row) {
    const auto& levels = parser.data.level_index;
    const bool drawn = std::any_of(levels.begin(), levels.end(), [](const LevelIndex& level) {
        return !level.empty();
    });
    if (drawn && locate_area(parser.data, row.point, std::nullopt) == kNoIndex) {
        table.error(
            ComponentColumn::Lon,
            text(
                "部件位置 {}, {} 在城市之外",
                "the component at {}, {} is outside the city",
                row.point.lon,
                row.point.lat
            ),
            {"核对坐标（WGS 84，经度在前）", "check the coordinate (WGS 84, longitude first)"}
        );
    }
}

}  // namespace

void parse_responsibilities(Parser& parser) {
    CityData& data = parser.data;
    const std::vector<std::string_view> ids = sorted_ids(data);
    Keys keys{parser.findings};
    for (const Source& source : parser.files("responsibilities", ".csv")) {
        Table table{*source.file, kDutyColumns, parser.findings};
        while (table.next()) {
            Responsibility row;
            row.category = std::string{table.need(DutyColumn::Category)};
            check_pattern(parser, table, row.category, ids);
            row.area = parser.area_reference(table, DutyColumn::Area);
            row.department = parser.department_reference(table, DutyColumn::Department, true);
            row.lead = read_lead(table);
            row.priority = read_priority(table);
            row.basis = std::string{table.get(DutyColumn::Basis)};
            row.validity = table.validity(DutyColumn::From, DutyColumn::To);
            const std::string key = fmt::format(
                "{}, {}, {}, {}, {}, {}",
                row.category,
                row.area,
                row.department,
                row.lead ? "lead" : "assist",
                row.priority,
                table.get(DutyColumn::From)
            );
            if (keys.place(key, data.responsibilities.size(), source.own, table.row_spot()) !=
                kNoIndex) {
                data.responsibilities.push_back(std::move(row));
            }
        }
    }
}

void parse_calendar(Parser& parser) {
    std::vector<Holiday> days;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("calendar", ".csv")) {
        read_calendar_rows(parser, source, keys, days);
    }
    std::set<Date> holidays;
    std::set<Date> workdays;
    for (const Holiday& day : days) {
        (day.working ? workdays : holidays).insert(day.date);
    }
    const CityYaml& yaml = parser.yaml;
    if (yaml.zone && !yaml.periods.empty()) {
        parser.data.calendar.emplace(
            *yaml.zone, yaml.periods, yaml.weekdays, std::move(holidays), std::move(workdays)
        );
    }
}

void parse_components(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
    for (const Source& source : parser.files("components", ".csv")) {
        Table table{*source.file, kComponentColumns, parser.findings};
        while (table.next()) {
            Component row;
            row.code = table.code(ComponentColumn::Code);
            row.category = std::string{table.need(ComponentColumn::Category)};
            if (!row.category.empty()) {
                parser.known_category(table, ComponentColumn::Category, row.category);
            }
            table.need(ComponentColumn::Lon);
            table.need(ComponentColumn::Lat);
            row.point.lon = table.number(ComponentColumn::Lon, -180, 180, kMissing);
            row.point.lat = table.number(ComponentColumn::Lat, -90, 90, kMissing);
            row.department = parser.department_reference(table, ComponentColumn::Department, false);
            check_component_code(parser, table, row);
            if (std::isfinite(row.point.lon) && std::isfinite(row.point.lat)) {
                check_component_place(parser, table, row);
            }
            const Spot spot = table.spot(ComponentColumn::Code);
            if (keys.place(row.code, data.components.size(), source.own, spot) != kNoIndex) {
                data.component_by_code.emplace(row.code, data.components.size());
                data.components.push_back(std::move(row));
            }
        }
    }
}

}  // namespace chengshu::city
