#include "domain/response/internal/reading.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace chengshu::response {
namespace {

using city::text;
using city::YamlFile;

constexpr std::size_t kCodeMax = 64;
constexpr std::size_t kShownMax = 40;
constexpr std::size_t kCategoriesMax = 16;
constexpr std::array<std::string_view, 7> kPostKinds{
    "collector",
    "acceptor",
    "shift_leader",
    "dispatcher",
    "handler",
    "evaluator",
    "leader"
};

}  // namespace

void read_file(
    const city::CityFile& file,
    city::Findings& findings,
    std::string_view page,
    const std::function<void(YamlFile&)>& visit
) {
    YamlFile yaml(file, findings);
    if (!yaml.ok()) {
        return;
    }
    try {
        visit(yaml);
    } catch (const YAML::Exception& error) {
        findings.error(
            {file.path, error.mark.line + 1, error.mark.column + 1},
            text("结构不符：{}", "wrong structure: {}", error.msg),
            text("参看 {}", "see {}", page)
        );
    }
}

std::string shortened(std::string_view word) {
    if (word.size() <= kShownMax) {
        return std::string(word);
    }
    auto end = kShownMax;
    while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return std::string(word.substr(0, end)) + "…";
}

bool is_name(std::string_view word) {
    return !word.empty() && word.size() <= kCodeMax && word.front() >= 'a' && word.front() <= 'z' &&
           std::all_of(word.begin(), word.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

std::string read_code(YamlFile& yaml, const YAML::Node& map) {
    auto code = yaml.need_scalar(map, "code");
    auto plain = code;
    std::replace(plain.begin(), plain.end(), '-', '_');
    if (!code.empty() && !is_name(plain)) {
        yaml.error(
            map,
            text("“{}”不是代码", "'{}' is no code", shortened(code)),
            {"用小写字母开头，含数字、- 与 _", "lower-case letters first, then also digits, - and _"
            }
        );
        code.clear();
    }
    return code;
}

city::Validity read_validity(YamlFile& yaml, const YAML::Node& map) {
    city::Validity out;
    if (const auto from = YamlFile::find(map, "valid_from")) {
        out.from = yaml.date(*from);
    }
    if (const auto to = YamlFile::find(map, "valid_to")) {
        out.to = yaml.date(*to);
    }
    if (out.from && out.to && !(*out.from < *out.to)) {
        yaml.error(
            map,
            {"valid_to 应晚于 valid_from", "valid_to must be later than valid_from"},
            {"valid_to 是不再有效的第一天", "valid_to is the first day on which it no longer holds"}
        );
    }
    return out;
}

bool overlap(const city::Validity& a, const city::Validity& b) {
    const bool a_first = a.to && b.from && !(*b.from < *a.to);
    const bool b_first = b.to && a.from && !(*a.from < *b.to);
    return !a_first && !b_first;
}

std::optional<city::Validity> both(const city::Validity& a, const city::Validity& b) {
    if (!overlap(a, b)) {
        return std::nullopt;
    }
    auto out = a;
    out.from = !a.from ? b.from : !b.from ? a.from : std::max(*a.from, *b.from);
    out.to = !a.to ? b.to : !b.to ? a.to : std::min(*a.to, *b.to);
    return out;
}

int read_whole(YamlFile& yaml, const YAML::Node& node, int low, int high) {
    const auto value = yaml.number(node, low, high);
    if (value && *value != std::floor(*value)) {
        yaml.error(
            node,
            {"此处应为整数", "a whole number is expected here"},
            {"去掉小数", "drop the fraction"}
        );
    }
    return value ? static_cast<int>(*value) : low;
}

std::string read_area(YamlFile& yaml, const YAML::Node& node, const city::City& city) {
    auto code = yaml.scalar(node);
    if (city.area(code) == nullptr) {
        yaml.error(
            node,
            text("没有区域“{}”", "there is no area '{}'", shortened(code)),
            {"参看 areas.csv", "see areas.csv"}
        );
    }
    return code;
}

std::string read_level(YamlFile& yaml, const YAML::Node& node, const city::City& city) {
    auto code = yaml.scalar(node);
    std::string known;
    for (const auto& level : city.levels()) {
        if (level.code == code) {
            return code;
        }
        known += (known.empty() ? "" : ", ") + level.code;
    }
    yaml.error(
        node,
        text("没有层级“{}”", "there is no level '{}'", shortened(code)),
        text("可用：{}", "there are {}", known)
    );
    return code;
}

city::Point read_point(YamlFile& yaml, const YAML::Node& node) {
    city::Point out{};
    if (!node.IsSequence() || node.size() != 2) {
        yaml.error(
            node,
            {"此处应为 [经度, 纬度]", "[longitude, latitude] is expected here"},
            {"如 [116.4, 39.9]", "for example [116.4, 39.9]"}
        );
        return out;
    }
    out.lon = yaml.number(node[0], -180, 180).value_or(0);
    out.lat = yaml.number(node[1], -90, 90).value_or(0);
    return out;
}

std::vector<std::string>
read_categories(YamlFile& yaml, const YAML::Node& node, const city::City& city) {
    std::vector<std::string> out;
    yaml.each(node, kCategoriesMax, [&](const YAML::Node& item) {
        auto id = yaml.scalar(item);
        if (city.category(id) == nullptr) {
            yaml.error(
                item,
                text("没有类目“{}”", "there is no category '{}'", shortened(id)),
                {"参看 categories-*.csv", "see categories-*.csv"}
            );
        }
        out.push_back(std::move(id));
    });
    if (out.empty()) {
        yaml.error(
            node, {"至少一个类目", "at least one category is needed"}, {"写一个", "write one"}
        );
    }
    return out;
}

bool is_post_kind(std::string_view kind) {
    return std::find(kPostKinds.begin(), kPostKinds.end(), kind) != kPostKinds.end();
}

}  // namespace chengshu::response
