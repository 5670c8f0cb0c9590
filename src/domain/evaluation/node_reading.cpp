#include "base/text.hpp"
#include "domain/evaluation/internal/evaluation_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::evaluation {
namespace {

constexpr std::size_t kFindingsMax = 200;

}  // namespace

bool EvaluationReader::keys(
    const YAML::Node& node,
    std::initializer_list<std::string_view> allowed
) {
    if (!node.IsMap()) {
        mistake(node.Mark(), "此处应为映射", "a mapping is expected here");
        return false;
    }
    std::set<std::string> seen;
    for (const auto& item : node) {
        const auto key = item.first.as<std::string>();
        if (std::find(allowed.begin(), allowed.end(), key) == allowed.end()) {
            unknown(item.first, key, {allowed.begin(), allowed.end()});
        } else if (!seen.insert(key).second) {
            repeated(item.first, key);
        }
    }
    return true;
}

std::string EvaluationReader::text(const YAML::Node& node, const char* key, bool required) {
    const auto value = node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
    if (!value) {
        if (required) {
            mistake(node.Mark(), fmt::format("缺少 {}", key), fmt::format("{} is missing", key));
        }
        return {};
    }
    return value.as<std::string>();
}

std::string EvaluationReader::code(const YAML::Node& node, const char* key) {
    auto written = text(node, key);
    if (!written.empty() && !is_free_code(written)) {
        mistake(
            node[key].Mark(),
            fmt::format("{} 不能作为代码", written),
            fmt::format("{} cannot be a code", written),
            {"小写字母、数字与下划线，且不与函数同名",
             "lower-case letters, digits and underscores, and not the name of a function"}
        );
    }
    return written;
}

Label EvaluationReader::label(const YAML::Node& node, const char* key) {
    const auto value = node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
    if (!value || !value.IsMap() || !value["zh"] || !value["en"]) {
        mistake(
            (value ? value : node).Mark(),
            fmt::format("{} 需要 zh 与 en 两种文字", key),
            fmt::format("{} needs both zh and en", key)
        );
        return {};
    }
    return {value["zh"].as<std::string>(), value["en"].as<std::string>()};
}

std::vector<std::string> EvaluationReader::texts(const YAML::Node& node, const char* key) {
    std::vector<std::string> out;
    const auto value = node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
    if (value && !value.IsSequence()) {
        mistake(value.Mark(), fmt::format("{} 应为列表", key), fmt::format("{} is a list", key));
        return out;
    }
    if (value) {
        for (const auto& item : value) {
            out.push_back(item.as<std::string>());
        }
    }
    return out;
}

void EvaluationReader::each(
    const YAML::Node& node,
    const char* key,
    std::size_t count_max,
    const std::function<void(const YAML::Node&)>& visit
) {
    const auto list = node[key];
    if (!list || !list.IsSequence() || list.size() > count_max) {
        mistake(
            (list ? list : node).Mark(),
            fmt::format("{} 应为列表，最多 {} 项", key, count_max),
            fmt::format("{} is a list of at most {} entries", key, count_max)
        );
        return;
    }
    for (const auto& item : list) {
        visit(item);
    }
}

void EvaluationReader::mistake(const YAML::Mark& mark, std::string zh, std::string en, Label hint) {
    if (findings_.size() >= kFindingsMax) {
        return;
    }
    const bool placed = !mark.is_null();
    findings_.push_back(
        {true,
         file_.path,
         placed ? mark.line + 1 : 0,
         placed ? mark.column + 1 : 0,
         {std::move(zh), std::move(en)},
         std::move(hint)}
    );
}

void EvaluationReader::unknown(
    const YAML::Node& node,
    const std::string& name,
    std::vector<std::string> known
) {
    const auto nearest = nearest_name(name, known);
    Label hint;
    if (!nearest.empty()) {
        hint = {fmt::format("是否为 {}？", nearest), fmt::format("did you mean {}?", nearest)};
    } else {
        hint = {
            fmt::format("可用：{}", fmt::join(known, ", ")),
            fmt::format("known: {}", fmt::join(known, ", "))
        };
    }
    mistake(
        node.IsDefined() ? node.Mark() : YAML::Mark::null_mark(),
        fmt::format("未知的 {}", name),
        fmt::format("unknown: {}", name),
        std::move(hint)
    );
}

void EvaluationReader::known(
    const YAML::Node& node,
    const std::string& name,
    const std::set<std::string>& names
) {
    if (workflow_.any && !names.contains(name)) {
        unknown(node, name, {names.begin(), names.end()});
    }
}

void EvaluationReader::repeated(const YAML::Node& node, const std::string& name) {
    mistake(node.Mark(), fmt::format("{} 重复", name), fmt::format("{} occurs twice", name));
}

std::vector<std::string> EvaluationReader::codes_of(std::span<const Measure> measures) {
    std::vector<std::string> out;
    for (const auto& item : measures) {
        out.push_back(item.code);
    }
    return out;
}

}  // namespace chengshu::evaluation
