#include "base/assert.hpp"
#include "domain/evaluation/measures.hpp"
#include "domain/evaluation/score.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

using namespace chengshu;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<city::DefinitionFile> files = {
        {"scenarios/x/evaluation.yaml", {reinterpret_cast<const char*>(data), size}}
    };
    const auto parsed = evaluation::parse_evaluation(files);
    for (const auto& finding : parsed.findings) {
        CS_ASSERT(!finding.message.zh.empty() && !finding.message.en.empty());
        CS_ASSERT(finding.line >= 0 && finding.column >= 0);
    }
    cases::Case value;
    value.marks["filed"] = from_millis(0);
    value.counters["reports"] = 3;
    const auto facts = evaluation::facts_of(value, parsed.evaluation);
    const std::array<std::int64_t, evaluation::kMeasuresMax> counts = facts.values;
    for (const auto& formula : parsed.evaluation.formulas) {
        static_cast<void>(evaluation::score(formula, parsed.evaluation, counts));
    }
    return 0;
}
