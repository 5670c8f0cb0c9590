#include "base/assert.hpp"
#include "edge/sensorthings/tests/world.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

using chengshu::sensorthings::World;

/// A world grows with what is put in; it begins anew after so many inputs.
constexpr int kInputsOfAWorld = 300;

World& world() {
    static std::unique_ptr<World> current;
    static int inputs = 0;
    if (!current || ++inputs % kInputsOfAWorld == 0) {
        chengshu::sensorthings::Options options;
        options.steps_max = 50'000;
        current = std::make_unique<World>(chengshu::services::PublicSight::Marked, options);
        static_cast<void>(current->make_station("a", R"({"code":"A","department":"SAN"})"));
        static_cast<void>(current->make("Datastreams(1)/Observations", R"({"result":1})"));
    }
    return *current;
}

std::string take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

/// Lines: method, target below /sensorthings/v1.1/ (or from a slash), Content-Type, login; then the
/// body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
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
