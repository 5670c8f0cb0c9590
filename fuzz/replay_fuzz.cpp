#include "adapters/memory/memory_store.hpp"
#include "base/assert.hpp"
#include "services/replay/generated.hpp"
#include "services/replay/records.hpp"
#include "support/test_city.hpp"

#include <cstdint>
#include <string>

using namespace chengshu;

namespace {

class StillClock final : public ports::Clock {
public:
    Instant now() override { return from_millis(1'760'000'000'000); }
};

const services::DefinitionsPtr& definitions() {
    static const auto kMade = [] {
        auto out = std::make_shared<services::Definitions>();
        out->city = chengshu::testing::test_city();
        out->workflows = chengshu::testing::workflows_of(*out->city);
        return services::DefinitionsPtr(std::move(out));
    }();
    return kMade;
}

}  // namespace

/// A plan, and after a line "===" the table that it is about. Without that line: the plan of a
/// generated day.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(data), size};
    const auto cut = text.find("\n===\n");
    const city::CityFile plan{"cities/testcity/replay.yaml", text.substr(0, cut)};
    memory::MemoryStore store;
    StillClock clock;
    services::CurrentDefinitions current(definitions());
    services::Engine engine(store, clock, current);
    const auto quiet = [](std::int64_t, std::int64_t) {};
    if (cut == std::string::npos) {
        services::replay::GeneratedOptions options;
        options.reports = 3;
        const auto done =
            services::replay::replay_generated(engine, *definitions(), plan, options, 10, quiet);
        CS_ASSERT(done || !done.error().context.empty());
    } else {
        const auto done = services::replay::replay_records(
            engine, *definitions(), plan, std::string_view(text).substr(cut + 5), 10, quiet
        );
        CS_ASSERT(done || !done.error().context.empty());
    }
    return 0;
}
