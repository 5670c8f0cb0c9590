#include "base/assert.hpp"
#include "inputs.hpp"
#include "services/definitions.hpp"
#include "support/test_city.hpp"

#include <algorithm>
#include <cmath>

using namespace chengshu;

/// Files of terminals, alarm rules and retention, laid over the folder of the test city.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    testing::TestCityOptions options;
    options.files = fuzz::split_files<city::CityFile>(fuzz::text_of(data, size));
    const auto files = testing::test_city_files(options);
    const auto parsed = services::parse_definitions("testcity", files);
    const bool wrong =
        std::any_of(parsed.findings.begin(), parsed.findings.end(), [](const auto& found) {
            return found.error;
        });
    CS_ASSERT(wrong == (parsed.definitions == nullptr));
    if (!parsed.definitions) {
        return 0;
    }
    for (const auto& rule : parsed.definitions->alarms) {
        CS_ASSERT(!rule.code.empty() && !rule.categories.empty());
        CS_ASSERT(std::isfinite(rule.limit) && std::isfinite(rule.clear_limit));
        CS_ASSERT(rule.lasts.count() >= 0 && rule.gap.count() >= 0);
        CS_ASSERT(rule.clear_lasts.count() >= 0);
        CS_ASSERT(parsed.definitions->city->terminals().quantity(rule.property) != nullptr);
        static_cast<void>(sensing::alarm_text(rule, rule.text.en, {}));
    }
    return 0;
}
