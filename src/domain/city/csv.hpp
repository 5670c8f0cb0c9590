#pragma once

#include "base/label.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// What a reader accepts before it reports a mistake.
struct CsvLimits {
    std::size_t columns_max = 256;
    std::size_t field_bytes_max = 64 * 1024;
    std::size_t rows_max = 4'000'000;
};

/// One field; `text` is unquoted. `offset` is the byte where the field begins in the file.
struct CsvField {
    std::string_view text;
    std::size_t offset = 0;
    int line = 1;
};

/// The first mistake in a file; 1-based position, column in characters.
struct CsvError {
    int line = 0;
    int column = 0;
    Label message;
};

/// RFC 4180 record by record: commas, quotes doubled inside quotes, new lines inside quotes, LF or
/// CRLF, an optional byte order mark. Blank lines are skipped. The text must outlive the reader.
/// Not thread-safe.
class CsvReader {
public:
    explicit CsvReader(std::string_view text, CsvLimits limits = {});

    /// Reads the next record into row(). False at the end and after a mistake (see error()).
    bool next();

    /// Fields of the current record; views end with the next call of next().
    [[nodiscard]] const std::vector<CsvField>& row() const { return row_; }

    /// 1-based line on which the current record begins.
    [[nodiscard]] int line() const { return row_line_; }

    [[nodiscard]] const std::optional<CsvError>& error() const { return error_; }

    /// 1-based column, in characters, at which a field of the current record begins.
    [[nodiscard]] int column(const CsvField& field) const;

private:
    bool read_record();
    bool read_field();
    bool read_quoted(CsvField& field);
    bool read_plain(CsvField& field);
    bool at_line_end() const;
    void skip_line_end();
    bool fail_at(std::size_t offset, int line, Label message);

    std::string_view text_;
    CsvLimits limits_;
    std::size_t position_ = 0;
    int line_ = 1;
    int row_line_ = 1;
    std::size_t rows_ = 0;
    std::vector<CsvField> row_;
    std::deque<std::string> unescaped_;  // fields with doubled quotes; stable addresses
    std::optional<CsvError> error_;
};

}  // namespace chengshu::city
