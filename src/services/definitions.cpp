#include "services/definitions.hpp"

#include "domain/sensing/quality.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services {
namespace {

city::Finding mistake(std::string path, std::string zh, std::string en) {
    return {true, std::move(path), 0, 0, {std::move(zh), std::move(en)}, {}};
}

void check_settings(const Definitions& definitions, std::vector<city::Finding>& findings) {
    const auto& city = *definitions.city;
    const auto path = fmt::format("cities/{}/city.yaml", city.code());
    const auto check_workflow = [&](const std::string& code) -> const cases::Workflow* {
        const auto found = definitions.workflows.find(code);
        if (found == definitions.workflows.end()) {
            findings.push_back(mistake(
                path,
                fmt::format("设置引用的流程 {} 不存在", code),
                fmt::format("the settings name workflow {}, which does not exist", code)
            ));
            return nullptr;
        }
        return &found->second;
    };
    const auto* standard = check_workflow(city.settings().default_workflow);
    for (const auto& [category, workflow] : city.settings().workflow_by_category) {
        check_workflow(workflow);
    }
    for (const auto& [department, workflow] : city.settings().workflow_by_department) {
        if (city.department(department) == nullptr) {
            findings.push_back(mistake(
                path,
                fmt::format("workflow_by_department 中的部门 {} 不存在", department),
                fmt::format(
                    "workflow_by_department names department {}, which does not exist", department
                )
            ));
        }
        const auto* shorter = check_workflow(workflow);
        if (shorter == nullptr || standard == nullptr) {
            continue;
        }
        for (const auto& transition : standard->transitions) {
            const bool assigns = std::any_of(
                transition.effects.begin(),
                transition.effects.end(),
                [](const auto& effect) {
                    return effect.kind == cases::Effect::Kind::AssignInput ||
                           effect.kind == cases::Effect::Kind::AssignOwner;
                }
            );
            if (assigns && shorter->state(transition.to) == nullptr) {
                findings.push_back(mistake(
                    path,
                    fmt::format("流程 {} 缺少派遣后的状态 {}", workflow, transition.to),
                    fmt::format(
                        "workflow {} lacks the state {} in which a dispatched case arrives",
                        workflow,
                        transition.to
                    )
                ));
            }
        }
    }
}

/// Engines of the domain do not know each other: what a flag means is sensing's.
std::uint32_t quality_flag_bit(std::string_view name) {
    const auto flag = sensing::quality_flag(name);
    return flag ? static_cast<std::uint32_t>(*flag) : 0;
}

void check_alarm_sources(const Definitions& definitions, std::vector<city::Finding>& findings) {
    for (const auto& rule : definitions.alarms) {
        if (const auto known = definitions.evaluation.check_source(rule.source); !known) {
            findings.push_back(mistake(
                "alarms.yaml",
                fmt::format("告警规则 {} 的来源 {} 不存在", rule.code, rule.source),
                fmt::format("alarm rule {}: {}", rule.code, known.error().context)
            ));
        }
    }
}

/// Cases that rules and plans open come through the same door as others.
void check_case_sources(const Definitions& definitions, std::vector<city::Finding>& findings) {
    const auto check = [&](const std::string& path, int line, const std::string& source) {
        if (const auto known = definitions.evaluation.check_source(source); !known) {
            findings.push_back(
                {true,
                 path,
                 line,
                 0,
                 {fmt::format("案件来源 {} 不存在", source), known.error().context},
                 {}}
            );
        }
    };
    for (const auto& rule : definitions.rules.all()) {
        if (rule.opens) {
            check(rule.path, rule.line, rule.opens->source);
        }
    }
    for (const auto& plan : definitions.plans.all()) {
        check(plan.path, plan.line, plan.case_source);
    }
}

}  // namespace

ParsedDefinitions
parse_definitions(std::string_view city_code, std::span<const city::CityFile> files) {
    ParsedDefinitions out;
    auto parsed = city::parse_city(city_code, files);
    out.findings = std::move(parsed.findings);
    if (!parsed.city) {
        return out;
    }
    auto definitions = std::make_shared<Definitions>();
    definitions->city = parsed.city;
    auto workflows = cases::parse_workflows(parsed.city->definitions());
    auto evaluation = evaluation::parse_evaluation(parsed.city->definitions(), *parsed.city);
    definitions->workflows = std::move(workflows.workflows);
    definitions->evaluation = std::move(evaluation.evaluation);
    auto alarms = sensing::parse_alarms(parsed.city->definitions(), *parsed.city);
    definitions->alarms = std::move(alarms.rules);
    auto retention = sensing::parse_retention(parsed.city->definitions(), *parsed.city);
    definitions->retention = std::move(retention.rules);
    auto indicators = indicators::parse_indicators(
        parsed.city->definitions(),
        *parsed.city,
        quality_flag_bit,
        evaluation::case_measures(definitions->evaluation)
    );
    definitions->indicators = std::move(indicators.catalogue);
    auto rules =
        response::parse_rules(parsed.city->definitions(), *parsed.city, definitions->indicators);
    definitions->rules = std::move(rules.book);
    auto plans =
        response::parse_plans(parsed.city->definitions(), *parsed.city, definitions->rules);
    definitions->plans = std::move(plans.book);
    for (auto* list :
         {&workflows.findings,
          &evaluation.findings,
          &alarms.findings,
          &retention.findings,
          &indicators.findings,
          &rules.findings,
          &plans.findings}) {
        out.findings.insert(out.findings.end(), list->begin(), list->end());
    }
    check_settings(*definitions, out.findings);
    check_alarm_sources(*definitions, out.findings);
    check_case_sources(*definitions, out.findings);
    const bool wrong = std::any_of(out.findings.begin(), out.findings.end(), [](const auto& item) {
        return item.error;
    });
    if (!wrong) {
        out.definitions = std::move(definitions);
    }
    return out;
}

indicators::ParsedIndicators
draft_indicators(const Definitions& definitions, std::string_view text) {
    const city::DefinitionFile draft{kDraft, std::string(text)};
    auto out = indicators::parse_indicators(
        definitions.city->definitions(),
        *definitions.city,
        quality_flag_bit,
        evaluation::case_measures(definitions.evaluation),
        &draft
    );
    std::erase_if(out.findings, [](const city::Finding& finding) {
        return !finding.error && finding.path != kDraft;  // these were there before
    });
    return out;
}

}  // namespace chengshu::services
