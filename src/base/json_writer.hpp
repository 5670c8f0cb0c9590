#pragma once

#include "base/json_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chengshu {

/// Writes compact JSON in one go, without a tree of values; numbers and texts as append_json does.
/// The caller keeps the grammar: a key before each value of an object, an end for each begin.
class JsonWriter {
public:
    /// Appends to `out`, which must outlive the writer.
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& key(std::string_view name) {
        begin_value();
        append_json_key(out_, name);
        separate_ = false;
        return *this;
    }

    void begin_object() { begin('{'); }

    void end_object() { end('}'); }

    void begin_array() { begin('['); }

    void end_array() { end(']'); }

    void text(std::string_view value) {
        begin_value();
        append_json_text(out_, value);
    }

    void number(std::int64_t value) {
        begin_value();
        append_json_number(out_, value);
    }

    void number(double value) {
        begin_value();
        append_json_number(out_, value);
    }

    void boolean(bool value) { json(value ? "true" : "false"); }

    void null() { json("null"); }

    /// A value that is JSON already.
    void json(std::string_view value) {
        begin_value();
        out_ += value;
    }

    void member(std::string_view name, std::string_view value) { key(name).text(value); }

    void member(std::string_view name, std::int64_t value) { key(name).number(value); }

    void member(std::string_view name, double value) { key(name).number(value); }

    void flag(std::string_view name, bool value) { key(name).boolean(value); }

private:
    void begin_value() {
        if (separate_) {
            out_ += ',';
        }
        separate_ = true;
    }

    void begin(char bracket) {
        begin_value();
        out_ += bracket;
        separate_ = false;
    }

    void end(char bracket) {
        out_ += bracket;
        separate_ = true;
    }

    std::string& out_;
    bool separate_ = false;  ///< what comes next stands after another value
};

}  // namespace chengshu
