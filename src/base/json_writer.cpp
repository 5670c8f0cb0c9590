#include "base/json_writer.hpp"

#include "base/json_text.hpp"

#include <cstring>

namespace chengshu {
namespace {

/// Whether a byte of the eight is `byte` (Mycroft's test; never misses one).
std::uint64_t has_byte(std::uint64_t eight, std::uint64_t byte) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kTops = 0x8080808080808080;
    const auto zero = eight ^ (kOnes * byte);
    return (zero - kOnes) & ~zero & kTops;
}

/// True when the text can be written as it stands; it may be false for one that could, too.
bool is_plain(std::string_view text) {
    constexpr std::uint64_t kBlanks = 0x2020202020202020;
    constexpr std::uint64_t kTops = 0x8080808080808080;
    std::uint64_t odd = 0;
    std::size_t at = 0;
    for (; at + sizeof odd <= text.size(); at += sizeof odd) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + at, sizeof eight);
        odd |= (eight - kBlanks) & ~eight & kTops;  // bytes below 0x20
        odd |= has_byte(eight, '"') | has_byte(eight, '\\');
    }
    bool plain = odd == 0;
    for (; at < text.size(); ++at) {
        plain = plain && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != '"' &&
                text[at] != '\\';
    }
    return plain;
}

}  // namespace

void JsonWriter::text(std::string_view value) {
    if (!is_plain(value)) {
        std::string escaped;
        append_json_text(escaped, value);
        json(escaped);
        return;
    }
    char* at = value_room(value.size() + 2);
    *at++ = '"';
    at = copied(at, value);
    *at++ = '"';
    used_up_to(at);
}

void JsonWriter::number(double value) {
    std::string digits;
    append_json_number(digits, value);
    json(digits);
}

}  // namespace chengshu
