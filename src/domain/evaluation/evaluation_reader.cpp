#include "domain/evaluation/internal/evaluation_reader.hpp"

#include "base/text.hpp"
#include "domain/cases/workflow.hpp"
#include "domain/evaluation/measures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::evaluation {

namespace {

constexpr std::string_view kFileName = "/evaluation.yaml";
constexpr std::size_t kSubjectsMax = 16;
/// Each adds a cell for every level to every change of a case.
constexpr std::size_t kDimensionsMax = 8;

bool is_code(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' &&
           std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

ParsedEvaluation
parse_evaluation(std::span<const city::DefinitionFile> files, const city::City& city) {
    ParsedEvaluation out;
    const city::DefinitionFile* only = nullptr;
    for (const auto& file : files) {
        if (!file.path.ends_with(kFileName)) {
            continue;
        }
        if (only != nullptr) {
            out.findings.push_back(
                {true,
                 file.path,
                 0,
                 0,
                 {fmt::format("已有评价定义 {}", only->path),
                  fmt::format("{} already defines the evaluation", only->path)},
                 {"在城市文件夹中放一份合并后的 evaluation.yaml",
                  "put one merged evaluation.yaml into the city's own folder"}}
            );
            return out;
        }
        only = &file;
    }
    if (only == nullptr) {
        out.findings.push_back(
            {false,
             "evaluation.yaml",
             0,
             0,
             {"没有评价定义，统计与评分为空",
              "no evaluation is defined: nothing is counted or scored"},
             {"选用带有 evaluation.yaml 的场景", "use a scenario that has an evaluation.yaml"}}
        );
        return out;
    }
    const auto workflows = cases::parse_workflows(files);
    EvaluationReader reader(*only, WorkflowNames(workflows.workflows), city, out.findings);
    auto evaluation = reader.read();
    const bool wrong = std::any_of(out.findings.begin(), out.findings.end(), [](const auto& item) {
        return item.error;
    });
    if (!wrong) {
        out.evaluation = std::move(evaluation);
    }
    return out;
}

WorkflowNames::WorkflowNames(const cases::WorkflowSet& workflows) : any(!workflows.empty()) {
    counters.insert("reports");
    for (const auto& [code, workflow] : workflows) {
        for (const auto& clock : workflow.clocks) {
            clocks.insert(clock.code);
        }
        for (const auto& state : workflow.states) {
            states.insert(state.code);
        }
        for (const auto& transition : workflow.transitions) {
            actions.insert(transition.code);
            for (const auto& effect : transition.effects) {
                if (effect.kind == cases::Effect::Kind::Mark) {
                    marks.insert(effect.name);
                } else if (effect.kind == cases::Effect::Kind::Count) {
                    counters.insert(effect.name);
                }
            }
        }
    }
}

Evaluation EvaluationReader::read() {
    Evaluation out;
    YAML::Node root;
    try {
        root = YAML::Load(file_.content);
    } catch (const YAML::Exception& error) {
        mistake(
            error.mark,
            fmt::format("YAML 语法错误：{}", error.msg),
            fmt::format("YAML syntax: {}", error.msg)
        );
        return out;
    }
    // A node of the wrong kind makes yaml-cpp throw; one place turns that into a finding.
    try {
        read_root(root, out);
    } catch (const YAML::Exception& error) {
        mistake(
            error.mark,
            fmt::format("结构不符：{}", error.msg),
            fmt::format("wrong structure: {}", error.msg)
        );
    }
    return out;
}

void EvaluationReader::read_root(const YAML::Node& root, Evaluation& out) {
    if (!keys(
            root,
            {"evaluation",
             "name",
             "source",
             "sources",
             "subjects",
             "dimensions",
             "retired",
             "measures",
             "funnel"}
        )) {
        return;
    }
    out.path = file_.path;
    out.code = text(root, "evaluation");
    out.name = label(root, "name");
    out.source = text(root, "source");
    if (const auto retired = root["retired"]) {
        for (const auto& item : retired) {
            bits_[item.as<int>()] = "retired";
        }
    }
    if (root["sources"]) {
        each(root, "sources", kSubjectsMax, [&](const YAML::Node& node) {
            if (keys(node, {"code", "name"})) {
                out.sources.push_back({text(node, "code"), label(node, "name")});
            }
        });
    }
    each(root, "subjects", kSubjectsMax, [&](const YAML::Node& node) {
        out.subjects.push_back(subject(node));
    });
    if (root["dimensions"]) {
        each(root, "dimensions", kDimensionsMax, [&](const YAML::Node& node) {
            out.dimensions.push_back(dimension(node, out));
        });
    }
    each(root, "measures", kMeasuresMax, [&](const YAML::Node& node) {
        out.measures.push_back(measure(node, out.atoms));
    });
    find_twins(root["measures"], out);
    for (const auto& item : out.measures) {
        out.day_masks[static_cast<std::size_t>(item.day)] |= std::int64_t{1} << item.bit;
    }
    each(root, "funnel", kMeasuresMax, [&](const YAML::Node& node) {
        out.funnel.push_back(node.as<std::string>());
        const auto* found = out.measure(out.funnel.back());
        if (found == nullptr) {
            unknown(node, out.funnel.back(), codes_of(out.measures));
        } else if (found->day != CountDay::Reported) {
            mistake(
                node.Mark(),
                fmt::format("{} 不按上报日计数", found->code),
                fmt::format("{} does not count on the day of the report", found->code),
                {"漏斗跟踪同一天上报的案件，全部用 day: reported",
                 "a funnel follows the reports of one day: use measures with day: reported"}
            );
        }
    });
}

Subject EvaluationReader::subject(const YAML::Node& node) {
    Subject out;
    keys(node, {"kind", "name", "of", "actions"});
    out.kind = code(node, "kind");
    out.name = label(node, "name");
    if (!kinds_.insert(out.kind).second) {
        repeated(node["kind"], out.kind);
    }
    static const std::map<std::string, Subject::From> kFrom = {
        {"path", Subject::From::Path},
        {"department", Subject::From::Department},
        {"source", Subject::From::Source},
        {"collector", Subject::From::Collector},
        {"done_by", Subject::From::DoneBy},
    };
    const auto of = text(node, "of");
    const auto found = kFrom.find(of);
    if (found == kFrom.end()) {
        unknown(node["of"], of, {"path", "department", "source", "collector", "done_by"});
        return out;
    }
    out.from = found->second;
    out.actions = texts(node, "actions");
    if ((out.from == Subject::From::DoneBy) == out.actions.empty()) {
        mistake(
            node.Mark(),
            "actions 只用于 of: done_by，且不能为空",
            "actions belong to of: done_by, which needs them"
        );
    }
    for (const auto& action : out.actions) {
        known(node["actions"], action, workflow_.actions);
    }
    return out;
}

Dimension EvaluationReader::dimension(const YAML::Node& node, const Evaluation& evaluation) {
    Dimension out;
    keys(node, {"code", "name", "of", "levels"});
    out.code = code(node, "code");
    out.name = label(node, "name");
    out.kind = indicators::member_kind(out.code);
    if (!dimensions_.insert(out.code).second) {
        repeated(node["code"], out.code);
    }
    const auto* areas = evaluation.subject("area");
    if (areas == nullptr || areas->from != Subject::From::Path) {
        mistake(
            node.Mark(),
            "维度用于区域，而 subjects 中没有区域",
            "a dimension tells the cases of areas apart, and no areas are among the subjects",
            {"在 subjects 中加入 {kind: area, of: path}",
             "add {kind: area, of: path} to the subjects"}
        );
    }
    const auto of = text(node, "of");
    if (of == "class") {
        out.from = Dimension::From::Class;
        find_classes(out);
    } else if (of == "source") {
        for (const auto& source : evaluation.sources) {
            out.members.push_back({source.code, source.name});
        }
        if (out.members.empty()) {
            mistake(
                node["of"].Mark(),
                "没有列出来源",
                "no sources are listed",
                {"在 sources 中列出案件来源", "list where reports come from under sources"}
            );
        }
    } else {
        unknown(node["of"], of, {"class", "source"});
    }
    read_levels(node, out);
    return out;
}

void EvaluationReader::read_levels(const YAML::Node& node, Dimension& out) {
    std::vector<std::string> known;
    for (const auto& level : city_.levels()) {
        known.push_back(level.code);
    }
    each(node, "levels", known.size(), [&](const YAML::Node& item) {
        auto level = item.as<std::string>();
        if (std::find(known.begin(), known.end(), level) == known.end()) {
            unknown(item, level, known);
        } else if (std::find(out.levels.begin(), out.levels.end(), level) != out.levels.end()) {
            repeated(item, level);
        }
        out.levels.push_back(std::move(level));
    });
    if (out.levels.empty()) {
        mistake(
            node.Mark(),
            "levels 中没有层级",
            "levels names none",
            {fmt::format("可用：{}", fmt::join(known, ", ")),
             fmt::format("known: {}", fmt::join(known, ", "))}
        );
    }
    for (const auto& area : city_.areas()) {
        if (std::find(out.levels.begin(), out.levels.end(), area.level) != out.levels.end()) {
            out.areas.insert(area.code);
        }
    }
}

void EvaluationReader::find_classes(Dimension& out) const {
    for (const auto& category : city_.categories()) {
        if (category.parent.empty()) {
            out.members.push_back({category.id, category.name});
            continue;
        }
        const auto* above = &category;
        while (!above->parent.empty()) {  // the city has checked that parents exist and end
            above =
                city_.category(fmt::format("{}/{}/{}", above->code_set, above->kind, above->parent)
                );
        }
        out.classes.emplace(category.id, above->id);
    }
    out.members.push_back({kNoClass, {"未分类", "Not classified"}});
}

Measure EvaluationReader::measure(const YAML::Node& node, std::vector<cases::Condition>& atoms) {
    Measure out;
    keys(node, {"code", "name", "bit", "day", "count_if", "unless", "sum", "minus", "raw"});
    out.code = code(node, "code");
    out.name = label(node, "name");
    if (!measures_.insert(out.code).second) {
        repeated(node["code"], out.code);
    }
    out.bit = text(node, "bit").empty() ? 0 : node["bit"].as<int>();
    if (out.bit < 0 || out.bit >= kMeasuresMax) {
        mistake(
            node["bit"].Mark(),
            fmt::format("bit 应在 0 与 {} 之间", kMeasuresMax - 1),
            fmt::format("bit lies between 0 and {}", kMeasuresMax - 1)
        );
        out.bit = 0;
    } else if (const auto [taken, fresh] = bits_.emplace(out.bit, out.code); !fresh) {
        mistake(
            node["bit"].Mark(),
            fmt::format("bit {} 已用于 {}", out.bit, taken->second),
            fmt::format("bit {} belongs to {}", out.bit, taken->second),
            {"已存数据按 bit 解释，不能换给别的基础量",
             "stored data is read by bit: it is never given to another measure"}
        );
    }
    const auto day = text(node, "day");
    const std::vector<std::string> days{"reported", "filed", "closed"};  // as CountDay
    const auto found = std::find(days.begin(), days.end(), day);
    if (found == days.end()) {
        unknown(node["day"], day, days);
    } else {
        out.day = static_cast<CountDay>(found - days.begin());
    }
    out.sum = text(node, "sum", false);
    if (!out.sum.empty()) {
        known(node["sum"], out.sum, workflow_.counters);
    }
    if (const auto minus = node["minus"]) {
        out.minus = minus.as<int>();
        if (out.sum.empty() || out.minus < 0) {
            mistake(
                minus.Mark(),
                "minus 只用于 sum，且不为负",
                "minus goes with sum and is not negative"
            );
        }
    }
    out.count_if = texts(node, "count_if");
    out.unless = texts(node, "unless");
    out.counted = test(node, "count_if", atoms);
    out.excluded = test(node, "unless", atoms);
    out.has_exclusion = !out.unless.empty();
    out.raw_bit = out.bit;
    out.line = node.Mark().line + 1;
    return out;
}

Test EvaluationReader::test(
    const YAML::Node& node,
    const char* key,
    std::vector<cases::Condition>& atoms
) {
    Test out;
    for (const auto& item : node[key]) {
        const auto written = item.as<std::string>();
        auto parsed = cases::parse_condition(written);
        if (!parsed) {
            mistake(
                item.Mark(),
                fmt::format("条件 “{}” 无法识别", written),
                parsed.error().context,
                {"见 docs/workflow-language.md", "see docs/workflow-language.md"}
            );
            continue;
        }
        auto condition = std::move(parsed).value();
        if (condition.needs_surroundings()) {
            mistake(
                item.Mark(),
                fmt::format("“{}” 依赖案件以外的信息", written),
                fmt::format("\"{}\" looks beyond the case", written),
                {"基础量只看案件本身，否则无法由案件重新计算",
                 "a measure sees the case alone, so that it can be recomputed from it"}
            );
            continue;
        }
        check_names(item, condition);
        const bool negated = condition.negated;
        (negated ? out.unwanted : out.wanted).set(atom(item, std::move(condition), atoms));
    }
    return out;
}

std::size_t EvaluationReader::atom(
    const YAML::Node& node,
    cases::Condition condition,
    std::vector<cases::Condition>& atoms
) {
    condition.negated = false;
    const auto found = std::find_if(atoms.begin(), atoms.end(), [&](const auto& item) {
        return item.kind == condition.kind && item.name == condition.name &&
               item.what == condition.what && item.values == condition.values &&
               item.number == condition.number;
    });
    if (found != atoms.end()) {
        return static_cast<std::size_t>(found - atoms.begin());
    }
    if (atoms.size() >= kAtomsMax) {
        mistake(
            node.Mark(),
            fmt::format("不同的条件超过 {} 个", kAtomsMax),
            fmt::format("more than {} different conditions", kAtomsMax)
        );
        return 0;
    }
    atoms.push_back(std::move(condition));
    return atoms.size() - 1;
}

void EvaluationReader::check_names(const YAML::Node& node, const cases::Condition& condition) {
    using Kind = cases::Condition::Kind;
    switch (condition.kind) {
        case Kind::Mark:
            known(node, condition.name, workflow_.marks);
            break;
        case Kind::Clock:
            known(node, condition.name, workflow_.clocks);
            break;
        case Kind::Count:
            known(node, condition.name, workflow_.counters);
            break;
        case Kind::State:
            for (const auto& state : condition.values) {
                if (state.empty() || state.back() != '*') {
                    known(node, state, workflow_.states);
                }
            }
            break;
        default:
            break;
    }
}

void EvaluationReader::find_twins(const YAML::Node& list, Evaluation& out) {
    for (std::size_t i = 0; i < out.measures.size(); ++i) {
        const auto node = list[i];
        const auto twin = text(node, "raw", false);
        if (twin.empty()) {
            continue;
        }
        const auto* found = out.measure(twin);
        if (found == nullptr) {
            unknown(node["raw"], twin, codes_of(out.measures));
        } else if (found->day != out.measures[i].day) {
            mistake(
                node["raw"].Mark(),
                fmt::format("{} 与 {} 的计数日不同", twin, out.measures[i].code),
                fmt::format("{} and {} count on different days", twin, out.measures[i].code)
            );
        } else {
            out.measures[i].raw_bit = found->bit;
        }
    }
}

bool EvaluationReader::is_free_code(const std::string& written) const {
    return is_code(written) && !indicators::is_reserved(written);
}

}  // namespace chengshu::evaluation
