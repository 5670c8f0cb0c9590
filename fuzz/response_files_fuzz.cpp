#include "base/assert.hpp"
#include "domain/response/plan.hpp"
#include "inputs.hpp"
#include "services/definitions.hpp"
#include "support/test_city.hpp"

#include <algorithm>
#include <map>

using namespace chengshu;

namespace {

/// Values that are there every other time.
class Some final : public response::Values {
public:
    std::optional<double>
    value(std::string_view, const indicators::Place&, const indicators::Period&) override {
        ++looks;
        return looks % 2 == 0 ? std::optional(static_cast<double>(looks % 700)) : std::nullopt;
    }

    std::int64_t looks = 0;
};

void judge(const response::Rule& rule, const city::City& city) {
    const auto& zone = city.calendar().zone();
    response::Site site;
    site.place = {0, "110000"};
    site.path = {"110000"};
    response::RuleState state;
    Some values;
    auto period = indicators::period_at(rule.every, from_millis(1'449'000'000'000), zone);
    for (int i = 0; i < 3; ++i) {
        values.looks = 0;
        response::advance(rule, state, site, values, period, zone, true);
        CS_ASSERT(values.looks <= response::kLooksMax);
        period = indicators::period_at(rule.every, period.to, zone);
    }
}

}  // namespace

/// Files of rules, plans and lists, laid over the folder of the test city.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    testing::TestCityOptions options;
    options.files = fuzz::split_files<city::CityFile>(fuzz::text_of(data, size));
    const auto files = testing::test_city_files(options);
    const auto parsed = services::parse_definitions("testcity", files);
    if (!parsed.definitions) {
        CS_ASSERT(!parsed.findings.empty());
        return 0;
    }
    const auto& definitions = *parsed.definitions;
    for (const auto& rule : definitions.rules.all()) {
        CS_ASSERT(!rule.code.empty() && !rule.grades.empty() && rule.hold >= 1);
        judge(rule, *definitions.city);
    }
    for (const auto& plan : definitions.plans.all()) {
        CS_ASSERT(!plan.grades.empty());
        response::Response value;
        value.id = "x";
        value.area = "110000";
        const response::PlanContext context{
            plan, definitions.plans, *definitions.city, from_millis(0), "system", {}
        };
        response::begin(value, plan.grades.back(), context);
        response::follow(value, nullptr, context);
        CS_ASSERT(value.tasks.size() <= response::kTasksMax);
    }
    return 0;
}
