#include "domain/sensing/retention.hpp"

#include "domain/city/findings.hpp"
#include "domain/city/yaml_file.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace chengshu::sensing {
namespace {

using city::text;

constexpr std::size_t kRetentionRulesMax = 300;
constexpr int kDaysMax = 36'600;

bool is_rule_code(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

/// "730 d" in days.
std::optional<int> parse_days(std::string_view text) {
    int days = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, days);
    const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
    const bool good =
        read.ec == std::errc{} && days >= 1 && days <= kDaysMax && (unit == "d" || unit == " d");
    return good ? std::optional<int>(days) : std::nullopt;
}

class Reader {
public:
    Reader(city::YamlFile& yaml, const city::City& city, std::vector<RetentionRule>& rules)
        : yaml_(yaml), city_(city), rules_(rules) {}

    void read() {
        if (!yaml_.ok() || !yaml_.check_map(yaml_.root(), {"retention"})) {
            return;
        }
        if (const auto list = yaml_.need(yaml_.root(), "retention")) {
            yaml_.each(*list, kRetentionRulesMax, [this](const YAML::Node& node) {
                read_rule(node);
            });
        }
    }

private:
    std::string optional_scalar(const YAML::Node& map, std::string_view key) {
        const auto found = city::YamlFile::find(map, key);
        return found ? yaml_.scalar(*found) : std::string();
    }

    /// Nothing, and reported, for what is no number of days.
    std::optional<int> days(const YAML::Node& node) {
        const auto out = parse_days(yaml_.scalar(node));
        if (!out) {
            yaml_.error(
                node,
                {"应为天数", "this must be a number of days"},
                text("如 730 d，1 至 {} 天", "like 730 d; 1 to {} days", kDaysMax)
            );
        }
        return out;
    }

    void read_selector(const YAML::Node& node, RetentionRule& rule) {
        rule.property = optional_scalar(node, "property");
        rule.thing_type = optional_scalar(node, "thing_type");
        rule.thing = optional_scalar(node, "thing");
        rule.area = optional_scalar(node, "area");
        if (!rule.property.empty() && city_.terminals().quantity(rule.property) == nullptr) {
            yaml_.error(
                *city::YamlFile::find(node, "property"),
                text("observed.csv 中没有“{}”", "'{}' is not in observed.csv", rule.property),
                {"使用 observed.csv 的 code 列", "use the column code of observed.csv"}
            );
        }
        if (!rule.area.empty() && city_.area(rule.area) == nullptr) {
            yaml_.error(
                *city::YamlFile::find(node, "area"),
                text("没有区域“{}”", "there is no area '{}'", rule.area),
                {"使用 areas.csv 的 code 列", "use the column code of areas.csv"}
            );
        }
    }

    void read_times(const YAML::Node& node, RetentionRule& rule) {
        if (const auto raw = yaml_.need(node, "raw")) {
            rule.raw_days = days(*raw).value_or(1);
        }
        const auto hours = yaml_.need(node, "hours");
        const auto word = hours ? yaml_.scalar(*hours) : std::string();
        rule.keep_hours = word != "none";
        if (hours && word != "none" && word != "forever") {
            rule.hours_days = days(*hours);
            if (rule.hours_days && *rule.hours_days < rule.raw_days) {
                yaml_.error(
                    *hours,
                    {"小时值的保存期短于原始读数", "hours are kept shorter than readings"},
                    {"写 none、forever 或不少于 raw 的天数",
                     "none, forever, or at least as many days as raw"}
                );
            }
        }
        if (const auto from = city::YamlFile::find(node, "valid_from")) {
            rule.validity.from = yaml_.date(*from);
        }
        if (const auto to = city::YamlFile::find(node, "valid_to")) {
            rule.validity.to = yaml_.date(*to);
            if (rule.validity.to && rule.validity.from &&
                *rule.validity.to <= *rule.validity.from) {
                yaml_.error(
                    *to,
                    {"失效日期不晚于生效日期", "valid_to is not after valid_from"},
                    {"valid_to 是不再有效的第一天", "valid_to is the first day without it"}
                );
            }
        }
    }

    void read_rule(const YAML::Node& node) {
        if (!yaml_.check_map(
                node,
                {"code",
                 "name",
                 "property",
                 "thing_type",
                 "thing",
                 "area",
                 "raw",
                 "hours",
                 "source",
                 "valid_from",
                 "valid_to"}
            )) {
            return;
        }
        RetentionRule rule;
        rule.code = yaml_.need_scalar(node, "code");
        const auto code = city::YamlFile::find(node, "code");
        if (code && !rule.code.empty() && !is_rule_code(rule.code)) {
            yaml_.error(
                *code,
                text("代码“{}”不可用", "'{}' cannot be a code", rule.code),
                {"由小写字母、数字、- 与 _ 组成",
                 "lower-case letters, digits, '-' and '_'; at most 64"}
            );
        }
        const auto same = [&](const RetentionRule& other) { return other.code == rule.code; };
        if (code && std::any_of(rules_.begin(), rules_.end(), same)) {
            yaml_.error(
                *code,
                text("规则“{}”重复", "rule '{}' is defined twice", rule.code),
                {"改用其他代码", "choose another code"}
            );
        }
        rule.name = yaml_.need_label(node, "name");
        rule.source = yaml_.need_scalar(node, "source");
        read_selector(node, rule);
        read_times(node, rule);
        rules_.push_back(std::move(rule));
    }

    city::YamlFile& yaml_;
    const city::City& city_;
    std::vector<RetentionRule>& rules_;
};

}  // namespace

const RetentionRule* retention_of(
    std::span<const RetentionRule> rules,
    const RetentionSubject& subject,
    const city::City& city,
    Date today
) {
    const auto fits = [](std::string_view wanted, std::string_view is) {
        return wanted.empty() || wanted == is;
    };
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const RetentionRule& rule) {
        return rule.validity.holds(today) && fits(rule.property, subject.property) &&
               fits(rule.thing_type, subject.thing_type) && fits(rule.thing, subject.thing) &&
               (rule.area.empty() ||
                (!subject.area.empty() && city.is_within(subject.area, rule.area)));
    });
    return found == rules.end() ? nullptr : &*found;
}

ParsedRetention
parse_retention(std::span<const city::DefinitionFile> files, const city::City& city) {
    ParsedRetention out;
    for (const auto& file : files) {
        if (file.path.ends_with("/retention.yaml")) {
            city::Findings findings;
            const city::CityFile content{file.path, file.content};
            city::YamlFile yaml(content, findings);
            Reader(yaml, city, out.rules).read();
            auto found = std::move(findings).sorted();
            out.findings.insert(out.findings.end(), found.begin(), found.end());
        }
    }
    if (!out.findings.empty()) {
        out.rules.clear();
    }
    return out;
}

}  // namespace chengshu::sensing
