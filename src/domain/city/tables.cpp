#include "domain/city/tables.hpp"

#include <algorithm>

namespace chengshu::city {

std::string_view type_name(TableColumn::Type type) {
    switch (type) {
        case TableColumn::Type::Area:
            return "area";
        case TableColumn::Type::Number:
            return "number";
        case TableColumn::Type::Date:
            return "date";
        default:
            return "text";
    }
}

std::optional<std::size_t> DataTable::column(std::string_view wanted) const {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) {
        return one.code == wanted;
    });
    return found == columns.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - columns.begin()));
}

std::span<const TableRow> DataTable::rows_of(std::string_view area) const {
    const auto begin = std::lower_bound(
        rows.begin(), rows.end(), area, [](const TableRow& row, auto one) { return row.area < one; }
    );
    const auto end = std::upper_bound(begin, rows.end(), area, [](auto one, const TableRow& row) {
        return one < row.area;
    });
    return {begin, end};
}

std::size_t DataTable::stretch(Date date) const {
    return static_cast<std::size_t>(
        std::upper_bound(turns.begin(), turns.end(), date) - turns.begin()
    );
}

}  // namespace chengshu::city
