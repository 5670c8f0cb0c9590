#pragma once

#include "ports/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chengshu::sql {

/// A value bound to a statement; monostate is NULL.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// Number of columns of table `cases`, in the order of kCaseColumns. The document comes last, so
/// that a filter on the others never has to read past it.
inline constexpr int kCaseColumnCount = 26;

/// "c.id, c.version, …" for a table aliased c.
extern const char* const kCaseColumns;

/// Names alone, in the same order.
extern const std::string_view kCaseColumnNames[kCaseColumnCount];

/// What a column holds for a row; texts point into the row. Absent and empty optional columns are
/// NULL.
using ColumnValue = std::variant<std::monostate, std::int64_t, double, std::string_view>;
ColumnValue column_of(const ports::CaseRow& row, int column);

/// Reads the columns of one result row, in the order of kCaseColumns.
class ColumnReader {
public:
    virtual ~ColumnReader() = default;
    [[nodiscard]] virtual bool is_null(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual double real(int column) const = 0;
    [[nodiscard]] virtual std::string text(int column) const = 0;
};

/// The row without its search terms, which no store can give back.
ports::CaseRow read_case(const ColumnReader& columns);

}  // namespace chengshu::sql
