#include "domain/access/masking.hpp"

#include "base/text.hpp"
#include "domain/access/internal/characters.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace chengshu::access {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::size_t kBytesMax =
    1024;  ///< a name, number or address is shorter; the rest is hostile

/// Surnames of two characters: the common ones of the Hundred Family Surnames.
constexpr std::array<std::string_view, 40> kDoubleSurnames{
    "欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐",
    "宇文", "长孙", "司徒", "司空", "轩辕", "东方", "独孤", "南宫", "端木", "百里",
    "呼延", "申屠", "公冶", "太史", "澹台", "公羊", "赫连", "濮阳", "淳于", "单于",
    "仲孙", "钟离", "鲜于", "闾丘", "西门", "东郭", "拓跋", "万俟", "闻人", "第五",
};

bool is_usable(std::string_view text) {
    return text.size() <= kBytesMax && is_utf8(text);
}

std::string_view part(
    std::string_view text,
    const std::vector<Character>& characters,
    std::size_t begin,
    std::size_t count
) {
    const auto end = std::min(begin + count, characters.size());
    if (begin >= end) {
        return {};
    }
    const auto from = characters[begin].offset;
    return text.substr(from, characters[end - 1].offset + characters[end - 1].length - from);
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Where the first digit stands, in characters; the end when there is none.
std::size_t first_digit(const std::vector<Character>& text) {
    const auto found = std::find_if(text.begin(), text.end(), [](const Character& c) {
        return is_digit(c.folded);
    });
    return static_cast<std::size_t>(found - text.begin());
}

/// End (in bytes) of the last of the markers within `text`, or nothing.
std::optional<std::size_t>
end_of_last(std::string_view text, std::initializer_list<std::string_view> markers) {
    std::optional<std::size_t> out;
    for (const auto marker : markers) {
        const auto found = text.rfind(marker);
        if (found != std::string_view::npos) {
            out = std::max(out.value_or(0), found + marker.size());
        }
    }
    return out;
}

/// "123 Main St Apt 4B" → "*** Main St Apt ***": the number goes, the street stays.
std::string mask_western_address(std::string_view text, const std::vector<Character>& all) {
    std::size_t at = 0;
    while (at < all.size() && all[at].folded != U' ') {
        ++at;
    }
    const auto rest = part(text, all, at, all.size());
    const auto inner = characters_of(rest);
    const auto kept = part(rest, inner, 0, first_digit(inner));
    return std::string(kHidden) + std::string(kept) +
           (kept.size() < rest.size() ? std::string(kHidden) : std::string());
}

}  // namespace

std::string mask_name(std::string_view name) {
    const auto text = trimmed(name);
    if (text.empty() || !is_usable(text)) {
        return std::string(text.empty() ? "" : kHidden);
    }
    const auto all = characters_of(text);
    if (all.size() == 1) {
        return "*";
    }
    if (is_letter(all.front().folded)) {
        return std::string(part(text, all, 0, 1)) + std::string(kHidden);
    }
    const bool twofold =
        all.size() > 2 &&
        std::find(kDoubleSurnames.begin(), kDoubleSurnames.end(), part(text, all, 0, 2)) !=
            kDoubleSurnames.end();
    const std::size_t kept = twofold ? 2 : 1;
    constexpr std::size_t kStarsMax = 3;  // the length of a long name would tell whose it is
    return std::string(part(text, all, 0, kept)) +
           std::string(std::min(all.size() - kept, kStarsMax), '*');
}

std::string mask_phone(std::string_view phone) {
    const auto text = trimmed(phone);
    if (text.empty() || !is_usable(text)) {
        return std::string(text.empty() ? "" : kHidden);
    }
    auto masked = mask_text(text);
    if (masked != text) {
        return masked;
    }
    const auto all = characters_of(text);
    const auto digits = digits_of(all, 0, all.size());
    constexpr std::size_t kShortest = 7;  // of fewer digits the last ones are too much of the whole
    return digits.size() < kShortest ? std::string(kHidden)
                                     : std::string(kHidden) + digits.substr(digits.size() - 2);
}

std::string mask_id(std::string_view id) {
    const auto text = trimmed(id);
    if (text.empty()) {
        return {};
    }
    const auto all = characters_of(text);
    const auto digits = digits_of(all, 0, all.size());
    constexpr std::size_t kLength = 18;
    if (text.size() > kBytesMax || all.size() != kLength || digits.size() != kLength) {
        return std::string(kHidden);
    }
    return digits.substr(0, 6) + "********" + digits.substr(14);
}

std::string mask_email(std::string_view email) {
    const auto text = trimmed(email);
    if (text.empty() || !is_usable(text)) {
        return std::string(text.empty() ? "" : kHidden);
    }
    const auto sign = text.rfind('@');
    if (sign == std::string_view::npos || sign == 0 || sign + 1 == text.size()) {
        return std::string(kHidden);
    }
    return std::string(utf8_prefix(text, 1)) + std::string(kHidden) +
           std::string(text.substr(sign));
}

std::string mask_address(std::string_view address) {
    const auto text = trimmed(address);
    if (text.empty() || !is_usable(text)) {
        return std::string(text.empty() ? "" : kHidden);
    }
    const auto all = characters_of(text);
    const auto digit = first_digit(all);
    const auto open = part(text, all, 0, digit);
    auto end = end_of_last(open, {"街道", "社区", "地区办事处"});
    if (!end) {
        // One character says less: a 镇 or 乡 counts only behind its district.
        const auto district = end_of_last(open, {"区", "县"}).value_or(0);
        const auto town = end_of_last(open.substr(district), {"镇", "乡"});
        end = town            ? std::optional(district + *town)
              : district != 0 ? std::optional(district)
                              : end_of_last(open, {"市"});
    }
    if (end) {
        return std::string(text.substr(0, *end)) +
               (*end < text.size() ? std::string(kHidden) : std::string());
    }
    if (digit == 0) {
        return mask_western_address(text, all);
    }
    return digit < all.size() ? std::string(open) + std::string(kHidden) : std::string(kHidden);
}

std::string mask_plate(std::string_view plate) {
    const auto text = trimmed(plate);
    if (text.empty() || !is_usable(text)) {
        return std::string(text.empty() ? "" : kHidden);
    }
    const auto all = characters_of(text);
    // 京A: one character of the province and the letter of the city; foreign plates have none.
    const bool chinese = all.size() > 2 && all[0].folded > 0x7F && is_letter(all[1].folded);
    std::string serial;
    for (std::size_t i = chinese ? 2 : 0; i < all.size(); ++i) {
        if (is_digit(all[i].folded) || is_letter(all[i].folded)) {
            serial += static_cast<char>(all[i].folded);
        } else if (all[i].folded > 0x7F && all[i].folded != 0xB7) {
            serial += '*';  // 学, 警, 挂
        }
    }
    constexpr std::size_t kShortest = 5;
    if (serial.size() < kShortest || serial.size() > 8) {
        return std::string(kHidden);
    }
    auto out = chinese ? std::string(part(text, all, 0, 2)) + "·" : std::string();
    out += serial.substr(0, 1) + std::string(serial.size() - 3, '*') +
           serial.substr(serial.size() - 2);
    return out;
}

}  // namespace chengshu::access
