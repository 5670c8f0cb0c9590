#include "domain/city/internal/table.hpp"

#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace chengshu::city {

Table::Table(const CityFile& file, std::span<const Column> columns, Findings& findings)
    : file_(file),
      columns_(columns),
      findings_(findings),
      reader_(file.content),
      field_of_(columns.size(), -1) {
    read_header();
}

void Table::report_csv_error() {
    if (const auto& error = reader_.error()) {
        findings_.error(
            {file_.path, error->line, error->column},
            error->message,
            {"按 RFC 4180 修正该行", "mend the line as RFC 4180 asks"}
        );
    }
}

void Table::report_unknown_column(const CsvField& field) {
    Suggestion suggestion{field.text};
    std::string known;
    for (const Column& column : columns_) {
        suggestion.consider(column.name);
        known += known.empty() ? "" : ", ";
        known += column.name;
    }
    findings_.error(
        {file_.path, field.line, reader_.column(field)},
        text("未知列“{}”", "unknown column '{}'", shortened(field.text)),
        did_you_mean(suggestion.best(), text("可用列：{}", "known columns: {}", known))
    );
}

void Table::read_header() {
    if (!reader_.next()) {
        if (reader_.error()) {
            report_csv_error();
        } else {
            findings_.error(
                {file_.path, 1, 1},
                {"文件为空，缺少表头", "the file is empty; its header row is missing"},
                {"写入表头，或删除该文件", "write the header row, or remove the file"}
            );
        }
        return;
    }
    width_ = reader_.row().size();
    usable_ = true;
    for (std::size_t index = 0; index < width_; ++index) {
        const CsvField& field = reader_.row()[index];
        const auto column = std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) {
            return c.name == field.text;
        });
        if (column == columns_.end()) {
            report_unknown_column(field);
            continue;
        }
        int& slot = field_of_[static_cast<std::size_t>(column - columns_.begin())];
        if (slot >= 0) {
            findings_.error(
                {file_.path, field.line, reader_.column(field)},
                text("列“{}”重复", "the column '{}' appears twice", shortened(field.text)),
                {"删除其中一列", "remove one of them"}
            );
        }
        slot = static_cast<int>(index);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].required && field_of_[i] < 0) {
            usable_ = false;
            findings_.error(
                {file_.path, 1, 0},
                text("缺少列“{}”", "the column '{}' is missing", columns_[i].name),
                {"在表头中补上该列", "add it to the header row"}
            );
        }
    }
}

bool Table::next() {
    while (usable_ && !findings_.full() && reader_.next()) {
        if (reader_.row().size() == width_) {
            return true;
        }
        findings_.error(
            row_spot(),
            text(
                "该行有 {} 个字段，表头有 {} 个",
                "the row has {} fields, the header has {}",
                reader_.row().size(),
                width_
            ),
            {"检查是否多写或漏写逗号、引号", "look for a comma or a quote too many or too few"}
        );
    }
    report_csv_error();
    usable_ = false;
    return false;
}

Spot Table::spot(std::size_t column) const {
    const int index = field_of_[column];
    if (index < 0) {
        return row_spot();
    }
    const CsvField& field = reader_.row()[static_cast<std::size_t>(index)];
    return {file_.path, field.line, reader_.column(field)};
}

std::string_view Table::get(std::size_t column) const {
    const int index = field_of_[column];
    return index < 0 ? std::string_view{}
                     : trimmed(reader_.row()[static_cast<std::size_t>(index)].text);
}

std::string_view Table::need(std::size_t column) {
    const std::string_view value = get(column);
    if (value.empty()) {
        error(
            column,
            text("列“{}”不能为空", "the column '{}' may not be empty", columns_[column].name),
            {"填写该字段", "fill it in"}
        );
    }
    return value;
}

Label Table::label(std::size_t zh, std::size_t en) const {
    return {std::string{get(zh)}, std::string{get(en)}};
}

Label Table::need_label(std::size_t zh, std::size_t en) {
    Label result = label(zh, en);
    if (result.zh.empty() && result.en.empty()) {
        error(
            zh,
            text(
                "“{}”与“{}”至少填写一个",
                "either '{}' or '{}' must be filled in",
                columns_[zh].name,
                columns_[en].name
            ),
            {"填写名称", "write a name"}
        );
    }
    return result;
}

bool Table::flag(std::size_t column) {
    const std::string_view value = get(column);
    if (value == "true" || value == "1") {
        return true;
    }
    if (!value.empty() && value != "false" && value != "0") {
        error(
            column,
            text("“{}”不是真假值", "'{}' is neither true nor false", shortened(value)),
            {"写 true 或 false", "write true or false"}
        );
    }
    return false;
}

double Table::number(std::size_t column, double low, double high, double fallback) {
    const std::string_view value = get(column);
    if (value.empty()) {
        return fallback;
    }
    double result = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (failure != std::errc{} || end != value.data() + value.size() || !std::isfinite(result)) {
        error(
            column,
            text("“{}”不是数值", "'{}' is not a number", shortened(value)),
            {"写十进制数，如 2 或 0.5", "write a decimal number such as 2 or 0.5"}
        );
        return fallback;
    }
    if (result < low || result > high) {
        error(
            column,
            text("{} 超出范围 {} 至 {}", "{} is outside {} to {}", result, low, high),
            {"改为范围内的数值", "write a number within the range"}
        );
        return fallback;
    }
    return result;
}

std::optional<Date> Table::date(std::size_t column) {
    const std::string_view value = get(column);
    if (value.empty()) {
        return std::nullopt;
    }
    const Result<Date> parsed = parse_date(value);
    if (!parsed) {
        error(
            column,
            text("“{}”不是有效日期", "'{}' is not a date", shortened(value)),
            {"写成 YYYY-MM-DD 且为真实存在的日期", "write YYYY-MM-DD, a day that exists"}
        );
        return std::nullopt;
    }
    return parsed.value();
}

Validity Table::validity(std::size_t from, std::size_t to) {
    const Validity result{date(from), date(to)};
    if (result.from && result.to && *result.from >= *result.to) {
        error(
            to,
            {"失效日期必须晚于生效日期", "valid_to must be later than valid_from"},
            {"valid_to 是不再有效的第一天；长期有效则留空",
             "valid_to is the first day on which the row no longer holds; leave it empty for ever"}
        );
    }
    return result;
}

std::string Table::code(std::size_t column) {
    const std::string_view value = need(column);
    const bool bad = std::any_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F || c == '/' || c == ';' || c == '*';
    });
    if (bad || value.size() > 128) {
        error(
            column,
            text("“{}”不能作为代码", "'{}' cannot be a code", shortened(value)),
            {"代码不超过 128 字节，不含空白与 / ; *",
             "a code has at most 128 bytes, no blanks and none of / ; *"}
        );
    }
    return std::string{value};
}

}  // namespace chengshu::city
