#include "domain/city/csv.hpp"

#include "domain/city/internal/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::city {

CsvReader::CsvReader(std::string_view text, CsvLimits limits) : text_(text), limits_(limits) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") {
        position_ = 3;
    }
}

bool CsvReader::next() {
    if (error_) {
        return false;
    }
    while (position_ < text_.size() && at_line_end()) {
        skip_line_end();
    }
    row_.clear();
    unescaped_.clear();
    row_line_ = line_;
    if (position_ >= text_.size()) {
        return false;
    }
    if (++rows_ > limits_.rows_max) {
        return fail_at(
            position_,
            line_,
            {fmt::format("行数超过上限 {}", limits_.rows_max),
             fmt::format("more than {} rows", limits_.rows_max)}
        );
    }
    return read_record();
}

int CsvReader::column(const CsvField& field) const {
    const std::size_t newline = text_.substr(0, field.offset).rfind('\n');
    std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (begin == 0 && text_.substr(0, 3) == "\xEF\xBB\xBF") {
        begin = 3;
    }
    return 1 + count_characters(text_.substr(begin, field.offset - begin));
}

bool CsvReader::at_line_end() const {
    return text_[position_] == '\n' || (text_[position_] == '\r' && position_ + 1 < text_.size() &&
                                        text_[position_ + 1] == '\n');
}

void CsvReader::skip_line_end() {
    position_ += text_[position_] == '\r' ? 2 : 1;
    ++line_;
}

bool CsvReader::fail_at(std::size_t offset, int line, Label message) {
    error_ = CsvError{line, column(CsvField{{}, offset, line}), std::move(message)};
    row_.clear();
    return false;
}

bool CsvReader::read_record() {
    while (true) {
        if (row_.size() == limits_.columns_max) {
            return fail_at(
                position_,
                line_,
                {fmt::format("列数超过上限 {}", limits_.columns_max),
                 fmt::format("more than {} columns", limits_.columns_max)}
            );
        }
        if (!read_field()) {
            return false;
        }
        if (position_ >= text_.size()) {
            return true;
        }
        if (text_[position_] == ',') {
            ++position_;
            continue;
        }
        skip_line_end();
        return true;
    }
}

bool CsvReader::read_field() {
    CsvField field{{}, position_, line_};
    const bool quoted = position_ < text_.size() && text_[position_] == '"';
    if (!(quoted ? read_quoted(field) : read_plain(field))) {
        return false;
    }
    if (field.text.size() > limits_.field_bytes_max) {
        return fail_at(
            field.offset,
            field.line,
            {fmt::format("字段超过 {} 字节", limits_.field_bytes_max),
             fmt::format("the field is longer than {} bytes", limits_.field_bytes_max)}
        );
    }
    row_.push_back(field);
    return true;
}

bool CsvReader::read_plain(CsvField& field) {
    while (position_ < text_.size() && text_[position_] != ',' && !at_line_end()) {
        if (text_[position_] == '"') {
            return fail_at(
                position_,
                line_,
                {"未加引号的字段中出现引号；请给整个字段加引号并将内部引号写成两个",
                 "a quote inside an unquoted field; quote the whole field and double the quotes "
                 "inside it"}
            );
        }
        if (text_[position_] == '\r') {
            return fail_at(
                position_,
                line_,
                {"孤立的回车符；行尾应为 LF 或 CRLF",
                 "a lone carriage return; lines end with LF or CRLF"}
            );
        }
        ++position_;
    }
    field.text = text_.substr(field.offset, position_ - field.offset);
    return true;
}

bool CsvReader::read_quoted(CsvField& field) {
    std::string* copy = nullptr;
    std::size_t piece = ++position_;
    while (true) {
        const std::size_t quote = text_.find('"', position_);
        if (quote == std::string_view::npos) {
            return fail_at(
                field.offset,
                field.line,
                {"引号没有闭合", "the quote that opens here is never closed"}
            );
        }
        const auto inner = text_.substr(position_, quote - position_);
        line_ += static_cast<int>(std::count(inner.begin(), inner.end(), '\n'));
        const bool doubled = quote + 1 < text_.size() && text_[quote + 1] == '"';
        if (doubled) {
            copy = copy == nullptr ? &unescaped_.emplace_back() : copy;
            copy->append(text_.substr(piece, quote + 1 - piece));
            piece = position_ = quote + 2;
            continue;
        }
        const std::string_view rest = text_.substr(piece, quote - piece);
        if (copy != nullptr) {
            copy->append(rest);
        }
        field.text = copy == nullptr ? rest : std::string_view{*copy};
        position_ = quote + 1;
        break;
    }
    if (position_ < text_.size() && text_[position_] != ',' && !at_line_end()) {
        return fail_at(
            position_,
            line_,
            {"引号闭合后只能是逗号或行尾",
             "only a comma or the end of the line may follow a closing quote"}
        );
    }
    return true;
}

}  // namespace chengshu::city
