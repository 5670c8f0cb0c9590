#pragma once

#include "base/label.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chengshu::city {

/// Half-open span of days in which a row holds; open ends when empty.
struct Validity {
    std::optional<Date> from;
    std::optional<Date> to;  ///< First day on which it no longer holds.

    [[nodiscard]] bool holds(Date date) const;
};

/// A column of a catalogued table (信息项).
struct TableColumn {
    enum class Type : std::uint8_t { Area, Number, Text, Date };

    std::string code;
    Label name;
    Type type = Type::Text;
    Label unit;  ///< of numbers
};

/// "area", "number", "text", "date".
std::string_view type_name(TableColumn::Type type);

/// What a row has in a column; nothing where the file has nothing. Texts and codes of areas are
/// strings.
using TableCell = std::variant<std::monostate, double, Date, std::string>;

struct TableRow {
    std::string area;
    Validity validity;
    int line = 0;                  ///< of the file
    std::vector<TableCell> cells;  ///< by column
};

/// A table that no system of the city makes, with where it comes from (数据目录): residents by
/// district, enterprises, lengths of roads. tables.yaml and a CSV file beside it. Immutable.
struct DataTable {
    std::string code;
    Label name;
    Label note;
    std::string owner;  ///< department that answers for it; may be empty
    std::string source;
    std::string licence;
    Date updated{};  ///< when it was last brought up to date
    Label every;     ///< how often that happens
    bool is_public = false;
    std::string file;  ///< as in the city's data, e.g. "cities/beijing/table-population.csv"
    std::vector<TableColumn> columns;
    std::vector<TableRow> rows;  ///< by code of the area, then by line
    std::vector<Date> turns;     ///< days on which rows begin or cease to hold, ascending

    /// Position of a column by its code.
    [[nodiscard]] std::optional<std::size_t> column(std::string_view wanted) const;
    /// Rows of the area itself, not of areas inside it.
    [[nodiscard]] std::span<const TableRow> rows_of(std::string_view area) const;
    /// The same for all days on which the same rows hold.
    [[nodiscard]] std::size_t stretch(Date date) const;
};

using DataTablePtr = std::shared_ptr<const DataTable>;

/// Rows of all tables of a city together.
inline constexpr std::size_t kTableRowsMax = 200'000;
inline constexpr std::size_t kTableColumnsMax = 16;
inline constexpr std::size_t kTablesMax = 100;

}  // namespace chengshu::city
