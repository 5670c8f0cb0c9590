#include "domain/cases/workflow_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace chengshu::cases {
namespace {

using city::Finding;

const std::set<std::string> kPhases =
    {"intake", "dispatch", "handle", "check", "suspended", "done"};
const std::set<std::string> kPosts = {
    "collector",
    "acceptor",
    "shift_leader",
    "dispatcher",
    "handler",
    "evaluator",
    "leader",
    "administrator",
    "auditor",
    "system"
};

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

class WorkflowReader {
public:
    WorkflowReader(const city::DefinitionFile& file, std::vector<Finding>& findings)
        : file_(file), findings_(findings) {}

    Workflow read() {
        Workflow out;
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
            keys(
                root,
                {"workflow",
                 "name",
                 "source",
                 "start",
                 "clocks",
                 "states",
                 "transitions",
                 "automatic"}
            );
            out.path = file_.path;
            out.name = label(root, "name");
            out.start = text(root, "start");
            each(root, "clocks", [&](const YAML::Node& node) {
                out.clocks.push_back(clock(node));
            });
            each(root, "states", [&](const YAML::Node& node) {
                out.states.push_back(state(node));
            });
            each(root, "transitions", [&](const YAML::Node& node) {
                out.transitions.push_back(transition(node));
            });
            each(root, "automatic", [&](const YAML::Node& node) {
                out.automatic.push_back(automatic(node));
            });
            out.code = text(root, "workflow");
            validate(out, root);
        } catch (const YAML::Exception& error) {
            mistake(
                error.mark,
                fmt::format("结构不符：{}", error.msg),
                fmt::format("wrong structure: {}", error.msg)
            );
            out.code.clear();
        }
        return out;
    }

private:
    void mistake(const YAML::Mark& mark, std::string zh, std::string en, Label hint = {}) {
        const bool known = !mark.is_null();
        findings_.push_back(
            {true,
             file_.path,
             known ? mark.line + 1 : 0,
             known ? mark.column + 1 : 0,
             {std::move(zh), std::move(en)},
             std::move(hint)}
        );
    }

    void keys(const YAML::Node& node, const std::set<std::string>& known) {
        if (!node.IsMap()) {
            mistake(node.Mark(), "此处应为映射", "a mapping is expected here");
            return;
        }
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
            }
        }
    }

    std::string text(const YAML::Node& node, const char* key, bool required = true) {
        const auto value = node[key];
        if (!value) {
            if (required) {
                mistake(
                    node.Mark(), fmt::format("缺少 {}", key), fmt::format("{} is missing", key)
                );
            }
            return {};
        }
        return value.as<std::string>();
    }

    Label label(const YAML::Node& node, const char* key) {
        const auto value = node[key];
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

    template <class F>
    void each(const YAML::Node& node, const char* key, F&& f) {
        if (const auto list = node[key]) {
            for (const auto& item : list) {
                f(item);
            }
        }
    }

    std::vector<std::string> texts(const YAML::Node& node, const char* key) {
        std::vector<std::string> out;
        const auto value = node[key];
        if (value && value.IsScalar()) {
            out.push_back(value.as<std::string>());
        } else if (value) {
            for (const auto& item : value) {
                out.push_back(item.as<std::string>());
            }
        }
        return out;
    }

    ClockDefinition clock(const YAML::Node& node) {
        keys(node, {"code", "name", "limit", "remind"});
        ClockDefinition out;
        out.code = text(node, "code");
        out.name = label(node, "name");
        const auto limit = node["limit"];
        if (limit && limit.IsSequence()) {
            out.chain = texts(node, "limit");
        } else if (limit && limit.as<std::string>() == "standard") {
            out.from_standard = true;
        } else if (limit) {
            out.limit = fixed_limit(limit);
        }
        if (const auto remind = node["remind"]) {
            out.remind = remind.as<double>();
            if (out.remind <= 0 || out.remind >= 1) {
                mistake(remind.Mark(), "remind 应在 0 与 1 之间", "remind lies between 0 and 1");
            }
        }
        return out;
    }

    std::optional<city::TimeLimit> fixed_limit(const YAML::Node& node) {
        const auto written = node.as<std::string>();
        const auto space = written.find(' ');
        double value = 0;
        const auto [end, error] = std::from_chars(
            written.data(), written.data() + std::min(space, written.size()), value
        );
        const auto unit =
            city::parse_time_unit(space == std::string::npos ? "" : written.substr(space + 1));
        if (error != std::errc{} || !unit || value <= 0) {
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
        keys(node, {"code", "name", "phase", "queue"});
        StateDefinition out{
            text(node, "code"), label(node, "name"), text(node, "phase"), text(node, "queue", false)
        };
        if (!kPhases.contains(out.phase)) {
            mistake(
                node.Mark(),
                fmt::format("阶段 {} 不存在", out.phase),
                fmt::format("phase {} does not exist", out.phase),
                {fmt::format("可用：{}", fmt::join(kPhases, ", ")),
                 fmt::format("one of: {}", fmt::join(kPhases, ", "))}
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
                {fmt::format("可用：{}", fmt::join(kPosts, ", ")),
                 fmt::format("one of: {}", fmt::join(kPosts, ", "))}
            );
        }
    }

    std::vector<Condition> conditions(const YAML::Node& node, const char* key) {
        std::vector<Condition> out;
        each(node, key, [&](const YAML::Node& item) {
            auto parsed = parse_condition(item.as<std::string>());
            if (parsed) {
                out.push_back(std::move(*parsed));
            } else {
                mistake(
                    item.Mark(),
                    fmt::format("条件有误：{}", parsed.error().context),
                    parsed.error().context
                );
            }
        });
        return out;
    }

    Transition transition(const YAML::Node& node) {
        keys(node, {"do", "name", "from", "to", "by", "needs", "if", "then"});
        Transition out;
        out.code = text(node, "do");
        out.name = label(node, "name");
        out.from = texts(node, "from");
        out.to = text(node, "to");
        out.by = texts(node, "by");
        for (const auto& post : out.by) {
            check_post(node["by"], post);
        }
        each(node, "needs", [&](const YAML::Node& item) { out.needs.push_back(need(item)); });
        out.guards = conditions(node, "if");
        each(node, "then", [&](const YAML::Node& item) { effect(item, out.effects); });
        return out;
    }

    Need need(const YAML::Node& node) {
        if (node.IsMap()) {
            Need out;
            const auto item = *node.begin();
            out.name = item.first.as<std::string>();
            for (const auto& answer : item.second) {
                out.one_of.push_back(answer.as<std::string>());
            }
            return out;
        }
        auto name = node.as<std::string>();
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

    void effect(const YAML::Node& node, std::vector<Effect>& out) {
        const auto written = node.as<std::string>();
        if (const auto whole = kEffects.find(written);
            whole != kEffects.end() && !whole->second.has_name) {
            out.push_back({whole->second.kind, {}});
            return;
        }
        const auto space = written.find(' ');
        const auto found = kEffects.find(written.substr(0, space));
        if (space == std::string::npos || found == kEffects.end() || !found->second.has_name) {
            std::vector<std::string> forms;
            for (const auto& [word, info] : kEffects) {
                forms.push_back(info.has_name ? word + " …" : word);
            }
            mistake(
                node.Mark(),
                fmt::format("未知的动作 {}", written),
                fmt::format("unknown effect \"{}\"", written),
                {fmt::format("可用：{}", fmt::join(forms, ", ")),
                 fmt::format("one of: {}", fmt::join(forms, ", "))}
            );
            return;
        }
        out.push_back({found->second.kind, written.substr(space + 1)});
    }

    AutomaticStep automatic(const YAML::Node& node) {
        keys(node, {"in", "if", "do", "because", "confidence"});
        AutomaticStep out;
        out.in = texts(node, "in");
        out.when = conditions(node, "if");
        out.action = text(node, "do");
        out.because = label(node, "because");
        if (const auto confidence = node["confidence"]) {
            out.confidence = confidence.as<double>();
        }
        return out;
    }

    void validate(const Workflow& flow, const YAML::Node& root) {
        for (std::size_t i = 0; i < flow.transitions.size(); ++i) {
            validate_transition(flow, flow.transitions[i], root["transitions"][i]);
        }
        for (std::size_t i = 0; i < flow.automatic.size(); ++i) {
            validate_automatic(flow, flow.automatic[i], root["automatic"][i]);
        }
        for (const auto& clock : flow.clocks) {
            for (const auto& link : clock.chain) {
                if (flow.clock(link) == nullptr || !flow.clock(link)->chain.empty()) {
                    mistake(
                        root["clocks"].Mark(),
                        fmt::format("时钟 {} 引用的 {} 不可用", clock.code, link),
                        fmt::format(
                            "clock {} chains {}, which is not a simple clock here", clock.code, link
                        )
                    );
                }
            }
        }
        if (flow.state(flow.start) == nullptr) {
            mistake(
                root["start"].Mark(),
                fmt::format("起始状态 {} 未定义", flow.start),
                fmt::format("start state {} is not defined", flow.start)
            );
            return;
        }
        validate_reach(flow, root);
    }

    void validate_transition(const Workflow& flow, const Transition& item, const YAML::Node& node) {
        for (const auto& from : item.from) {
            if (from != "*" && flow.state(from) == nullptr) {
                unknown_state(node["from"], from);
            }
        }
        if (item.from.empty()) {
            mistake(
                node.Mark(),
                fmt::format("{} 没有起点", item.code),
                fmt::format("{} starts nowhere", item.code)
            );
        }
        if (item.to != "=" && item.to != "@before" && flow.state(item.to) == nullptr) {
            unknown_state(node["to"], item.to);
        }
        if (item.by.empty()) {
            mistake(
                node.Mark(),
                fmt::format("{} 没有岗位可以执行", item.code),
                fmt::format("nobody may do {}", item.code)
            );
        }
        for (const auto& effect : item.effects) {
            const bool about_clock = effect.kind == Effect::Kind::Start ||
                                     effect.kind == Effect::Kind::Extend ||
                                     effect.kind == Effect::Kind::Exempt ||
                                     (effect.kind == Effect::Kind::Stop && effect.name != "*");
            if (about_clock && flow.clock(effect.name) == nullptr) {
                mistake(
                    node["then"].Mark(),
                    fmt::format("时钟 {} 未定义", effect.name),
                    fmt::format("clock {} is not defined", effect.name)
                );
            }
        }
    }

    void
    validate_automatic(const Workflow& flow, const AutomaticStep& step, const YAML::Node& node) {
        for (const auto& state : step.in) {
            if (flow.state(state) == nullptr) {
                unknown_state(node["in"], state);
            } else if (step.action != "hand_over") {
                const auto* transition = flow.transition(step.action, state);
                if (transition == nullptr ||
                    std::find(transition->by.begin(), transition->by.end(), "system") ==
                        transition->by.end()) {
                    mistake(
                        node["do"].Mark(),
                        fmt::format("系统不能在 {} 执行 {}", state, step.action),
                        fmt::format("the system may not do {} in {}", step.action, state),
                        {"在该流转的 by 中加入 system", "add system to that transition's by"}
                    );
                }
            }
        }
    }

    void unknown_state(const YAML::Node& node, const std::string& code) {
        mistake(
            node.Mark(),
            fmt::format("状态 {} 未定义", code),
            fmt::format("state {} is not defined", code)
        );
    }

    void validate_reach(const Workflow& flow, const YAML::Node& root) {
        std::set<std::string> reached = {flow.start};
        bool grew = true;
        while (grew) {
            grew = false;
            for (const auto& item : flow.transitions) {
                const bool leaves =
                    std::any_of(reached.begin(), reached.end(), [&](const std::string& from) {
                        return flow.transition(item.code, from) != nullptr;
                    });
                grew |= leaves && flow.state(item.to) != nullptr && reached.insert(item.to).second;
            }
        }
        for (std::size_t i = 0; i < flow.states.size(); ++i) {
            const auto& state = flow.states[i];
            const auto node = root["states"][i];
            if (!reached.contains(state.code)) {
                mistake(
                    node.Mark(),
                    fmt::format("状态 {} 无法到达", state.code),
                    fmt::format("state {} cannot be reached", state.code)
                );
            }
            const bool leaves = std::any_of(
                flow.transitions.begin(),
                flow.transitions.end(),
                [&](const auto& item) {
                    return item.to != "=" && item.to != state.code &&
                           flow.transition(item.code, state.code) == &item;
                }
            );
            if (!state.done() && !leaves) {
                mistake(
                    node.Mark(),
                    fmt::format("状态 {} 没有出口", state.code),
                    fmt::format("state {} has no way out", state.code)
                );
            }
        }
    }

    const city::DefinitionFile& file_;
    std::vector<Finding>& findings_;
};

}  // namespace

Workflow read_workflow(const city::DefinitionFile& file, std::vector<Finding>& findings) {
    const auto before = findings.size();
    auto workflow = WorkflowReader(file, findings).read();
    if (findings.size() != before) {
        workflow.code.clear();
    }
    return workflow;
}

}  // namespace chengshu::cases
