#include "base/assert.hpp"
#include "edge/sensorthings/internal/multipart_mixed.hpp"
#include "edge/sensorthings/tests/world.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

using chengshu::sensorthings::World;

constexpr int kInputsOfAWorld = 100;

World& world() {
    static std::unique_ptr<World> current;
    static int inputs = 0;
    if (!current || ++inputs % kInputsOfAWorld == 0) {
        chengshu::sensorthings::Options options;
        options.steps_max = 50'000;
        options.batch_max = 10;
        current = std::make_unique<World>(chengshu::services::PublicSight::Everything, options);
        static_cast<void>(current->make_station("a"));
    }
    return *current;
}

}  // namespace

/// The first line is the Content-Type, the rest the body of a $batch.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto end = std::min(text.find('\n'), text.size());
    const std::string type(text.substr(0, end));
    const std::string body(text.substr(std::min(end + 1, text.size())));
    if (const auto parts = chengshu::sensorthings::split_mixed(type, body, 10)) {
        CS_ASSERT(parts->size() <= 10);
        for (const auto& part : *parts) {
            CS_ASSERT(part.content.size() <= body.size());
            const auto request = chengshu::sensorthings::parse_http(part.content);
            CS_ASSERT(!request || !request->method.empty());
        }
    }
    const auto response =
        world().ask("POST", "$batch", body, "administrator", {{"Content-Type", type}});
    CS_ASSERT(response.status == 200 || response.status == 400 || response.status == 413);
    // At the start of a line: a Content-ID that says so comes back as it is.
    CS_ASSERT(response.body.find("\nHTTP/1.1 500 500\r\n") == std::string::npos);
    return 0;
}
