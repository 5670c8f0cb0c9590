#include "base/assert.hpp"
#include "edge/sensorthings/internal/multipart_mixed.hpp"
#include "edge/sensorthings/tests/world.hpp"
#include "inputs.hpp"

#include <string>

namespace {

using chengshu::sensorthings::World;

World& world() {
    return chengshu::fuzz::recycled<100>([] {
        chengshu::sensorthings::Options options;
        options.steps_max = 50'000;
        options.batch_max = 10;
        auto made = std::make_unique<World>(chengshu::services::PublicSight::Everything, options);
        static_cast<void>(made->make_station("a"));
        return made;
    });
}

}  // namespace

/// The first line is the Content-Type, the rest the body of a $batch.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = chengshu::fuzz::text_of(data, size);
    const auto type = chengshu::fuzz::take_line(text);
    const std::string body(text);
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
