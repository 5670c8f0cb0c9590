#include "base/text.hpp"
#include "domain/evaluation/internal/evaluation_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::evaluation {
namespace {

constexpr std::size_t kFindingsMax = 200;
constexpr std::size_t kTermsMax = 32;

/// True when some day belongs to both.
bool overlap(const city::Validity& left, const city::Validity& right) {
    const auto before = [](const std::optional<Date>& end, const std::optional<Date>& begin) {
        return end && begin && *end <= *begin;
    };
    return !before(left.to, right.from) && !before(right.to, left.from);
}

}  // namespace

Formula EvaluationReader::formula(const YAML::Node& node, const Evaluation& evaluation) {
    Formula out;
    keys(
        node,
        {"code",
         "name",
         "subjects",
         "unit",
         "graded",
         "valid_from",
         "valid_to",
         "source",
         "note",
         "terms",
         "expression",
         "raw"}
    );
    out.code = code(node, "code");
    out.name = label(node, "name");
    out.source = text(node, "source");
    out.validity = validity(node);
    out.unit = text(node, "unit");
    if (out.unit != "points" && out.unit != "percent") {
        unknown(node["unit"], out.unit, {"points", "percent"});
    }
    if (const auto graded = node["graded"]) {
        out.graded = graded.as<bool>();
    }
    if (node["note"]) {
        out.note = label(node, "note");
    }
    out.subjects = texts(node, "subjects");
    if (out.subjects.empty()) {
        mistake(node.Mark(), "缺少 subjects", "subjects is missing");
    }
    for (const auto& kind : out.subjects) {
        if (evaluation.subject(kind) == nullptr) {
            unknown(node["subjects"], kind, {kinds_.begin(), kinds_.end()});
        }
    }
    Names names = names_;
    Names raw_names = raw_names_;
    read_terms(node["terms"], out, names, raw_names);
    if (text(node, "expression").empty()) {
        return out;
    }
    out.expression = expression(node["expression"], names);
    const auto own_raw = node["raw"];
    if (own_raw) {
        out.raw = expression(own_raw, raw_names);
    } else {
        ExpressionMistake ignored;  // the same text has just been reported
        out.raw =
            Expression::parse(out.expression.text(), raw_names, ignored).value_or(Expression());
    }
    const auto use = [&](const Expression& expression) {
        const auto bits = expression.measures();
        out.measures.insert(out.measures.end(), bits.begin(), bits.end());
    };
    use(out.expression);
    std::for_each(out.terms.begin(), out.terms.end(), [&](const Term& item) {
        use(item.expression);
    });
    std::sort(out.measures.begin(), out.measures.end());
    out.measures.erase(std::unique(out.measures.begin(), out.measures.end()), out.measures.end());
    return out;
}

void EvaluationReader::read_terms(
    const YAML::Node& node,
    Formula& out,
    Names& names,
    Names& raw_names
) {
    if (!node) {
        return;
    }
    if (!node.IsMap() || node.size() > kTermsMax) {
        mistake(
            node.Mark(),
            fmt::format("terms 应为映射，最多 {} 项", kTermsMax),
            fmt::format("terms is a mapping of at most {} entries", kTermsMax)
        );
        return;
    }
    for (const auto& item : node) {
        out.terms.push_back(term(item.first, item.second, names, raw_names));
        const auto& written = out.terms.back().code;
        const Name name{Name::Kind::Term, static_cast<int>(out.terms.size()) - 1};
        if (!names.emplace(written, name).second) {
            repeated(item.first, written);
        }
        raw_names.emplace(written, name);
    }
}

Term EvaluationReader::term(
    const YAML::Node& key,
    const YAML::Node& value,
    const Names& names,
    const Names& raw
) {
    Term out;
    out.code = key.as<std::string>();
    if (!is_free_code(out.code)) {
        mistake(
            key.Mark(),
            fmt::format("{} 不能作为名称", out.code),
            fmt::format("{} cannot be a name", out.code),
            {"小写字母、数字与下划线", "lower-case letters, digits and underscores"}
        );
    }
    keys(value, {"name", "is"});
    out.name = label(value, "name");
    if (text(value, "is").empty()) {
        return out;
    }
    out.expression = expression(value["is"], names);
    ExpressionMistake ignored;  // the same text has just been reported
    out.raw = Expression::parse(out.expression.text(), raw, ignored).value_or(Expression());
    return out;
}

Expression EvaluationReader::expression(const YAML::Node& node, const Names& names) {
    ExpressionMistake wrong;
    auto parsed = Expression::parse(node.as<std::string>(), names, wrong);
    if (!parsed) {
        expression_mistake(node, wrong);
    }
    return std::move(parsed).value_or(Expression());
}

void EvaluationReader::expression_mistake(const YAML::Node& node, const ExpressionMistake& wrong) {
    const auto written = node.as<std::string>();
    auto mark = node.Mark();
    const auto start = static_cast<std::size_t>(std::max(0, mark.pos));
    const auto quoted = file_.content.substr(std::min(start, file_.content.size()), 1);
    // Only where the text stands in the file as it is can a column inside it be given.
    const bool quote = quoted == "\"" || quoted == "'";
    const auto begin = start + (quote ? 1 : 0);
    if (file_.content.compare(std::min(begin, file_.content.size()), written.size(), written) ==
        0) {
        mark.column += (quote ? 1 : 0) + static_cast<int>(wrong.offset);
    }
    const auto pointer = indicators::point_at(written, wrong);
    mistake(
        mark,
        fmt::format("{}\n{}", wrong.message.zh, pointer),
        fmt::format("{}\n{}", wrong.message.en, pointer),
        wrong.hint
    );
}

void EvaluationReader::check_overlaps(const YAML::Node& list, const Evaluation& evaluation) {
    const auto& all = evaluation.formulas;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (all[i].code == all[j].code && overlap(all[i].validity, all[j].validity)) {
                mistake(
                    list[i].Mark(),
                    fmt::format("公式 {} 的有效期重叠", all[i].code),
                    fmt::format("formula {} is valid twice on some days", all[i].code),
                    {"给旧公式填写 valid_to", "give the older one a valid_to"}
                );
            }
        }
    }
}

city::Validity EvaluationReader::validity(const YAML::Node& node) {
    city::Validity out{date(node, "valid_from"), date(node, "valid_to")};
    if (out.from && out.to && *out.from >= *out.to) {
        mistake(
            node["valid_to"].Mark(), "valid_to 应晚于 valid_from", "valid_to lies after valid_from"
        );
    }
    return out;
}

std::optional<Date> EvaluationReader::date(const YAML::Node& node, const char* key) {
    const auto written = text(node, key, false);
    if (written.empty()) {
        return std::nullopt;
    }
    const auto parsed = parse_date(written);
    if (!parsed) {
        mistake(
            node[key].Mark(),
            fmt::format("{} 不是日期", written),
            fmt::format("{} is not a date", written),
            {"写作 2026-07-01", "write 2026-07-01"}
        );
        return std::nullopt;
    }
    return *parsed;
}

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
