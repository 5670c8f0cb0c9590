#include "domain/cases/workflow.hpp"

#include "base/assert.hpp"

#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chengshu;
    const std::vector<city::DefinitionFile> files = {
        {"scenarios/x/workflows/x.yaml", {reinterpret_cast<const char*>(data), size}}
    };
    const auto parsed = cases::parse_workflows(files);
    CS_ASSERT(parsed.workflows.empty() != parsed.findings.empty());
    for (const auto& finding : parsed.findings) {
        CS_ASSERT(!finding.message.zh.empty() && !finding.message.en.empty());
        CS_ASSERT(finding.line >= 0 && finding.column >= 0);
    }
    for (const auto& [code, flow] : parsed.workflows) {
        CS_ASSERT(flow.code == code && flow.state(flow.start) != nullptr);
        CS_ASSERT(!cases::diagram(flow, "zh").empty());
        for (const auto& transition : flow.transitions) {
            CS_ASSERT(!transition.from.empty() && !transition.by.empty());
        }
    }
    return 0;
}
