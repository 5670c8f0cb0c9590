#include "base/json_text.hpp"
#include "domain/sensing/ingest.hpp"
#include "domain/sensing/ingest_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <span>
#include <vector>

namespace chengshu::sensing {
namespace {

constexpr std::size_t kFieldsMax = 1'000;  // of a line

struct Field {
    std::string_view name;
    std::optional<double> number;
    std::string result;
};

constexpr bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    for (const auto other : words) {
        if (word == other) {
            return true;
        }
    }
    return false;
}

/// Reads one line after another; keeps its memory in between.
class LineReader {
public:
    explicit LineReader(TimeUnit unit) : unit_(unit) {}

    bool read(std::string_view line);

    RowError error() { return std::move(error_); }

    [[nodiscard]] std::string_view measurement() const { return measurement_; }

    [[nodiscard]] std::string_view code() const { return code_; }

    [[nodiscard]] std::span<const Field> fields() const { return {fields_.data(), used_}; }

    [[nodiscard]] std::optional<std::int64_t> time() const { return time_; }

private:
    bool fail(std::string_view field, std::string what, std::string hint = {}) {
        error_.field = shown(field);
        error_.what = std::move(what);
        error_.hint = std::move(hint);
        return false;
    }

    [[nodiscard]] bool next_is(char c) const { return at_ < line_.size() && line_[at_] == c; }

    std::string_view word(std::string_view ends, std::string& scratch);
    bool read_tags();
    bool read_field();
    bool read_string(Field& field);
    bool read_plain(Field& field);
    bool read_time();

    TimeUnit unit_;
    std::string_view line_;
    std::size_t at_ = 0;
    std::string_view measurement_;
    std::string_view code_;
    std::vector<Field> fields_;
    std::vector<std::string> names_;  ///< unescaped names of fields, beside them
    std::size_t used_ = 0;
    std::optional<std::int64_t> time_;
    std::string measurement_text_;
    std::string code_text_;
    std::string other_text_;
    RowError error_;
};

constexpr const char* kForm = "measurement,code=THING field=1.5,other=2i 1465839830100400200";

/// Up to one of `ends`, which a backslash makes ordinary. A backslash before anything else is one.
std::string_view LineReader::word(std::string_view ends, std::string& scratch) {
    const auto begin = at_;
    bool escaped = false;
    while (at_ < line_.size() && ends.find(line_[at_]) == std::string_view::npos) {
        const bool pair = line_[at_] == '\\' && at_ + 1 < line_.size() &&
                          std::string_view(",= ").find(line_[at_ + 1]) != std::string_view::npos;
        escaped = escaped || pair;
        at_ += pair ? 2 : 1;
    }
    const auto raw = line_.substr(begin, at_ - begin);
    if (!escaped) {
        return raw;
    }
    scratch.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const bool pair = raw[i] == '\\' && i + 1 < raw.size() &&
                          std::string_view(",= ").find(raw[i + 1]) != std::string_view::npos;
        i += pair ? 1 : 0;
        scratch.push_back(raw[i]);
    }
    return scratch;
}

bool LineReader::read_tags() {
    while (next_is(',')) {
        ++at_;
        const auto name = word("=, ", other_text_);
        const bool is_code = name == "code";
        if (name.empty() || !next_is('=')) {
            return fail(name, "a tag is written name=value", kForm);
        }
        ++at_;
        const auto value = word(", ", is_code ? code_text_ : other_text_);
        if (value.empty()) {
            return fail(is_code ? "code" : "", "a tag has no value", kForm);
        }
        if (is_code && !code_.empty()) {
            return fail("code", "is given twice");
        }
        code_ = is_code ? value : code_;
    }
    if (code_.empty()) {
        return fail(
            "code",
            "the tag is missing",
            "give the unified code of the thing as a tag: measurement,code=THING field=1.5"
        );
    }
    return true;
}

bool LineReader::read_string(Field& field) {
    other_text_.clear();
    for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
        const bool pair = line_[at_] == '\\' && at_ + 1 < line_.size() &&
                          (line_[at_ + 1] == '"' || line_[at_ + 1] == '\\');
        at_ += pair ? 1 : 0;
        other_text_.push_back(line_[at_]);
    }
    if (at_ == line_.size()) {
        return fail(field.name, "the text has no closing quote");
    }
    ++at_;
    append_json_text(field.result, other_text_);
    return true;
}

bool LineReader::read_plain(Field& field) {
    const auto begin = at_;
    while (at_ < line_.size() && line_[at_] != ',' && line_[at_] != ' ') {
        ++at_;
    }
    auto text = line_.substr(begin, at_ - begin);
    if (is_one_of(text, {"t", "T", "true", "True", "TRUE"})) {
        field.result = "true";
        return true;
    }
    if (is_one_of(text, {"f", "F", "false", "False", "FALSE"})) {
        field.result = "false";
        return true;
    }
    if (text.size() > 1 && (text.back() == 'i' || text.back() == 'u')) {
        const bool is_unsigned = text.back() == 'u';
        text.remove_suffix(1);
        std::int64_t whole = 0;
        std::uint64_t natural = 0;
        const auto* const end = text.data() + text.size();
        const auto got = is_unsigned ? std::from_chars(text.data(), end, natural)
                                     : std::from_chars(text.data(), end, whole);
        if (got.ec != std::errc{} || got.ptr != end) {
            return fail(field.name, "is no integer of 64 bits");
        }
        field.number = is_unsigned ? static_cast<double>(natural) : static_cast<double>(whole);
        return true;
    }
    // Unlike JSON: +1, .5, 1., 007.
    auto digits = text;
    digits.remove_prefix(!digits.empty() && digits[0] == '+' ? 1 : 0);
    double value = 0;
    const auto* const end = digits.data() + digits.size();
    const bool numeric = digits.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    const auto got = std::from_chars(digits.data(), end, value);
    if (digits.empty() || !numeric || got.ptr != end || got.ec == std::errc::invalid_argument) {
        return fail(
            field.name,
            "is no number, text in quotes or boolean",
            "numbers are finite: NaN and Inf are not taken"
        );
    }
    if (got.ec == std::errc::result_out_of_range) {
        const auto exact = parse_json_number(digits);
        if (!exact) {
            return fail(field.name, "is too large a number");
        }
        value = *exact;
    }
    field.number = value;
    return true;
}

bool LineReader::read_field() {
    if (used_ == kFieldsMax) {
        return fail("", fmt::format("a line has at most {} fields", kFieldsMax));
    }
    if (used_ == fields_.size()) {
        fields_.emplace_back();
        names_.emplace_back();
    }
    auto& field = fields_[used_];
    field.number.reset();
    field.result.clear();
    // An unescaped name becomes a view at the end of the line only: names_ may still grow.
    auto& scratch = names_[used_];
    scratch.clear();
    field.name = word("=, ", scratch);
    if (field.name.empty() || !next_is('=')) {
        return fail(field.name, "a field is written name=value", kForm);
    }
    ++at_;
    ++used_;
    return next_is('"') ? read_string(field) : read_plain(field);
}

bool LineReader::read_time() {
    while (next_is(' ')) {
        ++at_;
    }
    const auto text = line_.substr(at_, line_.find_last_not_of(' ') + 1 - at_);
    if (text.empty()) {
        return true;
    }
    std::int64_t value = 0;
    const auto got = std::from_chars(text.data(), text.data() + text.size(), value);
    if (got.ec == std::errc{} && got.ptr == text.data() + text.size()) {
        time_ = millis_of(value, unit_);
    }
    return time_.has_value() ||
           fail(
               "time",
               "is no time",
               "a whole number since 1970 in the unit that `precision` names (ns unless it is said)"
           );
}

bool LineReader::read(std::string_view line) {
    line_ = line;
    at_ = 0;
    used_ = 0;
    code_ = {};
    time_.reset();
    error_ = {};
    if (line.size() > kIngestLineMax) {
        return fail("", fmt::format("a line has at most {} bytes", kIngestLineMax));
    }
    if (!is_text(line)) {
        return fail("", "is not UTF-8");
    }
    measurement_ = word(", ", measurement_text_);
    if (measurement_.empty()) {
        return fail("", "the measurement is missing", kForm);
    }
    if (!read_tags()) {
        return false;
    }
    do {
        ++at_;  // the blank before the fields, or the comma between two
        if (at_ > line_.size() || !read_field()) {
            return at_ <= line_.size() ? false : fail("", "there are no fields", kForm);
        }
    } while (next_is(','));
    if (at_ < line_.size() && line_[at_] != ' ') {
        return fail(fields_[used_ - 1].name, "is followed by something else than , or a blank");
    }
    if (!read_time()) {
        return false;
    }
    for (std::size_t i = 0; i < used_; ++i) {
        fields_[i].name = names_[i].empty() ? fields_[i].name : std::string_view(names_[i]);
    }
    return true;
}

}  // namespace

void read_lines(std::string_view text, TimeUnit unit, ReadingSink& sink) {
    LineReader reader(unit);
    for (Lines lines(text); lines.next();) {
        auto line = lines.line();
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        if (line.empty() || line.front() == '#') {
            continue;
        }
        if (!reader.read(line)) {
            auto error = reader.error();
            error.row = lines.number();
            if (!sink.wrong(std::move(error))) {
                return;
            }
            continue;
        }
        Reading reading;
        reading.row = lines.number();
        reading.thing = reader.code();
        reading.from = reader.time();
        reading.to = reading.from.value_or(0);
        for (const auto& field : reader.fields()) {
            reading.datastream = field.name == "value" ? reader.measurement() : field.name;
            reading.number = field.number;
            reading.result = field.number ? std::string_view() : std::string_view(field.result);
            if (!sink.reading(reading)) {
                return;
            }
        }
    }
}

}  // namespace chengshu::sensing
