#include "base/assert.hpp"
#include "edge/sensorthings/tests/world.hpp"
#include "inputs.hpp"

#include <string>

namespace {

using chengshu::fuzz::recycled;
using chengshu::fuzz::take_line;
using chengshu::sensorthings::World;

World& world() {
    return recycled<300>([] {
        chengshu::sensorthings::Options options;
        options.steps_max = 50'000;
        auto made = std::make_unique<World>(chengshu::services::PublicSight::Marked, options);
        static_cast<void>(made->make_station("a", R"({"code":"A","department":"SAN"})"));
        static_cast<void>(made->make("Datastreams(1)/Observations", R"({"result":1})"));
        return made;
    });
}

}  // namespace

/// Lines: method, target below /sensorthings/v1.1/ (or from a slash), Content-Type, login; then the
/// body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = chengshu::fuzz::text_of(data, size);
    const auto method = take_line(text);
    const auto target = take_line(text);
    const auto type = take_line(text);
    const auto login = take_line(text);
    const auto response =
        world().ask(method, target, std::string(text), login, {{"Content-Type", type}});
    CS_ASSERT(response.status >= 200 && response.status < 600);
    // Whatever comes in, it is never our own mistake.
    CS_ASSERT(response.status != 500);
    if (response.headers.get("Content-Type").starts_with("application/json") &&
        !response.body.empty()) {
        boost::system::error_code error;
        const auto value = boost::json::parse(response.body, error);
        CS_ASSERT(!error);
    }
    return 0;
}
