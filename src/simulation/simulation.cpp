#include "simulation/simulation.hpp"

#include "simulation/readings.hpp"
#include "simulation/world.hpp"

namespace chengshu::simulation {

Result<const SimCity*> Cities::of(const Options& options) {
    const auto variant = static_cast<int>(options.seed % static_cast<std::uint64_t>(kVariants));
    const bool wrong = options.plant == Plant::WrongDeadline;
    auto& made = made_[static_cast<std::size_t>(variant + (wrong ? kVariants : 0))];
    if (!made) {
        CS_TRY(city, make_city(variant, scenarios_, wrong));
        made = std::move(city);
    }
    const SimCity* out = made.get();
    return out;
}

Result<ReadingsCity> Cities::readings() {
    if (readings_.revisions.empty()) {
        // Without automatic steps: a case of an alarm stays where people can end it.
        CS_TRY(city, make_city(1, scenarios_, false));
        CS_TRY(made, readings_city(*city));
        readings_ = std::move(made);
    }
    return readings_;
}

Outcome simulate(const Options& options, const SimCity& city) {
    return World(options, city).run();
}

}  // namespace chengshu::simulation
