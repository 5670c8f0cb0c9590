#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace chengshu {

/// A member's name that is written as it stands: checked when the program is compiled.
class JsonName {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is one
    consteval JsonName(const char* name) : text_(name) {
        for (const char c : text_) {
            if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
                throw "a name that has to be escaped";
            }
        }
    }

    [[nodiscard]] constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

/// Writes compact JSON in one go, without a tree of values; numbers and texts as append_json does.
/// The caller keeps the grammar: a key before each value of an object, an end for each begin.
class JsonWriter {
public:
    /// `usual`: bytes that most texts have, so that they need not grow.
    explicit JsonWriter(std::size_t usual = 256) : text_(usual, '\0') {}

    /// What was written; then the writer is empty.
    std::string take() {
        text_.resize(size_);
        size_ = 0;
        separate_ = false;
        return std::move(text_);
    }

    JsonWriter& key(JsonName name) {
        const auto text = name.text();
        char* at = room(text.size() + 4);
        if (separate_) {
            *at++ = ',';
        }
        *at++ = '"';
        at = copied(at, text);
        *at++ = '"';
        *at++ = ':';
        used_up_to(at);
        separate_ = false;
        return *this;
    }

    /// A name that comes from data.
    JsonWriter& data_key(std::string_view name) {
        text(name);
        *room(1) = ':';
        ++size_;
        separate_ = false;
        return *this;
    }

    void begin_object() { begin('{'); }

    void end_object() { end('}'); }

    void begin_array() { begin('['); }

    void end_array() { end(']'); }

    void text(std::string_view value);

    void number(std::int64_t value) {
        constexpr std::size_t kDigitsMax = 24;
        char* at = value_room(kDigitsMax);
        used_up_to(std::to_chars(at, at + kDigitsMax, value).ptr);
    }

    void number(double value);

    void boolean(bool value) { json(value ? "true" : "false"); }

    void null() { json("null"); }

    /// As format_utc gives it.
    void utc(Instant value) {
        char* at = value_room(kUtcBytes + 2);
        *at++ = '"';
        at = write_utc(at, value);
        *at++ = '"';
        used_up_to(at);
    }

    /// A value that is JSON already.
    void json(std::string_view value) { used_up_to(copied(value_room(value.size()), value)); }

    void member(JsonName name, std::string_view value) { key(name).text(value); }

    void member(JsonName name, std::int64_t value) { key(name).number(value); }

    void member(JsonName name, double value) { key(name).number(value); }

    void member(JsonName name, Instant value) { key(name).utc(value); }

    void flag(JsonName name, bool value) { key(name).boolean(value); }

private:
    static char* copied(char* to, std::string_view text) {
        return std::copy(text.begin(), text.end(), to);
    }

    /// Where so many bytes may be written.
    char* room(std::size_t bytes) {
        if (text_.size() - size_ < bytes) {
            text_.resize(2 * text_.size() + bytes);
        }
        return text_.data() + size_;
    }

    /// The same for a value, after the comma that it may need.
    char* value_room(std::size_t bytes) {
        char* at = room(bytes + 1);
        if (separate_) {
            *at++ = ',';
        }
        separate_ = true;
        return at;
    }

    void used_up_to(const char* end) { size_ = static_cast<std::size_t>(end - text_.data()); }

    void begin(char bracket) {
        char* at = value_room(1);
        *at = bracket;
        used_up_to(at + 1);
        separate_ = false;
    }

    void end(char bracket) {
        *room(1) = bracket;
        ++size_;
        separate_ = true;
    }

    std::string text_;       ///< larger than what was written
    std::size_t size_ = 0;   ///< of what was written
    bool separate_ = false;  ///< what comes next stands after another value
};

}  // namespace chengshu
