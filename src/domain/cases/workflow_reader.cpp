#include "domain/cases/workflow_reader.hpp"

#include "base/messages.hpp"
#include "domain/cases/internal/workflow_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <set>

namespace chengshu::cases {
namespace {

using city::Finding;

constexpr std::size_t kFileBytesMax = std::size_t{256} * 1024;
constexpr std::size_t kListMax = 300;
/// Longest name of a state, clock, mark …
constexpr std::size_t kCodeMax = 64;
/// Largest number that a fixed limit may have, in whichever unit.
constexpr double kLimitMax = 100'000;

const std::set<std::string> kPhases =
    {"intake", "dispatch", "handle", "check", "suspended", "done"};
const std::set<std::string> kPosts = {
    "collector",
    "acceptor",
    "shift_leader",
    "dispatcher",
    "handler",
    "evaluator",
    "administrator",
    "leader",
    "auditor",
    "system"
};
/// Actions of entries that are not transitions (decide.hpp).
const std::set<std::string> kReserved =
    {"report", "hand_over", "overdue", "remind", "join", "adopt"};

struct EffectWord {
    Effect::Kind kind;
    bool has_name;
};

const std::map<std::string, EffectWord> kEffects = {
    {"start", {Effect::Kind::Start, true}},
    {"stop", {Effect::Kind::Stop, true}},
    {"pause clocks", {Effect::Kind::PauseClocks, false}},
    {"resume clocks", {Effect::Kind::ResumeClocks, false}},
    {"extend", {Effect::Kind::Extend, true}},
    {"exempt", {Effect::Kind::Exempt, true}},
    {"mark", {Effect::Kind::Mark, true}},
    {"unmark", {Effect::Kind::Unmark, true}},
    {"count", {Effect::Kind::Count, true}},
    {"flag", {Effect::Kind::Flag, true}},
    {"unflag", {Effect::Kind::Unflag, true}},
    {"set standard", {Effect::Kind::SetStandard, false}},
    {"assign department", {Effect::Kind::AssignInput, false}},
    {"assign owner", {Effect::Kind::AssignOwner, false}},
    {"unassign", {Effect::Kind::Unassign, false}},
    {"claim", {Effect::Kind::Claim, false}},
    {"release", {Effect::Kind::Release, false}},
    {"hold account", {Effect::Kind::HoldInput, false}},
    {"hold nearest", {Effect::Kind::HoldNearest, false}},
    {"until", {Effect::Kind::Until, false}},
    {"clear until", {Effect::Kind::ClearUntil, false}},
    {"close children", {Effect::Kind::CloseChildren, false}},
    {"reopen children", {Effect::Kind::ReopenChildren, false}},
};

bool is_code(std::string_view text) {
    return !text.empty() && text.size() <= kCodeMax && text.front() >= 'a' && text.front() <= 'z' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

Label one_of(const std::set<std::string>& words) {
    return {
        fmt::format("可用：{}", fmt::join(words, ", ")),
        fmt::format("one of: {}", fmt::join(words, ", "))
    };
}

class WorkflowReader {
public:
    WorkflowReader(const city::DefinitionFile& file, std::vector<Finding>& findings)
        : file_(file), mistakes_(file, findings), findings_(findings), before_(findings.size()) {}

    Workflow read() {
        Workflow out;
        YAML::Node root;
        if (file_.content.size() > kFileBytesMax) {
            mistake(
                YAML::Mark::null_mark(),
                fmt::format("流程文件超过 {} KiB", kFileBytesMax / 1024),
                fmt::format("a workflow file has at most {} KiB", kFileBytesMax / 1024)
            );
            return out;
        }
        try {
            root = YAML::Load(file_.content);
        } catch (const YAML::Exception& error) {
            mistake(
                error.mark,
                fmt::format("YAML 语法错误：{}", error.msg),
                fmt::format("YAML syntax: {}", error.msg)
            );
            return out;
        } catch (const std::exception& error) {
            // yaml-cpp lets a few standard exceptions through on hostile input.
            mistake(
                YAML::Mark::null_mark(),
                fmt::format("无法读取 YAML：{}", error.what()),
                fmt::format("the YAML cannot be read: {}", error.what())
            );
            return out;
        }
        // A node of the wrong kind makes yaml-cpp throw; one place turns that into a finding.
        try {
            read_parts(root, out);
            if (findings_.size() == before_) {
                check_workflow(out, root, mistakes_);
            }
        } catch (const YAML::Exception& error) {
            mistake(
                error.mark,
                fmt::format("结构不符：{}", error.msg),
                fmt::format("wrong structure: {}", error.msg)
            );
        }
        if (findings_.size() != before_) {
            out.code.clear();
        }
        return out;
    }

private:
    void read_parts(const YAML::Node& root, Workflow& out) {
        if (!keys(
                root,
                {"workflow",
                 "name",
                 "source",
                 "start",
                 "clocks",
                 "states",
                 "transitions",
                 "automatic"}
            )) {
            return;
        }
        out.path = file_.path;
        out.code = code(root, "workflow");
        out.name = label(root, "name");
        text(root, "source");
        out.start = code(root, "start");
        each(root, "clocks", [&](const YAML::Node& node) { out.clocks.push_back(clock(node)); });
        each(root, "states", [&](const YAML::Node& node) { out.states.push_back(state(node)); });
        each(root, "transitions", [&](const YAML::Node& node) {
            out.transitions.push_back(transition(node));
        });
        each(root, "automatic", [&](const YAML::Node& node) {
            out.automatic.push_back(automatic(node));
        });
    }

    void mistake(const YAML::Mark& mark, std::string zh, std::string en, Label hint = {}) {
        mistakes_.add(mark, std::move(zh), std::move(en), std::move(hint));
    }

    bool keys(const YAML::Node& node, const std::set<std::string>& known) {
        if (!node.IsMap()) {
            mistake(node.Mark(), "此处应为映射", "a mapping is expected here");
            return false;
        }
        std::set<std::string> seen;
        for (const auto& item : node) {
            const auto key = item.first.as<std::string>();
            if (!known.contains(key)) {
                mistake(
                    item.first.Mark(),
                    fmt::format("未知的键 {}", key),
                    fmt::format("unknown key {}", key),
                    {fmt::format("可用的键：{}", fmt::join(known, ", ")),
                     fmt::format("known keys: {}", fmt::join(known, ", "))}
                );
            } else if (!seen.insert(key).second) {
                mistake(
                    item.first.Mark(),
                    fmt::format("键 {} 重复", key),
                    fmt::format("key {} is repeated", key)
                );
            }
        }
        return true;
    }

    std::string scalar(const YAML::Node& node) {
        if (!node.IsScalar()) {
            mistake(node.Mark(), "此处应为文字", "a text is expected here");
            return {};
        }
        return node.Scalar();
    }

    std::string text(const YAML::Node& node, const char* key, bool required = true) {
        const auto value = node[key];
        if (!value || value.IsNull()) {
            if (required) {
                mistake(
                    node.Mark(), fmt::format("缺少 {}", key), fmt::format("{} is missing", key)
                );
            }
            return {};
        }
        return scalar(value);
    }

    /// A name that other parts refer to.
    std::string code(const YAML::Node& node, const char* key) {
        auto out = text(node, key);
        if (!out.empty()) {
            check_code(node[key], out);
        }
        return out;
    }

    void check_code(const YAML::Node& node, std::string_view name) {
        if (!is_code(name)) {
            mistake(
                node.Mark(),
                fmt::format("“{}”不能作为名称", name),
                fmt::format("\"{}\" cannot be a name", name),
                {"小写字母开头，其后为小写字母、数字、下划线",
                 "small letters, digits and _, beginning with a letter"}
            );
        }
    }

    Label label(const YAML::Node& node, const char* key) {
        const auto value = node[key];
        const bool whole = value && value.IsMap() && value["zh"] && value["zh"].IsScalar() &&
                           value["en"] && value["en"].IsScalar();
        if (!whole) {
            mistake(
                (value ? value : node).Mark(),
                fmt::format("{} 需要 zh 与 en 两种文字", key),
                fmt::format("{} needs both zh and en", key)
            );
            return {};
        }
        keys(value, {"zh", "en"});
        return {value["zh"].Scalar(), value["en"].Scalar()};
    }

    template <class F>
    void each(const YAML::Node& node, const char* key, F&& f) {
        const auto list = node[key];
        if (!list || list.IsNull()) {
            return;
        }
        if (!list.IsSequence() || list.size() > kListMax) {
            mistake(
                list.Mark(),
                fmt::format("{} 应为不超过 {} 项的列表", key, kListMax),
                fmt::format("{} is a list of at most {} items", key, kListMax)
            );
            return;
        }
        for (const auto& item : list) {
            f(item);
        }
    }

    /// A list of texts; a single text stands for a list of one.
    std::vector<std::string> texts(const YAML::Node& node, const char* key) {
        std::vector<std::string> out;
        const auto value = node[key];
        if (value && value.IsScalar()) {
            out.push_back(value.Scalar());
        } else {
            each(node, key, [&](const YAML::Node& item) { out.push_back(scalar(item)); });
        }
        return out;
    }

    ClockDefinition clock(const YAML::Node& node) {
        ClockDefinition out;
        if (!keys(node, {"code", "name", "limit", "remind"})) {
            return out;
        }
        out.code = code(node, "code");
        out.name = label(node, "name");
        const auto limit = node["limit"];
        if (limit && limit.IsSequence()) {
            out.chain = texts(node, "limit");
        } else if (limit && scalar(limit) == "standard") {
            out.from_standard = true;
        } else if (limit) {
            out.limit = fixed_limit(limit);
        }
        if (const auto remind = node["remind"]) {
            out.remind = remind.as<double>();
            if (!(out.remind > 0 && out.remind < 1)) {
                mistake(remind.Mark(), "remind 应在 0 与 1 之间", "remind lies between 0 and 1");
            }
        }
        return out;
    }

    std::optional<city::TimeLimit> fixed_limit(const YAML::Node& node) {
        const auto written = scalar(node);
        const auto space = std::min(written.find(' '), written.size());
        double value = 0;
        const auto* stop = written.data() + space;
        const auto [end, error] = std::from_chars(written.data(), stop, value);
        const auto unit = city::parse_time_unit(
            space == written.size() ? std::string_view()
                                    : std::string_view(written).substr(space + 1)
        );
        if (error != std::errc{} || end != stop || !unit || !(value > 0 && value <= kLimitMax)) {
            mistake(
                node.Mark(),
                fmt::format("时限 {} 无法识别", written),
                fmt::format("limit \"{}\" is not understood", written),
                {"写作 “0.5 urgent_hour”、standard 或时钟列表",
                 "write \"0.5 urgent_hour\", standard, or a list of clocks"}
            );
            return std::nullopt;
        }
        return city::TimeLimit{value, *unit};
    }

    StateDefinition state(const YAML::Node& node) {
        StateDefinition out;
        if (!keys(node, {"code", "name", "phase", "queue"})) {
            return out;
        }
        out = {
            code(node, "code"), label(node, "name"), text(node, "phase"), text(node, "queue", false)
        };
        if (!out.phase.empty() && !kPhases.contains(out.phase)) {
            mistake(
                node["phase"].Mark(),
                fmt::format("阶段 {} 不存在", out.phase),
                fmt::format("phase {} does not exist", out.phase),
                one_of(kPhases)
            );
        }
        if (!out.queue.empty()) {
            check_post(node["queue"], out.queue);
        }
        return out;
    }

    void check_post(const YAML::Node& node, const std::string& post) {
        if (!kPosts.contains(post)) {
            mistake(
                node.Mark(),
                fmt::format("岗位 {} 不存在", post),
                fmt::format("kind of post {} does not exist", post),
                one_of(kPosts)
            );
        }
    }

    std::vector<Condition> conditions(const YAML::Node& node, const char* key) {
        std::vector<Condition> out;
        each(node, key, [&](const YAML::Node& item) {
            auto parsed = parse_condition(scalar(item));
            if (parsed) {
                out.push_back(std::move(*parsed));
            } else {
                mistake(
                    item.Mark(),
                    fmt::format("条件有误：{}", message_in(parsed.error().context, "zh")),
                    parsed.error().context
                );
            }
        });
        return out;
    }

    Transition transition(const YAML::Node& node) {
        Transition out;
        if (!keys(node, {"do", "name", "from", "to", "by", "needs", "if", "then"})) {
            return out;
        }
        out.code = code(node, "do");
        if (kReserved.contains(out.code)) {
            mistake(
                node["do"].Mark(),
                fmt::format("{} 是系统保留的动作名", out.code),
                fmt::format("{} is the name of something that the system records itself", out.code)
            );
        }
        out.name = label(node, "name");
        out.from = texts(node, "from");
        out.to = text(node, "to");
        out.by = texts(node, "by");
        for (std::size_t i = 0; i < out.by.size(); ++i) {
            check_post(node["by"].IsSequence() ? node["by"][i] : node["by"], out.by[i]);
        }
        each(node, "needs", [&](const YAML::Node& item) { out.needs.push_back(need(item)); });
        out.guards = conditions(node, "if");
        each(node, "then", [&](const YAML::Node& item) { effect(item, out.effects); });
        return out;
    }

    /// "name", "name?" or {name: [allowed answers]}.
    Need need(const YAML::Node& node) {
        if (node.IsMap()) {
            return recorded_answer(node);
        }
        auto name = scalar(node);
        const bool optional = !name.empty() && name.back() == '?';
        if (optional) {
            name.pop_back();
        }
        if (!is_known_input(name)) {
            mistake(
                node.Mark(),
                fmt::format("未知的输入 {}", name),
                fmt::format("unknown input {}", name),
                {"记录答案请写作 {名称: [可选值]}",
                 "to record an answer write {name: [allowed values]}"}
            );
        }
        return {name, !optional, {}};
    }

    Need recorded_answer(const YAML::Node& node) {
        Need out;
        if (node.size() != 1 || !node.begin()->second.IsSequence() ||
            node.begin()->second.size() == 0) {
            mistake(
                node.Mark(),
                "记录答案应写作 {名称: [可选值]}，每项一个名称",
                "an answer to record is written {name: [allowed values]}, one name each"
            );
            return out;
        }
        const auto item = *node.begin();
        out.name = scalar(item.first);
        check_code(item.first, out.name);
        if (is_known_input(out.name)) {
            mistake(
                item.first.Mark(),
                fmt::format("{} 是输入名，不能作为答案", out.name),
                fmt::format("{} is an input, not an answer to record", out.name)
            );
        }
        for (const auto& answer : item.second) {
            out.one_of.push_back(scalar(answer));
        }
        return out;
    }

    void effect(const YAML::Node& node, std::vector<Effect>& out) {
        const auto written = scalar(node);
        const auto whole = kEffects.find(written);
        if (whole != kEffects.end() && !whole->second.has_name) {
            out.push_back({whole->second.kind, {}});
            return;
        }
        const auto space = written.find(' ');
        const auto found = kEffects.find(written.substr(0, space));
        if (space == std::string::npos || found == kEffects.end() || !found->second.has_name) {
            std::set<std::string> forms;
            for (const auto& [word, info] : kEffects) {
                forms.insert(info.has_name ? word + " …" : word);
            }
            mistake(
                node.Mark(),
                fmt::format("未知的动作 {}", written),
                fmt::format("unknown effect \"{}\"", written),
                one_of(forms)
            );
            return;
        }
        const auto name = written.substr(space + 1);
        if (found->second.kind != Effect::Kind::Stop || name != "*") {
            check_code(node, name);
        }
        out.push_back({found->second.kind, name});
    }

    AutomaticStep automatic(const YAML::Node& node) {
        AutomaticStep out;
        if (!keys(node, {"in", "if", "do", "because", "confidence"})) {
            return out;
        }
        out.in = texts(node, "in");
        out.when = conditions(node, "if");
        out.action = code(node, "do");
        out.because = label(node, "because");
        if (const auto confidence = node["confidence"]) {
            out.confidence = confidence.as<double>();
            if (!(out.confidence >= 0 && out.confidence <= 1)) {
                mistake(
                    confidence.Mark(),
                    "confidence 应在 0 与 1 之间",
                    "confidence lies between 0 and 1"
                );
            }
        }
        return out;
    }

    const city::DefinitionFile& file_;
    Mistakes mistakes_;
    std::vector<Finding>& findings_;
    std::size_t before_;
};

}  // namespace

Workflow read_workflow(const city::DefinitionFile& file, std::vector<Finding>& findings) {
    return WorkflowReader(file, findings).read();
}

std::vector<std::string> effect_words() {
    std::vector<std::string> out;
    for (const auto& [word, info] : kEffects) {
        out.push_back(info.has_name ? word + " …" : word);
    }
    return out;
}

}  // namespace chengshu::cases
