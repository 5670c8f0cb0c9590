#include "base/messages.hpp"
#include "domain/city/yaml_file.hpp"
#include "domain/sensing/alarm.hpp"
#include "domain/sensing/quality.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <exception>
#include <initializer_list>
#include <optional>
#include <utility>

namespace chengshu::sensing {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} * 1024;
constexpr std::size_t kRulesMax = 300;
constexpr std::size_t kListMax = 32;
constexpr std::size_t kCodeMax = 64;
constexpr std::size_t kTextMax = 1000;

constexpr std::array<std::pair<std::string_view, Comparison>, 4> kComparisons{{
    {"above", Comparison::Above},
    {"at_least", Comparison::AtLeast},
    {"below", Comparison::Below},
    {"at_most", Comparison::AtMost},
}};

constexpr std::array<std::string_view, 9> kPlaceholders{
    "{thing}",
    "{code}",
    "{property}",
    "{value}",
    "{unit}",
    "{limit}",
    "{since}",
    "{at}",
    "{minutes}",
};

bool is_code(std::string_view text) {
    return !text.empty() && text.size() <= kCodeMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
           });
}

class AlarmReader {
public:
    AlarmReader(
        const city::DefinitionFile& file,
        const city::City& city,
        std::vector<city::Finding>& findings
    )
        : file_(file), city_(city), findings_(findings) {}

    void read(std::vector<AlarmRule>& rules) {
        if (file_.content.size() > kFileBytesMax) {
            mistake({}, "文件过大", fmt::format("the file has more than {} bytes", kFileBytesMax));
            return;
        }
        try {
            const YAML::Node root = YAML::Load(file_.content);
            if (!keys(root, {"alarms"})) {
                return;
            }
            const YAML::Node list = root["alarms"];
            if (!list || !list.IsSequence() || list.size() > kRulesMax) {
                mistake(
                    list ? list : root,
                    "alarms 应为列表",
                    fmt::format("alarms is a list of at most {} rules", kRulesMax)
                );
                return;
            }
            for (const auto& item : list) {
                read_rule(item, rules);
            }
        } catch (const YAML::Exception& error) {
            add(error.mark, fmt::format("YAML 有误：{}", error.msg), error.msg);
        } catch (const std::exception& error) {
            // yaml-cpp lets a few standard exceptions through on hostile input.
            add(YAML::Mark::null_mark(), "无法读取 YAML", error.what());
        }
    }

private:
    void add(const YAML::Mark& mark, std::string zh, std::string en) {
        const bool known = !mark.is_null();
        findings_.push_back(
            {true,
             file_.path,
             known ? mark.line + 1 : 0,
             known ? mark.column + 1 : 0,
             {std::move(zh), std::move(en)},
             {}}
        );
    }

    void mistake(const YAML::Node& node, std::string zh, std::string en) {
        add(node.Mark(), std::move(zh), std::move(en));
    }

    bool keys(const YAML::Node& node, std::initializer_list<std::string_view> allowed) {
        if (!node.IsMap()) {
            mistake(node, "应为键值表", "this must be a map");
            return false;
        }
        for (const auto& item : node) {
            const auto name = item.first.as<std::string>("");
            if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
                mistake(
                    item.first,
                    fmt::format("未知的键“{}”；可用：{}", name, fmt::join(allowed, "、")),
                    fmt::format("unknown key '{}'; there are {}", name, fmt::join(allowed, ", "))
                );
            }
        }
        return true;
    }

    /// Undefined, and reported, when absent.
    YAML::Node need(const YAML::Node& map, const char* key) {
        YAML::Node found = map[key];
        if (!found) {
            mistake(map, fmt::format("缺少 {}", key), fmt::format("{} is missing", key));
        }
        return found;
    }

    std::string text(const YAML::Node& node, std::size_t size_max) {
        if (!node) {
            return {};
        }
        if (!node.IsScalar() || node.Scalar().empty() || node.Scalar().size() > size_max) {
            mistake(
                node, "应为文字", fmt::format("this must be a text of 1 to {} bytes", size_max)
            );
            return {};
        }
        return node.Scalar();
    }

    double number(const YAML::Node& node) {
        if (!node) {
            return 0;
        }
        double value = 0;
        const std::string given = node.IsScalar() ? node.Scalar() : "";
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (error != std::errc{} || end != given.data() + given.size() || !std::isfinite(value)) {
            mistake(node, "应为数字", "this must be a number");
            return 0;
        }
        return value;
    }

    Duration duration(const YAML::Node& node) {
        if (!node) {
            return {};
        }
        const auto value = city::parse_duration(node.IsScalar() ? node.Scalar() : "");
        if (!value) {
            mistake(
                node,
                "应为时长，如 10 min、3 h",
                "this must be a duration like 90 s, 10 min, 3 h or 1 d, at most 366 d"
            );
            return {};
        }
        return *value;
    }

    Label label(const YAML::Node& node) {
        if (!node || !keys(node, {"zh", "en"})) {
            return {};
        }
        Label out;
        out.zh = text(node["zh"], kTextMax);
        out.en = text(node["en"], kTextMax);
        if (out.zh.empty() && out.en.empty()) {
            mistake(node, "zh 与 en 至少一个", "at least one of zh and en is needed");
        }
        return out;
    }

    std::vector<std::pair<std::string, YAML::Node>> list(const YAML::Node& node) {
        std::vector<std::pair<std::string, YAML::Node>> out;
        if (!node) {
            return out;
        }
        if (!node.IsSequence() || node.size() > kListMax) {
            mistake(node, "应为列表", fmt::format("this must be a list of at most {}", kListMax));
            return out;
        }
        for (const auto& item : node) {
            out.emplace_back(text(item, kTextMax), item);
        }
        return out;
    }

    void read_selector(const YAML::Node& node, AlarmRule& rule) {
        const auto property = need(node, "property");
        rule.property = text(property, kTextMax);
        if (property && city_.terminals().quantity(rule.property) == nullptr) {
            mistake(
                property,
                fmt::format("observed.csv 中没有“{}”", rule.property),
                fmt::format("'{}' is not in observed.csv", rule.property)
            );
        }
        rule.thing_type = text(node["thing_type"], kCodeMax);
        rule.thing = text(node["thing"], kCodeMax);
    }

    void read_limits(const YAML::Node& node, AlarmRule& rule) {
        const auto when = need(node, "when");
        const auto word = text(when, kCodeMax);
        const auto* const found =
            std::find_if(kComparisons.begin(), kComparisons.end(), [&](const auto& row) {
                return row.first == word;
            });
        if (found != kComparisons.end()) {
            rule.when = found->second;
        } else if (when) {
            mistake(
                when,
                "应为 above、at_least、below 或 at_most",
                "this must be above, at_least, below or at_most"
            );
        }
        rule.limit = number(need(node, "limit"));
        rule.lasts = duration(need(node, "lasts"));
        rule.gap = duration(node["gap"]);
        rule.clear_limit = rule.limit;
        if (const auto clear = node["clear"]; clear && keys(clear, {"limit", "lasts"})) {
            if (const auto limit = clear["limit"]) {
                rule.clear_limit = number(limit);
                const bool up = rule.when == Comparison::Above || rule.when == Comparison::AtLeast;
                if (up ? rule.clear_limit > rule.limit : rule.clear_limit < rule.limit) {
                    mistake(
                        limit,
                        "解除限值应在告警限值之内",
                        "an alarm cannot clear at a value that is further out than its limit"
                    );
                }
            }
            rule.clear_lasts = duration(clear["lasts"]);
        }
        for (const auto& [name, item] : list(node["ignore"])) {
            const auto flag = quality_flag(name);
            if (flag) {
                rule.ignore |= static_cast<std::uint32_t>(*flag);
            } else {
                mistake(item, message_in(flag.error().context, "zh"), flag.error().context);
            }
        }
    }

    void read_case(const YAML::Node& node, AlarmRule& rule) {
        const auto categories = need(node, "categories");
        for (const auto& [id, item] : list(categories)) {
            if (city_.category(id) == nullptr) {
                mistake(
                    item,
                    fmt::format("没有类目“{}”", id),
                    fmt::format("there is no category '{}'", id)
                );
            }
            rule.categories.push_back(id);
        }
        if (categories && rule.categories.empty()) {
            mistake(categories, "至少一个类目", "at least one category is needed");
        }
        if (const auto source = node["source"]) {
            rule.source = text(source, kCodeMax);
        }
        if (const auto urgent = node["urgent"]) {
            const auto word = text(urgent, kCodeMax);
            rule.urgent = word == "true";
            if (word != "true" && word != "false") {
                mistake(urgent, "应为 true 或 false", "this must be true or false");
            }
        }
        const auto words = need(node, "text");
        rule.text = label(words);
        if (words && words.IsMap()) {
            check_placeholders(words["zh"], rule.text.zh);
            check_placeholders(words["en"], rule.text.en);
        }
    }

    void check_placeholders(const YAML::Node& node, std::string_view words) {
        for (auto open = words.find('{'); open != std::string_view::npos;
             open = words.find('{', open + 1)) {
            const auto rest = words.substr(open);
            const bool known =
                std::any_of(kPlaceholders.begin(), kPlaceholders.end(), [&](auto word) {
                    return rest.starts_with(word);
                });
            if (!known) {
                mistake(
                    node,
                    fmt::format("未知的占位符；可用：{}", fmt::join(kPlaceholders, " ")),
                    fmt::format("unknown placeholder; there are {}", fmt::join(kPlaceholders, " "))
                );
                return;
            }
        }
    }

    void read_rule(const YAML::Node& node, std::vector<AlarmRule>& rules) {
        if (!keys(
                node,
                {"code",
                 "name",
                 "property",
                 "thing_type",
                 "thing",
                 "when",
                 "limit",
                 "lasts",
                 "gap",
                 "clear",
                 "ignore",
                 "categories",
                 "source",
                 "urgent",
                 "text"}
            )) {
            return;
        }
        AlarmRule rule;
        const auto code = need(node, "code");
        rule.code = text(code, kCodeMax);
        if (code && !is_code(rule.code)) {
            mistake(
                code,
                "代码由小写字母、数字、- 与 _ 组成",
                "a code consists of lower-case letters, digits, '-' and '_'"
            );
        }
        if (std::any_of(rules.begin(), rules.end(), [&](const AlarmRule& other) {
                return other.code == rule.code;
            })) {
            mistake(
                code,
                fmt::format("规则“{}”重复", rule.code),
                fmt::format("rule '{}' is defined twice", rule.code)
            );
        }
        rule.name = label(need(node, "name"));
        read_selector(node, rule);
        read_limits(node, rule);
        read_case(node, rule);
        rules.push_back(std::move(rule));
    }

    const city::DefinitionFile& file_;
    const city::City& city_;
    std::vector<city::Finding>& findings_;
};

}  // namespace

ParsedAlarms parse_alarms(std::span<const city::DefinitionFile> files, const city::City& city) {
    ParsedAlarms out;
    for (const auto& file : files) {
        if (file.path.ends_with("/alarms.yaml")) {
            AlarmReader(file, city, out.findings).read(out.rules);
        }
    }
    if (!out.findings.empty()) {
        out.rules.clear();
    }
    return out;
}

}  // namespace chengshu::sensing
