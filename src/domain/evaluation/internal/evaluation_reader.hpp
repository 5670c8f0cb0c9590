#pragma once

#include "domain/cases/workflow.hpp"
#include "domain/evaluation/measures.hpp"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::evaluation {

/// What the workflows of a city can set on a case: a measure that names anything else would be 0
/// for ever without anybody noticing.
struct WorkflowNames {
    explicit WorkflowNames(const cases::WorkflowSet& workflows);

    bool any = false;
    std::set<std::string> marks;
    std::set<std::string> counters;
    std::set<std::string> clocks;
    std::set<std::string> states;
    std::set<std::string> actions;
};

/// Reads one evaluation.yaml. One use.
class EvaluationReader {
public:
    EvaluationReader(
        const city::DefinitionFile& file,
        WorkflowNames workflow,
        const city::City& city,
        std::vector<city::Finding>& findings
    )
        : file_(file), workflow_(std::move(workflow)), city_(city), findings_(findings) {}

    Evaluation read();

private:
    void read_root(const YAML::Node& root, Evaluation& out);
    Subject subject(const YAML::Node& node);
    Dimension dimension(const YAML::Node& node, const Evaluation& evaluation);
    void read_levels(const YAML::Node& node, Dimension& out);
    void find_classes(Dimension& out) const;
    Measure measure(const YAML::Node& node, std::vector<cases::Condition>& atoms);
    Test test(const YAML::Node& node, const char* key, std::vector<cases::Condition>& atoms);
    std::size_t
    atom(const YAML::Node& node, cases::Condition condition, std::vector<cases::Condition>& atoms);
    void check_names(const YAML::Node& node, const cases::Condition& condition);
    void find_twins(const YAML::Node& list, Evaluation& out);

    // Reading of nodes; each reports what is wrong and goes on.
    bool keys(const YAML::Node& node, std::initializer_list<std::string_view> allowed);
    std::string text(const YAML::Node& node, const char* key, bool required = true);
    std::string code(const YAML::Node& node, const char* key);
    Label label(const YAML::Node& node, const char* key);
    std::vector<std::string> texts(const YAML::Node& node, const char* key);
    void each(
        const YAML::Node& node,
        const char* key,
        std::size_t count_max,
        const std::function<void(const YAML::Node&)>& visit
    );
    [[nodiscard]] bool is_free_code(const std::string& written) const;

    void mistake(const YAML::Mark& mark, std::string zh, std::string en, Label hint = {});
    void unknown(const YAML::Node& node, const std::string& name, std::vector<std::string> known);
    void known(const YAML::Node& node, const std::string& name, const std::set<std::string>& names);
    void repeated(const YAML::Node& node, const std::string& name);
    static std::vector<std::string> codes_of(std::span<const Measure> measures);

    const city::DefinitionFile& file_;
    WorkflowNames workflow_;
    const city::City& city_;
    std::vector<city::Finding>& findings_;
    std::map<int, std::string> bits_;  ///< who has a bit
    std::set<std::string> measures_;
    std::set<std::string> kinds_;
    std::set<std::string> dimensions_;
};

}  // namespace chengshu::evaluation
