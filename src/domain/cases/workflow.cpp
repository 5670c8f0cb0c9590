#include "domain/cases/workflow.hpp"

#include "base/text.hpp"
#include "domain/cases/workflow_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace chengshu::cases {
namespace {

/// Escapes what Mermaid would read as syntax.
std::string plain(std::string text) {
    std::replace(text.begin(), text.end(), ':', ' ');
    std::replace(text.begin(), text.end(), '"', '\'');
    return text;
}

}  // namespace

const StateDefinition* Workflow::state(std::string_view wanted) const {
    const auto found = std::find_if(states.begin(), states.end(), [&](const auto& item) {
        return item.code == wanted;
    });
    return found == states.end() ? nullptr : &*found;
}

const ClockDefinition* Workflow::clock(std::string_view wanted) const {
    const auto found = std::find_if(clocks.begin(), clocks.end(), [&](const auto& item) {
        return item.code == wanted;
    });
    return found == clocks.end() ? nullptr : &*found;
}

const Transition* Workflow::transition(std::string_view wanted, std::string_view from) const {
    const auto* here = state(from);
    for (const auto& item : transitions) {
        if (item.code == wanted &&
            (contains(item.from, from) ||
             (contains(item.from, "*") && here != nullptr && !here->done()))) {
            return &item;
        }
    }
    return nullptr;
}

ParsedWorkflows parse_workflows(std::span<const city::DefinitionFile> files) {
    ParsedWorkflows out;
    for (const auto& file : files) {
        if (file.path.find("/workflows/") == std::string::npos) {
            continue;
        }
        auto workflow = read_workflow(file, out.findings);
        if (workflow.code.empty()) {
            continue;
        }
        const auto code = workflow.code;
        if (!out.workflows.emplace(code, std::move(workflow)).second) {
            out.findings.push_back(
                {true,
                 file.path,
                 1,
                 1,
                 {fmt::format("流程 {} 已在另一文件中定义", code),
                  fmt::format("workflow {} is already defined in another file", code)},
                 {"请改用不同的代码", "give it another code"}}
            );
        }
    }
    return out;
}

std::string diagram(const Workflow& workflow, std::string_view language) {
    std::string out = "stateDiagram-v2\n";
    for (const auto& state : workflow.states) {
        out += fmt::format("    state \"{}\" as {}\n", plain(state.name.of(language)), state.code);
    }
    out += fmt::format("    [*] --> {}\n", workflow.start);
    for (const auto& item : workflow.transitions) {
        if (item.to == "=") {
            continue;
        }
        const bool automatic = contains(item.by, "system");
        const auto label = plain(item.name.of(language)) + (automatic ? " ⚙" : "");
        for (const auto& state : workflow.states) {
            const bool leaves =
                contains(item.from, state.code) || (contains(item.from, "*") && !state.done());
            if (!leaves) {
                continue;
            }
            // "@before" goes back to wherever the suspension began; a self-loop says so in the
            // diagram.
            out += fmt::format(
                "    {} --> {}: {}\n",
                state.code,
                item.to == "@before" ? state.code : item.to,
                label
            );
        }
    }
    for (const auto& state : workflow.states) {
        if (state.done()) {
            out += fmt::format("    {} --> [*]\n", state.code);
        }
    }
    return out;
}

std::string usual_workflow(const city::Settings& settings, std::string_view category) {
    const std::string* best = &settings.default_workflow;
    std::size_t length = 0;
    for (const auto& [pattern, workflow] : settings.workflow_by_category) {
        if (pattern.size() >= length && matches_any(category, {pattern})) {
            best = &workflow;
            length = pattern.size();
        }
    }
    return *best;
}

}  // namespace chengshu::cases
