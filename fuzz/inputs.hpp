#pragma once

// How fuzzers take their input apart, and how they keep what they work on.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// The text up to the next line break, which goes with it.
inline std::string take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

/// Files of any type that has a path and a content; a line "@@ <path>" begins the next one.
template <class File>
std::vector<File> split_files(std::string_view text) {
    constexpr std::size_t kFilesMax = 64;
    std::vector<File> files;
    while (!text.empty() && files.size() < kFilesMax) {
        const std::size_t mark = text.starts_with("@@ ") ? 0 : text.find("\n@@ ");
        if (mark == std::string_view::npos) {
            break;
        }
        text.remove_prefix(mark == 0 ? 3 : mark + 4);
        File file;
        file.path = take_line(text);
        const std::size_t end = text.starts_with("@@ ") ? 0 : text.find("\n@@ ");
        file.content = text.substr(0, end == std::string_view::npos ? text.size() : end);
        text.remove_prefix(file.content.size());
        files.push_back(std::move(file));
    }
    return files;
}

/// A world grows with what is put in; it is made anew after so many inputs.
template <int kInputs, class Make>
auto& recycled(Make make) {
    static decltype(make()) current;
    static int inputs = 0;
    if (!current || ++inputs % kInputs == 0) {
        current = make();
    }
    return *current;
}

}  // namespace chengshu::fuzz
