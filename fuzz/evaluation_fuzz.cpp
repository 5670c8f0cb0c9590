#include "base/assert.hpp"
#include "domain/evaluation/measures.hpp"
#include "support/test_city.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace chengshu;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto kCity = testing::test_city();
    const std::vector<city::DefinitionFile> files = {
        {"scenarios/x/evaluation.yaml", {reinterpret_cast<const char*>(data), size}}
    };
    const auto parsed = evaluation::parse_evaluation(files, *kCity);
    for (const auto& finding : parsed.findings) {
        CS_ASSERT(!finding.message.zh.empty() && !finding.message.en.empty());
        CS_ASSERT(finding.line >= 0 && finding.column >= 0);
    }
    cases::Case value;
    value.marks["filed"] = from_millis(0);
    value.marks["closed"] = from_millis(0);
    value.path = {"110000", "110102", "110102001"};
    value.source = "public";
    value.category = testing::category::kRubbish;
    value.counters["reports"] = 3;
    for (const auto& [key, values] :
         evaluation::contributions(value, parsed.evaluation, kCity->calendar().zone())) {
        CS_ASSERT(key.day > 0 && !key.kind.empty() && !key.subject.empty() && !values.empty());
    }
    const auto facts = evaluation::facts_of(value, parsed.evaluation);
    for (const auto& measure : evaluation::case_measures(parsed.evaluation).measures) {
        const auto bit = static_cast<std::size_t>(measure.counted.bit);
        CS_ASSERT(bit < evaluation::kMeasuresMax && measure.counted.raw_bit >= 0);
        CS_ASSERT((facts.mask >> bit & 1) == (facts.values.at(bit) != 0 ? 1 : 0));
    }
    return 0;
}
