#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"
#include "domain/city/terminals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace chengshu::city {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr double kValueMax = 1e12;
constexpr double kSecondsMax = 366.0 * 86'400;
constexpr std::size_t kThingCodeMax = 64;

struct QuantityColumn {
    enum : std::size_t {
        Code,
        NameZh,
        NameEn,
        Definition,
        Unit,
        Ucum,
        Min,
        Max,
        MaxStep,
        StepPer,
        FlatCount,
        LateAfter,
        Source
    };
};

constexpr std::array<Column, 13> kQuantityColumns{{
    {"code", true},
    {"name_zh", true},
    {"name_en", true},
    {"definition", true},
    {"unit"},
    {"ucum"},
    {"min"},
    {"max"},
    {"max_step"},
    {"step_per_s"},
    {"flat_count"},
    {"late_after_s"},
    {"source"},
}};

struct ClassColumn {
    enum : std::size_t { Property, Step, Upto, NameZh, NameEn, Source };
};

constexpr std::array<Column, 6> kClassColumns{{
    {"property", true},
    {"step", true},
    {"upto", true},
    {"name_zh", true},
    {"name_en", true},
    {"source"},
}};

struct SensorColumn {
    enum : std::size_t { Code, NameZh, NameEn, Encoding, Metadata, Source };
};

constexpr std::array<Column, 6> kSensorColumns{{
    {"code", true},
    {"name_zh", true},
    {"name_en", true},
    {"encoding", true},
    {"metadata", true},
    {"source"},
}};

struct ThingColumn {
    enum : std::size_t {
        Code,
        Type,
        NameZh,
        NameEn,
        Lon,
        Lat,
        Department,
        State,
        Public,
        Schematic,
        Source
    };
};

constexpr std::array<Column, 11> kThingColumns{{
    {"code", true},
    {"type", true},
    {"name_zh", true},
    {"name_en", true},
    {"lon", true},
    {"lat", true},
    {"department"},
    {"state", true},
    {"public"},
    {"schematic"},
    {"source"},
}};

struct StreamColumn {
    enum : std::size_t { Thing, Property, Sensor, Interval };
};

constexpr std::array<Column, 4> kStreamColumns{{
    {"thing", true},
    {"property", true},
    {"sensor", true},
    {"interval_s"},
}};

constexpr std::array<std::string_view, 5> kStates{
    "registered",
    "installed",
    "active",
    "faulty",
    "retired",
};

std::optional<double> optional_number(Table& table, std::size_t column) {
    const double value = table.number(column, -kValueMax, kValueMax, kMissing);
    return std::isfinite(value) ? std::optional{value} : std::nullopt;
}

std::int64_t seconds(Table& table, std::size_t column, double fallback) {
    return static_cast<std::int64_t>(table.number(column, 0, kSecondsMax, fallback));
}

/// UCUM terms are printable ASCII without blanks; which of them mean something is left to readers.
void check_ucum(Table& table, const std::string& unit) {
    const bool bad = std::any_of(unit.begin(), unit.end(), [](char c) {
        return c <= ' ' || static_cast<unsigned char>(c) >= 0x7F;
    });
    if (bad) {
        table.error(
            QuantityColumn::Ucum,
            text("“{}”不是 UCUM 单位", "'{}' is not a UCUM unit", shortened(unit)),
            {"例如 ug/m3、Cel、m/s", "for example ug/m3, Cel or m/s"}
        );
    }
}

/// Reports a code that the list does not have.
template <class Rows>
void check_known(
    Table& table,
    std::size_t column,
    const Rows& rows,
    std::string_view code,
    std::string_view file
) {
    const bool known =
        std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.code == code; });
    if (known || code.empty()) {
        return;
    }
    Suggestion suggestion{code};
    for (const auto& row : rows) {
        suggestion.consider(row.code);
    }
    table.error(
        column,
        text("“{0}”未在 {1} 中定义", "'{0}' is not in {1}", shortened(code), file),
        did_you_mean(suggestion.best(), text("在 {0} 中定义", "define it in {0}", file))
    );
}

void check_thing_code(Table& table, const std::string& code) {
    const bool sound =
        code.size() <= kThingCodeMax && std::all_of(code.begin(), code.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   c == '-' || c == '_' || c == '.';
        });
    if (!sound && !code.empty()) {
        table.error(
            ThingColumn::Code,
            text("“{}”不能作为统一编码", "'{}' cannot be a unified code", shortened(code)),
            {"1–64 个字母、数字、- _ .", "1 to 64 letters, digits, '-', '_' and '.'"}
        );
    }
}

void check_state(Table& table, std::string_view state) {
    if (state.empty() || std::find(kStates.begin(), kStates.end(), state) != kStates.end()) {
        return;
    }
    Suggestion suggestion{state};
    for (const std::string_view known : kStates) {
        suggestion.consider(known);
    }
    table.error(
        ThingColumn::State,
        text("没有状态“{}”", "there is no state '{}'", shortened(state)),
        did_you_mean(
            suggestion.best(),
            {"registered、installed、active、faulty 或 retired",
             "registered, installed, active, faulty or retired"}
        )
    );
}

void check_thing_place(Parser& parser, Table& table, Point point) {
    const auto& levels = parser.data.level_index;
    const bool drawn = std::any_of(levels.begin(), levels.end(), [](const LevelIndex& level) {
        return !level.empty();
    });
    if (drawn && std::isfinite(point.lon) && std::isfinite(point.lat) &&
        locate_area(parser.data, point, std::nullopt) == kNoIndex) {
        table.error(
            ThingColumn::Lon,
            text(
                "感知终端位置 {}, {} 在城市之外",
                "the terminal at {}, {} is outside the city",
                point.lon,
                point.lat
            ),
            {"核对坐标（WGS 84，经度在前）", "check the coordinate (WGS 84, longitude first)"}
        );
    }
}

ObservedQuantity read_quantity(Table& table) {
    ObservedQuantity row;
    row.code = table.code(QuantityColumn::Code);
    row.name = table.need_label(QuantityColumn::NameZh, QuantityColumn::NameEn);
    row.definition = std::string{table.need(QuantityColumn::Definition)};
    row.unit = std::string{table.get(QuantityColumn::Unit)};
    row.ucum = std::string{table.get(QuantityColumn::Ucum)};
    check_ucum(table, row.ucum);
    row.min = optional_number(table, QuantityColumn::Min);
    row.max = optional_number(table, QuantityColumn::Max);
    if (row.min && row.max && *row.min > *row.max) {
        table.error(
            QuantityColumn::Max,
            {"最大值小于最小值", "the greatest value is less than the least"},
            {"交换 min 与 max", "exchange min and max"}
        );
    }
    row.max_step = optional_number(table, QuantityColumn::MaxStep);
    if (row.max_step && *row.max_step <= 0) {
        table.error(
            QuantityColumn::MaxStep,
            {"变化幅度必须大于零", "a step must be more than 0"},
            {"不检查突变时留空", "leave it empty to accept any step"}
        );
    }
    row.step_per_s = std::max<std::int64_t>(1, seconds(table, QuantityColumn::StepPer, 60));
    row.flat_count = static_cast<int>(table.number(QuantityColumn::FlatCount, 0, 1'000'000, 0));
    row.late_after_s = seconds(table, QuantityColumn::LateAfter, 0);
    return row;
}

/// Classes of one property follow each other with ascending limits, the open one last.
void check_class_order(
    Table& table,
    std::map<std::string, ValueClass>& last,
    const ValueClass& row
) {
    const auto found = last.find(row.quantity);
    if (found != last.end()) {
        const ValueClass& before = found->second;
        const bool ascends = before.upto && (!row.upto || *before.upto < *row.upto);
        if (!ascends || before.step >= row.step) {
            table.error(
                ClassColumn::Upto,
                {"分级必须逐级升高", "the classes of a property must ascend"},
                {"按 step 与 upto 升序排列，只有最后一级的 upto 为空",
                 "order them by step and upto; only the last one has no upto"}
            );
        }
    }
    last[row.quantity] = row;
}

}  // namespace

const ObservedQuantity* Terminals::quantity(std::string_view code) const {
    const auto found = std::find_if(quantities.begin(), quantities.end(), [&](const auto& row) {
        return row.code == code;
    });
    return found == quantities.end() ? nullptr : &*found;
}

const SensorKind* Terminals::sensor(std::string_view code) const {
    const auto found = std::find_if(sensors.begin(), sensors.end(), [&](const auto& row) {
        return row.code == code;
    });
    return found == sensors.end() ? nullptr : &*found;
}

const ValueClass* Terminals::value_class(std::string_view code, double value) const {
    const ValueClass* last = nullptr;
    for (const ValueClass& row : classes) {
        if (row.quantity == code) {
            last = &row;
            if (!row.upto || value <= *row.upto) {
                return last;
            }
        }
    }
    return last;
}

void parse_observed(Parser& parser) {
    auto& rows = parser.data.terminals.quantities;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("observed", ".csv")) {
        Table table{*source.file, kQuantityColumns, parser.findings};
        while (table.next()) {
            ObservedQuantity row = read_quantity(table);
            const auto index =
                keys.place(row.code, rows.size(), source.own, table.spot(QuantityColumn::Code));
            if (index != kNoIndex) {
                put(rows, index, std::move(row));
            }
        }
    }
}

void parse_value_classes(Parser& parser) {
    auto& terminals = parser.data.terminals;
    std::map<std::string, ValueClass> last;
    for (const Source& source : parser.files("value_classes", ".csv")) {
        Table table{*source.file, kClassColumns, parser.findings};
        while (table.next()) {
            ValueClass row;
            row.quantity = std::string{table.need(ClassColumn::Property)};
            check_known(
                table, ClassColumn::Property, terminals.quantities, row.quantity, "observed.csv"
            );
            table.need(ClassColumn::Step);
            row.step = static_cast<int>(table.number(ClassColumn::Step, 1, 100, 1));
            row.upto = optional_number(table, ClassColumn::Upto);
            row.name = table.need_label(ClassColumn::NameZh, ClassColumn::NameEn);
            check_class_order(table, last, row);
            terminals.classes.push_back(std::move(row));
        }
    }
}

void parse_sensors(Parser& parser) {
    auto& rows = parser.data.terminals.sensors;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("sensors", ".csv")) {
        Table table{*source.file, kSensorColumns, parser.findings};
        while (table.next()) {
            SensorKind row;
            row.code = table.code(SensorColumn::Code);
            row.name = table.need_label(SensorColumn::NameZh, SensorColumn::NameEn);
            row.encoding = std::string{table.need(SensorColumn::Encoding)};
            row.metadata = std::string{table.need(SensorColumn::Metadata)};
            const auto index =
                keys.place(row.code, rows.size(), source.own, table.spot(SensorColumn::Code));
            if (index != kNoIndex) {
                put(rows, index, std::move(row));
            }
        }
    }
}

void parse_things(Parser& parser) {
    auto& rows = parser.data.terminals.things;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("things", ".csv")) {
        Table table{*source.file, kThingColumns, parser.findings};
        while (table.next()) {
            Terminal row;
            row.code = table.code(ThingColumn::Code);
            check_thing_code(table, row.code);
            row.type = table.code(ThingColumn::Type);
            row.name = table.need_label(ThingColumn::NameZh, ThingColumn::NameEn);
            table.need(ThingColumn::Lon);
            table.need(ThingColumn::Lat);
            row.point.lon = table.number(ThingColumn::Lon, -180, 180, kMissing);
            row.point.lat = table.number(ThingColumn::Lat, -90, 90, kMissing);
            check_thing_place(parser, table, row.point);
            row.department = parser.department_reference(table, ThingColumn::Department, false);
            row.state = std::string{table.need(ThingColumn::State)};
            check_state(table, row.state);
            row.is_public = table.flag(ThingColumn::Public);
            row.schematic = table.flag(ThingColumn::Schematic);
            row.source = std::string{table.get(ThingColumn::Source)};
            const auto index =
                keys.place(row.code, rows.size(), source.own, table.spot(ThingColumn::Code));
            if (index != kNoIndex) {
                put(rows, index, std::move(row));
            }
        }
    }
}

void parse_streams(Parser& parser) {
    auto& terminals = parser.data.terminals;
    StringMap<std::size_t> things;
    for (std::size_t i = 0; i < terminals.things.size(); ++i) {
        things.emplace(terminals.things[i].code, i);
    }
    Keys keys{parser.findings};
    for (const Source& source : parser.files("streams", ".csv")) {
        Table table{*source.file, kStreamColumns, parser.findings};
        while (table.next()) {
            TerminalStream row;
            row.thing = std::string{table.need(StreamColumn::Thing)};
            if (!things.contains(row.thing)) {
                check_known(table, StreamColumn::Thing, terminals.things, row.thing, "things.csv");
            }
            row.quantity = std::string{table.need(StreamColumn::Property)};
            check_known(
                table, StreamColumn::Property, terminals.quantities, row.quantity, "observed.csv"
            );
            row.sensor = std::string{table.need(StreamColumn::Sensor)};
            check_known(table, StreamColumn::Sensor, terminals.sensors, row.sensor, "sensors.csv");
            row.interval_s = seconds(table, StreamColumn::Interval, 0);
            const std::string key = row.thing + ", " + row.quantity;
            if (keys.place(key, terminals.streams.size(), source.own, table.row_spot()) !=
                kNoIndex) {
                terminals.streams.push_back(std::move(row));
            }
        }
    }
}

}  // namespace chengshu::city
