#pragma once

#include "base/result.hpp"
#include "domain/cases/workflow.hpp"
#include "domain/city/city.hpp"
#include "domain/evaluation/measures.hpp"
#include "domain/indicators/definition.hpp"
#include "domain/response/plan.hpp"
#include "domain/response/rule.hpp"
#include "domain/sensing/alarm.hpp"
#include "domain/sensing/retention.hpp"

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace chengshu::services {

/// Everything that a city's folder defines, parsed: one revision, immutable, shared by all threads.
struct Definitions {
    city::CityPtr city;
    cases::WorkflowSet workflows;
    evaluation::Evaluation evaluation;
    std::vector<sensing::AlarmRule> alarms;
    indicators::Catalogue indicators;
    response::RuleBook rules;
    response::PlanBook plans;
    std::vector<sensing::RetentionRule> retention;  ///< the first that fits a stream counts
    std::string revision;  ///< id of the stored revision; empty when not stored
};

using DefinitionsPtr = std::shared_ptr<const Definitions>;

struct ParsedDefinitions {
    DefinitionsPtr definitions;  ///< null when any finding is an error
    std::vector<city::Finding> findings;
};

/// Parses and cross-checks a city's files: also that every workflow and department that the
/// settings name exists, and that a department's own flow has the states that a dispatched case can
/// be in.
ParsedDefinitions
parse_definitions(std::string_view city_code, std::span<const city::CityFile> files);

/// The indicators as they would be with a draft, which has the text of an indicators.yaml: whole
/// new versions of codes in force, which it takes the place of, and new codes. Findings in it have
/// the path kDraft; those in other files are what the draft breaks there.
indicators::ParsedIndicators
draft_indicators(const Definitions& definitions, std::string_view text);

inline constexpr const char* kDraft = "draft";

/// The definitions in force; replaced as a whole when a new revision is loaded. Thread-safe.
class CurrentDefinitions {
public:
    explicit CurrentDefinitions(DefinitionsPtr first) : current_(std::move(first)) {}

    [[nodiscard]] DefinitionsPtr get() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }

    void set(DefinitionsPtr next) {
        const std::lock_guard lock(mutex_);
        current_ = std::move(next);
    }

private:
    mutable std::mutex mutex_;
    DefinitionsPtr current_;
};

}  // namespace chengshu::services
