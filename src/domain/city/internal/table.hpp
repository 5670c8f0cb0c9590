#pragma once

#include "domain/city/city.hpp"
#include "domain/city/csv.hpp"
#include "domain/city/findings.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// A column that a table may have.
struct Column {
    std::string_view name;
    bool required = false;  ///< the header must have it; a value may still be empty
};

/// A CSV file read row by row against its list of columns. Mistakes go to the findings; a row with
/// a wrong number of fields is reported and skipped.
class Table {
public:
    /// Reads the header. Columns are addressed by their index in `columns` below.
    Table(const CityFile& file, std::span<const Column> columns, Findings& findings);

    /// Moves to the next sound row; false at the end.
    bool next();

    [[nodiscard]] Spot spot(std::size_t column) const;

    [[nodiscard]] Spot row_spot() const { return {file_.path, reader_.line(), 0}; }

    /// The trimmed value; empty when the column is absent.
    [[nodiscard]] std::string_view get(std::size_t column) const;
    /// The value of a field that may not be empty; reports when it is.
    std::string_view need(std::size_t column);
    /// zh and en of two columns; reports when both are empty.
    Label need_label(std::size_t zh, std::size_t en);
    [[nodiscard]] Label label(std::size_t zh, std::size_t en) const;
    /// "true"/"false"/"1"/"0"/empty (= false).
    bool flag(std::size_t column);
    /// A decimal number within [low, high], or `fallback` when empty; reports what is not one.
    double number(std::size_t column, double low, double high, double fallback);
    std::optional<Date> date(std::size_t column);
    /// Both dates, with from < to.
    Validity validity(std::size_t from, std::size_t to);
    /// A code: not empty, no blanks, control characters, or separators that other columns use ('/',
    /// ';', '*').
    std::string code(std::size_t column);

    void error(std::size_t column, Label message, Label hint) {
        findings_.error(spot(column), std::move(message), std::move(hint));
    }

    void warning(std::size_t column, Label message, Label hint) {
        findings_.warning(spot(column), std::move(message), std::move(hint));
    }

private:
    void read_header();
    void report_csv_error();
    void report_unknown_column(const CsvField& field);

    const CityFile& file_;
    std::span<const Column> columns_;
    Findings& findings_;
    CsvReader reader_;
    std::vector<int> field_of_;  // column → field index, -1 when the file lacks it
    std::size_t width_ = 0;
    bool usable_ = false;
};

}  // namespace chengshu::city
