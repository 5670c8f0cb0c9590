#include "domain/city/yaml_file.hpp"

#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace chengshu::city {
namespace {

constexpr std::size_t kYamlBytesMax = 1024 * 1024;

std::string_view without_mark(std::string_view text) {
    return text.substr(0, 3) == "\xEF\xBB\xBF" ? text.substr(3) : text;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view written) {
    constexpr std::int64_t kMax = std::int64_t{366} * 86'400'000;
    static constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits{{
        {"ms", 1},
        {"s", 1000},
        {"min", 60'000},
        {"h", 3'600'000},
        {"d", 86'400'000},
    }};
    std::int64_t number = 0;
    const char* const last = written.data() + written.size();
    const auto [end, error] = std::from_chars(written.data(), last, number);
    if (error != std::errc{} || number < 0) {
        return std::nullopt;
    }
    written.remove_prefix(static_cast<std::size_t>(end - written.data()));
    while (written.starts_with(' ')) {
        written.remove_prefix(1);
    }
    for (const auto& [unit, millis] : kUnits) {
        if (unit == written && number <= kMax / millis) {
            return Duration{number * millis};
        }
    }
    return std::nullopt;
}

YamlFile::YamlFile(const CityFile& file, Findings& findings) : file_(file), findings_(findings) {
    if (file.content.size() > kYamlBytesMax) {
        findings.error(
            {file.path, 0, 0},
            text("YAML 文件超过 {} 字节", "a YAML file of more than {} bytes", kYamlBytesMax),
            {"大量数据请放入 CSV", "keep bulk data in CSV files"}
        );
        return;
    }
    try {
        root_ = YAML::Load(std::string{without_mark(file.content)});
        ok_ = true;
    } catch (const YAML::Exception& exception) {
        findings.error(
            spot_of(exception.mark),
            text("YAML 语法错误：{}", "YAML syntax error: {}", exception.msg),
            {"检查缩进、冒号后的空格与引号",
             "look at the indentation, the blank after each colon and the quotes"}
        );
    } catch (const std::exception& exception) {
        // yaml-cpp lets a few standard exceptions through on hostile input.
        findings.error(
            {file.path, 0, 0},
            text("无法读取 YAML：{}", "the YAML cannot be read: {}", exception.what()),
            {"检查文件内容", "look at the file"}
        );
    }
}

Spot YamlFile::spot_of(const YAML::Mark& mark) const {
    if (mark.is_null()) {
        return {file_.path, 0, 0};
    }
    // yaml-cpp counts bytes; people count characters.
    const std::string_view content = without_mark(file_.content);
    const auto position = static_cast<std::size_t>(std::max(mark.pos, 0));
    const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
    const std::size_t begin = position >= column ? position - column : 0;
    const int characters =
        begin < content.size() ? count_characters(content.substr(begin, position - begin)) : 0;
    return {file_.path, mark.line + 1, characters + 1};
}

Spot YamlFile::spot(const YAML::Node& node) const {
    return node.IsDefined() ? spot_of(node.Mark()) : Spot{file_.path, 0, 0};
}

bool YamlFile::check_map(const YAML::Node& node, std::initializer_list<std::string_view> keys) {
    if (!node.IsMap()) {
        error(
            node,
            {"此处应为键值表", "a map of keys and values is expected here"},
            {"写成 key: value", "write key: value"}
        );
        return false;
    }
    std::set<std::string> seen;
    for (const auto& pair : node) {
        const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : std::string{"?"};
        if (!seen.insert(key).second) {
            error(
                pair.first,
                text("键“{}”重复", "the key '{}' appears twice", shortened(key)),
                {"删除其中一个", "remove one of them"}
            );
        }
        Suggestion suggestion{key};
        std::string known;
        bool found = false;
        for (const std::string_view candidate : keys) {
            found = found || candidate == key;
            suggestion.consider(candidate);
            known += known.empty() ? "" : ", ";
            known += candidate;
        }
        if (!found) {
            error(
                pair.first,
                text("未知键“{}”", "unknown key '{}'", shortened(key)),
                did_you_mean(suggestion.best(), text("可用键：{}", "known keys: {}", known))
            );
        }
    }
    return true;
}

std::optional<YAML::Node> YamlFile::find(const YAML::Node& map, std::string_view key) {
    if (map.IsMap()) {
        for (const auto& pair : map) {
            if (pair.first.IsScalar() && pair.first.Scalar() == key && !pair.second.IsNull()) {
                return pair.second;
            }
        }
    }
    return std::nullopt;
}

std::optional<YAML::Node> YamlFile::need(const YAML::Node& map, std::string_view key) {
    auto value = find(map, key);
    if (!value) {
        error(map, text("缺少键“{}”", "the key '{}' is missing", key), {"补上该键", "add it"});
    }
    return value;
}

std::string YamlFile::scalar(const YAML::Node& node) {
    if (node.IsScalar()) {
        return node.Scalar();
    }
    error(
        node,
        {"此处应为单个值", "a single value is expected here"},
        {"写一个文本、数值或真假值", "write a text, a number or true/false"}
    );
    return {};
}

std::string YamlFile::need_scalar(const YAML::Node& map, std::string_view key) {
    const auto value = need(map, key);
    std::string result = value ? scalar(*value) : std::string{};
    if (value && value->IsScalar() && result.empty()) {
        error(
            *value, text("“{}”不能为空", "'{}' may not be empty", key), {"填写该值", "fill it in"}
        );
    }
    return result;
}

Label YamlFile::label(const YAML::Node& node) {
    Label result;
    if (!check_map(node, {"zh", "en"})) {
        return result;
    }
    if (const auto zh = find(node, "zh")) {
        result.zh = scalar(*zh);
    }
    if (const auto en = find(node, "en")) {
        result.en = scalar(*en);
    }
    if (result.zh.empty() && result.en.empty()) {
        error(
            node,
            {"zh 与 en 至少填写一个", "either zh or en must be filled in"},
            {"写成 {zh: 名称, en: Name}", "write {zh: 名称, en: Name}"}
        );
    }
    return result;
}

Label YamlFile::need_label(const YAML::Node& map, std::string_view key) {
    const auto value = need(map, key);
    return value ? label(*value) : Label{};
}

std::optional<bool> YamlFile::flag(const YAML::Node& node) {
    const std::string value = scalar(node);
    if (value == "true" || value == "false") {
        return value == "true";
    }
    if (node.IsScalar()) {
        error(
            node,
            text("“{}”不是真假值", "'{}' is neither true nor false", shortened(value)),
            {"写 true 或 false", "write true or false"}
        );
    }
    return std::nullopt;
}

Spot YamlFile::spot(const YAML::Node& node, std::size_t offset) const {
    auto out = spot(node);
    const auto mark = node.Mark();
    const auto content = without_mark(file_.content);
    if (mark.is_null() || !node.IsScalar()) {
        return out;
    }
    auto begin = std::min(static_cast<std::size_t>(std::max(0, mark.pos)), content.size());
    const auto first = content.substr(begin, 1);
    const std::size_t quote = first == "\"" || first == "'" ? 1 : 0;
    begin = std::min(begin + quote, content.size());
    if (content.substr(begin, node.Scalar().size()) == node.Scalar()) {
        out.column += static_cast<int>(quote) + count_characters(node.Scalar().substr(0, offset));
    }
    return out;
}

std::optional<Duration> YamlFile::duration(const YAML::Node& node) {
    const std::string value = scalar(node);
    const auto out = parse_duration(value);
    if (!out && node.IsScalar()) {
        error(
            node,
            text("“{}”不是时长", "'{}' is not a duration", shortened(value)),
            {"写作 90 s、10 min、3 h 或 1 d，最长 366 d",
             "write 90 s, 10 min, 3 h or 1 d, at most 366 d"}
        );
    }
    return out;
}

std::optional<double> YamlFile::number(const YAML::Node& node, double low, double high) {
    const std::string value = scalar(node);
    double result = 0;
    const char* last = value.data() + value.size();
    const auto [end, failure] = std::from_chars(value.data(), last, result);
    if (failure == std::errc{} && end == last && result >= low && result <= high) {
        return result;
    }
    if (node.IsScalar()) {
        error(
            node,
            text(
                "“{}”不是 {} 至 {} 的数值",
                "'{}' is not a number from {} to {}",
                shortened(value),
                low,
                high
            ),
            {"改为范围内的十进制数", "write a decimal number within the range"}
        );
    }
    return std::nullopt;
}

std::optional<Date> YamlFile::date(const YAML::Node& node) {
    const std::string value = scalar(node);
    const Result<Date> parsed = parse_date(value);
    if (parsed) {
        return parsed.value();
    }
    if (node.IsScalar()) {
        error(
            node,
            text("“{}”不是有效日期", "'{}' is not a date", shortened(value)),
            {"写成 YYYY-MM-DD 且为真实存在的日期", "write YYYY-MM-DD, a day that exists"}
        );
    }
    return std::nullopt;
}

void YamlFile::each(
    const YAML::Node& node,
    std::size_t size_max,
    const std::function<void(const YAML::Node&)>& visit
) {
    if (!node.IsSequence() || node.size() > size_max) {
        error(
            node,
            text(
                "此处应为列表（至多 {} 项）",
                "a list of at most {} items is expected here",
                size_max
            ),
            {"写成 [a, b] 或每行一个 “- 项”", "write [a, b], or '- item' line by line"}
        );
        return;
    }
    for (const auto& element : node) {
        visit(element);
    }
}

void YamlFile::each_pair(
    const YAML::Node& node,
    std::size_t size_max,
    const std::function<void(const YAML::Node&, const YAML::Node&)>& visit
) {
    if (!node.IsMap() || node.size() > size_max) {
        error(
            node,
            text(
                "此处应为键值表（至多 {} 项）",
                "a map of at most {} entries is expected here",
                size_max
            ),
            {"写成 key: value", "write key: value"}
        );
        return;
    }
    for (const auto& pair : node) {
        visit(pair.first, pair.second);
    }
}

}  // namespace chengshu::city
